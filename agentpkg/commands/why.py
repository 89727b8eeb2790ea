"""`agentpkg why`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agentpkg import completing
from agentpkg.commands import options
from agentpkg.console import count, say, say_json, tell
from agentpkg.errors import UsageError
from agentpkg.manifest import FILE_NAME

if TYPE_CHECKING:
    from agentpkg.graph import Graph, Link
    from agentpkg.ops.tree import Reason
    from agentpkg.project import Project


@click.command()
@click.argument("asked", shell_complete=completing.installed, metavar="NAME|FILE")
@click.option("--all", "every", is_flag=True, help="Show every way to it, not the shortest alone.")
@options.as_json
@options.with_project
def command(project: Project, asked: str, every: bool, as_json: bool) -> None:
    """Tell why a bundle is here, or which one a file, an agent or a skill is of: what asks for it."""
    from agentpkg.ops.tree import find_reasons

    try:
        path = options.below(project, asked)
    except UsageError:
        path = None
    graph, reasons = find_reasons(project, asked, path, every=every)
    if as_json:
        say_json({"bundles": [_data(graph, reason) for reason in reasons]})
        return
    for number, reason in enumerate(reasons):
        if number:
            say()
        _show(graph, reason, whole=reason.bundle == asked)


def _show(graph: Graph, reason: Reason, *, whole: bool) -> None:
    version = graph.versions.get(reason.bundle)
    name = f"{reason.bundle} {version}" if version else reason.bundle
    if whole:
        say(name)
    else:
        for path, file in reason.files.items():
            say(f"{path} is {file.item} of {name}, for {', '.join(file.hosts)}")
    for chain in reason.chains:
        say("  " + " → ".join([FILE_NAME, *(graph.name(link) for link in chain)]))
    if not reason.chains:
        say(f"  nothing asks for {reason.bundle}; agentpkg sync takes it away")
    if reason.others:
        least = "at least " if reason.uncounted else ""
        tell(f"agentpkg why --all shows {least}{count(reason.others, 'more way')}")
    elif reason.uncounted:
        tell("there are more ways than these")


def _data(graph: Graph, reason: Reason) -> dict[str, Any]:
    def link_data(link: Link) -> dict[str, str | None]:
        bundle = link.bundle or ""
        return {"id": bundle, "version": graph.versions.get(bundle), "specifier": link.specifier}

    return {
        "id": reason.bundle,
        "version": graph.versions.get(reason.bundle),
        "chains": [[link_data(link) for link in chain] for chain in reason.chains],
        "others": reason.others,
        "uncounted": reason.uncounted,
        "files": [{"path": path, "item": file.item, "hosts": list(file.hosts)} for path, file in reason.files.items()],
    }
