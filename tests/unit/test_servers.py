"""MCP servers: spelled as each host reads them, never with a secret, and never for an agent that must not have them."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from agentpkg.bundle import McpServer
from agentpkg.grants import Grants
from agentpkg.hosts.base import ServerDeclaration, ServerSettings, ServerShape
from agentpkg.losses import Fidelity, Note
from agentpkg.servers import carry_servers, spell_server
from tests.unit.builders import PLAIN_HOST, an_agent, held_by

if TYPE_CHECKING:
    from agentpkg.hosts.base import Host, Value

BARE = McpServer(name="own", command="npx", headers={})
FULL = McpServer(name="own", command="npx", args=("-y", "own"), env=("TOKEN", "USER"), headers={})
REMOTE = McpServer(name="own", url="https://own.example/mcp", headers={})
SECRET = replace(REMOTE, headers={"Authorization": "TOKEN"})
URL = "https://own.example/mcp"


@pytest.mark.parametrize(
    ("server", "shape", "table"),
    [
        (BARE, ServerShape(), {"command": "npx", "args": []}),
        (BARE, ServerShape(stdio={"type": "local"}), {"type": "local", "command": "npx", "args": []}),
        (BARE, ServerShape(joined=True), {"command": ["npx"]}),
        (
            FULL,
            ServerShape(reference="${{{name}}}"),
            {"command": "npx", "args": ["-y", "own"], "env": {"TOKEN": "${TOKEN}", "USER": "${USER}"}},
        ),
        (
            FULL,
            ServerShape(joined=True, env="environment", reference="{{env:{name}}}"),
            {"command": ["npx", "-y", "own"], "environment": {"TOKEN": "{env:TOKEN}", "USER": "{env:USER}"}},
        ),
        (
            FULL,
            ServerShape(env="env_vars", by_name=True),
            {"command": "npx", "args": ["-y", "own"], "env_vars": ["TOKEN", "USER"]},
        ),
        (FULL, ServerShape(inherits=True), {"command": "npx", "args": ["-y", "own"]}),
        (REMOTE, ServerShape(remote={"type": "http"}), {"type": "http", "url": URL}),
        (REMOTE, ServerShape(stdio={"type": "local"}, url="serverUrl"), {"serverUrl": URL}),
        (SECRET, ServerShape(reference="${name}"), {"url": URL, "headers": {"Authorization": "$TOKEN"}}),
        (
            SECRET,
            ServerShape(headers="env_http_headers", by_name=True),
            {"url": URL, "env_http_headers": {"Authorization": "TOKEN"}},
        ),
    ],
)
def test_a_server_is_spelled_as_the_host_reads_it(
    server: McpServer, shape: ServerShape, table: dict[str, Value]
) -> None:
    spelled = spell_server(server, shape)
    assert spelled == table
    assert list(spelled or ()) == list(table)


@pytest.mark.parametrize(
    ("server", "shape"), [(FULL, ServerShape()), (SECRET, ServerShape()), (SECRET, ServerShape(inherits=True))]
)
def test_a_server_that_needs_a_variable_is_not_spelled_where_none_can_be_referred_to(
    server: McpServer, shape: ServerShape
) -> None:
    assert spell_server(server, shape) is None


# Declared in the agent's file

SHAPE = ServerShape(reference="${name}")
TABLE = ServerDeclaration(key="servers", shape=SHAPE)
ONLY = replace(TABLE, only="tools", all=("*",))
EVERY_TOOL = Grants.of(None)


def declared(declaration: ServerDeclaration | None, *servers: McpServer, held: Grants = EVERY_TOOL) -> object:
    """Return what the header holds for the servers, None where nothing is declared."""
    header, notes = carry_servers(servers, held, replace(PLAIN_HOST, servers=declaration))
    assert len(notes) == len(servers) - len(header.get("servers", {}))  # type: ignore[arg-type]
    assert all((note.field, note.fidelity) == ("mcp", Fidelity.APPROXIMATED) for note in notes)
    return header.get("servers")


def holds(*tools: str) -> Grants:
    return held_by(an_agent(*tools))


def test_servers_are_declared_as_a_table_or_as_a_list_of_tables() -> None:
    more = replace(REMOTE, name="more")
    own_table, more_table = {"command": "npx", "args": []}, {"url": URL}
    assert declared(TABLE, BARE, more) == {"own": own_table, "more": more_table}
    assert declared(replace(TABLE, listed=True), BARE, more) == [{"own": own_table}, {"more": more_table}]


def test_a_host_that_takes_no_servers_in_an_agents_file_is_declared_none() -> None:
    assert declared(None, BARE, SECRET) is None


def test_a_server_that_cannot_be_spelled_is_not_declared_and_others_are() -> None:
    declaration = replace(TABLE, shape=ServerShape())
    assert declared(declaration, replace(FULL, name="more"), BARE) == {"own": {"command": "npx", "args": []}}
    assert declared(declaration, FULL) is None


@pytest.mark.parametrize(
    ("held", "table"),
    [
        (holds("mcp:own/*"), {"command": "npx", "args": [], "tools": ["*"]}),
        (holds("shell"), {"command": "npx", "args": [], "tools": ["*"]}),
        (EVERY_TOOL, {"command": "npx", "args": [], "tools": ["*"]}),
        (
            holds("mcp:own/query", "mcp:own/get", "mcp:other/put"),
            {"command": "npx", "args": [], "tools": ["get", "query"]},
        ),
    ],
)
def test_a_declared_server_gives_the_tools_that_the_agent_holds(held: Grants, table: dict[str, Value]) -> None:
    assert declared(ONLY, BARE, held=held) == {"own": table}


def test_where_an_absent_list_is_every_tool_none_is_written_for_it() -> None:
    assert declared(replace(ONLY, all=()), BARE, held=holds("mcp:own/*")) == {"own": {"command": "npx", "args": []}}
    assert declared(replace(ONLY, all=()), BARE, held=holds("mcp:own/query")) == {
        "own": {"command": "npx", "args": [], "tools": ["query"]}
    }


@pytest.mark.parametrize("held", [holds("mcp:own/query"), holds("read"), holds("mcp:owner/*"), holds()])
def test_a_server_is_not_declared_where_the_agent_would_get_tools_beyond_its_own(held: Grants) -> None:
    assert declared(TABLE, BARE, held=held) is None


def test_a_server_may_be_declared_whole_where_the_agents_own_list_limits_it() -> None:
    assert declared(replace(TABLE, filtered=True), BARE, held=holds("mcp:own/query")) == {
        "own": {"command": "npx", "args": []}
    }


@pytest.mark.parametrize("declaration", [ONLY, replace(ONLY, all=())])
def test_an_agent_that_holds_no_tool_of_a_server_is_not_given_all_of_them(declaration: ServerDeclaration) -> None:
    """An absent list of tools is every tool, and nobody knows what an empty one is."""
    for held in (holds("read"), holds()):
        assert declared(declaration, BARE, held=held) is None


# Told to be added by hand


def advice(server: McpServer, settings: ServerSettings | None) -> str:
    host: Host = replace(PLAIN_HOST, settings=settings)
    header, (note,) = carry_servers([server], EVERY_TOOL, host)
    assert header == {}
    assert note == Note("mcp", Fidelity.APPROXIMATED, note.detail)
    assert "\n" not in note.detail
    return note.detail


JSON = ServerSettings(file=".inn/mcp.json", key="mcpServers", shape=SHAPE)


def test_what_to_add_is_told_as_it_is_written_in_json() -> None:
    told = advice(replace(FULL, name='o"wn', args=("é",)), JSON)
    assert told == (
        'add to the project\'s .inn/mcp.json, under "mcpServers": '
        '"o\\"wn": {"command": "npx", "args": ["é"], "env": {"TOKEN": "$TOKEN", "USER": "$USER"}}'
    )
    line = told.partition(": ")[2]
    assert json.loads(f"{{{line}}}") == {'o"wn': spell_server(replace(FULL, args=("é",)), SHAPE)}


@pytest.mark.parametrize("name", ["own", "o.w"])
def test_what_to_add_is_told_as_it_is_written_in_toml(name: str) -> None:
    shape = ServerShape(env="env_vars", headers="env_http_headers", by_name=True)
    settings = ServerSettings(file=".inn/config.toml", key="mcp_servers", form="toml", shape=shape)
    for server in (FULL, SECRET, BARE):
        told = advice(replace(server, name=name), settings)
        file, _, line = told.partition(": ")
        assert file == "add to the project's .inn/config.toml"
        assert tomllib.loads(line) == {"mcp_servers": {name: spell_server(server, shape)}}
    assert advice(FULL, settings) == (
        "add to the project's .inn/config.toml: "
        'mcp_servers.own = { command = "npx", args = ["-y", "own"], env_vars = ["TOKEN", "USER"] }'
    )


@pytest.mark.parametrize("settings", [None, replace(JSON, shape=ServerShape())])
def test_where_the_settings_are_not_known_or_take_no_variable_the_server_is_told_in_words(
    settings: ServerSettings | None,
) -> None:
    assert advice(FULL, settings) == "add to the host's own settings: own npx -y own (env TOKEN, USER)"
    assert advice(SECRET, settings) == f"add to the host's own settings: own {URL} (env TOKEN)"


def test_no_secret_is_ever_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "s3cret")
    host = replace(PLAIN_HOST, servers=TABLE, settings=JSON)
    assert "s3cret" not in repr(carry_servers([FULL, SECRET], EVERY_TOOL, host))
    assert "s3cret" not in repr(carry_servers([FULL, SECRET], holds(), host))
