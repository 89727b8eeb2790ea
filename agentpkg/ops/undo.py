"""`undo`: take back the last command that changed the project, all of it or, where something changed since, nothing.

What is taken back can be brought back: undoing is a change like any other, so the next undo takes it back in turn.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from agentpkg.apply import Write, apply_writes, locked
from agentpkg.errors import AgentpkgError, EditConflict
from agentpkg.hosts import HOSTS
from agentpkg.lockfile import Lockfile, parse_lockfile
from agentpkg.manifest import parse_manifest
from agentpkg.ops.approval import own_word
from agentpkg.ops.change import bases_of
from agentpkg.ops.session import check_not_interrupted
from agentpkg.project import read_files
from agentpkg.requirement import split_id
from agentpkg.review import PowersGained, find_gains, find_widenings
from agentpkg.undo import has_record, no_record, read_record
from agentpkg.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from collections.abc import Set as AbstractSet

    from agentpkg.files import DiskFile
    from agentpkg.manifest import Manifest
    from agentpkg.ops.session import Options
    from agentpkg.project import Project
    from agentpkg.review import Gain
    from agentpkg.undo import Cause, Kept, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """What taking a command back comes to: what it was, what is written, and the lockfile before and after.

    `accepted` are the gains of powers that `--accept-grants` approved, and `left` the folders of bundles that the
    command made and that stay. `finished`: all that happened is that an undo was finished that had been cut short.
    """

    cause: Cause
    writes: tuple[Write, ...]
    before: Lockfile
    after: Lockfile
    accepted: tuple[Gain, ...] = ()
    left: tuple[str, ...] = ()
    finished: bool = False


def undo(project: Project, options: Options) -> Undoing:
    """Take back the last command that changed the project, and return what that came to.

    Where an undo was cut short after its commit point, it is finished, and that is all: it was asked for once more.
    Raises `AgentpkgError` if no command is recorded, `EditConflict` if a file is no longer as the command left it (nor
    as it was before), `PowersGained` if agents would hold more than they do now and nobody has said yes. Nothing has
    changed then.
    """
    if options.dry_run:
        check_not_interrupted(project)
        return _decide(project, options)
    if not (project.interrupted or has_record(project)):
        raise no_record(project)
    with locked(project) as finished:
        if finished and (cause := read_record(project).cause).undoing:
            lock = _lockfile(project.read_lock_text())
            return Undoing(cause=_turned(cause), writes=(), before=lock, after=lock, finished=True)
        undoing = _decide(project, options)
        apply_writes(project, undoing.writes, _turned(undoing.cause))
    return undoing


def _turned(cause: Cause) -> Cause:
    """Return what a change comes from that takes this one back."""
    return replace(cause, back=not cause.back, undoing=True)


def _lockfile(text: str | None) -> Lockfile:
    return Lockfile() if text is None else parse_lockfile(text)


def _decide(project: Project, options: Options) -> Undoing:
    record = read_record(project)
    disk = read_files(project.root, (kept.path for kept in record.files))
    _check_unchanged(record, disk)
    there = tuple(folder for folder in record.cause.made if (project.home / folder).is_dir())
    if record.cause.back:
        _check_there(record.cause, there)
    text, manifest_text = (_then(path, record, project) for path in (project.lock, project.manifest))
    before, after = _lockfile(project.read_lock_text()), _lockfile(text)
    manifest = parse_manifest(manifest_text or "", HOSTS)
    bases = bases_of(before)
    writes = (_write(kept, disk.get(kept.path), bases.get(kept.path, {}), record) for kept in record.files)
    return Undoing(
        cause=record.cause,
        writes=tuple(write for write in writes if write.before != write.after),
        before=before,
        after=after,
        accepted=check_approved(before, after, manifest, _widening_now(project), options),
        left=() if record.cause.back else there,
    )


def _check_there(cause: Cause, there: Collection[str]) -> None:
    """Raise unless the folders of bundles are there that a command made, which undo does not take away."""
    gone = [folder for folder in cause.made if folder not in there]
    if gone:
        raise EditConflict(
            f"folders of bundles that agentpkg {cause.words} made are gone; nothing was brought back",
            details=gone,
            hint=f"put them back, or run agentpkg {cause.words} again",
        )


def _check_unchanged(record: Record, disk: Mapping[str, DiskFile]) -> None:
    """Raise unless every file is as the command left it, or as it was before."""
    changed = [kept.path for kept in record.files if not is_known(kept, disk.get(kept.path))]
    if changed:
        raise EditConflict(
            "files changed since the last command; nothing was undone",
            details=changed,
            hint="undo takes back a whole command or nothing: put these files back as it left them (agentpkg diff shows"
            "\nyour edits), or take what you want of the old ones from version control",
        )


def is_known(kept: Kept, there: DiskFile | None) -> bool:
    """Say whether a file is as the command left it, or as it was before."""
    if there is None:
        return kept.after is None or kept.before is None
    return not there.odd and (there.content == kept.before or hashlib.sha256(there.content).hexdigest() == kept.after)


def _write(kept: Kept, there: DiskFile | None, bases: Mapping[str, str], record: Record) -> Write:
    before = there.content if there else None
    return Write(
        path=kept.path, before=before, after=kept.before, bases=bases, mode=kept.mode, stays=record.stays(kept.path)
    )


def _then(path: str, record: Record, project: Project) -> str | None:
    """Return the text of manifest or lockfile as it will be, None if there will be none."""
    for kept in record.files:
        if kept.path == path:
            return None if kept.before is None else kept.before.decode()
    if path == project.lock:
        return project.read_lock_text()
    return project.read_manifest() if project.has_manifest else None


def _widening_now(project: Project) -> frozenset[str]:
    """Return the hosts of which the manifest, as it stands, lets agents be written wider than they are."""
    try:
        manifest = parse_manifest(project.read_manifest(), HOSTS)
    except AgentpkgError:
        return frozenset()
    return frozenset(name for name in HOSTS if manifest.settings_of(name).widening)


def check_approved(
    before: Lockfile, after: Lockfile, manifest: Manifest, widening: AbstractSet[str], options: Options
) -> tuple[Gain, ...]:
    """Raise `PowersGained` unless all that agents gain is approved; return what `--accept-grants` was.

    It is asked as a sync of the old manifest would: what somebody approved for the old lockfile counts no more, now
    that there is a newer one. What the old manifest names and the newer lockfile does not hold comes back with its
    powers shown and not asked about, with all that it requires. A host that cannot hold an agent back gets it unasked
    only if it has it now, or is in `widening`: the hosts of which the manifest of now allows that.
    """
    known = {*before.bundles, *(file.bundle for file in before.files.values())}
    names = {split_id(bundle)[1] for bundle in known}
    waiting = [bundle for bundle in manifest.requirements if split_id(bundle)[1] not in names]
    named: set[str] = set()
    while waiting:
        bundle = waiting.pop()
        if bundle not in named | known and bundle in after.bundles:
            named.add(bundle)
            waiting += after.bundles[bundle].requires
    proof = {bundle: own_word(locked) for bundle, locked in before.bundles.items()}
    gains = (
        *find_gains(before.bundles, after.bundles, proof, named, after.project_hosts),
        *find_widenings(before, after, widening),
    )
    if options.accept_grants:
        return gains
    unapproved = tuple(gain for gain in gains if gain not in options.approved)
    if unapproved:
        raise PowersGained(unapproved)
    return ()
