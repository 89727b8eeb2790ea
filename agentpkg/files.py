"""Files below a project: how their paths are written, and what tells two of them apart."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CONFLICT_SUFFIX = ".agentpkg-new"  # of the file that holds a newer rendering, beside the one with an edit in it
NOT_OURS = frozenset([".git", "node_modules", "__pycache__"])  # folders in which nobody keeps agents of their own
_ODD_PARTS = frozenset(["", ".", ".."])


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskFile:
    """A file as it is: its bytes and their digest with CRLF read as LF. `odd` says why it is no plain file, if so."""

    content: bytes
    sha256: str
    odd: str | None = None


def file_digest(content: bytes) -> str:
    """Return the SHA-256 of a file's bytes with CRLF read as LF, in hexadecimal."""
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n")
    return hashlib.sha256(content).hexdigest()


def content_digest(files: Mapping[str, bytes]) -> str:
    """Return the identity of a version's files, whatever the order or the transport they came in."""
    whole = hashlib.sha256()
    for path, data in sorted(files.items()):
        whole.update(f"{path}\0{len(data)}\0{hashlib.sha256(data).hexdigest()}\n".encode())
    return f"sha256:{whole.hexdigest()}"


def with_lf(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return an author's files with LF line endings, whatever git made of them here."""
    return {path: data.replace(b"\r\n", b"\n") for path, data in files.items()}


def like(before: bytes | None, content: bytes) -> bytes:
    """Return `content`, which has LF line endings, with those that the file had before.

    Where it had both kinds, each line that stays keeps its own, and a new one gets the kind that most lines have.
    """
    crlf = before.count(b"\r\n") if before else 0
    if not before or not crlf:
        return content
    if crlf == before.count(b"\n"):
        return content.replace(b"\n", b"\r\n")
    from difflib import SequenceMatcher

    *old, _ = before.split(b"\n")
    *new, last = content.split(b"\n")
    plain = [line.removesuffix(b"\r") for line in old]
    lines = [line + usual_ending(before).removesuffix(b"\n") for line in new]
    for start, place, size in SequenceMatcher(None, plain, new).get_matching_blocks():
        lines[place : place + size] = old[start : start + size]
    return b"\n".join([*lines, last])


def usual_ending(content: bytes) -> bytes:
    """Return the line ending that most lines of a file have."""
    return b"\r\n" if 2 * content.count(b"\r\n") > content.count(b"\n") else b"\n"


def is_inside(path: str) -> bool:
    """Say whether `path` names a file below a project on every system: relative, no `..`, no drive, no backslash."""
    plain = path.isascii() and path.isprintable() and "\\" not in path and ":" not in path
    return plain and _ODD_PARTS.isdisjoint(path.split("/"))


def folders_above(path: str) -> tuple[str, ...]:
    """Return the folders that a path leads through, the nearest first, without the one that it begins in."""
    parts = path.split("/")
    return tuple("/".join(parts[:end]) for end in range(len(parts) - 1, 0, -1))


def is_entry(path: str) -> bool:
    """Say whether `path` stands for an entry of a file that is shared with others, as `FILE#NAME`."""
    return "#" in path and not path.endswith(CONFLICT_SUFFIX)


def fold(path: str) -> str:
    """Return the same text for paths that a file system may take for one: case and Unicode form do not count."""
    if path.isascii():
        return path.lower()
    from unicodedata import normalize

    return normalize("NFC", normalize("NFC", path).casefold())


def find_clash(paths: Iterable[str]) -> tuple[str, str] | None:
    """Return two of `paths` that some file system takes for one, or puts into one folder that has two names here."""
    seen: dict[str, tuple[str, str]] = {}
    for path in sorted(paths):
        parts = path.split("/")
        for end in range(1, len(parts) + 1):
            part = "/".join(parts[:end])
            there, other = seen.setdefault(fold(part), (part, path))
            if there != part:
                return other, path
    return None


def file_of(path: str) -> str:
    """Return the path of the file that `path` is, or is an entry of."""
    return path.partition("#")[0] if is_entry(path) else path
