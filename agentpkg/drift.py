"""Drift: the difference between the lockfile and the files on disk, told without reading any registry."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from agentpkg.lockfile import NO_RENDERING
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agentpkg.files import DiskFile
    from agentpkg.lockfile import Lockfile


class State(Enum):
    """How one file stands to the lock."""

    CLEAN = "clean"
    KEPT = "kept"  # edited or deleted, and that was accepted
    EDITED = "edited"
    MISSING = "missing"
    CONFLICT = "conflict"  # an edit waits to be joined with a newer rendering
    OUTDATED = "outdated"  # the lock has moved on, and the file has not been written yet
    ADDED = "added"  # nobody's file in a folder of ours
    BLOCKED = "blocked"  # no plain file


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted:
    """One file and its state."""

    path: str
    state: State

    @property
    def settled(self) -> bool:
        """Whether nothing about the file waits to be done or decided."""
        return self.state in (State.CLEAN, State.KEPT)


def find_drift(lock: Lockfile, disk: Mapping[str, DiskFile], added: Iterable[str] = ()) -> tuple[Drifted, ...]:
    """Return the state of every file of the lock and of every file `added` to a folder that is wholly ours."""
    states = [Drifted(path=path, state=_state(lock, path, disk.get(path))) for path in lock.files]
    states += [Drifted(path=path, state=State.ADDED) for path in added]
    return tuple(sorted(states, key=lambda drifted: drifted.path))


def as_locked(lock: Lockfile) -> tuple[Drifted, ...]:
    """Return the states of the files of a lock where all of them are settled."""
    return tuple(
        Drifted(path=path, state=State.KEPT if locked.kept else State.CLEAN)
        for path, locked in sorted(lock.files.items())
    )


def _state(lock: Lockfile, path: str, disk: DiskFile | None) -> State:
    locked = lock.files[path]
    if disk is None:
        if locked.kept == NO_RENDERING:
            return State.KEPT
        return State.OUTDATED if locked.base == NO_RENDERING else State.MISSING
    if disk.odd:
        return State.BLOCKED
    if disk.sha256 == locked.sha256:
        return State.OUTDATED if locked.base else State.CLEAN
    if locked.base:
        return State.OUTDATED if disk.sha256 == locked.base else State.CONFLICT
    return State.KEPT if disk.sha256 == locked.kept else State.EDITED


def skill_folders(lock: Lockfile) -> tuple[str, ...]:
    """Return the folders that are wholly ours: those of skills, in which every file is part of the rendering."""
    folders = set()
    for path, locked in lock.files.items():
        if locked.item.startswith("skills/"):
            inner = locked.item.split("/", 2)[2]
            folders.add(path.removesuffix(f"/{inner}"))
    return tuple(sorted(folders))
