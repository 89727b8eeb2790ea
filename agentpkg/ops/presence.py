"""The hosts of a project on this machine: their clients, found, asked for a version, and asked what they load."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from agentpkg.clients import Program, ask_version, asked, find_program
from agentpkg.doctor.answers import find_reason, last_words, read_names
from agentpkg.doctor.hosts import Heard, Presence
from agentpkg.hosts import HOSTS
from agentpkg.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.hosts.base import Host
    from agentpkg.project import Project

_AT_ONCE = 4  # clients: most take a whole core while they start


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent that stands in a project for one host: where, what it is called, and its bytes."""

    path: str
    name: str
    content: bytes


class Asking:
    """Hosts whose clients are asked all at once, from the beginning of a context; with its end all of them are ended.

    `agents` stand in the project, by host. No client is started unless `start` says so. `others` are the places of
    clients whose hosts are not among `hosts`.
    """

    def __init__(
        self, hosts: tuple[str, ...], agents: Mapping[str, tuple[Agent, ...]], project: Project, *, start: bool
    ) -> None:
        self._agents = agents
        self._user = project.user
        self._start = start
        self._stop = Event()
        self._pool = ThreadPoolExecutor(max_workers=_AT_ONCE)
        inside = None if project.user or project.root.resolve() == Path.home().resolve() else project.root
        self._programs = {
            host.name: find_program(host.client.command, inside, self._stop) for host in HOSTS.values() if host.client
        }
        self.others = {
            name: one.place for name, one in self._programs.items() if name not in hosts and isinstance(one, Program)
        }
        self._waiting = [self._pool.submit(self._ask_host, name) for name in hosts]

    def __enter__(self) -> Asking:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all clients that still run."""
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)

    def presences(self) -> list[Presence]:
        """Return what is so about each host, once all clients have answered or had their time."""
        return [one.result() for one in self._waiting]

    def _ask_host(self, name: str) -> Presence:
        program, own = self._programs.get(name), self._agents.get(name, ())
        facts = Presence(
            host=HOSTS[name],
            place=program.place if isinstance(program, Program) else None,
            inside=program if isinstance(program, str) else None,
            agents=tuple(one.path for one in own),
        )
        if not self._start or not isinstance(program, Program):
            return facts
        heard = _ask(program, HOSTS[name], own, user=self._user)
        return replace(facts, version=ask_version(program), heard=heard)


def _ask(program: Program, host: Host, agents: tuple[Agent, ...], *, user: bool) -> Heard | None:
    """Return what a client says of these agents, None where it cannot be asked or there are none."""
    question = host.client.question if host.client else None
    if question is None or not agents:
        return None
    with asked(program, question, {one.path: one.content for one in agents}, user=user) as (answer, room):
        names = read_names(question, answer.out)
        if names is not None:
            said = f"{answer.err}\n{answer.log}"
            lost = {one.path: find_reason(one.path, said, room.folders) for one in agents if one.name not in names}
            return Heard(lost=lost)
        words = "it did not end in time" if answer.late else last_words(answer.err, room.folders)
    if answer.late:
        return Heard(failure=words)
    with asked(program, question, {}, user=user) as (answer, _):
        alone = read_names(question, answer.out)
    return Heard(failure=words) if alone is None else Heard(stopped=words)
