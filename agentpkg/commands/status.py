"""`agentpkg status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import say, say_json, say_table
from agentpkg.drift import State
from agentpkg.files import CONFLICT_SUFFIX
from agentpkg.ops.sync import check

if TYPE_CHECKING:
    from agentpkg.project import Project

_ADVICE = {
    State.EDITED: "edited by you; agentpkg keep accepts it, deleting it and agentpkg sync restores it",
    State.MISSING: "agentpkg sync brings it back",
    State.CONFLICT: f"edited, and a newer version waits: see {CONFLICT_SUFFIX} beside it, or run agentpkg sync",
    State.OUTDATED: "agentpkg sync brings it up to date",
    State.ADDED: "not part of the skill it lies in; move or delete it",
    State.BLOCKED: "nothing that agentpkg can write to; it does not touch it",
}


@click.command()
@options.as_json
@options.with_project
def command(project: Project, as_json: bool) -> None:
    """Show how the files stand to the lock, and what to do about it."""
    standing = check(project)
    waiting = [file for file in standing.files if not file.settled]
    kept = [file for file in standing.files if file.state is State.KEPT]
    if as_json:
        files = [{"path": file.path, "state": file.state.value} for file in [*waiting, *kept]]
        say_json({"clean": standing.clean, "unsettled": standing.unsettled, "files": files})
        return
    settled = len(standing.files) - len(waiting)
    say(f"{settled} of {len(standing.files)} files are as they should be, {len(kept)} of them as you kept them")
    if standing.unsettled:
        say(f"{standing.unsettled}: run agentpkg sync")
    say_table([file.state.value, file.path, _ADVICE[file.state]] for file in waiting)
