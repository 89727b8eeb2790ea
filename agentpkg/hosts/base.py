"""What a host is, as a value: where it looks for agents, how they are spelled there, and what it can hold back.

A host file fills in one `Host` and decides nothing; `agentpkg.render` reads it. Differences between hosts are data,
so that adding one is writing one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value]"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRow:
    """One or more names of a host's vocabulary that are written together.

    `gives` are the canonical tools that an agent holds once the names are written. A row is written only if the agent
    holds all of them, and rows are tried in their order: broad ones first. No names: the host gives it unasked.
    `rule` is what a permission map says to allow it; `scoped` says that the map takes patterns in its place.
    """

    gives: tuple[str, ...]
    names: tuple[str, ...] = ()
    rule: Value = "allow"
    scoped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class McpNames:
    """How tools of MCP servers are spelled: templates over `{server}` and `{tool}`.

    `every` None: the host cannot name all tools of a server. A server or tool whose name matches `ambiguous` could be
    read as another server's, and is not written. `loose`: the name for all tools of a server also matches those of a
    server whose name begins with it. Characters that match `unsafe` become `_`. A server whose
    name matches `no_wildcard` cannot be named whole. Names longer than `longest` cannot be written.
    """

    one: str
    every: str | None
    unsafe: str | None = None
    ambiguous: str | None = None
    loose: bool = False
    no_wildcard: str | None = None
    longest: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolList:
    """A host that takes a list of tool names; an absent list means every tool, an empty one none."""

    key: str
    rows: tuple[ToolRow, ...]
    mcp: McpNames


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionMap:
    """A host that takes a map from tool names to rules, of which the last that matches holds.

    `base` comes first and takes everything away; an absent map leaves every tool.
    """

    key: str
    base: Mapping[str, Value]
    rows: tuple[ToolRow, ...]
    mcp: McpNames
    deny: str = "deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadonlySwitch:
    """A host without a tool list, but with a switch that takes writing away and leaves `leaves`."""

    key: str
    leaves: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoControl:
    """A host that gives an agent whatever the session has."""


ToolControl: TypeAlias = "ToolList | PermissionMap | ReadonlySwitch | NoControl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """How a host names models: aliases for the tiers where it has stable ones, and the ids that it can run.

    `accepts` is a pattern over whole ids; `rewrites` are pairs of pattern and replacement tried on an id before.
    """

    accepts: str
    aliases: Mapping[str, str] = field(default_factory=dict)
    rewrites: tuple[tuple[str, str], ...] = ()
    key: str = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostField:
    """A field of this host's own that `hosts.<host>` may hold.

    `kind` says how its text is read. `choices` are the only texts allowed, `pattern` what the text must match; `most`
    bounds a number. `power` marks a field that adds power unless its value is in `harmless`.
    """

    name: str
    kind: Literal["text", "texts", "integer", "number", "boolean"] = "text"
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    most: float | None = None
    power: bool = False
    harmless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyHazard:
    """Text in a prompt that the host does not pass on as it stands."""

    pattern: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One host tool.

    `agents` and `skills` are templates over `{name}` for paths below the project, `user_agents` and `user_skills` for
    paths below the home folder. `marks` are paths whose presence shows that a project uses it. `sources` say where the
    facts come from, `checked` when and on which client.
    """

    name: str
    title: str
    checked: str
    sources: tuple[str, ...]
    marks: tuple[str, ...]
    agents: str
    user_agents: str
    skills: str
    user_skills: str
    tools: ToolControl
    models: Models
    form: Literal["markdown", "toml"] = "markdown"
    name_key: str | None = "name"
    body_key: str | None = None
    fixed: Mapping[str, Value] = field(default_factory=dict)
    fields: tuple[HostField, ...] = ()
    reserved: frozenset[str] = frozenset()
    hazard: BodyHazard | None = None
