"""Which tools an agent file of one host grants, as a list of tools here.

Never more than the host would give: what is not understood is left out, and noted; lists of what is taken away become
lists of what is left. None is every tool, and only where the file says nothing that takes any away.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused
from agentpkg.foreign_names import denied_by, denied_servers, every_tool, goes_along, is_own, read_name
from agentpkg.foreign_rules import granted, read_rules, read_switches
from agentpkg.grants import EVERYTHING, Tool, parse_tool
from agentpkg.hosts.base import NoControl, PermissionMap, ReadonlySwitch, ToolList
from agentpkg.repair import split_names
from agentpkg.restrictions import GIVEN, TAKEN, fold
from agentpkg.text import cut, cut_quoted
from agentpkg.tolerant import is_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentpkg.header import Header
    from agentpkg.hosts.base import Host, ToolControl

Tools = tuple[Tool, ...] | None
_MOST_NAMES = 200
_LIMITING = re.compile("den(y|ied)|block|available|readonly", re.IGNORECASE)
_SWITCHES = {
    **dict.fromkeys(("true", "yes", "on", "y", "1"), True),
    **dict.fromkeys(("false", "no", "off", "n", "0"), False),
}


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
    for left in _switched(header, host, where, notes):
        tools = _both(tools, left)
    for name in _limited(header, control):
        tools = _without(tools, [name], control, f"{where}: {getattr(control, 'limited', '')}", notes)
    for key in TAKEN:
        if key in header and not is_nothing(header[key]):
            tools = _without(tools, header[key], control, f"{where}: {key}", notes)
    return _with_servers(tools, header, control, where, notes)


def _is_on(value: Header, place: str) -> bool:
    """Return a switch, by any of the words that YAML has for it; raise if it is neither on nor off."""
    if not (isinstance(value, str) and value.strip().lower() in _SWITCHES):
        raise ContentRefused(f"{place} is neither true nor false", hint="write true, or leave it out")
    return _SWITCHES[value.strip().lower()]


def _at(header: Mapping[str, Header], path: str) -> str:
    """Return the text at a key, or at one within tables with dots between them; empty where there is none."""
    value: Header = dict(header)
    for key in path.split("."):
        value = value.get(key, "") if isinstance(value, dict) else ""
    return value if isinstance(value, str) else ""


def _switched(header: Mapping[str, Header], host: Host, where: str, notes: list[str]) -> Iterator[Tools]:
    """Return the tools that each switch of a header leaves."""
    control = host.tools
    if isinstance(control, ReadonlySwitch) and _is_on(header.get(control.key, "false"), f"{where}: {control.key}"):
        notes.append(f"{where}: {control.key} is read as the list of tools that it leaves")
        yield tuple(Tool(one) for one in control.leaves)
    for said, left in host.meant.items():
        key, _, value = said.partition("=")
        if fold(_at(header, key)) == fold(value):
            notes.append(f"{where}: {key} {value} is read as the list of tools that its author means to leave")
            yield tuple(Tool(one) for one in left)


def _limited(header: Mapping[str, Header], control: ToolControl) -> Iterator[str]:
    """Return the names of tools that settings hold back for some inputs, of which there is no word here."""
    table = header.get(getattr(control, "limited", None) or "", {})
    for name, settings in table.items() if isinstance(table, dict) else ():
        if isinstance(settings, dict) and any(_LIMITING.search(key) for key in settings):
            yield name


def handled_keys(host: Host) -> set[str]:
    """Return the keys that `read_tools` reads for a host."""
    control = host.tools
    own = {getattr(control, name, None) for name in ("key", "switches", "servers", "limited")}
    meant = {said.partition("=")[0].partition(".")[0] for said in host.meant} - {spec.name for spec in host.fields}
    return {*GIVEN, *TAKEN, *meant, *(key for key in own if key)}


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
        raise ContentRefused(f"{place} holds more than {_MOST_NAMES} names", hint="leave out names that others cover")
    return names


def _read_given(header: Mapping[str, Header], control: ToolControl, where: str, notes: list[str]) -> Tools:
    """Return the tools that a header lists, None where it has no list."""
    own = control.key if isinstance(control, ToolList) else GIVEN[0]
    absent = control.absent if isinstance(control, ToolList) else "every tool"
    present = [key for key in dict.fromkeys((own, *GIVEN)) if key in header]
    if absent == "no tool" and own not in present:
        notes.append(f"{where}: there is no {own}, which means no tool there")
        return ()
    notes += [f"{where}: {key} is dropped: {present[0]} is the list that counts" for key in present[1:]]
    if not present:
        if absent == "nobody says":
            notes.append(f"{where}: there is no {own}: read as every tool, although nobody says what that means there")
        return None
    key, place = present[0], f"{where}: {present[0]}"
    if key != own:
        notes.append(f"{place} is read as {own}")
    value = header[key]
    if isinstance(value, dict) and isinstance(control, NoControl) and _all_on(value):
        notes.append(f"{place} is dropped: it is a table of settings, and the host holds nothing back by it")
        return None
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


def _all_on(table: dict[str, Header]) -> bool:
    return bool(table) and all(isinstance(value, dict) or value == "true" for value in table.values())


def _refuse_nothing(value: Header, place: str) -> None:
    if is_nothing(value):
        raise ContentRefused(f"{place} has no value", hint="leave the key out for every tool, or write [] for none")


def _read_list(names: list[str], control: ToolControl, place: str, notes: list[str]) -> Tools:
    if EVERYTHING in names:
        if len(names) > 1:
            notes.append(f"{place} holds * among other names: read as every tool")
        return None
    if isinstance(control, ToolList) and control.empty and {*names} == {*control.empty}:
        notes.append(f"{place} holds no power: read as no tool")
        return ()
    tools: dict[Tool, None] = {}
    for name in names:
        try:
            found = read_name(name, control)
        except ValueError as error:
            if not goes_along(name, names, control):
                notes.append(f"{place} drops a tool: {cut_quoted(str(error))}")
            continue
        if not is_own(name, control) and name not in map(str, found):
            notes.append(f"{place}: {cut(name)} is read as {cut(', '.join(map(str, found)))}")
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
    words = dict.fromkeys(word for one in names for word in _words(one))
    if len(words) > _MOST_NAMES:
        raise ContentRefused(f"{place} holds more than {_MOST_NAMES} names", hint="leave out names that others cover")
    for name in words:
        taken, server = denied_by(name, control), denied_servers(name, control)
        if not taken and not server:
            notes.append(f"{place} names no tool that is known here: {cut(name)}")
        if "(" in name:
            notes.append(f"{place}: {cut(name)} takes the whole tool away: there is no word for a part of it")
        tools = tuple(tool for tool in tools if tool.name not in taken and not (server and _meets(tool, server)))
    return tools


def _words(name: str) -> list[str]:
    """Return what stands in one place of a list, which some hosts split at commas and at blanks outside of scopes."""
    return re.findall(r"(?:[^\s,(]|\([^)]*\)?)+", name.strip("[]\"'"))


def _meets(tool: Tool, taken: Tool) -> bool:
    """Say whether a tool is one of a server's that are taken away, or stands for them among others."""
    if not tool.server or taken.server not in ("*", tool.server):
        return False
    return "*" in (taken.server_tool, tool.server_tool) or tool == taken


def _with_servers(
    tools: Tools, header: Mapping[str, Header], control: ToolControl, where: str, notes: list[str]
) -> Tools:
    """Return the tools with all of those of every MCP server that a list names, if the word for them stands there."""
    if not isinstance(control, ToolList) or control.servers is None:
        return tools
    word, place = control.mcp.one if control.mcp else None, f"{where}: {control.servers}"
    asked = word is None or word in names_in(header.get(control.key, []), f"{where}: {control.key}")
    value = header.get(control.servers)
    if value is None:
        if word and asked and tools is not None:
            notes.append(f"{where}: {word} is dropped: without {control.servers} it is every server's tools")
        return tools
    if not asked:
        notes.append(f"{place} is dropped: it counts only with {word} in {control.key}")
        return tools
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
