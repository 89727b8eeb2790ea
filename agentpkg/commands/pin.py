"""`agentpkg pin`."""

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
@click.argument("version", required=False)
@options.with_options("dry_run", "offline", "accept_grants", "yes")
@options.as_json
@options.with_project
def command(project: Project, name: str, version: str | None, work: Options, as_json: bool) -> None:
    """Hold a bundle at one version, the installed one or VERSION, until it is unpinned."""
    from agentpkg.commands.report import say_requirement, show_change
    from agentpkg.ops.pin import pin

    change = options.with_approval(lambda work: pin(project, name, version, work), work)
    if not as_json:
        verb = "would be" if work.dry_run else "is"
        say_requirement(change, name, lambda specifier: f"{verb} pinned to {specifier.removeprefix('==')}")
    show_change(change, as_json=as_json)
