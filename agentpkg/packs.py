"""Packs: many renderings in one file, since it is the making of files that takes time.

A pack begins with its head: how many renderings are in it, and by their digests, sorted, where the bytes of each lie,
so that one is found without a look at the others. Its name is the digest of its head. It never changes; small ones are
put together into a larger one, after which they go, so that there are few of them however much has come together.
"""

from __future__ import annotations

import hashlib
import os
from bisect import bisect_left
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING

from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NUMBER = Struct(">Q")
_ROW = Struct(">64sQQ")  # the digest in hexadecimal, the first byte in the file, how many
_TIMES = 3  # that packs are listed before a run gives up that others keep overtaking


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The head of a pack, and how many bytes the file has. What it says of the renderings may be wrong in any way."""

    path: str
    size: int
    head: bytes

    @property
    def count(self) -> int:
        """How many renderings are in it."""
        return len(self.head) // _ROW.size

    def holds(self, digest: str) -> bool:
        """Say whether a rendering is in it, as far as its head goes."""
        return self._find(digest.encode()) is not None

    def read(self, digest: str) -> bytes:
        """Return what stands in the place of a rendering that it holds; raise `OSError` if the file is gone."""
        with open(self.path, "rb") as file:
            _, start, size = self._row(self._find(digest.encode()) or 0)
            file.seek(min(start, self.size))
            return file.read(min(size, self.size))

    def read_all(self) -> dict[str, bytes]:
        """Return the renderings in it that are what they were; raise `OSError` if the file is gone."""
        whole = Path(self.path).read_bytes()
        rows = [self._row(row) for row in range(self.count)]
        contents = {digest: whole[start : start + size] for digest, start, size in rows}
        return {digest.decode(): one for digest, one in contents.items() if digest == digest_of(one).encode()}

    def is_sound(self) -> bool:
        """Say whether it is what it was, to the last rendering."""
        return Path(self.path).name == digest_of(self.head) and len(self.read_all()) == self.count > 0

    def _row(self, row: int) -> tuple[bytes, int, int]:
        digest, start, size = _ROW.unpack_from(self.head, _NUMBER.size + row * _ROW.size)
        return digest, start, size

    def _find(self, digest: bytes) -> int | None:
        row = bisect_left(range(self.count), digest, key=lambda row: self._row(row)[0])
        return row if row < self.count and self._row(row)[0] == digest else None


def open_pack(path: str) -> Pack | None:
    """Return the pack in a file, None if it is no pack; raise `FileNotFoundError` if it is gone."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            number = file.read(_NUMBER.size)
            if size < _NUMBER.size or (rows := _NUMBER.unpack(number)[0] * _ROW.size) > size:
                return None
            head = number + file.read(rows)
    except FileNotFoundError:
        raise
    except OSError:
        return None
    return Pack(path=path, size=size, head=head) if len(head) == _NUMBER.size + rows else None


def open_packs(folder: Path) -> tuple[Pack, ...]:
    """Return all packs in a folder; they are listed anew if one goes before it is opened, merged by another run."""
    for _ in range(_TIMES):
        try:
            paths = [entry.path for entry in os.scandir(folder) if "." not in entry.name]
        except OSError:
            break
        with suppress(FileNotFoundError):
            return tuple(pack for pack in map(open_pack, paths) if pack)
    return ()


def find(folder: Path, packs: Iterable[Pack], digest: str) -> bytes | None:
    """Return what stands in the place of a rendering in one of `packs`, or in one of those that came after them."""
    for _ in range(_TIMES):
        pack = next((one for one in packs if one.holds(digest)), None)
        if pack is None:
            break
        with suppress(OSError):
            return pack.read(digest)
        packs = open_packs(folder)
    return None


def add_pack(folder: Path, contents: Mapping[str, bytes], packs: Iterable[Pack]) -> None:
    """Write renderings as a new pack, and take into it those of `packs` that are not more than twice as large.

    So each pack is more than twice as large as the next smaller one. What was taken in goes when the new pack is there;
    renderings that were damaged are not taken along. Two runs that do this at the same time lose nothing: a pack goes
    only if all of it stands in another, and is not itself what the same renderings make. Raises `OSError`.
    """
    merged, old = dict(contents), []
    size = sum(_ROW.size + len(content) for content in contents.values())
    for pack in sorted(packs, key=lambda one: one.size):
        if pack.size > 2 * size:
            break
        with suppress(OSError):  # gone, and in a pack that another run has made
            merged |= pack.read_all()
            size += pack.size
            old.append(pack.path)
    new = _write_pack(folder, dict(sorted(merged.items())))
    for path in old:
        if path != new:
            with suppress(OSError):
                os.unlink(path)


def _write_pack(folder: Path, contents: Mapping[str, bytes]) -> str:
    sizes = [len(content) for content in contents.values()]
    starts = accumulate(sizes, initial=_NUMBER.size + len(sizes) * _ROW.size)
    rows = [_ROW.pack(digest.encode(), *span) for digest, *span in zip(contents, starts, sizes, strict=False)]
    head = b"".join([_NUMBER.pack(len(rows)), *rows])
    path = f"{folder}/{digest_of(head)}"
    write(path, head, *contents.values())
    return path


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def write(path: str, *pieces: bytes) -> None:
    """Write a file that is whole before it bears its name."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    part = f"{path}.{os.getpid()}"
    with open(part, "wb") as file:
        file.writelines(pieces)
    os.replace(part, path)
