"""An author's own files: bundle folders that are made, and agent files that are rewritten, whole or not at all."""

from __future__ import annotations

import os
import posixpath
import shutil
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused, EditConflict
from agentpkg.files import NOT_OURS
from agentpkg.journal import naming, sync_folder, write_synced
from agentpkg.limits import LIMITS
from agentpkg.project import read_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PART = ".agentpkg-part"
_MOST_FILES = 50_000


def files_below(folder: Path) -> tuple[str, ...]:
    """Return the paths of all plain files below a folder, sorted. No link is followed, and `.git` is left out."""
    found: list[str] = []
    for place, inner, names in os.walk(folder, followlinks=False):
        inner[:] = sorted(name for name in inner if name not in NOT_OURS)
        below = Path(place).relative_to(folder)
        found += [(below / name).as_posix() for name in names if not (Path(place) / name).is_symlink()]
        if len(found) > _MOST_FILES:
            raise ContentRefused(
                f"{folder} holds more than {_MOST_FILES:,} files", hint="name the folder that holds the agents"
            )
    return tuple(sorted(found))


def read_file(path: Path) -> bytes:
    """Return a file's bytes; raise `ContentRefused` if it is no plain file, or too large for a bundle."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ContentRefused(f"{path} is no plain file", hint="name a file that holds text")
    if status.st_size > LIMITS.file_bytes:
        raise ContentRefused(f"{path} is larger than {LIMITS.file_bytes:,} bytes", hint="no agent is that large")
    return path.read_bytes()


def read_beside(base: Path, source: str, cited: str, top: str | None = None) -> bytes | None:
    """Return the file in which the prompt of the agent file `source` stands, as that cites it from its own folder.

    Both are below `base`. It is read below `top` only: by default the dot folder that holds the source (a host's own),
    else the source's folder; and through no link. None where it may not be read, or is not there.
    """
    folder = source.rpartition("/")[0]
    parts = source.split("/")[:-1]
    dotted = next((number for number, part in enumerate(parts) if part.startswith(".")), None)
    within = top if top is not None else "/".join(parts[: dotted + 1]) if dotted is not None else folder
    path = posixpath.normpath(posixpath.join(folder, cited))
    if path.startswith(("/", "../")) or not path.startswith(f"{within}/" if within else ""):
        return None
    found = read_files(base, [path]).get(path)
    return found.content if found and not found.odd else None


def is_there(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Say whether a folder holds just these files; raise `EditConflict` if it holds anything else."""
    if not (folder.is_symlink() or folder.exists()):
        return False
    if not _holds(folder, files):
        raise EditConflict(
            f"{folder} is there already, and was not written over", hint="name another folder, or move it away"
        )
    return True


def write_new(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Make a folder that holds `files`, by their paths in it, and return True; False if it is there just so.

    Whatever else is there raises `EditConflict`, and keeps every byte. A run that is cut short leaves no such folder.
    """
    if is_there(folder, files):
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=_PART, dir=folder.parent))
    try:
        part.chmod(0o777 & ~_umask())
        for path, data in files.items():
            (part / path).parent.mkdir(parents=True, exist_ok=True)
            write_synced(part / path, data)
        for place, _, _ in os.walk(part):
            sync_folder(Path(place))
        with naming(folder):
            part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    sync_folder(folder.parent)
    return True


def add_files(folder: Path, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Write files below a folder, and return the paths of those that were not there yet, just so.

    Raises `EditConflict` if something else stands where one would go, and `ContentRefused` for a link on the way to it:
    nothing is written then.
    """
    taken = []
    for path, data in files.items():
        place = folder / path
        links = [one for one in (place, *place.parents) if one.is_relative_to(folder) and one.is_symlink()]
        if links and links[0] != folder:
            raise ContentRefused(
                f"{links[0]} is a symbolic link, and {path} would be written through it",
                hint="put a folder there, or name another place",
            )
        if place.exists() and not (place.is_file() and place.read_bytes() == data):
            taken.append(str(place))
    if taken:
        raise EditConflict(
            "something else stands where files would be written; nothing was",
            details=taken,
            hint="name another folder, or move it away",
        )
    new = {path: data for path, data in files.items() if not (folder / path).exists()}
    for path, data in new.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        with _staged(place, data, 0o666 & ~_umask()) as part:
            try:
                _put(part, place)
            except FileExistsError:
                raise EditConflict(
                    f"{place} appeared meanwhile, and was not written over",
                    hint="look at it, then run the command again",
                ) from None
        sync_folder(place.parent)
    return tuple(new)


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` in the place of what a file holds; its permissions stay. A symbolic link is refused, not followed."""
    mode = path.lstat().st_mode
    if not stat.S_ISREG(mode):
        raise ContentRefused(f"{path} is no plain file", hint="rewrite the file itself")
    with _staged(path, data, stat.S_IMODE(mode)) as part, naming(path):
        part.replace(path)
    sync_folder(path.parent)


@contextmanager
def _staged(place: Path, data: bytes, mode: int) -> Iterator[Path]:
    """Give a file beside `place`, whole and on the disk, under a name that nobody has; it is gone in the end."""
    handle, name = tempfile.mkstemp(prefix=f".{place.name}.", suffix=_PART, dir=place.parent)
    os.close(handle)
    part = Path(name)
    try:
        write_synced(part, data)
        part.chmod(mode)
        yield part
    finally:
        part.unlink(missing_ok=True)


def _put(part: Path, place: Path) -> None:
    """Give a file its name; raise `FileExistsError` if there is one of that name by now."""
    try:
        os.link(part, place)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if place.exists():
            raise FileExistsError(place) from None
        part.rename(place)


def _holds(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Say whether a folder holds these files and no others."""
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return there.keys() == files.keys() and all(there[path].read_bytes() == data for path, data in files.items())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
