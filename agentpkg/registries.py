"""All registries that a project can name, each opened when it is first asked for: fetched, checked, and healed.

The registry that ships with agentpkg is laid down as a mirror too, so that one way of reading serves all.
"""

from __future__ import annotations

import hashlib
import shutil
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from agentpkg.acceptance import list_versions, refresh
from agentpkg.direct import Collection, Pin, fetch_agents, fetch_commit, full_ref
from agentpkg.errors import AgentpkgError, Busy, UsageError, nearest
from agentpkg.git import Damaged, check_ref
from agentpkg.ledger import Ledger
from agentpkg.manifest import BUILTIN_URL
from agentpkg.mirror import Mirror
from agentpkg.registry import YANKED, Registry
from agentpkg.requirement import DEFAULT_REGISTRY, bundle_id, split_id
from agentpkg.signatures import Policy, check_signed, read_policy
from agentpkg.sources import git_url
from agentpkg.store import cache_folder, state_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from agentpkg.bundle import Bundle
    from agentpkg.manifest import RegistrySource
    from agentpkg.resolve import Offer

T = TypeVar("T")
_LOCK_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A registry elsewhere, as this machine knows it: name and source, the URL for git, mirror and ledger."""

    name: str
    source: RegistrySource
    url: str
    root: Path
    key: str
    offline: bool
    tell: Callable[[str], None]

    @classmethod
    def of(
        cls,
        name: str,
        source: RegistrySource,
        root: Path,
        *,
        offline: bool = False,
        tell: Callable[[str], None] = lambda _: None,
    ) -> Remote:
        """Return what `source` (its paths being below `root`) stands for on this machine; `tell` takes warnings."""
        url = git_url(source.url, root)
        parts = [url, source.branch or "", source.subfolder]
        parts += ["filtered"] if source.filtered else []
        parts += [f"agents {source.ref}"] if source.ref is not None else []
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
        return cls(name=name, source=source, url=url, root=root, key=key, offline=offline, tell=tell)

    @property
    def path(self) -> Path:
        """The folder of the mirror."""
        return cache_folder() / "registries" / f"{self.key}.git"

    def mirror(self) -> Mirror:
        """Return the mirror as it is now."""
        origin = None if self.offline else self.url
        return Mirror(self.path, filtered=self.source.filtered, origin=origin, title=f"registry {self.name}")

    @property
    def ledger(self) -> Ledger:
        """What was seen of this registry."""
        return Ledger(state_folder() / "ledgers" / f"{self.key}.txt")

    @property
    def prefix(self) -> str:
        """The registry's folder in the repository, with a slash behind it; empty for the whole repository."""
        return f"{self.source.subfolder}/" if self.source.subfolder else ""

    @property
    def folder(self) -> str:
        """The folder of the registry's bundles in the repository."""
        return f"{self.prefix}bundles"

    @contextmanager
    def locked(self) -> Iterator[Mirror]:
        """Hold the mirror's lock, and give the mirror: a new one where the old one is of no use any more."""
        with mirror_lock(self.path):
            mirror = self.mirror()
            if mirror.damaged:
                mirror = _new_mirror(mirror)
            yield mirror

    def fetch(self, mirror: Mirror) -> str:
        """Fetch what there is now, and accept it if it may be; return the commit. The mirror must be `locked`."""
        if self.source.ref is not None:
            return fetch_agents(mirror, self.ledger, self.name, self.url, self.source.ref, self.tell)
        new = self.fetch_only(mirror)
        policy = self.check_commit(mirror, new)
        old = mirror.head
        changed = refresh(mirror, self.ledger, self.name, new, self.folder)
        if policy:
            self.ledger.add_signed(new, policy.digest)
        if old:
            self._tell_of_yanks(mirror, old, new, changed)
        return new

    def _tell_of_yanks(self, mirror: Mirror, old: str, new: str, changed: Iterable[str]) -> None:
        """Warn of versions that are no longer yanked: what was taken back for a reason may be chosen again."""
        for path in changed:
            if path.endswith(f"/{YANKED}"):
                bundle = path.split("/")[-2]
                with suppress(AgentpkgError):
                    before = Registry(self.name, self.source.url, mirror, self.prefix, old).yanked(bundle)
                    after = Registry(self.name, self.source.url, mirror, self.prefix, new).yanked(bundle)
                    for version in sorted(before.keys() - after.keys()):
                        self.tell(f"{bundle} {version} is no longer yanked (it was: {before[version]})")

    def check_commit(self, mirror: Mirror, commit: str) -> Policy | None:
        """Raise unless all up to a commit is signed as the project asks; return what it asks for, None if nothing."""
        policy = self._policy()
        if policy:
            check_signed(mirror, self.ledger.signed, policy, commit, self.folder, self.name)
        return policy

    def fetch_only(self, mirror: Mirror) -> str:
        """Fetch what there is now, and return its commit, which nothing reads yet. The mirror must be `locked`."""
        if self.source.ref is not None:
            return mirror.fetch(self.url, full_ref(mirror, self.url, self.source.ref)[0])
        return mirror.fetch(self.url, f"refs/heads/{check_ref(self.source.branch)}" if self.source.branch else "HEAD")

    def check_signed(self, mirror: Mirror) -> None:
        """Raise unless the mirror's head is signed as the project asks, whoever fetched it."""
        policy, commit = self._policy(), mirror.head
        if policy and commit and self.ledger.signed != (commit, policy.digest):
            self.check_commit(mirror, commit)
            if self.ledger.tip:
                self.ledger.add_signed(commit, policy.digest)

    def _policy(self) -> Policy | None:
        source = self.source
        if source.signers is None:
            return None
        return read_policy(self.root, f"[registries.{self.name}]", source.signers, source.revoked, source.signed_after)

    def reset(self, mirror: Mirror, commit: str) -> None:
        """Take the history up to `commit` for the right one, and forget what was seen before. Mirror `locked`."""
        self.ledger.begin(mirror.root(commit), list_versions(mirror, commit, self.folder), commit)
        mirror.accept(commit)


class Registries:
    """All registries that a project can name, each opened when it is first asked for. An `Index` for the resolver.

    `fresh` says to fetch before reading, `offline` never to. `pins` are what the project has locked, by id. `status`
    shows that something takes its time, `tell` takes warnings.
    """

    def __init__(  # noqa: PLR0913 (one way to make it, with a default for all but where the registries are)
        self,
        sources: Mapping[str, RegistrySource],
        root: Path,
        *,
        fresh: bool = True,
        offline: bool = False,
        pins: Mapping[str, Pin] | None = None,
        status: Callable[[str], AbstractContextManager[object]] = nullcontext,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._sources = sources
        self._root = root
        self._fresh = fresh
        self._offline = offline
        self._pins = pins or {}
        self._status = status
        self._tell = tell
        self._told: set[str] = set()
        self._open: dict[str, Registry | Collection] = {}

    def get(self, name: str) -> Registry | Collection:
        """Return the registry called `name`, fetched if need be."""
        if name not in self._open:
            if name not in self._sources and name != DEFAULT_REGISTRY:
                raise UsageError(
                    f"there is no registry {name!r}",
                    hint=nearest(name, self._sources, f"agentpkg registry add {name} URL"),
                )
            self._open[name] = self._remote(name) if name in self._sources else _builtin()
        return self._open[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all registries, the default one first."""
        return tuple(sorted({DEFAULT_REGISTRY, *self._sources}, key=lambda name: (name != DEFAULT_REGISTRY, name)))

    def all(self) -> tuple[Registry | Collection, ...]:
        """Return every registry, the default one first."""
        return tuple(self.get(name) for name in self.names)

    def offers(self, bundle: str) -> tuple[Offer, ...]:
        """Return every version of the bundle with this id, newest first."""
        registry, name = split_id(bundle)
        try:
            offers = self._healing(registry, lambda: self.get(registry).offers(name))
            self._tell_if_gone(bundle)
            return offers
        except UsageError as error:
            others = self._others_with(name, registry)
            if others:
                error.hint = f"did you mean {' or '.join(others)}? a name never falls through to another registry"
            raise

    def _tell_if_gone(self, bundle: str) -> None:
        """Warn, once, of an agent that is locked and that its repository no longer has under that name."""
        registry, name = split_id(bundle)
        opened = self.get(registry)
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
        if not self._fresh and not self._offline and version not in self.get(registry).versions(name):
            self._fresh = True  # what was fetched before does not hold it: look again, once
            self._open.clear()
        return self._healing(registry, lambda: self.get(registry).load(name, version))

    def _healing(self, name: str, work: Callable[[], T]) -> T:
        """Do some work with a registry; where its mirror proves damaged, fetch that anew and do it again, once."""
        try:
            return work()
        except Damaged:
            if self._offline and name in self._sources:
                raise
            path = self.get(name).mirror.path
            with mirror_lock(path):
                shutil.rmtree(path, ignore_errors=True)
            del self._open[name]
            return work()

    def notes(self, bundle: str, version: str) -> tuple[str, ...]:
        """Return what of the files of a version was read in another way than it stands; nothing, of a real bundle."""
        registry, name = split_id(bundle)
        opened = self.get(registry)
        return opened.notes(name, version) if isinstance(opened, Collection) else ()

    def _remote(self, name: str) -> Registry | Collection:
        source = self._sources[name]
        remote = Remote.of(name, source, self._root, offline=self._offline, tell=self._tell)
        mirror = remote.mirror()
        if not self._offline and (self._fresh or mirror.head is None or mirror.damaged):
            with self._status(f"fetching registry {name}"), remote.locked() as mirror:
                remote.fetch(mirror)
        if source.ref is not None:
            pins = {split_id(bundle)[1]: pin for bundle, pin in self._pins.items() if split_id(bundle)[0] == name}
            return Collection(
                name,
                source.url,
                mirror,
                source.subfolder,
                pins,
                lambda commit: fetch_commit(mirror, remote.url, commit),
            )
        remote.check_signed(mirror)
        return Registry(name, source.url, mirror, remote.prefix)


@contextmanager
def mirror_lock(path: Path) -> Iterator[None]:
    """Hold the lock of one mirror; another process waits for it, and gives up after a minute."""
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path.with_suffix(".lock"), timeout=_LOCK_SECONDS):
            yield
    except Timeout:
        raise Busy(f"another agentpkg has been using {path.name} for {_LOCK_SECONDS} seconds") from None


def _new_mirror(mirror: Mirror) -> Mirror:
    """Return an empty mirror in the place of one that is of no use."""
    shutil.rmtree(mirror.path, ignore_errors=True)
    return Mirror(mirror.path, filtered=mirror.filtered, origin=mirror.origin, title=mirror.title)


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
        with mirror_lock(mirror.path):
            mirror = Mirror(mirror.path)  # another process may have laid it down meanwhile
            if mirror.head is None or mirror.damaged:
                mirror = _new_mirror(mirror)  # a run that was cut short may have left one
                mirror.store(files, "The registry that ships with agentpkg")
    return Registry(DEFAULT_REGISTRY, BUILTIN_URL, mirror, "")


def _builtin_folder() -> Path:
    package = Path(__file__).parent
    for folder in (package / "_registry", package.parent / "registry"):
        if (folder / "registry.toml").is_file():
            return folder
    raise AgentpkgError("the registry that ships with agentpkg is missing", hint="install agentpkg again")
