"""`agentpkg keep`."""

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
@click.argument("files", shell_complete=completing.files, metavar="FILE...", nargs=-1, required=True)
@options.with_options("dry_run")
@options.as_json
@options.with_project
def command(project: Project, files: tuple[str, ...], work: Options, as_json: bool) -> None:
    """Accept your edits and deletions: files count as they are, and later versions are merged into them."""
    from agentpkg.ops.keep import keep

    paths = tuple(options.below(project, file) for file in files)
    changed = keep(project, paths, work)
    if as_json:
        say_json({"kept": list(paths), "changed": changed, "dry_run": work.dry_run})
        return
    for path in paths:
        say_done(f"kept {path}" if path in changed else f"{path} was kept already", dry_run=work.dry_run)
