"""`agentpkg undo`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agentpkg.commands import options
from agentpkg.console import one_line, say, say_json, says_what_was_done, tell

if TYPE_CHECKING:
    from agentpkg.ops.session import Options
    from agentpkg.ops.undo import Undoing
    from agentpkg.plan import Action
    from agentpkg.project import Project
    from agentpkg.undo import Cause


@click.command()
@options.with_options("dry_run", "accept_grants", "yes")
@options.as_json
@options.with_project
def command(project: Project, work: Options, as_json: bool) -> None:
    """Take back the last command that changed the project; a second undo brings it back."""
    from agentpkg.ops.undo import undo

    undoing = options.with_approval(lambda work: undo(project, work), work)
    if as_json:
        say_json(_data(undoing, dry_run=work.dry_run))
        return
    if says_what_was_done(dry_run=work.dry_run):
        _show(undoing, dry_run=work.dry_run)
    if (undoing.writes or undoing.finished) and not work.dry_run:
        tell(f"agentpkg undo {'takes it back' if undoing.cause.back else 'brings it back'}")
    for folder in undoing.left:
        tell(f"{one_line(folder)} stays: undo takes away no bundle's folder")


def _show(undoing: Undoing, *, dry_run: bool) -> None:
    from agentpkg.commands.report import say_accepted, say_bundles, say_files

    if undoing.finished:
        done = "bringing back" if undoing.cause.back else "taking back"
        say(f"finished: {done} {_name(undoing.cause)}, which an undo before began; nothing else was done")
        return
    if not undoing.writes:
        say("nothing to do: all is as it was before")
        return
    done = "brought back" if undoing.cause.back else "taken back"
    say(f"{'would be ' if dry_run else ''}{done}: {_name(undoing.cause)}")
    say_bundles(undoing.before.bundles, undoing.after.bundles, dry_run=dry_run)
    say_accepted(undoing.accepted)
    say_files(_actions(undoing))


def _name(cause: Cause) -> str:
    return f"agentpkg {cause.words}".rstrip()


def _actions(undoing: Undoing) -> list[Action]:
    """Return what happens to each file, in the words of other changes."""
    from agentpkg.plan import Action, Kind

    kinds = {(True, False): Kind.CREATE, (False, True): Kind.DELETE, (False, False): Kind.UPDATE}
    return [Action(kind=kinds[write.before is None, write.after is None], path=write.path) for write in undoing.writes]


def _data(undoing: Undoing, *, dry_run: bool) -> dict[str, Any]:
    from agentpkg.commands.report import bundles_data

    return {
        "dry_run": dry_run,
        "changed": bool(undoing.writes) or undoing.finished,
        "command": undoing.cause.words,
        "back": undoing.cause.back,
        "bundles": bundles_data(undoing.before.bundles, undoing.after.bundles),
        "accepted": [line for gain in undoing.accepted for line in gain.lines()],
        "files": [{"path": action.path, "action": action.kind.value} for action in _actions(undoing)],
        "left": list(undoing.left),
    }
