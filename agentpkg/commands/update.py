"""`agentpkg update`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import tell

if TYPE_CHECKING:
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--latest", is_flag=True, help="Go beyond what agentpkg.toml allows, and rewrite it.")
@options.with_options("dry_run", "offline", "accept_grants", "yes", "fail_on")
@options.as_json
@options.with_project
def command(
    project: Project,
    names: tuple[str, ...],
    latest: bool,
    work: Options,
    as_json: bool,
) -> None:
    """Move bundles to newer versions, all of them or those named; edits of yours are merged."""
    from agentpkg.commands.report import show_change
    from agentpkg.ops.update import update

    change, held = options.with_approval(lambda work: update(project, names, work, latest=latest), work)
    try:
        show_change(change, as_json=as_json)
    finally:
        for one in held:
            tell(
                f"{one.bundle} stays at {one.version}: agentpkg.toml asks for {one.specifier}; newest is {one.newest}"
                f" (agentpkg update --latest {one.bundle})"
            )
