"""What there is to know about a project and its registries: for `diff`, `search` and `info`. Nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentpkg.compare import unified
from agentpkg.direct import Collection
from agentpkg.errors import UsageError
from agentpkg.files import CONFLICT_SUFFIX
from agentpkg.hosts import HOSTS
from agentpkg.lockfile import parse_lockfile
from agentpkg.manifest import parse_manifest
from agentpkg.project import detect_hosts, read_files
from agentpkg.requirement import bundle_id
from agentpkg.sources import registry_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from agentpkg.bundle import Bundle
    from agentpkg.hosts.base import Host
    from agentpkg.ops.session import Options, Session
    from agentpkg.project import Project
    from agentpkg.registries import Registries
    from agentpkg.registry_tables import RegistrySource
    from agentpkg.requirement import Requirement
    from agentpkg.resolve import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How one file differs: from what agentpkg wrote (`mine`), and from what waits beside it (`theirs`, or None).

    Both are unified diffs. `mine` is None where the written bytes are known no more.
    """

    path: str
    mine: str | None
    theirs: str | None


def find_differences(session: Session, paths: Sequence[str]) -> list[Difference]:
    """Return the local edits of these files, or of all, as diffs."""
    from agentpkg.ops.planning import written_before

    lock = session.lock
    for path in paths:
        if path not in lock.files:
            raise UsageError(f"{path} is not a file that agentpkg wrote", hint="agentpkg status lists those that are")
    disk = read_files(session.project.root, [name for path in lock.files for name in (path, path + CONFLICT_SUFFIX)])
    edited = [
        path
        for path, locked in lock.files.items()
        if (not paths or path in paths)
        and (path not in disk or disk[path].sha256 != (locked.base or locked.sha256) or locked.base)
    ]
    written = written_before(session, edited, session.registries(fresh=False))
    differences = []
    for path in edited:
        now = disk[path].content if path in disk else b""
        beside = disk.get(path + CONFLICT_SUFFIX)
        differences.append(
            Difference(
                path=path,
                mine=_unified(written[path], now, path, "as written", "as it is") if path in written else None,
                theirs=_unified(now, beside.content, path, "as it is", "newer rendering") if beside else None,
            )
        )
    return differences


def _unified(before: bytes, after: bytes, path: str, old: str, new: str) -> str:
    return unified(before, after, f"{path} ({old})", f"{path} ({new})")


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
class Found:
    """One bundle that a search found, with its newest version and what that says about itself."""

    id: str
    version: str
    description: str
    keywords: tuple[str, ...]


def search(registries: Registries, words: Sequence[str]) -> list[Found]:
    """Return the bundles of all registries in whose name, description or keywords every word stands, best first."""
    found = []
    for registry in registries.all():
        for name, about in registry.newest().items():
            text = " ".join([name, about.description, *about.keywords]).casefold()
            if all(word.casefold() in text for word in words):
                found.append(
                    Found(
                        id=bundle_id(registry.name, name),
                        version=about.version,
                        description=about.description,
                        keywords=about.keywords,
                    )
                )
    return sorted(found, key=lambda one: (not all(word.casefold() in one.id for word in words), one.id))


def search_agents(
    source: RegistrySource, root: Path, words: Sequence[str], options: Options
) -> tuple[list[Found], tuple[str, ...]]:
    """Return the agents of a repository in whose name or description every word stands, and why files are none."""
    from agentpkg.registries import Registries

    name = registry_name(source.url)
    opened = Registries({name: source}, root, offline=options.offline, status=options.status, tell=options.tell).get(
        name
    )
    about = opened.newest()
    found = [
        Found(id=one, version=of.version, description=of.description, keywords=())
        for one, of in about.items()
        if all(word.casefold() in f"{one} {of.description}".casefold() for word in words)
    ]
    return found, opened.passed_over if isinstance(opened, Collection) else ()


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
    versions = resolve({requirement.id: requirement.specifier}, _Alone(requirement.id, offers), {})
    bundle = registries.load(requirement.id, versions[requirement.id].version)
    grants = {name: tuple(held) for name, held in grants_everywhere(bundle).items()}
    return Info(id=requirement.id, registry=url, bundle=bundle, offers=offers, grants=grants)


def installed_version(project: Project, bundle: str) -> str | None:
    """Return the version of a bundle that a project's lockfile names, None if it names none."""
    text = project.read_lock_text()
    locked = parse_lockfile(text).bundles.get(bundle) if text is not None else None
    return locked.version if locked else None


class _Alone:
    """An index of one bundle whose requirements do not count: to choose a version of it alone."""

    def __init__(self, bundle: str, offers: Sequence[Offer]) -> None:
        self._offers = {bundle: [replace(one, requires={}) for one in offers]}

    def offers(self, bundle: str) -> Sequence[Offer]:
        return self._offers[bundle]
