"""Which tools an agent file of one host grants, as a list of tools here.

Never more than the host would give: what is not understood is left out, and noted; lists of what is taken away become
lists of what is left. None is every tool, and only where the file says nothing that takes any away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused
from agentpkg.foreign_names import denied_by, denied_servers, every_tool, is_own, read_name
from agentpkg.foreign_rules import granted, read_rules, read_switches
from agentpkg.grants import EVERYTHING, Tool, parse_tool
from agentpkg.hosts.base import PermissionMap, ReadonlySwitch, ToolList
from agentpkg.repair import split_names
from agentpkg.tolerant import is_nothing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.header import Header
    from agentpkg.hosts.base import Host, ToolControl

Tools = tuple[Tool, ...] | None
# Keys that list tools, where a host's own is not there, and keys that list what is taken away.
GIVEN = ("tools", "allowed-tools", "allowedTools")
TAKEN = ("disallowedTools", "disallowed-tools", "disabledTools", "disabled_tools")
_MOST_NAMES = 200


def read_tools(header: Mapping[str, Header], host: Host, where: str, notes: list[str]) -> Tools:
    """Return the tools that a header grants at `host`, None for every tool, and note what else it says of them.

    Raises `ContentRefused` naming `where` if it cannot be told.
    """
    control = host.tools
    tools = _read_given(header, control, where, notes)
    if isinstance(control, PermissionMap) and control.key in header:
        place = f"{where}: {control.key}"
        _refuse_nothing(header[control.key], place)
        rules = read_rules(header[control.key], control, place)
        tools = _both(tools, granted(rules, control, place, notes))
    if isinstance(control, ReadonlySwitch) and header.get(control.key) == "true":
        notes.append(f"{where}: {control.key} is read as the list of tools that it leaves")
        tools = _both(tools, tuple(Tool(one) for one in control.leaves))
    for key in TAKEN:
        if key in header and not is_nothing(header[key]):
            tools = _without(tools, header[key], control, f"{where}: {key}", notes)
    if isinstance(control, ToolList) and control.servers in header:
        tools = _with_servers(tools, header[control.servers or ""], f"{where}: {control.servers}", notes)
    return tools


def handled_keys(host: Host) -> set[str]:
    """Return the keys that `read_tools` reads for a host."""
    control = host.tools
    own = {getattr(control, name, None) for name in ("key", "switches", "servers")}
    return {*GIVEN, *TAKEN, *(key for key in own if key)}


def names_in(value: Header, place: str) -> list[str]:
    """Return the names in a list, or in a text that holds one; `place` is where it stands, for an error."""
    if isinstance(value, str):
        try:
            names = [] if is_nothing(value) else split_names(value)
        except ValueError as error:
            raise ContentRefused(
                f"{place}: {error}", hint="write a list of names; what an agent may do is never guessed"
            ) from None
    elif isinstance(value, list):
        names = [item.strip() for item in value if isinstance(item, str)]
    else:
        raise ContentRefused(f"{place} is a table, and the host reads a list", hint="write a list of names")
    if len(names) > _MOST_NAMES:
        raise ContentRefused(f"{place} holds more than {_MOST_NAMES} names")
    return names


def _read_given(header: Mapping[str, Header], control: ToolControl, where: str, notes: list[str]) -> Tools:
    """Return the tools that a header lists, None where it has no list."""
    own = control.key if isinstance(control, ToolList) else GIVEN[0]
    present = [key for key in dict.fromkeys((own, *GIVEN)) if key in header]
    notes += [f"{where}: {key} is dropped: {present[0]} is the list that counts" for key in present[1:]]
    if not present:
        return None
    key, place = present[0], f"{where}: {present[0]}"
    if key != own:
        notes.append(f"{place} is read as {own}")
    value = header[key]
    if isinstance(value, dict) and isinstance(control, PermissionMap) and key == control.switches:
        return granted(read_switches(value, control, place), control, place, notes)
    if is_nothing(value):
        if not (isinstance(control, ToolList) and control.nothing_is_none):
            _refuse_nothing(value, place)
        notes.append(f"{place} has no value: read as no tool")
        return ()
    if isinstance(control, PermissionMap):
        notes.append(f"{place} is no table, as the host wants it, and read as a list of names")
    return _read_list(names_in(value, place), control, place, notes)


def _refuse_nothing(value: Header, place: str) -> None:
    if is_nothing(value):
        raise ContentRefused(f"{place} has no value", hint="leave the key out for every tool, or write [] for none")


def _read_list(names: list[str], control: ToolControl, place: str, notes: list[str]) -> Tools:
    if EVERYTHING in names:
        if len(names) > 1:
            notes.append(f"{place} holds * among other names: read as every tool")
        return None
    tools: dict[Tool, None] = {}
    for name in names:
        try:
            found = read_name(name, control)
        except ValueError as error:
            notes.append(f"{place} drops a tool: {error}")
            continue
        if not is_own(name, control):
            notes.append(f"{place}: {name} is read as {', '.join(map(str, found))}")
        tools.update(dict.fromkeys(found))
    return tuple(tool for tool in tools if not tool.scope or Tool(tool.name) not in tools)


def _both(one: Tools, other: Tools) -> Tools:
    """Return the tools that both lists grant; what one limits to a scope stays within it."""
    if one is None or other is None:
        return other if one is None else one
    return tuple(dict.fromkeys([*_within(one, other), *_within(other, one)]))


def _within(tools: tuple[Tool, ...], others: tuple[Tool, ...]) -> list[Tool]:
    held = {*others}
    return [
        tool
        for tool in tools
        if tool in held or Tool(tool.name) in held or (tool.server and Tool(f"mcp:{tool.server}/*") in held)
    ]


def _without(tools: Tools, value: Header, control: ToolControl, place: str, notes: list[str]) -> Tools:
    """Return the tools that are left without those that `value` names, each taken away whole."""
    names = names_in(value, place)
    if not names:
        return tools
    if tools is None:
        notes.append(f"{place} is read as a list of the tools that it leaves; no MCP server's are among them")
        tools = tuple(Tool(one) for one in every_tool(control))
    for name in names:
        taken, server = denied_by(name, control), denied_servers(name, control)
        if not taken and not server:
            notes.append(f"{place} names no tool that is known here: {name}")
        if "(" in name:
            notes.append(f"{place}: {name} takes the whole tool away: there is no word for a part of it")
        tools = tuple(tool for tool in tools if tool.name not in taken and not (server and _meets(tool, server)))
    return tools


def _meets(tool: Tool, taken: Tool) -> bool:
    """Say whether a tool is one of a server's that are taken away, or stands for them among others."""
    if not tool.server or taken.server not in ("*", tool.server):
        return False
    return "*" in (taken.server_tool, tool.server_tool) or tool == taken


def _with_servers(tools: Tools, value: Header, place: str, notes: list[str]) -> Tools:
    """Return the tools with all of those of every MCP server that a list names."""
    if not isinstance(value, list):
        notes.append(f"{place} is dropped: a bundle declares its MCP servers")
        return tools
    more = []
    for name in value:
        try:
            more.append(parse_tool(f"mcp:{name}/*"))
        except ValueError:
            notes.append(f"{place}: a server is dropped: a bundle declares its MCP servers")
    return None if tools is None else tuple(dict.fromkeys([*tools, *more]))
