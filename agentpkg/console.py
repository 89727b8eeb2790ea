"""Talking to people and to programs: data to standard output, talk to standard error, readable without colour."""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from agentpkg.hidden import escape, replace_hidden

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agentpkg.errors import AgentpkgError

JSON_FORMAT = 1


def say(text: str = "") -> None:
    """Print a line of data."""
    sys.stdout.write(escape(text) + "\n")


def say_bytes(data: bytes) -> None:
    """Print data as it is, with the line endings that it has."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def tell(text: str) -> None:
    """Print a line of talk."""
    sys.stderr.write(escape(text) + "\n")


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
    text = json.dumps(data, indent=2, ensure_ascii=False)
    sys.stdout.write(replace_hidden(text, _spell_json) + "\n")


def _spell_json(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def say_table(rows: Iterable[Sequence[str]]) -> None:
    """Print rows with their columns aligned; the last column takes what room it needs."""
    rows = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)] if rows else []
    for row in rows:
        say("  ".join([cell.ljust(width) for cell, width in zip(row, widths, strict=False)] + [row[-1]]).rstrip())


def tell_error(error: AgentpkgError) -> None:
    """Print what is wrong, where, and what to do next."""
    tell(f"error: {one_line(error.message)}")
    for detail in error.details:
        tell(f"  {one_line(detail)}")
    if error.hint:
        for number, line in enumerate(error.hint.splitlines()):
            tell(f"{'hint: ' if number == 0 else '      '}{line}")


def status(message: str) -> AbstractContextManager[object]:
    """Show on a terminal, for as long as the context lasts, that something takes its time."""
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console
    from rich.text import Text

    return Console(stderr=True).status(Text(escape(message)))


def interactive() -> bool:
    """Say whether there is a person who can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()
