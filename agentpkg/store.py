"""The cache, and in it the store of renderings: bytes that agentpkg wrote at some time, by their digest.

It makes two things possible that need old bytes: merging an edit with a newer rendering, and telling an older
rendering from an edit. Losing it loses neither; an edit then waits for a person instead of being merged.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.packs import add_pack, digest_of, find, open_pack, open_packs, write
from agentpkg.trail import note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentpkg.packs import Pack

_PACKS = "packs"
_MANY = 16  # from so many on renderings that come together become a pack


def cache_folder() -> Path:
    """Return the folder for everything that can be had again: `AGENTPKG_CACHE_DIR`, or the system's cache folder."""
    given = os.environ.get("AGENTPKG_CACHE_DIR")
    if given:
        return Path(given).absolute()  # git runs in other folders
    import platformdirs

    return Path(platformdirs.user_cache_dir("agentpkg", appauthor=False)).absolute()


def state_folder() -> Path:
    """Return the folder for what must outlive the cache: `AGENTPKG_STATE_DIR`, or the system's folder for state."""
    given = os.environ.get("AGENTPKG_STATE_DIR")
    if given:
        return Path(given).absolute()
    import platformdirs

    return Path(platformdirs.user_state_dir("agentpkg", appauthor=False)).absolute()


class RenderingStore:
    """Bytes by their SHA-256, below `folder`; they are renderings, so that their lines end with LF.

    A few that come together are a file each, many are one file (see `agentpkg.packs`).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, digest: str) -> str:
        return f"{self._folder}/{digest[:2]}/{digest[2:]}"

    @cached_property
    def _packs(self) -> tuple[Pack, ...]:
        return open_packs(self._folder / _PACKS)

    def get(self, digest: str) -> bytes | None:
        """Return the bytes with this digest, None if they are not here or no longer what they were."""
        content = _read(self._path(digest))
        if content is None:
            content = find(self._folder / _PACKS, self._packs, digest)
        note(f"rendering {digest[:12]} is {'not ' if content is None else ''}in the cache")
        return content if content is not None and digest_of(content) == digest else None

    def put(self, contents: Iterable[tuple[str, bytes]]) -> None:
        """Store bytes under their digests. A full or read-only cache is no reason to fail."""
        with suppress(OSError):
            unpacked = {digest: one for digest, one in contents if not any(pack.holds(digest) for pack in self._packs)}
            new = {digest: one for digest, one in unpacked.items() if not os.path.lexists(self._path(digest))}
            if len(new) < _MANY:
                for digest, content in new.items():
                    write(self._path(digest), content)
            else:
                add_pack(self._folder / _PACKS, new, self._packs)
                del self._packs

    def files(self) -> dict[Path, int]:
        """Return every file of the store, and how many renderings are in it."""
        found = [Path(place) / name for place, _, names in os.walk(self._folder) for name in names]
        return {path: _count(path) for path in found}

    def is_sound(self, path: Path) -> bool:
        """Say whether everything in a file of the store is what it was. That is so of one that is gone meanwhile."""
        try:
            if path.parent.name != _PACKS:
                return digest_of(path.read_bytes()) == path.parent.name + path.name
            pack = open_pack(str(path))
            return pack is not None and pack.is_sound()
        except FileNotFoundError:  # packs go when they are merged
            return True
        except OSError:
            return False


def _count(path: Path) -> int:
    """Return how many renderings are in a file of the store."""
    if path.parent.name != _PACKS:
        return 1
    with suppress(FileNotFoundError):
        pack = open_pack(str(path))
        return pack.count if pack else 0
    return 0


def _read(file: str) -> bytes | None:
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError:
        return None
