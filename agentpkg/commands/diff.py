"""`agentpkg diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import say_json, tell
from agentpkg.ops.session import Options, check_not_interrupted, open_session
from agentpkg.text import escape

if TYPE_CHECKING:
    from agentpkg.project import Project


@click.command()
@click.argument("files", metavar="[FILE]...", nargs=-1)
@options.with_options("offline")
@options.as_json
@options.with_project
def command(project: Project, files: tuple[str, ...], work: Options, as_json: bool) -> None:
    """Show your edits as diffs: against what agentpkg wrote, and against a newer version that waits beside."""
    from agentpkg.ops.inspect import find_differences

    check_not_interrupted(project)
    session = open_session(project, work)
    differences = find_differences(session, [options.below(project, file) for file in files])
    if as_json:
        say_json({"files": [{"path": one.path, "mine": one.mine, "theirs": one.theirs} for one in differences]})
        return
    for one in differences:
        if one.mine is None:
            tell(f"{one.path} is edited; what was written there is known no more")
        for text in (one.mine, one.theirs):
            click.echo(escape(text or ""), nl=False)
