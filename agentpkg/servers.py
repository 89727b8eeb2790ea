"""MCP servers that a bundle brings: declared in the agent's file where the host takes them there, else told of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agentpkg import emit
from agentpkg.losses import Fidelity, Note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentpkg.bundle import McpServer
    from agentpkg.grants import Grants
    from agentpkg.hosts.base import Host, ServerDeclaration, ServerSettings, ServerShape, Value


def carry_servers(servers: Iterable[McpServer], held: Grants, host: Host) -> tuple[dict[str, Value], list[Note]]:
    """Return the header keys that declare `servers` for an agent that holds `held`, and notes on those left out.

    A server is declared only where the agent then gets no tool of it beyond `held`.
    """
    tables: dict[str, Value] = {}
    notes = []
    for server in servers:
        table = _declare(server, held, host.servers) if host.servers else None
        if table is None:
            notes.append(Note("mcp", Fidelity.APPROXIMATED, _advice(server, host.settings)))
        else:
            tables[server.name] = table
    if host.servers is None or not tables:
        return {}, notes
    listed: list[Value] = [{name: table} for name, table in tables.items()]
    return {host.servers.key: listed if host.servers.listed else tables}, notes


def _declare(server: McpServer, held: Grants, declaration: ServerDeclaration) -> dict[str, Value] | None:
    table = spell_server(server, declaration.shape)
    whole = held.covers(f"mcp:{server.name}/*")
    named = [power.partition("/")[2] for power in held if power.startswith(f"mcp:{server.name}/")]
    if table is None or not (whole or declaration.filtered or (declaration.only and named)):
        return None  # a list of tools that is left out, or empty, may be every tool
    only: list[Value] = [*(declaration.all if whole else named)]
    return {**table, declaration.only: only} if declaration.only and only else table


def spell_server(server: McpServer, shape: ServerShape) -> dict[str, Value] | None:
    """Return the table that tells a host of one server, None if the host cannot refer to a variable that it needs.

    Variables are referred to and never written out.
    """
    needed = dict(server.headers) if server.url else {} if shape.inherits else {name: name for name in server.env}
    reference = "{name}" if shape.by_name else shape.reference
    if needed and reference is None:
        return None
    values: dict[str, Value] = {key: (reference or "").format(name=name) for key, name in needed.items()}
    if server.url:
        return {**shape.remote, shape.url: server.url, **({shape.headers: values} if values else {})}
    command: dict[str, Value] = {"command": server.command or ""}
    if shape.joined:
        command = {"command": [server.command or "", *server.args]}
    else:
        command["args"] = [*server.args]  # also where there are none: without the key, a host rejects the agent
    if values:
        command[shape.env] = [*values] if shape.by_name else values
    return {**shape.stdio, **command}


def _advice(server: McpServer, settings: ServerSettings | None) -> str:
    """Return what the user has to add to the host's own settings, on one line, as it is written there."""
    table = spell_server(server, settings.shape) if settings else None
    if settings is None or table is None:
        return f"add to the host's own settings: {server.power[len('mcp-server:') :]}"
    place = settings.file if settings.file.startswith("~") else f"the project's {settings.file}"
    if settings.form == "toml":
        line = f"{settings.key}.{emit.toml_key(server.name)} = {emit.inline_toml(table)}"
        return f"add to {place}: {line}"
    line = f"{json.dumps(server.name)}: {json.dumps(table, ensure_ascii=False)}"
    return f"add to {place}, under {json.dumps(settings.key)}: {line}"
