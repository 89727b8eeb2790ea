"""What a host's map of permissions grants here: the rules of which the last that matches holds, read as a list.

| what the rules say                                     | what is granted                                        |
|--------------------------------------------------------|--------------------------------------------------------|
| nothing but `allow`                                    | every tool: the map takes nothing away                 |
| a tool is allowed, whatever its input                  | the tool                                               |
| allowed but for inputs that its usual rule closes      | the tool                                               |
| allowed but for other inputs                           | nothing: there is no way to say so, and it is noted    |
| denied, or asked about, but for inputs that are allowed| the tool within each of them, unless closed again      |
| denied                                                 | nothing                                                |
| asked about                                            | nothing, and it is noted                               |
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused
from agentpkg.foreign_names import read_name
from agentpkg.grants import TOOLS, Tool, parse_tool
from agentpkg.text import cut, cut_quoted, short
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from agentpkg.header import Header
    from agentpkg.hosts.base import PermissionMap, ToolRow

_ALLOW, _ASK = "allow", "ask"
_SWITCHES = {"true": _ALLOW, "false": "deny"}
_MOST_RULES = 200


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to a tool whose name matches `tool` and whose input matches `scope`."""

    tool: str
    scope: str
    action: str


def read_rules(value: Header, control: PermissionMap, place: str) -> list[Rule]:
    """Return the rules of a permission map, or the one word in its place; `place` is where it stands, for an error."""
    if isinstance(value, str):
        value = {"*": value}
    rules = [
        Rule(name, scope, action)
        for name, inner in (value.items() if isinstance(value, dict) else ())
        for scope, action in (inner.items() if isinstance(inner, dict) else (("*", inner),))
        if isinstance(action, str)
    ]
    for rule in rules:
        if rule.action not in (_ALLOW, _ASK, control.deny):
            raise ContentRefused(
                f"{place}.{cut(rule.tool)} is {short(rule.action)}", hint=f"one of: {_ALLOW}, {_ASK}, {control.deny}"
            )
    # A further name of a tool can take it away here, but not give it.
    return _bounded(
        [
            Rule(control.also[rule.tool], rule.scope, rule.action)
            if rule.tool in control.also and rule.action != _ALLOW
            else rule
            for rule in rules
        ],
        place,
    )


def read_switches(value: dict[str, Header], control: PermissionMap, place: str) -> list[Rule]:
    """Return the rules that a map from tool names to true and false stands for."""
    rules = []
    for name, switch in value.items():
        if switch not in ("true", "false"):
            raise ContentRefused(
                f"{place}.{cut(name)} is {short(switch)}, expected true or false",
                hint="write true or false, without quotes",
            )
        rules.append(Rule(control.also.get(name, name), "*", _SWITCHES[str(switch)]))
    return _bounded(rules, place)


def granted(rules: list[Rule], control: PermissionMap, place: str, notes: list[str]) -> tuple[Tool, ...] | None:
    """Return the tools that rules grant, None for every tool, and note what could not be carried."""
    if all(rule.action == _ALLOW for rule in rules):
        notes.append(f"{place} takes nothing away: read as every tool")
        return None
    tools: dict[Tool, None] = {}
    for row in control.rows:
        for name in row.names:
            gives = (name,) if len(row.names) > 1 and name in row.gives else row.gives
            for scope in _scopes(name, row, rules, control, f"{place}.{name}", notes):
                tools.update(dict.fromkeys(_scoped(gives, scope, f"{place}.{name}", notes)))
    for tool in _others(rules, control, place, notes):
        tools[tool] = None
    notes.append(f"{place} is read as a list of the tools that it leaves; no MCP server's but those that it names")
    return tuple(tools)


def _bounded(rules: list[Rule], place: str) -> list[Rule]:
    if len(rules) > _MOST_RULES:
        raise ContentRefused(f"{place} has more than {_MOST_RULES} rules", hint="leave out rules that others cover")
    return rules


def _matches(pattern: str, name: str) -> bool:
    return fnmatchcase(name, pattern.replace("[", "[[]"))


def _scopes(
    name: str, row: ToolRow, rules: list[Rule], control: PermissionMap, place: str, notes: list[str]
) -> list[str]:
    """Return the inputs with which the tool called `name` is granted: `*` for all, nothing if it is not."""
    if name in control.unasked and all(rule.tool != name for rule in rules):
        return []
    meant = [Rule(name, "*", _ALLOW), *(rule for rule in rules if _matches(rule.tool, name))]
    last = max(place for place, rule in enumerate(meant) if rule.scope == "*")
    base, rest = meant[last], meant[last + 1 :]
    usual = {scope for scope, rule in row.rule.items() if rule != _ALLOW} if isinstance(row.rule, dict) else set()
    closed = [(place, rule.scope) for place, rule in enumerate(rest) if rule.action != _ALLOW]
    odd = [(place, scope) for place, scope in closed if scope not in usual]
    if base.action == _ALLOW:
        if odd:
            notes.append(f"{place} is dropped: it is allowed but for {cut(', '.join(scope for _, scope in odd))}")
        return [] if odd else ["*"]
    if base.action == _ASK:
        notes.append(f"{place} is dropped: it is asked about, which has no word here")
    open_ = [(at, rule.scope) for at, rule in enumerate(rest) if rule.action == _ALLOW]
    usually = row.rule if isinstance(row.rule, dict) else {}
    kept = [
        scope for at, scope in open_ if usually.get(scope) != _ALLOW and not any(closing > at for closing, _ in odd)
    ]
    lost = [scope for _, scope in open_ if scope not in kept]
    if lost:
        notes.append(f"{place} is not allowed for {cut(', '.join(lost))}: other rules close some of that again")
    return kept


def _scoped(gives: tuple[str, ...], scope: str, place: str, notes: list[str]) -> list[Tool]:
    if scope == "*":
        return [Tool(one) for one in gives]
    try:
        return [parse_tool(f"{one}({scope})") for one in gives]
    except ValueError as error:
        notes.append(f"{place} is dropped: {cut_quoted(str(error))}")
        return []


def _others(rules: list[Rule], control: PermissionMap, place: str, notes: list[str]) -> list[Tool]:
    """Return the tools of MCP servers that rules name and allow, and note what else they name."""
    own = {name for row in control.rows for name in row.names} | set(control.base) | set(control.also)
    tools: list[Tool] = []
    for at, rule in enumerate(rules):
        if rule.tool in own or any(_matches(rule.tool, name) for name in own - {"*"}):
            continue
        if rule.action != _ALLOW or rule.scope != "*":
            if rule.action == _ASK:
                notes.append(f"{place}.{cut(rule.tool)} is dropped: it is asked about, which has no word here")
            continue
        head = rule.tool.partition("*")[0]
        later = [one for one in rules[at + 1 :] if one.action != _ALLOW]
        if any(_matches(one.tool, rule.tool) or one.tool.startswith(head) for one in later):
            notes.append(f"{place}.{cut(rule.tool)} is dropped: a later rule closes some of it again")
            continue
        try:
            named = read_name(rule.tool, control)
        except ValueError as error:
            notes.append(f"{place} drops a tool: {cut_quoted(str(error))}")
            continue
        if any(tool.name in TOOLS for tool in named):
            notes.append(f"{place}.{cut(rule.tool)} is dropped: the host knows no tool by that name")
        else:
            tools += named
    return tools
