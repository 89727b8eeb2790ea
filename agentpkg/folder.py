"""Folders below a project, reached without ever following a symbolic link."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from itertools import takewhile
from pathlib import Path

from agentpkg.errors import ContentRefused
from agentpkg.journal import naming, write_synced

PART_SUFFIX = ".agentpkg-part"  # of a file that is being copied; no host reads it
ANCHORED = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")


class Folders:
    """The folders of paths below a root, reached component by component without following a symbolic link.

    What a path has in common with the one before stays open, so that of many files in a folder only the first has to
    look for it. On systems that have it, work goes through the open folder, so that nobody can swap a component in
    between; elsewhere each path is looked at from the root on.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._names: list[str] = []
        self._open: list[int] = [os.open(root, os.O_RDONLY | os.O_DIRECTORY)] if ANCHORED else []

    def __enter__(self) -> Folders:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave(0)
        while self._open:
            os.close(self._open.pop())

    def reach(self, path: str, *, create: bool) -> Folder:
        """Return the folder of a path, to be used before another is reached; with `create` it is made if need be."""
        *folders, name = path.split("/")
        if folders != self._names:
            common = takewhile(lambda pair: pair[0] == pair[1], zip(self._names, folders, strict=False))
            self._leave(len([*common]))
        place, missing = "/".join([str(self.root), *self._names]), False
        for folder in folders[len(self._names) :]:
            place = f"{place}/{folder}"
            with naming(place):
                missing = missing or not self._enter(folder, Path(place), path, create)
        return Folder(place, name, self._open[-1] if self._open else None, missing)

    def _leave(self, depth: int) -> None:
        """Close what lies deeper than `depth` folders below the root."""
        del self._names[depth:]
        while len(self._open) > depth + 1:
            os.close(self._open.pop())

    def _enter(self, name: str, place: Path, path: str, create: bool) -> bool:
        """Go one folder deeper; return False if there is none."""
        if not self._open:
            return _enter_by_path(place, path, create)
        try:
            inner = self._open_below(name)
        except FileNotFoundError:
            if not create:
                return False
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=self._open[-1])
            inner = self._open_below(name)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise _in_the_way(path, place) from None
            raise
        self._open.append(inner)
        self._names.append(name)
        return True

    def _open_below(self, name: str) -> int:
        return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=self._open[-1])


def _enter_by_path(place: Path, path: str, create: bool) -> bool:
    if place.is_symlink() or (place.exists() and not place.is_dir()):
        raise _in_the_way(path, place)
    if not place.exists():
        if not create:
            return False
        place.mkdir(exist_ok=True)
    return True


class Folder:
    """The folder of one path, as `Folders` reached it, and the name of the file in it."""

    __slots__ = ("_descriptor", "_missing", "_name", "_path", "_place", "_target")

    def __init__(self, place: str, name: str, descriptor: int | None, missing: bool) -> None:
        self._place = place
        self._name = name
        self._descriptor = descriptor
        self._missing = missing
        self._path = f"{place}/{name}"
        self._target = self._path if descriptor is None else name

    def read(self) -> bytes | None:
        """Return the file's bytes, None if there is no file."""
        if self._missing:
            return None
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with naming(self._path):
            try:
                with open(os.open(self._target, flags, dir_fd=self._descriptor), "rb", buffering=0) as file:
                    return file.read()
            except FileNotFoundError:
                return None
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.EISDIR):
                    raise _in_the_way(self._name, Path(self._path)) from None
                raise

    def mode(self) -> int | None:
        """Return the file's permissions, None if there is no file."""
        if self._missing:
            return None
        try:
            status = os.stat(self._target, dir_fd=self._descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None
        return stat.S_IMODE(status.st_mode)

    def check_writable(self) -> None:
        """Raise `PermissionError` if the folder, or the nearest one above that exists, cannot be changed."""
        place = Path(self._place)
        while not place.exists():
            place = place.parent
        if not os.access(place, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))

    def unlink(self) -> None:
        """Remove the file."""
        with naming(self._path):
            os.unlink(self._target, dir_fd=self._descriptor)

    def take(self, staged: str) -> None:
        """Move a staged file into place, over the one that is there, whose permissions it takes."""
        with suppress(OSError):
            mode = self.mode()
            if mode is not None:
                Path(staged).chmod(mode)
        with naming(self._path):
            try:
                os.replace(staged, self._target, dst_dir_fd=self._descriptor)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                self._copy(staged)

    def _copy(self, staged: str) -> None:
        """Move a file into place from another file system: whole before it bears its name, as by renaming."""
        part = Path(self._path + PART_SUFFIX)
        write_synced(part, Path(staged).read_bytes(), self._descriptor)
        name = str(part) if self._descriptor is None else part.name
        with suppress(OSError):
            os.chmod(name, stat.S_IMODE(Path(staged).stat().st_mode), dir_fd=self._descriptor)
        os.replace(name, self._target, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)

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
