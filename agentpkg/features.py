"""What a host can hold, told in words from its `Host` value: for people who choose one, and for the page about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.carry import carry_tools
from agentpkg.grants import EVERYTHING, TOOLS, Grants, parse_tool
from agentpkg.hosts.base import NoControl, PermissionMap, ReadonlySwitch, ToolList
from agentpkg.losses import Fidelity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.hosts.base import Host, Value

SERVER_TOOLS = ("mcp:SERVER/TOOL", "mcp:SERVER/*")
NONE = "-"
UNASKED = "(unasked)"


def describe(host: Host) -> dict[str, str]:
    """Return, feature by feature and in the order of a page, how the host holds it."""
    return {
        "form": _form(host),
        "tools": _control(host),
        "no tool list": _absent(host),
        "no tool": _empty(host),
        "unknown tool": f"{host.tools.unknown}; none is written" if isinstance(host.tools, ToolList) else NONE,
        "scopes": _scopes(host),
        "tools of MCP servers": _server_tools(host),
        "MCP servers": _servers(host),
        "model": _model(host),
        "skills of a bundle": "copied" if host.skills else "left out, and told",
        "power by field": ", ".join(field.name for field in host.fields if field.power) or "none",
        "own fields": ", ".join(field.name for field in host.fields if not field.power) or "none",
        "prompt": _prompt(host),
        "also reads": _also_reads(host),
        "taken names": ", ".join(sorted(host.reserved)) or "none known",
        "trust": host.trust or "nothing known that keeps its agents out",
        "asked by doctor": _asked(host),
    }


def tool_names(host: Host) -> dict[str, tuple[str, ...]]:
    """Return the names that each tool is written under, in one text; in several where it depends on what else is held.

    Tools of the host's own come first, those of MCP servers last. A tool without a text is dropped there; `UNASKED`
    stands for one that every agent has.
    """
    if not isinstance(host.tools, ToolList | PermissionMap):
        return {}
    names = {}
    for tool in (*TOOLS, *SERVER_TOOLS):
        alone, free = (_written(host, host.tools, tool, held) for held in (frozenset([tool]), frozenset([EVERYTHING])))
        names[tool] = tuple(dict.fromkeys(one for one in (free, alone) if one))
    return names


def _written(host: Host, control: ToolList | PermissionMap, tool: str, held: frozenset[str]) -> str:
    carried = carry_tools((parse_tool(tool),), Grants(held), host, widening=False)
    if any(note.fidelity is Fidelity.NARROWED for note in carried.notes):
        return ""
    written: Value = carried.header.get(control.key, [])
    names = written.split(", ") if isinstance(written, str) else [*written] if isinstance(written, list | dict) else []
    base = control.base if isinstance(control, PermissionMap) else ()
    found = [str(name) for name in names if name not in base]
    if isinstance(control, ToolList):
        unasked = any(tool in row.gives and not row.names for row in control.rows)
        if control.servers and carried.header.get(control.servers):
            found = [*(name for name in found if name not in (control.empty or ())), f"{control.servers}: SERVER"]
        elif unasked and found == list(control.empty or ()):
            return UNASKED
    return ", ".join(found)


def _form(host: Host) -> str:
    if not host.native:
        return "a skill: the host has no agents of its own"
    words = {
        "markdown": "markdown with a header",
        "toml": "TOML",
        "modes": "an entry of a YAML file shared with others",
    }
    return words[host.form] + (", read line by line" if host.dialect == "lines" else "")


def _control(host: Host) -> str:
    match host.tools:
        case ToolList():
            always = f"; always has {', '.join(host.tools.always)}" if host.tools.always else ""
            return f"list `{host.tools.key}`{always}"
        case PermissionMap():
            return f"permissions `{host.tools.key}`"
        case ReadonlySwitch():
            return f"switch `{host.tools.key}`, which leaves {', '.join(host.tools.leaves)}"
        case NoControl():
            return "none: an agent has the session's tools, and one that must not is refused"


def _absent(host: Host) -> str:
    if isinstance(host.tools, ToolList) and host.tools.every:
        return "written out: " + ", ".join(host.tools.every)
    return "every tool"


def _empty(host: Host) -> str:
    match host.tools:
        case ToolList() if host.tools.empty is None:
            return "refused: it would mean every tool"
        case ToolList() if host.tools.empty:
            return f"written as {', '.join(host.tools.empty)}, without power"
        case ToolList() | PermissionMap():
            return "none"
        case _:
            return "refused"


def _scopes(host: Host) -> str:
    if not isinstance(host.tools, PermissionMap):
        return "dropped" if isinstance(host.tools, ToolList) else "refused"
    return ", ".join(name for row in host.tools.rows if row.scoped for name in row.gives) + "; others dropped"


def _server_tools(host: Host) -> str:
    if not isinstance(host.tools, ToolList | PermissionMap):
        return "not held back" if isinstance(host.tools, NoControl) else "dropped"
    if isinstance(host.tools, ToolList) and host.tools.servers:
        return "whole servers only"
    if host.tools.mcp is None:
        return "dropped"
    return "one by one or all" if host.tools.mcp.every else "one by one"


def _servers(host: Host) -> str:
    place = f"; else told for `{host.settings.file}`" if host.settings else ""
    if host.servers is None:
        return f"told: the lines for `{host.settings.file}`" if host.settings else "told"
    limit = "" if host.servers.only else ", where the agent may use all of a server"
    return f"in the agent's file, `{host.servers.key}`{limit}{place}"


def _model(host: Host) -> str:
    if host.models is None:
        return "the session's"
    tiers = ", ".join(f"{tier}: {alias}" for tier, alias in host.models.aliases.items())
    return f"`{host.models.key}`, {tiers or 'tiers as the project maps them'}"


def _prompt(host: Host) -> str:
    parts = ["refused" if hazard.replacement is None else f"`{hazard.pattern}` is rewritten" for hazard in host.hazards]
    if host.body_limit:
        parts.append(f"over {host.body_limit.most:,} characters: {host.body_limit.who} refuses it")
    return "; ".join(parts) or "as it is"


def _also_reads(host: Host) -> str:
    return "; ".join(
        also.agents.format(name="NAME") + ("" if also.restricts else ", whose tool lists do not hold there")
        for also in host.also_reads
    ) or ("nothing else" if host.native else NONE)


def _asked(host: Host) -> str:
    if host.client is None:
        return "nothing: it has no program that could be looked for"
    return f"`{host.client.command}`: its version" + (", and which agents it loads" if host.client.question else "")


def paths(host: Host) -> Mapping[str, str]:
    """Return where the host looks, with NAME for an agent's or a skill's name."""
    places = {
        "agents": host.agents,
        "user agents": f"~/{host.user_agents}",
        "skills": host.skills,
        "user skills": host.user_skills and f"~/{host.user_skills}",
    }
    return {what: place.format(name="NAME") for what, place in places.items() if place}
