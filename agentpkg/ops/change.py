"""Preparing a change and making it: the way that install, sync, update and remove share.

`prepare` decides everything and writes nothing; `perform` writes what was decided.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentpkg.apply import Write, apply_writes, locked
from agentpkg.errors import AgentpkgError, ContentRefused, EditConflict, IntegrityError
from agentpkg.hosts import HOSTS, REVISIONS
from agentpkg.lockfile import LockedBundle, LockedHost, Lockfile, dump_lockfile
from agentpkg.manifest import HostSettings, Manifest, parse_manifest
from agentpkg.ops.session import Options, Session, check_not_interrupted, open_session
from agentpkg.plan import CONFLICT_SUFFIX, Ground, Kind, Plan, decide, make_plan
from agentpkg.project import read_files
from agentpkg.requirement import bundle_id, split_id
from agentpkg.resolve import resolve
from agentpkg.review import find_gains, refuse
from agentpkg.targets import Destination, Rendered, Selection, assign_hosts, render_selections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Set

    from agentpkg.bundle import Bundle
    from agentpkg.project import Project
    from agentpkg.registry import Registries


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Everything that one operation intends, and what it starts from."""

    session: Session
    lock: Lockfile
    plan: Plan
    rendered: Rendered
    writes: tuple[Write, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing would be written."""
        return not self.writes


def build_change(
    session: Session,
    manifest_text: str,
    lock: Lockfile,
    plan: Plan,
    rendered: Rendered,
) -> Change:
    """Return the change with what it writes, in the order that a crash needs: files, the manifest, the lock last."""
    project = session.project
    writes = [Write(path=one.path, before=one.before, after=one.content) for one in plan.changes]
    before = session.manifest_text.encode() if project.has_manifest else None
    writes.append(Write(path=project.manifest, before=before, after=manifest_text.encode()))
    old, new = session.lock_text, dump_lockfile(lock)
    if old is None or old.replace("\r\n", "\n") != new:
        writes.append(Write(path=project.lock, before=None if old is None else old.encode(), after=new.encode()))
    return Change(
        session=session,
        lock=lock,
        plan=plan,
        rendered=rendered,
        writes=tuple(write for write in writes if write.before != write.after),
    )


def carry_out(
    project: Project, options: Options, decide_on: Callable[[Session], Change], manifest_text: str | None = None
) -> Change:
    """Decide on a change and make it; return it, made or (with `dry_run`, or with nothing to do) only decided.

    `manifest_text` is what a project without a manifest starts from. The project is locked only to write: where
    somebody else was faster, the decision is made again.
    """
    if project.interrupted:
        if options.dry_run:
            check_not_interrupted(project)
        with locked(project):
            pass
    session = open_session(project, options, None if project.has_manifest else manifest_text)
    change = decide_on(session)
    if change.empty or options.dry_run:
        return change
    with locked(project):
        now = open_session(project, options, None if project.has_manifest else manifest_text)
        if (now.manifest_text, now.lock_text) != (session.manifest_text, session.lock_text):
            change = decide_on(now)
        perform(change)
    return change


def choose(
    session: Session, manifest: Manifest, registries: Registries, unlocked: Set[str] = frozenset()
) -> dict[str, str]:
    """Return the version of every bundle that the manifest needs; the lock's pins go first but for `unlocked` ones."""
    pins = {bundle: locked.version for bundle, locked in session.lock.bundles.items() if bundle not in unlocked}
    wanted = {bundle: requirement.specifier for bundle, requirement in manifest.requirements.items()}
    return {bundle: offer.version for bundle, offer in resolve(wanted, registries, pins).items()}


def prepare(
    session: Session,
    manifest_text: str,
    chosen: Mapping[str, str],
    registries: Registries,
    named: Iterable[str] = (),
) -> Change:
    """Return the change that makes the project hold the `chosen` versions as the manifest's text asks for them.

    `named` are ids that somebody asked for just now: their powers and those of all that they require are approved.
    Raises whatever stands against the change; nothing has been written then.
    """
    manifest = parse_manifest(manifest_text, HOSTS)
    bundles = {bundle: _load(session, registries, bundle, version) for bundle, version in sorted(chosen.items())}
    rendered = render_selections(_selections(manifest, bundles), _destination(session, manifest))
    if not session.options.accept_grants:
        approved = _with_requirements(named, bundles)
        gains = find_gains(session.lock.bundles, rendered.grants, chosen, approved)
        if gains:
            raise refuse(gains)
    plan = _plan(session, rendered, registries)
    lock = Lockfile(
        bundles={key: _locked(session, manifest, key, bundles[key], rendered, registries) for key in bundles},
        files=plan.files,
        hosts={name: _locked_host(name, manifest) for name in sorted({one.host for _, one in rendered.renderings})},
        project_hosts=manifest.hosts,
    )
    return build_change(session, manifest_text, lock, plan, rendered)


def perform(change: Change) -> None:
    """Make the change. The project must be locked."""
    apply_writes(change.session.project, change.writes)
    change.session.store().put((target.sha256, target.content) for target in change.rendered.targets.values())


def _load(session: Session, registries: Registries, bundle: str, version: str) -> Bundle:
    loaded = registries.load(bundle, version)
    locked = session.lock.bundles.get(bundle)
    if locked and locked.version == version and locked.digest != loaded.digest:
        raise IntegrityError(
            f"{bundle} {version} is not what the lock recorded",
            details=[f"lock:     {locked.digest}", f"registry: {loaded.digest}"],
            hint="a published version must never change; ask whoever owns the registry",
        )
    return loaded


def _required(bundle: str, loaded: Bundle) -> tuple[str, ...]:
    registry, _ = split_id(bundle)
    return tuple(bundle_id(registry, name) for name in sorted(loaded.requires))


def _with_requirements(named: Iterable[str], bundles: Mapping[str, Bundle]) -> set[str]:
    reached: set[str] = set()
    waiting = list(named)
    while waiting:
        bundle = waiting.pop()
        if bundle not in reached and bundle in bundles:
            reached.add(bundle)
            waiting += _required(bundle, bundles[bundle])
    return reached


def _selections(manifest: Manifest, bundles: Mapping[str, Bundle]) -> list[Selection]:
    requires = {bundle: _required(bundle, loaded) for bundle, loaded in bundles.items()}
    hosts = assign_hosts(manifest.requirements, requires, manifest.hosts)
    selections = []
    for bundle, loaded in bundles.items():
        wanted = manifest.requirements.get(bundle)
        selections.append(
            Selection(
                id=bundle,
                bundle=loaded,
                hosts=hosts[bundle],
                agents=wanted.agents if wanted else None,
                renames=wanted.renames if wanted else {},
            )
        )
    return selections


def _destination(session: Session, manifest: Manifest) -> Destination:
    settings = {name: manifest.settings_of(name) for name in HOSTS}
    return Destination(hosts=HOSTS, settings=settings, user=session.project.user)


def _plan(session: Session, rendered: Rendered, registries: Registries) -> Plan:
    root, lock = session.project.root, session.lock
    ground = Ground(
        targets=rendered.targets,
        locked=lock.files,
        disk=read_files(root, sorted(rendered.targets.keys() | lock.files.keys())),
        keep_deleted=session.options.keep_deleted,
    )
    odd = [ground.disk[path].odd or "" for path in ground.targets if path in ground.disk and ground.disk[path].odd]
    if odd:
        raise ContentRefused(
            "agentpkg writes plain files into plain folders only",
            details=sorted(set(odd)),
            hint="put a folder in the place of the link, or leave that host out",
        )
    unclear = [path for path in ground.targets if decide(path, ground) in (Kind.CONFLICT, Kind.EDITED)]
    store = session.store()
    known = frozenset(ground.disk[path].sha256 for path in unclear if store.get(ground.disk[path].sha256) is not None)
    ground = replace(ground, known=known)
    conflicts = [path for path in unclear if decide(path, ground) is Kind.CONFLICT]
    beside = [*conflicts, *(path for path, locked in lock.files.items() if locked.base)]
    ground = replace(
        ground,
        disk={**ground.disk, **read_files(root, (path + CONFLICT_SUFFIX for path in dict.fromkeys(beside)))},
        merges=_merge(session, ground, conflicts, registries),
    )
    plan = make_plan(ground)
    _refuse_foreign(plan)
    return plan


def _merge(session: Session, ground: Ground, paths: list[str], registries: Registries) -> dict[str, bytes]:
    """Return the merged bytes of every path where the user's edit and the new rendering fit together."""
    if not paths:
        return {}
    from agentpkg.git import merge_files

    bases = written_before(session, paths, registries)
    merges = {}
    for path in paths:
        if path in bases:
            merged = merge_files(ground.disk[path].content, bases[path], ground.targets[path].content)
            if merged is not None:
                merges[path] = merged
    return merges


def written_before(session: Session, paths: Iterable[str], registries: Registries) -> dict[str, bytes]:
    """Return the bytes that agentpkg last wrote to each path, from the store or by rendering the lock again.

    A path is left out where neither gives bytes with the digest that the lock has.
    """
    store, bases, missing = session.store(), {}, []
    for path in paths:
        locked = session.lock.files[path]
        content = store.get(locked.base or locked.sha256)
        if content is None:
            missing.append(path)
        else:
            bases[path] = content
    again = _render_locked(session, registries) if missing else {}
    for path in missing:
        locked = session.lock.files[path]
        if path in again and again[path][0] == (locked.base or locked.sha256):
            bases[path] = again[path][1]
    return bases


def _render_locked(session: Session, registries: Registries) -> dict[str, tuple[str, bytes]]:
    """Return digest and bytes of every file as the lock's versions and settings render it, none if that fails."""
    lock = session.lock
    requirements = {bundle: locked.wanted for bundle, locked in lock.bundles.items() if locked.wanted}
    settings = {
        name: HostSettings(models=lock.hosts[name].models, widening=lock.hosts[name].widening)
        if name in lock.hosts
        else HostSettings()
        for name in HOSTS
    }
    then = replace(session.manifest, hosts=lock.project_hosts, requirements=requirements, settings=settings)
    try:
        bundles = {bundle: registries.load(bundle, locked.version) for bundle, locked in lock.bundles.items()}
        rendered = render_selections(_selections(then, bundles), _destination(session, then))
    except AgentpkgError:
        return {}
    return {path: (target.sha256, target.content) for path, target in rendered.targets.items()}


def _refuse_foreign(plan: Plan) -> None:
    foreign = plan.of(Kind.FOREIGN)
    if foreign:
        raise EditConflict(
            "files stand where agentpkg would write, and agentpkg did not write them; nothing was changed",
            details=[action.path for action in foreign],
            hint="move them away, or install the agents under other names with --as OLD=NEW",
        )


def _locked(
    session: Session, manifest: Manifest, bundle: str, loaded: Bundle, rendered: Rendered, registries: Registries
) -> LockedBundle:
    registry, _ = split_id(bundle)
    before = session.lock.bundles.get(bundle)
    same = before is not None and before.digest == loaded.digest
    return LockedBundle(
        version=loaded.version,
        registry=manifest.url_of(registry),
        commit=before.commit if before and same else registries.get(registry).commit,
        digest=loaded.digest,
        wanted=manifest.requirements.get(bundle),
        requires={bundle_id(registry, name): specifier for name, specifier in loaded.requires.items()},
        grants={agent: tuple(held) for agent, held in rendered.grants[bundle].items()},
    )


def _locked_host(name: str, manifest: Manifest) -> LockedHost:
    settings = manifest.settings_of(name)
    return LockedHost(revision=REVISIONS[name], models=settings.models, widening=settings.widening)
