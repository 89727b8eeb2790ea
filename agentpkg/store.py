"""The cache, and in it the store of renderings: bytes that agentpkg wrote at some time, by their digest, in the cache.

It makes two things possible that need old bytes: merging an edit with a newer rendering, and telling an older
rendering from an edit. Losing it loses neither; an edit then waits for a person instead of being merged.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.trail import note

if TYPE_CHECKING:
    from collections.abc import Iterable


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
    """Bytes by the SHA-256 of their text with LF line endings, each a file below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest[2:]

    def get(self, digest: str) -> bytes | None:
        """Return the bytes with this digest, None if they are not here or no longer what they were."""
        try:
            content = self._path(digest).read_bytes()
        except OSError:
            note(f"rendering {digest[:12]} is not in the cache")
            return None
        note(f"rendering {digest[:12]} is in the cache")
        return content if hashlib.sha256(content).hexdigest() == digest else None

    def put(self, contents: Iterable[tuple[str, bytes]]) -> None:
        """Store bytes under their digests. A full or read-only cache is no reason to fail."""
        with suppress(OSError):
            for digest, content in contents:
                path = self._path(digest)
                if not path.exists():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    part = path.with_name(f"{path.name}.{os.getpid()}")
                    part.write_bytes(content)
                    os.replace(part, path)
