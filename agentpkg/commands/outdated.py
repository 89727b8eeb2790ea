"""`agentpkg outdated`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agentpkg import completing
from agentpkg.commands import options
from agentpkg.console import count, one_line, say, say_json, say_table, tell, warn
from agentpkg.errors import AgentpkgError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentpkg.freshness import Outlook
    from agentpkg.ops.outdated import Standing, Step
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@click.argument("names", shell_complete=completing.installed, metavar="[NAME]...", nargs=-1)
@click.option("--check", "checking", is_flag=True, help="Exit with 1 if there is anything newer.")
@options.with_options("offline")
@options.as_json
@options.with_project
def command(project: Project, names: tuple[str, ...], checking: bool, work: Options, as_json: bool) -> None:
    """Tell which bundles have newer versions, which an update would take, and what powers these would bring."""
    from agentpkg.ops.outdated import find_outdated

    standing = find_outdated(project, names, work)
    if as_json:
        say_json(_data(standing))
    else:
        _show(standing, every=bool(names))
    behind = [one for one, _ in standing.bundles if one.outdated]
    if checking and behind:
        moved = [one.bundle for one in behind if one.wanted not in (None, one.current)]
        raise AgentpkgError(
            f"{count(len(behind), 'bundle')} {'is' if len(behind) == 1 else 'are'} behind",
            hint=f"agentpkg update {' '.join(moved)}"
            if moved
            else "agentpkg.toml, or a bundle, holds back what is newer",
            told=as_json,
        )


def _show(standing: Standing, *, every: bool) -> None:
    shown = [(one, steps) for one, steps in standing.bundles if every or one.outdated]
    if shown:
        rows = [(one.bundle, *_versions(one), _asked(one)) for one, _ in shown]
        say_table([("bundle", "current", "wanted", "latest", "asked for"), *rows])
    for one, steps in shown:
        for line in _remarks(one, steps):
            say(one_line(f"  {line}"))
    for bundle, path in standing.local.items() if every else ():
        tell(f"{bundle} lies in the project itself ({path}): there is no other version of it")
    if standing.unsolved:
        warn(f"nobody can say what an update would take: {standing.unsolved.message}")
        for detail in standing.unsolved.details:
            tell(f"  {one_line(detail)}")
    if not (shown or standing.bundles or standing.local):
        tell("no bundle is installed; agentpkg search lists what there is")
    elif not (shown or every or standing.unsolved):
        say("all bundles are up to date")
    elif not standing.unsolved and any(one.latest not in (one.wanted, one.current) for one, _ in shown):
        tell("agentpkg update takes what is wanted; agentpkg update --latest NAME goes beyond agentpkg.toml")


def _versions(one: Outlook) -> tuple[str, str, str]:
    return one.current or "-", one.wanted or "-", one.latest or "-"


def _asked(one: Outlook) -> str:
    """Return what is asked for, and by whom, in words."""
    told = [] if one.specifier is None else [one.specifier or "any"]
    required = [f"required by {', '.join(one.required_by)}"] if one.required_by else []
    return ", ".join([*told, *required]) or "nothing"


def _remarks(one: Outlook, steps: tuple[Step, ...]) -> Iterator[str]:
    """Return what there is to say about one bundle beside its versions."""
    if one.yanked:
        yield f"{one.bundle} {one.current} was yanked: {one.yanked}"
    for step in steps:
        if step.unfit:
            yield f"{one.bundle} {step.version} cannot be taken: {step.unfit}"
        if step.gain:
            yield from step.gain.lines()
        if step.brings:
            yield f"{one.bundle} {step.version} brings along {', '.join(step.brings)}"
    if one.prerelease:
        yield f"{one.bundle} has a pre-release: {one.prerelease}"


def _data(standing: Standing) -> dict[str, Any]:
    return {
        "bundles": [
            {
                "id": one.bundle,
                "current": one.current,
                "wanted": one.wanted,
                "latest": one.latest,
                "prerelease": one.prerelease,
                "outdated": one.outdated,
                "specifier": one.specifier,
                "required_by": list(one.required_by),
                "yanked": one.yanked,
                "steps": [_step_data(step) for step in steps],
            }
            for one, steps in standing.bundles
        ],
        "local": [{"id": bundle, "path": path} for bundle, path in standing.local.items()],
        "unsolved": standing.unsolved.message if standing.unsolved else None,
    }


def _step_data(step: Step) -> dict[str, Any]:
    gain = step.gain
    return {
        "version": step.version,
        "gained": [{"agent": agent, "powers": list(powers)} for agent, powers in gain.powers] if gain else [],
        "told": list(gain.lines()) if gain else [],
        "brings": list(step.brings),
        "unfit": step.unfit,
    }
