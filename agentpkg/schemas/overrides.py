"""The tables `[overrides.BUNDLE]` of a manifest, as a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.hosts import HOSTS
from agentpkg.overrides import BELOW_AGENT, BELOW_BUNDLE
from agentpkg.schemas import agent, names
from agentpkg.schemas.words import NOT_BLANK, by_key, table, tables, text

if TYPE_CHECKING:
    from agentpkg.hosts.base import Host
    from agentpkg.schemas.words import Schema


def overrides() -> Schema:
    """Return the schema of all overrides of a manifest."""
    one_agent = table("What is set for this agent.", BELOW_AGENT, _anywhere())
    agents = by_key("What is set for one agent, by the name that its author gave it.", one_agent)
    return tables(
        "What the project sets of agents of a bundle, by the bundle's id. Nothing of it gives an agent more power.",
        names.bundle_id(),
        table("What is set for all agents of the bundle.", BELOW_BUNDLE, {**_anywhere(), "agents": agents}),
    )


def locked() -> Schema:
    """Return the schema of a bundle's overrides in a lockfile, which may name a host of later."""
    field = {"type": ["string", "number", "boolean", "array"], "items": {"type": ["string", "number", "boolean"]}}
    place = {"type": "object", "properties": _set_there(), "additionalProperties": field}
    anywhere = {**_set_there(), "hosts": by_key("What is set on one host.", place)}
    agents = by_key("What is set for one agent.", table("What is set for this agent.", BELOW_AGENT, anywhere))
    known = {**anywhere, "agents": agents}
    return table("The manifest's overrides that were rendered, where there are any.", BELOW_BUNDLE, known)


def _anywhere() -> dict[str, Schema]:
    places = {name: {"$ref": f"#/$defs/{name}"} for name in HOSTS}
    return {**_set_there(), "hosts": table("What is set on one host.", HOSTS, places)}


def _set_there() -> dict[str, Schema]:
    return {
        "tools": agent.tools("The tools that are left, in the place of the agent's own list; an empty list is none."),
        "model": text("A tier, inherit (the session's), or a model id meant literally.", pattern=NOT_BLANK),
        "description": text("When to use the agent.", pattern=NOT_BLANK),
    }


def places() -> dict[str, Schema]:
    """Return the schemas of what may be set on each host: they stand in `$defs`, since two places name them."""
    return {name: _place(host) for name, host in HOSTS.items()}


def _place(host: Host) -> Schema:
    known = {**agent.fields_of(host), **_set_there()}
    return table(f"What is set on {host.title}: tools, model, description, and fields that it knows.", known, known)
