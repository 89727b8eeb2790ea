"""What the bundles of a registry say of themselves, kept beside its mirror: what has not changed is not read again.

Each line is bound to git's id of its bundle's folder, in which all versions are and what was yanked of them; where the
folder has another id, the line says nothing. So the file can be thrown away at any time, and is, with the mirror.
Nothing but `search` believes it: whatever is installed is read out of the mirror.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from agentpkg import __version__
from agentpkg.requirement import is_version
from agentpkg.trail import note
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from agentpkg.registry import Registry

FILE = "agentpkg-summaries"
_MOST_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The newest version of a bundle that may be installed, and what that says about itself.

    `yanked` says why it was taken back, where every version was; None where there is one to be had.
    """

    version: str
    description: str
    keywords: tuple[str, ...]
    yanked: str | None = None


Kept = dict[str, tuple[str, Summary | None]]


def summaries(registry: Registry) -> dict[str, Summary]:
    """Return what every bundle of a registry says of itself, sorted by name; none of one that cannot be read."""
    path = registry.mirror.path / FILE
    kept = read_summaries(path) or {}
    there = {name: tree for name, tree in registry.folders.items() if kept.get(name, ("", None))[0] == tree}
    changed = registry.folders.keys() - there.keys()
    note(f"registry {registry.name}: {len(changed)} of {len(registry.folders)} bundles have no summary yet")
    fresh = _summarise(registry, changed)
    now = {name: (tree, kept[name][1] if name in there else fresh.get(name)) for name, tree in registry.folders.items()}
    if now != kept:
        _write(path, now)
    return {name: one for name, (_, one) in now.items() if one}


def _summarise(registry: Registry, names: set[str]) -> dict[str, Summary]:
    newest = registry.newest(names)
    gone = registry.withdrawn(names - newest.keys())
    told = [*((about, None) for about in newest.values()), *gone.values()]
    return {
        about.name: Summary(
            version=about.version, description=about.description, keywords=about.keywords, yanked=yanked
        )
        for about, yanked in told
    }


def read_summaries(path: Path) -> Kept | None:
    """Return the summaries in a file by name, each with its folder's id; {} if there is none, None for a damaged one.

    What another agentpkg wrote, which may read bundles in another way, counts as none.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
    except FileNotFoundError:
        return {}
    except OSError:
        return None
    head, _, body = data.partition(b"\n")
    if head != _head(body):
        return {} if head.startswith(b"agentpkg summaries ") and not _is_ours(head) else None
    try:
        return {name: (tree, _summary(said)) for name, (tree, said) in json.loads(body).items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _summary(said: Any) -> Summary | None:
    """Return what one line says; raise `ValueError` for one that says something else."""
    if said is None:
        return None
    version, description, keywords, yanked = said
    texts = [version, description, *keywords, *([] if yanked is None else [yanked])]
    if not (all(isinstance(text, str) for text in texts) and isinstance(keywords, list) and is_version(version)):
        raise ValueError
    return Summary(version=version, description=description, keywords=tuple(keywords), yanked=yanked)


def _write(path: Path, now: Mapping[str, tuple[str, Summary | None]]) -> None:
    """Write the file. A full or read-only cache is no reason to fail."""
    said = {
        name: [tree, one and [one.version, one.description, one.keywords, one.yanked]]
        for name, (tree, one) in now.items()
    }
    body = json.dumps(said, separators=(",", ":")).encode()
    part = path.with_name(f"{path.name}.{os.getpid()}.lock")  # which the next fetch takes away, if it is left
    try:
        part.write_bytes(_head(body) + b"\n" + body)
        os.replace(part, path)
    except OSError:
        note(f"{path} cannot be written")
        with suppress(OSError):
            part.unlink()


def _head(body: bytes) -> bytes:
    return f"agentpkg summaries {__version__} {hashlib.sha256(body).hexdigest()}".encode()


def _is_ours(head: bytes) -> bool:
    return head.startswith(f"agentpkg summaries {__version__} ".encode())
