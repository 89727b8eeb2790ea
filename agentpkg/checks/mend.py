"""Mending a file's bytes where that is safe: what the file says, and what its agent may do, is the same afterwards.

Each step is taken back unless a tolerant reader finds the same in the file before and after it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.checks.form import canonical_names
from agentpkg.checks.safety import without_hidden
from agentpkg.emit import quoted
from agentpkg.errors import ContentRefused
from agentpkg.grants import parse_tool
from agentpkg.hidden import find_hidden
from agentpkg.repair import find_raw
from agentpkg.tolerant import read_tolerant
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentpkg.header import Header

_MARK = "\ufeff"
# Blanks without a width, joiners and soft hyphens: nothing that is read changes without them.
_IDLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
_CLOSES = re.compile(r"(?:-{3,}|\.\.\.)[ \t]*\Z")
Reading = tuple[dict[str, "Header"], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A file's bytes after mending, and what was done, in words; nothing if the bytes are the same."""

    data: bytes
    done: tuple[str, ...]


def mend(data: bytes, *, canonical: bool, escapes: bool = True) -> Mended:
    """Return a file with everything mended that can be without a person.

    `canonical`: it is a bundle's agent, and its tools have canonical names. `escapes`: its reader knows escapes in
    quotes. A file that cannot be read is left as it is.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return Mended(data=data, done=())
    done: list[str] = []
    text = _step(text, _without_mark, "took out the byte order mark", done)
    pairs = text.count("\r\n")
    if 0 < pairs < text.count("\n"):
        text = _step(text, _with_lf, "made all line endings LF", done)
    ending = "\r\n" if "\r\n" in text else "\n"
    text = text.replace("\r\n", "\n")
    text = _step(text, _without_idle, "took characters that cannot be seen out of the prompt", done)
    text = _step(text, lambda one: _with_quotes(one, escapes=escapes), "put values of the header into quotes", done)
    if canonical:
        text = _with_names(text, done)
    return Mended(data=text.replace("\n", ending).encode() if done else data, done=tuple(done))


def _step(text: str, change: Callable[[str], str], told: str, done: list[str]) -> str:
    """Return the changed text and add to `done`, or the text as it is if nothing changes, or too much does."""
    before = _read(text)
    after = change(text) if before is not None else text
    if after == text or _read(after) != before:
        return text
    done.append(told)
    return after


def _read(text: str) -> Reading | None:
    """Return header and prompt as a tolerant reader sees them, None if it does not."""
    try:
        read = read_tolerant(without_hidden(text.replace("\r\n", "\n")).encode(), "")
    except ContentRefused:
        return None
    return read.header, read.body


def _without_mark(text: str) -> str:
    return text.removeprefix(_MARK)


def _with_lf(text: str) -> str:
    return text.replace("\r\n", "\n")


def _header_lines(text: str) -> tuple[list[str], int, int] | None:
    """Return the lines of a file, and those between which its header stands; None if there is none."""
    lines = text.split("\n")
    if lines[0].rstrip(" \t") != "---":
        return None
    close = next((place for place in range(1, len(lines)) if _CLOSES.match(lines[place])), None)
    return (lines, 1, close) if close else None


def _seen_header(text: str) -> tuple[list[str], int, int] | None:
    """Return the same, None also of a header that holds what cannot be seen: nobody knows how a host reads that."""
    found = _header_lines(text)
    held = "\n".join(found[0][found[1] : found[2]]) if found else ""
    return found if next(find_hidden(held), None) is None else None


def _without_idle(text: str) -> str:
    """Return a text whose prompt has no hidden characters that do nothing; those of the header stay."""
    found = _header_lines(text)
    start = sum(len(line) + 1 for line in found[0][: found[2] + 1]) if found else 0
    idle = {place for place in find_hidden(text) if place >= start and text[place] in _IDLE}
    return "".join(one for place, one in enumerate(text) if place not in idle) if idle else text


def _with_quotes(text: str, *, escapes: bool) -> str:
    """Return a text with each value of the header that is no valid YAML on one line, in quotes."""
    found = _seen_header(text)
    if found is None:
        return text
    lines, first, close = found
    try:
        raw = [*find_raw(lines[first:close])]
    except ContentRefused:
        return text
    for start, number, key, value in reversed(raw):
        if "---" not in value and (escapes or not re.search(r"[\n\t\\]", value)):
            lines[first + start : first + start + number] = [f"{key}: {quoted(value)}"]
    return "\n".join(lines)


def _with_names(text: str, done: list[str]) -> str:
    """Return a text whose tool list has canonical names, if each name of it stands for just one tool."""
    found, read = _seen_header(text), _read(text)
    names = read[0].get("tools") if read else None
    if found is None or read is None or not isinstance(names, list):
        return text
    meant = [canonical_names(name) if isinstance(name, str) else () for name in names]
    if any(len(one) != 1 for one in meant) or [*names] == [one[0] for one in meant]:
        return text
    wanted = [*dict.fromkeys(one[0] for one in meant)]
    after = _with_entry(found, "tools", f"tools: [{', '.join(map(_item, wanted))}]")
    if after is None or _read(after) != ({**read[0], "tools": [*wanted]}, read[1]):
        return text
    for one in wanted:
        parse_tool(one)
    done.append(f"named tools as they are called here: {', '.join(wanted)}")
    return after


def _item(name: str) -> str:
    return name if re.fullmatch(r"[a-z-]+", name) else quoted(name)


def _with_entry(found: tuple[list[str], int, int], key: str, line: str) -> str | None:
    """Return the text with one line in the place of a key's entry, None where that would take a comment along."""
    lines, first, close = found
    start = next((place for place in range(first, close) if re.match(rf"{key}[ \t]*:", lines[place])), None)
    if start is None:
        return None
    end = start + 1
    while end < close and re.match(r"[ \t]|-(?:[ \t]|\Z)|\]", lines[end]):
        end += 1
    if any("#" in one for one in lines[start:end]):
        return None
    return "\n".join([*lines[:start], line, *lines[end:]])
