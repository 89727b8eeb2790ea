"""Carrying a tool list to a host: under which names, and what is lost or gained on the way."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from agentpkg.grants import EVERYTHING, POWERLESS, Grants, Tool
from agentpkg.hosts.base import NoControl, PermissionMap, ReadonlySwitch, ToolList

if TYPE_CHECKING:
    from agentpkg.hosts.base import Host, ToolRow, Value


class Fidelity(IntEnum):
    """How well a host holds an agent, from best to worst."""

    EXACT = 0
    APPROXIMATED = 1
    NARROWED = 2
    WIDENED = 3


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One thing that a rendering could not carry as it was: the field, how it fares, and what happens instead."""

    field: str
    fidelity: Fidelity
    detail: str


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
        return carried
    match host.tools:
        case NoControl():
            _carry_nothing(held, carried)
        case ReadonlySwitch():
            _carry_switch(tools, held, host.tools, carried)
        case ToolList() | PermissionMap():
            _carry_names(tools, held, host.tools, widening, carried)
    return carried


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
    lost = [tool for tool in own if tool.name not in reached and not _write_scope(tool, held, control, rules)]
    servers = [tool for tool in tools if tool.server]
    missing = [tool for tool in servers if not _write_server_tool(tool, control, rules)]
    loose = [str(tool) for tool in servers if control.mcp.loose and tool.server_tool == "*" and tool not in missing]
    if loose:
        carried.note(
            Fidelity.APPROXIMATED, f"{', '.join(loose)} also matches servers whose names begin with that", "mcp"
        )
    lost += missing
    kept = [tool for tool in lost if widening and _write_wider(tool, held, control.rows, rules, carried)]
    dropped = [str(tool) for tool in lost if tool not in kept]
    if dropped:
        ending = "; no tool is left" if not rules and tools else ""
        carried.note(Fidelity.NARROWED, f"no tool for {', '.join(dropped)}{ending}")
    if isinstance(control, PermissionMap):
        carried.header[control.key] = {**control.base, **rules}
    else:
        carried.header[control.key] = list(rules)


def _write_rows(wanted: set[str], held: Grants, rows: tuple[ToolRow, ...], rules: dict[str, Value]) -> set[str]:
    """Write every row that carries a wanted tool and gives nothing beyond `held`; return the tools reached."""
    reached: set[str] = set()
    for row in rows:
        if (wanted - reached).intersection(row.gives) and all(held.covers(power) for power in row.gives):
            rules.update(dict.fromkeys(row.names, row.rule))
            reached.update(row.gives)
    return reached


def _write_scope(tool: Tool, held: Grants, control: ToolList | PermissionMap, rules: dict[str, Value]) -> bool:
    if not tool.scope or not isinstance(control, PermissionMap):
        return False
    for row in control.rows:
        if row.scoped and tool.name in row.gives and all(held.covers(f"{give}({tool.scope})") for give in row.gives):
            for name in row.names:
                rule = rules.setdefault(name, {"*": control.deny})
                if isinstance(rule, dict):
                    rule[tool.scope] = "allow"
                    closed = row.rule if isinstance(row.rule, dict) else {}
                    for pattern in [pattern for pattern, one in closed.items() if one == control.deny]:
                        rule.pop(pattern, None)  # last again: the last rule that matches holds
                        rule[pattern] = control.deny
            return True
    return False


def _write_server_tool(tool: Tool, control: ToolList | PermissionMap, rules: dict[str, Value]) -> bool:
    names, server, name = control.mcp, tool.server or "", tool.server_tool
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
        if tool.name in row.gives:
            rules.update(dict.fromkeys(row.names, row.rule))
            gained = Grants(frozenset(row.gives)).beyond(held)
            carried.gained.update(gained)
            carried.note(
                Fidelity.WIDENED,
                f"{tool} is written as {', '.join(row.names)}, which gives {', '.join(gained)}",
            )
            return True
    return False
