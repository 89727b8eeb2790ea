"""What the checks look at, as values: one agent's file as far as it could be read, and the bundle around it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from agentpkg.findings import Finding
from agentpkg.text import place_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.agent import Agent
    from agentpkg.bundle import Bundle, BundleFile
    from agentpkg.findings import Rule
    from agentpkg.header import Header
    from agentpkg.hosts.base import Host

_FENCED = re.compile(r"^[ \t]*(`{3,}|~{3,}).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The bundle that an agent belongs to.

    `agents` and `skills` are names, also of the bundles that it requires; `known` says that all of these were found.
    `bundle` is the whole, None where it is not fit to be one.
    """

    about: BundleFile
    agents: frozenset[str]
    skills: frozenset[str]
    known: bool
    bundle: Bundle | None


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
    return _FENCED.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


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
