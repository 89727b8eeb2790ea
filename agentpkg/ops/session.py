"""What every operation starts from: the project, its manifest and lock, and the ways to registries and cache."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from agentpkg.errors import AgentpkgError, IntegrityError
from agentpkg.hosts import HOSTS, REVISIONS
from agentpkg.lockfile import Lockfile, parse_lockfile
from agentpkg.manifest import Manifest, parse_manifest
from agentpkg.requirement import split_id
from agentpkg.trail import heard, note
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentpkg.local import Local
    from agentpkg.project import Project
    from agentpkg.registries import Registries
    from agentpkg.review import Gain
    from agentpkg.store import RenderingStore


def _say_nothing(warning: str) -> None:
    """Take a warning that nobody reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says about how to work, the same for every operation that changes a project.

    `approved` are the gains that somebody said yes to just now, `accept_grants` says yes to all. `yes` asks nothing.
    `fail_on` names the kind of loss that is too much, None if none is. `tell` warns of what stops
    nothing, `status` shows on a terminal that something takes its time.
    """

    offline: bool = False
    frozen: bool = False
    dry_run: bool = False
    accept_grants: bool = False
    approved: frozenset[Gain] = frozenset()
    yes: bool = False
    keep_deleted: bool = False
    fail_on: str | None = None
    tell: Callable[[str], None] = _say_nothing
    status: Callable[[str], AbstractContextManager[object]] = nullcontext


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One operation's view of a project."""

    project: Project
    options: Options
    manifest_text: str
    manifest: Manifest
    lock_text: str | None
    lock: Lockfile

    def registries(
        self, *, fresh: bool, manifest: Manifest | None = None, drafts: Mapping[str, Local] | None = None
    ) -> Registries:
        """Return the registries of the manifest; `fresh` says to look for new versions first.

        `drafts` are bundles of the project, by id, of which the folders are still to be written.
        """
        from agentpkg.direct import Pin
        from agentpkg.registries import Registries

        return Registries(
            (manifest or self.manifest).registries,
            self.project.root,
            fresh=fresh,
            offline=self.options.offline,
            pins={
                bundle: Pin(version=locked.version, commit=locked.commit, digest=locked.digest)
                for bundle, locked in self.lock.bundles.items()
            },
            local={**find_local(self.project, manifest or self.manifest), **(drafts or {})},
            status=self.options.status,
            tell=self.options.tell,
        )

    def store(self) -> RenderingStore:
        """Return the store of bytes that were rendered on this machine."""
        from agentpkg.store import RenderingStore, cache_folder

        return RenderingStore(cache_folder() / "renderings")


def open_session(project: Project, options: Options, manifest_text: str | None = None) -> Session:
    """Return a session on `project`, with the manifest on disk or the text given instead."""
    text = project.read_manifest() if manifest_text is None else manifest_text
    lock_text = project.read_lock_text()
    session = Session(
        project=project,
        options=options,
        manifest_text=text,
        manifest=parse_manifest(text, HOSTS),
        lock_text=lock_text,
        lock=Lockfile() if lock_text is None else parse_lockfile(lock_text),
    )
    if heard():
        _note(session)
    return session


def _note(session: Session) -> None:
    manifest, lock = session.manifest, session.lock
    note(f"project: {session.project.root}, {'as written' if session.project.has_manifest else 'without a manifest'}")
    note(f"manifest: {len(manifest.requirements)} bundles for {', '.join(manifest.hosts) or 'no host'}")
    for name, source in manifest.registries.items():
        note(f"manifest: registry {name} is {source.url}")
    note(f"lock: {'none' if session.lock_text is None else f'{len(lock.bundles)} bundles, {len(lock.files)} files'}")
    for bundle, locked in lock.bundles.items():
        note(f"lock: {bundle} {locked.version} ({locked.commit[:12] or 'no commit'})")


def find_local(project: Project, manifest: Manifest) -> dict[str, Local]:
    """Return the bundles that lie in the project, by id. Their paths are seen from the folder of the manifest."""
    if not manifest.paths:
        return {}
    from agentpkg.local import Local

    return {bundle: Local(split_id(bundle)[1], project.home, path) for bundle, path in manifest.paths.items()}


def why_unsettled(session: Session) -> str | None:
    """Return why the lock is not what manifest and local bundles ask for, None if it is: nothing has to be resolved."""
    return _why_unsettled(session.manifest, session.lock) or _why_changed(session)


def _why_changed(session: Session) -> str | None:
    for bundle, local in find_local(session.project, session.manifest).items():
        try:
            if local.digest != session.lock.bundles[bundle].digest:
                return f"{local.path}, which {bundle} comes from, has changed"
        except AgentpkgError as error:
            return error.message
    return None


def _why_unsettled(manifest: Manifest, lock: Lockfile) -> str | None:
    if lock.torn:
        return "the lock holds two sides of a merge"
    wanted = {bundle: locked.wanted for bundle, locked in lock.bundles.items() if locked.wanted}
    for bundle in sorted(wanted.keys() ^ manifest.requirements.keys()):
        return f"{bundle} is {'only in the lock' if bundle in wanted else 'not in the lock'}"
    for bundle, requirement in manifest.requirements.items():
        if wanted[bundle] != requirement:
            return f"the requirement for {bundle} has changed"
    needed = {*wanted, *(other for locked in lock.bundles.values() for other in locked.requires)}
    for bundle in sorted(needed ^ lock.bundles.keys()):
        return (
            f"{bundle} is in the lock, and nothing needs it" if bundle in lock.bundles else f"the lock lacks {bundle}"
        )
    for bundle, locked in lock.bundles.items():
        if locked.registry != manifest.source_of(bundle):
            return f"{bundle} comes from another place"
    if lock.bundles and lock.project_hosts != manifest.hosts:
        return "the hosts of the project have changed"
    return _overrides_unsettled(manifest, lock) or _hosts_unsettled(manifest, lock)


def _overrides_unsettled(manifest: Manifest, lock: Lockfile) -> str | None:
    for bundle, locked in lock.bundles.items():
        if locked.overrides != manifest.overrides.get(bundle, ()):
            return f"the overrides for {bundle} have changed"
    for bundle in sorted(manifest.overrides.keys() - lock.bundles.keys()):
        return f"there are overrides for {bundle}, which is not in the lock"
    return None


def _hosts_unsettled(manifest: Manifest, lock: Lockfile) -> str | None:
    for name, locked in lock.hosts.items():
        settings = manifest.settings_of(name)
        if name not in REVISIONS:
            raise IntegrityError(
                f"the lock names the host {name!r}, which this agentpkg does not know", hint="upgrade it"
            )
        if locked.revision > REVISIONS[name]:
            raise IntegrityError(
                f"the lock was written by a newer agentpkg ({name} renderings, revision {locked.revision})",
                hint="upgrade agentpkg: pip install --upgrade agentpkg-cli",
            )
        if locked.revision < REVISIONS[name]:
            return f"this agentpkg renders {name} anew (revision {REVISIONS[name]})"
        if locked.models != settings.models or locked.widening != settings.widening:
            return f"the settings for {name} have changed"
    return None


def check_not_interrupted(project: Project) -> None:
    """Raise if an earlier run waits to be finished, for operations that only look."""
    if project.interrupted:
        raise AgentpkgError("an earlier run was cut short", hint="run agentpkg sync to finish it")
