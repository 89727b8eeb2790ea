"""From bundles to a plan: what they render to, what is on disk, and where edits meet newer renderings."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from agentpkg.errors import SEE_HOSTS, AgentpkgError, ContentRefused, EditConflict, IntegrityError, UsageError, nearest
from agentpkg.files import CONFLICT_SUFFIX, file_of, find_clash, is_entry
from agentpkg.hosts import HOSTS, is_shared
from agentpkg.lockfile import FILE_NAME
from agentpkg.manifest import HostSettings
from agentpkg.plan import Ground, Kind, Plan, decide, make_plan
from agentpkg.project import find_alike, read_files
from agentpkg.requirement import bundle_id, split_id
from agentpkg.targets import Destination, Rendered, Selection, assign_hosts, render_selections
from agentpkg.text import escape
from agentpkg.trail import counted
from agentpkg.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agentpkg.bundle import Bundle
    from agentpkg.files import DiskFile
    from agentpkg.manifest import Manifest
    from agentpkg.ops.session import Session
    from agentpkg.registries import Registries
    from agentpkg.store import RenderingStore


def render_bundles(session: Session, manifest: Manifest, bundles: Mapping[str, Bundle]) -> Rendered:
    """Return all that these bundles, by id, put into the project as the manifest asks for them."""
    homeless = [bundle for bundle, one in manifest.requirements.items() if not (one.hosts or manifest.hosts)]
    if homeless:
        raise UsageError(
            f"agentpkg.toml names no host to install {homeless[0]} for",
            hint=f'[project] hosts = ["…"]; {SEE_HOSTS}',
        )
    for bundle in sorted(manifest.overrides.keys() - bundles.keys()):
        out = f"agentpkg override {bundle} --clear takes its overrides out"
        raise UsageError(
            f"agentpkg.toml: [overrides]: the project has no bundle {bundle!r}",
            hint=out if bundle in session.lock.bundles else nearest(bundle, bundles, out),
        )
    settings = {name: manifest.settings_of(name) for name in HOSTS}
    selections = _selections(manifest, bundles)
    used = dict.fromkeys([*manifest.hosts, *(host for one in selections for host in one.hosts)])
    destination = Destination(hosts=HOSTS, settings=settings, user=session.project.user, used=tuple(used))
    rendered = render_selections(counted(selections, "rendering bundles"), destination)
    _refuse_clashes(rendered)
    return rendered


def required_by(bundle: str, loaded: Bundle) -> tuple[str, ...]:
    """Return the ids of the bundles that a bundle requires: they come from its own registry."""
    registry, _ = split_id(bundle)
    return tuple(bundle_id(registry, name) for name in sorted(loaded.requires))


def _selections(manifest: Manifest, bundles: Mapping[str, Bundle]) -> list[Selection]:
    requires = {bundle: required_by(bundle, loaded) for bundle, loaded in bundles.items()}
    missing = sorted({one for needed in requires.values() for one in needed} - bundles.keys())
    if missing:
        raise IntegrityError(f"{FILE_NAME} lacks {missing[0]}, which another bundle requires", hint="agentpkg update")
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
                overrides=manifest.overrides.get(bundle, ()),
            )
        )
    return selections


def plan_files(session: Session, rendered: Rendered, registries: Registries) -> Plan:
    """Return the plan for the project's files; raise if something stands where a file should go."""
    paths = sorted(rendered.targets.keys() | session.lock.files.keys())
    disk = read_files(session.project.root, paths)
    whole = [path for path in session.lock.files if is_shared(path)]
    if whole:
        raise ContentRefused(
            f"{FILE_NAME} names a file as a whole of which only entries can be agentpkg's",
            details=whole,
            hint=f"somebody changed {FILE_NAME} by hand; restore it from version control",
        )
    ours = [path for path in paths if path in rendered.targets or is_entry(path)]
    odd = {disk[path].odd or "" for path in ours if path in disk and disk[path].odd}
    if odd:
        raise ContentRefused(
            "what stands where agentpkg would write is not what it can write to",
            details=sorted(odd),
            hint="mend or move each, or leave that host out",
        )
    plan = make_plan(_ground(session, rendered, disk, registries))
    _refuse_alike(session, plan, disk)
    _refuse_foreign(plan)
    return plan


def _ground(session: Session, rendered: Rendered, disk: dict[str, DiskFile], registries: Registries) -> Ground:
    """Return what the plan is made on, with what only some files need: known renderings, merges, files beside."""
    lock, store = session.lock, session.store()
    ground = Ground(targets=rendered.targets, locked=lock.files, disk=disk, keep_deleted=session.options.keep_deleted)
    unclear = [path for path in ground.targets if decide(path, ground) in (Kind.CONFLICT, Kind.EDITED)]
    ground = replace(ground, known=_known(store, (disk[path] for path in unclear)))
    conflicts = [path for path in unclear if decide(path, ground) is Kind.CONFLICT]
    waiting = dict.fromkeys([*conflicts, *(path for path, locked in lock.files.items() if locked.base)])
    beside = read_files(session.project.root, (path + CONFLICT_SUFFIX for path in waiting))
    return replace(
        ground,
        disk={**disk, **beside},
        known=ground.known | _known(store, beside.values()),
        merges=_merge(session, ground, conflicts, registries),
    )


def _known(store: RenderingStore, files: Iterable[DiskFile]) -> frozenset[str]:
    return frozenset(file.sha256 for file in files if store.get(file.sha256) is not None)


def _merge(session: Session, ground: Ground, paths: list[str], registries: Registries) -> dict[str, bytes]:
    """Return the merged bytes of every path where the user's edit and the new rendering fit together."""
    if not paths:
        return {}
    from agentpkg.git import merge_files
    from agentpkg.respell import respell

    bases = written_before(session, paths, registries)
    merges = {}
    for path in paths:
        if path in bases:
            mine, new = ground.disk[path].content, ground.targets[path].content
            merged = merge_files(mine, bases[path], new)
            if merged is None:  # perhaps only because the two are spelled in two ways
                merged = merge_files(respell(mine.replace(b"\r\n", b"\n"), bases[path]), bases[path], new)
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
    loaded: dict[str, Bundle] = {}
    for bundle, locked in session.lock.bundles.items():
        with suppress(AgentpkgError):  # a local bundle is there as it is now, and no longer as it was
            loaded[bundle] = registries.load(bundle, locked.version)
    try:
        rendered = render_locked(session, loaded)
    except AgentpkgError:
        return {}
    return {path: (target.sha256, target.content) for path, target in rendered.targets.items()}


def render_locked(session: Session, bundles: Mapping[str, Bundle]) -> Rendered:
    """Return what the lock's versions (or those of them in `bundles`) put into the project by the lock's settings."""
    lock = session.lock
    requirements = {key: wanted for key in bundles if (wanted := lock.bundles[key].wanted)}
    settings = {
        name: HostSettings(models=lock.hosts[name].models, widening=lock.hosts[name].widening)
        if name in lock.hosts
        else HostSettings()
        for name in HOSTS
    }
    named = {*lock.project_hosts, *(host for one in requirements.values() for host in one.hosts or ())}
    named.update(one.host for key in bundles for one in lock.bundles[key].overrides if one.host)
    unknown = sorted(named - HOSTS.keys())
    if unknown:
        raise IntegrityError(
            f"the lock names the host {unknown[0]!r}, which this agentpkg does not know",
            hint="upgrade agentpkg: pip install --upgrade agentpkg-cli",
        )
    then = replace(
        session.manifest,
        hosts=lock.project_hosts,
        requirements=requirements,
        settings=settings,
        overrides={key: lock.bundles[key].overrides for key in bundles},
    )
    return render_bundles(session, then, bundles)


def _refuse_clashes(rendered: Rendered) -> None:
    """Raise for two files that are one on some systems: what is committed here is checked out elsewhere."""
    targets = {file_of(path): target for path, target in rendered.targets.items()}
    clash = find_clash(targets)
    if clash:
        one, other = (targets[path].bundle for path in clash)
        raise ContentRefused(
            f"{clash[0]} of {one} and {clash[1]} of {other} are one where case does not count",
            hint="agentpkg writes neither, so that a project is the same everywhere; leave one of them out, or ask "
            "whoever owns it to rename it",
        )


def _refuse_alike(session: Session, plan: Plan, disk: Mapping[str, DiskFile]) -> None:
    """Raise for files that are new and that some systems would take for others which are there already.

    One of ours that goes in the same change stands in nobody's way, where the two are not one here.
    """
    new = dict.fromkeys(file_of(one.path) for one in plan.of(Kind.CREATE, Kind.ADOPT, Kind.FOREIGN))
    going = [one.path for one in plan.of(Kind.DELETE)]
    alike = {
        path: other
        for path, other in find_alike(session.project.root, new).items()
        if path in disk or not any(f"{one}/".startswith(f"{other}/") for one in going)
    }
    if alike:
        raise EditConflict(
            "agentpkg would write where something stands that differs in nothing but case; nothing was changed",
            details=[f"{path}: there is {escape(other)}" for path, other in alike.items()],
            hint="rename it or take it away, or install the agents under other names with --as OLD=NEW",
        )


def _refuse_foreign(plan: Plan) -> None:
    foreign = plan.of(Kind.FOREIGN)
    if foreign:
        raise EditConflict(
            "files or entries stand where agentpkg would write, and it did not write them; nothing was changed",
            details=[action.path for action in foreign],
            hint="take them away, or install the agents under other names with --as OLD=NEW",
        )
