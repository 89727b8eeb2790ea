"""`agentpkg ci`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import say_bytes, say_done, say_json, tell

if TYPE_CHECKING:
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@click.option("--print", "prints", is_flag=True, help="Print the workflow instead.")
@options.with_options("dry_run")
@options.as_json
@options.with_project
def command(project: Project, prints: bool, work: Options, as_json: bool) -> None:
    """Write a workflow for GitHub that checks agents at every change, and proposes newer ones once a week.

    The pull request that it opens shows what changes in text and powers. It uses no more than the job's own token.
    """
    from agentpkg.ops.ci import workflow_for, write_workflow

    if prints:
        say_bytes(workflow_for(project)[2].encode())
        return
    path, new = write_workflow(project, dry_run=work.dry_run)
    if as_json:
        say_json({"path": path, "changed": new, "dry_run": work.dry_run})
        return
    verb = "would write" if work.dry_run else "wrote"
    say_done(f"{verb} {path}" if new else f"{path} is there already, just so", dry_run=work.dry_run)
    if new:
        tell("commit it; to let it open pull requests, allow that to workflows in the repository's settings")
