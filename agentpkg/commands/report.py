"""How a change is shown, to people and as JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from agentpkg.console import one_line, say, say_bytes, say_json, tell
from agentpkg.errors import EditConflict
from agentpkg.files import CONFLICT_SUFFIX
from agentpkg.grants import name_powers
from agentpkg.plan import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from agentpkg.losses import Note
    from agentpkg.ops.change import Change
    from agentpkg.ops.preview import Preview
    from agentpkg.overlap import Overlap, Placed
    from agentpkg.plan import Action
    from agentpkg.targets import Rendered

_MOST_PATHS = 24
_TOLD = {
    Kind.EDITED: "your edit stays (agentpkg keep accepts it)",
    Kind.ABSENT: "stays deleted",
    Kind.RELEASE: "edited, so left where it is; it is yours now",
    Kind.ADOPT: "was there already, and is looked after from now on",
    Kind.MERGE: "your edit and the new version are both in it",
    Kind.CONFLICT: f"your edit stays; the new version is in {CONFLICT_SUFFIX} beside it",
}


def show_change(change: Change, *, as_json: bool) -> None:
    """Show a change; raise `EditConflict` at the end if edits could not be merged."""
    if as_json:
        say_json(_data(change))
    else:
        _show_bundles(change)
        _show_accepted(change)
        _show_files(change)
        _show_notes(change)
        _show_state(change)
    conflicts = change.plan.of(Kind.CONFLICT)
    if conflicts:
        raise EditConflict(
            "edits could not be merged, and were left as they are",
            details=[f"{one.path} (the new version is in {one.path}{CONFLICT_SUFFIX})" for one in conflicts],
            hint="put into your file what you want of the new version, then: agentpkg keep FILE",
            told=as_json,
        )


def _show_bundles(change: Change) -> None:
    before, after = change.session.lock.bundles, change.lock.bundles
    verb = "would be " if change.session.options.dry_run else ""
    if change.empty and not change.plan.of(*_TOLD):
        say("nothing to do")
    for bundle in sorted(before.keys() | after.keys()):
        if bundle not in after:
            say(f"- {bundle} {before[bundle].version} {verb}removed")
            continue
        now = after[bundle]
        if bundle not in before:
            say(f"+ {bundle} {now.version} {verb}installed")
        elif before[bundle].version != now.version:
            say(f"~ {bundle} {before[bundle].version} -> {now.version}")
        elif before[bundle].grants != now.grants:
            say(f"~ {bundle} {now.version}")
        else:
            continue
        for agent, powers in now.grants.items():
            say(f"    {agent} may use: {name_powers(powers)}")


def _show_accepted(change: Change) -> None:
    for gain in change.accepted:
        for line in gain.lines():
            say(f"  accepted: {line}")


def _show_files(change: Change) -> None:
    written = [action for action in change.plan.changes if action.kind in (Kind.CREATE, Kind.UPDATE, Kind.DELETE)]
    if len(written) <= _MOST_PATHS:
        for action in written:
            say(f"  {action.kind.value} {action.path}")
    else:
        for (kind, folder), number in sorted(Counter(map(_group, written)).items()):
            say(f"  {kind} {number} file{'s' if number > 1 else ''} in {folder}")
    for action in change.plan.of(*_TOLD):
        say(f"  {action.kind.value} {action.path}: {_TOLD[action.kind]}")


def _group(action: Action) -> tuple[str, str]:
    return action.kind.value, "/".join(action.path.partition("#")[0].split("/")[:2])


def _show_notes(change: Change) -> None:
    """Show what hosts could not carry, but for what was told when these very versions came to them."""
    rendered, before = change.rendered, _hosts_before(change)
    say_losses(
        [one for one in rendered.placed if one.rendering.host not in before[one.bundle]],
        [one for one in rendered.overlaps if not _was_told(change, one)],
    )


def _was_told(change: Change, overlap: Overlap) -> bool:
    before = change.session.lock.bundles.get(overlap.bundle)
    losses = (before.losses if before else None) or {}
    fields = losses.get(overlap.agent, {}).get(overlap.host, {})
    return fields.get(overlap.note.field) == overlap.note.fidelity.word


def show_files(done: Preview, files: Mapping[str, bytes]) -> None:
    """Print files as they would be written, and on standard error what was read in another way, and what is lost.

    One file alone is printed byte for byte, and nothing else.
    """
    for path, data in files.items():
        if len(files) > 1:
            say(f"==> {path} <==")
        say_bytes(data)
    for note in done.notes:
        tell(one_line(note))
    say_losses(done.rendered.placed, done.rendered.overlaps, out=tell)


def say_losses(placed: Iterable[Placed], overlaps: Iterable[Overlap], *, out: Callable[[str], None] = say) -> None:
    """Show what hosts could not carry, and read of others: each note once, with all that it is true of."""
    groups: dict[Note, tuple[list[str], list[str]]] = {}
    told = [(one.rendering.host, one.rendering.agent, note) for one in placed for note in one.rendering.notes]
    told += [(one.host, one.agent, one.note) for one in overlaps]
    for host, agent, note in told:
        hosts, agents = groups.setdefault(note, ([], []))
        hosts.append(host)
        agents.append(agent)
    for note, (hosts, agents) in sorted(groups.items(), key=lambda item: (-item[0].fidelity, item[0])):
        out(f"  {note.fidelity.word} on {_listed(hosts)}: {_listed(agents)}: {note.field}: {note.detail}")


def _hosts_before(change: Change) -> dict[str, set[str]]:
    """Return by bundle the hosts that had this very version before: what they cannot carry was told then."""
    before, after = change.session.lock, change.lock.bundles
    hosts: dict[str, set[str]] = {bundle: set() for bundle in after}
    for file in before.files.values():
        was, now = before.bundles.get(file.bundle), after.get(file.bundle)
        if was and now and was.digest == now.digest:
            hosts[file.bundle].update(file.hosts)
    return hosts


def _show_state(change: Change) -> None:
    """Show that manifest and lock change: a user who edits one and syncs wants to see that it was understood."""
    project = change.session.project
    for write in change.writes:
        if write.path in (project.manifest, project.lock):
            say(f"  {'create' if write.before is None else 'update'} {write.path}")


def _listed(names: Iterable[str]) -> str:
    unique = list(dict.fromkeys(names))
    return ", ".join(unique) if len(unique) <= 8 else f"{', '.join(unique[:6])} and {len(unique) - 6} more"


def _data(change: Change) -> dict[str, Any]:
    before, after = change.session.lock.bundles, change.lock.bundles
    return {
        "dry_run": change.session.options.dry_run,
        "changed": not change.empty,
        "bundles": [
            {
                "id": bundle,
                "before": before[bundle].version if bundle in before else None,
                "after": after[bundle].version if bundle in after else None,
                "grants": {agent: list(powers) for agent, powers in after[bundle].grants.items()}
                if bundle in after
                else {},
            }
            for bundle in sorted(before.keys() | after.keys())
        ],
        "accepted": [line for gain in change.accepted for line in gain.lines()],
        "files": [
            {"path": action.path, "action": action.kind.value}
            for action in change.plan.actions
            if action.kind is not Kind.KEEP
        ],
        **rendering_data(change.rendered),
    }


def rendering_data(rendered: Rendered) -> dict[str, Any]:
    """Return what every host makes of every agent, for a JSON document."""
    return {
        "renderings": [
            {
                "bundle": one.bundle,
                "agent": one.rendering.agent,
                "host": one.rendering.host,
                "path": one.path,
                "fidelity": one.rendering.fidelity.word,
                "notes": [_note_data(note) for note in one.rendering.notes],
            }
            for one in rendered.placed
        ],
        "overlaps": [
            {"bundle": one.bundle, "agent": one.agent, "host": one.host, **_note_data(one.note)}
            for one in rendered.overlaps
        ],
    }


def _note_data(note: Note) -> dict[str, str]:
    return {"field": note.field, "fidelity": note.fidelity.word, "detail": note.detail}
