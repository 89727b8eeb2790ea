"""`agentpkg diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agentpkg import completing
from agentpkg.commands import options
from agentpkg.console import one_line, say, say_diff, say_json, tell
from agentpkg.errors import UsageError
from agentpkg.ops.session import Options, check_not_interrupted, open_session

if TYPE_CHECKING:
    from agentpkg.compare import Comparison
    from agentpkg.ops.diff import Versions
    from agentpkg.ops.session import Session
    from agentpkg.project import Project


@click.command()
@click.argument("words", shell_complete=completing.installed, metavar="[FILE]...|NAME [VERSION [VERSION]]", nargs=-1)
@options.with_hosts("Compare the files that this host gets of two versions; may be repeated.")
@options.with_options("offline")
@options.as_json
@options.with_project
def command(project: Project, words: tuple[str, ...], hosts: tuple[str, ...], work: Options, as_json: bool) -> None:
    """Show your edits as diffs, or with a bundle's NAME how two versions of it differ.

    Edits are shown against what agentpkg wrote, and against a newer version that waits beside. Of versions, the
    installed one is compared with the one ahead of it, unless others are named.
    """
    from agentpkg.ops.diff import compare_versions, is_about_a_bundle

    check_not_interrupted(project)
    session = open_session(project, work, None if project.has_manifest else "")
    if is_about_a_bundle(session, words, _path(project, words)):
        _refuse_many(words)
        _show_versions(compare_versions(session, words[0], words[1:], hosts), as_json=as_json)
        return
    if hosts:
        raise UsageError("--host goes with a bundle's name", hint="agentpkg diff NAME --host HOST")
    project.read_manifest()
    _show_edits(session, words, as_json=as_json)


def _path(project: Project, words: tuple[str, ...]) -> str | None:
    """Return the first word as a path below the project, None if it can be none."""
    try:
        return options.below(project, words[0]) if words else None
    except UsageError:
        return None


def _refuse_many(words: tuple[str, ...]) -> None:
    if len(words) > 3:  # a name and two versions
        raise UsageError(f"{len(words) - 1} versions of {words[0]} cannot be compared", hint="name two at the most")


def _show_edits(session: Session, words: tuple[str, ...], *, as_json: bool) -> None:
    from agentpkg.ops.diff import find_differences

    differences = find_differences(session, [options.below(session.project, word) for word in words])
    if as_json:
        say_json({"files": [{"path": one.path, "mine": one.mine, "theirs": one.theirs} for one in differences]})
        return
    for one in differences:
        if one.mine is None:
            tell(f"{one.path} is edited; what was written there is known no more")
        for text in (one.mine, one.theirs):
            if text:
                say_diff(text)


def _show_versions(versions: Versions, *, as_json: bool) -> None:
    comparison = versions.comparison
    if as_json:
        say_json(_data(versions))
    elif comparison is None:
        tell(f"{versions.bundle} {versions.after}: there is no newer version to compare with")
    else:
        _show_comparison(versions, comparison)


def _show_comparison(versions: Versions, comparison: Comparison) -> None:
    say(f"{versions.bundle} {comparison.before} → {versions.after} (a {comparison.level.word} change)")
    for level, reason in comparison.reasons:
        say(one_line(f"  {level.word}: {reason}"))
    for powers in comparison.powers:
        if powers.lost:
            from agentpkg.grants import name_powers

            say(one_line(f"  {powers.agent} no longer holds {name_powers(powers.lost)}"))
    for host, text in versions.hosts.items() if versions.hosts else [("", comparison.text)]:
        if text:
            say_diff(text)
        else:
            tell(f"{host} gets the same text of both" if host else "both have the same text")


def _data(versions: Versions) -> dict[str, Any]:
    comparison = versions.comparison
    return {
        "bundle": versions.bundle,
        "installed": versions.installed,
        "before": comparison.before if comparison else None,
        "after": versions.after,
        "level": comparison.level.word if comparison else None,
        "reasons": [{"level": level.word, "reason": reason} for level, reason in comparison.reasons]
        if comparison
        else [],
        "powers": [options.powers_data(one) for one in comparison.powers] if comparison else [],
        "text": comparison.text if comparison else "",
        "hosts": dict(versions.hosts),
    }
