"""Applying a plan: the only code that writes into a project.

All or nothing, whatever happens in between. Every new byte is staged and on disk before a journal names the whole
change; from the moment the journal is in place the change will happen, in this run or at the start of the next.
Until then nothing has. Files reach their places by renaming, the manifest and the lock last.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentpkg.errors import Busy, ContentRefused, DiskError, EditConflict, IntegrityError
from agentpkg.fields import Fields
from agentpkg.files import is_inside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from agentpkg.project import Project

_LOCK_SECONDS = 60
_THREADS = 8
_ANCHORED = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One file to change: its path, the bytes that stand there now, and the new ones; None for no file."""

    path: str
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A `Write` as the journal has it: digests instead of bytes, and the number of the staged file."""

    path: str
    before: str | None
    after: str | None
    staged: str


@contextmanager
def locked(project: Project) -> Iterator[None]:
    """Hold the project's lock, and finish first what an earlier run left.

    The lock is the kernel's, so it ends with the process that holds it. Raises `Busy` after a minute of waiting.
    """
    from filelock import FileLock, Timeout

    state = project.root / project.state
    with _disk_errors(project.state):
        state.mkdir(parents=True, exist_ok=True)
        if not (state / ".gitignore").exists():
            (state / ".gitignore").write_text("*\n")
    try:
        with FileLock(state / "lock", timeout=_LOCK_SECONDS):
            recover(project)
            yield
    except Timeout:
        raise Busy(
            f"another agentpkg has been working on {project.root} for {_LOCK_SECONDS} seconds",
            hint="wait for it to end, and run the command again",
        ) from None


def apply_writes(project: Project, writes: Iterable[Write]) -> None:
    """Make every write happen, in the order given, or none of them. The project must be `locked`.

    Raises `ContentRefused` if a path leads through a symbolic link, `DiskError` if the file system refuses; in both
    cases nothing has changed yet.
    """
    writes = [write for write in writes if write.before != write.after]
    if not writes:
        return
    state = project.root / project.state
    with _disk_errors("the project"):
        _check_places(project.root, writes)
        steps = _stage(state, writes)
        _write_journal(state, steps)
        left = _roll_forward(project.root, state, steps)
    _report(left)


def recover(project: Project) -> None:
    """Finish a change whose journal is in place, discard one that never got that far."""
    state = project.root / project.state
    journal = state / "journal.json"
    if not journal.exists():
        if (state / "staged").exists():
            shutil.rmtree(state / "staged", ignore_errors=True)
        return
    with _disk_errors("the project"):
        left = _roll_forward(project.root, state, _read_journal(journal))
    _report(left)


def _report(left: list[str]) -> None:
    if left:
        raise EditConflict(
            "files changed while agentpkg was writing, and were left as they are",
            details=left,
            hint="look at them, then run agentpkg sync",
        )


@contextmanager
def _disk_errors(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        name = error.filename if isinstance(error.filename, str) else what
        raise DiskError(
            f"cannot write {name}: {error.strerror}",
            hint="make room or fix the permissions, then run the command again",
        ) from error


def _digest(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


def _check_places(root: Path, writes: Iterable[Write]) -> None:
    """Look at every place before anything is staged: reachable without a link, and as it was when the plan was made."""
    changed = []
    for write in writes:
        with _Folder(root, write.path, create=False) as folder:
            if folder.read() != write.before:
                changed.append(write.path)
    if changed:
        raise EditConflict(
            "files changed while agentpkg was planning; nothing was written",
            details=changed,
            hint="run the command again",
        )


def _stage(state: Path, writes: list[Write]) -> list[_Step]:
    """Put all new bytes on disk, below names that no host reads."""
    from concurrent.futures import ThreadPoolExecutor

    staged = state / "staged"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir()
    steps = [
        _Step(path=write.path, before=_digest(write.before), after=_digest(write.after), staged=str(number))
        for number, write in enumerate(writes)
    ]
    pairs = [(staged / step.staged, write.after) for step, write in zip(steps, writes, strict=True)]
    with ThreadPoolExecutor(_THREADS) as threads:  # each waits for the disk, so together they wait once
        list(threads.map(lambda pair: _write_synced(*pair), [pair for pair in pairs if pair[1] is not None]))
    _sync_folder(staged)
    return steps


def _write_synced(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o666)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_folder(path: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write_journal(state: Path, steps: list[_Step]) -> None:
    data = {"format": 1, "steps": [[step.path, step.before, step.after, step.staged] for step in steps]}
    _write_synced(state / "journal.part", json.dumps(data).encode())
    os.replace(state / "journal.part", state / "journal.json")
    _sync_folder(state)


def _read_journal(path: Path) -> list[_Step]:
    try:
        fields = Fields(json.loads(path.read_bytes()), "journal", IntegrityError)
        rows = fields.raw("steps")
        steps = [_read_step(row) for row in rows] if isinstance(rows, list) else None
    except (ValueError, KeyError):
        steps = None
    if steps is None:
        raise IntegrityError(f"{path} is damaged", hint="delete it and run agentpkg sync; compare with version control")
    return steps


def _read_step(row: object) -> _Step:
    if not isinstance(row, list) or len(row) != 4 or not all(value is None or isinstance(value, str) for value in row):
        raise ValueError("a step is four texts")
    path, before, after, staged = row
    if not path or not is_inside(path) or not str(staged).isdigit():
        raise ContentRefused(f"the journal names {path!r}, which is not a path inside the project")
    return _Step(path=path, before=before, after=after, staged=staged)


def _roll_forward(root: Path, state: Path, steps: list[_Step]) -> list[str]:
    """Take every step that has not been taken; return the paths that hold neither the old nor the new bytes."""
    left = []
    touched: set[str] = set()
    for step in steps:
        with _Folder(root, step.path, create=step.after is not None) as folder:
            there = _digest(folder.read())
            if there not in (step.before, step.after):
                left.append(step.path)
                continue
            if there != step.after:
                if step.after is None:
                    folder.unlink()
                else:
                    folder.take(state / "staged" / step.staged)
                touched.add(step.path.rpartition("/")[0])
        if step.after is None:
            _remove_empty_folders(root, step.path)
    for parent in sorted(touched):
        with suppress(FileNotFoundError):
            _sync_folder(root / parent)
    os.unlink(state / "journal.json")
    _sync_folder(state)
    shutil.rmtree(state / "staged", ignore_errors=True)
    return left


def _remove_empty_folders(root: Path, path: str) -> None:
    folder = path.rpartition("/")[0]
    while folder:
        with _Folder(root, folder, create=False) as parent:
            try:
                parent.rmdir()
            except OSError:  # not empty, or not there
                return
        folder = folder.rpartition("/")[0]


class _Folder:
    """The folder of one path below a root, reached component by component without following a symbolic link.

    On systems that have it, work goes through the open folder, so that nobody can swap a component in between.
    """

    def __init__(self, root: Path, path: str, *, create: bool) -> None:
        *folders, self._name = path.split("/")
        self._place = root
        self._descriptor: int | None = os.open(root, os.O_RDONLY | os.O_DIRECTORY) if _ANCHORED else None
        self._missing = False
        try:
            for folder in folders:
                if not self._missing:
                    self._enter(folder, path, create)
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> _Folder:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _enter(self, name: str, path: str, create: bool) -> None:
        self._place = self._place / name
        if self._descriptor is None:
            self._enter_by_path(path, create)
            return
        try:
            inner = self._open(name)
        except FileNotFoundError:
            if not create:
                self._missing = True
                return
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=self._descriptor)
            inner = self._open(name)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise _in_the_way(path, self._place) from None
            raise
        os.close(self._descriptor)
        self._descriptor = inner

    def _open(self, name: str) -> int:
        return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=self._descriptor)

    def _enter_by_path(self, path: str, create: bool) -> None:
        if self._place.is_symlink() or (self._place.exists() and not self._place.is_dir()):
            raise _in_the_way(path, self._place)
        if not self._place.exists():
            if create:
                self._place.mkdir(exist_ok=True)
            else:
                self._missing = True

    @property
    def _target(self) -> str:
        return self._name if self._descriptor is not None else str(self._place / self._name)

    def read(self) -> bytes | None:
        """Return the file's bytes, None if there is no file."""
        if self._missing:
            return None
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        try:
            with open(os.open(self._target, flags, dir_fd=self._descriptor), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EISDIR):
                raise _in_the_way(self._name, self._place / self._name) from None
            raise

    def unlink(self) -> None:
        """Remove the file."""
        os.unlink(self._target, dir_fd=self._descriptor)

    def take(self, staged: Path) -> None:
        """Move a staged file into place, over the one that is there."""
        os.replace(staged, self._target, dst_dir_fd=self._descriptor)

    def rmdir(self) -> None:
        """Remove the folder of this name if it is empty."""
        if self._missing:
            raise FileNotFoundError(self._name)
        os.rmdir(self._target, dir_fd=self._descriptor)


def _in_the_way(path: str, place: Path) -> ContentRefused:
    return ContentRefused(
        f"{place} is a symbolic link or no folder, and {path} would be written through it",
        hint="agentpkg writes into plain folders only; replace it by one, or leave that host out",
    )
