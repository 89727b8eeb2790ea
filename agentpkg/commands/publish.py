"""`agentpkg publish`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentpkg import completing
from agentpkg.commands import options
from agentpkg.console import say, say_diff, say_done, say_json, says_what_was_done, warn
from agentpkg.grants import name_powers
from agentpkg.hosts import HOSTS

if TYPE_CHECKING:
    from agentpkg.ops.publish import Published
    from agentpkg.ops.session import Options
    from agentpkg.project import Project
    from agentpkg.release import Release


@click.command()
@click.argument("source", metavar="[PATH]", default=".", type=click.Path(path_type=Path))
@click.option(
    "--registry",
    shell_complete=completing.registries,
    metavar="REGISTRY",
    help="Where to: a registry's name, a git url or a path; the default registry without it.",
)
@click.option(
    "--bump",
    type=click.Choice(["auto", "major", "minor", "patch"]),
    help="Choose the number by what is published, as little as may be with auto, and write it into bundle.toml.",
)
@click.option("--branch", metavar="NAME", help="Push to a new branch for review instead of publishing.")
@options.signing
@options.with_options("dry_run")
@options.as_json
@options.with_project
def command(
    project: Project,
    source: Path,
    registry: str | None,
    bump: str | None,
    branch: str | None,
    sign: bool | None,
    work: Options,
    as_json: bool,
) -> None:
    """Publish the bundle in PATH as a new version, which can never change.

    Its number must fit what changed: powers that grow, an agent that goes and another bundle that is required are a
    major version; a new agent, and another description or model, a minor one.
    """
    from agentpkg.ops.known import find_remote
    from agentpkg.ops.publish import Wish, publish

    remote = find_remote(project, registry)
    published = publish(remote, source, Wish(bump=bump, branch=branch, sign=sign), work)
    if as_json:
        say_json({"registry": remote.source.url, "branch": branch, "dry_run": work.dry_run, **_data(published)})
        return
    for warning in published.release.warnings:
        warn(warning)
    if says_what_was_done(dry_run=work.dry_run) and not published.release.same:
        _show(published.release)
    bundle = published.release.bundle
    if published.release.same:
        say_done(f"{bundle.name} {bundle.version} is published already, with this very content; nothing to do")
    elif published.commit is None:
        say(f"{bundle.name} {bundle.version} would be published to {remote.name}")
    elif branch:
        say_done(f"pushed {bundle.name} {bundle.version} to the branch {branch} of {remote.name} for review")
    else:
        say_done(f"published {bundle.name} {bundle.version} to {remote.name} (commit {published.commit[:12]})")


def _show(release: Release) -> None:
    comparison = release.comparison
    say_diff(comparison.text)
    before = f" since {comparison.before}" if comparison.before else ""
    for powers in comparison.powers:
        say(f"{powers.agent} may use: {name_powers(powers.held)}")
        if before and powers.gained:
            say(f"  gained{before}: {name_powers(powers.gained)}")
        if powers.lost:
            say(f"  lost{before}: {name_powers(powers.lost)}")
    for level, reason in comparison.reasons:
        say(f"{level.word}: {reason}")
    if release.refused_by:
        names = ", ".join(sorted(release.refused_by))
        holding = len(HOSTS) - len(release.refused_by)
        say(f"{holding} of {len(HOSTS)} hosts hold it; not {names} (agentpkg render tells why)")


def _data(published: Published) -> dict[str, Any]:
    release = published.release
    return {
        "name": release.bundle.name,
        "version": release.bundle.version,
        "before": release.comparison.before,
        "digest": release.bundle.digest,
        "published": published.commit is not None,
        "same": release.same,
        "commit": published.commit,
        "level": release.comparison.level.word,
        "reasons": [{"level": level.word, "reason": reason} for level, reason in release.comparison.reasons],
        "powers": [options.powers_data(one) for one in release.comparison.powers],
        "refused_by": dict(release.refused_by),
        "warnings": list(release.warnings),
    }
