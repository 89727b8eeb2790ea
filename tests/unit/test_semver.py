"""What the parts of a version mean, and when a specifier lets in more than another."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from agentpkg.semver import Level, lets_in_more, level_between, next_version, version_before

PATCH, MINOR, MAJOR = Level.PATCH, Level.MINOR, Level.MAJOR


def test_levels_are_ordered_and_have_a_word() -> None:
    assert PATCH < MINOR < MAJOR
    assert [level.word for level in Level] == ["patch", "minor", "major"]


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        ("1.0.0", "1.0.1", PATCH),
        ("1.0.0", "1.0.9", PATCH),
        ("1.0.0", "1.1.0", MINOR),
        ("1.9.5", "1.10.0", MINOR),
        ("1.0.9", "1.1.5", MINOR),
        ("1.0.0", "2.0.0", MAJOR),
        ("1.9.9", "2.0.0rc1", MAJOR),
        ("1.9.9", "10.3.4", MAJOR),
        ("0.1.0", "0.2.0", MINOR),
        ("0.1.0", "1.0.0", MAJOR),
        ("1.0.0", "1.1.0a1", MINOR),
        ("1.0.0", "1.0.1rc1", PATCH),
        ("2.0.0rc1", "2.0.0", PATCH),
        ("2.0.0rc1", "2.0.0rc2", PATCH),
    ],
)
def test_the_part_that_has_grown(old: str, new: str, level: Level) -> None:
    assert level_between(old, new) is level


@pytest.mark.parametrize(
    ("version", "patch", "minor", "major"),
    [
        ("1.2.3", "1.2.4", "1.3.0", "2.0.0"),
        ("0.0.0", "0.0.1", "0.1.0", "1.0.0"),
        ("1.9.9", "1.9.10", "1.10.0", "2.0.0"),
    ],
)
def test_the_version_that_comes_next(version: str, patch: str, minor: str, major: str) -> None:
    assert [next_version(version, level) for level in Level] == [patch, minor, major]
    for level in Level:
        assert level_between(version, next_version(version, level)) is level


@pytest.mark.parametrize(
    ("version", "published", "before"),
    [
        ("1.0.0", [], None),
        ("1.0.0", ["1.0.0", "1.1.0", "2.0.0rc1"], None),
        ("1.1.0", ["1.0.0", "0.9.0"], "1.0.0"),
        ("1.10.0", ["1.9.0", "1.2.0"], "1.9.0"),
        ("1.0.1", ["1.0.0", "2.0.0", "1.1.0"], "1.0.0"),
        ("2.0.0", ["1.0.0", "2.0.0rc1"], "1.0.0"),
        ("2.0.0rc2", ["1.0.0", "2.0.0rc1"], "1.0.0"),
        ("1.0.0", ["1.0.0a1", "1.0.0rc1"], "1.0.0rc1"),
        ("1.0.0rc1", ["1.0.0a1", "1.0.0"], "1.0.0a1"),
        ("3.0.0", ["2.0.0", "1.0.0", "2.5.0a1"], "2.0.0"),
    ],
)
def test_the_version_to_measure_on(version: str, published: list[str], before: str | None) -> None:
    assert version_before(version, published) == before
    assert version_before(version, reversed(published)) == before


NUMBERS = range(5)
FINALS = [Version(".".join(map(str, parts))) for parts in itertools.product(NUMBERS, NUMBERS, NUMBERS)]
PARTS = st.integers(1, 3)  # with the grid going one further on either side, whatever is let in shows in it
TEXTS = st.one_of(
    st.builds("{}{}.{}.{}".format, st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "~="]), PARTS, PARTS, PARTS),
    st.builds("{}{}.{}".format, st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "~="]), PARTS, PARTS),
    st.builds("{}{}".format, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), PARTS),
    st.builds("{}{}.*".format, st.sampled_from(["==", "!="]), PARTS),
    st.builds("{}{}.{}.*".format, st.sampled_from(["==", "!="]), PARTS, PARTS),
    st.builds("{}{}.{}.{}rc1".format, st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "~="]), PARTS, PARTS, PARTS),
    st.builds("{}{}.{}.{}.1".format, st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "~="]), PARTS, PARTS, PARTS),
)
SPECIFIERS = st.lists(TEXTS, max_size=4).map(",".join)


@given(SPECIFIERS, SPECIFIERS)
def test_whether_more_is_let_in_is_exact(old: str, new: str) -> None:
    before, after = SpecifierSet(old), SpecifierSet(new)
    more = [one for one in FINALS if after.contains(one) and not before.contains(one)]
    assert lets_in_more(old, new) is bool(more), more[:3]


@given(SPECIFIERS, SPECIFIERS)
def test_narrowing_never_lets_in_more(old: str, more: str) -> None:
    assert not lets_in_more(old, old)
    assert not lets_in_more(old, f"{old},{more}".strip(","))
    assert not lets_in_more("", more)


@pytest.mark.parametrize(
    ("old", "new", "more"),
    [
        ("~=1.0", "~=1.2", False),
        ("~=1.2", "~=1.0", True),
        ("~=1.0", ">=1.0", True),
        (">=1.0", "~=1.0", False),
        ("==1.0.0", "~=1.0.0", True),
        ("", ">=5", False),
        (">=1", "", True),
        ("<2", "<=2", True),
        ("<=2", "<2.0.1", False),
        ("!=1.5.0", "", True),
        (">=0", "", False),
        ("==1.*", ">=1,<2", False),
        (">=1,<2", "==1.*", False),
        (">1.0.0", ">=1.0.1", False),
        ("~=1.0", "~=1.0,!=1.1.0", False),
        ("~=1.2.3", ">=1.2.3,<2", True),
        ("==1.2.*", "~=1.2,<1.9", True),
        ("<1000000000", ">=1000000000", True),
        (">=1.0.0rc1", ">=1.0.0", False),
        (">=1.0.0", ">=1.0.0rc1", False),
    ],
)
def test_specifiers_that_people_write(old: str, new: str, more: bool) -> None:
    assert lets_in_more(old, new) is more
