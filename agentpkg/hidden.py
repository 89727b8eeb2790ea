"""Characters that cannot be seen, and that a model reads all the same.

Every one of Unicode's default-ignorable code points, controls, marks that turn the direction of text, private use, lone
surrogates and noncharacters. Some of them are part of how people write: joiners within emoji and within the scripts
that need them, and the signs that choose an emoji's picture. Those pass where they belong, and nowhere else.

Sources: DerivedCoreProperties.txt (Default_Ignorable_Code_Point), emoji-variation-sequences.txt, emoji-sequences.txt of
Unicode 16; the places of joiners follow RFC 5892, appendix A, with whole blocks in the place of joining types.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEFAULT_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1 (NEL among them)
_OTHERS = (
    "\u2028\u2029\ufff9-\ufffb\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\U000f0000-\U0010ffff"  # the last two planes
    "\u2800\ufffc\U00013430-\U00013440\U00016fe4\U0001d159"  # blanks that are no spaces
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0xF0000, 0x10000))
)
_PICTURE = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa"
    "\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
# Arabic, Syriac, NKo, Mandaic; the scripts of India; Myanmar; Khmer and Mongolian; Tai Tham to Batak; Syloti Nagri to
# Javanese; Arabic's presentation forms; Hanifi Rohingya; the Brahmic scripts beyond; Adlam.
_JOINED = (
    "\u0600-\u074f\u0750-\u077f\u07c0-\u07ff\u0840-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u18af\u1a20-\u1aaf"
    "\u1b00-\u1bff\ua800-\ua8df\ua980-\ua9df\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc\U00010d00-\U00010d3f"
    "\U00011000-\U00011dff\U0001e900-\U0001e95f"
)
# Thai, Lao, Tibetan, Myanmar and Khmer have no blanks between words, and mark where a line may break.
_UNSPACED = "\u0e01-\u0e5b\u0e81-\u0edf\u0f00-\u0fff\u1000-\u109f\u1780-\u17b3\u17b6-\u17ff\u19e0-\u19ff"
_HIEROGLYPHS = "\U00013000-\U00013455"
_MONGOLIAN = "\u1820-\u18aa"
_ONE_PICTURE = f"[{_PICTURE}](?:[\ufe0e\ufe0f]|[\U0001f3fb-\U0001f3ff])?"
_FLAGS = ("gbeng", "gbsct", "gbwls")  # England, Scotland and Wales: all that are spelled with tags
_TAGGED = "|".join("".join(chr(0xE0000 + ord(letter)) for letter in flag) for flag in _FLAGS)
_LEGIBLE = (
    rf"\U0001f3f4(?:{_TAGGED})\U000e007f",
    rf"{_ONE_PICTURE}(?:\u200d{_ONE_PICTURE})*",
    "[0-9#*]\ufe0f\u20e3",
    rf"(?<=[{_JOINED}])\u200d",
    rf"(?<=[{_JOINED}])\u200c(?=[{_JOINED}])",
    rf"(?<=[0-9A-Za-z)\]\"'`\u00bb\u2019\u201d])\u200c(?=[{_JOINED}])",
    rf"(?<=[{_UNSPACED}])\u200b(?=[{_UNSPACED}])",
    f"(?<=[{_HIEROGLYPHS}])[\U00013430-\U00013440]",
    rf"(?<=[{_MONGOLIAN}])(?:[\u180b-\u180d\u180f]|\u180e(?=[{_MONGOLIAN}]))",
)
_HIDDEN = f"[{_CONTROLS}{DEFAULT_IGNORABLE}{_OTHERS}]"
_SCAN = f"(?:{'|'.join(_LEGIBLE)})|(?P<hidden>{_HIDDEN})"  # compiled when the first text needs it
_SCAN_ASCII = f"(?P<hidden>[{_CONTROLS}])"


def find_hidden(text: str) -> Iterator[int]:
    """Return the place of every character in `text` that cannot be seen and does not belong where it stands."""
    for match in re.finditer(_SCAN_ASCII if text.isascii() else _SCAN, text):
        if match["hidden"]:
            yield match.start()


def escape(text: str) -> str:
    r"""Return `text` with every hidden character written as Python would: `\x1b`, `\u200b`, `\U000e0041`.

    So is a byte that was not UTF-8, where `surrogateescape` has read it: `\xff`.
    """
    return replace_hidden(text, _spell)


def replace_hidden(text: str, spell: Callable[[str], str]) -> str:
    """Return `text` with every hidden character spelled out."""
    parts, start = [], 0
    for place in find_hidden(text):
        parts += [text[start:place], spell(text[place])]
        start = place + 1
    return "".join([*parts, text[start:]]) if parts else text


def _spell(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # how Python reads a byte that is not UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return ascii(character)[1:-1]


def describe(character: str) -> str:
    """Return the code and the name of a character, for a message."""
    import unicodedata

    if "\ud800" <= character <= "\udfff":
        return f"U+{ord(character):04X} (half of a surrogate pair)"
    kind = {"Cc": "a control character", "Co": "private use", "Cn": "not assigned"}.get(unicodedata.category(character))
    name = {"\x1b": "ESCAPE", "\x85": "NEXT LINE", "\r": "CARRIAGE RETURN", "\ufeff": "BYTE ORDER MARK"}.get(character)
    return f"U+{ord(character):04X} ({name or unicodedata.name(character, '') or kind})"
