"""`agentpkg update`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg import completing
from agentpkg.commands import options
from agentpkg.console import interactive, say, tell
from agentpkg.errors import UsageError

if TYPE_CHECKING:
    from agentpkg.ops.change import Change
    from agentpkg.ops.session import Options
    from agentpkg.ops.update import Held
    from agentpkg.project import Project


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=completing.installed)
@click.option(
    "--latest", is_flag=True, help="Go beyond what agentpkg.toml allows, and rewrite it to ~= the new version."
)
@click.option("-i", "--interactive", "choosing", is_flag=True, help="Choose from a list of what is behind.")
@click.option("--markdown", is_flag=True, help="Print text and powers that change, for the text of a pull request.")
@options.with_options("dry_run", "offline", "accept_grants", "yes", "fail_on")
@options.as_json
@options.with_project
def command(
    project: Project,
    names: tuple[str, ...],
    latest: bool,
    choosing: bool,
    markdown: bool,
    work: Options,
    as_json: bool,
) -> None:
    """Move bundles to newer versions, all of them or those named; edits of yours are merged."""
    from agentpkg.commands.report import refuse_conflicts, show_change
    from agentpkg.ops.update import update

    if markdown and as_json:
        raise UsageError("--markdown and --json exclude each other", hint="choose one of them")
    if choosing and as_json:
        raise UsageError("--interactive and --json exclude each other", hint="name the bundles in a script")
    if choosing:
        names = _choose(project, names, work, latest=latest)
        if not names:
            tell("nothing is behind; agentpkg outdated tells how bundles stand, also beyond agentpkg.toml")
            return
    change, held = options.with_approval(lambda work: update(project, names, work, latest=latest), work)
    if markdown:
        _show_markdown(change, held)
        refuse_conflicts(change, told=False)
        return
    try:
        show_change(change, as_json=as_json)
    finally:
        for one in held:
            tell(str(one))


def _choose(project: Project, names: tuple[str, ...], work: Options, *, latest: bool) -> tuple[str, ...]:
    """Return the bundles that the person at the terminal chooses of those that are behind; nothing if none is."""
    from agentpkg.grants import name_powers
    from agentpkg.ops.outdated import find_outdated
    from agentpkg.picker import Choice, pick

    if not interactive():
        raise UsageError("--interactive needs a terminal", hint="name the bundles; agentpkg outdated lists them")
    choices = []
    for outlook, steps in find_outdated(project, names, work).bundles:
        target = outlook.latest if latest else outlook.wanted
        step = next((one for one in steps if one.version == target), None)
        if step is not None:
            powers = step.gain.powers if step.gain else ()
            told = [f"{agent} gains {name_powers(gained)}" for agent, gained in powers]
            told = told or [*(step.gain.lines() if step.gain else ())]
            told += [f"brings {one}" for one in step.brings]
            about = f"{outlook.current} -> {target}  {'; '.join(told) or 'no new powers'}"
            choices.append(Choice(name=outlook.bundle, about=about, chosen=not told))
    if not choices:
        return ()
    chosen = pick("Bundles to update", choices)
    if not chosen:
        raise click.Abort
    return chosen


def _show_markdown(change: Change, held: list[Held]) -> None:
    from agentpkg.ops.update import compare_updated
    from agentpkg.plan import Kind
    from agentpkg.proposal import update_as_markdown

    before, after = change.session.lock.bundles, change.lock.bundles
    gone = [f"{bundle} {locked.version}" for bundle, locked in before.items() if bundle not in after]
    gains = [line for gain in change.accepted for line in gain.lines()]
    waiting = [action.path for action in change.plan.of(Kind.CONFLICT)]
    say(update_as_markdown(compare_updated(change), gone, gains, waiting, map(str, held)).rstrip("\n"))
