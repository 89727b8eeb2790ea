"""`info`: all there is to know about a bundle before it is installed. Nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.cost import Cost, cost_of, cost_of_skills
from agentpkg.errors import AgentpkgError, ContentRefused
from agentpkg.freshness import newest
from agentpkg.grants import name_powers
from agentpkg.hosts import HOSTS, get_host
from agentpkg.ops.inspect import Info, get_info
from agentpkg.ops.known import known_registries
from agentpkg.ops.preview import render_for
from agentpkg.ops.session import open_session
from agentpkg.requirement import split_id
from agentpkg.resolve import resolve
from agentpkg.targets import Selection
from agentpkg.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from agentpkg.ops.session import Options, Session
    from agentpkg.overlap import Placed
    from agentpkg.project import Project
    from agentpkg.registries import Registries
    from agentpkg.requirement import Requirement
    from agentpkg.resolve import Offer

REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHost:
    """What a host makes of an agent: a fidelity in words, or `refused` and the reason why install would not write it.

    `placed` and `cost` are None where the host could not load the agent at all.
    """

    agent: str
    host: str
    fidelity: str
    refused: str | None = None
    placed: Placed | None = None
    cost: Cost | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A bundle that comes along: its version, the one that is installed (None: none), and those that require it."""

    bundle: str
    version: str
    installed: str | None
    required_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A bundle, what it brings along (`unsolved`: why that cannot be had), and what hosts make of it.

    `newer` is a version that is newer than the installed one, None if there is none. `skills` are the estimated tokens
    that its skills take in every session of a host that reads skills.
    """

    info: Info
    newer: str | None
    brought: tuple[Brought, ...]
    unsolved: str | None
    hosts: tuple[AtHost, ...]
    skills: int


def outline(project: Project, asked: Requirement, hosts: Sequence[str], options: Options) -> Outline:
    """Return all about the newest version that a requirement allows: at these hosts, the project's, or else at all."""
    names = [get_host(name).name for name in hosts]
    session = open_session(project, options, None if project.has_manifest else "")
    registries = known_registries(session)
    info = get_info(registries, asked, registries.of(asked.id).url)
    locked = session.lock.bundles.get(info.id)
    info = replace(info, installed=locked.version if locked else None)
    brought: tuple[Brought, ...] = ()
    unsolved = None
    try:
        brought = tuple(_brought(session, registries, info))
    except AgentpkgError as error:
        unsolved = "; ".join([error.message, *error.details])
    at_hosts = dict.fromkeys(names or session.manifest.hosts or HOSTS)
    return Outline(
        info=info,
        newer=_newer(info),
        brought=brought,
        unsolved=unsolved,
        hosts=tuple(_at_host(session, info, agent.name, host) for agent in info.bundle.agents for host in at_hosts),
        skills=cost_of_skills(info.bundle.skills),
    )


def _newer(info: Info) -> str | None:
    versions = [offer.version for offer in info.offers]
    latest = newest(info.offers)
    if info.installed is None or latest is None or latest == info.installed:
        return None
    behind = info.installed not in versions or versions.index(latest) < versions.index(info.installed)
    return latest if behind else None


def _brought(session: Session, registries: Registries, info: Info) -> Iterator[Brought]:
    """Return the bundles that this version would bring along here, by the lock's pins where these fit."""
    locked = session.lock.bundles
    pins = {bundle: one.version for bundle, one in locked.items()} | {info.id: info.bundle.version}
    chosen = resolve({info.id: ""}, registries, pins)
    for bundle, offer in chosen.items():
        if bundle != info.id:
            yield Brought(
                bundle=bundle,
                version=offer.version,
                installed=locked[bundle].version if bundle in locked else None,
                required_by=tuple(_askers(chosen, bundle)),
            )


def _askers(chosen: Mapping[str, Offer], bundle: str) -> Iterator[str]:
    registry, name = split_id(bundle)
    for other, offer in chosen.items():
        if name in offer.requires and split_id(other)[0] == registry:
            yield other


def _at_host(session: Session, info: Info, agent: str, host: str) -> AtHost:
    """Return what one host makes of one agent, as install would have it: by the project's settings."""
    alone = Selection(id=info.id, bundle=info.bundle, hosts=(host,), agents=(agent,), renames={})
    try:
        placed = render_for(session, [alone], (host,)).placed[0]
    except ContentRefused as error:
        return AtHost(agent=agent, host=host, fidelity=REFUSED, refused=error.message)
    gained = placed.rendering.gained
    refused = bool(gained) and not session.manifest.settings_of(host).widening
    return AtHost(
        agent=agent,
        host=host,
        fidelity=REFUSED if refused else placed.rendering.fidelity.word,
        refused=f"it would gain {name_powers(gained)}" if refused else None,
        placed=placed,
        cost=cost_of(placed.rendering),
    )
