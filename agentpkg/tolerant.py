"""Tolerant reading of an agent file that somebody wrote for one host.

What is strictly readable is read strictly, by `agentpkg.header`; only what is not is repaired, by rules that are
written down here and in `agentpkg.repair`, and every repair is reported. Powers are never guessed: a header whose
`tools` or `permission` could mean two things is an error, because losing them grants every tool.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from agentpkg.errors import ContentRefused
from agentpkg.header import read_header, trim
from agentpkg.repair import MOST_KEYS, read_strictly, repair_header
from agentpkg.restrictions import POWER_LISTS, POWER_TABLES, find_lost
from agentpkg.text import cut, decode, short
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from agentpkg.header import Header

# Header, prompt, the lines of the header, and whether any reader would find the same.
_Read: TypeAlias = "tuple[dict[str, Header], str, list[str], bool]"
_BOM = b"\xef\xbb\xbf"
_LONGEST_HEADER = 65_536  # characters; the longest description that was ever met has 5,732
_OPENS = re.compile(r"---[ \t]*\Z")
_CLOSES = re.compile(r"(?:-{3,}|\.\.\.)[ \t]*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerant:
    """A header and a prompt as they were meant, and what had to be read in another way than it stands.

    The header holds texts, lists and tables: a key that is absent is not there, a key without a value (or with null)
    is a text that `is_nothing`, and an empty list is an empty list. A file without a header has an empty one.
    """

    header: dict[str, Header]
    body: str
    repairs: tuple[str, ...] = ()


def read_tolerant(data: bytes, where: str) -> Tolerant:
    """Return what the file at `where` holds; raise `ContentRefused`, and nothing else, where that cannot be told."""
    repairs = [f"{where}: line 1: a byte order mark is left out"] if data.startswith(_BOM) else []
    text = decode(data.removeprefix(_BOM), where)
    found = _read_strict_file(text, where)
    if found is None:
        found = _read_repaired_file(text, where, repairs)
    header, body, *_ = found
    if len(header) > MOST_KEYS:
        raise ContentRefused(
            f"{where}: the header has more than {MOST_KEYS} keys",
            hint="leave only what the agent needs above the second ---",
        )
    check_powers(header, where)
    _refuse_lost(found, where)
    return Tolerant(header=_with_line_breaks(header, where, repairs), body=body, repairs=tuple(repairs))


def _refuse_lost(read: _Read, where: str) -> None:
    """Raise if a file says what its agent may do in a place where that is lost."""
    header, body, lines, closed = read
    lost = find_lost(header, lines, body, closed=closed) if header else None
    if lost is not None:
        raise ContentRefused(
            f"{where}: the line {cut(lost.strip())!r} might say what the agent may do, and is no key of the header",
            hint="give the key a line of its own between the two lines of ---",
        )


def is_nothing(value: Header) -> bool:
    """Say whether a value is a key's without any, or null."""
    return isinstance(value, str) and value.strip().lower() in ("", "~", "null")


def _read_strict_file(text: str, where: str) -> _Read | None:
    """Return what a file holds that is strictly readable, None of any other."""
    end = text.find("\n---\n", 3, _LONGEST_HEADER)
    if not text.startswith("---\n") or end < 0:
        return None
    try:
        return *read_header(text, where), text[4:end].split("\n"), True
    except (ContentRefused, ValueError, OverflowError, RecursionError):
        return None


def _read_repaired_file(text: str, where: str, repairs: list[str]) -> _Read:
    """Return what a file holds of which the fences, the indent, or values are not as they must be."""
    lines = text.split("\n")
    first = next((place for place, line in enumerate(lines) if line.strip(" \t")), len(lines))
    if first == len(lines) or not _OPENS.match(lines[first].lstrip(" \t")):
        return {}, trim(text), [], True
    if first:
        repairs.append(f"{where}: line 1: {first} blank lines before the header are left out")
    lines = _without_indent(lines, first, where, repairs)
    close = next((place for place in range(first + 1, len(lines)) if _CLOSES.match(lines[place])), None)
    if close is None:
        raise ContentRefused(f"{where}: line {first + 1} opens a header that is never closed", hint="close it with ---")
    odd = [place for place in (first, close) if lines[place] != "---"]
    repairs += [f"{where}: line {place + 1}: {short(lines[place])} is read as ---" for place in odd]
    held = lines[first + 1 : close]
    if sum(map(len, held)) > _LONGEST_HEADER:
        raise ContentRefused(
            f"{where}: the header is longer than {_LONGEST_HEADER:,} characters",
            hint="leave only what the agent needs above the second ---",
        )
    strict = read_strictly(held, where)
    header = repair_header(held, where, first + 2, repairs) if strict is None else strict
    return header, trim("\n".join(lines[close + 1 :])), held, strict is not None and not odd


def _without_indent(lines: list[str], first: int, where: str, repairs: list[str]) -> list[str]:
    """Return the lines without the indent of the opening fence, which a whole file may stand behind."""
    indent = lines[first][: -len(lines[first].lstrip(" \t"))]
    if not indent:
        return lines
    repairs.append(f"{where}: line {first + 1}: the file is indented by {len(indent)}, and read without that")
    return [line.removeprefix(indent) for line in lines]


def _with_line_breaks(header: dict[str, Header], where: str, repairs: list[str]) -> dict[str, Header]:
    r"""Return the header with real line breaks in place of a written `\n` in its description."""
    text = header.get("description")
    if not isinstance(text, str) or "\\n" not in text:
        return header
    repairs.append(f"{where}: description: a backslash before an n is read as a line break")
    return {**header, "description": text.replace("\\n", "\n")}


def check_powers(header: dict[str, Header], where: str) -> None:
    """Raise if a list of tools, or a table of rules, is a mixture of which nobody can say what it means."""
    for key in POWER_LISTS:
        value = header.get(key, "")
        items = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
        if not all(isinstance(item, str) for item in items):
            raise ContentRefused(
                f"{where}: {key} mixes names with lists or tables",
                hint="write a list of names; what an agent may do is never guessed",
            )
    for key in POWER_TABLES:
        value = header.get(key, "")
        rules = value.values() if isinstance(value, dict) else ()
        inner = [one for rule in rules for one in (rule.values() if isinstance(rule, dict) else (rule,))]
        if isinstance(value, list) or not all(isinstance(one, str) for one in inner):
            raise ContentRefused(
                f"{where}: {key} is neither one word nor a table of rules",
                hint="write a table of names and rules; what an agent may do is never guessed",
            )
