"""Words by which a file holds its agent back, however they are spelled and wherever they stand.

Hosts pass over a key that they do not know, and an agent without a list holds every tool. So a limit that stands where
nobody reads it is lost without a word; these functions find it, and whoever reads the file refuses it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from agentpkg.grants import EVERYTHING, FOREIGN_NAMES, TOOLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agentpkg.header import Header

# Keys that list tools, where a host's own is not there, and keys that list what is taken away.
GIVEN = ("tools", "allowed-tools", "allowedTools", "allowed_tools", "enabled_tools")
TAKEN = ("disallowedTools", "disallowed-tools", "disallowed_tools", "disabledTools", "disabled_tools")
# Keys that say what an agent may do: as names, and as tables of rules.
POWER_LISTS = (*GIVEN, *TAKEN)
POWER_TABLES = ("permission",)
# As `fold` returns them: those, and what people write in their place.
_LIMITS = (
    "tools", "allowedtools", "enabledtools", "availabletools", "disallowedtools", "disabledtools", "deniedtools",
    "denytools", "blockedtools", "excludetools", "excludedtools", "permission", "permissions", "readonly",
    "sandboxmode", "capabilitymode", "toolssettings", "tool", "toollist", "allowed", "disallowed",
)  # fmt: skip
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("\u043e\u03bf\u05850", "o"),
        **dict.fromkeys("\u0455\ua731", "s"),
        **dict.fromkeys("\u0442\u03c4", "t"),
        **dict.fromkeys("\u04cf\u01c0\u04c0\u03b9\u0131\u04561", "l"),
        "\u0435": "e",
        "\u0430": "a",
        "\u0440": "p",
        "\u0441": "c",
        "\u0501": "d",
        "\u026f": "m",
    }
)
_I_LIKE = str.maketrans("i", "l")
_FOLDED = {one.translate(_I_LIKE) for one in _LIMITS}
# What may stand before a key on its line: a mark for a key, a tag, an anchor, brackets, quotes, emphasis.
_BEFORE = re.compile(r"(?:[?-][ \t]+|[!&]\S*[ \t]+|<<[ \t]*:|[{\[\"'`*_ \t])*")
_ESCAPED = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))")
_MERGES = re.compile(r"[ \t]*<<[ \t]*:")
_COLON = re.compile("[:\uff1a\ufe13\ufe55\ua789\u2236=]")
_LONGEST_KEY = 100
_SAID = re.compile(
    r"(?<![\w-])(?:tools|(?:dis)?allowed[-_]?tools|disabled[-_]?tools|enabled_tools)[\"']?[ \t]*:"
    r"[\s\[\"'{-]*(?P<name>[\w/.@-]+|\*)",
    re.IGNORECASE,
)
_KEYS = "|".join(map(re.escape, (*POWER_LISTS, *POWER_TABLES, "readonly", "sandbox_mode")))
_EXACT = re.compile(rf"[ \t]*(?:[?!&]\S*[ \t]+)*[\"']?(?:{_KEYS})(?![\w-])")
# A line of its own within a text, with nothing but names, a list or a table behind the key.
_WORD = r"[\"']?[\w/.@*-]+(?:\([^()]*\))?[\"']?"
_VALUE = rf"(?:[\[{{].*|[|>][+-]?\d?[+-]?|{_WORD}(?:[ \t]*,[ \t]*{_WORD})*|)"
_LISTED = re.compile(rf"[ \t]+(?:{_KEYS})[ \t]*:[ \t]*{_VALUE}[ \t]*\Z")
_NAMES = {*TOOLS, *FOREIGN_NAMES, "read_files", "editor", "run_commands", "grep_search"}
# Tables of which the keys are names that anybody chooses.
_FREE = frozenset(["env", "environment", "headers"])
# A line of which a header is made: a key, or what belongs to the one before.
_HEADER_LINE = re.compile(r"[\"'?]?[A-Za-z_][\w -]{0,40}[\"']?[ \t]*:(?:[ \t]|\Z)|[ \t]|-[ \t]|\Z")
_FENCE = re.compile(r"(?:-{3,}|\.\.\.)[ \t]*\Z")
_LONGEST_HEADER = 65_536
_FIRST = 5  # lines of a prompt in which a list of tools is one even where no fence follows


def fold(key: str) -> str:
    """Return a key without what a reader does not see of it: case, blanks, marks, and letters of another alphabet."""
    plain = unicodedata.normalize("NFKD", key[:_LONGEST_KEY]).casefold().translate(_ALIKE)
    return re.sub(r"[^a-z0-9]", "", plain)


def is_limit(key: str) -> bool:
    """Say whether a key is, or looks like, one by which an agent is held back."""
    return _folded(key) in _FOLDED or _folded(_COLON.split(key, maxsplit=1)[0]) in _FOLDED


def holds_limit(line: str) -> bool:
    """Say whether a line begins like one that says what an agent may do."""
    text = line[: 2 * _LONGEST_KEY].strip()
    text = _ESCAPED.sub(lambda match: chr(min(int(match[1] or match[2] or match[3], 16), 0x10FFFF)), text)
    key, *rest = _COLON.split(_BEFORE.sub("", text, count=1), maxsplit=1)
    return _folded(key) in _FOLDED and bool(rest or not text.startswith("-"))


def find_nested(value: Header, *, server: bool = False) -> str | None:
    """Return the first key in the tables within a value by which an agent is held back, None if there is none.

    Within the table of an MCP `server`, a list of tools is the server's, and is passed over.
    """
    if isinstance(value, list):
        return next(filter(None, (find_nested(one, server=server) for one in value)), None)
    if not isinstance(value, dict):
        return None
    inner = {key: one for key, one in value.items() if key not in _FREE}
    found = (key for key in inner if is_limit(key) and not (server and fold(key).endswith("tools")))
    return next(found, None) or find_nested([*inner.values()], server=server)


def find_lost(header: Iterable[str], lines: Sequence[str], body: str, *, closed: bool) -> str | None:
    """Return the line that says what an agent may do, where a header of these keys was read from `lines` without it.

    It may stand within the text of another key, or below a fence that closes the header too early: `closed` says that
    any reader reads the header, up to the same fence.
    """
    if any(map(is_limit, header)):
        return None
    plain = [line for line in lines if not line.lstrip(" \t").startswith("#")]
    for line in plain:
        if (
            _MERGES.match(line)
            or (line[:1] not in (" ", "\t", "-") and holds_limit(line))
            or _LISTED.match(re.sub(r"\s", " ", line))
        ):
            return line
    text = "\n".join(plain)
    found = () if closed else _SAID.finditer(text)  # what every reader takes for text, is text
    said = next((match for match in found if match["name"].lower() in _NAMES), None)
    if said:
        return plain[text.count("\n", 0, said.start())]
    top = body[:_LONGEST_HEADER].split("\n")
    return _first_below(top) or _later_below(top, closed=closed)


def _first_below(lines: list[str]) -> str | None:
    """Return the line at the beginning of a prompt with which a header goes on, as far as the lines look like one."""
    held = None
    for line in lines:
        if _FENCE.match(line):
            if held:
                return held
        elif holds_limit(line.removeprefix("- ")):
            if not line.startswith("-") and (_EXACT.match(line) or _lists_tools(line)):
                return line
            held = held or line
        elif not _HEADER_LINE.match(line):
            return None
    return None


def _lists_tools(line: str) -> bool:
    """Say whether a line is nothing but a key, in any case, and names of tools."""
    said = _SAID.match(line)
    return bool(said and said["name"].lower() in _NAMES and _LISTED.match(f" {line.lower()}"))


def _later_below(lines: list[str], *, closed: bool) -> str | None:
    """Return the line further below that says what an agent may do: before the next fence, if one has `closed`."""
    fence = next((place for place, line in enumerate(lines) if _FENCE.match(line)), 0)
    if not closed:
        return next((line for line in lines if holds_limit(line) and not line.lstrip(" \t").startswith("#")), None)
    for place, line in enumerate(lines[: max(fence, _FIRST)]):
        match = _SAID.match("\n".join(lines[place : place + 2]))
        if match and (place < fence or (_EXACT.match(line) and match["name"].lower() in _NAMES)):
            return line
    return None


def says_everything(value: Header) -> bool:
    """Say whether a list of tools, or a table of rules, holds the word for every tool."""
    return EVERYTHING in (value if isinstance(value, dict | list) else re.split(r"[\s,\[\]\"']+", value))


def _folded(key: str) -> str:
    return fold(key).translate(_I_LIKE)
