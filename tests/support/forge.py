"""Commits that git's porcelain would refuse to make: of any name, any mode and any size.

They stand in the repository alone and not in its work tree, so make them last.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

from tests.support.registry import git

FOLDER = "40000"
FILE = "100644"
LINK = "120000"
SUBMODULE = "160000"
_PIECE = 1024**2


def write_object(repository: Path, kind: str, data: bytes) -> str:
    """Write an object as it stands, however wrong, and return its id."""
    whole = b"%s %d\0%s" % (kind.encode(), len(data), data)
    one = hashlib.sha1(whole).hexdigest()
    path = repository / ".git/objects" / one[:2] / one[2:]
    path.parent.mkdir(exist_ok=True)
    if not path.exists():  # git's own cannot be written
        path.write_bytes(zlib.compress(whole))
    return one


def write_tree(repository: Path, entries: Iterable[tuple[str, str, str]]) -> str:
    """Write a tree of entries (mode, name, object's id) and return its id."""
    rows = sorted(entries, key=lambda one: os.fsencode(one[1]) + (b"/" if one[0] == FOLDER else b""))
    data = b"".join(b"%s %s\0%s" % (mode.encode(), os.fsencode(name), bytes.fromhex(one)) for mode, name, one in rows)
    return write_object(repository, "tree", data)


def graft(repository: Path, path: tuple[str, ...], mode: str = FILE, data: bytes = b"x\n", one: str = "") -> None:
    """Commit an entry at `path`, in the place of the one there: a file with `data`, unless `one` is an object's id."""
    entry = (mode, path[-1], one or write_object(repository, "blob", data))
    tree = _graft(repository, git(repository, "rev-parse", "HEAD^{tree}").strip(), path[:-1], entry)
    commit = git(repository, "commit-tree", "-p", "HEAD", "-m", "graft", tree).strip()
    git(repository, "update-ref", "HEAD", commit)


def _graft(repository: Path, tree: str, folders: tuple[str, ...], entry: tuple[str, str, str]) -> str:
    lines = git(repository, "ls-tree", "-z", tree).split("\0")[:-1] if tree else []
    rows = [(line.split()[0].lstrip("0"), line.partition("\t")[2], line.split()[2]) for line in lines]
    if folders:
        below = next((one for _, name, one in rows if name == folders[0]), "")
        entry = (FOLDER, folders[0], _graft(repository, below, folders[1:], entry))
    return write_tree(repository, [*(row for row in rows if row[1] != entry[1]), entry])


def write_zeros(repository: Path, pieces: int) -> str:
    """Write a blob of so many MiB of zeros, and return its id.

    It comes in a pack of its own, whose compressed bytes are one piece repeated: git would take long to make it.
    """
    piece, size = bytes(_PIECE), pieces * _PIECE
    compressor = zlib.compressobj(9)
    start, more = (compressor.compress(piece) + compressor.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    data = start + more * (pieces - 1) + b"\x03\0" + struct.pack(">HH", size % 65521, 1)  # an empty end, and a checksum
    digest = hashlib.sha1(b"blob %d\0" % size)
    for _ in range(pieces):
        digest.update(piece)
    packed = _entry_header(size) + data
    pack = b"PACK" + struct.pack(">II", 2, 1) + packed
    pack += hashlib.sha1(pack).digest()
    fanout = [int(digest.digest()[0] <= first) for first in range(256)]
    index = (
        b"\xfftOc" + struct.pack(">I256I", 2, *fanout) + digest.digest() + struct.pack(">II", zlib.crc32(packed), 12)
    )
    index += pack[-20:]
    folder = repository / ".git/objects/pack"
    folder.mkdir(exist_ok=True)
    (folder / f"pack-{digest.hexdigest()}.pack").write_bytes(pack)
    (folder / f"pack-{digest.hexdigest()}.idx").write_bytes(index + hashlib.sha1(index).digest())
    return digest.hexdigest()


def _entry_header(size: int) -> bytes:
    """Return the bytes that tell a pack's reader that a blob of this size follows."""
    header, size = [3 << 4 | size & 15], size >> 4
    while size:
        header[-1] |= 0x80
        header.append(size & 127)
        size >>= 7
    return bytes(header)
