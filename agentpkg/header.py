"""Strict reading of a markdown file's frontmatter.

Parsing that goes wrong widens powers, because an agent without `tools` holds every tool. So a header that is not
plain YAML of texts, lists and tables is an error, and never an empty one. python-frontmatter does the work with the
handler below, which leaves nothing to guess: every scalar is text, and no key repeats, refers, or carries a tag.
"""

from __future__ import annotations

import re
from typing import TypeAlias, cast

import frontmatter
import yaml
from frontmatter.default_handlers import BaseHandler

from agentpkg.errors import ContentRefused
from agentpkg.text import check_value

Header: TypeAlias = "str | list[Header] | dict[str, Header]"
_FENCES = re.compile(r"---\n(?P<header>.*?\n)??---\n(?P<body>.*)\Z", re.DOTALL)
_MOST_LEVELS = 8
_WHOLE = {1: "file", 2: "header"}  # what is read, by its first line
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_header(text: str, where: str) -> tuple[dict[str, Header], str]:
    """Return header and body of `text`; raise `ContentRefused` naming `where` if the header is not plain.

    The body comes byte for byte, but for blank lines at both ends, and ends with one newline.
    """
    if text[:1].isspace():
        raise ContentRefused(f"{where}: the file starts with white space", hint="the first line must be ---")
    match = _FENCES.match(text if text.endswith("\n") else f"{text}\n")
    if not match:
        raise ContentRefused(
            f"{where}: no frontmatter between two lines of '---'",
            hint="start the file with ---, name and description, and another ---",
        )
    parsed, _ = frontmatter.parse(text, handler=_StrictHandler(match["header"] or "", where))
    return cast("dict[str, Header]", parsed), trim(match["body"])


def read_yaml(text: str, where: str) -> Header:
    """Return the value that a YAML file holds, as strictly as a header; raise `ContentRefused` if it is not plain."""
    return _load(text, where, 1)


def trim(body: str) -> str:
    """Return a prompt without blank lines at both ends, ending with one newline; empty if there is nothing else."""
    lines = body.split("\n")
    held = [place for place, line in enumerate(lines) if line.strip(" \t")]
    return "\n".join(lines[held[0] : held[-1] + 1]) + "\n" if held else ""


class _StrictHandler(BaseHandler):
    """Hands python-frontmatter the header that stands between fences alone on their lines, and parses it strictly."""

    FM_BOUNDARY = re.compile(r"^---$", re.MULTILINE)

    def __init__(self, header: str, where: str) -> None:
        super().__init__()
        self._header = header
        self._where = where

    def split(self, text: str) -> tuple[str, str]:  # noqa: ARG002 (the library's signature)
        return self._header, ""

    def load(self, fm: str) -> dict[str, Header]:
        value = _load(fm, self._where, 2)
        if not isinstance(value, dict):
            raise ContentRefused(
                f"{self._where}: the header is not a table of keys and values", hint="write each line as key: value"
            )
        return value


def _load(source: str, where: str, first: int) -> Header:
    """Return the one value of a YAML source, of which line `first` of the file is the first."""
    try:
        return _Tree(source, where, first).read()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" line {mark.line + first}" if mark else ""
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise ContentRefused(
            f"{where}:{place} the {_WHOLE[first]} is not valid YAML: {problem}",
            hint="put the value into double quotes, on one line",
        ) from None


class _Tree:
    """Builds texts, lists and tables from YAML events, and refuses everything that YAML can do beyond that."""

    def __init__(self, source: str, where: str, first: int) -> None:
        self._events = yaml.parse(source, Loader=_LOADER)
        self._where = where
        self._first = first

    def read(self) -> Header:
        """Return the one value that the source holds; an empty source is an empty table."""
        event = self._skip(yaml.StreamStartEvent, next(self._events))
        if isinstance(event, yaml.StreamEndEvent):
            return {}
        value = self._node(self._skip(yaml.DocumentStartEvent, event), 0)
        end = self._skip(yaml.DocumentEndEvent, next(self._events))
        if not isinstance(end, yaml.StreamEndEvent):
            raise self._refused(end, "holds more than one document")
        return value

    def _skip(self, kind: type[yaml.Event], event: yaml.Event) -> yaml.Event:
        if not isinstance(event, kind) or getattr(event, "explicit", False):
            raise self._refused(event, "holds a line of its own that starts or ends a document")
        return next(self._events)

    def _node(self, event: yaml.Event, level: int) -> Header:
        if level > _MOST_LEVELS:
            raise self._refused(event, f"nests deeper than {_MOST_LEVELS} levels")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self._refused(event, "holds an anchor or an alias")
        if getattr(event, "tag", None):
            raise self._refused(event, f"holds the tag {getattr(event, 'tag', '')!r}")
        if isinstance(event, yaml.ScalarEvent):
            line = event.start_mark.line + self._first if event.start_mark else 1
            check_value(event.value, f"{self._where}: line {line}: the {_WHOLE[self._first]}")
            return str(event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._items(level)
        return self._table(level)

    def _items(self, level: int) -> list[Header]:
        items: list[Header] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, level + 1))
        return items

    def _table(self, level: int) -> dict[str, Header]:
        table: dict[str, Header] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, level + 1)
            if not isinstance(key, str):
                raise self._refused(event, "has a key that is not text")
            if key in table:
                raise self._refused(event, f"has the key {key!r} twice")
            table[key] = self._node(next(self._events), level + 1)
        return table

    def _refused(self, event: yaml.Event, problem: str) -> ContentRefused:
        mark = event.start_mark
        line = f" line {mark.line + self._first}" if mark else ""
        return ContentRefused(
            f"{self._where}:{line} the {_WHOLE[self._first]} {problem}", hint="write plain keys and values"
        )
