"""`agentpkg unyank`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg import completing
from agentpkg.commands import options
from agentpkg.commands.yank import Target, show_yank

if TYPE_CHECKING:
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@click.argument("name", shell_complete=completing.available)
@click.argument("version")
@options.to_registry
@options.with_options("dry_run")
@options.as_json
@options.with_project
def command(
    project: Project,
    name: str,
    version: str,
    registry: str | None,
    branch: str | None,
    sign: bool | None,
    work: Options,
    as_json: bool,
) -> None:
    """Give a yanked version free again."""
    show_yank(project, name, version, None, Target(registry, branch, sign), work, as_json=as_json)
