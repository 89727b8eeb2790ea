"""`agentpkg adopt`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agentpkg.commands import options
from agentpkg.console import count, one_line, say, say_json, say_table, says_what_was_done, tell
from agentpkg.errors import ContentRefused

if TYPE_CHECKING:
    from agentpkg.ops.adopt import Adoption
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--to", metavar="FOLDER", default="bundles", help="Where bundles of the project go: `bundles`.")
@click.option("--bundle", metavar="NAME", help="Put agents that no registry has into one bundle of this name.")
@click.option("--all-hosts", is_flag=True, help="Write what is adopted, or was, for the project's other hosts too.")
@options.with_options("dry_run", "offline", "accept_grants")
@options.as_json
@options.with_project
def command(
    project: Project,
    paths: tuple[str, ...],
    to: str,
    bundle: str | None,
    all_hosts: bool,
    work: Options,
    as_json: bool,
) -> None:
    """Look after agents that stand in the project already: all, or those in files and folders named.

    A file that a registry's bundle gives, or one close to it, is of that bundle from now on; of the others bundles of
    the project are made. No agent file is changed; where one differs from its bundle, that counts as an edit of yours.
    """
    from agentpkg.commands.init import choose_hosts
    from agentpkg.ops.adopt import Wish, adopt
    from agentpkg.ops.known import start_manifest

    named = tuple(options.below(project, path) for path in paths)
    text = "" if project.has_manifest else start_manifest(project, choose_hosts(project, ()))
    show_adoption(
        adopt(project, Wish(paths=named, to=to, bundle=bundle, all_hosts=all_hosts), work, text),
        as_json=as_json,
        all_hosts=all_hosts,
    )


def show_adoption(done: Adoption, *, as_json: bool, all_hosts: bool) -> None:
    """Show what was adopted, for `all_hosts` or not; raise `ContentRefused` at the end if agents were left alone."""
    if as_json:
        say_json(_data(done))
    elif says_what_was_done(dry_run=done.change.session.options.dry_run):
        _show(done)
        if not all_hosts:
            _tell_limits(done)
    missed = sum(not one.harmless for one in done.left)
    if missed:
        raise ContentRefused(_missed(missed, done), hint="each is named above, with what to do about it", told=as_json)


def _missed(missed: int, done: Adoption) -> str:
    """Return what to say where agents were left alone, or would be."""
    dry = done.change.session.options.dry_run
    were, would = (" would be", "would be ") if dry else (" was" if missed == 1 else " were", "was ")
    rest = f"all else {would}adopted" if done.taken else f"nothing {would}adopted"
    return f"{count(missed, 'file')}{were} left alone, and {rest}"


def _tell_limits(done: Adoption) -> None:
    """Tell of hosts of the project that do not get what is adopted, and of how they can."""
    project = done.change.session.project
    here = " --global" if project.user else ""
    alone: dict[str, list[str]] = {}
    for one in sorted(done.taken, key=lambda one: one.id):
        more = [host for host in done.change.session.manifest.hosts if host not in one.hosts]
        way = f"adopt{here} --all-hosts"
        if one.files is None:
            way = f"install{here} {one.id}" + "".join(f" --host {host}" for host in sorted({*one.hosts, *more}))
        if more:
            told = f"only for {', '.join(one.hosts)}: {{}} (for {', '.join(more)} too: agentpkg {way})"
            alone.setdefault(told, []).append(one.id)
    for told, names in alone.items():
        tell(told.format(", ".join(names)))


def _show(done: Adoption) -> None:
    from agentpkg.commands.report import say_losses

    _show_taken(done)
    _show_spread(done)
    rows = [
        (path, f"{one.id} {one.bundle.version}", _told(like, local=one.files is not None))
        for one in done.taken
        for path, like in one.likeness.items()
    ]
    rows += [(one.path, "-", one_line(one.why if one.harmless else f"left alone: {one.why}")) for one in done.left]
    if rows:
        say_table([("FILE", "BUNDLE", "RESULT"), *sorted(rows)])
    elif done.change.empty:
        say("nothing to adopt")
    for path in done.change.folders:
        say(f"  create {path}")
    for write in done.change.writes:
        say(f"  {'create' if write.before is None else 'update'} {write.path}")
    more = {(one.id, host) for one in (*done.taken, *done.spread) for host in one.more}
    say_losses([one for one in done.change.rendered.placed if (one.bundle, one.rendering.host) in more], ())


def _show_taken(done: Adoption) -> None:
    from agentpkg.grants import name_powers

    verb = "would be " if done.change.session.options.dry_run else ""
    for one in sorted(done.taken, key=lambda one: one.id):
        say(f"+ {one.id} {one.bundle.version} {verb}adopted")
        for agent, powers in done.change.lock.bundles[one.id].grants.items():
            say(f"    {agent} may use: {name_powers(powers)}")
        for note in one.notes:
            say(f"  {one_line(note)}")


def _show_spread(done: Adoption) -> None:
    verb = "would be" if done.change.session.options.dry_run else "is"
    for one in done.spread:
        if one.more:
            hosts = ", ".join(sorted({*one.hosts, *one.more}))
            say(f"~ {one.id} {one.bundle.version} {verb} from now on for {hosts}")
        for note in one.notes:
            say(f"  {'' if one.more else f'{one.id}: '}{one_line(note)}")


def _told(like: float, *, local: bool) -> str:
    from agentpkg.adoption import EXACT

    if like == EXACT:
        return "just as it is there"
    return "stays as you wrote it" if local else f"{like:.0%} as it is there, the rest is an edit of yours, and kept"


def _data(done: Adoption) -> dict[str, Any]:
    from agentpkg.adoption import EXACT

    return {
        "dry_run": done.change.session.options.dry_run,
        "changed": not done.change.empty,
        "bundles": [
            {
                "id": one.id,
                "version": one.bundle.version,
                "path": f"{done.to}/{one.id}" if one.files is not None else None,
                "agents": list(one.agents),
                "hosts": list(one.hosts),
                "also": list(one.more),
                "grants": {agent: list(powers) for agent, powers in done.change.lock.bundles[one.id].grants.items()},
                "notes": list(one.notes),
                "files": [
                    {"path": path, "exact": like == EXACT, "likeness": round(like, 2)}
                    for path, like in sorted(one.likeness.items())
                ],
            }
            for one in sorted(done.taken, key=lambda one: one.id)
        ],
        "spread": [
            {"id": one.id, "version": one.bundle.version, "hosts": list(one.hosts), "also": list(one.more)}
            | {"notes": list(one.notes)}
            for one in done.spread
        ],
        "left": [{"path": one.path, "reason": one.why, "agent": not one.harmless} for one in done.left],
    }
