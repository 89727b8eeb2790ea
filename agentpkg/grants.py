"""Tools and the powers they give.

A power is text: a tool (`read`, `shell(git *)`, `mcp:context7/*`), `*` for every tool that a host gives, an MCP
server or a skill that a bundle brings (`mcp-server:…`, `skill:…`), or a host field that adds power
(`claude.permissionMode=…`).
Powers are ordered: some cover others. `Grants.covers` is the one place that knows the order.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.values import dataclass
from agentpkg.withheld import lifted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EVERYTHING = "*"
TOOLS = (
    "read", "write", "edit", "notebook-edit", "glob", "grep", "list", "shell", "web-fetch", "web-search",
    "delegate", "todo", "skill", "ask",
)  # fmt: skip
# Bookkeeping and conversation: they reach nothing that the agent could not reach without them.
POWERLESS = frozenset(["todo", "skill", "ask"])
# What each power brings along. Who may change any file may put any content there, so edit and write are one power.
_FILES = frozenset(["read", "grep", "glob", "list"])
_CHANGE = frozenset(["edit", "write", "notebook-edit"]) | _FILES
_COVERED = {
    "write": _CHANGE,
    "edit": _CHANGE,
    "read": _FILES,
    "grep": _FILES,
    "glob": frozenset(["list"]),
    "list": frozenset(["glob"]),
    "web-fetch": frozenset(["web-search"]),
}
# Names that other vocabularies use, so that an author's slip gets an answer instead of a riddle.
FOREIGN_NAMES = {
    "read": "read", "notebookread": "read", "view": "read", "readfile": "read", "read_file": "read",
    "write": "write", "create": "write", "createfile": "write", "write_file": "write",
    "edit": "edit", "multiedit": "edit", "replace": "edit", "str_replace": "edit", "apply_patch": "edit",
    "notebookedit": "notebook-edit", "glob": "glob", "find": "glob", "grep": "grep", "search": "grep",
    "ls": "list", "list": "list", "listdirectory": "list", "list_directory": "list",
    "bash": "shell", "shell": "shell", "execute": "shell", "terminal": "shell", "run_shell_command": "shell",
    "createdirectory": "shell", "webfetch": "web-fetch", "fetch": "web-fetch", "web_fetch": "web-fetch",
    "websearch": "web-search", "web_search": "web-search", "google_web_search": "web-search",
    "task": "delegate", "agent": "delegate", "todowrite": "todo", "todoread": "todo", "skill": "skill",
    "askuserquestion": "ask", "ask_user": "ask", "question": "ask",
}  # fmt: skip
TOOL = re.compile(
    r"(?P<name>[a-z][a-z-]*|mcp:(?P<server>\w[\w.-]*)/(?P<tool>\*|\w[\w.-]*))(?:\((?P<scope>\S|\S[^()\t\r\n]*\S)\))?\Z",
    re.ASCII,
)
_BROUGHT = ("mcp-server:", "skill:")
_HOST_FIELD = re.compile(r"[\w-]+\.\w")


@dataclass(frozen=True, slots=True, order=True)
class Tool:
    """One entry of an agent's tool list: a canonical name, and the scope that limits it, if any."""

    name: str
    scope: str | None = None

    @property
    def server(self) -> str | None:
        """The MCP server that the tool belongs to, None for a tool of the host itself."""
        return self.name[4:].partition("/")[0] if self.name.startswith("mcp:") else None

    @property
    def server_tool(self) -> str:
        """The tool's name at its MCP server, `*` for all of them."""
        return self.name.partition("/")[2]

    def __str__(self) -> str:
        return f"{self.name}({self.scope})" if self.scope else self.name


def parse_tool(text: str) -> Tool:
    """Return the tool that `text` names; raise `ValueError`, saying what is wrong, if there is none."""
    match = TOOL.match(text)
    if match and (match["server"] or match["name"] in TOOLS):
        if match["server"] and match["scope"]:
            raise ValueError(f"{text!r}: a tool of an MCP server takes no scope")
        if match["scope"] and not match["scope"].strip("*?:./~ "):
            raise ValueError(f"{text!r}: a scope that lets everything through is none; leave it out")
        return Tool(match["name"], match["scope"])
    meant = FOREIGN_NAMES.get(text.partition("(")[0].lower())
    if text.startswith("mcp__"):
        server, _, tool = text[5:].partition("__")
        meant = f"mcp:{server}/{tool or '*'}"
    raise ValueError(f"{text!r} is not a tool" + (f"; its name here is {meant!r}" if meant else ""))


@dataclass(frozen=True, slots=True)
class Grants:
    """The powers that an agent holds, as a set ordered by what covers what, and the limits that hold it back.

    Limits are as `agentpkg.withheld` has them, of all hosts.
    """

    powers: frozenset[str]
    limits: frozenset[str] = frozenset()

    @classmethod
    def of(cls, tools: tuple[Tool, ...] | None, more: tuple[str, ...] = ()) -> Grants:
        """Return the grants of a tool list (None being every tool) and of `more` powers beside it."""
        named = {EVERYTHING} if tools is None else {str(tool) for tool in tools if tool.name not in POWERLESS}
        return cls(frozenset(named | set(more)))

    @classmethod
    def together(cls, many: Iterable[Grants]) -> Grants:
        """Return the powers of several agents, with the limits that hold all of them."""
        held = [*many]
        limits = frozenset[str].intersection(*(one.limits for one in held)) if held else frozenset[str]()
        return cls(frozenset(power for one in held for power in one.powers), limits)

    def covers(self, power: str) -> bool:
        """Say whether whoever holds these grants can already do what `power` allows."""
        if power in self.powers or power in POWERLESS:
            return True
        if power.startswith(_BROUGHT) or _HOST_FIELD.match(power):
            return False  # what a bundle brings along and what a host field adds stand apart, always
        if EVERYTHING in self.powers or "shell" in self.powers:
            return True
        if power.startswith("mcp:"):
            return power.partition("/")[0] + "/*" in self.powers
        name, bracket, scope = power.partition("(")
        if bracket and self.covers(name):
            return True
        return any(name in _COVERED.get(held.removesuffix(bracket + scope), ()) for held in self.powers)

    def beyond(self, held: Grants) -> tuple[str, ...]:
        """Return, sorted, the powers in these grants that `held` does not cover, a limit of `held` less among them."""
        more = (power for power in self.powers if not held.covers(power))
        return tuple(sorted([*more, *lifted(held.limits, self.limits)]))

    def with_powers(self, more: Iterable[str]) -> Grants:
        """Return these grants and `more` powers."""
        return Grants(self.powers.union(more), self.limits)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.powers))


def left_by(powers: Iterable[str], tools: tuple[Tool, ...] | None) -> Grants:
    """Return what is left of an agent's `powers` where these are its only tools (None: where it keeps those it has).

    Skills and fields of hosts stay; a server goes if no tool of it is left.
    """
    if tools is None:
        return Grants(frozenset(powers))
    servers = tuple(f"mcp-server:{tool.server} " for tool in tools if tool.server)
    stay = (one for one in powers if one.startswith(("skill:", *servers)) or _HOST_FIELD.match(one))
    return Grants.of(tools, tuple(stay))


def name_powers(powers: Iterable[str]) -> str:
    """Return powers in the words of a message; beside every tool, those alone that stand apart."""
    named = [*powers]
    if EVERYTHING in named:
        every = Grants(frozenset([EVERYTHING]))
        named = ["every tool", *(power for power in named if not every.covers(power))]
    return ", ".join(named) or "nothing"
