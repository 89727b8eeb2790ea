"""The few words of JSON Schema that ours are written in: those that editors and validators of every age understand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from agentpkg import JSON_FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Schema: TypeAlias = "dict[str, Any]"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
NOT_BLANK = r"\S"
ONE_LINE = r"^[^\n\t]*$"
ONE_LINE_NOT_BLANK = r"^[^\n\t]*\S[^\n\t]*$"


def whole(pattern: str) -> str:
    r"""Return a pattern of ours, which `re.match` takes, as JSON Schema takes it: `^…$` for what ends in `\Z`."""
    pattern = re.sub(r"^\(\?[as]+\)", "", pattern)
    pattern = re.sub(r"\(\?P<\w+>", "(", pattern)
    end = "$" if pattern.endswith(r"\Z") else ""
    inner = pattern.removesuffix(r"\Z").replace(r"\Z", "$")
    return f"^(?:{inner}){end}" if "|" in inner else f"^{inner}{end}"


def whole_list(pattern: str, between: str) -> str:
    """Return a pattern for one or more of what a pattern of ours matches, with `between` in between."""
    one = whole(pattern)[1:-1]
    return f"^{one}(?:{between}{one})*$"


def anything(about: str, **more: Any) -> Schema:
    """Return the schema of a value of any kind, or of what `more` says of it."""
    return {**more, "description": about} if about else more


def text(about: str = "", **more: Any) -> Schema:
    """Return the schema of a text."""
    return anything(about, type="string", **more)


def choice(about: str, names: Iterable[str]) -> Schema:
    """Return the schema of one of a few texts."""
    return anything(about, type="string", enum=list(names))


def flag(about: str = "") -> Schema:
    """Return the schema of true or false."""
    return anything(about, type="boolean")


def number(about: str = "", least: int | None = None, most: int | None = None) -> Schema:
    """Return the schema of a whole number."""
    bounds = {"minimum": least, "maximum": most}
    return anything(about, type="integer", **{key: value for key, value in bounds.items() if value is not None})


def texts(about: str = "", item: Schema | None = None) -> Schema:
    """Return the schema of a list of texts, or of what `item` says."""
    return anything(about, type="array", items=item or text())


def table(about: str, known: Iterable[str], keys: Mapping[str, Schema], needs: Iterable[str] = ()) -> Schema:
    """Return the schema of a table with the keys that its parser knows, and no others.

    `known` comes from the parser; a key that is described and not known, or the other way round, is a mistake of ours.
    """
    known = tuple(known)
    if set(known) != keys.keys():
        raise ValueError(f"described are {sorted(keys)}, known are {sorted(known)}")
    schema = anything(about, type="object", properties={key: keys[key] for key in known}, additionalProperties=False)
    return {**schema, "required": list(needs)} if needs else schema


def tables(about: str, names: Schema, inner: Schema) -> Schema:
    """Return the schema of a table whose keys are names, each with the same kind of value."""
    return anything(about, type="object", propertyNames=names, additionalProperties=inner)


def maybe(schema: Schema) -> Schema:
    """Return the schema of a value that may be `null` instead."""
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    about = schema.get("description", "")
    bare = {key: value for key, value in schema.items() if key != "description"}
    return anything(about, anyOf=[bare, {"type": "null"}])


def document(about: str = "", /, *, optional: Iterable[str] = (), **keys: Schema) -> Schema:
    """Return the schema of a table that we write: all keys are there but those that are `optional`; more may come."""
    needed = [key for key in keys if key not in set(optional)]
    schema = anything(about, type="object", properties=keys)
    return {**schema, "required": needed} if needed else schema


def rows(about: str, /, *, optional: Iterable[str] = (), **keys: Schema) -> Schema:
    """Return the schema of a list of such tables."""
    return anything(about, type="array", items=document(optional=optional, **keys))


def printed(about: str, /, *, optional: Iterable[str] = (), **keys: Schema) -> Schema:
    """Return the schema of a document that a command prints."""
    return document(
        about, optional=optional, format={"enum": [JSON_FORMAT], "description": f"The number {JSON_FORMAT}."}, **keys
    )


def either(*shapes: Schema) -> Schema:
    """Return the schema of a document that has one of several shapes."""
    return {"anyOf": list(shapes)}


def by_key(about: str, inner: Schema | None = None) -> Schema:
    """Return the schema of a table with any keys, each with a text, or with what `inner` says."""
    return anything(about, type="object", additionalProperties=inner or text())
