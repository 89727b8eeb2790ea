"""What a name in a host's tool list is here: the tables of the hosts, read the other way round."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING

from agentpkg.errors import nearest
from agentpkg.grants import FOREIGN_NAMES, POWERLESS, TOOLS, Tool, parse_tool
from agentpkg.hosts import HOSTS
from agentpkg.hosts.base import McpNames, PermissionMap, ToolList
from agentpkg.text import short

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentpkg.hosts.base import ToolControl, ToolRow

# Spellings of servers' tools that are read wherever they stand.
_CANONICAL = McpNames(one="mcp:{server}/{tool}", every=None)
_UNDERSCORES = McpNames(one="mcp__{server}__{tool}", every="mcp__{server}", ambiguous=r"__|_ | _")
_SLASH = McpNames(one="{server}/{tool}", every=None)
_WORD = re.compile(r"\w[\w.-]*\Z", re.ASCII)
_LONGEST = 200
# Names that ask for one command, where `FOREIGN_NAMES` knows no better than a whole shell.
_COMMANDS = {"createdirectory": ("shell(mkdir *)",)}


def read_name(name: str, control: ToolControl) -> tuple[Tool, ...]:
    """Return the tools that `name` gives at a host; raise `ValueError`, saying why, where it gives none that is known.

    Never more than the host itself would give, but for names of other vocabularies, which it does not know.
    """
    word, bracket, rest = name.partition("(")
    if len(name) > _LONGEST or (bracket and not rest.endswith(")")):
        raise ValueError(f"{short(name)} is no name of a tool")
    gives = _gives(word.strip().lower(), control)
    if gives and bracket:
        scope = re.sub(r":\*\Z", " *", rest[:-1].strip())
        return tuple(parse_tool(f"{one.partition('(')[0]}({scope})") for one in gives)
    if gives:
        return tuple(parse_tool(one) for one in gives)
    tool = None if bracket else _read_server_tool(name, getattr(control, "mcp", None))
    if tool is None:
        known = {own for row in _rows(control) for own in row.names} | set(FOREIGN_NAMES) | set(TOOLS)
        hint = nearest(name, sorted(known), "")
        raise ValueError(f"{short(name)} is no tool that is known here" + (f"; {hint}" if hint else ""))
    return (tool,)


def is_own(name: str, control: ToolControl) -> bool:
    """Say whether a name without a scope is the host's own word, so that reading it changes nothing."""
    own = getattr(control, "mcp", None)
    return any(name in row.names for row in _rows(control)) or bool(own and _pairs(own, name))


def goes_along(name: str, names: Iterable[str], control: ToolControl) -> bool:
    """Say whether a name only goes with what gives the tool and stands elsewhere: another name, a list of servers."""
    own = getattr(control, "mcp", None)
    if own and name == own.one:
        return True
    return any(name in row.names[1:] and row.names[0] in names for row in _rows(control))


def denied_by(name: str, control: ToolControl) -> frozenset[str]:
    """Return the names of all tools that `name`, in a list of what is taken away, could mean; `*` in it is anything.

    A name that the host does not know is what it is at any other.
    """
    word = name.partition("(")[0].strip().lower()
    if len(word) > _LONGEST:
        return frozenset(TOOLS)
    pattern = word.replace("[", "[[]").replace("?", "[?]")
    anywhere = frozenset(
        {one for key, one in FOREIGN_NAMES.items() if fnmatchcase(key, pattern)}
        | {one for one in TOOLS if fnmatchcase(one, pattern)}
    )
    return (_denied(pattern, control) | anywhere) or frozenset(
        one for host in HOSTS.values() for form in (host, *host.earlier) for one in _denied(pattern, form.tools)
    )


def _denied(pattern: str, control: ToolControl) -> frozenset[str]:
    """Return the names of all tools that a host calls by a name that a pattern matches."""
    named = {one for row in _rows(control) if _has(row, pattern) for one in row.gives}
    return frozenset(
        named | {one for key, gives in _also(control).items() if fnmatchcase(key, pattern) for one in gives}
    )


def denied_servers(name: str, control: ToolControl) -> Tool | None:
    """Return the tools of servers that `name`, in a list of what is taken away, means: `mcp:*/*` for all of them."""
    if re.fullmatch(r"\*|mcp(__|_|:)?\*?|@mcp", name):
        return Tool("mcp:*/*")
    try:
        return _read_server_tool(name.partition("(")[0], getattr(control, "mcp", None))
    except ValueError:
        return Tool("mcp:*/*")  # some server's tool, and nobody can say which


def every_tool(control: ToolControl) -> tuple[str, ...]:
    """Return the tools of its own that a host gives an agent without a list."""
    rows = _rows(control)
    given = {one for row in rows for one in row.gives} if rows else set(TOOLS)
    return tuple(one for one in TOOLS if one in given)


def _rows(control: ToolControl) -> tuple[ToolRow, ...]:
    return control.rows if isinstance(control, ToolList | PermissionMap) else ()


def _also(control: ToolControl) -> dict[str, tuple[str, ...]]:
    return dict(control.also) if isinstance(control, ToolList) else {}


def _has(row: ToolRow, pattern: str) -> bool:
    return any(fnmatchcase(name.lower(), pattern) for name in row.names)


def _gives(word: str, control: ToolControl) -> tuple[str, ...]:
    """Return the tools that a word alone gives: by the host's rows, its further names, and those of others.

    In a row of several names the first is the tool, and the others go with it; where none holds power, any will do.
    """
    rows = [row for row in _rows(control) if word in (name.lower() for name in row.names)]
    for row in rows:
        if len(row.names) == 1:
            return row.gives
    if word in _also(control):
        return _also(control)[word]
    for row in rows:
        if row.names[0].lower() == word or POWERLESS.issuperset(row.gives):
            return row.gives
    if word in TOOLS:
        return (word,)
    if word in _COMMANDS:
        return _COMMANDS[word]
    return (FOREIGN_NAMES[word],) if word in FOREIGN_NAMES else ()


def _read_server_tool(name: str, own: McpNames | None) -> Tool | None:
    """Return the tool of an MCP server that a name spells, None if it spells none; raise if it may spell several."""
    if name.startswith("mcp:"):
        spellings: Iterable[McpNames | None] = (_CANONICAL,)
    elif name.startswith("mcp__"):
        spellings = (own, _UNDERSCORES) if own and own.one == _UNDERSCORES.one else (_UNDERSCORES,)
    else:
        spellings = (own, _SLASH)
    for spelling in filter(None, spellings):
        pairs = _pairs(spelling, name)
        fit = [pair for pair in pairs if not (spelling.ambiguous and re.search(spelling.ambiguous, " ".join(pair)))]
        if len(fit) == 1 and len(pairs) == 1:
            return Tool("mcp:{}/{}".format(*fit[0]))
        if pairs:
            raise ValueError(f"{short(name)} does not tell a server and its tool apart; write 'mcp:SERVER/TOOL'")
    return None


def _pairs(spelling: McpNames, name: str) -> list[tuple[str, str]]:
    """Return every server and tool that would be spelled `name`; the tool `*` is all of a server's."""
    if "{" not in spelling.one:
        return []  # one word for whole servers; which they are, stands elsewhere
    before, first, between, after = _parts(spelling.one)
    core = _within(name, before, after)
    pairs = []
    for place in range(1, len(core)):
        if core.startswith(between, place):
            pair = (core[:place], core[place + len(between) :])
            server, tool = pair if first == "server" else (pair[1], pair[0])
            if _WORD.match(server) and (tool == "*" or _WORD.match(tool)):
                pairs.append((server, tool))
    if not pairs and spelling.every:
        before, _, after = spelling.every.partition("{server}")
        server = _within(name, before, after)
        pairs = [(server, "*")] if _WORD.match(server) else []
    return pairs


@cache
def _parts(template: str) -> tuple[str, str, str, str]:
    """Return what stands before, which field comes first, what stands between the two, and after."""
    before, first, between, _, after = re.split(r"\{(server|tool)\}", template)
    return before, first, between, after


def _within(name: str, before: str, after: str) -> str:
    fits = name.startswith(before) and name.endswith(after) and len(name) > len(before) + len(after)
    return name[len(before) : len(name) - len(after)] if fits else ""
