"""AP4xx: whether every host can read the prompt as it stands, and what it costs."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from agentpkg.checks.words import stands_in
from agentpkg.cost import estimate_tokens
from agentpkg.findings import Finding, Rule
from agentpkg.grants import TOOLS
from agentpkg.hosts import HOSTS
from agentpkg.hosts.base import PermissionMap, ToolList

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentpkg.checks.subject import Subject
    from agentpkg.hosts.base import Host, TextHazard

HOST_WORDS = Rule(
    code="AP401", level="warning",
    about="the prompt of a bundle names a tool as one host calls it",
    remedy="say what is to be done, and not by which tool",
    why="At other hosts there is no such tool. The agent looks for it, or decides that it cannot do the work.",
    wrong="Use the TodoWrite tool to plan your steps.",
    right="Plan your steps in a list.",
)  # fmt: skip
TEMPLATE = Rule(
    code="AP402", level="warning",
    about="a host puts something else in the place of text in the prompt, or does not start the agent",
    remedy="write it without the sign that the host looks for",
    why="Some hosts fill in variables before the model reads the prompt; what they do not find ends the agent, or "
    "leaves a hole.",
    wrong="Set ${TARGET} before you begin.",
    right="Set the variable TARGET before you begin.",
)  # fmt: skip
TOO_LONG = Rule(
    code="AP403", level="note",
    about="the prompt is longer than a client of some host takes",
    remedy="move parts into a skill, which is read when it is needed",
    why="That client refuses the agent.",
    wrong="(a prompt of 40,000 characters)",
    right="(a prompt of 8,000 characters, and a skill with the rest)",
)  # fmt: skip
COSTLY = Rule(
    code="AP404", level="note",
    about="the prompt costs many tokens each time that the agent starts",
    remedy="move parts into a skill, which is read when it is needed, and cut what every model knows",
    why="A long prompt is paid for with every turn, and what matters in it gets lost. Tokens are estimated, for no "
    "model in particular: one for a word of up to ten Western letters and for every ten more, one for three digits or "
    "signs in a row, one for the end of a line, one for two letters of other alphabets, one for each Chinese, Japanese "
    "or Korean character or picture. For English and for code that is about a tenth off; other languages may take half "
    "as many, or twice.",
    wrong="(a prompt of 12,000 tokens)",
    right="(a prompt of 2,000 tokens, and a skill with the rest)",
)  # fmt: skip
REWRITTEN = Rule(
    code="AP405", level="note",
    about="text of the prompt is written in another way for some hosts",
    remedy="agentpkg render FOLDER --host HOST shows how; write it without the sign that the host looks for",
    why="These hosts would put something else in its place. What is written instead says the same to a reader, but is "
    "not the text of the author.",
    wrong="Print ${HOME} first.",
    right="Print the variable HOME first.",
)  # fmt: skip
EMPTY = Rule(
    code="AP406", level="warning",
    about="the prompt only stands in for one",
    remedy="write what the agent is to do, and how",
    why="The host offers the agent like any other, and it knows nothing of its work.",
    wrong="TODO: write the prompt",
    right="You sort incidents by weight. Read the log first.",
)  # fmt: skip
RULES = (HOST_WORDS, TEMPLATE, TOO_LONG, COSTLY, REWRITTEN, EMPTY)
MANY_TOKENS = 8_000
_TOLD = 3
_ALSO_CODE = frozenset(["TaskList", "TodoList", "TaskGet"])  # programs call things so too
_SERVER_TOOL = r"\bmcp__[A-Za-z0-9-]+__[A-Za-z0-9_-]+"


def check_words(subject: Subject) -> Iterator[Finding]:
    """Find tools in a canonical prompt under the names that only some hosts have for them."""
    if subject.agent is None or subject.host is not None:
        return
    text, told = subject.prose, 0
    seen: set[str] = set()
    for match in _host_words().finditer(text):
        name = match[0].removesuffix(" tool").strip("`")
        if name not in seen and told < _TOLD:
            told += 1
            seen.add(name)
            yield subject.in_body(HOST_WORDS, match.start(), _told_word(name))


def _told_word(name: str) -> str:
    hosts = [one for one, host in HOSTS.items() if name in _names(host)]
    if not hosts:
        return f"{name} is how some hosts write a tool of an MCP server"
    more = " and some others" if len(hosts) > _TOLD else ""
    return f"only {', '.join(hosts[:_TOLD])}{more} call a tool {name}"


@cache
def _host_words() -> re.Pattern[str]:
    """Return the pattern of names that can be nothing but a tool's: of several words, or with the word tool behind."""
    names = {name for host in HOSTS.values() for name in _names(host)}
    camel = sorted(name for name in names - _ALSO_CODE if re.fullmatch(r"(?:[A-Z][a-z]+){2,}", name))
    joined = sorted(name for name in names if re.fullmatch(r"[a-z]+(?:_[a-z]+)+", name))
    single = sorted(name for name in names if name in _ALSO_CODE or re.fullmatch(r"[A-Z][a-z]+", name))
    several, one = "|".join((*camel, *joined)), "|".join(single)
    return re.compile(
        rf"{_SERVER_TOOL}|\b(?:{'|'.join(camel)})\b|`(?:{several})`|\b(?:{'|'.join(joined)}) tool\b"
        rf"|(?:(?<=[Tt]he )|(?<=[Yy]our )|(?<=[Uu]se ))(?:`(?:{one})`|(?:{one})) tool\b"
    )


def _names(host: Host) -> Iterator[str]:
    if isinstance(host.tools, ToolList | PermissionMap):
        yield from (name for row in host.tools.rows for name in row.names if name not in TOOLS)


def check_hazards(subject: Subject) -> Iterator[Finding]:
    """Find text that hosts do not pass on: in a canonical prompt by all hosts, in a host's own file by that one."""
    if subject.agent is None:
        return
    own = subject.host
    if own is not None and not subject.placed and not subject.variant:
        return
    changed: dict[str, list[str]] = {}
    places = []
    for host in subject.hosts:
        for hazard in host.hazards:
            found = re.search(hazard.pattern, subject.body)
            if found is None or not found[0].isascii():
                continue  # a quote or a dash in another shape says the same
            if _is_lost(hazard, written=own is None or subject.variant):
                yield subject.in_body(TEMPLATE, found.start(), f"{_visible(found[0])}: {hazard.why}")
            else:
                changed.setdefault(found[0], []).append(host.name)
                places.append(found.start())
    parts = [f"{_visible(text)} for {_listed([*dict.fromkeys(hosts)])}" for text, hosts in changed.items()]
    if parts:
        yield subject.in_body(REWRITTEN, min(places), f"is written in another way: {'; '.join(parts)}")


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD + 1 else ""
    return ", ".join(names[:_TOLD] if more else names) + more


def _is_lost(hazard: TextHazard, *, written: bool) -> bool:
    """Say whether the text does not reach the model: what we write does where there is another way to say it."""
    return hazard.replacement is None or not written


def _visible(text: str) -> str:
    return text if text.isprintable() and text.strip() else " ".join(f"U+{ord(one):04X}" for one in text)


def check_length(subject: Subject) -> Iterator[Finding]:
    """Find a prompt that a client does not take, and one that costs much."""
    if subject.agent is None:
        return
    hosts = subject.hosts if subject.host is None or subject.placed or subject.variant else ()
    for host in hosts:
        if host.body_limit and len(subject.body) > host.body_limit.most:
            limit = f"{host.body_limit.who} of {host.title} takes {host.body_limit.most:,}"
            yield subject.finding(TOO_LONG, f"the prompt has {len(subject.body):,} characters, and {limit}")
    tokens = estimate_tokens(subject.body)
    if tokens > MANY_TOKENS:
        yield subject.finding(COSTLY, f"the prompt has about {tokens:,} tokens")


def check_empty(subject: Subject) -> Iterator[Finding]:
    """Find a prompt that is nothing but a mark that it is to be written, its headings aside."""
    text = re.sub(r"^#+[ \t].*$|^[-*_ \t]+$", "", subject.body, flags=re.MULTILINE).strip()
    if text and stands_in(text):
        yield subject.in_body(EMPTY, subject.body.find(text), f"the prompt only stands in for one: {text[:60]!r}")


CHECKS = (check_words, check_hazards, check_length, check_empty)
