"""The objects of a repository of ours, read through one git process that goes on as long as somebody reads.

Many are asked for at a time, before the first answer is read: git looks for the next one while we take what it found.
"""

from __future__ import annotations

import hashlib
import re
import weakref
from typing import TYPE_CHECKING, Any, TypeVar

from agentpkg.errors import ContentRefused, IntegrityError
from agentpkg.git import check_works, end, start
from agentpkg.text import escape
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

T = TypeVar("T")
_OBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:+-]*\Z")
_HEADER = re.compile(rb"([0-9a-f]{40}) (blob|tree|commit|tag) ([0-9]{1,18})\n\Z")
_TOGETHER = 4_000  # bytes of names: they fit into the smallest pipe, so that git and we never wait for each other
_PIECE = 1024 * 1024


class Damaged(IntegrityError):
    """A mirror of ours holds less than it should. It can be fetched again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """One object: its id, its kind (`blob`, `tree`, …), and its bytes; None for one that is too large to be held."""

    id: str
    kind: str
    size: int
    data: bytes | None


class Reader:
    """The `cat-file` processes that read the objects of a repository of ours, each started when it is first needed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._processes: dict[str, Any] = {}
        self._proved = False
        weakref.finalize(self, _end_all, self._processes)  # before the pipes go, where all are garbage together

    def read(self, object_name: str, most: int, called: str = "") -> tuple[str, bytes] | None:
        """Return type and bytes of an object (`<commit>:<path>` or an id), None if there is no such object.

        `called` is its name in messages. Raises `ContentRefused` for one that is larger than `most` bytes, without
        holding it in memory, and `Damaged` for one that cannot be read.
        """
        if not _OBJECT.match(object_name):
            raise ContentRefused(
                f"{escape(object_name)!r} is not a name that may be looked up", hint="name a branch, a tag or a commit"
            )
        found = self.read_many([object_name], most)[object_name]
        if found and found.data is None:
            raise ContentRefused(
                f"{called or object_name} has {found.size:,} bytes, {most:,} are allowed",
                hint="a registry of bundles may be allowed more: max_file_bytes in [registries.NAME]",
            )
        return (found.kind, found.data) if found and found.data is not None else None

    def read_many(self, names: Iterable[str], most: int) -> dict[str, Object | None]:
        """Return many objects by their names, None for what is not there; what is larger than `most` without its bytes.

        Raises `Damaged` for one that cannot be read.
        """
        return self._ask("--batch", names, lambda name, stream: self._take(name, stream, most))

    def missing(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return those of many names or ids of which there is no object; none is read."""
        there = self._ask("--batch-check", names, lambda _, stream: bool(_HEADER.match(stream.readline())))
        return tuple(name for name, found in there.items() if not found)

    def _ask(self, question: str, names: Iterable[str], take: Callable[[str, Any], T]) -> dict[str, T]:
        """Return what `take` makes of git's answer about each object. What was asked and not answered ends with git."""
        answers: dict[str, T] = {}
        try:
            for part in _parts(names):
                if question not in self._processes:
                    self._processes[question] = start(self._path, "cat-file", question)
                process = self._processes[question]
                self._write(process.stdin, part)
                answers.update((name, take(name, process.stdout)) for name in part)
        except BaseException:
            if question in self._processes:
                end(self._processes.pop(question))
            raise
        return answers

    def _write(self, stream: Any, names: list[str]) -> None:
        try:
            stream.write("".join(f"{name}\n" for name in names).encode())
            stream.flush()
        except OSError:  # git has died
            self._check_answered(well=False)
            raise damaged(self._path, names[0]) from None

    def _check_answered(self, *, well: bool) -> None:
        """Raise `UsageError` for a first answer that is none of git's, unless it is git all the same."""
        if not self._proved:
            check_works(answered=well)
            self._proved = True

    def _take(self, name: str, stream: Any, most: int) -> Object | None:
        line = stream.readline()
        header, gone = _HEADER.match(line), line.endswith(b" missing\n")
        self._check_answered(well=bool(header) or gone)
        if gone:
            return None
        if header is None:
            raise damaged(self._path, name)
        found, kind, size = header[1].decode(), header[2].decode(), int(header[3])
        if size > most:
            left = size + 1
            while left and (piece := stream.read(min(left, _PIECE))):
                left -= len(piece)
            return Object(id=found, kind=kind, size=size, data=None)
        data = stream.read(size + 1)[:size]
        if len(data) != size or object_id(kind, data) != found:
            raise damaged(self._path, name)
        return Object(id=found, kind=kind, size=size, data=data)


def _end_all(processes: dict[str, Any]) -> None:
    while processes:
        end(processes.popitem()[1])


def _parts(names: Iterable[str]) -> Iterator[list[str]]:
    """Return the names in parts that may be asked for together."""
    part: list[str] = []
    length = 0
    for name in dict.fromkeys(names):
        if part and length + len(name) + 1 > _TOGETHER:
            yield part
            part, length = [], 0
        part.append(name)
        length += len(name) + 1
    if part:
        yield part


def object_id(kind: str, data: bytes) -> str:
    """Return git's id of an object: git itself does not look whether what it reads is what it was asked for."""
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()


def damaged(path: Path, object_name: str) -> Damaged:
    """Return the error for an object of a mirror that is not there any more, or is not what it was."""
    return Damaged(
        f"the mirror {path.name} is damaged: {object_name} cannot be read",
        hint="agentpkg cache verify takes damaged mirrors away, and the next run fetches them again",
    )
