"""The header of an agent in a bundle, as a schema, and its parts that stand in other files as well."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from agentpkg.agent import KEYS
from agentpkg.grants import TOOL, TOOLS
from agentpkg.hostfields import INTEGER, NUMBER, REPLACED
from agentpkg.hosts import HOSTS
from agentpkg.requirement import TIERS
from agentpkg.schemas import names
from agentpkg.schemas.words import NOT_BLANK, anything, table, text, texts, whole

if TYPE_CHECKING:
    from agentpkg.hosts.base import Host, HostField
    from agentpkg.schemas.words import Schema

_SCALAR = ["string", "number", "boolean"]  # a header is read as texts, and an editor reads it as YAML


def agent() -> Schema:
    """Return the schema of an agent's header, `agents/NAME.md` of a bundle."""
    return table(
        "The header of an agent in a bundle, agents/NAME.md.",
        KEYS,
        {
            "name": names.name("The agent's name; the file's without .md."),
            "description": not_blank("When to use the agent."),
            "tools": tools("What the agent may use. Without it all that a host gives; an empty list is none."),
            "model": model("A tier, inherit (the session's), or a model id meant literally."),
            "hosts": anything(
                "Fields that only one host knows, by host.",
                type="object",
                propertyNames=names.name(),
                properties={name: _own(host) for name, host in HOSTS.items()},
                additionalProperties={"type": "object"},
            ),
        },
        needs=("name", "description"),
    )


def _own(host: Host) -> Schema:
    known = fields_of(host)
    return table(f"Fields that {host.title} knows.", known, known)


def tools(about: str) -> Schema:
    """Return the schema of a list of tools."""
    pattern = TOOL.pattern.replace("[a-z][a-z-]*", "|".join(TOOLS), 1)
    one: Schema = {"anyOf": [{"enum": list(TOOLS)}, {"pattern": whole(pattern)}]}
    return {**texts(about, text(**one)), "uniqueItems": True}


def model(about: str) -> Schema:
    """Return the schema of a model: a tier, the session's, or an id."""
    return {**not_blank(about), "anyOf": [{"enum": [*TIERS, "inherit"]}, {"type": _SCALAR}]}


def not_blank(about: str) -> Schema:
    """Return the schema of a text that must say something."""
    return anything(about, type=_SCALAR, pattern=NOT_BLANK)


def fields_of(host: Host) -> dict[str, Schema]:
    """Return the schemas of the fields that only one host knows, and of what may differ there."""
    abouts = {"model": "The model here.", "description": "The description here."}
    replaced = {key: not_blank(abouts[key]) for key in REPLACED}
    return replaced | {field.name: _field(field, host) for field in host.fields}


def _field(field: HostField, host: Host) -> Schema:
    about = f"A field of {host.title}." + (" It adds power." if field.power else "")
    if field.kind == "texts":
        return {**texts(about, _value(field)), "minItems": 1, "uniqueItems": True}
    return {**_value(field), "description": about}


def _value(field: HostField) -> Schema:
    """Return the schema of one value of a field: as our reader takes it, a text, and as an editor reads it."""
    if field.choices:
        return {"enum": _typed(field.choices)}
    if field.kind == "boolean":
        return {"enum": _typed(("true", "false"))}
    if field.kind in ("integer", "number"):
        pattern = whole(rf"{INTEGER if field.kind == 'integer' else NUMBER}\Z")
        most = {} if field.most is None else {"maximum": field.most}
        least = 1 if field.kind == "integer" else 0
        kind = {"type": field.kind, "minimum": least, **most}
        return {"anyOf": [kind, {"type": "string", "pattern": pattern}]}
    return {"type": _SCALAR, **({"pattern": f"^(?:{field.pattern})$"} if field.pattern else {})}


def _typed(choices: tuple[str, ...]) -> list[Any]:
    """Return texts, with what YAML makes of those that are more than text to it."""
    values: list[Any] = list(choices)
    for choice in choices:
        if re.match(r"true\Z|false\Z|\d", choice):
            with suppress(ValueError):
                values.append(json.loads(choice))
    return values
