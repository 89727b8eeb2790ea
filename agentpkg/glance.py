"""What this machine knows of newer versions without asking anybody: a glance at ledgers, and at what ships along.

It opens no registry and runs no git, so that `status` can afford it. Yanks and specifiers are not looked at: what it
finds is a reason to ask `outdated`, not an answer.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.errors import AgentpkgError
from agentpkg.ledger import ledger_path, source_key
from agentpkg.requirement import DEFAULT_REGISTRY, is_final, is_pinned, split_id
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.lockfile import Lockfile
    from agentpkg.manifest import Manifest

_MOST_BYTES = 16 * 1024 * 1024  # of a ledger; a larger one takes too long for a glance


@dataclass(frozen=True, slots=True, kw_only=True)
class Newer:
    """A bundle of which a newer version than the locked one is known here."""

    bundle: str
    version: str
    known: str


def find_newer(lock: Lockfile, manifest: Manifest, root: Path) -> tuple[Newer, ...]:
    """Return the bundles of which this machine knows a newer version, sorted; none that the manifest pins."""
    names: dict[str, dict[str, str]] = {}
    for bundle, locked in lock.bundles.items():
        registry, name = split_id(bundle)
        pinned = locked.wanted is not None and (locked.wanted.path or is_pinned(locked.wanted.specifier))
        if is_final(locked.version) and not pinned:
            names.setdefault(registry, {})[name] = bundle
    found = []
    for registry, bundles in names.items():
        known = _known(registry, bundles, manifest, root)
        found += [
            Newer(bundle=bundle, version=lock.bundles[bundle].version, known=max(versions, key=_order))
            for name, bundle in bundles.items()
            if (versions := [one for one in known.get(name, ()) if _is_newer(one, lock.bundles[bundle].version)])
        ]
    return tuple(sorted(found, key=lambda one: one.bundle))


def _known(registry: str, bundles: Mapping[str, str], manifest: Manifest, root: Path) -> dict[str, list[str]]:
    """Return the versions of these bundles that were seen in a registry, as far as that is known here."""
    source = manifest.registries.get(registry)
    if source is None:
        return {name: _shipped(name) for name in bundles} if registry == DEFAULT_REGISTRY else {}
    known: dict[str, list[str]] = {}
    with suppress(OSError, AgentpkgError):
        path = ledger_path(source_key(source, root))
        if path.stat().st_size <= _MOST_BYTES:
            names = b"|".join(re.escape(name.encode()) for name in bundles)
            for name, version in re.findall(rb"(?m)^seen (%s) (\S+) " % names, path.read_bytes()):
                known.setdefault(name.decode(), []).append(version.decode("ascii", "replace"))
    return known


def _shipped(name: str) -> list[str]:
    folder = builtin_folder() / "bundles" / name
    with suppress(OSError):
        yanked = (folder / "yanked.toml").read_text(encoding="utf-8") if (folder / "yanked.toml").exists() else ""
        return [version for version in os.listdir(folder) if f'"{version}"' not in yanked]
    return []


def builtin_folder() -> Path:
    """Return the folder of the registry that ships with agentpkg."""
    package = Path(__file__).parent
    for folder in (package / "_registry", package.parent / "registry"):
        if (folder / "registry.toml").is_file():
            return folder
    raise AgentpkgError("the registry that ships with agentpkg is missing", hint="install agentpkg again")


def _is_newer(version: str, than: str) -> bool:
    return is_final(version) and _order(version) > _order(than)


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))
