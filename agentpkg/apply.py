"""Applying a plan: the only code that writes into a project.

All or nothing, whatever happens in between. Every new byte is staged and on disk before a journal names the whole
change; from the moment the journal is in place the change will happen, in this run or at the start of the next.
Until then nothing has. Files reach their places by renaming, the manifest and the lock last.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused, DiskError, EditConflict
from agentpkg.exclusive import exclusive
from agentpkg.files import folders_above, is_inside
from agentpkg.folder import Folders
from agentpkg.hosts import is_place
from agentpkg.journal import (
    JOURNAL,
    STAGED,
    Step,
    discard,
    disk_errors,
    open_state,
    read_journal,
    read_staged,
    sync_folder,
    write_journal,
    write_synced,
)
from agentpkg.lockfile import dump_lockfile, parse_lockfile
from agentpkg.undo import Cause, Kept, Record, command_words, place_record, stage_record
from agentpkg.values import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from agentpkg.project import Project

_THREADS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One file to change: its path, the bytes that stand there now, and the new ones; None for no file.

    `bases` are the digests of the renderings that the file, or each entry of it, rests on until then, by its path in
    the lock; one that rests on none is not in it. `mode` are the permissions of a file that is made, None for the usual
    ones; one that is there keeps its own. `stays` is the folder above a file that is deleted which stays although it
    becomes empty, with those above it; if none is named, all that become empty go.
    """

    path: str
    before: bytes | None
    after: bytes | None
    bases: Mapping[str, str] = field(default_factory=dict)
    mode: int | None = None
    stays: str = ""


@contextmanager
def locked(project: Project) -> Iterator[bool]:
    """Hold the project's lock, and finish first what an earlier run left; give whether there was anything to finish.

    Raises what `exclusive` does where that fails.
    """
    state = open_state(project)
    with exclusive(state / "lock", str(project.root)):
        yield recover(project)


def apply_writes(project: Project, writes: Iterable[Write], cause: Cause | None = None) -> None:
    """Make every write happen, in the order given, or none of them, and keep what it takes to take them back.

    The project must be `locked`. `cause` is what the change comes from, the command of this process if it is not given.
    Raises `ContentRefused` if a path leads through a symbolic link, `DiskError` if the file system refuses. Nothing has
    changed then, unless `project.interrupted` says that the journal is in place and the next run will finish.
    """
    writes = [write for write in writes if write.before != write.after]
    if not writes:
        return
    state = project.root / project.state
    for write in writes:
        _check_path(project, write.path)
    with disk_errors("the project"):
        folders, modes = _new_folders(project.root, writes), _check_places(project.root, writes)
        try:
            steps = _stage(project.root, state, writes)
            record = Record(
                cause=cause or Cause(words=command_words()), files=_kept(writes, steps, modes), folders=folders
            )
            stage_record(project, record)
            write_journal(state, steps)
        except BaseException:
            if not project.interrupted:
                discard(state)
            raise
        try:
            left = _roll_forward(project, steps)
        except ContentRefused as error:  # something was put in the way since it was looked at
            raise DiskError(error.message, hint=f"{error.hint}\nthen run agentpkg sync, which finishes this") from None
    _report(left)


def recover(project: Project) -> bool:
    """Finish a change whose journal is in place, discard one that never got that far; say whether one was finished."""
    state = project.root / project.state
    if not project.interrupted:
        discard(state)
        return False
    with disk_errors("the project"):
        steps = read_journal(state / JOURNAL)
        for step in steps:
            _check_path(project, step.path)
        left = _roll_forward(project, steps)
    _report(left)
    return True


def _check_path(project: Project, path: str) -> None:
    """Raise for a path that agentpkg has no business with: a lockfile or journal may have been tampered with."""
    known = path in (project.manifest, project.lock) or (is_inside(path) and is_place(path, user=project.user))
    if not known:
        raise ContentRefused(
            f"{path!r} is not a place for an agent or a skill, and agentpkg does not touch it",
            hint=f"somebody changed {project.lock} or {project.state} by hand; restore them from version control",
        )


def _report(left: list[str]) -> None:
    if left:
        raise EditConflict(
            "files changed while agentpkg was writing, and were left as they are",
            details=left,
            hint="look at them, then run agentpkg sync",
        )


def _digest(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


def _kept(writes: list[Write], steps: list[Step], modes: Mapping[str, int | None]) -> tuple[Kept, ...]:
    """Return of each file what it takes to take its write back."""
    return tuple(
        Kept(path=write.path, before=write.before, after=step.after, mode=modes.get(write.path))
        for write, step in zip(writes, steps, strict=True)
    )


def _new_folders(root: Path, writes: Iterable[Write]) -> tuple[str, ...]:
    """Return the folders that are not there yet and will be, sorted."""
    above = {folder for write in writes if write.after is not None for folder in folders_above(write.path)}
    return tuple(sorted(folder for folder in above if not os.path.lexists(root / folder)))


def _check_places(root: Path, writes: Iterable[Write]) -> dict[str, int | None]:
    """Look at every place before anything is staged: reachable without a link, and as it was when the plan was made.

    Returns the permissions of files that will be deleted.
    """
    changed, modes, looked_at = [], {}, set[str]()
    with Folders(root) as folders:
        for write in writes:
            folder, above = folders.reach(write.path, create=False), write.path.rpartition("/")[0]
            if folder.read() != write.before:
                changed.append(write.path)
            if write.after is None:
                modes[write.path] = folder.mode()
            if above not in looked_at:
                folder.check_writable()
                looked_at.add(above)
    if changed:
        raise EditConflict(
            "files changed while agentpkg was planning; nothing was written",
            details=changed,
            hint="run the command again",
        )
    return modes


def _stage(root: Path, state: Path, writes: list[Write]) -> list[Step]:
    """Put all new bytes on disk, below names that no host reads."""
    from concurrent.futures import ThreadPoolExecutor

    staged = state / STAGED
    discard(state)
    staged.mkdir()
    steps = [
        Step(
            path=write.path,
            before=_digest(write.before),
            after=_digest(write.after),
            bases=write.bases,
            staged=str(number),
            stays=write.stays,
            sound=True,
        )
        for number, write in enumerate(writes)
    ]
    pairs = [(staged / step.staged, write) for step, write in zip(steps, writes, strict=True)]
    parts = [pairs[start::_THREADS] for start in range(min(_THREADS, len(pairs)))]
    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(_stage_files, parts))  # each waits for the disk: together, once
    for folder in (staged, *(one for one in staged.parents if one.is_relative_to(root))):  # each may be new
        sync_folder(folder)
    return steps


def _stage_files(part: Iterable[tuple[Path, Write]]) -> None:
    for staged, write in part:
        if write.after is not None:
            write_synced(staged, write.after)
            if write.mode is not None:
                staged.chmod(write.mode & 0o777)


def _roll_forward(project: Project, steps: list[Step]) -> list[str]:
    """Take every step that has not been taken; return the paths that hold neither the old nor the new bytes."""
    root, state = project.root, project.root / project.state
    left = []
    touched = {""}
    with Folders(root) as folders:
        for step in steps:
            if not _take(folders, state, step):
                left.append(step)
            elif step.after is None:
                _remove_empty_folders(folders, step.path, step.stays)
            touched.update(folders_above(step.path))  # they may be new as well
    _rest_on_bases(project, left)
    for parent in sorted(touched):  # also of steps that an earlier run took: nobody knows whether it got as far as here
        with suppress(FileNotFoundError):
            sync_folder(root / parent)
    place_record(state)
    os.unlink(state / JOURNAL)
    sync_folder(state)
    shutil.rmtree(state / STAGED, ignore_errors=True)
    return [step.path for step in left]


def _take(folders: Folders, state: Path, step: Step) -> bool:
    """Take one step, unless it has been taken; return False where the file holds neither the old nor the new bytes."""
    folder = folders.reach(step.path, create=step.after is not None)
    there = _digest(folder.read())
    if there == step.after:
        return True
    staged = f"{state}/{STAGED}/{step.staged}"
    sound = step.sound or step.after is None or _digest(read_staged(staged)) == step.after
    if there != step.before or not sound:
        return False
    if step.after is None:
        folder.unlink()
    else:
        folder.take(staged)
    return True


def _rest_on_bases(project: Project, left: list[Step]) -> None:
    """Note in the lock that files which were left still rest on what they rested on before, so that they get merged."""
    waiting = {path: base for step in left for path, base in step.bases.items()}
    text = project.read_lock_text() if waiting else None
    if text is not None:
        lock = parse_lockfile(text)
        files = {
            path: replace(entry, base=entry.base or waiting[path]) if path in waiting else entry
            for path, entry in lock.files.items()
        }
        part = project.root / project.state / "lock.part"
        write_synced(part, dump_lockfile(replace(lock, files=files)).encode())
        with Folders(project.root) as folders:
            folders.reach(project.lock, create=False).take(str(part))


def _remove_empty_folders(folders: Folders, path: str, stays: str) -> None:
    for folder in folders_above(path):
        if folder == stays:
            return
        parent = folders.reach(folder, create=False)
        try:
            parent.rmdir()
        except OSError:  # not empty, or not there
            return
