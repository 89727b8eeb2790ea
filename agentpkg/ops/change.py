"""Preparing a change and making it: the way that install, sync, update and remove share.

`prepare` decides everything and writes nothing; `perform` writes what was decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg import trail
from agentpkg.apply import Write, apply_writes, locked
from agentpkg.errors import IntegrityError
from agentpkg.files import is_entry
from agentpkg.hosts import HOSTS, REVISIONS
from agentpkg.lockfile import LockedBundle, LockedHost, Lockfile, dump_lockfile
from agentpkg.manifest import Manifest, parse_manifest
from agentpkg.ops.approval import check_approved
from agentpkg.ops.planning import plan_files, render_bundles
from agentpkg.ops.session import Options, Session, check_not_interrupted, open_session, why_unsettled
from agentpkg.overrides import Edit, with_edit
from agentpkg.requirement import bundle_id, is_from_path, split_id
from agentpkg.resolve import resolve
from agentpkg.review import refuse_losses
from agentpkg.undo import Cause, command_words
from agentpkg.values import dataclass, field, replace
from agentpkg.workshop import write_new

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Set

    from agentpkg.bundle import Bundle
    from agentpkg.plan import Plan
    from agentpkg.project import Project
    from agentpkg.registries import Registries
    from agentpkg.review import Gain
    from agentpkg.targets import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Everything that one operation intends, and what it starts from.

    `accepted` are the gains of powers that `--accept-grants` approved. `folders` are bundles of the project that are
    made first, with their files, by path from the manifest's folder.
    """

    session: Session
    lock: Lockfile
    plan: Plan
    rendered: Rendered
    writes: tuple[Write, ...]
    accepted: tuple[Gain, ...] = ()
    folders: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)

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
    bases = bases_of(session.lock)
    writes = [
        Write(path=path, before=before, after=after, bases=bases.get(path, {}))
        for path, before, after in plan.written()
    ]
    text = session.manifest_text.encode() if project.has_manifest else None
    writes.append(Write(path=project.manifest, before=text, after=manifest_text.encode()))
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


def bases_of(lock: Lockfile) -> dict[str, dict[str, str]]:
    """Return by file the digests of the renderings that it, or each entry of it, rests on, by path in the lock."""
    bases: dict[str, dict[str, str]] = {}
    for path, entry in lock.files.items():
        file = path.partition("#")[0] if is_entry(path) else path
        bases.setdefault(file, {})[path] = entry.base or entry.sha256
    return bases


def from_manifest(session: Session) -> Change:
    """Return the change that makes lock and project fit the manifest, keeping the lock's pins where they fit."""
    manifest, lock = session.manifest, session.lock
    unsettled = why_unsettled(session)
    if unsettled and session.options.frozen:
        raise IntegrityError(
            f"agentpkg.lock does not fit: {unsettled}",
            hint="run the command without --frozen, and commit the lock",
        )
    wanted = {bundle: locked.wanted for bundle, locked in lock.bundles.items() if locked.wanted}
    registries = session.registries(fresh=bool(unsettled) and wanted != manifest.requirements)
    if unsettled:
        chosen = choose(session, manifest, registries)
    else:
        chosen = {bundle: locked.version for bundle, locked in lock.bundles.items()}
    return prepare(session, session.manifest_text, chosen, registries)


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
    wanted = {bundle: requirement.specifier for bundle, requirement in manifest.requirements.items()}
    pins = {bundle: locked.version for bundle, locked in session.lock.bundles.items() if bundle not in unlocked}
    pins |= {bundle: local.versions(bundle)[0] for bundle, local in registries.local.items() if bundle in wanted}
    registries.read_ahead(wanted)
    with trail.step("resolving"):
        found = resolve(wanted, registries, pins, others=_asked_just_now(session, manifest))
        chosen = {bundle: offer.version for bundle, offer in found.items()}
    for bundle, version in chosen.items():
        trail.note(f"chose {bundle} {version}")
    return chosen


def _asked_just_now(session: Session, manifest: Manifest) -> dict[str, str]:
    """Return who asks for what does not stand in the project's manifest so, or not yet."""
    written = {bundle: requirement.specifier for bundle, requirement in session.manifest.requirements.items()}
    return {
        bundle: "this command"
        for bundle, requirement in manifest.requirements.items()
        if written.get(bundle) != requirement.specifier
    }


def without_lost(session: Session, manifest_text: str, chosen: Mapping[str, str]) -> str:
    """Return the manifest's text without overrides for bundles that the project has and that are no longer chosen."""
    text = manifest_text
    for bundle in sorted((parse_manifest(text, HOSTS).overrides.keys() & session.lock.bundles.keys()) - chosen.keys()):
        session.options.tell(f"nothing needs {bundle} any more; its overrides go out of agentpkg.toml with it")
        text = with_edit(text, Edit(bundle=bundle, clear=True))
    return text


def prepare(
    session: Session,
    manifest_text: str,
    chosen: Mapping[str, str],
    registries: Registries,
    named: Iterable[str] = (),
) -> Change:
    """Return the change that makes the project hold the `chosen` versions as the manifest's text asks for them.

    `named` are ids that somebody asked for on the command line just now, which approves their powers (see
    `check_approved`). Raises whatever stands against the change; nothing has been written then.
    """
    manifest = parse_manifest(manifest_text, HOSTS)
    registries.load_ahead(chosen)
    bundles = {
        bundle: _load(session, registries, bundle, version)
        for bundle, version in trail.counted(sorted(chosen.items()), "reading bundles")
    }
    _warn_of_bundles(session, registries, bundles)
    rendered = render_bundles(session, manifest, bundles)
    wanted = {key: _locked(session, manifest, key, bundles[key], rendered, registries) for key in bundles}
    gains = check_approved(session, manifest, bundles, wanted, registries, named)
    with trail.step("comparing files"):
        plan = plan_files(session, rendered, registries)
    losses = rendered.losses()
    lock = Lockfile(
        bundles={key: replace(locked, losses=losses[key]) for key, locked in wanted.items()},
        files=plan.files,
        hosts={name: _locked_host(name, manifest) for name in sorted({one.rendering.host for one in rendered.placed})},
        project_hosts=manifest.hosts,
    )
    refuse_losses(losses, session.options.fail_on)
    return replace(build_change(session, manifest_text, lock, plan, rendered), accepted=gains)


def perform(change: Change) -> None:
    """Make the change. The project must be locked.

    Folders come first, each whole or not at all. One that is left where a run was cut short before the rest happened is
    in nobody's way, and the next run finds it just so.
    """
    home = change.session.project.home
    made = tuple(path for path, files in change.folders.items() if write_new(home / path, files))
    for write in change.writes:
        trail.note(f"{'deletes' if write.after is None else 'writes'} {write.path}")
    with trail.step("writing files"):
        apply_writes(change.session.project, change.writes, Cause(words=command_words(), made=made))
    change.session.store().put((target.sha256, target.content) for target in change.rendered.targets.values())


def _warn_of_bundles(session: Session, registries: Registries, bundles: Mapping[str, Bundle]) -> None:
    """Warn of versions that were yanked, and tell what was not carried of agents that were read from another format."""
    for bundle, loaded in bundles.items():
        reason = registries.of(bundle).yanked(split_id(bundle)[1]).get(loaded.version)
        if reason is not None:
            session.options.tell(f"{bundle} {loaded.version} was yanked: {reason}")
        before = session.lock.bundles.get(bundle)
        if before is None or before.digest != loaded.digest:
            for note in registries.notes(bundle, loaded.version):
                session.options.tell(note)


def _load(session: Session, registries: Registries, bundle: str, version: str) -> Bundle:
    loaded = registries.load(bundle, version)
    locked = session.lock.bundles.get(bundle)
    if bundle in registries.local:
        if session.options.frozen and not (locked and locked.digest == loaded.digest):
            path = registries.local[bundle].path
            raise IntegrityError(
                f"agentpkg.lock does not fit: {path}, which {bundle} comes from, has changed",
                hint="run the command without --frozen, and commit the lock",
            )
    elif locked and _contradicts(session, locked, loaded):
        raise IntegrityError(
            f"{bundle} {version} is not what the lock recorded",
            details=[f"lock:     {locked.digest}", f"registry: {loaded.digest}"],
            hint="a published version must never change; ask whoever owns the registry",
        )
    return loaded


def _contradicts(session: Session, locked: LockedBundle, loaded: Bundle) -> bool:
    """Say whether the lock has another digest for a version that was loaded.

    That of a torn one says nothing: a merge may put the version of one side beside the digest of the other.
    """
    same = locked.version == loaded.version and not session.lock.torn
    return same and locked.digest != loaded.digest and not is_from_path(locked.registry)


def _locked(
    session: Session, manifest: Manifest, bundle: str, loaded: Bundle, rendered: Rendered, registries: Registries
) -> LockedBundle:
    registry, _ = split_id(bundle)
    before = session.lock.bundles.get(bundle)
    same = before is not None and before.digest == loaded.digest
    return LockedBundle(
        version=loaded.version,
        registry=manifest.source_of(bundle),
        commit=before.commit if before and same else registries.of(bundle).commit,
        digest=loaded.digest,
        wanted=manifest.requirements.get(bundle),
        requires={bundle_id(registry, name): specifier for name, specifier in loaded.requires.items()},
        grants={agent: tuple(held) for agent, held in rendered.grants[bundle].items()},
        overrides=manifest.overrides.get(bundle, ()),
        limits={agent: tuple(sorted(held.limits)) for agent, held in rendered.grants[bundle].items() if held.limits},
    )


def _locked_host(name: str, manifest: Manifest) -> LockedHost:
    settings = manifest.settings_of(name)
    return LockedHost(revision=REVISIONS[name], models=settings.models, widening=settings.widening)
