"""What a sync saw that had nothing to do: the index, marks of all that it looked at, in the project's state folder.

While each mark is what it was, the next sync has nothing to do either, and need not read a single file. A mark is
what the system says of a file: its number, its size, when its bytes and when anything about it changed last. The rules
are those of git's index: a file that changed so shortly before it was looked at that it may change once more without a
trace makes the index void. Nobody can bring an index along in a repository, since no checkout knows its own marks.

Nothing is imported here that a bare Python has not: on the way to "nothing to do" that would be most of the time.
"""

from __future__ import annotations

import os
import time
from stat import S_ISDIR, S_ISLNK

from agentpkg import __version__

# What a command line says then.
NOTHING_TO_DO = {("sync",): "nothing to do", ("sync", "--check"): "in sync"}
_INDEX = "index"
_PART = "index.part"
_REVISIONS = os.path.join(os.path.split(__file__)[0], "hosts", "__init__.py")  # what is rendered changes with that
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_MOST_BYTES = 64 * 1024 * 1024
_GRAIN = 2_000_000_000  # nanoseconds; FAT's, and no file system has a coarser one
_OWN_WORDS = 3  # of an index's first line, before the marks of what may be edited meanwhile
_GONE, _FOLDER, _UNKNOWN = "gone", "folder", "unknown"


def is_settled(root: str, state: str, *asked: str) -> bool:
    """Say whether all is as it was when a sync found nothing to do; False also where nobody knows.

    `asked` are the manifest and the lock, below `root` as `state` is. An index that is silent about them is none.
    """
    base = os.path.join(root, "")
    text = _read(f"{base}{state}/{_INDEX}")
    head = mark_asked(root, *asked)
    if not text.startswith(f"{head}\n") or f" {_UNKNOWN}" in head or not text.endswith(_foot(text.count("\n"))):
        return False
    for line in text.split("\n")[1:-1]:
        mark, _, path = line.partition(" ")
        if not (_is_folder(base + path) if mark == _FOLDER else _mark(base + path) == mark):
            return False
    return True


def mark_asked(root: str, *asked: str) -> str:
    """Return the first line of an index, which names what decides what there should be.

    To be taken before any of that is read, and the marks of files before these are, so that what changes meanwhile
    does not look as if it had been read.
    """
    base = os.path.join(root, "")
    return " ".join(["agentpkg", __version__, _mark(_REVISIONS), *(_mark(base + path) for path in asked)])


def mark_files(root: str, files: list[str], folders: list[str]) -> list[str]:
    """Return the other lines, for paths below `root`. Of `folders` it counts only whether they are folders."""
    base = os.path.join(root, "")
    marks = [f"{_mark(base + path)} {path}" for path in files]
    return marks + [f"{_FOLDER if _is_folder(base + path) else _mark(base + path)} {path}" for path in folders]


def can_be_noted(head: str, marks: list[str], began: int) -> bool:
    """Say whether the marks will tell of every change from now on; `began` is `time.time_ns()` before all of them."""
    known = f" {_UNKNOWN}" not in head and not any(line.startswith(_UNKNOWN) for line in marks)
    return known and _newest(head, marks) + _GRAIN < began


def note_settled(state: str, head: str, marks: list[str], began: int) -> None:
    """Write an index that `can_be_noted` into the state folder, if it can be by the file system's own clock too.

    An index is for speed only: where it cannot be written, nobody hears of it.
    """
    part = os.path.join(state, _PART)
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _NO_LINK, 0o666)
        with open(descriptor, "wb") as file:
            file.write(("\n".join([head, *marks]) + _foot(len(marks) + 1)).encode("utf-8", "surrogateescape"))
        looked = os.lstat(part).st_mtime_ns - (time.time_ns() - began)  # `began` by the clock that stamped this file
        if _newest(head, marks) + _GRAIN < looked:
            os.replace(part, os.path.join(state, _INDEX))
        else:
            os.unlink(part)
    except OSError:
        return


def _newest(head: str, marks: list[str]) -> int:
    """Return when the last of these things changed, in nanoseconds."""
    told = [*head.split(" ")[_OWN_WORDS:], *(line.partition(" ")[0] for line in marks)]
    return max((int(time) for mark in told for time in mark.split(":")[2:]), default=0)


def _foot(lines: int) -> str:
    """Return the last line, after so many others: a power cut may leave half of an index, a name may hold two lines."""
    return f"\nlines {lines}"


def _read(path: str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | _NO_LINK)
        with open(descriptor, "rb") as file:
            return (file.read(_MOST_BYTES) or b"").decode("utf-8", "surrogateescape")
    except OSError:
        return ""


def _mark(path: str) -> str:
    """Return what the system says of a file or a folder; a link is none, since it says nothing of what it leads to."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return _GONE
    except (OSError, ValueError):
        return _UNKNOWN
    if S_ISLNK(status.st_mode):
        return _UNKNOWN
    return f"{status.st_ino}:{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}"


def _is_folder(path: str) -> bool:
    try:
        return S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False
