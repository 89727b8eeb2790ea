"""The project on disk, read: where it is, its manifest and lock, and the files that agentpkg looks after.

Everything that writes into a project is in `agentpkg.apply`.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg import STATE, lockfile, manifest
from agentpkg.errors import SEE_RIGHTS, ContentRefused, DiskError, IntegrityError, UsageError
from agentpkg.files import DiskFile, file_digest, fold, is_entry
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_BYTES = 4 * 1024 * 1024
_MOST_FOLDERS = 16  # that lie in each other, below the folder of a bundle
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_TO_READ = os.O_RDONLY | _NO_LINK | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A folder that receives variants: a repository, or the user's home with `user`.

    `manifest`, `lock` and `state` are paths below `root`, as those of variants are. `state` is the folder for what
    only this machine needs: the lock that keeps two runs apart, staged files, the journal.
    """

    root: Path
    user: bool
    manifest: str
    lock: str
    state: str

    @property
    def home(self) -> Path:
        """The folder that the manifest lies in, from which paths of bundles are seen."""
        return (self.root / self.manifest).parent

    @property
    def asked(self) -> tuple[str, str]:
        """The paths of the two files that say what there should be."""
        return self.manifest, self.lock

    @property
    def has_manifest(self) -> bool:
        """Whether there is a manifest yet."""
        return (self.root / self.manifest).is_file()

    @property
    def interrupted(self) -> bool:
        """Whether an earlier run was cut short after its commit point and waits to be finished."""
        return (self.root / self.state / "journal.json").exists()

    def read_manifest(self) -> str:
        """Return the manifest's text, or raise `UsageError` if there is none."""
        try:
            text = (self.root / self.manifest).read_bytes().decode()
        except FileNotFoundError:
            here = " --global" if self.user else ""
            raise UsageError(
                f"there is no {manifest.FILE_NAME} in {(self.root / self.manifest).parent}",
                hint=f"agentpkg init{here} makes one",
            ) from None
        except UnicodeDecodeError:
            raise UsageError(f"{manifest.FILE_NAME} is not UTF-8", hint="save it as UTF-8") from None
        except OSError as error:
            raise DiskError(f"cannot read {self.root / self.manifest}: {error.strerror}", hint=SEE_RIGHTS) from None
        if text.startswith("\ufeff"):
            raise UsageError(
                f"{manifest.FILE_NAME} begins with a byte order mark",
                hint="save it as UTF-8 without one; TOML has none",
            )
        return text

    def read_lock_text(self) -> str | None:
        """Return the lockfile's text, None if there is none."""
        try:
            return (self.root / self.lock).read_bytes().decode()
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            raise IntegrityError(
                f"{lockfile.FILE_NAME} is not UTF-8", hint="restore it from version control, or delete it and sync"
            ) from None
        except OSError as error:
            raise DiskError(f"cannot read {self.root / self.lock}: {error.strerror}", hint=SEE_RIGHTS) from None


def find_project(start: Path) -> Project:
    """Return the project that `start` lies in: the nearest manifest upwards, else the git repository, else `start`."""
    start = start.resolve()
    folders = [start, *start.parents]
    home = Path.home()
    for mark in (manifest.FILE_NAME, ".git"):
        for folder in folders:
            if (folder / mark).exists() and (folder != home or folder == start):
                return _project(folder)
    return _project(start)


def find_repository(start: Path) -> Path | None:
    """Return the top of the git repository that a folder lies in, None if it lies in none."""
    return next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), None)


def _project(root: Path) -> Project:
    return Project(root=root, user=False, manifest=manifest.FILE_NAME, lock=lockfile.FILE_NAME, state=STATE)


def user_project() -> Project:
    """Return the project that `--global` works on: the user's home folder, with a manifest in `~/.agentpkg`."""
    return Project(
        root=Path.home(),
        user=True,
        manifest=f"{STATE}/{manifest.FILE_NAME}",
        lock=f"{STATE}/{lockfile.FILE_NAME}",
        state=f"{STATE}/state",
    )


def read_files(root: Path, paths: Iterable[str]) -> dict[str, DiskFile]:
    """Return those of `paths` that exist below `root`. Symbolic links are never followed, and told as odd.

    A path that stands for an entry of a shared file brings that file along.
    """
    folders: dict[str, str | None] = {"": None}
    files: dict[str, DiskFile] = {}
    entries = []
    for path in paths:
        if is_entry(path):
            entries.append(path)
            continue
        folder = path.rpartition("/")[0]
        if folder not in folders:
            _look_at(root, folder, folders)
        odd = folders[folder]
        found = DiskFile(content=b"", sha256="", odd=odd) if odd else _read(root, path)
        if found:
            files[path] = found
    if entries:
        _read_entries(root, entries, files)
    return files


def _read_entries(root: Path, paths: list[str], files: dict[str, DiskFile]) -> None:
    """Add the files in which the entries stand, and those entries that are there."""
    from agentpkg.shared import read_entries

    names: dict[str, list[str]] = {}
    for path in paths:
        names.setdefault(path.partition("#")[0], []).append(path)
    for file, wanted in names.items():
        found = read_files(root, [file]).get(file)
        if found is None:
            continue
        files[file] = found
        odd, entries = found.odd, {}
        try:
            entries = {} if odd else read_entries(found.content)
        except ValueError as error:
            odd = f"{file} cannot be shared with others: {error}"
        for path in wanted:
            content = entries.get(path.partition("#")[2])
            if odd or content is not None:
                files[path] = DiskFile(content=content or b"", sha256=file_digest(content or b""), odd=odd)


def _look_at(root: Path, folder: str, folders: dict[str, str | None]) -> None:
    """Record for a folder and all above it whether it is what it should be, or why not."""
    parent = folder.rpartition("/")[0]
    if parent not in folders:
        _look_at(root, parent, folders)
    folders[folder] = folders[parent]
    if folders[parent] is None:
        try:
            mode = os.lstat(root / folder).st_mode
        except FileNotFoundError:
            return
        if stat.S_ISLNK(mode):
            folders[folder] = f"{folder} is a symbolic link"
        elif not stat.S_ISDIR(mode):
            folders[folder] = f"{folder} is not a folder"


def _read(root: Path, path: str) -> DiskFile | None:
    full = f"{root}/{path}"
    try:
        if not _NO_LINK and stat.S_ISLNK(os.lstat(full).st_mode):
            return DiskFile(content=b"", sha256="", odd=f"{path} is a symbolic link")
        descriptor = os.open(full, _TO_READ)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            return DiskFile(content=b"", sha256="", odd=f"{path} is a symbolic link")
        raise DiskError(f"cannot read {path}: {error.strerror}", hint=SEE_RIGHTS) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
            reason = "is not a file" if not stat.S_ISREG(status.st_mode) else "is far too large"
            return DiskFile(content=b"", sha256="", odd=f"{path} {reason}")
        content = os.read(descriptor, status.st_size + 1)
        while len(content) != status.st_size and (rest := os.read(descriptor, _MOST_BYTES)):
            content += rest  # it grows or shrinks while it is read
    except OSError as error:
        raise DiskError(f"cannot read {path}: {error.strerror}", hint=SEE_RIGHTS) from None
    finally:
        os.close(descriptor)
    return DiskFile(content=content, sha256=file_digest(content))


def find_alike(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """Return what stands below `root` and differs from one of `paths`, or a folder above it, in nothing but its case.

    Unicode forms count as little as case. The result is by path; every folder is listed once.
    """
    listed: dict[str, dict[str, set[str]]] = {}
    alike = {}
    for path in paths:
        folder = ""
        for name in path.split("/"):
            if folder not in listed:
                listed[folder] = _names_in(root / folder)
            others = listed[folder].get(fold(name), set()) - {name}
            if others:
                alike[path] = folder + min(others)
                break
            folder += f"{name}/"
    return alike


def _names_in(folder: Path) -> dict[str, set[str]]:
    """Return the names in a folder by what they are where case does not count; none where there is no folder."""
    names: dict[str, set[str]] = {}
    try:
        for name in os.listdir(folder):
            names.setdefault(fold(name), set()).add(name)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise DiskError(f"cannot read {folder}: {error.strerror}", hint=SEE_RIGHTS) from None
    return names


def added_files(root: Path, folders: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return the files below `folders` that are not among `known`, sorted."""
    known = set(known)
    found = []
    for folder in folders:
        for place, inner, names in os.walk(root / folder, followlinks=False):
            inner.sort()
            found += [(Path(place) / name).relative_to(root).as_posix() for name in names]
    return tuple(sorted(path for path in set(found) if path not in known))


def all_below(root: Path, folders: Iterable[str]) -> list[str]:
    """Return `folders` and all folders and files in them, by their paths below `root`; links are not followed."""
    return [
        Path(place, name).relative_to(root).as_posix()
        for folder in folders
        for place, _, names in os.walk(root / folder, followlinks=False)
        for name in ("", *names)
    ]


def why_no_folder(root: Path, path: str) -> str | None:
    """Return why `path` is no plain folder below `root`, reached without a symbolic link; None if it is one."""
    odd = why_in_the_way(root, path)
    return odd or (None if (root / path).is_dir() else f"there is no folder {path}")


def why_in_the_way(root: Path, path: str) -> str | None:
    """Return what stands where a plain folder should, at `path` below `root` or above it; None if nothing does."""
    folders: dict[str, str | None] = {"": None}
    try:
        _look_at(root, path, folders)
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    return folders[path]


def read_folder(root: Path, *, most_files: int, most_bytes: int) -> dict[str, bytes]:
    """Return all files below a folder by their path in it; raise `ContentRefused` before there is too much to read.

    Neither may there be a symbolic link. Raises `DiskError` for a folder that cannot be read.
    """
    paths: list[str] = []
    size = 0
    for place, inner, names in os.walk(root, followlinks=False, onerror=_raise):
        entries = [Path(place) / name for name in (*inner, *names)]
        links = [entry for entry in entries if entry.is_symlink()]
        if links:
            raise ContentRefused(f"{links[0]} is a symbolic link", hint="put the file itself there")
        paths += [(Path(place) / name).relative_to(root).as_posix() for name in names]
        size += sum((Path(place) / name).lstat().st_size for name in names)
        if len(paths) > most_files or size > most_bytes or len(Path(place).relative_to(root).parts) > _MOST_FOLDERS:
            raise ContentRefused(
                f"{root} holds more than a bundle may: {most_files} files, {most_bytes:,} bytes",
                hint="name the bundle's own folder, the one with bundle.toml in it",
            )
    files = read_files(root, sorted(paths))
    for path, file in files.items():
        if file.odd:
            raise ContentRefused(f"{root / path}: {file.odd}", hint="put a plain file there")
    return {path: file.content for path, file in files.items()}


def _raise(error: OSError) -> None:
    raise DiskError(f"cannot read {error.filename}: {error.strerror}", hint=SEE_RIGHTS) from None


def detect_hosts(root: Path, marks: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the hosts of which a mark (a path below `root`) is there."""
    return tuple(name for name, paths in marks.items() if any((root / path).exists() for path in paths))
