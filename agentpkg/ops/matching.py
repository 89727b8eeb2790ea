"""Agent files, matched with the bundles of registries: each bundle in the one version that most files are of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.adoption import EXACT, Left, best_version, compare_with, rank, take_bundle, targets_of
from agentpkg.errors import ContentRefused
from agentpkg.grants import Grants, name_powers
from agentpkg.ops.unowned import read_unowned
from agentpkg.project import read_files
from agentpkg.requirement import bundle_id
from agentpkg.trail import counted
from agentpkg.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentpkg.adoption import Adopted, AgentFile
    from agentpkg.bundle import Bundle
    from agentpkg.ops.session import Session
    from agentpkg.registries import Registries
    from agentpkg.targets import Destination

_MOST_VERSIONS = 50  # of one bundle that files are compared with, the newest first


def match_registries(
    session: Session, files: Mapping[str, AgentFile], to: Destination
) -> tuple[list[Adopted], list[Left]]:
    """Return the bundles of registries that files are of, the best first, and the files that cannot be taken so.

    A bundle cannot be where it would bring more than is there, nor one that the project has for other hosts.
    """
    registries = session.registries(fresh=True)
    left = _of_installed(session, registries, files, to)
    free = files.keys() - {one.path for one in left}
    versions = {
        bundle: [(one, compare_with(one, files.values(), to)) for one in _versions(registries, bundle)]
        for bundle in counted(_holders(session, registries, {files[path].name for path in free}), "comparing bundles")
    }
    taken: list[Adopted] = []
    while True:
        best = {}
        for bundle, compared in versions.items():
            left_of = [(one, {path: like for path, like in found.items() if path in free}) for one, found in compared]
            version = best_version(left_of)
            if version and version[1]:
                best[bundle] = version
        if not best:
            return taken, left
        bundle = max(best, key=lambda one: rank(best[one][1]))
        content, found = best[bundle]
        free -= found.keys()
        one = take_bundle((bundle, content), found, files, to)
        why = one if isinstance(one, str) else _lacks_skills(session, one, to) or _gives_more(session, one, files)
        if why or isinstance(one, str):
            left += [Left(path=path, why=f"{why}: {_way_out(bundle, content, found[path])}") for path in found]
        else:
            taken.append(replace(one, notes=tuple(_told_powers(session, one, files))))


def _gives_more(session: Session, one: Adopted, files: Mapping[str, AgentFile]) -> str | None:
    """Return what powers a bundle would be approved for beyond edited copies of its agents, None if that is agreed."""
    if session.options.accept_grants:
        return None
    for path, more, _ in _other_powers(session, one, files):
        if more:
            return f"{one.id} {one.bundle.version} may use {name_powers(more)} beyond {path}; --accept-grants agrees"
    return None


def _told_powers(session: Session, one: Adopted, files: Mapping[str, AgentFile]) -> Iterator[str]:
    """Tell the powers that agents of a bundle hold and edited copies of them do not have, and those of copies alone."""
    for path, more, own in _other_powers(session, one, files):
        if more:
            yield f"{path}: your copy lacks {name_powers(more)}, which the bundle gives; it stays as it is"
        if own:
            yield f"{path}: your copy may also use {name_powers(own)}, beyond the bundle; it stays as it is"


def _other_powers(
    session: Session, one: Adopted, files: Mapping[str, AgentFile]
) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Return edited copies with the powers that they lack of their bundle's, and those that they have beyond it."""
    agents = {agent.name: agent for agent in one.bundle.agents}
    edited = [files[path] for path, like in one.likeness.items() if like < EXACT]
    for path, found in read_unowned(session, edited)[0].items():
        held = Grants.of(found.agent.tools, tuple(server.power for server in found.servers))
        given = one.bundle.grants_of(agents[files[path].name])
        yield path, given.beyond(held), held.beyond(given)


def _of_installed(
    session: Session, registries: Registries, files: Mapping[str, AgentFile], to: Destination
) -> list[Left]:
    """Return the files that are of a bundle which the project has, and has not for their host."""
    left = {}
    for bundle, locked in session.lock.bundles.items():
        if any(file.name in locked.grants for file in files.values()):
            content = registries.load(bundle, locked.version)
            for path, like in compare_with(content, files.values(), to).items():
                away = "" if like == EXACT else "move it away, and "
                why = f"{bundle} {locked.version} is installed, and not for this host: {away}"
                left[path] = Left(path=path, why=f"{why}add {files[path].host} to its hosts in agentpkg.toml")
    return [*left.values()]


def _way_out(bundle: str, content: Bundle, like: float) -> str:
    install = f"agentpkg install {bundle}=={content.version}"
    return f"{install} takes it over" if like == EXACT else f"move it away, then {install}, and edit that"


def _holders(session: Session, registries: Registries, agents: set[str]) -> list[str]:
    """Return the ids of bundles that have agents of these names and that the project does not have yet.

    Those of the default registry come first, and of one registry those that are called as their agent.
    """
    have = session.lock.bundles.keys() | session.manifest.requirements.keys()
    ids: dict[str, None] = {}
    for registry in registries.all():
        held = registry.holders(agents)
        pairs = sorted((bundle != agent, bundle) for agent, bundles in held.items() for bundle in bundles)
        ids |= dict.fromkeys(bundle_id(registry.name, bundle) for _, bundle in pairs)
    return [bundle for bundle in ids if bundle not in have]


def _versions(registries: Registries, bundle: str) -> list[Bundle]:
    """Return the versions of a bundle that can be read, those that were not yanked first, each newest first."""
    offers = sorted((one for one in registries.offers(bundle) if not one.unfit), key=lambda one: one.yanked is not None)
    found = []
    for offer in offers[:_MOST_VERSIONS]:
        try:
            found.append(registries.load(bundle, offer.version))
        except ContentRefused:
            continue
    return found


def _lacks_skills(session: Session, one: Adopted, to: Destination) -> str | None:
    """Return that a bundle brings skills which are not there as it has them, None if all are."""
    skills = {path: target for path, target in targets_of(one, to).items() if target.item.startswith("skills/")}
    there = read_files(session.project.root, skills)
    missing = {
        target.item.split("/")[1]
        for path, target in skills.items()
        if path not in there or there[path].sha256 != target.sha256
    }
    told = f"{one.id} {one.bundle.version} brings skills that are not there: {', '.join(sorted(missing))}"
    return told if missing else None
