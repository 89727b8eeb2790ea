"""Names that a reader takes for each other."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentpkg.alike import find_alike, find_all_alike
from tests.support.growth import count_calls

ALIKE = [
    ("data-engineer", "data-enginer"),  # one letter less
    ("data-engineer", "data-engineeer"),  # one more
    ("data-engineer", "data-enginear"),  # another
    ("data-engineer", "data-enigneer"),  # two swapped
    ("data-engineer", "dataengineer"),
    ("data-engineer", "data-eng-ineer"),
    ("modern", "modem"),  # rn and m
    ("cloud", "doud"),  # cl and d
    ("reviewer", "revievver"),
    ("tool", "t00l"),
    ("kill", "kiil"),
    ("all-in", "ali-ln"),
    ("sql-5", "sql-s"),
    ("tools", "tool"),
    ("tool", "otol"),
    ("agent-1", "agant-1"),
]
APART = [
    ("data-engineer", "data-reviewer"),
    ("agent-1", "agent-2"),  # numbers are meant to be told apart
    ("agent-1", "agent-12"),
    ("agent1", "agent"),
    ("abc", "abd"),  # too short to say
    ("qa", "ba"),
    ("tool", "too"),
    ("tool", "fool-proof"),
    ("data-engineer", "engineer-data"),
    ("tool", "tool-maker"),
    ("abcd", "badc"),  # two swaps
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_names_that_look_alike(one: str, other: str) -> None:
    assert find_alike(one, [other]) == (other,)
    assert find_alike(other, [one]) == (one,)


@pytest.mark.parametrize(("one", "other"), APART)
def test_names_that_do_not(one: str, other: str) -> None:
    assert find_alike(one, [other]) == find_alike(other, [one]) == ()


def test_many_are_sorted_and_the_name_itself_is_none() -> None:
    assert find_alike("tool", ["toool", "tool", "fool", "other", "tool"]) == ("fool", "toool")


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,4}){0,2}", fullmatch=True)


def distance(one: str, other: str) -> int:
    """Return how many edits lie between two names, by the textbook (a swap of neighbours being one)."""
    rows = [[max(a, b) if 0 in (a, b) else 0 for b in range(len(other) + 1)] for a in range(len(one) + 1)]
    for a in range(1, len(one) + 1):
        for b in range(1, len(other) + 1):
            rows[a][b] = min(rows[a - 1][b] + 1, rows[a][b - 1] + 1, rows[a - 1][b - 1] + (one[a - 1] != other[b - 1]))
            if a > 1 and b > 1 and one[a - 1] == other[b - 2] and one[a - 2] == other[b - 1]:
                rows[a][b] = min(rows[a][b], rows[a - 2][b - 2] + 1)
    return rows[-1][-1]


@given(NAMES, NAMES, st.integers(0, 9), st.sampled_from("abz-01"))
def test_one_edit_is_one_edit(name: str, stranger: str, place: int, letter: str) -> None:
    near = name[:place] + letter + name[place + 1 :]
    for other in (stranger, near):
        numbered = re.sub(r"-?\d+$", "", name) == re.sub(r"-?\d+$", "", other)
        if name != other and min(len(name), len(other)) >= 4 and not numbered and distance(name, other) == 1:
            assert find_alike(name, [other]) == (other,)
        assert bool(find_alike(name, [other])) == bool(find_alike(other, [name]))


@given(st.lists(NAMES, max_size=12), st.lists(NAMES, max_size=12), st.integers(0, 9), st.sampled_from("abz-01"))
def test_many_at_once_are_told_as_one_by_one(names: list[str], strangers: list[str], place: int, letter: str) -> None:
    near = [name[:place] + letter + name[place + 1 :] for name in names]
    swapped = [name[:place] + name[place : place + 2][::-1] + name[place + 2 :] for name in names]
    spelt = [name.replace("m", "rn").replace("o", "0").replace("-", "") for name in names]
    known = [*names, *strangers, *near, *swapped, *spelt]
    assert find_all_alike(names, known) == {name: find_alike(name, known) for name in names}


def test_twice_as_many_names_take_twice_as_many_calls() -> None:
    letters = string.ascii_lowercase
    names = [f"{one}{two}{three}-engineer" for one in letters for two in letters for three in letters][::97]
    half = names[: len(names) // 2]
    assert count_calls(lambda: find_all_alike(names, names)) < 2.2 * count_calls(lambda: find_all_alike(half, half))
