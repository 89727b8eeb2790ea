"""The agents of the suite as one host gets them: rendered by agentpkg, as it would for a project."""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from agentpkg.agent import Agent
from agentpkg.bundle import Bundle, parse_bundle
from agentpkg.errors import ContentRefused
from agentpkg.grants import EVERYTHING, Grants
from agentpkg.header import Header, read_header
from agentpkg.hosts import HOSTS
from agentpkg.hosts.base import Host
from agentpkg.manifest import HostSettings
from agentpkg.render import Rendering
from agentpkg.targets import Destination, Rendered, Selection, render_selections
from tests.conformance.cases import hard_cases
from tests.conformance.pins import ROOT
from tests.conformance.room import SECRET, Server

# What the project of the suite maps to models of its own, where it can: one tier and one id.
MAPPED = {
    "claude": {"fast": "claude-haiku-9-9", "house-model-7": "claude-house-7"},
    "copilot": {"fast": "gpt-5-mini", "house-model-7": "claude-sonnet-4.5"},
    "codex": {"fast": "gpt-5.4-mini", "house-model-7": "gpt-house-7"},
    "opencode": {"fast": "suite/small", "house-model-7": "suite/house"},
    "gemini": {"fast": "gemini-9-small", "house-model-7": "gemini-house-7"},
    "qwen": {"fast": "small-9", "house-model-7": "house-7"},
    "kilo": {"fast": "suite/small", "house-model-7": "suite/house"},
    "grok": {"fast": "small", "house-model-7": "house"},
    "auggie": {"fast": "small", "house-model-7": "house"},
    "droid": {"fast": "custom:small-0", "house-model-7": "custom:house-0"},
    "cline": {"fast": "small", "house-model-7": "house"},
    "openhands": {"fast": "small", "house-model-7": "house"},
    "deepagents": {"fast": "openai:small", "house-model-7": "openai:house"},
}
# Servers that the project has of itself, beside those that bundles bring.
OWN_SERVERS = (Server(name="ledger", tools=("read-entry", "write-entry")),)
SERVER_TOOLS = {
    "context7": ("resolve-library-id", "query-docs", "other-tool"),
    "catalog": ("find-table", "drop-table"),
    "shelf": ("find-book", "lend-book", "burn-book"),
    "garden": ("water-bed", "clear-bed"),
    "workshop": ("forge-nail", "melt-nail"),
    "almanac": ("moon-phase", "tide-table"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One agent of the suite as a host gets it: the author's agent, its grants, the rendering, and the files written.

    `refusal` is what agentpkg says where it does not write the agent unless the project lets its powers widen.
    """

    agent: Agent
    grants: Grants
    rendering: Rendering
    files: Mapping[str, bytes]
    refusal: str | None

    @property
    def unrestricted(self) -> bool:
        """Whether the agent may do all that the session may, so that no host can give it too much."""
        return self.grants.covers(EVERYTHING)

    @property
    def header(self) -> Mapping[str, Header]:
        """What stands above the prompt in the file, as its format has it."""
        return _split(self.rendering.content)[0]

    @property
    def body(self) -> str:
        """The prompt as it stands in the file."""
        return _split(self.rendering.content)[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """All agents of the suite for one host; `lost` are those that it cannot get at all, each with the reason."""

    host: str
    entries: Mapping[str, Entry]
    lost: Mapping[str, str]


def bundles() -> Iterator[Bundle]:
    """Yield every version of every bundle in the registry, those below the folder BUNDLES, and the hard cases."""
    for path in sorted((ROOT / "registry" / "bundles").glob("*/*/bundle.toml")):
        yield _read(path.parent)
    own = os.environ.get("CONFORMANCE_BUNDLES")
    if own:
        for path in sorted(Path(own).glob("*/bundle.toml")):
            yield _read(path.parent)
    yield hard_cases()


def _read(folder: Path) -> Bundle:
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return parse_bundle(files, folder.as_posix())


def _local(bundle: Bundle, remote: str) -> Bundle:
    """Return the bundle with its servers pointed at the suite's own; their names, and what they ask for, stay."""
    servers = {}
    for name, server in bundle.mcp.items():
        own = Server(name=name, tools=_tools_of(name), needs=server.env)
        command = own.command if server.env else [_script(own)]
        servers[name] = (
            replace(server, command=command[0], args=tuple(command[1:]))
            if server.command
            else replace(server, url=f"{remote}/{'+'.join(own.tools)}")
        )
    return replace(bundle, mcp=servers)


@cache
def _tools_of(server: str) -> tuple[str, ...]:
    """Return the tools that the suite's own server of a name has: for one of your bundles, those that agents name."""
    named = {tool for bundle in bundles() for agent in bundle.agents for tool in agent.tools or ()}
    known = {tool.server_tool for tool in named if tool.server == server} - {"*"}
    return SERVER_TOOLS.get(server) or tuple(sorted(known)) or ("look-up",)


@cache
def _script(server: Server) -> str:
    """Return a file that starts the server without an argument: some hosts mind where there are none."""
    file = ROOT / ".venv" / "servers" / server.name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\nexec {shlex.join(server.command)}\n")
    file.chmod(0o755)
    return str(file)


@cache
def suite_for(host: str, remote: str) -> Suite:
    """Return the suite for a host as agentpkg knows it; `remote` is where its MCP servers by HTTP are."""
    return render_suite(HOSTS[host], remote)


def render_suite(host: Host, remote: str, only: Container[str] | None = None) -> Suite:
    """Return the suite for a host, or the agents called `only`.

    Every agent is rendered by itself, so that one that is refused stops no other.
    """
    entries: dict[str, Entry] = {}
    lost: dict[str, str] = {}
    for bundle in (_local(one, remote) for one in bundles()):
        for agent in bundle.agents:
            name = agent.name if bundle.name == "hard-cases" else f"{agent.name}-{re.sub('[.]', '-', bundle.version)}"
            if only is not None and name not in only:
                continue
            try:
                entries[name] = _render(host, bundle, agent, name)
            except ContentRefused as error:
                lost[name] = "\n".join([error.message, *error.details])
    return Suite(host=host.name, entries=entries, lost=lost)


def _render(host: Host, bundle: Bundle, agent: Agent, name: str) -> Entry:
    """Return an agent as a project gets it; where powers would widen, as one that allows that gets it."""
    chosen = Selection(
        id=bundle.name, bundle=bundle, hosts=(host.name,), agents=(agent.name,), renames={agent.name: name}
    )
    refusal = None
    try:
        rendered = _render_with(chosen, host, widening=False)
    except ContentRefused as error:
        refusal = "\n".join([error.message, *error.details])
        rendered = _render_with(chosen, host, widening=True)
    return Entry(
        agent=replace(agent, name=name),
        grants=rendered.grants[bundle.name][name],
        rendering=rendered.placed[0].rendering,
        files={path: target.content for path, target in rendered.targets.items()},
        refusal=refusal,
    )


def _render_with(chosen: Selection, host: Host, *, widening: bool) -> Rendered:
    settings = {host.name: HostSettings(models=MAPPED.get(host.name, {}), widening=widening)}
    return render_selections([chosen], Destination(hosts={host.name: host}, settings=settings, user=False))


def servers_of_suite() -> tuple[Server, ...]:
    """Return every server that exists: the project's own, and those that bundles bring."""
    brought = {server.name: server for bundle in bundles() for server in bundle.mcp.values()}
    return (
        *OWN_SERVERS,
        *(Server(name=name, tools=_tools_of(name), needs=one.env) for name, one in sorted(brought.items())),
    )


def servers_to_add(suite: Suite) -> tuple[Server, ...]:
    """Return the servers that go into the host's own settings.

    They are the project's, those that renderings ask for, and those that an agent names and its bundle does not bring.
    """
    notes = [note for entry in suite.entries.values() for note in entry.rendering.notes if note.field == "mcp"]
    said = " ".join(note.detail for note in notes)
    wanted = {one.name for one in OWN_SERVERS} | {name for entry in suite.entries.values() for name in _alone(entry)}
    return tuple(
        one for one in servers_of_suite() if one.name in wanted or re.search(rf"(?<![\w-]){one.name}(?![\w-])", said)
    )


def _alone(entry: Entry) -> set[str]:
    """Return the servers whose tools an agent names, and which its bundle does not bring."""
    named = {tool.server for tool in entry.agent.tools or () if tool.server}
    return named - {
        power.split()[0].removeprefix("mcp-server:") for power in entry.grants if power.startswith("mcp-server:")
    }


def variables_of_suite() -> dict[str, str]:
    """Return the environment variables that servers of the suite ask for, each with a value that is no secret."""
    servers = [server for bundle in bundles() for server in bundle.mcp.values()]
    names = {name for one in servers for name in (*one.env, *one.headers.values())}
    return dict.fromkeys(sorted(names), SECRET)


def _split(content: bytes) -> tuple[Mapping[str, Header], str]:
    text = content.decode()
    if text.startswith("---\n"):
        header, body = read_header(text, "the rendered file")
        return header, body
    table = tomllib.loads(text)
    return table, table.pop(next(key for key in ("developer_instructions", "instructions") if key in table))
