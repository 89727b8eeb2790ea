"""Tables in TOML, JSON and YAML as headers hold them: texts, lists and tables, and nothing that may mean two things."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused
from agentpkg.fields import load_toml
from agentpkg.header import read_yaml
from agentpkg.text import check_value, decode

if TYPE_CHECKING:
    from agentpkg.header import Header

_MOST_LEVELS = 16
# In JSON with comments: texts, which stay, comments, and commas that nothing follows. What is not closed is read to
# the end, and nothing is tried twice, so that no file takes long.
_COMMENT = r"/\*(?:[^*]|\*(?!/))*+"
_COMMENTS = re.compile(
    r'("(?:\\.|[^"\\])*+"?)|//[^\n]*|' + _COMMENT + r"(?:\*/)?|,(?=(?:\s|//[^\n]*\n|" + _COMMENT + r"\*/)*+[}\]])",
    re.DOTALL,
)


def read_table(kind: str, data: bytes, where: str) -> dict[str, Header]:
    """Return the table that a file holds, all of its values as texts, lists and tables.

    `kind` is the form of the file. Raises `ContentRefused` for a file that holds no table, or one that is not plain.
    """
    text = decode(data.removeprefix(b"\xef\xbb\xbf"), where)
    try:
        if kind == "toml":
            value: object = load_toml(text)
        elif kind in ("json", "settings") or text.lstrip().startswith("{"):
            plain = _COMMENTS.sub(lambda match: match[1] or "", text) if kind == "settings" else text
            value = json.loads(plain, object_pairs_hook=_once)
        else:
            value = read_yaml(text, where)
    except (ValueError, RecursionError) as error:
        raise ContentRefused(f"{where}: {error}", hint="mend the file; its host cannot read it either") from None
    header = _plain(value, where, 0)
    if not isinstance(header, dict):
        raise ContentRefused(f"{where} holds no table", hint="write it as its host does")
    return header


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a key stands there twice")
    return table


def _plain(value: object, where: str, level: int) -> Header:
    """Return a parsed value as headers hold it: every scalar is text, and nothing is empty text."""
    if level > _MOST_LEVELS:
        raise ContentRefused(f"{where} nests deeper than {_MOST_LEVELS} levels", hint="write it flatter")
    if isinstance(value, dict):
        return {str(key): _plain(inner, where, level + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, where, level + 1) for inner in value]
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    check_value(text, where)
    return text
