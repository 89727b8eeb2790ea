"""Text as it may enter a project: strict UTF-8 in which all can be seen.

Every text that agentpkg reads from a registry passes `decode`; everything that it prints of it passes `escape`.
"""

from __future__ import annotations

import re

from agentpkg.errors import ContentRefused
from agentpkg.hidden import describe, escape, find_hidden

__all__ = ["check", "check_line", "check_value", "cut", "cut_quoted", "decode", "escape", "place_of", "short"]
_LINE = "[\n\t]"
_AROUND = 20
_LONGEST_SHOWN = 60
_QUOTED = re.compile(r"(\"|')(?:(?!\1).){59,}\1", re.DOTALL)


def decode(data: bytes, where: str) -> str:
    """Return the text of `data` with LF line endings, or raise `ContentRefused` naming `where`, line and column."""
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        # each byte that is not UTF-8 becomes one character, and the first of them stands where it stood
        read = data.decode("utf-8", "surrogateescape")
        found = len(data[: error.start].decode())
        raise ContentRefused(
            f"{where}: {_told(read, found)}: byte 0x{data[error.start]:02X} is not UTF-8: {_excerpt(read, found)}",
            hint="save the file as UTF-8 without a byte order mark",
        ) from None
    check(text, where)
    return text


def check(text: str, where: str) -> None:
    """Raise `ContentRefused` if the text of a file holds a character that cannot be seen, naming line and column."""
    found = next(find_hidden(text), None)
    if found is not None:
        raise _refused(f"{where}: {_told(text, found)}", text, found)


def check_value(text: str, where: str) -> None:
    """Raise `ContentRefused` if a value in a file holds a character that cannot be seen; `where` names the value."""
    found = next(find_hidden(text), None)
    if found is not None:
        raise _refused(where, text, found)


def check_line(text: str, where: str) -> None:
    """Raise `ContentRefused` if a value holds what cannot be seen, a tab or a newline."""
    check_value(text, where)
    if re.search(_LINE, text):
        raise ContentRefused(f"{where}: {text!r} is not on one line", hint="write it on one line, without tabs")


def short(value: object) -> str:
    """Return a value as a note shows it: no more than its beginning."""
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def cut(text: str) -> str:
    """Return a text that a note shows without quotes: no more than its beginning."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def cut_quoted(message: str) -> str:
    """Return a message in which every text in quotes is no more than its beginning."""
    return _QUOTED.sub(lambda match: f"{match[0][: _LONGEST_SHOWN - 1]}…", message)


def place_of(text: str, place: int) -> tuple[int, int]:
    """Return line and column of a place in a text, both from 1."""
    return text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)


def _told(text: str, place: int) -> str:
    line, column = place_of(text, place)
    return f"line {line}, column {column}"


def _refused(where: str, text: str, found: int) -> ContentRefused:
    mark = found == 0 and text[0] == "\ufeff"
    return ContentRefused(
        f"{where} holds {describe(text[found])}: {_excerpt(text, found)}",
        hint="save the file as UTF-8 without a byte order mark"
        if mark
        else "take the character out; it cannot be seen, but a host would read it",
    )


def _excerpt(text: str, place: int) -> str:
    """Return what stands around a place on its line, escaped and in quotes."""
    start = max(text.rfind("\n", 0, place) + 1, place - _AROUND)
    end = text.find("\n", place)
    return f'"{escape(text[start : min(len(text) if end < 0 else end, place + _AROUND)])}"'
