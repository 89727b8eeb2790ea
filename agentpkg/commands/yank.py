"""`agentpkg yank`."""

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
@click.argument("name", shell_complete=completing.available)
@click.argument("version")
@click.option("--reason", required=True, help="What is wrong with the version; whoever has it installed is told.")
@options.to_registry
@options.with_options("dry_run")
@options.as_json
@options.with_project
def command(
    project: Project,
    name: str,
    version: str,
    reason: str,
    registry: str | None,
    branch: str | None,
    sign: bool | None,
    work: Options,
    as_json: bool,
) -> None:
    """Take a version back: nobody gets it anew, and projects that have it locked are told."""
    show_yank(project, name, version, reason, Target(registry, branch, sign), work, as_json=as_json)


class Target:
    """Where a yank goes: the registry, a branch for review, and whether it is signed."""

    def __init__(self, registry: str | None, branch: str | None, sign: bool | None) -> None:
        self.registry, self.branch, self.sign = registry, branch, sign


def show_yank(
    project: Project, name: str, version: str, reason: str | None, target: Target, work: Options, *, as_json: bool
) -> None:
    """Yank a version, or (without a reason) give it free, and show what came of it."""
    from agentpkg.ops.known import find_remote
    from agentpkg.ops.publish import Wish
    from agentpkg.ops.yank import yank

    remote = find_remote(project, target.registry)
    commit = yank(remote, name, version, reason, Wish(branch=target.branch, sign=target.sign), work)
    verb = "unyanked" if reason is None else "yanked"
    if as_json:
        say_json({"name": name, "version": version, "reason": reason, "commit": commit, "dry_run": work.dry_run})
    elif commit is None:
        say_done(f"{name} {version} would be {verb}" if work.dry_run else "nothing to do", dry_run=work.dry_run)
    else:
        say_done(
            f"{verb} {name} {version} (commit {commit[:12]})" + (f" on branch {target.branch}" if target.branch else "")
        )
