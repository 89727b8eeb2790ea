"""Text enters as strict UTF-8 with nothing in it that cannot be seen, and leaves fit for a terminal."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given

from agentpkg.console import say_json
from agentpkg.errors import ContentRefused
from agentpkg.hidden import DEFAULT_IGNORABLE, find_hidden
from agentpkg.text import check, check_line, check_value, decode, escape
from tests.unit.builders import TEXT

FORBIDDEN = {
    "NUL": ("\0", "U+0000 (a control character)", r"\x00"),
    "BEL": ("\a", "U+0007 (a control character)", r"\x07"),
    "ESC": ("\x1b", "U+001B (ESCAPE)", r"\x1b"),
    "CR": ("\r", "U+000D (CARRIAGE RETURN)", r"\r"),
    "VT": ("\v", "U+000B (a control character)", r"\x0b"),
    "DEL": ("\x7f", "U+007F (a control character)", r"\x7f"),
    "NEL": ("\x85", "U+0085 (NEXT LINE)", r"\x85"),
    "CSI": ("\x9b", "U+009B (a control character)", r"\x9b"),
    "LS": ("\u2028", "U+2028 (LINE SEPARATOR)", r"\u2028"),
    "PS": ("\u2029", "U+2029 (PARAGRAPH SEPARATOR)", r"\u2029"),
    "BOM": ("\ufeff", "U+FEFF (BYTE ORDER MARK)", r"\ufeff"),
    "zero width": ("\u200b", "U+200B (ZERO WIDTH SPACE)", r"\u200b"),
    "override": ("\u202e", "U+202E (RIGHT-TO-LEFT OVERRIDE)", r"\u202e"),
    "isolate": ("\u2066", "U+2066 (LEFT-TO-RIGHT ISOLATE)", r"\u2066"),
    "tag": ("\U000e0041", "U+E0041 (TAG LATIN CAPITAL LETTER A)", r"\U000e0041"),
    "filler": ("\u3164", "U+3164 (HANGUL FILLER)", r"\u3164"),
    "blank of braille": ("\u2800", "U+2800 (BRAILLE PATTERN BLANK)", r"\u2800"),
    "object": ("\ufffc", "U+FFFC (OBJECT REPLACEMENT CHARACTER)", r"\ufffc"),
    "private": ("\ue000", "U+E000 (private use)", r"\ue000"),
    "private plane": ("\U0010fffd", "U+10FFFD (private use)", r"\U0010fffd"),
    "noncharacter": ("\ufdd0", "U+FDD0 (not assigned)", r"\ufdd0"),
    "last of a plane": ("\U0001ffff", "U+1FFFF (not assigned)", r"\U0001ffff"),
    "surrogate": ("\ud800", "U+D800 (half of a surrogate pair)", r"\ud800"),
}
# What people write with characters that elsewhere hide.
LEGIBLE = {
    "family": "👨\u200d👩\u200d👧\u200d👦",
    "profession with a skin": "👩🏽\u200d💻",
    "picture chosen": "❤\ufe0f ☺\ufe0e",
    "picture chosen and joined": "🏳\ufe0f\u200d🌈 🏴\u200d☠\ufe0f",
    "keycap": "1\ufe0f\u20e3#\ufe0f\u20e3",
    "flag of Wales": "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",
    "Persian": "می\u200cشود",
    "Sinhala": "ශ්\u200dරී",
    "Hindi": "क्\u200dष क्\u200cष",
    "Persian after a Latin word, a number and a quotation": "API\u200cهای ۵\u200cام «کتاب»\u200cها",
    "Khmer and Thai line breaks": "ភាសា\u200bខ្មែរ ภาษา\u200bไทย",
    "hieroglyphs in a group": "\U00013000\U00013430\U00013000",
    "Mongolian": "ᠪᠣᠯᠪᠠᠰᠤᠷᠠᠯ\u180b ᠠ\u180eᠠ",
}
# The same characters where they join, choose and spell nothing.
MISPLACED = {
    "joiner between letters": "a\u200db",
    "joiner after an emoji": "👩\u200d",
    "two joiners": "क्\u200d\u200dष",
    "non-joiner at the end": "می\u200c",
    "selector after a letter": "a\ufe0f",
    "line break between letters": "a\u200bb",
    "a sign for hieroglyphs": "a\U00013430",
    "two selectors": "❤\ufe0f\ufe0f",
    "selector after a digit": "1\ufe0f",
    "tags without a flag": "x\U000e0067",
    "tags of no flag": "🏴\U000e0067\U000e0062\U000e0041\U000e007f",
    "a flag that does not end": "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073",
    "Mongolian selector after a letter": "a\u180b",
}
sign = pytest.mark.parametrize(("sign", "named", "shown"), FORBIDDEN.values(), ids=FORBIDDEN.keys())


@sign
def test_a_character_that_cannot_be_seen_is_refused_naming_place_and_code(sign: str, named: str, shown: str) -> None:
    with pytest.raises(ContentRefused) as caught:
        check(f"one\ntwo{sign}three\n", "a.md")
    assert caught.value.message == f'a.md: line 2, column 4 holds {named}: "two{shown}three"'


@sign
def test_it_is_escaped_for_a_terminal(sign: str, named: str, shown: str) -> None:
    assert escape(f"a{sign}b") == f"a{shown}b"


def test_every_default_ignorable_code_point_is_refused_and_escaped() -> None:
    every = [chr(code) for code in range(0x110000) if re.match(f"[{DEFAULT_IGNORABLE}]", chr(code))]
    assert len(every) == 4174
    for character in every:
        for text in (character, f"a{character}b", f"é{character}", f"# {character}{character}"):
            with pytest.raises(ContentRefused, match=rf"U\+{ord(character):04X}"):
                check(text, "a.md")
            assert character not in escape(text)


def test_all_other_format_characters_that_unicode_knows_are_refused_or_have_a_width() -> None:
    formats = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"]
    seen = {character for character in formats if escape(f"a{character}b") == f"a{character}b"}
    numbers = {0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    assert {ord(one) for one in seen} <= numbers


@pytest.mark.parametrize("text", LEGIBLE.values(), ids=LEGIBLE.keys())
def test_what_people_write_passes_and_is_shown_as_it_is(text: str) -> None:
    for around in (text, f"a {text} b\n{text}"):
        check(around, "a.md")
        assert escape(around) == around


@pytest.mark.parametrize("text", MISPLACED.values(), ids=MISPLACED.keys())
def test_the_same_characters_are_refused_where_they_do_not_belong(text: str) -> None:
    with pytest.raises(ContentRefused):
        check(text, "a.md")
    assert escape(text) != text


@pytest.mark.parametrize("text", ["", "tab\tnewline\n", "æøå", "日本語", "🦉", "e\u0301", "→ ✓ —"])
def test_all_else_may_stand_in_a_text_and_is_shown_as_it_is(text: str) -> None:
    check(text, "a.md")
    assert escape(text) == text


@given(TEXT)
def test_a_text_in_which_all_can_be_seen_comes_through(text: str) -> None:
    check(text, "a.md")
    assert escape(text) == text


def test_only_what_stands_around_is_shown() -> None:
    with pytest.raises(ContentRefused, match=f'"{"x" * 20}.u200b{"y" * 19}"'):
        check(f"first\n{'x' * 50}\u200b{'y' * 50}\nlast", "a.md")


def test_of_a_value_only_its_name_is_told() -> None:
    with pytest.raises(ContentRefused) as caught:
        check_value("a\x1b", "b.toml: [bundle]")
    assert caught.value.message == r'b.toml: [bundle] holds U+001B (ESCAPE): "a\x1b"'


@pytest.mark.parametrize("text", ["a\nb", "a\tb"])
def test_a_line_holds_neither_tabs_nor_newlines(text: str) -> None:
    with pytest.raises(ContentRefused, match="is not on one line"):
        check_line(text, "a.md")


def test_decoding_makes_line_endings_lf() -> None:
    assert decode(b"a\r\nb\n", "a.md") == "a\nb\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"one\nab\xff\xfec\nd", r'a.md: line 2, column 3: byte 0xFF is not UTF-8: "ab\xff\xfec"'),
        (b"\xc0\xaf", r'a.md: line 1, column 1: byte 0xC0 is not UTF-8: "\xc0\xaf"'),
        (b"\xed\xa0\x80", r'a.md: line 1, column 1: byte 0xED is not UTF-8: "\xed\xa0\x80"'),
        ("ab".encode("utf-16"), r'a.md: line 1, column 1: byte 0xFF is not UTF-8: "\xff\xfea\x00b\x00"'),
        (b"a\rb", r'a.md: line 1, column 2 holds U+000D (CARRIAGE RETURN): "a\rb"'),
        (b"\xef\xbb\xbfa", r'a.md: line 1, column 1 holds U+FEFF (BYTE ORDER MARK): "\ufeffa"'),
    ],
)
def test_what_is_not_plain_utf8_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ContentRefused) as caught:
        decode(data, "a.md")
    assert caught.value.message == message


def test_json_hides_nothing_either_and_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    texts = [f"a{sign}b" for sign, _, _ in FORBIDDEN.values()] + [*LEGIBLE.values(), "æ 🦉 \n\t"]
    say_json({"texts": texts})
    printed = capsys.readouterr().out
    assert not [*find_hidden(printed)]
    assert json.loads(printed)["texts"] == texts
    assert "æ 🦉" in printed
