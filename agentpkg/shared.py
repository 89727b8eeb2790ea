"""Files that agentpkg shares with others: a YAML list of modes, of which single entries are ours.

An entry is handled like a file of its own, under the path `FILE#NAME`: it has a digest, can be edited, merged and
deleted. Here entries are taken out of the file's bytes and put back; every other byte stays as it was. An entry's bytes
are those with the list indented by two blanks, so that they are the same in every file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.files import like, usual_ending
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

_INDENT = 2
_MARK = "\ufeff"
_LIST = re.compile(r"customModes:(?P<empty>[ \t]*\[[ \t]*\])?(?:[ \t]+#.*|[ \t]*)\r?\n?\Z")
_NOTHING = re.compile(r"(customModes:([ \t]*\[[ \t]*\])?)?\Z")
_ITEM = re.compile(r"(?P<indent> *)-(?P<gap> +)\S")
_TOP = r"\s|#|[A-Za-z_][\w.-]*:(?:\s|\Z)"  # what a line that is not indented may begin with
_KEEPS = re.compile(r"\A[\w-]+:[ \t]*[|>]\d?\+\d?[ \t]*(?:#.*)?\r?\n")
_SLUG = r"""slug:[ \t]*(?P<quote>["']?)(?P<slug>[A-Za-z0-9-]+)(?P=quote)[ \t]*(?:#.*)?\r?\n?\Z"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One item of the list: its lines from `start` up to `end`, and its slug (None: it has none that can be read)."""

    start: int
    end: int
    slug: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """The lines of a file, the line of its list (None: it has none yet), the list's items, and their indentation.

    `mark` is the byte order mark that an editor put before them, or nothing.
    """

    mark: str
    lines: list[str]
    head: int | None
    items: list[_Item]
    indent: int


def read_entries(content: bytes) -> dict[str, bytes]:
    """Return the entries of a file by name; raise `ValueError`, saying why, if it cannot be understood."""
    layout = _read(content)
    entries: dict[str, bytes] = {}
    for item in layout.items:
        if item.slug is None:
            raise ValueError(f"the slug of the mode on line {item.start + 1} cannot be told")
        if item.slug in entries:
            raise ValueError(f"two modes have the slug {item.slug!r}")
        text = "".join(layout.lines[item.start : item.end])
        entries[item.slug] = _shift(text, _INDENT - layout.indent).encode()
    return entries


def write_entries(content: bytes | None, changes: Mapping[str, bytes | None]) -> bytes | None:
    """Return a file's bytes with entries put in, changed, or (None) taken out.

    None stands for no file, before and after: a file that then holds nothing but an empty list is given up.
    """
    layout = _read(content or b"")
    ending = usual_ending(content or b"").decode()
    there = {item.slug: "".join(layout.lines[item.start : item.end]) for item in layout.items}
    new = {name: _text(entry, layout.indent, there.get(name, ending)) for name, entry in changes.items()}
    lines, place = list(layout.lines), len(layout.lines)
    if layout.items:
        place = layout.items[-1].end
    elif layout.head is not None:
        place = layout.head + 1
    before = [lines[: layout.items[0].start] if layout.items else lines[:place]]
    for position, item in enumerate(layout.items):
        following = layout.items[position + 1].start if position + 1 < len(layout.items) else place
        old, between = lines[item.start : item.end], lines[item.end : following]
        before.append([new.pop(item.slug)] if item.slug in new else old)
        before.append(between)
    kept = [line for part in before for line in part]
    added = [text for text in new.values() if text]
    if layout.head is not None:
        left = [item for item in layout.items if changes.get(item.slug or "", b"as it was")]
        kept[layout.head] = _head(kept[layout.head], empty=not (left or added))
    if added and layout.head is None:
        added.insert(0, f"customModes:{ending}")
    if added and kept and not kept[-1].endswith("\n"):
        kept[-1] += ending
    text = "".join([*kept, *added, *lines[place:]])
    return None if _NOTHING.match(text.strip()) else f"{layout.mark}{text}".encode()


def _head(line: str, *, empty: bool) -> str:
    """Return the list's first line as it has to be: a list without a mode is written `[]`, since nothing is no list."""
    match = _LIST.match(line)
    if match and empty and not match["empty"]:
        return line.replace(":", ": []", 1)
    if match and match["empty"] and not empty:
        return line.replace(match["empty"], "", 1)
    return line


def _text(entry: bytes | None, indent: int, before: str) -> str:
    """Return an entry as it is to stand in a file, with the line endings of what stood there before."""
    text = _shift((entry or b"").decode().replace("\r\n", "\n"), indent - _INDENT)
    return like(before.encode(), text.encode()).decode()


def _shift(text: str, by: int) -> str:
    """Move every line that is not blank by a number of columns."""
    if by >= 0:
        return re.sub(r"(?m)^(?=[^\r\n])", " " * by, text)
    return re.sub(rf"(?m)^ {{{-by}}}", "", text)


def _read(content: bytes) -> _Layout:
    whole = content.decode()  # a UnicodeDecodeError is a ValueError
    text = whole.removeprefix(_MARK)
    lines = re.findall(r"[^\n]*\n|[^\n]+\Z", text)
    heads = [number for number, line in enumerate(lines) if line.startswith("customModes:")]
    head = heads[0] if heads else None
    starts, end, indent = ([], 0, _INDENT) if head is None else _find_items(lines, head + 1)
    first = None if head is None else _LIST.match(lines[head])
    if len(heads) > 1 or (heads and not first) or (first and first["empty"] and starts) or re.search(r"(?m)^\t", text):
        raise ValueError("its customModes are not written as a list, one mode after the other")
    allowed = [_TOP, *([r"---\s"] if heads else []), *([r"- "] if starts and indent == 0 else [])]
    begin = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    if begin.startswith(" ") or any(not re.match("|".join(allowed), line) for line in lines):
        raise ValueError("it is not the YAML that agentpkg can add a mode to")
    items = []
    for start, following in zip(starts, [*starts[1:], end][: len(starts)], strict=True):
        keys = _keys(lines[start:following])
        last = following
        # Blank lines at the end of an item are part of it only where a text says that it keeps them.
        while last > start + 1 and _is_between(lines[last - 1], indent) and not any(map(_KEEPS.search, keys)):
            last -= 1
        items.append(_Item(start=start, end=last, slug=_slug(keys)))
    return _Layout(mark=whole[: len(whole) - len(text)], lines=lines, head=head, items=items, indent=indent)


def _find_items(lines: list[str], first: int) -> tuple[list[int], int, int]:
    """Return the first lines of the list's items, the line after the list, and the items' indentation."""
    starts: list[int] = []
    indent = _INDENT
    for number in range(first, len(lines)):
        line = lines[number]
        column = len(line) - len(line.lstrip(" "))
        if not line.strip() or line.lstrip().startswith("#") or (starts and column > indent):
            continue
        item = _ITEM.match(line)
        if item and (not starts or column == indent):
            indent = column
            starts.append(number)
        elif column:
            raise ValueError(f"line {number + 1} is not one of a list of modes")
        else:
            return starts, number, indent
    return starts, len(lines), indent


def _is_between(line: str, indent: int) -> bool:
    """Say whether a line at the end of an item is no part of it: blank, or a comment that is not indented like it."""
    return not line.strip() or (line.lstrip().startswith("#") and len(line) - len(line.lstrip(" ")) <= indent)


def _keys(lines: list[str]) -> list[str]:
    """Return the lines of an item on which its own keys stand, from the key on."""
    item = _ITEM.match(lines[0])
    column = len(item["indent"]) + 1 + len(item["gap"]) if item else 0
    return [lines[0][column:], *(line[column:] for line in lines[1:] if line[:column].isspace())]


def _slug(keys: list[str]) -> str | None:
    found = [match["slug"] for key in keys if (match := re.match(_SLUG, key))]
    return found[0] if len(found) == 1 else None
