"""AP5xx: whether what a bundle's text refers to is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.checks.subject import without_code
from agentpkg.findings import Finding, Rule
from agentpkg.hosts import HOSTS
from agentpkg.text import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentpkg.checks.subject import Subject, Surroundings

NO_AGENT = Rule(
    code="AP501", level="warning",
    about="work is handed to an agent that neither the bundle nor what it requires has",
    remedy="add the agent, require its bundle under [requires], or name no agent",
    why="Where the agent is not installed by chance, the work is handed to nobody.",
    wrong="Delegate the tests to the `test-writer` agent.\n(and no agents/test-writer.md)",
    right='[requires]\ntest-writer = "~=1.0"',
)  # fmt: skip
NO_FILE = Rule(
    code="AP502", level="warning",
    about="a skill or a file is named that the bundle does not hold",
    remedy="put it under skills/, or say it in the prompt",
    why="Only agents and skills are installed. A file beside them stays with the author, and a skill that is not there "
    "is not read.",
    wrong="Follow [the checklist](./checklists/review.md).",
    right="Follow the checklist of the `review` skill.\n(and skills/review/SKILL.md)",
)  # fmt: skip
NO_SERVER = Rule(
    code="AP503", level="note",
    about="tools of an MCP server are named that the bundle does not declare",
    remedy="declare it under [mcp.NAME] in bundle.toml, or say in the README how to set it up",
    why="The agent has these tools only where the user happens to run a server of that name.",
    wrong='tools: [read, "mcp:tickets/search"]',
    right='[mcp.tickets]\nurl = "https://mcp.acme.io/tickets"',
)  # fmt: skip
IDLE_SERVER = Rule(
    code="AP504", level="warning",
    about="an MCP server is declared that no agent's tools name",
    remedy="name its tools in the agents that use it, or take it out",
    why="Nobody gets the server, and it looks as if somebody did.",
    wrong='[mcp.tickets]\nurl = "https://mcp.acme.io/tickets"\n(and tools: [read] in every agent)',
    right='tools: [read, "mcp:tickets/search"]',
)  # fmt: skip
RULES = (NO_AGENT, NO_FILE, NO_SERVER, IDLE_SERVER)
_TOLD = 3  # agents that name one server
_NAME = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+"
_HANDS = (
    r"\b(?:[Dd]elegat(?:e|es|ed|ing)|[Hh]and(?:s|ed|ing)?|[Ii]nvok(?:e|es|ing)|[Cc]all|[Aa]sk|[Cc]onsult|[Ss]pawn|[Uu]se|"
    r"[Dd]ispatch|[Ee]scalate|[Rr]oute|[Pp]ass|[Ll]aunch|[Ss]tart)\b"
)
_AGENT = re.compile(
    rf"{_HANDS}[^.\n`]{{0,60}}?(?:(?:`@?|@)(?P<marked>{_NAME})(?![\w/@.:-])`?(?: (?:sub-?)?agents?\b)?"
    rf"|\bthe (?P<plain>{_NAME}) (?:sub-?)?agent\b)"
)
# The same with a name of one word, behind verbs that have nothing but somebody for their object.
_SHORT_NAME = re.compile(
    r"\b(?:[Dd]elegat(?:e|es|ing)|[Hh]and(?:s|ing)?|[Ii]nvok(?:e|es|ing)|[Cc]all|[Aa]sk|[Cc]onsult|[Ss]pawn|"
    r"[Dd]ispatch|[Ee]scalate|[Pp]ass|[Ll]aunch)(?: [^.;:,\n`]{0,40}?\bto)? the (?P<name>[a-z]{3,}) (?:sub-?)?agent\b"
    r"(?!'s|-| (?:types?|names?|teams?|files?|tools?|definition|prompt|outputs?|results?|response|reports?|ids?)\b)"
)
_NO_SHORT_NAME = re.compile(
    r"main|other|same|new|next|parent|current|first|second|third|last|final|previous|only|right|"
    r"best|correct|both|appropriate|relevant|suitable|proper|specific|given|target|chosen|respective|"
    r"responsible|lead|root|full|partial|complete|child|primary|secondary|default|custom|external|"
    r"internal|local|remote|original|entire|whole|single|general|generic|expert|foreground|active|"
    r"idle|another|upstream|downstream|user|human|available|above|below|actual|real|old|subordinate|"
    r"helper|worker|peer|sibling|outer|inner|simple|small|big|large|quick|slow|deep|cheap|strong|"
    r"weak|good|bad|top|overall|independent|separate|individual|assistant|autonomous|smart|cheaper|"
    r"cheapest|faster|fastest|smaller|larger|stronger|better|worst|stuck|native|builtin|standard|"
    r"normal|usual|legacy|temporary|shared|particular|different|heavy|light|clean|fresh|blank|empty|"
    r"broken|unknown|valid|specialist|[a-z]+(?:ed|ing)"
)
# A marked name is an agent's only with the word behind it, or behind a verb that has nothing but agents for its object.
_SURE = re.compile(r"(?:sub-?)?agents?$|^(?:[Dd]elegat|[Ss]pawn|[Dd]ispatch|[Ee]scalat)")
_NO_NAME = re.compile(
    r"(?:^(?:my|your|some|other)-|-(?:only|based|purpose|specific|running|aware|powered|level|like|driven|side|end|free|"
    r"time|step|party|quality|friendly|first|scoped|facing|capable|enabled|agent|in|built|lived|grained|focused|"
    r"oriented|native|stack|source|name|x)$)"
)
_SKILL = re.compile(rf"`/?(?P<before>{_NAME})` skill\b|\bskill `(?P<after>{_NAME})`|`skills/(?P<path>[a-z0-9-]+)[/`]")
_LINK = re.compile(r"\]\(<?(?P<path>[^)\s>#?]+)(?:#[^)\s]*)?>?(?: \"[^\"]*\")?\)")
_OWN_FILE = re.compile(r"`(?P<path>(?:references|scripts|assets)/[\w./-]+\.\w{1,5})`")


def check_agents(subject: Subject) -> Iterator[Finding]:
    """Find agents that are handed work and are not there."""
    bundle = subject.bundle
    if bundle is None or subject.agent is None or not bundle.known:
        return
    known = bundle.agents | {name for host in HOSTS.values() for name in host.reserved}
    parts = {part for name in known for part in name.split("-")}
    missing: dict[str, int] = {}
    for match in _AGENT.finditer(subject.prose):
        name = match["marked"] or match["plain"]
        if match["marked"] and not _SURE.search(match[0]):
            continue
        if name not in known and name not in bundle.skills and not _NO_NAME.search(name):
            missing.setdefault(name, match.start())
    for match in _SHORT_NAME.finditer(subject.prose):
        if match["name"] not in parts and not _NO_SHORT_NAME.fullmatch(match["name"]):
            missing.setdefault(match["name"], match.start())
    for name, place in missing.items():
        yield subject.in_body(NO_AGENT, place, f"there is no agent {name} in the bundle or what it requires")


def check_files(subject: Subject) -> Iterator[Finding]:
    """Find skills and files that a bundle's agent refers to and that are not there."""
    bundle = subject.bundle
    if bundle is None or subject.agent is None:
        return
    text = subject.prose
    seen: set[str] = set()
    for match in _SKILL.finditer(text):
        name = match["before"] or match["after"] or match["path"]
        if bundle.known and name not in bundle.skills and name not in seen:
            seen.add(name)
            yield subject.in_body(NO_FILE, match.start(), f"there is no skill {name} in the bundle or what it requires")
    for match in _LINK.finditer(text):
        path = match["path"]
        if path not in seen and _is_missing(path, bundle.files) and not _is_quoted(text, match.start()):
            seen.add(path)
            yield subject.in_body(NO_FILE, match.start(), f"{path} is not installed beside the agent")


def _is_missing(path: str, files: frozenset[str]) -> bool:
    """Say whether a link of an agent is meant for a file of the bundle, or one beside it, and leads to none.

    A path to anywhere else is one of the project in which the agent works, or of a text that it is to write.
    """
    if not _is_relative(path):
        return False
    folders = {one.partition("/")[0] for one in files if "/" in one} | {"skills"}
    meant = path.startswith("./") or _normal(path).partition("/")[0] in folders
    return meant and files.isdisjoint([_normal(path), _normal(f"agents/{path}")])


def _is_quoted(text: str, place: int) -> bool:
    """Say whether a place stands in inline code."""
    return text.count("`", text.rfind("\n", 0, place) + 1, place) % 2 == 1


def check_skill_files(path: str, inner: str, text: str, files: frozenset[str]) -> Iterator[Finding]:
    """Find files that a skill's page refers to and that the skill does not hold; `inner` is the page's path in it."""
    prose, folder = without_code(text), inner.rpartition("/")[0]
    for match in (*_LINK.finditer(prose), *_OWN_FILE.finditer(prose)):
        named = match["path"]
        if not _is_relative(named) or _normal(f"{folder}/{named}") in files or _normal(named) in files:
            continue
        if any(one.startswith(f"{_normal(f'{folder}/{named}')}/") for one in files):
            continue
        line, column = place_of(text, match.start())
        message = f"{named} is not in the skill"
        yield Finding(rule=NO_FILE, path=path, line=line, column=column, message=message)


def _is_relative(path: str) -> bool:
    """Say whether a link leads to a file in a folder beside the page.

    None does that is an address or holds a stand-in, nor one of the files that every project has in capitals.
    """
    if re.match(r"[a-z][a-z0-9+.-]*:|[/#~]", path) or "/" not in path or set(path) & set("{}<>$*|…"):
        return False
    return bool(re.search(r"\w", path)) and not re.search(r"/[A-Z_]+\.\w+\Z", path)


def _normal(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in ("", ".", ".."):
            parts.append(part)
    return "/".join(parts)


def check_servers(path: str, text: str, around: Surroundings) -> Iterator[Finding]:
    """Find servers that a bundle declares for nobody, and those that agents' tools name and it does not declare."""
    if around.bundle is None:
        return
    used = {server.name for agent in around.bundle.agents for server in around.bundle.servers_of(agent)}
    for name in sorted(around.about.mcp.keys() - used):
        line = text.count("\n", 0, max(0, text.find(f"mcp.{name}"))) + 1
        yield Finding(rule=IDLE_SERVER, path=path, line=line, message=f"no agent's tools name the MCP server {name}")
    named: dict[str, list[str]] = {}
    for agent in around.bundle.agents:
        for name in {tool.server for tool in agent.tools or () if tool.server} - around.about.mcp.keys():
            named.setdefault(name, []).append(agent.name)
    for name, agents in sorted(named.items()):
        who = f"{', '.join(agents[:_TOLD])}{f' and {len(agents) - _TOLD} more' if len(agents) > _TOLD else ''}"
        yield Finding(rule=NO_SERVER, path=path, message=f"there is no [mcp.{name}], whose tools are named by {who}")


CHECKS = (check_agents, check_files)
