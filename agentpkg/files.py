"""Files below a project: how their paths are written, and what tells two of them apart."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

CONFLICT_SUFFIX = ".agentpkg-new"  # of the file that holds a newer rendering, beside the one with an edit in it
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


def is_inside(path: str) -> bool:
    """Say whether `path` names a file below a project on every system: relative, no `..`, no drive, no backslash."""
    plain = path.isascii() and path.isprintable() and "\\" not in path and ":" not in path
    return plain and _ODD_PARTS.isdisjoint(path.split("/"))


def is_entry(path: str) -> bool:
    """Say whether `path` stands for an entry of a file that is shared with others, as `FILE#NAME`."""
    return "#" in path and not path.endswith(CONFLICT_SUFFIX)
