"""`agentpkg sync`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import say_done, say_json
from agentpkg.errors import AgentpkgError, UsageError
from agentpkg.ops.sync import check, sync
from agentpkg.settled import NOTHING_TO_DO

if TYPE_CHECKING:
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@click.option("--check", "only_check", is_flag=True, help="Write nothing and read no registry; exit 1 if not in sync.")
@options.with_options("dry_run", "frozen", "offline", "accept_grants", "yes", "keep_deleted", "fail_on")
@options.as_json
@options.with_project
def command(
    project: Project,
    only_check: bool,
    work: Options,
    as_json: bool,
) -> None:
    """Make the project match agentpkg.toml and agentpkg.lock."""
    if only_check:
        if work.dry_run:
            raise UsageError("--check and --dry-run exclude each other", hint="--check writes nothing either")
        show_check(project, work, as_json=as_json)
        return
    show_sync(project, work, as_json=as_json)


def show_sync(project: Project, work: Options, *, as_json: bool) -> None:
    """Sync, and show what changed."""
    change = options.with_approval(lambda work: sync(project, work), work)
    if change is not None:
        from agentpkg.commands.report import show_change

        show_change(change, as_json=as_json)
    elif as_json:
        say_json(
            {
                "dry_run": work.dry_run,
                "changed": False,
                "bundles": [],
                "accepted": [],
                "files": [],
                "renderings": [],
                "overlaps": [],
            }
        )
    else:
        say_done(NOTHING_TO_DO["sync",], dry_run=work.dry_run)


def show_check(project: Project, work: Options, *, as_json: bool) -> None:
    """Show what is not as the lock has it, and raise if there is anything."""
    standing = check(project, work)
    waiting = [file for file in standing.files if not file.settled]
    if as_json:
        files = [{"path": file.path, "state": file.state.value} for file in waiting]
        say_json({"clean": standing.clean, "unsettled": standing.unsettled, "files": files})
    if not standing.clean:
        details = [f"{file.state.value} {file.path}" for file in waiting]
        if standing.unsettled:
            details.insert(0, standing.unsettled)
        raise AgentpkgError(
            "the project is not in sync", details=details, hint="agentpkg status says what to do", told=as_json
        )
    if not as_json:
        say_done(NOTHING_TO_DO["sync", "--check"])
