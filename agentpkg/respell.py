"""An edited agent file with all that it says as before spelled as before, so that only what it says anew is an edit.

People quote texts in other ways than agentpkg does, and write lists in other forms. To a merge by lines each of these
lines is an edit, and meets every change of the same line by its author.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused
from agentpkg.header import read_header
from agentpkg.repair import split_names

if TYPE_CHECKING:
    from agentpkg.header import Header

_FENCE = "---\n"
_KEY = re.compile(r"(?P<key>[A-Za-z_][\w-]*)[ \t]*:")


def respell(mine: bytes, base: bytes) -> bytes:
    """Return `mine`, a markdown file with LF line endings, spelled like `base` where it says the same.

    What cannot be taken apart without a loss, such as a header with comments, is returned as it is.
    """
    try:
        ours, theirs = _parts(mine), _parts(base)
    except (ContentRefused, ValueError):
        return mine
    entries, values, body = ours
    before, said, after = theirs
    same = {key for key in before if key in entries and " #" not in entries[key] and _same(values[key], said[key])}
    kept = [before[key] if key in same else entries[key] for key in before if key in entries]
    more = [lines for key, lines in entries.items() if key not in before]
    blank = after[: len(after) - len(after.lstrip("\n"))]
    return "".join([_FENCE, *kept, *more, _FENCE, blank, body.lstrip("\n")]).encode()


def _parts(data: bytes) -> tuple[dict[str, str], dict[str, Header], str]:
    """Return the lines of each entry of a header, the value of each, and what stands below; raise if it has others."""
    text = data.decode()
    values, _ = read_header(text, "the file")
    header, fence, body = text.removeprefix(_FENCE).partition(f"\n{_FENCE}")
    entries: dict[str, str] = {}
    for line in header.split("\n"):
        match = _KEY.match(line)
        if match and match["key"] not in entries:
            entries[match["key"]] = f"{line}\n"
        elif entries and line.startswith((" ", "-")) and "#" not in line:
            entries[next(reversed(entries))] += f"{line}\n"
        else:
            raise ValueError("a line belongs to no entry")
    if entries.keys() != values.keys() or not fence:
        raise ValueError("the entries are not those that a reader finds")
    return entries, values, body


def _same(one: Header, other: Header) -> bool:
    """Say whether two values mean the same: a list may be written as one text with commas."""
    if isinstance(one, list) != isinstance(other, list):
        try:
            return _names(one) == _names(other)
        except ValueError:
            return False
    return one == other


def _names(value: Header) -> list[Header]:
    if isinstance(value, str):
        return [*split_names(value)]
    return value if isinstance(value, list) else [value]
