"""The journal: a whole change, named on disk before any of it happens, and the writing that survives a power cut."""

from __future__ import annotations

import errno
import json
import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused, DiskError, IntegrityError
from agentpkg.fields import Fields
from agentpkg.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentpkg.project import Project

JOURNAL = "journal.json"
STAGED = "staged"
RECORD = "undo"  # of the last change, see `agentpkg.undo`
_PART = "journal.part"
_ROW = 5  # what stands in every row of a journal
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A `Write` as the journal has it: digests instead of bytes, and the number of the staged file.

    `sound` says that this very run staged the file; of one that was found, somebody else may have made other bytes.
    """

    path: str
    before: str | None
    after: str | None
    bases: Mapping[str, str]
    staged: str
    stays: str = ""
    sound: bool = False


@contextmanager
def naming(path: Path | str) -> Iterator[None]:
    """Have every `OSError` name this path, however it was reached: the system knows of no file behind a descriptor."""
    try:
        yield
    except OSError as error:
        error.filename = str(Path(path))
        raise


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Raise `DiskError`, naming the file that the system names, else `what`, where the file system refuses."""
    try:
        yield
    except OSError as error:
        name = error.filename if isinstance(error.filename, str) else what
        raise DiskError(
            f"cannot write {name}: {error.strerror or error}",
            hint="make room or fix the permissions, then run the command again",
        ) from error


def open_state(project: Project) -> Path:
    """Return the state folder, made if need be; raise `ContentRefused` if it is not what we made."""
    state = project.root / project.state
    with disk_errors(project.state):
        _refuse_links(project)
        state.mkdir(parents=True, exist_ok=True)
        ignore = state / ".gitignore"
        if not ignore.exists() or not ignore.stat().st_size:  # empty where a run was cut short
            ignore.write_text("*\n")
    return state


def _refuse_links(project: Project) -> None:
    """Raise if a repository brought the state folder along, and what is in it leads elsewhere."""
    place = project.root
    for part in project.state.split("/"):
        place = place / part
        if place.is_symlink():
            raise ContentRefused(f"{place} is a symbolic link", hint="remove it; agentpkg makes a folder there")
    for entry in sorted(place.iterdir()) if place.is_dir() else ():
        if entry.is_symlink():
            raise ContentRefused(f"{entry} is a symbolic link", hint=f"remove {place}; agentpkg makes it anew")
        if entry.name == RECORD and entry.is_dir():
            raise ContentRefused(f"{entry} is a folder", hint=f"remove {place}; agentpkg makes it anew")


def write_synced(path: Path, content: bytes, folder: int | None = None) -> None:
    """Write a file, and return only once its bytes are on the disk.

    With `folder`, an open one that holds the file, that is where it is written. A symbolic link is never followed.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _NO_LINK | _BINARY
    with naming(path):
        descriptor = os.open(path if folder is None else path.name, flags, 0o666, dir_fd=folder)
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Return only once the folder's entries are on the disk, where there is a way to ask for that.

    There is none on Windows, and none on some file systems over a network.
    """
    if os.name == "posix":
        with naming(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                    raise
            finally:
                os.close(descriptor)


def read_staged(path: Path | str) -> bytes | None:
    """Return the bytes of a staged file, None if it is not there or is no file of ours but a link."""
    try:
        with naming(path), open(os.open(path, os.O_RDONLY | _NO_LINK | _BINARY), "rb", buffering=0) as file:
            return file.read()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP):
            return None
        raise


def discard(state: Path) -> None:
    """Take away what was prepared for a change that no journal names."""
    shutil.rmtree(state / STAGED, ignore_errors=True)
    with suppress(OSError):
        os.unlink(state / _PART)


def write_journal(state: Path, steps: list[Step]) -> None:
    """Put the journal in place: from here on the change will happen."""
    data = {"format": 1, "steps": [_row(step) for step in steps]}
    write_synced(state / _PART, json.dumps(data).encode())
    os.replace(state / _PART, state / JOURNAL)
    sync_folder(state)


def _row(step: Step) -> list[object]:
    row: list[object] = [step.path, step.before, step.after, dict(step.bases), step.staged]
    return [*row, step.stays] if step.stays else row


def read_journal(path: Path) -> list[Step]:
    """Return the steps of a journal, or raise `IntegrityError` for one that is damaged."""
    try:
        fields = Fields(json.loads(path.read_bytes()), "journal", IntegrityError)
        rows = fields.raw("steps")
        steps = [_read_step(row) for row in rows] if isinstance(rows, list) else None
    except (ValueError, KeyError, RecursionError):
        steps = None
    if steps is None:
        raise IntegrityError(f"{path} is damaged", hint="delete it and run agentpkg sync; compare with version control")
    return steps


def _read_step(row: object) -> Step:
    match row:
        case [*five, str(stays)] if len(five) == _ROW:
            return replace(_read_step(five), stays=stays)
        case [str(path), None | str() as before, None | str() as after, {**bases}, str(staged)] if (
            path and staged.isdigit() and all(isinstance(one, str) for pair in bases.items() for one in pair)
        ):
            rests = {str(one): str(base) for one, base in bases.items()}
            return Step(path=path, before=before, after=after, bases=rests, staged=staged)
    raise ValueError("a step is a path, two digests, those that it rests on, a number, and perhaps a folder")
