"""`doctor`: looks at machine, registries, hosts and project, and tells what is not well. Nothing is written."""

from __future__ import annotations

import os
import platform
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg import __version__
from agentpkg.acceptance import check_seen
from agentpkg.cache import find_damage, inspect_cache
from agentpkg.doctor.hosts import examine_others, examine_presence
from agentpkg.doctor.machine import Machine, examine_machine
from agentpkg.doctor.project import examine_project
from agentpkg.doctor.registries import Reach, examine_registry
from agentpkg.errors import AgentpkgError
from agentpkg.git import OLDEST, version
from agentpkg.manifest import BUILTIN_URL, parse_registries
from agentpkg.mirror import HEAD, list_remote
from agentpkg.ops.condition import look_at
from agentpkg.ops.known import known_sources
from agentpkg.ops.presence import Asking
from agentpkg.ops.session import Options, Session, open_session
from agentpkg.ops.surroundings import hosts_of, written_agents
from agentpkg.remote import Remote
from agentpkg.requirement import DEFAULT_REGISTRY
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentpkg.doctor import Diagnosis
    from agentpkg.project import Project
    from agentpkg.registry_tables import RegistrySource

_SECONDS = 10  # that a registry has to answer
_GIVES_UP = "fatal: Could not read from remote repository"
_ERROR = re.compile("(?i)git: (fatal|error):")


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """What to look at: whether registries are asked, clients started, and all in the cache read."""

    network: bool = True
    clients: bool = True
    cache: bool = True


def doctor(project: Project, options: Options, looks: Looks) -> tuple[Diagnosis, ...]:
    """Return what is well and what is not, in the order of groups. One thing that is wrong hides no other."""
    session, unreadable = _open(project, options)
    hosts = hosts_of(session) if session else ()
    agents = written_agents(session) if session else {}
    with Asking(hosts, agents, project, start=looks.clients) as asking:
        sources = _sources(project)
        machine = _machine(project, sources, looks)
        findings = [*examine_machine(machine)]
        if machine.git:  # without it nothing can be said of registries
            for name in sorted({DEFAULT_REGISTRY, *sources}, key=lambda name: (name != DEFAULT_REGISTRY, name)):
                findings += examine_registry(_reach(name, sources, project, looks))
        condition = look_at(project, session, unreadable, asking.others)
        with options.status("waiting for clients"):
            presences = asking.presences()
    for presence in presences:
        findings += examine_presence(presence, started=looks.clients)
    return (*findings, *examine_others(asking.others), *examine_project(condition))


def _open(project: Project, options: Options) -> tuple[Session | None, str | None]:
    if not project.has_manifest:
        return None, None
    try:
        return open_session(project, options), None
    except AgentpkgError as error:
        return None, error.message


def _sources(project: Project) -> Mapping[str, RegistrySource]:
    """Return the registries that a name can mean, as far as manifests can be read."""
    try:
        return known_sources(project)
    except AgentpkgError:
        return {}


def _machine(project: Project, sources: Mapping[str, RegistrySource], looks: Looks) -> Machine:
    found = inspect_cache()
    git, no_git = _git()
    folder = _nearest(found.folder)
    return Machine(
        python=platform.python_version(),
        agentpkg=__version__,
        git=git,
        no_git=no_git,
        oldest_git=OLDEST,
        signers=any(source.signers for source in sources.values()),
        cache=str(found.folder),
        cache_bytes=sum(found.mirrors.values()) + found.rendering_bytes,
        unwritable=None if os.access(folder, os.W_OK | os.X_OK) else f"{folder} is not yours to write to",
        damaged=find_damage() if looks.cache and git else None,
        free={str(place): shutil.disk_usage(place).free for place in dict.fromkeys([folder, project.root])},
        caseless=_is_caseless(project.root),
        ahead=_newest(project) - time.time(),
    )


def _git() -> tuple[str | None, str]:
    """Return git's version, None where there is none that works, and then why."""
    try:
        return version(), ""
    except AgentpkgError as error:
        return None, ": ".join([error.message, *(line.removeprefix("git: ") for line in error.details[-1:])])


def _nearest(folder: Path) -> Path:
    """Return the folder, or the nearest above it that is there."""
    return next(one for one in (folder, *folder.parents) if one.is_dir())


def _is_caseless(folder: Path) -> bool:
    """Say whether a folder is found by its name in the other case; one without letters in its name tells nothing."""
    other = folder.parent / folder.name.swapcase()
    return other.name != folder.name and other.exists() and other.samefile(folder)


def _newest(project: Project) -> float:
    """Return when manifest or lock last changed, in seconds since the epoch."""
    files = [project.root / path for path in (project.manifest, project.lock)]
    return max((file.stat().st_mtime for file in files if file.is_file()), default=0)


def _reach(name: str, sources: Mapping[str, RegistrySource], project: Project, looks: Looks) -> Reach:
    if name not in sources:
        return Reach(name=name, url=BUILTIN_URL, shipped=True)
    source = sources[name]
    unreachable = distrust = fetched = None
    try:
        remote = Remote.of(name, source, project.root, offline=True)
        if looks.network:
            unreachable = _unreachable(remote)
        distrust = _distrust(remote)
        head = remote.path / HEAD
        if head.is_file():
            fetched = time.strftime("%Y-%m-%d", time.localtime(head.stat().st_mtime))
    except AgentpkgError as error:
        unreachable = error.message
    return Reach(
        name=name,
        url=source.url,
        mine=not _names(project, name),
        asked=looks.network,
        unreachable=unreachable,
        fetched=fetched,
        distrust=distrust,
        signed=source.signers is not None,
    )


def _names(project: Project, name: str) -> bool:
    """Say whether the project's own manifest names a registry."""
    try:
        return project.has_manifest and name in parse_registries(project.read_manifest())
    except AgentpkgError:
        return False


def _unreachable(remote: Remote) -> str | None:
    with tempfile.TemporaryDirectory(prefix="agentpkg-") as folder:
        try:
            list_remote(remote.url, "HEAD", folder=Path(folder), seconds=_SECONDS)
        except AgentpkgError as error:
            return ": ".join([error.message, *_what_failed(error.details)])
    return None


def _what_failed(said: Sequence[str]) -> Sequence[str]:
    """Return the line of what git said that tells what failed: before it gives up, else the first that is an error."""
    gives_up = next((number for number, line in enumerate(said) if _GIVES_UP in line), 0)
    errors = [line for line in said if _ERROR.match(line)]
    return said[gives_up - 1 : gives_up] if gives_up else (errors or said)[:1]


def _distrust(remote: Remote) -> str | None:
    """Return why what is here of a registry is not to be believed, by its ledger and by who may sign it."""
    mirror = remote.mirror()
    try:
        head = mirror.head
        if head and remote.source.ref is None:
            check_seen(mirror, remote.ledger, remote.name, remote.folder)
            remote.check_commit(mirror, head)
    except AgentpkgError as error:
        return ": ".join([error.message, *error.details[:2]])
    return None
