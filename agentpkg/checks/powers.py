"""AP3xx: whether an agent holds what its prompt needs, and no more, here and at every host."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from agentpkg.checks.subject import is_english
from agentpkg.checks.words import BEGINS, ORDERS, SPEAKS_OF
from agentpkg.errors import ContentRefused
from agentpkg.findings import Finding, Rule
from agentpkg.foreign_names import is_own, read_name
from agentpkg.foreign_tools import names_in
from agentpkg.grants import EVERYTHING, Grants
from agentpkg.hostfields import host_powers
from agentpkg.hosts import HOSTS
from agentpkg.hosts.base import NoControl, ToolList
from agentpkg.losses import Fidelity, Note
from agentpkg.manifest import HostSettings
from agentpkg.render import render_agent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentpkg.checks.subject import Subject
    from agentpkg.grants import Tool

EVERY_TOOL = Rule(
    code="AP301", level="note",
    about="there is no tool list, so the agent holds every tool",
    remedy="list the tools that the prompt needs",
    why="Whoever installs the agent gives it a shell, the web and every MCP server of the session. Each of these is a "
    "way out for whatever the agent reads.",
    wrong="---\nname: triage\ndescription: Use when an alert fires\n---",
    right="---\nname: triage\ndescription: Use when an alert fires\ntools: [read, grep]\n---",
)  # fmt: skip
UNUSED = Rule(
    code="AP302", level="note",
    about="the agent holds a power that its text never speaks of",
    remedy="take it out of the tool list, or say in the prompt what it is for",
    why="A power that nobody needs is still one that an attacker can use, and that each user is asked to approve.",
    wrong='tools: [read, web-search]\n---\nYou read the schema and list its keys.',
    right='tools: [read]\n---\nYou read the schema and list its keys.',
)  # fmt: skip
LACKING = Rule(
    code="AP303", level="warning",
    about="the prompt tells the agent to do what its tools do not allow",
    remedy="add the tool, or take the order out",
    why="The agent tries, fails, and spends its turns on it, or tells that it has done what it could not do.",
    wrong="tools: [read, grep]\n---\nRun `git diff` to see what changed.",
    right='tools: [read, grep, "shell(git diff *)"]\n---\nRun `git diff` to see what changed.',
)  # fmt: skip
UNKNOWN = Rule(
    code="AP304", level="warning",
    about="a tool is named that the file's host does not know",
    remedy="write it as the host does; agentpkg hosts HOST lists its names",
    why="Hosts drop such a name without a word, refuse the file, or give every tool instead.",
    wrong="tools: read_file, Grep",
    right="tools: Read, Grep",
)  # fmt: skip
HELD_BADLY = Rule(
    code="AP305", level="note",
    about="some hosts cannot hold the agent as it is",
    remedy="agentpkg render FOLDER --host HOST tells what is lost; leave out tools that few hosts have",
    why="A host that cannot hold a limit is refused when the agent is installed. Where a tool has no name, the agent "
    "goes without.",
    wrong="tools: [read, \"shell(git log *)\"]",
    right="tools: [read, grep]",
)  # fmt: skip
RULES = (EVERY_TOOL, UNUSED, LACKING, UNKNOWN, HELD_BADLY)
_EFFECTS = {
    "is dropped": "such a name is dropped",
    "rejects the file": "the host refuses the file for it",
    "gives every tool": "such a name gives every tool",
    "stops the agent": "the agent does not start with it",
    "nobody knows": "nobody says what such a name does",
}
_TOLD = 2  # of one order, so many places
_REFUSING = re.compile(
    r"\b(?:never|not|no|don[\u2019']t|cannot|can[\u2019']t|won[\u2019']t|without|instead|unless|if|suggest\w*|ask|avoid|"
    r"forbidden|prohibited|refuse|out of scope|anti-?patterns?|mistakes?|limit\w*|user|human|they|orchestrator|parent|"
    r"lead|main agent|caller)\b|[\u274c\u2717\u26d4\U0001f6ab]",
    re.IGNORECASE,
)
# The end of a sentence, unless the next one only goes on with a condition of it.
_STOP = re.compile(r"[.!?]['\"*_)`]*[ \t]+(?=[A-Z`*_\[(])(?![*_]*(?:Only|Unless|Except|But|Or)\b)")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d+[.)])[ \t]|[ \t]*\Z|[ \t]+\S")


def check_list(subject: Subject) -> Iterator[Finding]:
    """Find an agent without a tool list, and powers that its text never speaks of."""
    if subject.agent is None or subject.variant:
        return
    if subject.agent.tools is None:
        yield subject.at_key(EVERY_TOOL, "tools", "there is no tool list, so the agent holds every tool")
        return
    text = subject.words
    if not is_english(text):
        return
    unused = [tool.name for tool in subject.agent.tools if tool.name in SPEAKS_OF and not _speaks(text, tool)]
    tools: dict[str, list[str]] = {}
    for tool in subject.agent.tools:
        if tool.server:
            tools.setdefault(tool.server, []).append(tool.server_tool)
    unused += [f"mcp:{server}" for server in tools if not _speaks_of_server(text, server, tools[server])]
    if unused:
        message = f"the text never speaks of what {', '.join(dict.fromkeys(unused))} is for"
        yield subject.at_key(UNUSED, "tools", message)


def _speaks(text: str, tool: Tool) -> bool:
    return bool(re.search(rf"\b(?:{SPEAKS_OF[tool.name]})\b", text, re.IGNORECASE))


def _speaks_of_server(text: str, server: str, tools: list[str]) -> bool:
    """Say whether a text has one word of at least four letters of a server's name, or of its tools' names."""
    words = {word.lower() for name in (server, *tools) for word in re.findall(r"[A-Za-z]{4,}", name)}
    low = text.lower()
    return server.lower() in low or any(word in low for word in words) or not words


_USE = re.compile(r"\b[Uu]se (?:the |your )?`?(?P<name>[A-Za-z][\w-]*)`? tool\b")


def check_orders(subject: Subject) -> Iterator[Finding]:
    """Find orders that the agent cannot follow."""
    if subject.agent is None or subject.agent.tools is None:
        return
    held = {tool.name for tool in subject.agent.tools}
    if any(tool.server for tool in subject.agent.tools):
        held |= {"shell"}  # a server may do anything
    text = subject.prose
    for order in ORDERS:
        if held.isdisjoint(order.needs):
            places = [match for match in order.pattern.finditer(text) if _is_order(text, match)]
            for match in places[:_TOLD]:
                message = f"tells to {order.does}, which needs {' or '.join(order.needs)}: {_short(match[0])}"
                yield subject.in_body(LACKING, match.start(), message)
    yield from _named_tools(subject, Grants.of(subject.agent.tools))


def _named_tools(subject: Subject, held: Grants) -> Iterator[Finding]:
    """Find orders to use a tool, by any host's name of it, that the agent does not have."""
    control = subject.host.tools if subject.host else NoControl()
    for match in _USE.finditer(subject.prose):
        try:
            needs = read_name(match["name"], control)
        except ValueError:
            continue
        if _is_order(subject.prose, match) and not any(held.covers(tool.name) for tool in needs):
            message = f"tells to use {match['name']}, which needs {' or '.join(tool.name for tool in needs)}"
            yield subject.in_body(LACKING, match.start(), message)


def _is_order(text: str, match: re.Match[str]) -> bool:
    """Say whether words begin a line or a sentence, and neither it nor what stands above their list takes them back."""
    before = text[: match.start()].split("\n")
    if not BEGINS.match(before[-1]):
        return False
    end = text.find("\n", match.end())
    line = before[-1] + text[match.start() : end if end >= 0 else len(text)]
    ends = [one.end() for one in _STOP.finditer(line)]
    start = max((one for one in ends if one <= len(before[-1])), default=0)
    stop = next((one for one in ends if one >= len(before[-1]) + len(match[0].rstrip("`"))), len(line))
    above = next((line for line in reversed(before[:-1]) if not _ITEM.match(line)), "")
    return not (_REFUSING.search(line[start:stop]) or _REFUSING.search(above))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"


def check_names(subject: Subject) -> Iterator[Finding]:
    """Find tools in a host's own file that the host does not know."""
    host = subject.host
    control = host.tools if host else None
    if not isinstance(control, ToolList) or not subject.placed:
        return
    try:
        names = names_in(subject.header.get(control.key, ""), control.key)
    except ContentRefused:
        return
    own = sorted({name for row in control.rows for name in row.names})
    for name in names:
        word = name.partition("(")[0].strip()
        if word != EVERYTHING and not is_own(word, control) and word.lower() not in control.also:
            message = _unknown(word, control, own)
            if message:
                yield subject.at_key(UNKNOWN, control.key, f"{message}; {_EFFECTS[control.unknown]}")


def _unknown(word: str, control: ToolList, own: list[str]) -> str | None:
    """Return what is to be said of a name that is not in a host's table, None of one that it may know all the same.

    Hosts add and rename tools, so that only a name counts that is spelled as the host spells none, or much like one.
    """
    if word.startswith("mcp") or "/" in word or "*" in word:
        return None
    try:
        meant = {str(tool) for tool in read_name(word, control)}
    except ValueError:
        near = [name for name in own if abs(len(name) - len(word)) < 2 and get_close_matches(word, [name], 1, 0.75)]
        return f"{word} is no tool of the host; did you mean {' or '.join(near)}?" if near else None
    if any(_style(word) == _style(name) for name in own):
        return None
    names = [row.names[0] for row in control.rows if row.names and row.gives[0] in meant][:1]
    return f"{word} is called {names[0]} there" if names else f"{word} is no tool of the host"


def _style(name: str) -> str:
    return "snake" if "_" in name else "dash" if "-" in name else "camel" if name != name.lower() else "lower"


def check_holding(subject: Subject) -> Iterator[Finding]:
    """Find hosts that cannot hold a bundle's agent as it is: one finding for all of them."""
    agent, bundle = subject.agent, subject.bundle.bundle if subject.bundle else None
    if agent is None or bundle is None or subject.variant:
        return
    grants = bundle.grants_of(agent)
    refused, widened, narrowed = [], [], []
    around = subject.bundle.targets if subject.bundle else {}
    for host in subject.hosts:
        name, settings = host.name, around.get(host.name, HostSettings())
        held = grants.with_powers(host_powers(agent, host))
        try:
            rendering = render_agent(agent, held, host, settings, bundle.servers_of(agent))
        except ContentRefused:
            refused.append(name)
            continue
        if rendering.gained and not settings.widening:
            widened.append(name)
        elif any(_is_lost(note, covered=held.covers("shell")) for note in rendering.notes):
            narrowed.append(name)
    parts = [
        f"{what}: {', '.join(names)}"
        for what, names in (("refused by", refused), ("not held back by", widened), ("tools are lost on", narrowed))
        if names
    ]
    if parts:
        fine = len(around) - len(refused) - len(widened) - len(narrowed)
        hosts = f"{fine} of {len(around)} hosts{' of the project' if len(around) < len(HOSTS) else ''} hold all of it"
        told = hosts if len(around) > 1 else "the one host of the project does not hold all of it"
        yield subject.finding(HELD_BADLY, f"{told}; {'; '.join(parts)}")


def _is_lost(note: Note, *, covered: bool) -> bool:
    """Say whether a note tells of a tool that the agent has to go without; with `covered`, a shell does for most."""
    lost = note.field == "tools" and note.fidelity is Fidelity.NARROWED
    return lost and (not covered or bool(re.search(r"\bshell\b|no tool is left", note.detail)))


CHECKS = (check_list, check_orders, check_names, check_holding)
