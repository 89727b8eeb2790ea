"""The cache, and in it the store of renderings: bytes that agentpkg wrote at some time, by their digest, in the cache.

It makes two things possible that need old bytes: merging an edit with a newer rendering, and telling an older
rendering from an edit. Losing it loses neither; an edit then waits for a person instead of being merged.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.trail import note

if TYPE_CHECKING:
    from collections.abc import Iterable

_PACKS = "packs"
_MANY = 16  # from so many on renderings that come together become a pack


def cache_folder() -> Path:
    """Return the folder for everything that can be had again: `AGENTPKG_CACHE_DIR`, or the system's cache folder."""
    given = os.environ.get("AGENTPKG_CACHE_DIR")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_cache_dir("agentpkg", appauthor=False))


def state_folder() -> Path:
    """Return the folder for what must outlive the cache: `AGENTPKG_STATE_DIR`, or the system's folder for state."""
    given = os.environ.get("AGENTPKG_STATE_DIR")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_state_dir("agentpkg", appauthor=False))


class RenderingStore:
    """Bytes by the SHA-256 of their text with LF line endings, below `folder`.

    A few that come together are a file each. Many are one file, a pack, since it is the making of files that takes
    time: its first line says in JSON which digests it holds, each with its size, and the bytes follow in that order.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, digest: str) -> str:
        return f"{self._folder}/{digest[:2]}/{digest[2:]}"

    @cached_property
    def _packed(self) -> dict[str, tuple[str, int, int]]:
        """Where each rendering lies that is in a pack: the file, from which byte on, and how many."""
        try:
            packs = [entry.path for entry in os.scandir(self._folder / _PACKS)]
        except OSError:
            return {}
        return {digest: (pack, *span) for pack in packs for digest, span in _spans(pack).items()}

    def get(self, digest: str) -> bytes | None:
        """Return the bytes with this digest, None if they are not here or no longer what they were."""
        content = _read(self._path(digest))
        if content is None and digest in self._packed:
            content = _read(*self._packed[digest])
        note(f"rendering {digest[:12]} is {'not ' if content is None else ''}in the cache")
        return content if content is not None and _is(content, digest) else None

    def put(self, contents: Iterable[tuple[str, bytes]]) -> None:
        """Store bytes under their digests. A full or read-only cache is no reason to fail."""
        with suppress(OSError):
            unpacked = {digest: content for digest, content in contents if digest not in self._packed}
            new = {digest: one for digest, one in unpacked.items() if not os.path.lexists(self._path(digest))}
            if len(new) < _MANY:
                for digest, content in new.items():
                    _write(Path(self._path(digest)), content)
            else:
                head = json.dumps({digest: len(content) for digest, content in new.items()}).encode() + b"\n"
                _write(self._folder / _PACKS / hashlib.sha256(head).hexdigest(), head, *new.values())

    def files(self) -> dict[Path, int]:
        """Return every file of the store, and how many renderings are in it."""
        found = [Path(place) / name for place, _, names in os.walk(self._folder) for name in names]
        return {path: len(_spans(str(path))) if path.parent.name == _PACKS else 1 for path in found}

    def is_sound(self, path: Path) -> bool:
        """Say whether everything in a file of the store is what it was."""
        spans = _spans(str(path)) if path.parent.name == _PACKS else {path.parent.name + path.name: (0, -1)}
        return bool(spans) and all(_is(_read(str(path), *span) or b"", digest) for digest, span in spans.items())


def _spans(pack: str) -> dict[str, tuple[int, int]]:
    """Return where in a pack each rendering lies: from which byte on, and how many. None do if its head is damaged."""
    try:
        with open(pack, "rb") as file:
            head = file.readline()
    except OSError:
        return {}
    if not _is(head, Path(pack).name):
        return {}
    sizes: dict[str, int] = json.loads(head)
    starts = accumulate(sizes.values(), initial=len(head))
    return {digest: (start, size) for (digest, size), start in zip(sizes.items(), starts, strict=False)}


def _is(content: bytes, digest: str) -> bool:
    return hashlib.sha256(content).hexdigest() == digest


def _read(file: str, start: int = 0, size: int = -1) -> bytes | None:
    try:
        with open(file, "rb") as opened:
            opened.seek(start)
            return opened.read(size)
    except OSError:
        return None


def _write(path: Path, *pieces: bytes) -> None:
    """Write a file that is whole before it bears its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    with open(part, "wb") as file:
        file.writelines(pieces)
    os.replace(part, path)
