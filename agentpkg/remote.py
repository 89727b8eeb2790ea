"""A registry elsewhere, as this machine knows it: fetched into a mirror, accepted after a check, held to its ledger."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from agentpkg.acceptance import accept_agents, full_ref, list_versions, refresh
from agentpkg.errors import AgentpkgError, NetworkError
from agentpkg.exclusive import exclusive
from agentpkg.git import can_ask, check_ref
from agentpkg.ledger import Ledger, ledger_path, source_key
from agentpkg.mirror import HEAD, Mirror
from agentpkg.objects import Damaged
from agentpkg.registry import YANKED, Registry
from agentpkg.signatures import Policy, check_signed, read_policy
from agentpkg.sources import git_url
from agentpkg.store import cache_folder, state_folder
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from agentpkg.registry_tables import RegistrySource


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
        key = source_key(source, root)
        return cls(name=name, source=source, url=url, root=root, key=key, offline=offline, tell=tell)

    @property
    def path(self) -> Path:
        """The folder of the mirror. One without files is another one, which is held to the same ledger."""
        return cache_folder() / "registries" / f"{self.key}{'-filtered' if self.source.filtered else ''}.git"

    def mirror(self) -> Mirror:
        """Return the mirror as it is now."""
        origin = None if self.offline else self.url
        return Mirror(self.path, filtered=self.source.filtered, origin=origin, title=f"registry {self.name}")

    @property
    def ledger(self) -> Ledger:
        """What was seen of this registry."""
        return Ledger(ledger_path(self.key))

    def _ledger_locked(self) -> AbstractContextManager[None]:
        """Hold the ledger's lock, which is not the mirror's: several caches may share one folder for state."""
        return exclusive(state_folder() / "locks" / f"{self.key}.lock", f"the ledger of registry {self.name}")

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
        """Hold the locks of mirror and ledger, and give the mirror: a new one where the old one is of no use."""
        with mirror_lock(self.path), self._ledger_locked():
            mirror = self.mirror()
            _tidy(mirror)
            if mirror.damaged:
                mirror = new_mirror(mirror)
            yield mirror

    def fetch(self, mirror: Mirror) -> str:
        """Fetch what there is now, and accept it if it may be; return the commit. The mirror must be `locked`."""
        ref, fixed = self._wanted(mirror)
        return self._accept(mirror, mirror.fetch(self.url, ref, newest=self._is_new(mirror)), fixed)

    @contextmanager
    def fetch_apart(self, mirror: Mirror) -> Iterator[Callable[[], str]]:
        """Begin what `fetch` does, which goes on by itself and asks nobody anything; give what does the rest of it."""
        ref, fixed = self._wanted(mirror)
        with mirror.fetch_apart(self.url, ref, newest=self._is_new(mirror)) as finish:
            yield lambda: self._accept(mirror, finish(), fixed)

    def _is_new(self, mirror: Mirror) -> bool:
        """Say whether the newest commit is all that is needed: nothing was seen before that it must go on from."""
        agents, signed = self.source.ref is not None, self.source.signers is not None
        return not (agents or signed or mirror.head or self.ledger.tip)

    def _wanted(self, mirror: Mirror) -> tuple[str, str | None]:
        """Return the full name of the ref that is fetched, and the name of a tag, which must never move."""
        source = self.source
        if source.ref is not None:
            full, fixed = full_ref(mirror, self.url, source.ref)
            return full, source.ref if fixed else None
        return f"refs/heads/{check_ref(source.branch)}" if source.branch else "HEAD", None

    def _accept(self, mirror: Mirror, new: str, fixed: str | None) -> str:
        if self.source.ref is not None:
            accept_agents(mirror, self.ledger, self.name, new, fixed=fixed, tell=self.tell)
            return new
        if self.source.signers is not None:
            self.complete(mirror)
        policy = self.check_commit(mirror, new)
        Registry(self.name, self.source.url, mirror, self.prefix, new)  # one that cannot be read is not accepted
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
            if not mirror.whole:
                raise NetworkError(
                    f"the history of registry {self.name}, which must be signed, has not been fetched yet",
                    hint="run again without --offline",
                )
            check_signed(mirror, self.ledger.signed, policy, commit, self.folder, self.name)
        return policy

    def fetch_all(self, mirror: Mirror) -> str:
        """Fetch what there is now with all of its history; return its commit, which nothing reads yet. `locked`."""
        ref, _ = self._wanted(mirror)
        new = mirror.fetch(self.url, ref)
        self.complete(mirror)
        return new

    def complete(self, mirror: Mirror) -> None:
        """Have the whole history of what was fetched in the mirror."""
        if not mirror.whole:
            mirror.complete(self.url, self._wanted(mirror)[0])

    def check_signed(self, mirror: Mirror) -> None:
        """Raise unless the mirror's head is signed as the project asks, whoever fetched it."""
        policy = self._policy()
        commit = mirror.head if policy else None
        if policy and commit and self.ledger.signed != (commit, policy.digest):
            if not (mirror.whole or self.offline):
                with self.locked() as locked:
                    self.complete(locked)
            self.check_commit(mirror, commit)
            with self._ledger_locked():
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


def fetch_together(remotes: Sequence[Remote]) -> dict[str, Mirror | AgentpkgError]:
    """Fetch several registries at the same time, and accept them one by one; return mirrors, or what went wrong.

    Left out, to be fetched alone, are the second of two that share a ledger, what is damaged, and what could not be
    had without asking somebody, where there is somebody to ask.
    """
    fetched: dict[str, Mirror | AgentpkgError] = {}
    begun: dict[str, tuple[Mirror, Callable[[], str]]] = {}
    with ExitStack() as held:
        # In the same order everywhere, so that no two runs wait for each other.
        for remote in sorted({one.key: one for one in reversed(remotes)}.values(), key=lambda one: one.key):
            with _kept(fetched, remote.name):
                mirror = held.enter_context(remote.locked())
                begun[remote.name] = (mirror, held.enter_context(remote.fetch_apart(mirror)))
        for name in (one.name for one in remotes if one.name in begun):
            mirror, finish = begun[name]
            with _kept(fetched, name):
                finish()
                fetched[name] = mirror
    return fetched


@contextmanager
def _kept(errors: dict[str, Mirror | AgentpkgError], name: str) -> Iterator[None]:
    """Keep an error that would be the same if a registry was fetched alone."""
    try:
        yield
    except Damaged:
        pass
    except AgentpkgError as error:
        if not (isinstance(error, NetworkError) and can_ask()):
            errors[name] = error


def mirror_lock(path: Path) -> AbstractContextManager[None]:
    """Hold the lock of one mirror, which lies beside it."""
    return exclusive(path.with_suffix(".lock"), f"the mirror {path.name}")


def throw_away(path: Path) -> None:
    """Take a mirror away, whole even where that is cut short. Its lock must be held."""
    gone = path.with_suffix(".gone")
    shutil.rmtree(gone, ignore_errors=True)
    with suppress(OSError):  # there is none, or a system lets nobody move what somebody reads
        os.replace(path, gone)
    for folder in (gone, path):
        shutil.rmtree(folder, ignore_errors=True)


def _tidy(mirror: Mirror) -> None:
    """Take away what a run that was cut short left: its git may have been stopped, or have gone on without it."""
    ours = [path for path in (mirror.path / HEAD).parent.glob("*") if path.name != HEAD.rpartition("/")[2]]
    for path in (*ours, *mirror.path.glob("*.lock")):
        path.unlink(missing_ok=True)


def new_mirror(mirror: Mirror) -> Mirror:
    """Return an empty mirror in the place of one that is of no use."""
    throw_away(mirror.path)
    return Mirror(mirror.path, filtered=mirror.filtered, origin=mirror.origin, title=mirror.title)
