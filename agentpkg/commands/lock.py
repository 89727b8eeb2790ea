"""`agentpkg lock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg.commands import options

if TYPE_CHECKING:
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@options.with_options("dry_run", "frozen", "offline", "accept_grants", "yes")
@options.as_json
@options.with_project
def command(project: Project, work: Options, as_json: bool) -> None:
    """Make the lockfile fit agentpkg.toml and touch no agent; sync then writes them."""
    from agentpkg.commands.report import show_change
    from agentpkg.ops.lock import lock

    show_change(options.with_approval(lambda work: lock(project, work), work), as_json=as_json)
