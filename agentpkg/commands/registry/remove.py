"""`agentpkg registry remove`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg import completing
from agentpkg.commands import options
from agentpkg.console import say_done, say_json

if TYPE_CHECKING:
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@click.argument("name", shell_complete=completing.registries)
@options.with_options("dry_run")
@options.as_json
@options.with_project
def command(project: Project, name: str, work: Options, as_json: bool) -> None:
    """Take a registry out of agentpkg.toml, or with --global out of your own."""
    from agentpkg.ops.registry import remove_registry

    remove_registry(project, name, work)
    if as_json:
        say_json({"name": name, "dry_run": work.dry_run})
    else:
        say_done(f"registry {name} {'would be removed' if work.dry_run else 'removed'}", dry_run=work.dry_run)
