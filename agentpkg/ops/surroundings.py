"""What stands around a project's agents, for `doctor`: hosts that read others' files, files of one name, settings."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentpkg.adoption import place_of
from agentpkg.doctor.project import Rival
from agentpkg.grants import Grants
from agentpkg.hosts import HOSTS
from agentpkg.ops.presence import Agent
from agentpkg.overlap import Placed, find_overlaps
from agentpkg.project import read_files
from agentpkg.render import Rendering
from agentpkg.survey import find_agent_files, read_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agentpkg.ops.session import Session
    from agentpkg.overlap import Overlap


def written_agents(session: Session) -> dict[str, tuple[Agent, ...]]:
    """Return the agents that stand in the project as somebody wrote them, by the host that they were written for."""
    paths = [path for path, locked in session.lock.files.items() if locked.item.startswith("agents/")]
    found: dict[str, list[Agent]] = {}
    for path, file in read_files(session.project.root, paths).items():
        place = place_of(path, HOSTS, user=session.project.user)
        if place and not file.odd and path in session.lock.files:
            found.setdefault(place[0], []).append(Agent(path=path, name=place[1], content=file.content))
    return {host: tuple(agents) for host, agents in found.items()}


def hosts_of(session: Session) -> tuple[str, ...]:
    """Return the hosts that a project names, and those that files are written for, in the order of the manifest."""
    return tuple(
        dict.fromkeys([*session.manifest.hosts, *sorted(name for name in session.lock.hosts if name in HOSTS)])
    )


def find_overlapping(session: Session, on_path: Iterable[str]) -> tuple[Overlap, ...]:
    """Return what hosts that are used here make of copies that were written for others, as far as the lock tells.

    `on_path` are the hosts whose clients are on this machine, whether or not the project names them.
    """
    lock, user = session.lock, session.project.user
    placed = []
    for path, locked in lock.files.items():
        place, bundle = place_of(path, HOSTS, user=user), lock.bundles.get(locked.bundle)
        if place and bundle and place[1] in bundle.grants:
            rendering = Rendering(agent=place[1], host=place[0], content=b"", notes=(), gained=())
            held = Grants(frozenset(bundle.grants[place[1]]))
            placed.append(Placed(bundle=locked.bundle, path=path, held=held, rendering=rendering))
    used = [HOSTS[name] for name in dict.fromkeys([*hosts_of(session), *on_path])]
    return find_overlaps(placed, used, user)


def find_rivals(session: Session) -> Iterator[Rival]:
    """Yield files of the home folder, and others of the project, that hosts read under the name of an agent of ours."""
    project = session.project
    others = [path for path in find_agent_files(project.root, user=project.user) if path not in session.lock.files]
    texts = read_texts(project.root, others)
    for name, agents in written_agents(session).items():
        host = HOSTS[name]
        folder = (host.user_agents if project.user else host.agents).partition("{name}")[0]
        for one in agents:
            below = host.user_agents.format(name=one.name)
            if not project.user and project.root != Path.home() and os.path.lexists(Path.home() / below):
                yield Rival(host=name, agent=one.name, path=below, user=True, wins=host.user_wins)
            named = re.compile(
                rf"(?m)^(?:{'|'.join(host.name_keys) or '(?!)'})\s*[:=]\s*[\"']?{re.escape(one.name)}[\"']?\s*$"
            )
            for path, text in texts.items():
                if path.startswith(folder) and named.search(text):
                    yield Rival(host=name, agent=one.name, path=path, user=False, wins=None)


def find_switches(session: Session) -> Iterator[tuple[str, str]]:
    """Yield settings of hosts that keep agents of the project from being loaded: where, and in words."""
    root, user = session.project.root, session.project.user
    for name, agents in written_agents(session).items():
        for switch in HOSTS[name].switches:
            places = [(switch.file, root)] if not user else []
            for file, base in (*places, (switch.user_file, Path.home())):
                table = _read_json(base, file) if file else None
                for agent in [one.name for one in agents] if "{name}" in switch.keys else ["any agent"]:
                    keys = [key.format(name=agent) for key in switch.keys]
                    if table is not None and _at(table, keys) is switch.off:
                        told = f"{name} does not load {agent}: {'.'.join(keys)} is {json.dumps(switch.off)}"
                        yield f"{'~/' if base != root else ''}{file}", told


def _read_json(base: Path, file: str) -> Any:
    try:
        return json.loads(read_texts(base, [file]).get(file, ""))
    except (ValueError, RecursionError):
        return None


def _at(value: Any, keys: list[str]) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
