"""Text on a screen of fixed letters: how wide it is, how it is cut and wrapped, and columns that stand in line.

Widths are those of Unicode's East Asian Width (UAX 11), with marks that stand on another letter as nothing and emoji
that are joined into one picture as one. Text is what `escape` leaves of it: nothing here turns or moves what is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

GAP = "  "
_NARROWEST = 24  # a last column with less room than that is left to the terminal
_CUT = "…"
_JOINER = "\u200d"
_PICTURE = "\ufe0f"


def width_of(text: str) -> int:
    """Return how many columns a text takes."""
    return len(text) if text.isascii() else sum(width for _, width in _clusters(text))


def _clusters(text: str) -> Iterator[tuple[str, int]]:
    """Return the text in parts that a terminal shows as one, each with its width."""
    part, width = "", 0
    for character in text:
        own = _width(character)
        if part and (own == 0 or part[-1] == _JOINER or _is_tone(character) or _is_flag(part, character)):
            part += character
            width = 2 if character == _PICTURE or _is_flag(part[:-1], character) else width
            continue
        if part:
            yield part, width
        part, width = character, own
    if part:
        yield part, width


def _width(character: str) -> int:
    import unicodedata

    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _is_tone(character: str) -> bool:
    return "\U0001f3fb" <= character <= "\U0001f3ff"


def _is_flag(part: str, character: str) -> bool:
    """Say whether a character is the second letter of a flag."""
    return len(part) == 1 and all("\U0001f1e6" <= one <= "\U0001f1ff" for one in part + character)


def pad(text: str, width: int) -> str:
    """Return the text with blanks behind it, as wide as `width` or as it is."""
    return text + " " * (width - width_of(text))


def cut_to(text: str, width: int) -> str:
    """Return as much of the text as has room, with … in place of the rest."""
    if width_of(text) <= width:
        return text
    return _beginning(text, width - 1)[0].rstrip() + _CUT


def _beginning(text: str, width: int) -> tuple[str, str]:
    """Return as much of the text as has room, and the rest."""
    taken = ""
    for part, own in _clusters(text):
        width -= own
        if width < 0:
            break
        taken += part
    return taken, text[len(taken) :]


def wrap_to(text: str, width: int) -> list[str]:
    """Return the text in lines of no more than `width`, broken at blanks; a word that is longer stays whole."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and width_of(lines[-1]) + 1 + width_of(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _fitted(text: str, room: int | None, *, cut: bool) -> list[str]:
    """Return the lines of a last column that has so much room."""
    if room is None or room < _NARROWEST:
        return [text]
    return [cut_to(text, room)] if cut else wrap_to(text, room)


def lay_out(rows: Iterable[Sequence[str]], room: int | None = None, *, cut: bool = False) -> list[list[str]]:
    """Return rows with the cells of all columns but the last padded to one width.

    Where a screen has only so much `room` (columns; None: as much as it takes), what is too long in the last column is
    cut, or wrapped into rows that have nothing in the others. All rows have as many cells as the first.
    """
    rows = [list(row) for row in rows]
    widths = [max(width_of(row[column]) for row in rows) for column in range(len(rows[0]) - 1)] if rows else []
    left = None if room is None else room - sum(widths) - len(GAP) * len(widths)
    laid = []
    for row in rows:
        *first, last = row
        for number, line in enumerate(_fitted(last, left, cut=cut)):
            cells = first if number == 0 else [""] * len(widths)
            laid.append([*(pad(cell, width) for cell, width in zip(cells, widths, strict=True)), line])
    return laid
