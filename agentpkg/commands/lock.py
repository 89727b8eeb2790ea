"""`agentpkg lock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg.commands import options

if TYPE_CHECKING:
    from agentpkg.project import Project


@click.command()
@options.dry_run
@options.frozen
@options.offline
@options.accept_grants
@options.as_json
@options.with_project
def command(project: Project, dry_run: bool, frozen: bool, offline: bool, accept_grants: bool, as_json: bool) -> None:
    """Make the lockfile fit agentpkg.toml and touch no agent; sync then writes them."""
    from agentpkg.commands.report import show_change
    from agentpkg.ops.lock import lock

    work = options.work_options(dry_run=dry_run, frozen=frozen, offline=offline, accept_grants=accept_grants)
    show_change(options.with_approval(lambda work: lock(project, work), work), as_json=as_json)
