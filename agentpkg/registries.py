"""All registries that a project can name, each opened when it is first asked for, and healed where it is damaged.

Bundles that lie in the project itself are found here too, so that nothing above knows the difference.
"""

from __future__ import annotations

import os
import shutil
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from agentpkg.acceptance import check_seen, fetch_commit
from agentpkg.builtin import open_builtin
from agentpkg.direct import Collection, Pin
from agentpkg.errors import AgentpkgError, UsageError, nearest
from agentpkg.fetches import fetch_together
from agentpkg.objects import Damaged
from agentpkg.registry import Registry
from agentpkg.remote import Remote, mirror_lock
from agentpkg.requirement import DEFAULT_REGISTRY, bundle_id, split_id
from agentpkg.trail import note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from agentpkg.bundle import Bundle
    from agentpkg.local import Local
    from agentpkg.mirror import Mirror
    from agentpkg.registry_tables import RegistrySource
    from agentpkg.resolve import Offer

T = TypeVar("T")


class Registries:
    """All registries that a project can name, each opened when it is first asked for. An `Index` for the resolver.

    `fresh` says to fetch before reading, `offline` never to. `pins` are what the project has locked, by id. `local` are
    the bundles that lie in the project, by id. `status` shows that something takes its time, `tell` takes warnings.
    """

    def __init__(  # noqa: PLR0913 (one way to make it, with a default for all but where the registries are)
        self,
        sources: Mapping[str, RegistrySource],
        root: Path,
        *,
        fresh: bool = True,
        offline: bool = False,
        pins: Mapping[str, Pin] | None = None,
        local: Mapping[str, Local] | None = None,
        status: Callable[[str], AbstractContextManager[object]] = nullcontext,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._sources = sources
        self._root = root
        self._fresh = fresh
        self._offline = offline
        self._pins = pins or {}
        self.local: Mapping[str, Local] = local or {}
        self._status = status
        self._tell = tell
        self._told: set[str] = set()
        self._open: dict[str, Registry | Collection] = {}
        self._fetched: dict[str, Mirror | AgentpkgError] = {}

    def get(self, name: str) -> Registry | Collection:
        """Return the registry called `name`, fetched if need be."""
        if name not in self._open:
            if name not in self._sources and name != DEFAULT_REGISTRY:
                raise UsageError(
                    f"there is no registry {name!r}",
                    hint=nearest(name, self._sources, f"agentpkg registry add {name} URL"),
                )
            opened = self._open[name] = self._remote(name) if name in self._sources else open_builtin()
            note(f"registry {name}: {opened.url} at {opened.commit[:12]}, read from {opened.mirror.path}")
        return self._open[name]

    def of(self, bundle: str) -> Registry | Collection | Local:
        """Return what the bundle with this id comes from: its registry, or the folder of the project that holds it."""
        return self.local[bundle] if bundle in self.local else self.get(split_id(bundle)[0])

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all registries, the default one first."""
        return tuple(sorted({DEFAULT_REGISTRY, *self._sources}, key=lambda name: (name != DEFAULT_REGISTRY, name)))

    def all(self) -> tuple[Registry | Collection, ...]:
        """Return every registry, the default one first."""
        self.fetch(self.names)
        return tuple(self.get(name) for name in self.names)

    def offers(self, bundle: str) -> tuple[Offer, ...]:
        """Return every version of the bundle with this id, newest first."""
        registry, name = split_id(bundle)
        try:
            offers = self._healing(registry, lambda: self.of(bundle).offers(name))
            self._tell_if_gone(bundle)
            return offers
        except UsageError as error:
            others = self._others_with(name, registry)
            if others and bundle not in self.local:
                error.hint = f"did you mean {' or '.join(others)}? a name never falls through to another registry"
            raise

    def read_ahead(self, bundles: Iterable[str]) -> None:
        """Open the registries of these bundles, and read what `offers` needs of them together."""
        self._ahead(dict.fromkeys(bundles, ""), lambda registry, names: registry.read_ahead(names))

    def load_ahead(self, chosen: Mapping[str, str]) -> None:
        """Open the registries of these bundles, and read what `load` needs of the chosen versions together."""
        self._ahead(chosen, lambda registry, versions: registry.load_ahead(versions.items()))

    def _ahead(self, bundles: Mapping[str, str], read: Callable[[Registry, Mapping[str, str]], None]) -> None:
        """Read of many bundles, by registry. What cannot be had is told when it is asked for by itself."""
        found: dict[str, dict[str, str]] = {}
        for bundle, version in bundles.items():
            registry, name = split_id(bundle)
            if bundle not in self.local and (registry in self._sources or registry == DEFAULT_REGISTRY):
                found.setdefault(registry, {})[name] = version
        self.fetch(found)
        for registry, names in found.items():
            self._healing(registry, partial(self._read, registry, names, read))

    def _read(self, name: str, names: Mapping[str, str], read: Callable[[Registry, Mapping[str, str]], None]) -> None:
        opened = self.get(name)
        if isinstance(opened, Registry):
            read(opened, names)

    def _tell_if_gone(self, bundle: str) -> None:
        """Warn, once, of an agent that is locked and that its repository no longer has under that name."""
        _, name = split_id(bundle)
        opened = self.of(bundle)
        if isinstance(opened, Collection) and bundle not in self._told and name not in opened.found:
            self._told.add(bundle)
            self._tell(f"{opened.url} no longer has an agent {name}; {bundle} stays as it is locked")

    def _others_with(self, name: str, registry: str) -> list[str]:
        """Return the ids of bundles of this name in other registries, as far as they are known without a fetch."""
        found = []
        for other in self.names:
            with suppress(AgentpkgError):
                known = Registries(self._sources, self._root, fresh=False, offline=True)
                if other != registry and name in known.get(other).names():
                    found.append(bundle_id(other, name))
        return found

    def load(self, bundle: str, version: str) -> Bundle:
        """Return one version of the bundle with this id."""
        registry, name = split_id(bundle)
        if bundle in self.local:
            return self.local[bundle].load(name, version)
        if not self._fresh and not self._offline and version not in self.get(registry).versions(name):
            self._fresh = True  # what was fetched before does not hold it: look again, once
            self._open.clear()
        return self._healing(registry, lambda: self.get(registry).load(name, version))

    def files(self, bundle: str, version: str) -> Mapping[str, bytes]:
        """Return the files of one version of a bundle that is in a registry, by path, as its author wrote them."""
        registry, name = split_id(bundle)
        return self._healing(registry, lambda: self.get(registry).files(name, version))

    def _healing(self, name: str, work: Callable[[], T]) -> T:
        """Do some work with a registry; where its mirror proves damaged, fetch that anew and do it again, once."""
        try:
            return work()
        except Damaged:
            if self._offline and name in self._sources:
                raise
            source = self._sources.get(name)
            path = Remote.of(name, source, self._root).path if source else self._open[name].mirror.path
            with mirror_lock(path):
                shutil.rmtree(path, ignore_errors=True)
            self._open.pop(name, None)
            return work()

    def notes(self, bundle: str, version: str) -> tuple[str, ...]:
        """Return what of the files of a version was read in another way than it stands; nothing, of a real bundle."""
        _, name = split_id(bundle)
        opened = self.of(bundle)
        return opened.notes(name, version) if isinstance(opened, Collection) else ()

    def check_seen(self, name: str) -> None:
        """Raise `IntegrityError` unless the registry still is what this machine has seen of it, all of it."""
        opened = self.get(name)
        if isinstance(opened, Registry) and name in self._sources:
            remote = self._remote_of(name)
            check_seen(opened.mirror, remote.ledger, name, remote.folder)

    def fetch(self, names: Iterable[str]) -> None:
        """Fetch those of these registries that must be, at the same time. Errors are told when they are opened."""
        closed = [self._remote_of(name) for name in names if name in self._sources and name not in self._open]
        waiting = [one for one in closed if self._is_wanting(one.mirror())]
        if len(waiting) > 1 and os.name == "posix":
            with self._status(f"fetching registries {', '.join(one.name for one in waiting)}"):
                self._fetched |= fetch_together(waiting)

    def _remote_of(self, name: str) -> Remote:
        return Remote.of(name, self._sources[name], self._root, offline=self._offline, tell=self._tell)

    def _is_wanting(self, mirror: Mirror) -> bool:
        return not self._offline and (self._fresh or mirror.head is None)

    def _remote(self, name: str) -> Registry | Collection:
        source, remote = self._sources[name], self._remote_of(name)
        mirror = remote.mirror()
        fetched = self._fetched.pop(name, None)
        if isinstance(fetched, AgentpkgError):
            raise fetched
        if fetched:
            mirror = fetched
        elif self._is_wanting(mirror) or (not self._offline and mirror.damaged):
            with self._status(f"fetching registry {name}"), remote.locked() as mirror:
                remote.fetch(mirror)
        else:
            note(f"registry {name}: not fetched, {'--offline' if self._offline else 'what is here will do'}")
        if source.ref is not None:
            pins = {split_id(bundle)[1]: pin for bundle, pin in self._pins.items() if split_id(bundle)[0] == name}
            return Collection(
                name,
                source.url,
                mirror,
                source.subfolder,
                pins,
                lambda commit: fetch_commit(mirror, remote.url, commit, offline=self._offline),
            )
        remote.check_signed(mirror)
        return Registry(name, source.url, mirror, remote.prefix, limits=source.limits)
