"""That the fuzzer finds out a reader that is less careful: each of these has one guard taken away."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from agentpkg import foreign, foreign_forms, foreign_names, foreign_servers, foreign_tools, repair, tolerant
from agentpkg.foreign_names import _rows
from agentpkg.grants import Tool
from tests.fuzz.checks import Counts
from tests.fuzz.seeds import SEEDS
from tests.fuzz.sweep import Start, sweep

pytestmark = pytest.mark.fuzz
Patch = pytest.MonkeyPatch
MOST_ROUNDS = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A guard that is taken away, a part of the seeds that show it, and what the fuzzer says then.

    `bent` are texts in the seeds and in their place, where few changes would come upon the fault.
    """

    guard: str
    without: Callable[[Patch], None]
    seeds: str
    found: str
    bent: tuple[str, str] = ("", "")


def _nothing(*_: object, **__: object) -> None:
    return None


def _mixtures(patch: Patch) -> None:
    patch.setattr(tolerant, "check_powers", _nothing)
    patch.setattr(foreign_forms, "check_powers", _nothing)


def _lines_in_texts(patch: Patch) -> None:
    patch.setattr(repair, "holds_limit", lambda line: False)
    patch.setattr(tolerant, "find_lost", _nothing)


def _lost_lines(patch: Patch) -> None:
    patch.setattr(tolerant, "find_lost", _nothing)


def _strays(patch: Patch) -> None:
    patch.setattr(foreign, "refuse_strays", _nothing)


def _tables_for_lists(patch: Patch) -> None:
    names = foreign_tools.names_in
    patch.setattr(
        foreign_tools, "names_in", lambda value, place: [] if isinstance(value, dict) else names(value, place)
    )


def _blanks_between_names(patch: Patch) -> None:
    patch.setattr(foreign_tools, "_words", lambda name: [name])


def _words_for_true(patch: Patch) -> None:
    patch.setattr(foreign_tools, "_is_on", lambda value, place: value == "true")


def _no_list_is_no_tool(patch: Patch) -> None:
    read = foreign_tools._read_given

    def careless(header: Any, control: Any, where: str, notes: list[str]) -> Any:
        own = getattr(control, "key", "")
        return read(header, replace(control, absent="every tool") if own == "tools" else control, where, notes)

    patch.setattr(foreign_tools, "_read_given", careless)


def _names_that_go_along(patch: Patch) -> None:
    def gives(word: str, control: Any) -> tuple[str, ...]:
        return next((row.gives for row in _rows(control) if word in row.names), ())

    patch.setattr(foreign_names, "_gives", gives)


def _limits_of_groups(patch: Patch) -> None:
    def whole(document: Any, form: Any, place: str) -> tuple[Any, list[str]]:
        groups = document.header.get("groups")
        flat = [one[0] if isinstance(one, list) and one else one for one in groups or []]
        return replace(document, header={**document.header, "groups": flat}), []

    patch.setattr(foreign_forms, "_whole_groups", whole)


def _both_lists(patch: Patch) -> None:
    patch.setattr(foreign_tools, "_within", lambda tools, others: [*tools])


def _the_word_for_servers(patch: Patch) -> None:
    def more(tools: Any, header: Mapping[str, Any], control: Any, where: str, notes: list[str]) -> Any:
        servers = header.get(getattr(control, "servers", None) or "-")
        named = servers if isinstance(servers, list) else []
        return None if tools is None else (*tools, *(Tool(f"mcp:{one}/*") for one in named))

    patch.setattr(foreign_tools, "_with_servers", more)


def _values_of_variables(patch: Patch) -> None:
    patch.setattr(foreign_servers, "_listed", lambda value, place, notes: value)


def _whole_descriptions(patch: Patch) -> None:
    read = foreign._read_description
    patch.setattr(foreign, "_read_description", lambda *given: read(*given).partition("\n")[0])


def _short_notes(patch: Patch) -> None:
    for module in (foreign_tools, foreign, repair):
        patch.setattr(module, "cut", str)


def _order(patch: Patch) -> None:
    turn: Iterator[int] = iter(range(1_000_000))
    read = foreign_tools.read_tools
    patch.setattr(foreign, "read_tools", lambda *given: (read(*given) or ())[next(turn) % 2 :])


MUTANTS = (
    Mutant(guard="mixtures", without=_mixtures, seeds="disallowedTools: ", found="a limit is lost"),
    Mutant(guard="lines in texts", without=_lines_in_texts, seeds="Use it when: leaves", found="a limit is lost"),
    Mutant(guard="lost lines", without=_lost_lines, seeds="", found="a limit is lost"),
    Mutant(guard="strays", without=_strays, seeds="", found="a limit is lost"),
    Mutant(
        guard="tables for lists",
        without=_tables_for_lists,
        seeds="Tools: [Write, ",
        found="a limit is lost",
        bent=("[Write, 'mcp__soil__dig']", "{Write: true}"),
    ),
    Mutant(guard="blanks", without=_blanks_between_names, seeds="Bash Write, Edit", found="grants more"),
    Mutant(
        guard="words for true", without=_words_for_true, seeds="readonly: true", found="a limit is lost|grants more"
    ),
    Mutant(guard="no list is no tool", without=_no_list_is_no_tool, seeds="max_iteration", found="grants more"),
    Mutant(
        guard="names that go along", without=_names_that_go_along, seeds="launch-process, read-", found="grants more"
    ),
    Mutant(guard="limits of groups", without=_limits_of_groups, seeds="fileRegex", found="grants more"),
    Mutant(guard="both lists", without=_both_lists, seeds="bash: true}\npermission", found="grants more"),
    Mutant(guard="servers", without=_the_word_for_servers, seeds="allowedMcpServers", found="grants more"),
    Mutant(guard="values", without=_values_of_variables, seeds="env: [SOIL_KEY", found="tells a secret"),
    Mutant(guard="descriptions", without=_whole_descriptions, seeds="description: |", found="description"),
    Mutant(guard="short notes", without=_short_notes, seeds="tools: [Read", found="a note tells too much"),
    Mutant(guard="order", without=_order, seeds="tools: Read, Grep", found="in another way"),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.guard)
def test_the_fuzzer_finds_out_a_reader_without(mutant: Mutant, tally: Callable[[str, int], None]) -> None:
    starts = [(f"mutant {at}", Start(path=one.path, text=one.text)) for at, one in enumerate(SEEDS)]
    chosen = [
        (name, Start(path=start.path, text=start.text.replace(*mutant.bent) if mutant.bent[0] else start.text))
        for name, start in starts
        if mutant.seeds in start.text
    ]
    with pytest.MonkeyPatch.context() as patch:
        mutant.without(patch)
        with pytest.raises(AssertionError, match=re.compile(mutant.found)):
            sweep(chosen, MOST_ROUNDS, Counts())
    tally("guards taken away", 1)
