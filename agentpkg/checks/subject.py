"""What the checks look at, as values: one agent's file as far as it could be read, and the bundle around it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from agentpkg.findings import Finding
from agentpkg.hosts import HOSTS
from agentpkg.manifest import HostSettings
from agentpkg.text import place_of
from agentpkg.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.agent import Agent
    from agentpkg.bundle import Bundle, BundleFile
    from agentpkg.findings import Rule
    from agentpkg.header import Header
    from agentpkg.hosts.base import Host

_FENCE = re.compile(r"[ \t]*(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>.*?)[ \t]*\Z")
_PAGES = frozenset(["markdown", "md", "mdx"])  # what may hold fences of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The bundle that an agent belongs to.

    `agents` and `skills` are names, also of the bundles that it requires; `known` says that all of these were found.
    `files` are all its paths. `bundle` is the whole, None where it is not fit to be one. `targets` are the hosts that
    matter, with what the project around says of each: those that it names, all where there is none.
    """

    about: BundleFile
    agents: frozenset[str]
    skills: frozenset[str]
    known: bool
    bundle: Bundle | None
    files: frozenset[str] = frozenset()
    targets: Mapping[str, HostSettings] = field(default_factory=lambda: dict.fromkeys(HOSTS, HostSettings()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One agent's file, or a variant of it for one host.

    `path` is what messages call it, `text` all of it without what cannot be seen, `header` and `body` what a tolerant
    reader understands. `agent` is None where nobody can say what it is; its description is empty where there is none.
    `host` is the one that the file is written for, None for a canonical agent; `placed` says that the file lies where
    that host looks. `variant`: it is another body for an agent of the bundle.
    """

    path: str
    text: str
    header: Mapping[str, Header]
    body: str
    agent: Agent | None
    host: Host | None = None
    placed: bool = False
    variant: bool = False
    bundle: Surroundings | None = None

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The hosts that the file is for: its own one, else those that matter to the bundle around it, else all."""
        if self.host:
            return (self.host,)
        return tuple(HOSTS[name] for name in self.bundle.targets) if self.bundle else tuple(HOSTS.values())

    @property
    def prose(self) -> str:
        """The prompt with blanks in the place of fenced code; places in it are those in the prompt."""
        return without_code(self.body)

    @property
    def words(self) -> str:
        """Description and prompt, for a look at what they speak of."""
        return f"{self.agent.description if self.agent else ''}\n{self.body}"

    def finding(self, rule: Rule, message: str, *, as_error: bool = False) -> Finding:
        """Return a finding about the file as a whole."""
        return Finding(rule=rule, message=message, path=self.path, as_error=as_error)

    def at_key(self, rule: Rule, key: str, message: str, *, as_error: bool = False) -> Finding:
        """Return a finding about a key of the header."""
        return Finding(rule=rule, message=message, path=self.path, line=line_of(self.text, key), as_error=as_error)

    def in_body(self, rule: Rule, place: int, message: str) -> Finding:
        """Return a finding about a place in the prompt."""
        start = self.text.rfind(self.body.rstrip("\n"))
        line, column = place_of(self.text, start + place) if start >= 0 else (None, None)
        return Finding(rule=rule, message=message, path=self.path, line=line, column=column)


@lru_cache(maxsize=8)
def without_code(text: str) -> str:
    """Return text with blanks in the place of everything in code fences."""
    lines = text.split("\n")
    place = 0
    while place < len(lines):
        opens = _FENCE.match(lines[place])
        end = _end_of_fence(lines, place, opens) if opens else place
        if opens:
            lines[place : end + 1] = [" " * len(line) for line in lines[place : end + 1]]
        place = end + 1
    return "\n".join(lines)


def _end_of_fence(lines: list[str], place: int, opens: re.Match[str]) -> int:
    """Return the number of the line that closes a fence, the last if none does.

    Writers put fences into a fence for a page without a longer mark; these are counted, if they come out even.
    """
    first, depth = None, 1
    for number in range(place + 1, len(lines)):
        fence = _FENCE.match(lines[number])
        if fence is None or fence["mark"] != opens["mark"]:
            continue
        depth += 1 if fence["info"] else -1
        first = number if first is None and not fence["info"] else first
        if depth == 0 or (first and opens["info"].lower() not in _PAGES):
            return number
    return len(lines) - 1 if first is None else first


def line_of(text: str, key: str) -> int | None:
    """Return the line of the header in which a key stands, 1 if there is a header without it, else None."""
    lines = text.split("\n")
    if not lines[0].lstrip().startswith("---"):
        return None
    pattern = re.compile(rf" {{0,3}}[\"']?{re.escape(key)}[\"']?[ \t]*:")
    for number, line in enumerate(lines[1:], 2):
        if line.startswith("---"):
            break
        if pattern.match(line):
            return number
    return 1


def is_english(text: str) -> bool:
    """Say whether a text is in English, which is all that the word lists of the checks know."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    if len(words) < 4:
        return text.isascii()
    return sum(word in _COMMON for word in words) * 20 >= len(words)


_COMMON = frozenset(
    ["a", "an", "the", "and", "or", "of", "to", "in", "for", "with", "that", "this", "is", "are", "be", "as", "by",
     "on", "from", "when", "use", "it", "you", "your", "not", "any", "all", "how"]
)  # fmt: skip
