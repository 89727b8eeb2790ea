"""Run one command line of agentpkg in this process, and write down what it costs.

    python -P tests/support/counted.py REPORT ARGUMENT... [+ ARGUMENT...]...

REPORT becomes what `costs.py` reads: the modules that were imported, and every process, open file, listed folder,
change and question to the file system, in order. What Python tells of itself is taken from there, so that no other way
to the same call evades it; questions and bytes are counted where they are asked of `os`. Nothing is imported here but
what is there when Python has started, so that all that the command needs is seen. After a `+` comes another command
line, which is run in the same process and counted with the first.
"""

from __future__ import annotations

import _thread
import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

BEFORE = frozenset(sys.modules)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
FOLDER = getattr(os, "O_DIRECTORY", 0)
# Events of one path or two, with the name that the report has for them.
CHANGES = {
    "os.rename": "rename",
    "os.remove": "remove",
    "os.rmdir": "rmdir",
    "os.mkdir": "mkdir",
    "os.chmod": "chmod",
    "os.truncate": "truncate",
    "os.link": "link",
    "os.symlink": "symlink",
}
# Calls that raise no event, with the name that the report has for them.
QUESTIONS = {"stat": ("stat", "lstat", "access", "readlink"), "fstat": ("fstat",), "fsync": ("fsync", "fdatasync")}
STARTS = ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.startfile", "pty.spawn")

calls: list[tuple[str, str, int]] = []
processes: list[list[str]] = []
places: dict[int, str] = {}  # of open files and folders, by their descriptors
opening = _thread._local()  # by `os.open`, in this thread
status = os.stat


def place(path: Any, base: int | None = None) -> str:
    """Return the whole path of what a call was given: a path, one below an open folder, or something open."""
    if isinstance(path, int):
        return places.get(path, "")
    if path is None:
        return os.getcwd()
    return os.path.normpath(os.path.join(places.get(-1 if base is None else base) or os.getcwd(), os.fsdecode(path)))


def size(path: Any) -> int:
    """Return how many bytes there are to read; none where there is nothing."""
    try:
        return status(path).st_size
    except OSError:
        return 0


def hear(event: str, arguments: tuple[Any, ...]) -> None:
    """Take what Python tells of itself."""
    if event == "open":
        hear_open(*arguments)
    elif event in ("os.listdir", "os.scandir"):
        calls.append(("list", place(arguments[0]), 0))
    elif event in CHANGES:
        path = arguments[1] if event in ("os.rename", "os.link", "os.symlink") else arguments[0]
        calls.append((CHANGES[event], place(path, arguments[-1] if isinstance(arguments[-1], int) else None), 0))
    elif event == "subprocess.Popen":
        words = arguments[1]
        processes.append([words] if isinstance(words, str) else [os.fsdecode(word) for word in words])
    elif event in STARTS:
        words = arguments[1] if event == "os.posix_spawn" else (event, *map(str, arguments))
        started = [os.fsdecode(word) for word in words]
        if processes[-1:] != [started]:  # else it is how `subprocess` does what it has told of
            processes.append(started)


def hear_open(path: Any, mode: str | None, flags: int) -> None:
    """Take that a file or folder is opened: `mode` is None where `os.open` does it, whose reads are counted."""
    if not isinstance(path, int):
        what = "write" if flags & WRITING else "enter" if flags & FOLDER else "read"
        opening.place = place(path, getattr(opening, "base", None))
        calls.append((what, opening.place, 0))
    if mode is not None and not flags & WRITING:
        calls.append(("bytes", place(path), size(path)))


def wrap(name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Put a call in the place of one of `os`, which can all that this one can."""
    real = getattr(os, name, None)
    if real is not None:
        wrapped = make(real)
        for able in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids):
            if real in able:
                able.add(wrapped)
        setattr(os, name, wrapped)


def wrap_open(real: Callable[..., int]) -> Callable[..., int]:
    def call(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        opening.base = dir_fd
        try:
            descriptor = real(path, flags, mode, dir_fd=dir_fd)
        finally:
            opening.base = None
        places[descriptor] = opening.place
        return descriptor

    return call


def wrap_read(real: Callable[[int, int], bytes]) -> Callable[[int, int], bytes]:
    def call(descriptor: int, most: int, /) -> bytes:
        data = real(descriptor, most)
        calls.append(("bytes", place(descriptor), len(data)))
        return data

    return call


def wrap_question(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def wrapped(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *rest: Any, **options: Any) -> Any:
            calls.append((what, place(path, options.get("dir_fd")), 0))
            return real(path, *rest, **options)

        return call

    return wrapped


def report(path: str, modules: frozenset[str]) -> None:
    """Write down what was counted."""
    counted = {"modules": sorted(modules), "calls": calls[:], "processes": processes[:]}
    with open(path, "wb") as file:
        marshal.dump(counted, file)


def main() -> None:
    """Count, run the command line, and report, also where it ends the process itself."""
    path, *words = sys.argv[1:]
    leave = os._exit

    def report_and_leave(code: int) -> None:
        report(path, frozenset(sys.modules) - BEFORE)
        leave(code)

    os._exit = report_and_leave  # type: ignore[assignment]
    wrap("open", wrap_open)
    wrap("read", wrap_read)
    for name, what in (
        ("stat", "stat"),
        ("lstat", "stat"),
        ("access", "stat"),
        ("readlink", "stat"),
        ("fstat", "fstat"),
    ):
        wrap(name, wrap_question(what))
    for name in ("fsync", "fdatasync"):
        wrap(name, wrap_question("fsync"))
    sys.addaudithook(hear)
    try:
        run(words)
    finally:
        report(path, frozenset(sys.modules) - BEFORE)


def run(words: list[str]) -> None:
    """Run command line after command line; the last one ends the process."""
    from agentpkg.__main__ import main as agentpkg

    while "+" in words:
        end = words.index("+")
        sys.argv = ["agentpkg", *words[:end]]
        words = words[end + 1 :]
        try:
            agentpkg()
        except SystemExit as done:
            if done.code:
                raise
    sys.argv = ["agentpkg", *words]
    agentpkg()


if __name__ == "__main__":
    main()
