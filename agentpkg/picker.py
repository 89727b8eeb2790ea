"""Choosing among many things at a terminal: with the arrow keys, the space bar and a filter that one types."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from agentpkg.console import insist, one_line
from agentpkg.errors import UsageError, nearest
from agentpkg.hidden import escape
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from questionary.prompts.common import InquirerControl

_NOT_MARKED = "what is typed filters only: space marks it, backspace takes the filter away"
_ASK_FOR_WORDS = 400  # a list that is longer is no help to anybody, and slow to filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One thing to choose: what it is called, what is said of it, and whether it is chosen at the start."""

    name: str
    about: str = ""
    chosen: bool = False


def pick(question: str, choices: Sequence[Choice]) -> tuple[str, ...]:
    """Return the names that the person at the terminal chooses, in the order of `choices`.

    Where the terminal can move no cursor, names are typed. Raises `click.Abort` if the person leaves, and `UsageError`
    for a name that is none of them, and for more choices than anybody can look through.
    """
    if len(choices) > _ASK_FOR_WORDS:
        raise UsageError(f"{len(choices):,} to choose from are too many", hint="give words to search for")
    answer = _type(question, choices) if os.environ.get("TERM", "") in ("", "dumb") else _mark(question, choices)
    return tuple(one.name for one in choices if one.name in answer)


def _type(question: str, choices: Sequence[Choice]) -> set[str]:
    names = [one.name for one in choices]
    for one in choices:
        insist(_label(one, max(map(len, names), default=0)))
    default = ", ".join(one.name for one in choices if one.chosen)
    answer = click.prompt(f"{question} (names)", default=default, err=True)
    given = set(answer.replace(",", " ").split())
    for name in sorted(given - set(names)):
        raise UsageError(f"{name!r} is not one of them", hint=nearest(name, names, "nothing was changed"))
    return given


def _mark(question: str, choices: Sequence[Choice]) -> set[str]:
    import questionary
    from prompt_toolkit.output import ColorDepth, create_output
    from questionary.prompts.common import InquirerControl

    width = max((len(one.name) for one in choices), default=0)
    room = max(20, os.get_terminal_size(sys.stderr.fileno()).columns - 6)
    asked = questionary.checkbox(
        question,
        choices=[
            questionary.Choice(title=_label(one, width)[:room], value=one.name, checked=one.chosen) for one in choices
        ],
        instruction="(space marks, typing filters, enter accepts)",
        use_search_filter=True,
        use_jk_keys=False,
        style=questionary.Style([("highlighted", "bold"), ("selected", ""), ("pointer", "bold"), ("answer", "")]),
        output=create_output(stdout=sys.stderr),
        color_depth=ColorDepth.DEPTH_1_BIT if os.environ.get("NO_COLOR") else None,
        erase_when_done=True,
        validate=lambda marked: _in_sight(shown, marked) or _NOT_MARKED,
    )
    shown = next(one for one in asked.application.layout.find_all_controls() if isinstance(one, InquirerControl))
    answer = asked.unsafe_ask()
    insist(f"{question}: {', '.join(answer) or 'none'}")
    return set(answer)


def _in_sight(shown: InquirerControl, marked: Sequence[str]) -> bool:
    """Say whether a filter hides nothing of what enter would accept, as somebody who typed a name would expect."""
    return not shown.search_filter or (shown.found_in_search and shown.get_pointed_at().value in marked)


def _label(choice: Choice, width: int) -> str:
    return escape(one_line(f"{choice.name:{width}}  {choice.about}")).rstrip()
