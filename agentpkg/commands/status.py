"""`agentpkg status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import count, say, say_json, say_table
from agentpkg.drift import State
from agentpkg.files import CONFLICT_SUFFIX
from agentpkg.ops.status import look_over
from agentpkg.terminal import Role, Styled

if TYPE_CHECKING:
    from agentpkg.ops.status import Overview
    from agentpkg.project import Project

# What to do about files, in the order in which it is told and is best done.
_ADVICE = {
    State.MISSING: "agentpkg sync brings it back, agentpkg keep accepts that it is gone",
    State.OUTDATED: "agentpkg sync brings it up to date",
    State.CONFLICT: f"edited, and a newer version waits: in {CONFLICT_SUFFIX} beside it, else agentpkg sync brings it",
    State.EDITED: "edited by you; agentpkg keep accepts it, deleting it and agentpkg sync restores it",
    State.ADDED: "not part of the skill it lies in; move or delete it",
    State.BLOCKED: "nothing that agentpkg can write to; it does not touch it",
    State.KEPT: "as you kept it; agentpkg diff shows how it differs",
}
_ROLES = {
    State.MISSING: Role.REMOVED,
    State.OUTDATED: Role.CHANGED,
    State.CONFLICT: Role.ERROR,
    State.EDITED: Role.CHANGED,
    State.ADDED: Role.ADDED,
    State.BLOCKED: Role.ERROR,
    State.KEPT: Role.DIM,
}
_NEXT = {
    State.MISSING: "agentpkg sync{here}",
    State.OUTDATED: "agentpkg sync{here}",
    State.CONFLICT: (
        "agentpkg diff{here} {file}, put into it what you want of the new version, then agentpkg keep{here} {file}"
    ),
    State.EDITED: "agentpkg diff{here} {file}, then agentpkg keep{here} {file}",
    State.ADDED: "move or delete {file}",
    State.BLOCKED: "put a plain file in the place of {file}",
}


@click.command()
@options.as_json
@options.with_project
def command(project: Project, as_json: bool) -> None:
    """Show how the files stand to the lock, and what to do about it."""
    overview = look_over(project)
    standing, step = overview.standing, next_step(overview, everywhere=project.user)
    if as_json:
        files = [one for one in standing.files if not one.settled]
        files += [one for one in standing.files if one.state is State.KEPT]
        say_json(
            {
                "clean": standing.clean,
                "unsettled": standing.unsettled,
                "files": [{"path": file.path, "state": file.state.value} for file in files],
                "newer": [{"id": one.bundle, "version": one.version, "known": one.known} for one in overview.newer],
                "next": step,
            }
        )
        return
    say(_summary(overview))
    if standing.unsettled:
        say(f"{standing.unsettled}: run agentpkg sync")
    _show_files(overview)
    _show_newer(overview)
    if step:
        say(Styled("next:", Role.HINT), f" {step}")


def _summary(overview: Overview) -> str:
    """Return in a line how many files are as they should be, and how many of them only as they were kept."""
    files = overview.standing.files
    if not (overview.bundles or files):
        return "no bundle is installed"
    settled, kept = sum(file.settled for file in files), sum(file.state is State.KEPT for file in files)
    one = len(files) == 1 or settled == 1
    told = f"{settled} of {count(len(files), 'file')} {'is as it' if one else 'are as they'} should be"
    which = "" if len(files) == 1 else f"{kept} of them "
    return f"{told}, {which}as you kept {'it' if kept == 1 else 'them'}" if kept else told


def _show_files(overview: Overview) -> None:
    for state, advice in _ADVICE.items():
        paths = [file.path for file in overview.standing.files if file.state is state]
        say_table([(state.value, path) for path in paths], roles=(_ROLES[state],))
        if paths:
            say(Styled(f"    {advice}", Role.DIM))


def _show_newer(overview: Overview) -> None:
    for one in overview.newer:
        say(Styled("newer", Role.ADDED), f"  {one.bundle} {one.version}: {one.known} is known here")
    if overview.newer:
        say(Styled("    agentpkg outdated tells what an update would bring", Role.DIM))


def next_step(overview: Overview, *, everywhere: bool = False) -> str | None:
    """Return the command to run next, None where nothing waits; `everywhere` is for the user's home folder."""
    here = " --global" if everywhere else ""
    if overview.standing.unsettled:
        return f"agentpkg sync{here}"
    for state, step in _NEXT.items():
        first = next((file.path for file in overview.standing.files if file.state is state), None)
        if first:
            return step.format(file=first, here=here)
    return f"agentpkg outdated{here}" if overview.newer else None
