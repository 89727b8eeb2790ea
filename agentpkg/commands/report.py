"""How a change is shown, to people and as JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from agentpkg.console import one_line, say, say_bytes, say_json, says_what_was_done, tell
from agentpkg.errors import EditConflict
from agentpkg.files import CONFLICT_SUFFIX
from agentpkg.grants import name_powers
from agentpkg.losses import Fidelity, worst_by_field
from agentpkg.plan import Kind
from agentpkg.terminal import Role, Styled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from agentpkg.lockfile import LockedBundle
    from agentpkg.losses import Note
    from agentpkg.ops.change import Change
    from agentpkg.ops.preview import Preview
    from agentpkg.overlap import Overlap, Placed
    from agentpkg.plan import Action
    from agentpkg.review import Gain
    from agentpkg.targets import Rendered
    from agentpkg.terminal import Piece

_MOST_PATHS = 24
_ROLES = {Kind.CREATE: Role.ADDED, Kind.UPDATE: Role.CHANGED, Kind.DELETE: Role.REMOVED, Kind.CONFLICT: Role.WARNING}
_SIGNS = {"+": Role.ADDED, "-": Role.REMOVED, "~": Role.CHANGED}
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
    elif says_what_was_done(dry_run=change.session.options.dry_run):
        _show_bundles(change)
        say_accepted(change.accepted)
        _show_files(change)
        _show_notes(change)
        _show_state(change)
    refuse_conflicts(change, told=as_json)


def say_requirement(change: Change, bundle: str, story: Callable[[str], str]) -> None:
    """Show what becomes of a bundle's requirement, if it is another than before; `story` tells it of the specifier."""
    before, after = change.session.manifest.requirements.get(bundle), change.lock.bundles[bundle].wanted
    if before and after and before != after and says_what_was_done(dry_run=change.session.options.dry_run):
        say(f"{bundle} {story(after.specifier)} (was {before.specifier or 'any version'})")


def refuse_conflicts(change: Change, *, told: bool) -> None:
    """Raise `EditConflict` if edits could not be merged; `told` says that what was shown tells of them."""
    conflicts = change.plan.of(Kind.CONFLICT)
    if conflicts:
        raise EditConflict(
            "edits could not be merged, and were left as they are",
            details=[f"{one.path} (the new version is in {one.path}{CONFLICT_SUFFIX})" for one in conflicts],
            hint="put into your file what you want of the new version, then: agentpkg keep FILE",
            told=told,
        )


def _show_bundles(change: Change) -> None:
    if change.empty and not change.plan.of(*_TOLD):
        say("nothing to do")
    say_bundles(change.session.lock.bundles, change.lock.bundles, dry_run=change.session.options.dry_run)


def say_bundles(before: Mapping[str, LockedBundle], after: Mapping[str, LockedBundle], *, dry_run: bool) -> None:
    """Show the bundles that come, go or change, and what their agents may use."""
    verb = "would be " if dry_run else ""
    for bundle in sorted(before.keys() | after.keys()):
        if bundle not in after:
            _say_bundle("-", bundle, f" {before[bundle].version} {verb}removed")
            continue
        now = after[bundle]
        if bundle not in before:
            _say_bundle("+", bundle, f" {now.version} {verb}installed")
        elif before[bundle].version != now.version:
            _say_bundle("~", bundle, f" {before[bundle].version} -> {now.version}")
        elif before[bundle].grants != now.grants:
            _say_bundle("~", bundle, f" {now.version}")
        else:
            continue
        for agent, powers in now.grants.items():
            say(f"    {agent} may use: {name_powers(powers)}")


def _say_bundle(sign: str, bundle: str, story: str) -> None:
    say(Styled(sign, _SIGNS[sign]), " ", Styled(bundle, Role.NAME), story)


def say_accepted(gains: Iterable[Gain]) -> None:
    """Show the gains of powers that `--accept-grants` approved."""
    for gain in gains:
        for line in gain.lines():
            say(f"  accepted: {line}")


def _show_files(change: Change) -> None:
    say_files([action for action in change.plan.changes if action.kind in (Kind.CREATE, Kind.UPDATE, Kind.DELETE)])
    for action in change.plan.of(*_TOLD):
        say("  ", _word(action.kind), f" {action.path}: {_TOLD[action.kind]}")


def say_files(written: Sequence[Action]) -> None:
    """Show what happens to files, by folder where there are many."""
    if len(written) <= _MOST_PATHS:
        for action in written:
            say("  ", _word(action.kind), f" {action.path}")
    else:
        for (kind, folder), number in sorted(Counter(map(_group, written)).items(), key=_by_word):
            say("  ", _word(kind), f" {number} file{'s' if number > 1 else ''} in {folder}")


def _word(kind: Kind) -> Piece:
    return Styled(kind.value, _ROLES[kind]) if kind in _ROLES else kind.value


def _group(action: Action) -> tuple[Kind, str]:
    return action.kind, "/".join(action.path.partition("#")[0].split("/")[:2])


def _by_word(item: tuple[tuple[Kind, str], int]) -> tuple[str, str]:
    (kind, folder), _ = item
    return kind.value, folder


def _show_notes(change: Change) -> None:
    """Show what hosts could not carry, but for what was told when these very versions came to them."""
    rendered, before = change.rendered, _hosts_before(change)
    say_losses(
        [one for one in rendered.placed if one.rendering.host not in before[one.bundle] or _is_new(change, one)],
        [one for one in rendered.overlaps if not _was_told(change, one)],
    )


def _is_new(change: Change, one: Placed) -> bool:
    """Say whether other overrides than before make a loss of it that was not there."""
    before, now = change.session.lock.bundles[one.bundle], change.lock.bundles[one.bundle]
    told = (before.losses or {}).get(one.rendering.agent, {}).get(one.rendering.host, {})
    return before.overrides != now.overrides and not worst_by_field(one.rendering.notes).items() <= told.items()


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


def say_losses(placed: Iterable[Placed], overlaps: Iterable[Overlap], *, out: Callable[..., None] = say) -> None:
    """Show what hosts could not carry, and read of others: each note once, with all that it is true of."""
    groups: dict[Note, tuple[list[str], list[str]]] = {}
    told = [(one.rendering.host, one.rendering.agent, note) for one in placed for note in one.rendering.notes]
    told += [(one.host, one.agent, one.note) for one in overlaps]
    for host, agent, note in told:
        hosts, agents = groups.setdefault(note, ([], []))
        hosts.append(host)
        agents.append(agent)
    for note, (hosts, agents) in sorted(groups.items(), key=lambda item: (-item[0].fidelity, item[0])):
        word = note.fidelity.word
        how = Styled(word, Role.WARNING) if note.fidelity is Fidelity.WIDENED else word
        out("  ", how, f" on {_listed(hosts)}: {_listed(agents)}: {note.field}: {note.detail}")


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
    return {
        "dry_run": change.session.options.dry_run,
        "changed": not change.empty,
        "bundles": bundles_data(change.session.lock.bundles, change.lock.bundles),
        "accepted": [line for gain in change.accepted for line in gain.lines()],
        "files": [
            {"path": action.path, "action": action.kind.value}
            for action in change.plan.actions
            if action.kind is not Kind.KEEP
        ],
        **rendering_data(change.rendered),
    }


def bundles_data(before: Mapping[str, LockedBundle], after: Mapping[str, LockedBundle]) -> list[dict[str, Any]]:
    """Return the bundles of two lockfiles, for a JSON document."""
    return [
        {
            "id": bundle,
            "before": before[bundle].version if bundle in before else None,
            "after": after[bundle].version if bundle in after else None,
            "grants": {agent: list(powers) for agent, powers in after[bundle].grants.items()}
            if bundle in after
            else {},
        }
        for bundle in sorted(before.keys() | after.keys())
    ]


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
                "notes": [note_data(note) for note in one.rendering.notes],
            }
            for one in rendered.placed
        ],
        "overlaps": [
            {"bundle": one.bundle, "agent": one.agent, "host": one.host, **note_data(one.note)}
            for one in rendered.overlaps
        ],
    }


def note_data(note: Note) -> dict[str, str]:
    """Return what a rendering could not carry, for a JSON document."""
    return {"field": note.field, "fidelity": note.fidelity.word, "detail": note.detail}
