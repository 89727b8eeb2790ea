"""Agents that were found in files of hosts: how they are told apart by name, and the bundles that they make."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

from agentpkg.canonical import write_agent
from agentpkg.errors import ContentRefused
from agentpkg.grants import Grants
from agentpkg.requirement import NAME
from agentpkg.text import escape
from agentpkg.values import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from agentpkg.agent import Agent
    from agentpkg.bundle import McpServer

T = TypeVar("T")
_LONGEST_DESCRIPTION = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One agent: the path of its file, the host that it was written for, what it says here, and what was lost.

    `servers` are the MCP servers that its file declares, `skills` the files of skills that go with it, by their path in
    a bundle. `digest` is of the file as it stands there.
    """

    path: str
    host: str
    agent: Agent
    notes: tuple[str, ...]
    servers: tuple[McpServer, ...] = ()
    skills: Mapping[str, bytes] = field(default_factory=dict)
    digest: str = ""


def name_apart(found: Iterable[Found]) -> dict[str, Found]:
    """Return agents by names that are theirs alone.

    Of several that want one name none gets it, unless they are the same: a name must never come to mean another file
    because one was added. They are told apart by the folders that they lie in, or by their hosts.
    """
    groups: dict[str, list[Found]] = {}
    for one in sorted(found, key=lambda one: one.path):
        groups.setdefault(one.agent.name, []).append(one)
    named: dict[str, Found] = {}
    for name, group in sorted(groups.items()):
        if all(one.agent == group[0].agent for one in group):
            named[name] = group[0]
            continue
        for one in group:
            own = _qualified(name, one, [other for other in group if other is not one])
            if own in groups or own in named:
                own = _marked(name, one)
            note = f"{escape(one.path)}: the name {name} is used more than once there; it is {own} here"
            named[own] = replace(one, agent=replace(one.agent, name=own), notes=(*one.notes, note))
    return named


def name_in_turn(found: Iterable[Found]) -> dict[str, Found]:
    """Return agents by names that are theirs alone: the first keeps a name, others get a folder, a host or a number.

    For what is read once; where files may come and go, `name_apart` is the way.
    """
    named: dict[str, Found] = {}
    for one in found:
        name = own = one.agent.name
        if name in named:
            own = _word_before(name, one, [named[name]]) or name
            number = 2
            while own in named:
                own = f"{name[:46].rstrip('-')}-{number}"
                number += 1
            note = f"{escape(one.path)}: the name {name} is taken by {escape(named[name].path)}; it is {own} here"
            one = replace(one, agent=replace(one.agent, name=own), notes=(*one.notes, note))  # noqa: PLW2901
        named[own] = one
    return named


def join_same(found: Iterable[Found]) -> list[Found]:
    """Return agents with those joined that are one agent, written for several hosts: each host keeps its own fields.

    They have the same name, texts and powers; a model counts as theirs if only some of them name it.
    """
    joined: list[Found] = []
    alike: dict[tuple[str, str, str], list[int]] = {}  # the places of those that say the same
    for one in found:
        places = alike.setdefault((one.agent.name, one.agent.description, one.agent.body), [])
        place = next((place for place in places if _same_powers(one, joined[place])), None)
        if place is None:
            places.append(len(joined))
            joined.append(one)
        else:
            joined[place] = _joined(joined[place], one)
    return joined


def _joined(there: Found, one: Found) -> Found:
    fields = {**one.agent.host_fields, **there.agent.host_fields}
    servers = {server.name: server for server in (*one.servers, *there.servers)}
    return replace(
        there,
        agent=replace(there.agent, host_fields=fields, model=there.agent.model or one.agent.model),
        servers=tuple(servers.values()),
        skills={**one.skills, **there.skills},
        notes=(*there.notes, *one.notes, f"{escape(one.path)}: the same agent as {escape(there.path)}: joined"),
    )


def _same_powers(one: Found, other: Found) -> bool:
    held, theirs = Grants.of(one.agent.tools), Grants.of(other.agent.tools)
    models = {one.agent.model, other.agent.model} - {None}
    mine = {server.name: server for server in one.servers}
    same = all(mine.get(server.name, server) == server for server in other.servers)
    same = same and all(other.skills.get(path, data) == data for path, data in one.skills.items())
    return len(models) <= 1 and same and not (held.beyond(theirs) or theirs.beyond(held))


def bundle_files(name: str, version: str, found: Sequence[Found]) -> dict[str, bytes]:
    """Return the files of a bundle that holds these agents."""
    import tomlkit

    only = found[0].agent.description if len(found) == 1 else f"Agents: {', '.join(one.agent.name for one in found)}."
    document: dict[str, object] = {"bundle": {"name": name, "version": version, "description": summary(only)}}
    servers = {name: _server_table(one) for name, one in _only(_servers(found), "MCP server").items()}
    if servers:
        document["mcp"] = servers
    files = {f"agents/{one.agent.name}.md": write_agent(one.agent).encode() for one in found}
    skills = _only(((one.path, path, data) for one in found for path, data in one.skills.items()), "file")
    return {"bundle.toml": tomlkit.dumps(document).encode(), **files, **skills}


def _servers(found: Iterable[Found]) -> Iterator[tuple[str, str, McpServer]]:
    return ((one.path, server.name, server) for one in found for server in one.servers)


def _only(named: Iterable[tuple[str, str, T]], what: str) -> dict[str, T]:
    """Return things by name; raise `ContentRefused` if two agents mean different things by one name."""
    things: dict[str, T] = {}
    for path, name, thing in named:
        if things.setdefault(name, thing) != thing:
            raise ContentRefused(
                f"{path} brings another {what} {name} than an agent before it", hint="make a bundle of each"
            )
    return things


def summary(description: str) -> str:
    """Return a description on one line, cut where it is long."""
    line = " ".join(description.split())
    return line if len(line) <= _LONGEST_DESCRIPTION else f"{line[: _LONGEST_DESCRIPTION - 1].rstrip()}…"


def _server_table(server: McpServer) -> dict[str, object]:
    table = {
        "command": server.command,
        "args": list(server.args),
        "env": list(server.env),
        "url": server.url,
        "headers": dict(server.headers),
    }
    return {key: value for key, value in table.items() if value}


def _qualified(name: str, one: Found, others: list[Found]) -> str:
    return _word_before(name, one, others) or _marked(name, one)


def _word_before(name: str, one: Found, others: list[Found]) -> str | None:
    """Return a name with a folder, or the host, before it that no other has; None if there is no such."""
    for word in (*reversed(one.path.split("/")[:-1]), one.host):
        plain = word.strip(".").lower()
        used = {part.strip(".").lower() for other in others for part in (*other.path.split("/"), other.host)}
        if plain not in used and NAME.match(f"{plain}-{name}") and len(plain) + len(name) < 50:
            return f"{plain}-{name}"
    return None


def _marked(name: str, one: Found) -> str:
    mark = hashlib.sha256(one.path.encode()).hexdigest()[:8]
    return f"{name[:41].rstrip('-')}-{mark}"
