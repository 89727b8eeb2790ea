"""Bundles of the project that are for fewer hosts than it has, brought to the others: what `adopt --all-hosts` adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.adoption import Adopted, spread
from agentpkg.hosts import HOSTS
from agentpkg.ops.unowned import is_in
from agentpkg.project import read_files
from agentpkg.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from agentpkg.bundle import Bundle
    from agentpkg.ops.session import Session
    from agentpkg.requirement import Requirement
    from agentpkg.targets import Destination


def spread_local(
    session: Session, asked: tuple[str, ...], taken: Iterable[Adopted], destination: Destination
) -> list[Adopted]:
    """Return the bundles of the project that can go to more of its hosts, or that some of them cannot hold.

    `asked` are files and folders that a bundle must have a file in, none stand for all; `taken` are bundles whose files
    go first. Where a file stands already, none is put.
    """
    claimed = {path for one in taken for path in _paths(one, (*one.hosts, *one.more), {}, destination)}
    found = []
    for requirement in _limited(session, asked):
        one = _adopted(session, requirement, requirement.hosts or ())
        free: list[str] = []
        notes = []
        for host in session.manifest.hosts:
            paths = [] if host in one.hosts else _paths(one, [host], requirement.renames, destination)
            there = sorted({*claimed, *session.lock.files, *read_files(session.project.root, paths)} & {*paths})
            if there:
                notes.append(f"not written for {host}: {there[0]} is there already")
            else:
                free.append(host)
        one = spread(one, free, destination)
        claimed.update(_paths(one, one.more, requirement.renames, destination))
        found.append(replace(one, notes=(*notes, *one.notes)))
    return found


def _limited(session: Session, asked: tuple[str, ...]) -> Iterator[Requirement]:
    """Return the requirements for bundles of the project that are limited to fewer hosts than it has."""
    for bundle, requirement in session.manifest.requirements.items():
        limited = requirement.path and requirement.hosts and {*session.manifest.hosts} - {*requirement.hosts}
        files = [path for path, entry in session.lock.files.items() if entry.bundle == bundle]
        if limited and (not asked or any(is_in(path, one) for path in files for one in asked)):
            yield requirement


def _adopted(session: Session, requirement: Requirement, hosts: tuple[str, ...]) -> Adopted:
    version = session.lock.bundles[requirement.id].version
    bundle: Bundle = session.registries(fresh=False).load(requirement.id, version)
    agents = requirement.agents or tuple(agent.name for agent in bundle.agents)
    return Adopted(id=requirement.id, bundle=bundle, hosts=hosts, agents=agents, likeness={})


def _paths(one: Adopted, hosts: Iterable[str], renames: Mapping[str, str], destination: Destination) -> list[str]:
    """Return where the agents of a bundle stand for hosts."""
    names = [renames.get(agent, agent) for agent in one.agents]
    return [destination.agent_path(HOSTS[host], name) for host in hosts for name in names]
