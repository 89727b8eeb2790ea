"""System calls of a run, as strace writes them down: which of them change the disk, and on what."""

from __future__ import annotations

import re
from dataclasses import dataclass

CHANGING = (
    "write", "pwrite64", "writev", "pwritev", "fsync", "fdatasync", "ftruncate", "truncate", "fallocate",
    "chmod", "fchmod", "fchmodat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir",
    "mkdir", "mkdirat", "link", "linkat", "symlink", "symlinkat", "sendfile", "copy_file_range", "openat",
)  # fmt: skip
READING = ("openat", "read")
_OPENS = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC")
_LINE = re.compile(r"(?P<task>\d+) +(?:<\.\.\. (?P<resumed>\w+) resumed>|(?P<name>\w+)\()(?P<rest>.*)")
_ARGUMENT = re.compile(r'(?P<number>AT_FDCWD|\d+)<(?P<place>[^<>]*)>|"(?P<text>(?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: who made it, when it began and ended (as numbers of lines), and what it was given.

    `places` are the paths of open files among its arguments, `texts` the paths that are spelled out; `targets` what it
    works on, as whole paths.
    """

    task: str
    name: str
    began: int
    ended: int
    places: tuple[str, ...]
    texts: tuple[str, ...]
    targets: tuple[str, ...]
    writes: bool
    failed: bool

    @property
    def changes(self) -> bool:
        """Whether the disk is another after it."""
        return not self.failed and (self.name in CHANGING[:-1] or self.writes)

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths by which strace finds this call (`-P`): of a plain `rename` it looks at the old name only."""
        return (*(self.texts[:1] if self.name == "rename" else reversed(self.texts)), *self.places)


def parse_calls(text: str) -> list[Call]:
    """Return the calls in what `strace -f -y -s 0` wrote, in the order in which they began.

    A call that was cut short by the end of its process is among them; one that something else interrupted stands on
    two lines.
    """
    begun: dict[str, tuple[int, str, str]] = {}
    calls = []
    for number, line in enumerate(text.splitlines()):
        match = _LINE.match(line)
        if not match:
            continue
        task, rest = match["task"], match["rest"]
        if match["resumed"]:
            began, name, before = begun.pop(task)
            calls.append(_call(task, name, before + rest, began, number))
        elif rest.endswith("<unfinished ...>"):
            begun[task] = (number, match["name"], rest.removesuffix("<unfinished ...>"))
        else:
            calls.append(_call(task, match["name"], rest, number, number))
    cut = [_call(task, name, rest, began, len(text)) for task, (began, name, rest) in begun.items()]
    return sorted(calls + cut, key=lambda call: call.began)


def _call(task: str, name: str, rest: str, began: int, ended: int) -> Call:
    given, _, result = rest.rpartition(" = ")
    given = given or rest
    places: list[str] = []
    texts: list[str] = []
    targets: list[str] = []
    base = ""
    for argument in _ARGUMENT.finditer(given):
        if (place := argument["place"]) is not None:
            base = place
            if argument["number"] != "AT_FDCWD":
                places.append(place)
        elif argument["text"]:
            texts.append(argument["text"])
            targets.append(argument["text"] if argument["text"].startswith("/") else f"{base}/{argument['text']}")
    return Call(
        task=task, name=name, began=began, ended=ended, places=tuple(places), texts=tuple(texts),
        targets=tuple(targets or places), writes=any(flag in given for flag in _OPENS), failed=result.startswith("-1"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One call that strace can be aimed at: the n-th of its name on a path, within one task of the process.

    `target` is what it works on; `whose` is `main`, `thread` (of the same process) or `child`; `changes` says whether
    the disk is another after it.
    """

    name: str
    path: str
    nth: int
    target: str
    whose: str
    changes: bool

    def __str__(self) -> str:
        return f"{self.name} {self.target}" + (f" ({self.nth})" if self.nth > 1 else "")


def find_points(calls: list[Call], roots: tuple[str, ...], *, reading: str = "") -> list[Point]:
    """Return where a run can be stopped: its calls that change something below `roots`, or read below `reading`."""
    threads = {call.task for call in calls if any("/.agentpkg/staged/" in path for path in call.paths)}
    main = calls[0].task
    points = []
    for call in calls:
        path = next((path for path in call.paths if f"{path}/".startswith(roots)), None)
        reads = reading and path and path.startswith(reading) and call.name in READING and not call.failed
        if path is None or not (call.changes or reads):
            continue
        earlier = (one for one in calls if (one.task, one.name) == (call.task, call.name) and one.began <= call.began)
        points.append(
            Point(
                name=call.name, path=path, nth=sum(path in one.paths for one in earlier), target=call.targets[-1],
                whose="main" if call.task == main else "thread" if call.task in threads else "child",
                changes=call.changes,
            )
        )  # fmt: skip
    return points
