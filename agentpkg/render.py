"""Rendering: an agent as one host reads it, and what of it that host cannot hold.

Powers never grow on the way. A tool is written only under names that give nothing beyond the agent's grants; where
that leaves a tool out, the rendering is narrower and says so. Where a host cannot hold a restriction at all, the
rendering carries what the agent would gain in `gained`, and `agentpkg.targets` refuses it unless the project allows it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from agentpkg import emit
from agentpkg.errors import ContentRefused
from agentpkg.grants import EVERYTHING, POWERLESS, Grants, Tool
from agentpkg.hosts.base import NoControl, PermissionMap, ReadonlySwitch, ToolList
from agentpkg.requirement import TIERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.agent import Agent
    from agentpkg.header import Header
    from agentpkg.hosts.base import Host, HostField, McpNames, ToolRow, Value
    from agentpkg.manifest import HostSettings


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """One agent as one host reads it: the file's bytes, notes on what was lost, and the powers that it gains there."""

    agent: str
    host: str
    content: bytes
    notes: tuple[Note, ...]
    gained: tuple[str, ...]

    @property
    def fidelity(self) -> Fidelity:
        """The worst of the notes."""
        return max((note.fidelity for note in self.notes), default=Fidelity.EXACT)


@dataclass(slots=True)
class _Carried:
    """What becomes of a tool list: keys for the header, notes, and powers gained."""

    header: dict[str, Value] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    gained: set[str] = field(default_factory=set)

    def note(self, fidelity: Fidelity, detail: str, about: str = "tools") -> None:
        self.notes.append(Note(about, fidelity, detail))


def render_agent(agent: Agent, grants: Grants, host: Host, settings: HostSettings) -> Rendering:
    """Return the rendering of `agent`, which holds `grants`, for `host` under the project's `settings`.

    Raises `ContentRefused` if the host could not load the agent at all.
    """
    body = agent.bodies.get(host.name, agent.body)
    _check_loadable(agent, body, host)
    own = agent.host_fields.get(host.name, {})
    carried = _carry_tools(agent.tools, grants, host, settings.widening)
    for power in grants.powers:
        if power.startswith("mcp-server:"):
            carried.note(Fidelity.APPROXIMATED, f"add to the host's own settings: {power[len('mcp-server:') :]}", "mcp")
    header: dict[str, Value] = {}
    if host.name_key:
        header[host.name_key] = agent.name
    header["description"] = str(own.get("description", agent.description))
    header.update(host.fixed)
    header.update(carried.header)
    model = _model(agent, host, settings, carried)
    if model:
        header[host.models.key] = model
    header.update(_own_fields(own, agent, host))
    return Rendering(
        agent=agent.name,
        host=host.name,
        content=emit.toml(header, host.body_key, body) if host.body_key else emit.markdown(header, body),
        notes=tuple(carried.notes),
        gained=tuple(sorted(carried.gained)),
    )


def host_powers(agent: Agent, host: Host) -> tuple[str, ...]:
    """Return the powers that the agent's own fields for `host` add there, as `host.field=value`."""
    own = agent.host_fields.get(host.name, {})
    return tuple(
        f"{host.name}.{spec.name}={own[spec.name]}"
        for spec in host.fields
        if spec.power and spec.name in own and own[spec.name] not in spec.harmless
    )


def _check_loadable(agent: Agent, body: str, host: Host) -> None:
    if agent.name in host.reserved:
        raise ContentRefused(
            f"{host.title} has an agent of its own called {agent.name!r}",
            hint=f"install it under another name: --as {agent.name}=my-{agent.name}",
        )
    found = re.search(host.hazard.pattern, body) if host.hazard else None
    if found and host.hazard:
        line = body.count("\n", 0, found.start()) + 1
        raise ContentRefused(
            f"agent {agent.name}: line {line} of the prompt holds {found[0]!r}: {host.hazard.why}",
            hint=f"leave {host.name} out for it with --host, or give it a body of its own in variants/{host.name}/",
        )


def _carry_tools(tools: tuple[Tool, ...] | None, held: Grants, host: Host, widening: bool) -> _Carried:
    carried = _Carried()
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


def _carry_nothing(held: Grants, carried: _Carried) -> None:
    if held.covers(EVERYTHING):
        carried.note(Fidelity.APPROXIMATED, "no tool list: the agent has the session's tools")
    else:
        carried.gained.add(EVERYTHING)
        carried.note(Fidelity.WIDENED, "no tool list: the agent has all of the session's tools")


def _carry_switch(tools: tuple[Tool, ...], held: Grants, control: ReadonlySwitch, carried: _Carried) -> None:
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
    carried: _Carried,
) -> None:
    rules: dict[str, Value] = {}
    own = [tool for tool in tools if not tool.server]
    reached = _write_rows({tool.name for tool in own if not tool.scope}, held, control.rows, rules)
    lost = [tool for tool in own if tool.name not in reached and not _write_scope(tool, held, control, rules)]
    lost += [tool for tool in tools if tool.server and not _write_server_tool(tool, control.mcp, rules)]
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
            return True
    return False


def _write_server_tool(tool: Tool, names: McpNames, rules: dict[str, Value]) -> bool:
    server, name = tool.server or "", tool.server_tool
    template = names.every if name == "*" else names.one
    if template is None or (name == "*" and names.no_wildcard and re.search(names.no_wildcard, server)):
        return False
    if names.unsafe:
        server, name = re.sub(names.unsafe, "_", server), re.sub(names.unsafe, "_", name)
    spelled = template.format(server=server, tool=name)
    if names.longest and len(spelled) > names.longest:
        return False
    rules[spelled] = "allow"
    return True


def _write_wider(
    tool: Tool, held: Grants, rows: tuple[ToolRow, ...], rules: dict[str, Value], carried: _Carried
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


def _model(agent: Agent, host: Host, settings: HostSettings, carried: _Carried) -> str | None:
    own = agent.host_fields.get(host.name, {}).get("model")
    asked = str(own) if own else agent.model
    if asked is None:
        return None
    mapped = settings.models.get(asked) or host.models.aliases.get(asked)
    if mapped:
        return mapped
    if asked not in TIERS:
        for pattern, replacement in host.models.rewrites:
            if re.fullmatch(pattern, asked):
                asked = re.sub(pattern, replacement, asked)
        if re.fullmatch(host.models.accepts, asked):
            return asked
    hint = "; name one under [models.HOST] in agentpkg.toml" if asked in TIERS else ""
    carried.note(Fidelity.APPROXIMATED, f"{asked} is left to the session's model{hint}", "model")
    return None


def _own_fields(own: Mapping[str, Header], agent: Agent, host: Host) -> dict[str, Value]:
    specs = {spec.name: spec for spec in host.fields}
    values: dict[str, Value] = {}
    for name in sorted(own.keys() - {"model", "description"}):
        where = f"agent {agent.name}: hosts.{host.name}.{name}"
        if name not in specs:
            raise ContentRefused(
                f"{where} is not a field that {host.title} knows", hint=f"known: {', '.join(sorted(specs))}"
            )
        values[name] = _read_field(own[name], specs[name], where)
    return values


def _read_field(value: Header, spec: HostField, where: str) -> Value:
    if spec.kind == "texts":
        if not isinstance(value, list):
            raise ContentRefused(f"{where} must be a list of texts")
        return [_read_text(item, spec, where) for item in value]
    text = _read_text(value, spec, where)
    if spec.kind == "boolean":
        if text not in ("true", "false"):
            raise ContentRefused(f"{where} is {text!r}, expected true or false")
        return text == "true"
    if spec.kind == "text":
        return text
    pattern = r"[1-9]\d{0,8}" if spec.kind == "integer" else r"\d{1,9}(\.\d{1,9})?"
    if not re.fullmatch(pattern, text) or (spec.most is not None and float(text) > spec.most):
        limit = f" up to {spec.most:g}" if spec.most is not None else ""
        raise ContentRefused(
            f"{where} is {text!r}, expected {'a whole number' if spec.kind == 'integer' else 'a number'}{limit}"
        )
    return int(text) if spec.kind == "integer" else float(text)


def _read_text(value: Header, spec: HostField, where: str) -> str:
    if not isinstance(value, str):
        raise ContentRefused(f"{where} must be {'text' if spec.kind == 'text' else f'a {spec.kind}'}")
    if spec.choices and value not in spec.choices:
        raise ContentRefused(f"{where} is {value!r}", hint=f"one of: {', '.join(spec.choices)}")
    if spec.pattern and not re.fullmatch(spec.pattern, value):
        raise ContentRefused(f"{where} is {value!r}, which {spec.pattern} does not match")
    return value
