"""`agentpkg remove`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg import completing
from agentpkg.commands import options

if TYPE_CHECKING:
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@click.argument("names", shell_complete=completing.installed, metavar="NAME...", nargs=-1, required=True)
@options.with_options("dry_run", "offline", "accept_grants", "yes")
@options.as_json
@options.with_project
def command(project: Project, names: tuple[str, ...], work: Options, as_json: bool) -> None:
    """Remove bundles, and what nothing requires any more."""
    from agentpkg.commands.report import show_change
    from agentpkg.ops.remove import remove

    show_change(options.with_approval(lambda work: remove(project, names, work), work), as_json=as_json)
