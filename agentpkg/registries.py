"""All registries that a project can name: their mirrors fetched, checked, and healed.

What was fetched counts only after a check that no published version changed or vanished. The registry that ships with
agentpkg is laid down as a mirror too, so that one way of reading serves all.
"""

from __future__ import annotations

import hashlib
import shutil
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.errors import AgentpkgError, Busy, IntegrityError, UsageError
from agentpkg.git import Mirror
from agentpkg.manifest import BUILTIN_URL
from agentpkg.registry import Registry
from agentpkg.requirement import DEFAULT_REGISTRY, split_id
from agentpkg.sources import git_url
from agentpkg.store import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from agentpkg.bundle import Bundle
    from agentpkg.manifest import RegistrySource
    from agentpkg.resolve import Offer

_LOCK_SECONDS = 60


class Registries:
    """All registries that a project can name, each opened when it is first asked for. An `Index` for the resolver.

    `status` shows that something takes its time; `fresh` says to fetch before reading, `offline` never to.
    """

    def __init__(
        self,
        sources: Mapping[str, RegistrySource],
        root: Path,
        *,
        fresh: bool = True,
        offline: bool = False,
        status: Callable[[str], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._sources = sources
        self._root = root
        self._fresh = fresh
        self._offline = offline
        self._status = status
        self._open: dict[str, Registry] = {}

    def get(self, name: str) -> Registry:
        """Return the registry called `name`, fetched if need be."""
        if name not in self._open:
            if name not in self._sources and name != DEFAULT_REGISTRY:
                raise UsageError(f"there is no registry {name!r}", hint=f"add [registries.{name}] to agentpkg.toml")
            self._open[name] = self._remote(name) if name in self._sources else _builtin()
        return self._open[name]

    def all(self) -> tuple[Registry, ...]:
        """Return every registry, the default one first."""
        names = sorted({DEFAULT_REGISTRY, *self._sources}, key=lambda name: (name != DEFAULT_REGISTRY, name))
        return tuple(self.get(name) for name in names)

    def offers(self, bundle: str) -> tuple[Offer, ...]:
        """Return every version of the bundle with this id, newest first."""
        registry, name = split_id(bundle)
        return self.get(registry).offers(name)

    def load(self, bundle: str, version: str) -> Bundle:
        """Return one version of the bundle with this id."""
        registry, name = split_id(bundle)
        if not self._fresh and not self._offline and version not in self.get(registry).versions(name):
            self._fresh = True  # what was fetched before does not hold it: look again, once
            self._open.clear()
        return self.get(registry).load(name, version)

    def _remote(self, name: str) -> Registry:
        source = self._sources[name]
        url = git_url(source.url, self._root)
        key = hashlib.sha256(f"{url}\0{source.branch or ''}\0{source.subfolder}".encode()).hexdigest()[:24]
        mirror = Mirror(cache_folder() / "registries" / f"{key}.git")
        prefix = f"{source.subfolder}/" if source.subfolder else ""
        damaged = mirror.damaged
        if not self._offline and (self._fresh or damaged or mirror.head is None):
            with self._status(f"fetching registry {name}"), _locked(mirror.path):
                if damaged and Mirror(mirror.path).damaged:  # unless another process has healed it meanwhile
                    mirror = _new_mirror(mirror.path)
                _refresh(mirror, name, url, source.branch, prefix)
        return Registry(name, source.url, mirror, prefix)


def _refresh(mirror: Mirror, name: str, url: str, branch: str | None, prefix: str) -> None:
    """Fetch, and accept what came only if every version that was there is still there, unchanged."""
    old, new = mirror.head, mirror.fetch(url, branch)
    if old and old != new:
        changed = mirror.changed(old, new, f"{prefix}bundles")
        if changed is None:
            raise IntegrityError(
                f"registry {name}: its history was rewritten ({old[:12]} is no longer part of {new[:12]})",
                hint="ask whoever owns the registry; nothing was changed here",
            )
        rewritten = _rewritten(mirror, old, changed, prefix)
        if rewritten:
            raise IntegrityError(
                f"registry {name}: a published version changed or vanished",
                details=rewritten[:10],
                hint="ask whoever owns the registry; nothing was changed here",
            )
    if old != new:
        mirror.accept(new)


def _rewritten(mirror: Mirror, old: str, changed: tuple[str, ...], prefix: str) -> list[str]:
    """Return the changed paths that lie in a version that was there before."""
    published: dict[str, bool] = {}
    rewritten = []
    for path in changed:
        name, _, inner = path.removeprefix(f"{prefix}bundles/").partition("/")
        version = f"{prefix}bundles/{name}/{inner.partition('/')[0]}"
        if "/" in inner:
            if version not in published:
                published[version] = mirror.tree(f"{old}:{version}") is not None
            if published[version]:
                rewritten.append(path)
    return rewritten


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of one mirror; another process waits for it, and gives up after a minute."""
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path.with_suffix(".lock"), timeout=_LOCK_SECONDS):
            yield
    except Timeout:
        raise Busy(f"another agentpkg has been using {path.name} for {_LOCK_SECONDS} seconds") from None


def _new_mirror(path: Path) -> Mirror:
    """Return an empty mirror in the place of one that is of no use."""
    shutil.rmtree(path, ignore_errors=True)
    return Mirror(path)


def _builtin() -> Registry:
    """Return the registry that ships with agentpkg, laid down as a git repository the first time."""
    folder = _builtin_folder()
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
    key = hashlib.sha256(
        b"".join(f"{path}\0".encode() + hashlib.sha256(data).digest() for path, data in files.items())
    ).hexdigest()[:24]
    mirror = Mirror(cache_folder() / "registries" / f"builtin-{key}.git")
    if mirror.head is None or mirror.damaged:
        with _locked(mirror.path):
            mirror = Mirror(mirror.path)  # another process may have laid it down meanwhile
            if mirror.head is None or mirror.damaged:
                mirror = _new_mirror(mirror.path)  # a run that was cut short may have left one
                mirror.store(files, "The registry that ships with agentpkg")
    return Registry(DEFAULT_REGISTRY, BUILTIN_URL, mirror, "")


def _builtin_folder() -> Path:
    package = Path(__file__).parent
    for folder in (package / "_registry", package.parent / "registry"):
        if (folder / "registry.toml").is_file():
            return folder
    raise AgentpkgError("the registry that ships with agentpkg is missing", hint="install agentpkg again")
