"""Numbers as the page says them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def time(milliseconds: float) -> str:
    """Return a time in the unit that fits it."""
    seconds = milliseconds / 1000
    if milliseconds < 0.95:
        return f"{milliseconds:.1f} ms"
    if seconds < 1:
        return f"{milliseconds:.0f} ms"
    for unit, size in (("s", 1), ("minutes", 60), ("hours", 3600), ("days", 86400)):
        if seconds / size < 100:
            return f"{seconds / size:.{2 if seconds / size < 10 else 1}f} {unit}"
    return f"{seconds / 86400:,.0f} days"


def times(ratio: float) -> str:
    """Return a ratio."""
    return f"{ratio:.{1 if ratio < 20 else 0}f} x"


def size(octets: float) -> str:
    """Return a size in the unit that fits it."""
    for unit in ("bytes", "KB", "MB"):
        if octets < 1000:
            return f"{octets:.{0 if unit == 'bytes' or octets >= 10 else 1}f} {unit}"
        octets /= 1000
    return f"{octets:.1f} GB"


def count(number: int, thing: str) -> str:
    """Return a number of things."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)
