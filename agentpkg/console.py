"""Talking to people and to programs: data to standard output, talk to standard error, readable without colour."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from agentpkg import JSON_FORMAT
from agentpkg.hidden import escape, replace_hidden
from agentpkg.layout import GAP, lay_out
from agentpkg.loudness import is_quiet, make_room
from agentpkg.terminal import Role, Styled, show, width
from agentpkg.trail import step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from agentpkg.errors import AgentpkgError
    from agentpkg.terminal import Piece

_DIFF = {"+": Role.ADDED, "-": Role.REMOVED, "@": Role.HINT}


def say(*pieces: Piece) -> None:
    """Print a line of data."""
    make_room()
    sys.stdout.write(show(sys.stdout, *pieces) + "\n")


def says_what_was_done(*, dry_run: bool = False) -> bool:
    """Say whether a command tells what it did: with `--quiet` only what it would do, which somebody asked for."""
    return dry_run or not is_quiet()


def say_done(*pieces: Piece, dry_run: bool = False) -> None:
    """Print a line about what a command did, or (with `dry_run`) would do."""
    if says_what_was_done(dry_run=dry_run):
        say(*pieces)


def say_bytes(data: bytes) -> None:
    """Print data as it is, with the line endings that it has."""
    make_room()
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def say_diff(text: str) -> None:
    """Print a unified diff."""
    for line in text.removesuffix("\n").split("\n") if text else ():
        role = None if line.startswith(("--- ", "+++ ")) else _DIFF.get(line[:1])
        say(Styled(line, role) if role else line)


def tell(*pieces: Piece) -> None:
    """Print a line of talk."""
    if not is_quiet():
        insist(*pieces)


def insist(*pieces: Piece) -> None:
    """Print a line of talk that is told with `--quiet` too: an error, or what somebody is asked about."""
    make_room()
    sys.stderr.write(show(sys.stderr, *pieces) + "\n")


def warn(text: str) -> None:
    """Tell of what stops nothing, and may not be what somebody wants."""
    tell(Styled("warning:", Role.WARNING), f" {text}")


def count(number: int, what: str) -> str:
    """Return a number with the word for what it counts, in the plural unless there is one."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def one_line(text: str) -> str:
    """Return text that comes from elsewhere as one line, so that it cannot pass for a line of ours."""
    return text.replace("\n", "\\n")


def say_json_error(error: AgentpkgError) -> None:
    """Print an error as a JSON document."""
    data = {"message": error.message, "details": list(error.details), "hint": error.hint}
    say_json({"error": {**data, "exit_code": error.exit_code}})


def say_json(data: dict[str, Any]) -> None:
    r"""Print one JSON document, with the format of its shape first. What cannot be seen is written as `\u200b`."""
    say_document({"format": JSON_FORMAT, **data})


def say_document(data: dict[str, Any]) -> None:
    """Print one JSON document in a shape that is not ours."""
    import json

    make_room()
    text = json.dumps(data, indent=2, ensure_ascii=False)
    sys.stdout.write(replace_hidden(text, _spell_json) + "\n")


def _spell_json(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def say_table(
    rows: Iterable[Sequence[str]],
    *,
    header: Sequence[str] = (),
    roles: Sequence[Role | None] = (),
    cut: bool = False,
) -> None:
    """Print rows with their columns aligned.

    The last column takes what room it needs; on a terminal it is wrapped, or `cut`, to what room there is. A `header`
    is for terminals only. `roles` are those of the columns.
    """
    room = width(sys.stdout)
    cells = [[escape(one_line(cell)) for cell in row] for row in rows]
    with_header = bool(header and room and cells)
    laid = lay_out([list(header), *cells] if with_header else cells, room, cut=cut)
    if with_header:
        say(Styled(GAP.join(laid.pop(0)).rstrip(), Role.DIM))
    for row in laid:
        say(*_row(row, roles))


def _row(cells: Sequence[str], roles: Sequence[Role | None]) -> list[Piece]:
    """Return a row in pieces, without blanks at its end."""
    text = GAP.join(cells).rstrip()
    pieces: list[Piece] = []
    for place, cell in enumerate(cells):
        shown, text = text[: len(cell) + len(GAP)], text[len(cell) + len(GAP) :]
        role = roles[place] if place < len(roles) else None
        pieces.append(Styled(shown, role) if role and shown.strip() else shown)
    return pieces


def tell_error(error: AgentpkgError) -> None:
    """Print what is wrong, where, and what to do next."""
    insist(Styled("error:", Role.ERROR), f" {one_line(error.message)}")
    for detail in error.details:
        insist(f"  {one_line(detail)}")
    if error.hint:
        for number, line in enumerate(error.hint.splitlines()):
            insist(*((Styled("hint:", Role.HINT), f" {line}") if number == 0 else (f"      {line}",)))


def status(message: str) -> AbstractContextManager[object]:
    """Show, for as long as the context lasts, that something takes its time."""
    return step(message)


def interactive() -> bool:
    """Say whether there is a person who can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()
