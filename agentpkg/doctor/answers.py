"""What a client answered: the names of agents that it loads, and what it says about a file that it does not."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agentpkg.hosts.clients import Question

_MOST_TRIES = 100
_MOST_SAID = 300
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PREFIX = re.compile(r"^\S*\d\d:\d\d:\d\d\S* *|^\[[A-Z]+\] *")
_VERSION = re.compile(r"(?<![\d.])\d{1,9}(?:\.\d{1,9}){1,9}(?![\d.]*\d)")


def read_names(question: Question, output: str) -> frozenset[str] | None:
    """Return the names of agents in a client's output, None if that is no answer to the question."""
    for document in _documents(output):
        found = _follow(document, question.answer)
        if found is None:
            continue
        if question.keyed:
            return frozenset(str(key) for one in found if isinstance(one, dict) for key in one)
        texts = [one for one in found if isinstance(one, str)]
        if question.pattern is None:
            return frozenset(texts)
        return frozenset(name for text in texts for name in re.findall(question.pattern, text))
    return None


def _documents(text: str) -> Iterator[Any]:
    """Yield the JSON documents in a text, each of which begins a line, whatever stands between them."""
    decoder, place, tries = json.JSONDecoder(), 0, 0
    for start in re.finditer(r"(?m)^[{\[]", text):
        if start.start() < place:
            continue
        try:
            document, place = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            tries += 1
            if tries == _MOST_TRIES:
                return
            continue
        yield document


def _follow(value: Any, keys: tuple[str, ...]) -> list[Any] | None:
    """Return what stands at the end of `keys`, None if nothing does. An empty list is an answer, too."""
    if not keys:
        return [value]
    key, *rest = keys
    if key == "*":
        if not isinstance(value, list):
            return None
        found = [_follow(one, tuple(rest)) for one in value]
        if value and all(one is None for one in found):
            return None
        return [leaf for one in found for leaf in one or ()]
    return _follow(value[key], tuple(rest)) if isinstance(value, dict) and key in value else None


def find_reason(path: str, said: str, folders: Iterable[str]) -> str | None:
    """Return what a client said about a file, by the first line that names it; `folders` are left out of paths."""
    name = re.compile(rf"(?<![\w.-]){re.escape(path.rpartition('/')[2])}(?![\w-])")
    lines = clean(said, folders)
    return next((line for line in lines if name.search(line)), None)


def last_words(said: str, folders: Iterable[str]) -> str:
    """Return the end of what a client said, in a line."""
    return " ".join(list(clean(said, folders))[-3:])[:_MOST_SAID]


def clean(said: str, folders: Iterable[str]) -> Iterator[str]:
    """Yield the lines that a client said, without colours, times and the scratch folders that it ran in."""
    for folder in folders:
        said = said.replace(f"{folder}/", "")
    for line in _COLOUR.sub("", said).splitlines():
        bare = line.strip()
        while (shorter := _PREFIX.sub("", bare)) != bare:
            bare = shorter
        if bare:
            yield bare[:_MOST_SAID]


def find_version(text: str) -> str | None:
    """Return the newest version that a text names, None if it names none."""
    return max(_VERSION.findall(text), key=version_key, default=None)


def version_key(version: str) -> tuple[int, ...]:
    """Return what versions of clients are compared by."""
    return tuple(int(number) for number in version.split("."))
