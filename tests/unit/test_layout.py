"""How wide text is, and how columns are fitted to a screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentpkg.hidden import escape
from agentpkg.layout import cut_to, lay_out, pad, width_of, wrap_to

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
LINES = st.text(st.characters(codec="utf-8", exclude_characters="\n\t"), max_size=40).map(escape)


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("agent", 5),
        ("é", 1),
        ("e\u0301", 1),  # a mark that stands on the letter before it
        ("データ", 6),
        ("ﾃﾞｰﾀ", 4),  # half as wide, as it says
        ("\U0001f600", 2),
        (FAMILY, 2),
        ("\u2764\ufe0f", 2),  # the sign that asks for a picture makes it one
        ("\U0001f44d\U0001f3fd", 2),
        ("\U0001f1e9\U0001f1ea", 2),
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 4),
        ("a…", 2),
    ],
)
def test_a_text_is_as_wide_as_a_terminal_shows_it(text: str, width: int) -> None:
    assert width_of(text) == width


@given(text=LINES, width=st.integers(1, 30))
def test_what_is_cut_has_room(text: str, width: int) -> None:
    short = cut_to(text, width)
    assert width_of(short) <= width
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


def test_no_letter_is_cut_in_half() -> None:
    assert cut_to("データベース", 6) == "デー…"
    assert cut_to(f"ab{FAMILY}cd", 4) == "ab…"
    assert cut_to("abcde", 5) == "abcde"


@given(text=LINES, width=st.integers(1, 30))
def test_what_is_wrapped_says_the_same(text: str, width: int) -> None:
    lines = wrap_to(text, width)
    assert " ".join(lines) == text
    assert all(width_of(line) <= width or " " not in line.strip() for line in lines)


def test_columns_stand_in_line_also_with_wide_letters() -> None:
    assert lay_out([["名前", "1", "x"], ["name-1", "10", "y"]]) == [["名前  ", "1 ", "x"], ["name-1", "10", "y"]]
    assert pad("é", 3) == "é  "


def test_without_a_screen_nothing_is_cut_or_wrapped() -> None:
    long = "word " * 60
    assert lay_out([["a", long]]) == [["a", long]]


def test_a_long_last_column_is_wrapped_below_itself_or_cut() -> None:
    rows = [["name", "several words that take more room than there is"], ["n", "few"]]
    assert lay_out(rows, 34) == [
        ["name", "several words that take more"],
        ["    ", "room than there is"],
        ["n   ", "few"],
    ]
    assert lay_out(rows, 34, cut=True)[0] == ["name", "several words that take mor…"]
    assert all(width_of("  ".join(row)) <= 34 for row in lay_out(rows, 34))


def test_a_screen_too_narrow_for_columns_is_left_to_wrap_by_itself() -> None:
    rows = [["name" * 5, "words that take more room"]]
    assert lay_out(rows, 30) == rows


def test_no_rows_are_no_rows() -> None:
    assert lay_out([], 80) == []
