"""`agentpkg registry list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import say_json, say_table

if TYPE_CHECKING:
    from agentpkg.project import Project


@click.command()
@options.as_json
@options.with_project
def command(project: Project, as_json: bool) -> None:
    """List the registries that a name can mean here. Nothing is fetched."""
    from agentpkg.ops.registry import list_known

    known = list_known(project)
    if as_json:
        rows: list[dict[str, object]] = [
            {
                "name": one.name,
                "url": one.source.url,
                "subfolder": one.source.subfolder,
                "branch": one.source.branch,
                "agents": one.source.ref is not None,
                "ref": one.source.ref,
                "commit": one.tip,
                "global": one.mine,
            }
            for one in known
        ]
        say_json({"registries": rows})
        return
    say_table(
        [
            one.name,
            one.tip[:12] if one.tip else "",
            "global" if one.mine else "",
            one.source.url + (f" in {one.source.subfolder}" if one.source.subfolder else ""),
        ]
        for one in known
    )
