"""How large a bundle may be: what is larger is refused before it is read."""

from __future__ import annotations

from agentpkg.values import dataclass

MOST_FILES = 500
# What a manifest can raise the limits to: all that is read of a bundle stays in memory.
MOST_FILE_BYTES = 4 * 1024 * 1024
MOST_BUNDLE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most bytes that one file of a bundle may have, and all of its files together."""

    file_bytes: int = 256 * 1024
    bundle_bytes: int = 1024 * 1024


LIMITS = Limits()
