"""`agentpkg registry reset`."""

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
@click.option("--to", "commit", metavar="COMMIT", required=True, help="The commit that you hold for the right one.")
@options.with_options("dry_run")
@options.as_json
@options.with_project
def command(project: Project, name: str, commit: str, work: Options, as_json: bool) -> None:
    """Accept that a registry was rewritten, and forget what was seen of it before.

    Bundles that are installed stay held to what agentpkg.lock recorded of them.
    """
    from agentpkg.ops.registry import reset_registry

    before, after = reset_registry(project, name, commit, work)
    if as_json:
        say_json({"name": name, "before": before, "after": after, "dry_run": work.dry_run})
    else:
        verb = "would be reset" if work.dry_run else "was reset"
        text = f"registry {name} {verb} from {before[:12] if before else 'nothing'} to {after[:12]}"
        say_done(text, dry_run=work.dry_run)
