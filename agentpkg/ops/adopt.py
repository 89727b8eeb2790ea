"""`adopt`: look after agent files that stand in the project already, without a change to any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.adoption import spread, targets_of
from agentpkg.errors import AgentpkgError, EditConflict, UsageError
from agentpkg.files import with_lf
from agentpkg.hosts import HOSTS
from agentpkg.joining import make_local, make_one
from agentpkg.limits import LIMITS, MOST_FILES
from agentpkg.local import Local
from agentpkg.lockfile import NO_RENDERING, LockedFile
from agentpkg.manifest import parse_manifest, with_requirement
from agentpkg.ops.change import Change, carry_out, prepare
from agentpkg.ops.gather import refuse_place
from agentpkg.ops.install import compatible_with
from agentpkg.ops.matching import match_registries
from agentpkg.ops.session import why_unsettled
from agentpkg.ops.spreading import spread_local
from agentpkg.ops.unowned import find_unowned, read_unowned
from agentpkg.plan import Kind, Plan
from agentpkg.project import find_alike, read_folder, why_in_the_way
from agentpkg.requirement import Requirement, check_name, check_path, split_id
from agentpkg.targets import Destination, Rendered
from agentpkg.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agentpkg.adoption import Adopted, AgentFile, Left
    from agentpkg.ops.session import Options, Session
    from agentpkg.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to adopt: files and folders below the project, or (none) all there are.

    `to` is the folder for bundles of the project itself, seen from that of the manifest; `bundle` the name of the one
    that gets all agents, None for one for each. `all_hosts` writes what is adopted, now or before, for the project's
    other hosts too.
    """

    paths: tuple[str, ...] = ()
    to: str = "bundles"
    bundle: str | None = None
    all_hosts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What an adoption does: its change, the bundles that files are of from now on, and the files that are left.

    `to` is the folder for bundles of the project. `spread` are those that it had before and that more hosts are to get.
    """

    change: Change
    to: str
    taken: tuple[Adopted, ...]
    left: tuple[Left, ...]
    spread: tuple[Adopted, ...] = ()


def adopt(project: Project, wish: Wish, options: Options, manifest_text: str) -> Adoption:
    """Look after the agent files that no lock has; `manifest_text` is what a project without a manifest starts from.

    The files keep every byte. Raises before anything is written if the project is not in sync, or a folder would be
    written over.
    """
    decided: list[Adoption] = []

    def decide_on(session: Session) -> Change:
        decided[:] = [_decide(session, wish)]
        return decided[0].change

    carry_out(project, options, decide_on, manifest_text)
    return decided[0]


def _decide(session: Session, wish: Wish) -> Adoption:
    unsettled = why_unsettled(session)
    if unsettled:
        raise _not_in_sync([unsettled])
    found, left = find_unowned(session, wish.paths)
    files = {file.path: file for file in found}
    to = Destination(
        hosts=HOSTS,
        settings={name: session.manifest.settings_of(name) for name in HOSTS},
        user=session.project.user,
    )
    taken: list[Adopted] = []
    if files:
        taken, passed = match_registries(session, files, to)
        known = {path for one in taken for path in one.likeness} | {one.path for one in passed}
        rest = {path: file for path, file in files.items() if path not in known}
        made, unfit = _make(session, wish, rest, {one.id for one in taken}, to)
        taken, left = [*taken, *made], [*left, *passed, *unfit]
    more: list[Adopted] = []
    if wish.all_hosts:
        taken = [spread(one, session.manifest.hosts, to) for one in taken]
        more = spread_local(session, wish.paths, taken, to)
    if taken or any(one.more for one in more):
        change = _prepare(session, wish, (taken, more), files, to)
    else:
        nothing = Rendered(targets={}, placed=(), grants={}, overlaps=())
        plan = Plan(actions=(), files=session.lock.files)
        change = Change(session=session, lock=session.lock, plan=plan, rendered=nothing, writes=())
    left.sort(key=lambda one: one.path)
    return Adoption(change=change, to=wish.to, taken=tuple(taken), left=tuple(left), spread=tuple(more))


def _not_in_sync(details: Iterable[str]) -> AgentpkgError:
    return AgentpkgError(
        "the project is not in sync, and adopting writes no agent file", details=details, hint="run agentpkg sync first"
    )


def _make(
    session: Session,
    wish: Wish,
    files: Mapping[str, AgentFile],
    taken: set[str],
    to: Destination,
) -> tuple[list[Adopted], list[Left]]:
    """Return the bundles of the project that the other files make, and the files that cannot be read or held."""
    have = {*taken, *session.lock.bundles, *session.manifest.requirements}
    if wish.bundle:
        check_name(wish.bundle, "--bundle")
        if wish.bundle in have:
            raise UsageError(f"the project has a bundle {wish.bundle} already", hint="choose another name")
    read, unread = read_unowned(session, files.values())
    made, unfit = make_local(read, files, have, to)
    if wish.bundle and made:
        made = [make_one(wish.bundle, made, read, files, to)]
    for one in made:
        _check_folder(session, wish, one)
    return made, [*unread, *unfit]


def _check_folder(session: Session, wish: Wish, one: Adopted) -> None:
    """Raise if something stands where a bundle's folder would be made, but for that very folder."""
    path = check_path(f"{wish.to}/{one.id}", "--to")
    home = session.project.home
    refuse_place(home / wish.to)
    alike = find_alike(home, [path])
    odd = f"it is called {alike[path]}" if alike else why_in_the_way(home, path)
    if odd:
        raise EditConflict(f"{path} would be a bundle's folder: {odd}", hint="name another folder with --to")
    if (home / path).exists():
        there = read_folder(home / path, most_files=MOST_FILES, most_bytes=2 * LIMITS.bundle_bytes)
        if with_lf(there) != one.files:
            raise EditConflict(
                f"{path} is there already, and is never written over; nothing was changed",
                hint="name another folder with --to, or move it away (an adopt that was undone leaves its folders)",
            )


def _prepare(
    session: Session,
    wish: Wish,
    both: tuple[list[Adopted], list[Adopted]],
    files: Mapping[str, AgentFile],
    to: Destination,
) -> Change:
    """Return the change that writes what the project is to know of the files, and none of them, but for other hosts.

    `both` are the bundles that are taken, and those of before that go to more hosts.
    """
    manifest, lock, (taken, more) = session.manifest, session.lock, both
    asked = [_requirement(one, wish, manifest.hosts) for one in taken]
    asked += [replace(manifest.requirements[one.id], hosts=_hosts(one, manifest.hosts)) for one in more if one.more]
    text = with_requirement(session.manifest_text, *sorted(asked, key=lambda one: one.id))
    folders = {f"{wish.to}/{one.id}": one.files for one in taken if one.files is not None}
    drafts = {
        one.id: Local(one.id, session.project.home, f"{wish.to}/{one.id}", one.files)
        for one in taken
        if one.files is not None
    }
    registries = session.registries(fresh=False, manifest=parse_manifest(text, HOSTS), drafts=drafts)
    entries = {path: entry for one in taken for path, entry in _entries(one, wish, files, to).items()}
    known = replace(session, lock=replace(lock, files={**lock.files, **entries}))
    chosen = {bundle: locked.version for bundle, locked in lock.bundles.items()}
    chosen |= {one.id: one.bundle.version for one in taken}
    change = prepare(known, text, chosen, registries, [one.id for one in taken])
    odd = [one for one in change.plan.changes if one.kind is not Kind.CREATE or not wish.all_hosts]
    if odd:
        raise _not_in_sync(f"{action.kind.value} {action.path}" for action in odd)
    return replace(change, session=session, folders=folders)


def _requirement(one: Adopted, wish: Wish, project_hosts: tuple[str, ...]) -> Requirement:
    registry, name = split_id(one.id)
    local = one.files is not None
    return Requirement(
        name=name,
        registry=registry,
        specifier="" if local else compatible_with(one.bundle.version),
        hosts=_hosts(one, project_hosts),
        agents=None if len(one.agents) == len(one.bundle.agents) else one.agents,
        path=f"{wish.to}/{one.id}" if local else None,
    )


def _hosts(one: Adopted, project_hosts: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the hosts that a bundle is limited to, None for all of the project."""
    hosts = {*one.hosts, *one.more}
    return None if hosts == set(project_hosts) else tuple(sorted(hosts))


def _entries(one: Adopted, wish: Wish, files: Mapping[str, AgentFile], to: Destination) -> dict[str, LockedFile]:
    """Return what the lock has to have of a bundle's agents, so that each stays as it is.

    A file that is not what the bundle gives is an edit that was accepted; where none is, so is that, unless all hosts
    are to have it.
    """
    entries = {}
    for path, target in targets_of(one, to).items():
        if target.item.startswith("agents/") and (path in one.likeness or not wish.all_hosts):
            entries[path] = LockedFile(
                bundle=one.id,
                item=target.item,
                hosts=target.hosts,
                sha256=target.sha256,
                kept=files[path].sha256 if path in one.likeness else NO_RENDERING,
            )
    return entries
