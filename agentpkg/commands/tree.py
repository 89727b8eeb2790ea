"""`agentpkg tree`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from agentpkg import completing
from agentpkg.commands import options
from agentpkg.console import say, say_json, tell

if TYPE_CHECKING:
    from agentpkg.graph import Graph, Row
    from agentpkg.project import Project

# What stands before a row: below a level of which more follows, below its last, and the row's own sign likewise.
_BOXES = ("│   ", "    ", "├── ", "└── ")
_PLAIN = ("|   ", "    ", "|-- ", "`-- ")


@click.command()
@click.argument("names", shell_complete=completing.installed, metavar="[NAME]...", nargs=-1)
@click.option("-i", "--invert", is_flag=True, help="Grow from bundles up to what asks for them.")
@options.as_json
@options.with_project
def command(project: Project, names: tuple[str, ...], invert: bool, as_json: bool) -> None:
    """Show what asks for what: the installed bundles as a tree, from agentpkg.toml down."""
    from agentpkg.graph import lay_out
    from agentpkg.ops.tree import read_graph

    installed = read_graph(project, names)
    graph = installed.graph
    if as_json:
        say_json({**_data(graph), "unsettled": installed.unsettled})
        return
    signs = _BOXES if _can_show(_BOXES) else _PLAIN
    for row in lay_out(graph, invert=invert, names=names):
        say(_prefix(row, signs) + graph.name(row.link, asks=invert) + (" (*)" if row.repeated else ""))
    if not (graph.versions or graph.roots):
        tell("no bundle is installed; agentpkg search lists what there is")
    for bundle in graph.unneeded():
        tell(f"{bundle} {graph.versions[bundle]} is in the lockfile, and nothing needs it")
    if installed.unsettled:
        tell(f"this is not what agentpkg.toml asks for now: {installed.unsettled}; agentpkg sync settles it")


def _prefix(row: Row, signs: tuple[str, str, str, str]) -> str:
    """Return the lines of the tree in front of a row."""
    if not row.lasts:
        return ""
    *above, last = row.lasts
    return "".join(signs[done] for done in above) + signs[2 + last]


def _can_show(signs: tuple[str, ...]) -> bool:
    """Say whether standard output has these characters."""
    try:
        "".join(signs).encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _data(graph: Graph) -> dict[str, Any]:
    return {
        "roots": [
            {"id": bundle, "specifier": specifier, "path": graph.paths.get(bundle)}
            for bundle, specifier in graph.roots.items()
        ],
        "bundles": [
            {
                "id": bundle,
                "version": version,
                "requires": [
                    {"id": other, "specifier": specifier, "version": graph.versions.get(other)}
                    for other, specifier in graph.requires[bundle].items()
                ],
                "required_by": [by for by, requires in graph.requires.items() if bundle in requires],
            }
            for bundle, version in graph.versions.items()
        ],
        "missing": list(graph.missing()),
        "unneeded": list(graph.unneeded()),
    }
