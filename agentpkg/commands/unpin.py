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
    from agentpkg.commands.report import say_requirement, show_change
    from agentpkg.ops.pin import unpin

    change = options.with_approval(lambda work: unpin(project, name, work), work)
    if not as_json:
        verb = "would no longer be" if work.dry_run else "is no longer"
        say_requirement(change, name, lambda asked: f"{verb} pinned, and may move within {asked or 'any version'}")
    show_change(change, as_json=as_json)
