"""The plan: what should happen to a project's files, as a value, decided before anything is written.

It compares three things about each path: L, the rendering that agentpkg last wrote; D, what is on disk; and N, the
rendering that should be there now. `decide` is the table of every case; nothing else decides about a file.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from agentpkg.files import CONFLICT_SUFFIX, file_digest, is_entry, like
from agentpkg.lockfile import NO_RENDERING, LockedFile
from agentpkg.shared import write_entries
from agentpkg.values import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.files import DiskFile
    from agentpkg.targets import Target


class Kind(Enum):
    """What happens to one file."""

    CREATE = "create"
    UPDATE = "update"
    MERGE = "merge"
    DELETE = "delete"
    KEEP = "keep"  # as it should be
    ADOPT = "adopt"  # as it should be already, and ours from now on
    EDITED = "edited"  # the user's edit stays; nobody has accepted it yet
    ABSENT = "absent"  # the user deleted it, and asked for it to stay deleted
    CONFLICT = "conflict"  # edit and new rendering meet in the same lines
    FOREIGN = "foreign"  # somebody else's file stands where ours should
    RELEASE = "release"  # ours no more, but edited: left where it is
    FORGET = "forget"  # ours no more, and gone already


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What happens to one path: the bytes to write (None where none are), and the bytes that stand there before."""

    kind: Kind
    path: str
    content: bytes | None = None
    before: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every action, by path, and the lock's file entries once they are done.

    `shared` holds, as they are, the bytes of files of which only entries are ours.
    """

    actions: tuple[Action, ...]
    files: Mapping[str, LockedFile]
    shared: Mapping[str, bytes] = field(default_factory=dict)

    def of(self, *kinds: Kind) -> tuple[Action, ...]:
        """Return the actions of these kinds."""
        return tuple(action for action in self.actions if action.kind in kinds)

    @property
    def changes(self) -> tuple[Action, ...]:
        """The actions that write or delete."""
        return tuple(action for action in self.actions if action.content is not None or action.kind is Kind.DELETE)

    def written(self) -> tuple[tuple[str, bytes | None, bytes | None], ...]:
        """Return path, old and new bytes of every file that is written; None for no file."""
        files, entries = [], dict[str, dict[str, bytes | None]]()
        for action in self.changes:
            file, _, name = action.path.partition("#")
            if is_entry(action.path):
                entries.setdefault(file, {})[name] = action.content
            else:
                files.append((action.path, action.before, action.content))
        for file, changes in entries.items():
            before = self.shared.get(file)
            files.append((file, before, write_entries(before, changes)))
        return tuple(files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a plan is made on.

    `disk` holds every path of targets and lock that exists, and the `.agentpkg-new` files beside them. `known` are
    digests of bytes that agentpkg rendered on this machine at some time: a file that equals one holds no edit.
    `merges` holds the merged bytes of files where edit and new rendering fit together.
    """

    targets: Mapping[str, Target]
    locked: Mapping[str, LockedFile]
    disk: Mapping[str, DiskFile]
    known: frozenset[str] = frozenset()
    merges: Mapping[str, bytes] | None = None
    keep_deleted: bool = False


def decide(path: str, ground: Ground) -> Kind:
    """Return what happens to `path`. Until merges are known, a file that needs one is a `CONFLICT`."""
    target, locked, disk = ground.targets.get(path), ground.locked.get(path), ground.disk.get(path)
    last = _last(locked)
    if target is None:
        if disk is None or locked is None:
            return Kind.FORGET
        return Kind.DELETE if disk.sha256 in (last, locked.sha256) and not disk.odd else Kind.RELEASE
    if disk is None:
        accepted = locked is not None and locked.kept == NO_RENDERING
        return Kind.ABSENT if accepted or (ground.keep_deleted and last == target.sha256) else Kind.CREATE
    if disk.odd:
        return Kind.FOREIGN
    if disk.sha256 == target.sha256:
        return Kind.KEEP if locked else Kind.ADOPT
    if locked is None or last == NO_RENDERING:
        return Kind.FOREIGN
    if disk.sha256 == last or (disk.sha256 in ground.known and disk.sha256 != locked.kept):
        return Kind.UPDATE
    if last == target.sha256:
        return Kind.KEEP if disk.sha256 == locked.kept else Kind.EDITED
    return Kind.MERGE if path in (ground.merges or {}) else Kind.CONFLICT


def _last(locked: LockedFile | None) -> str | None:
    return (locked.base or locked.sha256) if locked else None


def make_plan(ground: Ground) -> Plan:
    """Return the plan for every path of targets and lock."""
    actions: list[Action] = []
    files: dict[str, LockedFile] = {}
    for path in sorted(ground.targets.keys() | ground.locked.keys()):
        kind = decide(path, ground)
        actions.append(_action(kind, path, ground))
        entry = _entry(kind, path, ground)
        if entry:
            files[path] = entry
        beside = _beside(kind, path, ground)
        if beside:
            actions.append(beside)
    shared = {path.partition("#")[0] for path in ground.targets.keys() | ground.locked.keys() if is_entry(path)}
    return Plan(
        actions=tuple(actions),
        files=files,
        shared={file: ground.disk[file].content for file in sorted(shared) if file in ground.disk},
    )


def _action(kind: Kind, path: str, ground: Ground) -> Action:
    target, disk = ground.targets.get(path), ground.disk.get(path)
    before = disk.content if disk else None
    content = None
    if target and kind in (Kind.CREATE, Kind.UPDATE):
        content = like(before, target.content)
    if kind is Kind.MERGE and ground.merges:
        content = like(before, ground.merges[path])
    return Action(kind=kind, path=path, content=content, before=before)


def _entry(kind: Kind, path: str, ground: Ground) -> LockedFile | None:
    """Return the lock's entry for a path once its action is done, None where the file is not ours (any more)."""
    target, locked, disk = ground.targets.get(path), ground.locked.get(path), ground.disk.get(path)
    if target is None or kind is Kind.FOREIGN:
        return None
    entry = LockedFile(bundle=target.bundle, item=target.item, hosts=target.hosts, sha256=target.sha256)
    if kind is Kind.ABSENT:
        return replace(entry, kept=NO_RENDERING)
    if kind is Kind.CONFLICT:
        return replace(entry, base=_last(locked), kept=locked.kept if locked else None)
    if kind is Kind.MERGE and ground.merges:
        return replace(entry, kept=file_digest(ground.merges[path]))
    if kind is Kind.EDITED or (kind is Kind.KEEP and disk and disk.sha256 != target.sha256):
        kept = locked.kept if locked else None
        return replace(entry, kept=None if kept == NO_RENDERING else kept)
    return entry


def waiting(before: Mapping[str, LockedFile], after: Mapping[str, LockedFile]) -> dict[str, LockedFile]:
    """Return the lock's file entries for a lock that moves on while the files stay as they are.

    Each file still rests on what was written last (`base`), so that the next sync brings it up to date. One that is to
    go keeps an entry, with no rendering of its own, and one that is to come rests on none.
    """
    files = {}
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if new is None and old is not None:
            files[path] = replace(old, sha256=NO_RENDERING, base=_last(old))
        elif new is not None and old is not None and _last(old) != new.sha256:
            files[path] = replace(new, base=_last(old), kept=old.kept)
        elif new is not None:
            files[path] = replace(new, base=None if old else NO_RENDERING, kept=old.kept if old else None)
    return files


def _beside(kind: Kind, path: str, ground: Ground) -> Action | None:
    """Return what happens to the `.agentpkg-new` beside a file: written in a conflict, gone once there is none.

    One that holds other bytes than a rendering of ours is somebody's work, and stays.
    """
    beside = path + CONFLICT_SUFFIX
    target, locked, there = ground.targets.get(path), ground.locked.get(path), ground.disk.get(beside)
    if kind is Kind.CONFLICT and target:
        ours = there is None or there.sha256 in ground.known or (locked and there.sha256 == locked.sha256)
        if there and (there.sha256 == target.sha256 or not ours):
            return None
        live = ground.disk[path].content  # so that the two differ in nothing but what there is to decide
        return Action(
            kind=Kind.UPDATE if there else Kind.CREATE,
            path=beside,
            content=like(live, target.content),
            before=there.content if there else None,
        )
    if there and locked and locked.base and there.sha256 == locked.sha256:
        return Action(kind=Kind.DELETE, path=beside, before=there.content)
    return None
