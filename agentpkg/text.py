"""Text as it may enter a project: strict UTF-8 without control characters.

Every text that agentpkg reads from a registry passes `decode`; everything that it prints of it passes `escape`.
"""

from __future__ import annotations

import re

from agentpkg.errors import ContentRefused

_FORBIDDEN = (  # compiled when the first text is checked
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1 (NEL among them)
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that turn the direction of text
    "\u2028\u2029\ufeff\ufff9-\ufffb\ufffe\uffff"  # separators, the byte order mark, annotations, noncharacters
    "\ud800-\udfff\U000e0000-\U000e0fff"  # lone surrogates, tag characters
    "]"
)
_LINE = "[\n\t]"


def decode(data: bytes, where: str) -> str:
    """Return the text of `data` with LF line endings, or raise `ContentRefused` naming `where` and the line."""
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ContentRefused(
            f"{where}: byte {error.start} is not UTF-8",
            hint="save the file as UTF-8 without a byte order mark",
        ) from None
    check(text, where)
    return text


def check(text: str, where: str) -> None:
    """Raise `ContentRefused` if `text` holds a control character, naming the line it stands on."""
    found = re.search(_FORBIDDEN, text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise ContentRefused(
            f"{where}: line {line} holds the control character U+{ord(found[0]):04X}",
            hint="take the character out; it cannot be seen, but a host would read it",
        )


def check_line(text: str, where: str) -> None:
    """Raise `ContentRefused` if `text` holds a control character, a tab or a newline."""
    check(text, where)
    if re.search(_LINE, text):
        raise ContentRefused(f"{where}: {text!r} is not on one line", hint="write it on one line, without tabs")


def escape(text: str) -> str:
    r"""Return `text` fit for a terminal: control characters as `\x1b`, newlines and tabs kept."""
    return re.sub(_FORBIDDEN, lambda match: ascii(match[0])[1:-1], text)
