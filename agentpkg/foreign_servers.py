"""MCP servers that an agent file of some host declares, as a bundle would.

A bundle names variables and never holds their values, so a value that stands in the file is left out; a server that
cannot be told of by names alone is dropped. Both are noted, and neither value nor secret is in a note.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.bundle import McpServer, parse_server
from agentpkg.errors import ContentRefused
from agentpkg.fields import Fields
from agentpkg.text import cut, cut_quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentpkg.header import Header
    from agentpkg.hosts.base import Host, ServerShape

_KEYS = ("mcpServers", "mcp-servers", "mcp_servers", "mcp")
_URLS = ("url", "httpUrl", "serverUrl")
_VARIABLE = re.compile(r"(?:\$\{(?:env:)?|\{env:|\$)(?P<name>[A-Za-z_]\w*)\}?\Z", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
_SILENT = frozenset(["type", "transport", "name"])  # said by what else stands there


def server_keys(host: Host) -> frozenset[str]:
    """Return the keys under which a header may declare servers, and not only name those whose tools it may use."""
    own = [host.servers.key] if host.servers else []
    return frozenset([*_KEYS, *own]) - {getattr(host.tools, "servers", None)}


def read_servers(header: Mapping[str, Header], host: Host, where: str, notes: list[str]) -> tuple[McpServer, ...]:
    """Return the servers that a header declares, and note what of them cannot be carried."""
    servers: dict[str, McpServer] = {}
    for key in sorted(server_keys(host) & header.keys()):
        for name, value in _declared(header[key]):
            place = f"{where}: {key}.{_told(name)}"
            if not isinstance(value, dict):
                notes.append(f"{place} names a server that the file does not declare: it has to run anyhow")
            elif _text(value, "disabled") == "true" or _text(value, "enabled") == "false":
                notes.append(f"{place} is dropped: it is switched off")
            elif server := _read(name, value, _shape(host), place, notes):
                servers[name] = server
    return tuple(servers.values())


def _declared(value: Header) -> Iterator[tuple[str, Header]]:
    """Return the servers of a table, or of a list of names and tables with one server each."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            yield from one.items()
        elif one:
            yield str(one), ""


def _told(key: str) -> str:
    """Return a key as a note shows it; what is no plain word may be a value that slipped, and is not shown."""
    return cut(key) if re.fullmatch(r"[\w.-]+", key) else "…"


def _text(table: Mapping[str, Header], key: str) -> str:
    value = table.get(key)
    return value.strip().lower() if isinstance(value, str) else ""


def _shape(host: Host) -> ServerShape | None:
    return host.servers.shape if host.servers else host.settings.shape if host.settings else None


def _read(
    name: str, table: Mapping[str, Header], shape: ServerShape | None, place: str, notes: list[str]
) -> McpServer | None:
    try:
        fields, used = _fields(table, shape, place, notes)
        server = parse_server(name, Fields(fields, place))
    except ContentRefused as error:
        notes.append(f"{place} is dropped: {cut_quoted(error.message.removeprefix(f'{place}: '))}")
        return None
    notes += [f"{place}.{_told(key)} is dropped: a bundle has no place for it" for key in sorted(table.keys() - used)]
    return server


def _fields(
    table: Mapping[str, Header], shape: ServerShape | None, place: str, notes: list[str]
) -> tuple[dict[str, object], set[str]]:
    """Return a server's table as a `bundle.toml` has it, and the keys that it was made from."""
    env, headers = (shape.env, shape.headers) if shape else ("env", "headers")
    url = next((table[key] for key in _URLS if table.get(key)), None)
    used = {"command", "args", env, "env", headers, "headers", "enabled", "disabled", *_URLS, *_SILENT}
    if url is not None:
        named = _names(table.get(headers, table.get("headers", {})), f"{place}.{headers}", notes, whole=True)
        return {"url": url, **({"headers": named} if named else {})}, used
    command, args = table.get("command", ""), table.get("args", [])
    whole = [*(command if isinstance(command, list) else [command]), *(args if isinstance(args, list) else [args])]
    fields: dict[str, object] = {"command": whole[0] if whole else ""}
    if whole[1:]:
        fields["args"] = whole[1:]
    variables = table.get(env, table.get("env", {}))
    if isinstance(variables, list):
        fields["env"] = _listed(variables, f"{place}.{env}", notes)
    elif named := _names(variables, f"{place}.{env}", notes, whole=False):
        fields["env"] = [*named]
    return fields, used


def _listed(value: list[Header], place: str, notes: list[str]) -> list[str]:
    """Return the variables of a list of names, or of names with values."""
    names = []
    for one in value:
        name, sign, _ = one.partition("=") if isinstance(one, str) else ("", "", "")
        if not _NAME.match(name):
            raise ContentRefused(f"{place} holds something else than names of variables")
        if sign:
            notes.append(f"{place}.{name}: its value is left out; set the variable where the host runs")
        names.append(name)
    return names


def _names(value: Header, place: str, notes: list[str], *, whole: bool) -> dict[str, str]:
    """Return the variable of each key: the one that its value refers to, else (unless `whole`) the key itself."""
    named: dict[str, str] = {}
    for key, text in value.items() if isinstance(value, dict) else ():
        if not whole and not _NAME.match(key):
            raise ContentRefused(f"{place} holds something else than names of variables")
        match = _VARIABLE.match(text) if isinstance(text, str) else None
        if match and (whole or match["name"] == key):
            named[key] = match["name"]
        elif whole or match or (isinstance(text, str) and "$" in text):
            raise ContentRefused(f"{place}.{_told(key)} is more than one variable of that name")
        else:
            notes.append(f"{place}.{_told(key)}: its value is left out; set the variable where the host runs")
            named[key] = key
    return named
