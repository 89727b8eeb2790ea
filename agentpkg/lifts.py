"""Lifts: what a lockfile holds back of an agent, by overrides or by fields of hosts, and another one does no longer.

The approved powers do not tell: they are those of all hosts together. Where the older lockfile is torn, what either of
its sides holds back counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.grants import left_by
from agentpkg.overrides import tools_at
from agentpkg.withheld import lifted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from agentpkg.lockfile import LockedBundle, Lockfile

_ELSEWHERE = ""  # stands for every host that no override names


def find_lifted_limits(before: LockedBundle, now: LockedBundle) -> dict[str, tuple[str, ...]]:
    """Return by agent, as it is called now, the limits that are lifted, as powers."""
    found = {}
    for agent, own in _own_names(now).items():
        limits = now.limits.get(agent, ())
        told = {one for side in before.sides for one in lifted(side.limits.get(_renamed(side, own), ()), limits)}
        found[agent] = tuple(sorted(told))
    return found


def find_lifted_tools(
    before: LockedBundle, now: LockedBundle, hosts: Iterable[str]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Return by agent and host the powers that overrides held back there and do no longer.

    `hosts` are those that the bundle goes to. One that an override named counts too, since it may come back after the
    override is gone, and so do all others together, for what no single host tells already.
    """
    names = {*hosts, *(one.host for side in before.sides for one in side.overrides if one.host is not None)}
    for agent, own in _own_names(now).items():
        told: set[str] = set()
        for host in (*sorted(names), _ELSEWHERE):
            left = left_by(now.grants[agent], tools_at(now.overrides, own, host))
            held = [left_by(now.grants[agent], tools_at(side.overrides, own, host)) for side in before.sides]
            more = {power for was in held for power in left.beyond(was)}
            if not more <= told or (more and host):
                yield agent, host or "hosts to come", tuple(sorted(more))
            told |= more


def find_widened(before: Lockfile, after: Lockfile, allowed: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """Return by bundle the agents, each with its host, that are wider there than they should be in `after` alone.

    `allowed` are the hosts of which the project allows that.
    """
    there, found = _widened(before), dict[str, list[tuple[str, str]]]()
    for bundle, agent, host in sorted(_widened(after) - there):
        if host not in allowed:
            found.setdefault(bundle, []).append((agent, host))
    return found


def _widened(lock: Lockfile) -> set[tuple[str, str, str]]:
    return {
        (bundle, agent, host)
        for bundle, locked in lock.bundles.items()
        for agent, hosts in (locked.losses or {}).items()
        for host, fields in hosts.items()
        if host in lock.hosts and lock.hosts[host].widening and "widened" in fields.values()
    }


def _own_names(locked: LockedBundle) -> Mapping[str, str]:
    """Return the name that its author gave to each agent, by what it is called here."""
    names = {new: old for old, new in locked.wanted.renames.items()} if locked.wanted else {}
    return {agent: names.get(agent, agent) for agent in sorted(locked.grants)}


def _renamed(locked: LockedBundle, own: str) -> str:
    return locked.wanted.renames.get(own, own) if locked.wanted else own
