"""What there is to know about a project and its registries: for `diff` and `info`. Nothing here writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.hosts import HOSTS
from agentpkg.manifest import parse_manifest
from agentpkg.project import detect_hosts
from agentpkg.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentpkg.bundle import Bundle
    from agentpkg.hosts.base import Host
    from agentpkg.project import Project
    from agentpkg.registries import Registries
    from agentpkg.requirement import Requirement
    from agentpkg.resolve import Offer

_ASKER = "the command line"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostUse:
    """A host as a project stands to it: `place` is where it looks for agents, with NAME for an agent's name."""

    host: Host
    configured: bool
    detected: bool
    place: str


def list_hosts(project: Project) -> list[HostUse]:
    """Return every host, and whether the project's manifest names it or its traces are there."""
    configured = parse_manifest(project.read_manifest(), HOSTS).hosts if project.has_manifest else ()
    detected = detect_hosts(project.root, {name: host.marks for name, host in HOSTS.items()})
    return [
        HostUse(
            host=host,
            configured=name in configured,
            detected=name in detected,
            place=("~/" + host.user_agents if project.user else host.agents).format(name="NAME"),
        )
        for name, host in HOSTS.items()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """A bundle's chosen version, all its versions, and the powers that each of its agents holds.

    `installed` is the version that the project has, None if it has none.
    """

    id: str
    registry: str
    bundle: Bundle
    offers: tuple[Offer, ...]
    grants: Mapping[str, tuple[str, ...]]
    installed: str | None = None


def get_info(registries: Registries, requirement: Requirement, url: str) -> Info:
    """Return what a registry tells about the newest version that `requirement` allows."""
    from agentpkg.hostfields import grants_everywhere
    from agentpkg.resolve import resolve

    offers = registries.offers(requirement.id)
    versions = resolve({requirement.id: requirement.specifier}, _Alone(requirement.id, offers), {}, _ASKER)
    bundle = registries.load(requirement.id, versions[requirement.id].version)
    grants = {name: tuple(held) for name, held in grants_everywhere(bundle).items()}
    return Info(id=requirement.id, registry=url, bundle=bundle, offers=offers, grants=grants)


class _Alone:
    """An index of one bundle whose requirements do not count: to choose a version of it alone."""

    def __init__(self, bundle: str, offers: Sequence[Offer]) -> None:
        self._offers = {bundle: [replace(one, requires={}) for one in offers]}

    def offers(self, bundle: str) -> Sequence[Offer]:
        return self._offers[bundle]
