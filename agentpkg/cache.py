"""The cache: what this machine keeps so that it need not be fetched or rendered again. All of it can be had anew."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.git import GitFailed, run
from agentpkg.remote import mirror_lock, throw_away
from agentpkg.store import RenderingStore, cache_folder, state_folder
from agentpkg.summaries import FILE, read_summaries
from agentpkg.trail import counted
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheInfo:
    """The folders of cache and state, and how much lies in the cache: bytes by mirror, renderings and their bytes."""

    folder: Path
    state: Path
    mirrors: dict[str, int]
    renderings: int
    rendering_bytes: int


def inspect_cache() -> CacheInfo:
    """Return what lies in the cache."""
    folder = cache_folder()
    return CacheInfo(
        folder=folder,
        state=state_folder(),
        mirrors={path.name: sum(_files(path).values()) for path in _mirrors(folder)},
        renderings=sum(RenderingStore(folder / "renderings").files().values()),
        rendering_bytes=sum(_files(folder / "renderings").values()),
    )


def _mirrors(folder: Path) -> list[Path]:
    return sorted((folder / "registries").glob("*.git"))


def _files(folder: Path) -> dict[Path, int]:
    """Return the files below a folder and their sizes, but for those that somebody takes away meanwhile."""
    files = {}
    for place, _, names in os.walk(folder):
        for path in (Path(place) / name for name in names):
            with suppress(FileNotFoundError):
                files[path] = path.stat().st_size
    return files


def clean_cache() -> CacheInfo:
    """Throw the cache away and return what lay in it. What was seen of registries, in the state folder, stays."""
    info = inspect_cache()
    folder = info.folder / "registries"
    left = (*(path.with_suffix(".git") for path in folder.glob("*.gone")), *folder.glob("*.whole"))  # by runs cut short
    for path in sorted({*_mirrors(info.folder), *left}):
        with mirror_lock(path):
            throw_away(path)
    shutil.rmtree(info.folder / "renderings", ignore_errors=True)
    return info


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheCheck:
    """How many mirrors and renderings were read, and those that were damaged and taken away."""

    mirrors: int
    renderings: int
    damaged: tuple[str, ...]


def verify_cache() -> CacheCheck:
    """Read everything in the cache, and take away what is damaged; the next run that needs it has it anew.

    A mirror goes as a whole, and so does a file of renderings, be one of them damaged or all.
    """
    folder = cache_folder()
    damaged = []
    mirrors = _mirrors(folder)
    for path in counted(mirrors, "reading mirrors"):
        with mirror_lock(path):
            if path.exists() and not _is_sound(path):
                throw_away(path)
                damaged.append(path.name)
            if read_summaries(path / FILE) is None:
                (path / FILE).unlink(missing_ok=True)
                damaged.append(_shown_summaries(path))
    store = RenderingStore(folder / "renderings")
    renderings = store.files()
    for path in _bad_renderings(store, renderings):
        path.unlink(missing_ok=True)
        damaged.append(_shown(path))
    return CacheCheck(mirrors=len(mirrors), renderings=sum(renderings.values()), damaged=tuple(damaged))


def find_damage() -> tuple[str, ...]:
    """Return what `verify_cache` would take away, and leave it; no lock is taken, so that nothing is written."""
    folder = cache_folder()
    paths = _mirrors(folder)
    mirrors = [path.name for path in paths if not _is_sound(path)]
    told = [_shown_summaries(path) for path in paths if read_summaries(path / FILE) is None]
    store = RenderingStore(folder / "renderings")
    return (*mirrors, *told, *(_shown(path) for path in _bad_renderings(store, store.files())))


def _bad_renderings(store: RenderingStore, files: Iterable[Path]) -> list[Path]:
    return [path for path in sorted(files) if not store.is_sound(path)]


def _shown(path: Path) -> str:
    return f"renderings/{path.parent.name}{path.name}"[:27]


def _shown_summaries(path: Path) -> str:
    return f"{path.name}/{FILE}"


def _is_sound(path: Path) -> bool:
    """Say whether git can read all that a mirror holds. What a filtered one does not hold is no damage."""
    promised = {"remote.origin.promisor": "true", "remote.origin.url": ""} if any(path.rglob("*.promisor")) else None
    try:
        run(path, "fsck", "--no-progress", "--no-dangling", bare=True, settings=promised)
    except GitFailed:
        return False
    return True
