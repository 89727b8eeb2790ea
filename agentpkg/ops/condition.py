"""How a project stands, for `doctor`: gathered from its files, from git, and from what stands around it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from agentpkg.adoption import place_of
from agentpkg.doctor.project import Condition
from agentpkg.drift import State
from agentpkg.errors import AgentpkgError, ContentRefused
from agentpkg.files import CONFLICT_SUFFIX, file_of
from agentpkg.foreign_forms import read_agents
from agentpkg.grants import Grants
from agentpkg.hostfields import host_powers
from agentpkg.hosts import HOSTS
from agentpkg.ops.surroundings import find_overlapping, find_rivals, find_switches
from agentpkg.ops.sync import look
from agentpkg.project import read_files
from agentpkg.tracking import look_at_tracking

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agentpkg.drift import Drifted
    from agentpkg.hosts.base import Host
    from agentpkg.ops.session import Session
    from agentpkg.project import Project

_EDITED = frozenset([State.EDITED, State.KEPT, State.CONFLICT])


def look_at(project: Project, session: Session | None, unreadable: str | None, on_path: Iterable[str]) -> Condition:
    """Return how a project stands; `session` is None where manifest or lock cannot be read, or there is no manifest.

    `on_path` are the hosts whose clients are on this machine, whether or not the project names them.
    """
    lock = session.lock if session else None
    files: tuple[Drifted, ...] = ()
    unsettled = None
    if session:
        try:
            standing = look(session, trust=False)
        except AgentpkgError as error:
            unreadable = error.message
        else:
            files, unsettled = standing.files, standing.unsettled
        if session.lock_text is None and session.manifest.requirements:
            unsettled = f"there is no {project.lock}"
    state = (project.root / project.state).is_dir()
    paths = [project.manifest, project.lock, *sorted({file_of(path) for path in (lock.files if lock else ())})]
    return Condition(
        manifest=project.manifest,
        lock=project.lock,
        state=project.state,
        has_manifest=project.has_manifest,
        has_lock=bool(session and session.lock_text is not None),
        has_state=state,
        unreadable=unreadable,
        interrupted=project.interrupted,
        torn=bool(lock and lock.torn),
        unsettled=unsettled,
        files=files,
        tracked=None if project.user else look_at_tracking(project.root, paths, project.state),
        overlaps=find_overlapping(session, on_path) if session else (),
        widened=dict(_widened(session, files)) if session else {},
        rivals=tuple(find_rivals(session)) if session else (),
        off=tuple(find_switches(session)) if session else (),
        left=tuple(_left(session)) if session else (),
    )


def _widened(session: Session, files: Iterable[Drifted]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield edited agents with the powers that neither the lock approves nor what was written gives them.

    Where powers may widen, and nobody knows any more what was written, nothing is told.
    """
    edited = [file.path for file in files if file.state in _EDITED]
    store, bundles = session.store(), session.lock.bundles
    for path, file in read_files(session.project.root, edited).items():
        place, locked = place_of(path, HOSTS, user=session.project.user), session.lock.files.get(path)
        if not place or not locked or file.odd or locked.bundle not in bundles:
            continue
        host, held = HOSTS[place[0]], bundles[locked.bundle].grants.get(place[1], ())
        written = store.get(locked.base or locked.sha256)
        if written is None and session.manifest.settings_of(host.name).widening:
            continue
        approved = Grants(frozenset([*held, *(_powers(path, written, host) if written else ())]))
        more = Grants(frozenset(_powers(path, file.content, host))).beyond(approved)
        if more:
            yield path, more


def _powers(path: str, content: bytes, host: Host) -> tuple[str, ...]:
    """Return the powers of the agents in a file as its host gives them; none of one that nobody can read."""
    try:
        agents = read_agents(file_of(path), content, path, written_for=host.name).agents
    except ContentRefused:
        return ()
    return tuple(
        power
        for one in agents
        for power in Grants.of(
            one.agent.tools, (*host_powers(one.agent, host), *(server.power for server in one.servers))
        )
    )


def _left(session: Session) -> Iterator[str]:
    """Yield files that hold a newer version of another, whether or not that one still is in the lock."""
    folders = {file_of(path).rpartition("/")[0] for path in session.lock.files}
    for folder in sorted(folders):
        try:
            names = os.listdir(session.project.root / folder)
        except OSError:
            continue
        yield from sorted(f"{folder}/{name}" if folder else name for name in names if name.endswith(CONFLICT_SUFFIX))
