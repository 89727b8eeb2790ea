"""`agentpkg search`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import count, say_json, say_table, tell
from agentpkg.terminal import Role, is_terminal

if TYPE_CHECKING:
    from agentpkg.ops.search import Found
    from agentpkg.ops.session import Options
    from agentpkg.project import Project

_MOST_ON_SCREEN = 20


@click.command()
@click.argument("words", metavar="[WORD]...", nargs=-1)
@click.option("--from", "source", metavar="URL[@REF][#FOLDER]", help="Look in a repository of plain agents instead.")
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=1),
    help=f"Show no more; on a terminal {_MOST_ON_SCREEN} without it.",
)
@options.with_options("offline")
@options.as_json
@options.with_project
def command(
    project: Project, words: tuple[str, ...], source: str | None, limit: int | None, work: Options, as_json: bool
) -> None:
    """List bundles whose name, description or keywords hold every word, best first; without a word, all."""
    from agentpkg.ops.search import search, search_agents, suggest

    likely: tuple[str, ...] = ()
    if source:
        found, passed = search_agents(options.agents_source(source, project), project.root, words, work)
        if passed:
            tell(f"{count(len(passed), 'file')} there held no agent, or could not be read as one:")
        for why in passed:
            tell(f"  {why}")
    else:
        registries = options.registries_for(project, work)
        found = search(registries, words)
        likely = () if found else suggest(registries, words)
    if as_json:
        say_json({"bundles": [_data(one) for one in found[:limit]]})
    elif found:
        _show(found, limit)
    else:
        tell(f"nothing found for {' '.join(words)}" if words else "there is nothing to find")
        if likely:
            tell(f"did you mean {' or '.join(likely)}?")


def _show(found: list[Found], limit: int | None) -> None:
    most = limit or (_MOST_ON_SCREEN if is_terminal(sys.stdout) else len(found))
    rows = [
        (one.id, one.version, f"(yanked: {one.yanked}) {one.description}" if one.yanked else one.description)
        for one in found[:most]
    ]
    say_table(rows, header=("BUNDLE", "VERSION", "DESCRIPTION"), roles=(Role.NAME,), cut=True)
    if len(found) > most:
        tell(f"and {len(found) - most} more; other words narrow it, --limit {len(found)} shows all")


def _data(found: Found) -> dict[str, object]:
    return {
        "id": found.id,
        "version": found.version,
        "description": found.description,
        "keywords": list(found.keywords),
        "yanked": found.yanked,
    }
