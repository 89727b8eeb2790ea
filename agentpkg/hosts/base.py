"""What a host is, as a value: where it looks for agents, how they are spelled there, and what it can hold back.

A host file fills in one `Host` and decides nothing; `agentpkg.render` reads it. Differences between hosts are data,
so that adding one is writing one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from agentpkg.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.hosts.clients import Client, Switch

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
    """A host that takes a list of tool names.

    `joined`: the list is one text, its names separated by commas. `every` is written for an agent without a list of its
    own; empty, the key is left out, and that gives every tool. `empty` is written where no tool is left: nothing, if an
    empty list means no tool; else names that hold no power; None, if the host cannot be told. `always` are powers that
    an agent has there whatever its list says. `servers` is the key of a list of MCP servers whose tools the agent may
    use, all of each; it is written beside a list, and so are the keys of `beside`. `mcp` None: tools of servers cannot
    be named. `unknown` tells what a name does that the host does not know; none is ever written.

    `also` are further names that the host reads, in lower case, and what each gives. `nothing_is_none`: a key without a
    value means no tool there; elsewhere nobody says, and such a file is not read. `absent` is what a file without the
    key gives; where nobody says, it is read as every tool, which is told. `limited` is the key of a table of settings,
    by tool: a tool that they hold back for some inputs is read as not there.
    """

    key: str
    rows: tuple[ToolRow, ...]
    mcp: McpNames | None = None
    joined: bool = False
    every: tuple[str, ...] = ()
    empty: tuple[str, ...] | None = ()
    always: tuple[str, ...] = ()
    servers: str | None = None
    beside: Mapping[str, Value] = field(default_factory=dict)
    unknown: Literal["is dropped", "rejects the file", "gives every tool", "stops the agent", "nobody knows"] = (
        "is dropped"
    )
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    nothing_is_none: bool = False
    absent: Literal["every tool", "no tool", "nobody says"] = "every tool"
    limited: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionMap:
    """A host that takes a map from tool names to rules, of which the last that matches holds.

    `base` comes first and takes everything away; an absent map leaves every tool. `always` are powers that an agent has
    there whatever its map says. An older map from tool names to true and false stands under `switches`, where `also`
    are further names, and what the map calls each. An agent has a tool of `unasked` only if its map names it.
    """

    key: str
    base: Mapping[str, Value]
    rows: tuple[ToolRow, ...]
    mcp: McpNames | None = None
    deny: str = "deny"
    always: tuple[str, ...] = ()
    switches: str | None = None
    also: Mapping[str, str] = field(default_factory=dict)
    unasked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadonlySwitch:
    """A host without a tool list, but with a switch that takes writing away and leaves `leaves`.

    `and_also` tells what else it leaves, of which there is no tool.
    """

    key: str
    leaves: tuple[str, ...]
    and_also: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoControl:
    """A host that gives an agent whatever the session has."""


ToolControl: TypeAlias = "ToolList | PermissionMap | ReadonlySwitch | NoControl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """How a host names models: aliases for the tiers where it has stable ones, and the ids that it can run.

    `accepts` is a pattern over whole ids, None for none but those that a project maps; `rewrites` are pairs of pattern
    and replacement tried on an id before.
    """

    accepts: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    rewrites: tuple[tuple[str, str], ...] = ()
    key: str = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostField:
    """A field of this host's own that `hosts.<host>` may hold.

    `kind` says how its text is read. `choices` are the only texts allowed, `pattern` what the text must match; `most`
    bounds a number. `power` marks a field that adds power unless its value is in `harmless`, and then holds the agent
    to that value. `limit` marks one that holds it back, by the sign of `agentpkg.withheld`: `!=` withholds what it
    lists, `<=` is the most of a number, `=` the only value or values, unless it is in `harmless`.
    """

    name: str
    kind: Literal["text", "texts", "integer", "number", "boolean"] = "text"
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    most: float | None = None
    power: bool = False
    harmless: tuple[str, ...] = ()
    limit: Literal["!=", "<=", "="] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextHazard:
    """Text that the host does not pass on as it stands.

    `replacement` (as `re.sub` takes it) says the same to a reader, in visible characters, and reaches the model. None:
    nothing does, and the agent is refused.
    """

    pattern: str
    why: str
    replacement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLimit:
    """A number of characters that some of the host's clients (`who`) do not take a prompt beyond."""

    most: int
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerShape:
    """How a host spells one MCP server as a table.

    `stdio` and `remote` are keys that a server with a command, or with a url, has beside its own. `joined`: the command
    and its arguments are one list. Values of environment variables are never written: `reference` is a template over
    `{name}` that the host replaces by the value; with `by_name` the host takes the variables' names instead, and with
    `inherits` a server that it starts has the host's own environment, so that nothing is written. With none of them, a
    server that needs a variable cannot be spelled.
    """

    stdio: Mapping[str, Value] = field(default_factory=dict)
    remote: Mapping[str, Value] = field(default_factory=dict)
    joined: bool = False
    env: str = "env"
    url: str = "url"
    headers: str = "headers"
    reference: str | None = None
    by_name: bool = False
    inherits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDeclaration:
    """A host whose agent files declare MCP servers, under `key`.

    `listed`: as a list of tables with one server each, instead of one table. `only` is the key of the list of tools
    that the agent gets of a server, and `all` what it says for every tool (nothing: the key is left out). `filtered`:
    the agent's own tool list limits the tools of a server that its file declares; without either of them it gets all.
    """

    key: str
    shape: ServerShape
    listed: bool = False
    only: str | None = None
    all: tuple[str, ...] = ()
    filtered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Where a host is told of MCP servers: the key in a `file` of the user's, below the project, or below `~`.

    It is never touched: the user is told what to add.
    """

    file: str
    key: str
    shape: ServerShape
    form: Literal["json", "toml"] = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlsoRead:
    """Another host's agents that this one reads as well, after its own of the same name.

    `agents` is that host's template. `restricts`: tool lists of files there hold here. `user`: it reads them below the
    home folder too.
    """

    agents: str
    restricts: bool = True
    user: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One host tool.

    `agents` and `skills` are templates over `{name}` for paths below the project, `user_agents` and `user_skills` for
    paths below the home folder; `FILE#{name}` is an entry of a file that others write into as well. `also_agents` are
    templates of further paths where it finds agents, and where none is ever written. `marks` are paths whose presence
    shows that a project uses the host. `sources` say where the facts come from, `checked` when and on
    which client.

    `form` says how a file is written: markdown with a header, TOML, JSON, an entry in a YAML list of modes, or one in a
    table of the host's own JSON settings (which is only ever read). `dialect` `lines` is a header that the host reads
    line by line, not as YAML. `name_keys` and `description_keys` are the keys that hold them, `body_key` that of the
    prompt where it has one, `fixed` what every header holds. `prompt_file` is a pattern of a prompt that stands in
    another file, whose path is its group. `more_body_keys` hold further text that the host puts after the prompt,
    `other_keys` are those that it knows and no bundle can say. `earlier` are other forms in which it keeps or kept
    agents: they are read, and never written. `meant` maps `KEY=VALUE` of a file (a KEY with dots stands within tables)
    to the tools that its author wants to leave by it, whatever a list of tools says.

    `client` is the program that a machine has of it. `trust` says, in words, what a person has to do before it loads
    the agents of a project, None if nothing is known that keeps them out. `switches` are its settings that do.
    `user_wins`: of two agents of one name it takes that below the home folder; None where nobody says.

    `native` False: the host has no agents, and reads them as skills. `hazards` are looked for in the prompt;
    `description_hazard` is text in a description that the host changes however it is written. A description longer than
    `longest_description` is cut, and stands whole in the prompt. A prompt shorter than `shortest_body` is refused.
    """

    name: str
    title: str
    checked: str
    sources: tuple[str, ...]
    marks: tuple[str, ...]
    agents: str
    user_agents: str
    skills: str | None
    user_skills: str | None
    tools: ToolControl
    models: Models | None
    form: Literal["markdown", "toml", "modes", "json", "settings"] = "markdown"
    dialect: Literal["yaml", "lines"] = "yaml"
    native: bool = True
    name_keys: tuple[str, ...] = ("name",)
    description_keys: tuple[str, ...] = ("description",)
    body_key: str | None = None
    prompt_file: str | None = None
    more_body_keys: tuple[str, ...] = ()
    other_keys: frozenset[str] = frozenset()
    fixed: Mapping[str, Value] = field(default_factory=dict)
    fields: tuple[HostField, ...] = ()
    reserved: frozenset[str] = frozenset()
    hazards: tuple[TextHazard, ...] = ()
    body_limit: BodyLimit | None = None
    shortest_body: int = 1
    longest_description: int | None = None
    description_hazard: TextHazard | None = None
    servers: ServerDeclaration | None = None
    settings: ServerSettings | None = None
    also_reads: tuple[AlsoRead, ...] = ()
    also_agents: tuple[str, ...] = ()
    earlier: tuple[Host, ...] = ()
    meant: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    client: Client | None = None
    trust: str | None = None
    switches: tuple[Switch, ...] = ()
    user_wins: bool | None = None
