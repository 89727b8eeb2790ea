"""Carrying a tool list to a host: under which names, and what is lost or gained on the way."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from agentpkg.grants import EVERYTHING, POWERLESS, Grants, Tool, name_powers
from agentpkg.hosts.base import NoControl, PermissionMap, ReadonlySwitch, ToolList
from agentpkg.losses import Fidelity, Note
from agentpkg.values import dataclass, field

if TYPE_CHECKING:
    from agentpkg.hosts.base import Host, ToolRow, Value


@dataclass(slots=True)
class Carried:
    """What becomes of a tool list: keys for the header, notes, and powers gained."""

    header: dict[str, Value] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    gained: set[str] = field(default_factory=set)

    def note(self, fidelity: Fidelity, detail: str, about: str = "tools") -> None:
        """Note a loss."""
        self.notes.append(Note(about, fidelity, detail))


def carry_tools(tools: tuple[Tool, ...] | None, held: Grants, host: Host, widening: bool) -> Carried:
    """Return what becomes of `tools`, of an agent that holds `held`, at `host`.

    Where the host cannot hold a restriction, `gained` tells the powers; with `widening` a tool may also be written
    under names that give more than it does.
    """
    carried = Carried()
    if tools is None:
        if isinstance(host.tools, ToolList) and host.tools.every:
            _write_list(list(host.tools.every), held, host.tools, carried)
            if host.tools.every != ("*",):
                carried.note(Fidelity.APPROXIMATED, "the host has no word for every tool: those known are named")
        return carried
    match host.tools:
        case NoControl():
            _carry_nothing(held, carried)
        case ReadonlySwitch():
            _carry_switch(tools, held, host.tools, carried)
        case ToolList() | PermissionMap():
            _carry_names(tools, held, host.tools, widening, carried)
            _note_always(held, host.tools, carried)
    return carried


def _note_always(held: Grants, control: ToolList | PermissionMap, carried: Carried) -> None:
    gained = Grants(frozenset(control.always)).beyond(held)
    if gained:
        carried.gained.update(gained)
        carried.note(Fidelity.WIDENED, f"every agent has {name_powers(gained)} there, whatever its list says")


def _carry_nothing(held: Grants, carried: Carried) -> None:
    if held.covers(EVERYTHING):
        carried.note(Fidelity.APPROXIMATED, "no tool list: the agent has the session's tools")
    else:
        carried.gained.add(EVERYTHING)
        carried.note(Fidelity.WIDENED, "no tool list: the agent has all of the session's tools")


def _carry_switch(tools: tuple[Tool, ...], held: Grants, control: ReadonlySwitch, carried: Carried) -> None:
    if held.covers(EVERYTHING):
        _carry_nothing(held, carried)
        return
    if any(held.covers(power) for power in ("edit", "notebook-edit")) or any(tool.name == "shell" for tool in tools):
        _carry_nothing(held, carried)
        return
    carried.header[control.key] = True
    if control.and_also:
        carried.note(Fidelity.APPROXIMATED, f"{control.key} leaves {control.and_also}")
    gained = Grants(frozenset(control.leaves)).beyond(held)
    carried.gained.update(gained)
    if gained:
        carried.note(Fidelity.WIDENED, f"{control.key} still leaves {', '.join(gained)}")
    lost = [str(tool) for tool in tools if tool.name not in control.leaves and tool.name not in POWERLESS]
    if lost:
        carried.note(Fidelity.NARROWED, f"{control.key} takes away {', '.join(lost)}")


def _carry_names(
    tools: tuple[Tool, ...],
    held: Grants,
    control: ToolList | PermissionMap,
    widening: bool,
    carried: Carried,
) -> None:
    rules: dict[str, Value] = {}
    own = [tool for tool in tools if not tool.server]
    whole = {tool.name for tool in own if not tool.scope or held.covers(tool.name)}  # by what else the agent holds
    reached = _write_rows(whole, held, control.rows, rules)
    lost = [tool for tool in own if tool.name not in reached and not _write_scope(tool, held, control, rules, carried)]
    lost += _write_servers([tool for tool in tools if tool.server], held, control, rules, carried)
    kept = [tool for tool in lost if widening and _write_wider(tool, held, control.rows, rules, carried)]
    dropped = [str(tool) for tool in lost if tool not in kept]
    if dropped:
        ending = "" if rules or any(carried.header.values()) else "; no tool is left"
        carried.note(Fidelity.NARROWED, f"no tool for {', '.join(dropped)}{ending}")
    if isinstance(control, PermissionMap):
        carried.header[control.key] = {**control.base, **rules}
    else:
        _write_list(list(rules), held, control, carried)


def _write_servers(
    tools: list[Tool], held: Grants, control: ToolList | PermissionMap, rules: dict[str, Value], carried: Carried
) -> list[Tool]:
    """Write the tools of MCP servers, and what stands beside a list; return those that could not be written."""
    listed = isinstance(control, ToolList) and control.servers is not None
    if isinstance(control, ToolList):
        carried.header.update(control.beside)
        if control.servers:
            tools = _by_server(tools, held)
            carried.header[control.servers] = [tool.server or "" for tool in tools if tool.server_tool == "*"]
    missing = [tool for tool in tools if not _write_server_tool(tool, control, rules)]
    _note_loose([tool for tool in tools if tool not in missing], control, carried)
    return [tool for tool in missing if not (listed and tool.server_tool == "*")]


def _by_server(tools: list[Tool], held: Grants) -> list[Tool]:
    """Return the tools, with one for all of a server where the agent may use all of it."""
    whole = {tool: Tool(f"mcp:{tool.server}/*") for tool in tools}
    return list(dict.fromkeys(one if held.covers(one.name) else tool for tool, one in whole.items()))


def _write_list(names: list[str], held: Grants, control: ToolList, carried: Carried) -> None:
    if not names and control.empty is None:
        if not held.covers(EVERYTHING):
            carried.gained.add(EVERYTHING)
        fidelity = Fidelity.WIDENED if carried.gained else Fidelity.APPROXIMATED
        carried.note(fidelity, "the host cannot be told that an agent has no tool: it has all of the session's")
        return
    names = names or list(control.empty or ())
    carried.header[control.key] = ", ".join(names) if control.joined else [*names]


def _note_loose(written: list[Tool], control: ToolList | PermissionMap, carried: Carried) -> None:
    loose = [str(tool) for tool in written if control.mcp and control.mcp.loose and tool.server_tool == "*"]
    if loose:
        carried.note(
            Fidelity.APPROXIMATED, f"{', '.join(loose)} also matches servers whose names begin with that", "mcp"
        )


def _write_rows(wanted: set[str], held: Grants, rows: tuple[ToolRow, ...], rules: dict[str, Value]) -> set[str]:
    """Write every row that carries a wanted tool and gives nothing beyond `held`; return the tools reached."""
    reached: set[str] = set()
    for row in rows:
        if (wanted - reached).intersection(row.gives) and all(held.covers(power) for power in row.gives):
            rules.update(dict.fromkeys(row.names, row.rule))
            reached.update(row.gives)
    return reached


def _write_scope(
    tool: Tool, held: Grants, control: ToolList | PermissionMap, rules: dict[str, Value], carried: Carried
) -> bool:
    if not tool.scope or not isinstance(control, PermissionMap):
        return False
    for row in control.rows:
        if row.scoped and tool.name in row.gives and all(held.covers(f"{give}({tool.scope})") for give in row.gives):
            usual = row.rule if isinstance(row.rule, dict) else {}
            # What is asked about without a scope cannot be asked about within one alone, so it is closed.
            closed = [one for one, rule in usual.items() if rule != "allow" and not fnmatchcase(tool.scope, one)]
            for name in row.names:
                rule = rules.setdefault(name, {"*": control.deny})
                if isinstance(rule, dict):
                    rule[tool.scope] = "allow"
                    for pattern in closed:
                        rule.pop(pattern, None)  # last again: the last rule that matches holds
                        rule[pattern] = control.deny
            lost = [one for one in closed if usual[one] != control.deny]
            if lost:
                carried.note(Fidelity.NARROWED, f"{tool} is without {', '.join(lost)}")
            return True
    return False


def _write_server_tool(tool: Tool, control: ToolList | PermissionMap, rules: dict[str, Value]) -> bool:
    names, server, name = control.mcp, tool.server or "", tool.server_tool
    if names is None:
        return False
    if names.ambiguous and re.search(names.ambiguous, f"{server} {name}"):
        return False
    template = names.every if name == "*" else names.one
    if template is None or (name == "*" and names.no_wildcard and re.search(names.no_wildcard, server)):
        return False
    if names.unsafe:
        server, name = re.sub(names.unsafe, "_", server), re.sub(names.unsafe, "_", name)
    spelled = template.format(server=server, tool=name)
    if (names.longest and len(spelled) > names.longest) or _is_own(spelled, control):
        return False
    rules[spelled] = "allow"
    return True


def _is_own(spelled: str, control: ToolList | PermissionMap) -> bool:
    """Say whether the host would take the name of a server's tool for tools of its own."""
    own = [name for row in control.rows for name in row.names]
    own += control.base if isinstance(control, PermissionMap) else ()
    words = {word for name in own for word in (name, name.partition("/")[0])}
    return any(fnmatchcase(word, spelled) for word in words - {"*"}) or spelled.partition("/")[0] in words


def _write_wider(
    tool: Tool, held: Grants, rows: tuple[ToolRow, ...], rules: dict[str, Value], carried: Carried
) -> bool:
    """Write a tool under names that give more than the agent holds, because the project allows it."""
    for row in rows:
        if row.names and tool.name in row.gives:
            rules.update(dict.fromkeys(row.names, row.rule))
            gained = Grants(frozenset(row.gives)).beyond(held)
            carried.gained.update(gained)
            carried.note(
                Fidelity.WIDENED,
                f"{tool} is written as {', '.join(row.names)}, which gives {', '.join(gained)}",
            )
            return True
    return False
