"""AP1xx: whether a file can be read, by everybody and as it was meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused, nearest
from agentpkg.findings import Finding, Rule
from agentpkg.foreign_names import read_name
from agentpkg.grants import TOOLS, parse_tool
from agentpkg.hostfields import read_own_fields
from agentpkg.hosts import HOSTS
from agentpkg.hosts.base import NoControl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentpkg.checks.subject import Subject

UNREADABLE = Rule(
    code="AP101", level="error", exit_code=3,
    about="a file cannot be read",
    remedy="write it as text in UTF-8, with a header of plain keys and values",
    why="Nobody can say what the agent is or may do, so hosts pass it over, or take their own guess, and no other "
    "check looks at it.",
    wrong="---\nname: triage\ntools: {read: yes, [shell]}\n---",
    right="---\nname: triage\ntools: [read, shell]\n---",
)  # fmt: skip
HEADER = Rule(
    code="AP102", level="warning", mendable=True,
    about="the header is understood by a tolerant reader only",
    remedy="write each value in double quotes, on one line",
    why="Hosts do not read headers alike. What one of them guesses right, the next one drops, with the tool list that "
    "stands below. In a bundle it is an error, because bundles are read strictly.",
    wrong="description: Reviews SQL. Usage: when a query is slow",
    right='description: "Reviews SQL. Usage: when a query is slow"',
)  # fmt: skip
NAME = Rule(
    code="AP103", level="note",
    about="the agent's name is not that of its file",
    remedy="give both one name: lower-case words joined by dashes",
    why="Some hosts know an agent by its file, others by its name, so that one agent has two names. In a bundle it is "
    "an error.",
    wrong="agents/triage.md\n---\nname: incident-triage",
    right="agents/triage.md\n---\nname: triage",
)  # fmt: skip
VOCABULARY = Rule(
    code="AP104", level="error", exit_code=3, mendable=True,
    about="the tool list of a bundle's agent uses the words of another tool",
    remedy="use the canonical names",
    why="A bundle is written for all hosts. Only canonical names are translated into the words of each.",
    wrong='tools: [Read, "Bash(git log:*)"]',
    right='tools: [read, "shell(git log *)"]',
)  # fmt: skip
BYTES = Rule(
    code="AP105", level="note", mendable=True,
    about="a file begins with a byte order mark, or mixes line endings",
    remedy="save it as UTF-8 without the mark, with one kind of line ending",
    why="A reader that looks for --- on the first line finds the mark instead, and takes the header for part of the "
    "prompt. In a bundle a mark is an error.",
    wrong="EF BB BF 2D 2D 2D 0A",
    right="2D 2D 2D 0A",
)  # fmt: skip
NO_HOST = Rule(
    code="AP106", level="warning",
    about="a host is named that agentpkg does not know",
    remedy="agentpkg hosts lists those that it knows",
    why="What is said for that host reaches nobody.",
    wrong="hosts:\n  my-editor: {color: red}",
    right="(a host out of agentpkg hosts, or none)",
)  # fmt: skip
REFUSED = Rule(
    code="AP107", level="error", exit_code=3,
    about="a bundle, or a file of it, could not be published",
    remedy="write it as the Formats page says",
    why="publish and install read strictly, because a header that is read wrongly can grant every tool.",
    wrong="---\nname: triage\ndescription: Use when an incident comes in\ntool: [read]\n---",
    right="---\nname: triage\ndescription: Use when an incident comes in\ntools: [read]\n---",
)  # fmt: skip
FIELD = Rule(
    code="AP108", level="note",
    about="a host would not take the value of one of its own fields",
    remedy="agentpkg hosts HOST lists its fields, and the Hosts page their values",
    why="The host ignores the field or drops the file. In a bundle it is an error: the agent is refused for that host.",
    wrong="color: teal-ish",
    right="color: cyan",
)  # fmt: skip
NOT_CARRIED = Rule(
    code="AP109", level="note",
    about="the agent could not be taken into a bundle",
    remedy="say what it may do by a list of tools, and give it a prompt of its own",
    why="Its host may read it well. But agentpkg carries no agent of which nobody can say what it may do, or that has "
    "nothing to say, so that import and install --from pass it over.",
    wrong="permissions: {deny: [shell]}",
    right="tools: [read, edit]",
)  # fmt: skip
PAGE = Rule(
    code="AP110", level="warning",
    about="a file that was named holds no agent, as far as can be told",
    remedy="begin it with a header between two lines of ---, say --from-host HOST, or do not name it",
    why="Nothing else is looked at in such a file. If it is meant to be an agent, no host takes it for one.",
    wrong="# Triage\n\nYou sort incidents.",
    right='---\nname: triage\ndescription: "Sorts incidents. Use when an alert fires."\n---\n\nYou sort incidents.',
)  # fmt: skip
NO_FENCE = Rule(
    code="AP111", level="warning",
    about="a file begins with keys of a header, but not with the line of --- that opens one",
    remedy="put --- on the first line",
    why="Hosts pass the file over, or take the keys for a part of the prompt. Then the tool list among them holds "
    "nothing back.",
    wrong="name: triage\ndescription: Use when an alert fires\ntools: Read\n---\nYou sort incidents.",
    right="---\nname: triage\ndescription: Use when an alert fires\ntools: Read\n---\nYou sort incidents.",
)  # fmt: skip
RULES = (UNREADABLE, HEADER, NAME, VOCABULARY, BYTES, NO_HOST, REFUSED, FIELD, NOT_CARRIED, PAGE, NO_FENCE)
_NAME_KEY = re.compile(r"name[ \t]*:[ \t]*\S")
_OTHER_KEY = re.compile(r"(?:description|tools|model|mode)[ \t]*:|---[ \t]*\Z")
_FIRST = 5  # lines among which a name has to stand
_HEAD = 30  # lines that a header may have, for a guess


def check_bytes(path: str, data: bytes, *, canonical: bool) -> Iterator[Finding]:
    """Find a byte order mark, and line endings of two kinds."""
    if data.startswith(b"\xef\xbb\xbf"):
        yield Finding(rule=BYTES, path=path, line=1, message="begins with a byte order mark", as_error=canonical)
    pairs = data.count(b"\r\n")
    if 0 < pairs < data.count(b"\n"):
        message = f"mixes line endings: {pairs} of {data.count(chr(10).encode())} lines end with CR LF"
        yield Finding(rule=BYTES, path=path, message=message)


def check_fence(path: str, text: str) -> Iterator[Finding]:
    """Find a header that nothing opens: a name in the first lines of the file, and another key or a fence below it."""
    lines = text.split("\n")[:_HEAD]
    name = next((place for place, line in enumerate(lines[:_FIRST]) if _NAME_KEY.match(line)), None)
    if name is not None and any(_OTHER_KEY.match(line) for line in lines[name + 1 :]):
        yield Finding(rule=NO_FENCE, path=path, line=1, message="the header has no --- before it")


def check_stem(subject: Subject, stem: str) -> Iterator[Finding]:
    """Find a name in a host's file that has no word in common with the file's own."""
    name = subject.header.get("name", "")
    if isinstance(name, str) and name.strip() and _words(name).isdisjoint(_words(stem)):
        yield subject.at_key(NAME, "name", f"name is {name!r}, and the file is called {stem}")


def _words(name: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()))


def check_vocabulary(path: str, line: int | None, names: list[str]) -> Iterator[Finding]:
    """Find names in a canonical tool list that other vocabularies have for canonical tools, and names of nothing."""
    for name in names:
        try:
            parse_tool(name)
        except ValueError as error:
            meant = canonical_names(name)
            if meant:
                message, rule = f"{name} is called {', '.join(meant)} here", VOCABULARY
            else:
                hint = nearest(name.partition("(")[0].lower(), TOOLS, "")
                message, rule = f"tools: {error}" + (f"; {hint}" if hint else ""), REFUSED
            yield Finding(rule=rule, path=path, line=line, message=message)


def canonical_names(name: str) -> tuple[str, ...]:
    """Return the canonical tools that a name of another vocabulary stands for; none if it stands for nothing."""
    try:
        return tuple(map(str, read_name(name, NoControl())))
    except ValueError:
        return ()


def check_hosts(subject: Subject) -> Iterator[Finding]:
    """Find fields for hosts that do not exist, and values that a host would not take."""
    if subject.agent is None or subject.host is not None:
        return
    for name in sorted(subject.agent.host_fields):
        if name not in HOSTS:
            hint = nearest(name, HOSTS, "agentpkg hosts lists those that there are")
            yield subject.at_key(NO_HOST, name, f"hosts: {name} is none that agentpkg knows; {hint}")
            continue
        try:
            read_own_fields(subject.agent, HOSTS[name])
        except ContentRefused as error:
            told = error.message.removeprefix(f"agent {subject.agent.name}: ")
            message = told + (f"; {error.hint}" if error.hint else "")
            yield subject.at_key(FIELD, name, message, as_error=True)


CHECKS = (check_hosts,)
