"""The hosts of a project, and their clients here: which there are, how old, and whether they load its agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.doctor import Diagnosis, listed
from agentpkg.doctor.answers import find_version, version_key
from agentpkg.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentpkg.doctor import Level
    from agentpkg.hosts.base import Host


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a client answered when it was asked which agents it loads.

    `lost` are the agents that were put before it and that it does not load: by path, what it says about each, None
    where it says nothing. `stopped` is what it says where these files keep it from answering at all, `failure` where it
    does not answer without them either.
    """

    lost: Mapping[str, str | None] = field(default_factory=dict)
    stopped: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """A host of the project, and its client here.

    `place` is the program's path, None if there is none on the PATH; `inside` one that lies in the project and is not
    started. `version` is what it calls itself, None where it did not say. `agents` are the paths of agents that stand
    in the project for this host. `heard` is None where it was not asked.
    """

    host: Host
    place: str | None = None
    inside: str | None = None
    version: str | None = None
    agents: tuple[str, ...] = ()
    heard: Heard | None = None


def examine_presence(facts: Presence, *, started: bool) -> Iterator[Diagnosis]:
    """Yield what is so about one host of the project; `started` says whether its client was."""
    host, client = facts.host, facts.host.client
    if client is None:
        yield _of(host, "client", "note", "it has no program that could be looked for; look into it yourself")
    elif facts.place is None:
        yield from _of_missing(facts, client.command)
    elif not started:
        yield _of(host, "client", "note", f"{facts.place} was not started")
    else:
        yield _of_version(facts)
        yield from _of_answer(facts)
    if host.trust and facts.agents:
        yield _of(host, "folder-trust", "note", host.trust, "do so, or its agents are not there, and nothing says why")


def _of_missing(facts: Presence, command: str) -> Iterator[Diagnosis]:
    if facts.inside:
        told = f"the first {command} on the PATH is {facts.inside}, in the project itself, and was not started"
        remedy = "what is in a project should not stand on the PATH: it runs under your name"
        yield _of(facts.host, "inside", "warning", told, remedy)
    else:
        yield _of(facts.host, "client", "note", f"there is no {command} on the PATH")


def _of_version(facts: Presence) -> Diagnosis:
    known, found = find_version(facts.host.checked.partition(",")[2]), facts.version
    if found is None:
        return _of(facts.host, "version", "note", f"{facts.place} did not tell its version in time")
    if known and version_key(found) < version_key(known):
        told = f"version {found} is here; what is written for it was checked with {known}"
        return _of(facts.host, "version", "warning", told, "upgrade it: an older one may read the files in another way")
    return _of(facts.host, "version", "ok", f"version {found}")


def _of_answer(facts: Presence) -> Iterator[Diagnosis]:
    host, heard, number = facts.host, facts.heard, len(facts.agents)
    if not number:
        return
    if host.client is None or host.client.question is None:
        yield _of(host, "loads", "note", "it cannot be asked which agents it loads; look into it yourself")
    elif heard is None or heard.failure is not None:
        why = f": {heard.failure}" if heard and heard.failure else ""
        yield _of(host, "loads", "note", f"it was asked which agents it loads, and gave no answer{why}")
    elif heard.stopped is not None:
        remedy = "mend the file that it names, or take it away; agentpkg sync brings back what was written"
        yield _of(host, "stopped", "problem", f"it does not start with these files: {heard.stopped}", remedy)
    else:
        for path, reason in heard.lost.items():
            told = f"it does not load {path}" + (f": {reason}" if reason else "")
            remedy = "mend the file; deleting it and agentpkg sync brings back what was written"
            yield _of(host, "loads", "problem", told, remedy)
        if len(heard.lost) < number:
            loaded = number - len(heard.lost)
            yield _of(host, "loads", "ok", f"it loads {loaded} of {number} agent{'s' if number > 1 else ''}")


def examine_others(found: Mapping[str, str]) -> Iterator[Diagnosis]:
    """Yield one finding about clients on the PATH whose hosts the project does not name; `found` are places by host."""
    if found:
        told = f"also on the PATH, and not among the project's hosts: {listed(found, most=30)}"
        yield Diagnosis(group="hosts", code="others", level="ok", what=told)


def _of(host: Host, code: str, level: Level, what: str, remedy: str | None = None) -> Diagnosis:
    return Diagnosis(group="hosts", code=code, level=level, what=what, where=host.name, remedy=remedy)
