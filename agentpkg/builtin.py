"""The registry that ships with agentpkg, laid down as a mirror, so that one way of reading serves it and all others."""

from __future__ import annotations

import hashlib

from agentpkg.glance import builtin_folder
from agentpkg.manifest import BUILTIN_URL
from agentpkg.mirror import Mirror
from agentpkg.registry import Registry
from agentpkg.remote import mirror_lock, new_mirror
from agentpkg.requirement import DEFAULT_REGISTRY
from agentpkg.store import cache_folder


def open_builtin() -> Registry:
    """Return the registry that ships with agentpkg, laid down as a git repository the first time."""
    folder = builtin_folder()
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
    key = hashlib.sha256(
        b"".join(f"{path}\0".encode() + hashlib.sha256(data).digest() for path, data in files.items())
    ).hexdigest()[:24]
    mirror = Mirror(cache_folder() / "registries" / f"builtin-{key}.git")
    if mirror.head is None or mirror.damaged:
        with mirror_lock(mirror.path):
            mirror = Mirror(mirror.path)  # another process may have laid it down meanwhile
            if mirror.head is None or mirror.damaged:
                mirror = new_mirror(mirror)  # a run that was cut short may have left one
                mirror.store(files, "The registry that ships with agentpkg")
    return Registry(DEFAULT_REGISTRY, BUILTIN_URL, mirror, "")
