"""Typed access to parsed TOML, JSON and YAML, so that a loose mapping never travels further than its reader."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentpkg.errors import AgentpkgError, ContentRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MERGED = r"(?ms)^<{7} .*^={7}\r?$.*^>{7} "  # what git leaves of a merge that it could not make
_LONG_KEY = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]+[ \t]*\.[ \t]*){100}")
_KINDS = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a table",
    type(None): "nothing",
}
# How each kind of value is written, in TOML as in YAML.
_WRITTEN = {
    "text": "write it in quotes",
    "true or false": "write true or false, without quotes",
    "a whole number": "write it in digits, without quotes",
    "a list of texts": 'write it as ["one", "two"]',
    "a table": "give it keys of its own, each with a value",
}


def kind_of(value: object) -> str:
    """Return what `value` is, in the words of an error message: `a number`, `a list`, …."""
    return _KINDS.get(type(value), type(value).__name__)


class Fields:
    """One table of a file, with getters that name the file and the key when a value is not what it must be.

    `hint` says what to do about anything that is wrong in a file that nobody writes by hand.
    """

    __slots__ = ("_data", "_error", "_hint", "where")

    def __init__(
        self, data: object, where: str, error: type[AgentpkgError] = ContentRefused, hint: str | None = None
    ) -> None:
        if not isinstance(data, Mapping):
            raise error(f"{where} is {kind_of(data)}, expected a table", hint=hint or _WRITTEN["a table"])
        self._data: Mapping[str, object] = data
        self._error = error
        self._hint = hint
        self.where = where

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def reject_unknown(self, *known: str) -> None:
        """Raise if there is a key that is not one of `known`; a misspelt key must not be silently without effect."""
        for key in self._data:
            if key not in known:
                raise self.error(f"{self.where}: unknown key {key!r}", f"known here: {', '.join(known)}")

    def text(self, key: str) -> str:
        """Return the text of a key that must be there and must not be blank."""
        value = self.text_or_none(key)
        if value is None:
            raise self._missing(key)
        if not value.strip():
            raise self.error(f"{self.where}: {key} is empty", "write something there")
        return value

    def text_or_none(self, key: str) -> str | None:
        """Return the text of `key`, or None where it is absent."""
        value = self._data.get(key)
        if value is None and key not in self._data:
            return None
        if not isinstance(value, str):
            raise self._wrong(key, value, "text")
        return value

    def number(self, key: str) -> int:
        """Return the whole number of a key that must be there."""
        value = self._data.get(key)
        if type(value) is not int:
            raise self._wrong(key, value, "a whole number")
        return value

    def flag(self, key: str) -> bool:
        """Return a key that is true or false, false where it is absent."""
        value = self._data.get(key, False)
        if not isinstance(value, bool):
            raise self._wrong(key, value, "true or false")
        return value

    def texts_or_none(self, key: str) -> tuple[str, ...] | None:
        """Return the texts of a list, or None where the key is absent; an empty list is not absent."""
        if key not in self._data:
            return None
        value = self._data[key]
        if not isinstance(value, list):
            raise self._wrong(key, value, "a list of texts")
        for position, item in enumerate(value):
            if not isinstance(item, str):
                raise self._wrong(f"{key}[{position}]", item, "text")
        return tuple(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the texts of a list, empty where the key is absent."""
        return self.texts_or_none(key) or ()

    def table(self, key: str) -> Fields:
        """Return the table under `key`, empty where it is absent."""
        return Fields(self._data.get(key, {}), f"{self.where}: [{key}]", self._error, self._hint)

    def tables(self) -> Iterable[tuple[str, Fields]]:
        """Return every key with the table that stands under it."""
        return [(key, self.table(key)) for key in self._data]

    def text_table(self) -> dict[str, str]:
        """Return this table as plain texts."""
        return {key: self.text(key) for key in self._data}

    def raw(self, key: str) -> object:
        """Return a value as it was parsed, for a caller that tells several shapes apart."""
        return self._data[key]

    def error(self, message: str, hint: str | None = None) -> AgentpkgError:
        """Return the error class of this file with `message`, to be raised by the caller."""
        return self._error(message, hint=self._hint or hint)

    def _missing(self, key: str) -> AgentpkgError:
        return self.error(f"{self.where}: {key} is missing", f"add {key}")

    def _wrong(self, key: str, value: object, expected: str) -> AgentpkgError:
        if value is None and key not in self._data:
            return self._missing(key)
        return self.error(f"{self.where}: {key} is {kind_of(value)}, expected {expected}", _WRITTEN[expected])


def load_toml(text: str) -> dict[str, object]:
    """Return the table that TOML text holds, or raise `ValueError`.

    A key of very many parts is refused before the library meets it, which takes time by the square of their number.
    """
    import tomllib

    if _LONG_KEY.search(text):
        raise ValueError("a key has too many parts")
    return tomllib.loads(text)


def parse_toml(text: str, where: str, error: type[AgentpkgError] = ContentRefused) -> Fields:
    """Return the table that TOML text holds, or raise `error` naming `where`."""
    try:
        return Fields(load_toml(text), where, error)
    except (ValueError, RecursionError) as problem:  # a number of 5,000 digits, 5,000 nested lists
        if re.search(_MERGED, text):
            hint = "choose by hand, then run the command again"
            raise error(f"{where} holds two sides of a merge", hint=hint) from None
        raise error(f"{where}: not valid TOML: {problem}", hint="look at that line; texts stand in quotes") from None
