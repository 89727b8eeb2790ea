"""Limits: what fields of hosts hold an agent back by, as text with an order.

`claude.disallowedTools!=Bash` withholds a name, `claude.maxTurns<=3` is the most of a number, `grok.isolation=worktree`
the only value there is; of a list that says what is left there is one for each text in it. An agent without a limit
holds more than the same agent with it, and `lifted` is the one place that knows what is less of a limit than another.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SIGNS = r"!=|<=|="


def lifted(before: Iterable[str], now: Iterable[str]) -> tuple[str, ...]:
    """Return, sorted, as powers, what the limits of `now` no longer hold back and those of `before` do."""
    held = _by_field(before)
    left = _by_field(now) if held else {}
    return tuple(sorted(told for key, values in held.items() for told in _more(key, values, left.get(key, set()))))


def _by_field(limits: Iterable[str]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for limit in limits:
        name, sign, value = (*re.split(f"({_SIGNS})", limit, maxsplit=1), "", "")[:3]
        found.setdefault((name, sign), set()).add(value)
    return found


def _more(key: tuple[str, str], before: set[str], now: set[str]) -> Iterator[str]:
    name, sign = key
    if sign == "!=":
        yield from (f"{name} without {value}" for value in before - now)
    elif sign == "<=":
        most = min(before, key=_number)
        if not now or _number(min(now, key=_number)) > _number(most):
            yield f"{name} beyond {most}"
    elif not now or not now <= before:
        yield f"{name} other than {', '.join(sorted(before))}"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # which no host takes, and a lockfile may hold
        return 0.0
