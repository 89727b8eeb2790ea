"""AP6xx: what must not be in a file that others read: secrets, and text that cannot be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.findings import Finding, Rule
from agentpkg.hidden import describe, find_hidden
from agentpkg.leaks import leaks_in
from agentpkg.text import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Set

SECRET = Rule(
    code="AP601", level="error", exit_code=3,
    about="a file holds what looks like a secret",
    remedy="take it out, and out of use as well; name an environment variable instead",
    why="What is published once can be fetched for ever, and every model that reads the prompt has it.",
    wrong="Connect to postgres://reader:(the password)@db.internal/sales",
    right="Connect to the address in the variable SALES_DB_URL",
)  # fmt: skip
HIDDEN = Rule(
    code="AP602", level="error", exit_code=3, mendable=True,
    about="a file holds characters that cannot be seen",
    remedy="take them out; a model reads what you do not see",
    why="Instructions can be hidden in such characters. They also tear words apart that look whole, so that a tool's "
    "name is none.",
    wrong="tools: [re(U+200B)ad]",
    right="tools: [read]",
)  # fmt: skip
RULES = (SECRET, HIDDEN)
_TOLD = 5


def check_secrets(path: str, text: str) -> Iterator[Finding]:
    """Find what looks like a secret; it is never shown."""
    for place, kind in leaks_in(text):
        line, column = place_of(text, place)
        yield Finding(rule=SECRET, path=path, line=line, column=column, message=f"holds {kind}")


def check_hidden(path: str, text: str, hidden: Sequence[int]) -> Iterator[Finding]:
    """Find what cannot be seen, the first few places of it; a mark at the start is another matter."""
    places = [place for place in hidden if not (place == 0 and text[0] == "\ufeff")]
    for number, place in enumerate(places):
        line, column = place_of(text, place)
        more = number == _TOLD
        message = f"and {len(places) - number} more in this file" if more else f"holds {describe(text[place])}"
        yield Finding(rule=HIDDEN, path=path, line=line, column=column, message=message)
        if more:
            return


def without_hidden(text: str) -> str:
    """Return a text without anything in it that cannot be seen."""
    return without(text, {*find_hidden(text)})


def without(text: str, places: Set[int]) -> str:
    """Return a text without the characters at some places."""
    return "".join(one for place, one in enumerate(text) if place not in places) if places else text
