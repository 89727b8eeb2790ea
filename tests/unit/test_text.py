"""Text enters as strict UTF-8 with nothing in it that cannot be seen, and leaves fit for a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given

from agentpkg.errors import ContentRefused
from agentpkg.text import check, decode, escape
from tests.unit.builders import TEXT

FORBIDDEN = {
    "NUL": "\0",
    "BEL": "\a",
    "ESC": "\x1b",
    "CR": "\r",
    "VT": "\v",
    "FF": "\f",
    "DEL": "\x7f",
    "NEL": "\x85",
    "CSI": "\x9b",
    "LS": "\u2028",
    "PS": "\u2029",
    "BOM": "\ufeff",
    "surrogate": "\ud800",
}
# What readers of the text do not see and a model does, and what no YAML reader takes.
UNSEEN = {
    "right-to-left override": "\u202e",
    "isolate": "\u2066",
    "tag letter": "\U000e0041",
    "noncharacter FFFE": "\ufffe",
    "noncharacter FFFF": "\uffff",
}
sign = pytest.mark.parametrize("sign", FORBIDDEN.values(), ids=FORBIDDEN.keys())


@sign
def test_control_characters_are_refused_naming_line_and_code(sign: str) -> None:
    with pytest.raises(ContentRefused) as caught:
        check(f"one\ntwo{sign}", "a.md")
    assert caught.value.message == f"a.md: line 2 holds the control character U+{ord(sign):04X}"


@pytest.mark.parametrize("sign", UNSEEN.values(), ids=UNSEEN.keys())
def test_characters_that_cannot_be_seen_are_refused(sign: str) -> None:
    with pytest.raises(ContentRefused):
        check(f"a{sign}b", "a.md")


@sign
def test_control_characters_are_escaped_for_a_terminal(sign: str) -> None:
    shown = escape(f"a{sign}b")
    assert sign not in shown
    assert shown.isprintable()


@pytest.mark.parametrize("text", ["", "tab\tnewline\n", "æøå", "日本語", "🦉", "e\u0301", "👩\u200d💻"])
def test_all_else_may_stand_in_a_text_and_is_shown_as_it_is(text: str) -> None:
    check(text, "a.md")
    assert escape(text) == text


@given(TEXT)
def test_a_text_without_control_characters_comes_through(text: str) -> None:
    assert escape(text) == text


def test_decoding_makes_line_endings_lf() -> None:
    assert decode(b"a\r\nb\n", "a.md") == "a\nb\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"ab\xff", "a.md: byte 2 is not UTF-8"),
        (b"\xc0\xaf", "a.md: byte 0 is not UTF-8"),
        (b"\xed\xa0\x80", "a.md: byte 0 is not UTF-8"),
        ("ab".encode("utf-16"), "a.md: byte 0 is not UTF-8"),
        (b"a\rb", "a.md: line 1 holds the control character U+000D"),
        (b"\xef\xbb\xbfa", "a.md: line 1 holds the control character U+FEFF"),
    ],
)
def test_what_is_not_plain_utf8_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ContentRefused) as caught:
        decode(data, "a.md")
    assert caught.value.message == message
