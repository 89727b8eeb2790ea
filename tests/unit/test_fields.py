"""Typed getters name the file and the key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentpkg.errors import ContentRefused, UsageError
from agentpkg.fields import Fields, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = {"text": "a", "blank": " ", "number": 3, "flag": True, "list": ["a", "b"], "none": None, "table": {"x": "y"}}
FIELDS = Fields(DATA, "a.toml")


def test_values_of_the_right_kind_are_returned() -> None:
    assert FIELDS.text("text") == "a"
    assert FIELDS.text_or_none("absent") is None
    assert FIELDS.number("number") == 3
    assert FIELDS.texts("list") == ("a", "b")
    assert FIELDS.texts("absent") == ()
    assert FIELDS.table("table").text_table() == {"x": "y"}
    assert list(FIELDS.table("absent")) == []
    assert FIELDS.raw("number") == 3
    assert "text" in FIELDS


def test_an_empty_list_is_not_an_absent_one() -> None:
    fields = Fields({"tools": []}, "a.md")
    assert fields.texts_or_none("tools") == ()
    assert fields.texts_or_none("other") is None


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: FIELDS.text("absent"), "a.toml: absent is missing"),
        (lambda: FIELDS.text("blank"), "a.toml: blank is empty"),
        (lambda: FIELDS.text("number"), "a.toml: number is a number, expected text"),
        (lambda: FIELDS.text("none"), "a.toml: none is nothing, expected text"),
        (lambda: FIELDS.text_or_none("list"), "a.toml: list is a list, expected text"),
        (lambda: FIELDS.number("absent"), "a.toml: absent is missing"),
        (lambda: FIELDS.number("flag"), "a.toml: flag is true or false, expected a whole number"),
        (lambda: FIELDS.number("text"), "a.toml: text is text, expected a whole number"),
        (lambda: FIELDS.texts("text"), "a.toml: text is text, expected a list of texts"),
        (lambda: FIELDS.texts("none"), "a.toml: none is nothing, expected a list of texts"),
        (lambda: Fields({"tools": ["a", "b", 3]}, "a.md").texts("tools"), "a.md: tools[2] is a number, expected text"),
        (lambda: FIELDS.table("text"), "a.toml: [text] is text, expected a table"),
        (lambda: FIELDS.table("table").text("z"), "a.toml: [table]: z is missing"),
        (FIELDS.tables, "a.toml: [text] is text, expected a table"),
        (lambda: Fields([], "a.toml"), "a.toml is a list, expected a table"),
        (lambda: Fields({"naem": 1}, "a.toml").reject_unknown("name", "tools"), "a.toml: unknown key 'naem'"),
    ],
)
def test_a_wrong_value_is_told_with_file_key_and_kinds(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ContentRefused) as caught:
        ask()
    assert caught.value.message == message


def test_an_unknown_key_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ContentRefused) as caught:
        Fields({"naem": 1}, "a.toml").reject_unknown("name", "tools")
    assert caught.value.hint == "known here: name, tools"


def test_every_table_raises_the_error_of_its_file() -> None:
    fields = Fields({"table": {"a": {"b": 1}}}, "agentpkg.toml", UsageError)
    with pytest.raises(UsageError, match="b is a number"):
        fields.table("table").table("a").text("b")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "text"),
        (1, "a number"),
        (1.5, "a number"),
        (True, "true or false"),
        ([], "a list"),
        ({}, "a table"),
        (None, "nothing"),
        (b"", "bytes"),
    ],
)
def test_kinds_have_words(value: object, words: str) -> None:
    assert kind_of(value) == words
