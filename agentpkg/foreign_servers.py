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
from agentpkg.restrictions import fold
from agentpkg.text import cut, cut_quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentpkg.foreign_tools import Tools
    from agentpkg.header import Header
    from agentpkg.hosts.base import Host, ServerShape

KEYS = ("mcpServers", "mcp-servers", "mcp_servers", "mcp")
_URLS = ("url", "httpUrl", "serverUrl")
_VARIABLE = re.compile(r"(?:\$\{(?:env:)?|\{env:|\$)(?P<name>[A-Za-z_]\w*)\}?\Z", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
_SILENT = frozenset(["type", "transport", "name"])  # said by what else stands there


def server_keys(host: Host) -> frozenset[str]:
    """Return the keys under which a header may declare servers, and not only name those whose tools it may use."""
    own = [host.servers.key] if host.servers else []
    return frozenset([*KEYS, *own]) - {getattr(host.tools, "servers", None)}


def read_servers(
    header: Mapping[str, Header], host: Host, tools: Tools, where: str, notes: list[str]
) -> tuple[McpServer, ...]:
    """Return the servers that a header declares, and note what of them cannot be carried."""
    servers: dict[str, McpServer] = {}
    for key in sorted(server_keys(host) & header.keys()):
        for name, value in _declared(header[key]):
            place = f"{where}: {key}.{_told(name)}"
            if not isinstance(value, dict):
                notes.append(f"{place} names a server that the file does not declare: it has to run anyhow")
            elif _text(value, "disabled") == "true" or _text(value, "enabled") == "false":
                notes.append(f"{place} is dropped: it is switched off")
            elif limit := _limit(name, value, tools):
                raise ContentRefused(
                    f"{place}.{limit} takes tools away in a way that cannot be carried",
                    hint="say it by the agent's own list of tools",
                )
            elif server := _read(name, value, _shape(host), place, notes):
                servers[name] = server
    return tuple(servers.values())


def _limit(server: str, table: Mapping[str, Header], tools: Tools) -> str | None:
    """Return the key by which a server gives fewer tools than the agent's list names of it, None if none does."""
    mine = None if tools is None else {tool.server_tool for tool in tools if tool.server == server}
    for key, value in sorted(table.items()):
        if not fold(key).endswith("tools"):
            continue
        names = {one for one in value if isinstance(one, str)} if isinstance(value, list) else {str(value)}
        if fold(key).startswith(("dis", "ex", "den", "block")):
            lost = bool(names) and (mine is None or "*" in mine or bool(mine & names) or "*" in names)
        else:
            lost = "*" not in names and (mine is None or bool(mine - names))
        if lost:
            return _told(key)
    return None


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
    if url is not None and table.get("command"):
        raise ContentRefused(
            f"{place} has a command and a URL, and nobody can say which one counts", hint="take one of them out"
        )
    if url is not None and re.match(r"[^/?#]*//[^/?#]*@", str(url)):
        raise ContentRefused(
            f"{place}: the URL holds credentials, which no bundle may",
            hint="take them out of the url, and name a variable in a header",
        )
    if not isinstance(table.get(headers, {}), dict):
        raise ContentRefused(f"{place}.{headers} is no table", hint="write it as a table of headers")
    if url is not None and _text(table, "type") == "sse":
        notes.append(f"{place}: type sse is read as http")
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
            raise ContentRefused(
                f"{place} holds something else than names of variables", hint="name variables, and never their values"
            )
        if sign:
            notes.append(f"{place}.{_told(name)}: its value is left out; set the variable where the host runs")
        names.append(name)
    return names


def _names(value: Header, place: str, notes: list[str], *, whole: bool) -> dict[str, str]:
    """Return the variable of each key: the one that its value refers to, else (unless `whole`) the key itself."""
    named: dict[str, str] = {}
    for key, text in value.items() if isinstance(value, dict) else ():
        if not whole and not _NAME.match(key):
            raise ContentRefused(
                f"{place} holds something else than names of variables", hint="name variables, and never their values"
            )
        match = _VARIABLE.match(text) if isinstance(text, str) else None
        if match and (whole or match["name"] == key):
            named[key] = match["name"]
        elif whole or match or (isinstance(text, str) and "$" in text):
            raise ContentRefused(
                f"{place}.{_told(key)} is more than one variable of that name", hint="name one variable"
            )
        else:
            notes.append(f"{place}.{_told(key)}: its value is left out; set the variable where the host runs")
            named[key] = key
    return named
