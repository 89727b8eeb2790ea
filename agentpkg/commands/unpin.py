"""`agentpkg unpin`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg import completing
from agentpkg.commands import options

if TYPE_CHECKING:
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@click.argument("name", shell_complete=completing.installed)
@options.with_options("dry_run", "offline", "accept_grants", "yes")
@options.as_json
@options.with_project
def command(project: Project, name: str, work: Options, as_json: bool) -> None:
    """Let a pinned bundle move again: agentpkg.toml asks for its version or anything compatible."""
    from agentpkg.commands.report import show_change
    from agentpkg.ops.pin import unpin

    show_change(options.with_approval(lambda work: unpin(project, name, work), work), as_json=as_json)
