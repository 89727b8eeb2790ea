"""One folder below a project, reached without ever following a symbolic link."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused
from agentpkg.journal import naming, write_synced

if TYPE_CHECKING:
    from pathlib import Path

PART_SUFFIX = ".agentpkg-part"  # of a file that is being copied; no host reads it
ANCHORED = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")


class Folder:
    """The folder of one path below a root, reached component by component without following a symbolic link.

    On systems that have it, work goes through the open folder, so that nobody can swap a component in between.
    """

    def __init__(self, root: Path, path: str, *, create: bool) -> None:
        *folders, self._name = path.split("/")
        self._place = root
        self._descriptor: int | None = os.open(root, os.O_RDONLY | os.O_DIRECTORY) if ANCHORED else None
        self._missing = False
        try:
            for folder in folders:
                if not self._missing:
                    with naming(self._place / folder):
                        self._enter(folder, path, create)
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> Folder:
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
        return self._name if self._descriptor is not None else str(self._path)

    @property
    def _path(self) -> Path:
        return self._place / self._name

    def read(self) -> bytes | None:
        """Return the file's bytes, None if there is no file."""
        if self._missing:
            return None
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        try:
            with naming(self._path), open(os.open(self._target, flags, dir_fd=self._descriptor), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EISDIR):
                raise _in_the_way(self._name, self._path) from None
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
        place = self._place
        while not place.exists():
            place = place.parent
        if not os.access(place, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))

    def unlink(self) -> None:
        """Remove the file."""
        with naming(self._path):
            os.unlink(self._target, dir_fd=self._descriptor)

    def take(self, staged: Path) -> None:
        """Move a staged file into place, over the one that is there, whose permissions it takes."""
        with suppress(OSError):
            mode = self.mode()
            if mode is not None:
                staged.chmod(mode)
        with naming(self._path):
            try:
                os.replace(staged, self._target, dst_dir_fd=self._descriptor)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                self._copy(staged)

    def _copy(self, staged: Path) -> None:
        """Move a file into place from another file system: whole before it bears its name, as by renaming."""
        part = self._path.with_name(self._name + PART_SUFFIX)
        write_synced(part, staged.read_bytes(), self._descriptor)
        name = str(part) if self._descriptor is None else part.name
        with suppress(OSError):
            os.chmod(name, stat.S_IMODE(staged.stat().st_mode), dir_fd=self._descriptor)
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
