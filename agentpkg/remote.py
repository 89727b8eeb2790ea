"""A registry elsewhere, as this machine knows it: fetched into a mirror, accepted after a check, held to its ledger."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from agentpkg.acceptance import accept_agents, check_goes_on, full_ref, list_versions, refresh
from agentpkg.errors import AgentpkgError, NetworkError
from agentpkg.exclusive import exclusive
from agentpkg.git import check_ref
from agentpkg.journal import disk_errors
from agentpkg.ledger import Ledger, ledger_path, source_key
from agentpkg.mirror import HEAD, Mirror
from agentpkg.registry import YANKED, Registry
from agentpkg.signatures import Policy, check_signed, read_policy
from agentpkg.sources import git_url
from agentpkg.store import cache_folder, state_folder
from agentpkg.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from agentpkg.mirror import Fetching
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

    def _ledger_locked(self, *, patient: bool = True) -> AbstractContextManager[None]:
        """Hold the ledger's lock, which is not the mirror's: several caches may share one folder for state."""
        place, what = state_folder() / "locks" / f"{self.key}.lock", f"the ledger of registry {self.name}"
        return exclusive(place, what, patient=patient)

    @property
    def prefix(self) -> str:
        """The registry's folder in the repository, with a slash behind it; empty for the whole repository."""
        return f"{self.source.subfolder}/" if self.source.subfolder else ""

    @property
    def folder(self) -> str:
        """The folder of the registry's bundles in the repository."""
        return f"{self.prefix}bundles"

    @contextmanager
    def locked(self, *, patient: bool = True) -> Iterator[Mirror]:
        """Hold the locks of mirror and ledger, and give the mirror: a new one where the old one is of no use.

        Raises `Busy` where somebody else holds them, at once unless `patient`.
        """
        with mirror_lock(self.path, patient=patient), self._ledger_locked(patient=patient):
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
    def fetch_apart(self, mirror: Mirror) -> Iterator[Fetching]:
        """Begin what `fetch` does, which goes on by itself and asks nobody anything; its end does the rest of it."""
        ref, fixed = self._wanted(mirror)
        with mirror.fetch_apart(self.url, ref, newest=self._is_new(mirror)) as fetching:
            yield replace(fetching, finish=lambda: self._accept(mirror, fetching.finish(), fixed))

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
            try:
                self.complete(mirror)
            except NetworkError:  # there may be nothing to complete it with because the history was rewritten
                check_goes_on(mirror, self.ledger, self.name, new, self.folder)
                raise
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

    @contextmanager
    def fetched_whole(self, mirror: Mirror) -> Iterator[tuple[Mirror, str]]:
        """Fetch what there is now with all of its history; give its commit, which nothing reads yet, and the mirror.

        That is another one, beside a mirror without a history, of which the remote may no longer have what it began
        with. It is gone afterwards, unless a `reset` puts it into the other's place. The mirror must be `locked`.
        """
        ref, _ = self._wanted(mirror)
        if mirror.whole:
            yield mirror, mirror.fetch(self.url, ref)
            return
        place = self.path.with_suffix(".whole")
        beside = new_mirror(Mirror(place, filtered=mirror.filtered, origin=mirror.origin, title=mirror.title))
        try:
            yield beside, beside.fetch(self.url, ref)
        finally:
            throw_away(beside.path)

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
        """Take the history up to `commit` for the right one, and forget what was seen before. `fetched_whole`."""
        self.ledger.begin(mirror.root(commit), list_versions(mirror, commit, self.folder), commit)
        mirror.accept(commit)
        if mirror.path != self.path:
            throw_away(self.path)
            with disk_errors(str(self.path)):
                os.replace(mirror.path, self.path)


def mirror_lock(path: Path, *, patient: bool = True) -> AbstractContextManager[None]:
    """Hold the lock of one mirror, which lies beside it."""
    return exclusive(path.with_suffix(".lock"), f"the mirror {path.name}", patient=patient)


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
