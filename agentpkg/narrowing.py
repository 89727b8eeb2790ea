"""Narrowing: an agent as a project's overrides leave it, which never holds more than its author gave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused, UsageError, nearest
from agentpkg.grants import Grants, name_powers
from agentpkg.hostfields import host_limits, host_powers, read_field
from agentpkg.manifest import FILE_NAME
from agentpkg.overrides import TEXTS, in_order, place_name
from agentpkg.text import check_value, short
from agentpkg.values import dataclass, replace
from agentpkg.withheld import lifted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from agentpkg.agent import Agent
    from agentpkg.bundle import Bundle
    from agentpkg.header import Header
    from agentpkg.hosts.base import Host
    from agentpkg.overrides import Override


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What overrides change of an agent on a host: the key, and its value before and after (None: it is not there)."""

    agent: str
    host: str
    key: str
    before: Header | None
    after: Header | None


def check_overrides(bundle_id: str, bundle: Bundle, overrides: Iterable[Override], hosts: Mapping[str, Host]) -> None:
    """Raise `UsageError` for an agent or a host's field that there is not, `ContentRefused` for a wrong value."""
    names = [agent.name for agent in bundle.agents]
    for one in overrides:
        where = f"{FILE_NAME}: {place_name(bundle_id, one.path)}"
        if one.agent is not None and one.agent not in names:
            raise UsageError(
                f"{where}: {bundle_id} {bundle.version} has no agent {one.agent!r}",
                hint=nearest(one.agent, names, f"it has: {', '.join(sorted(names))}"),
            )
        for key, value in one.values.items():
            for text in value if isinstance(value, list) else [value]:
                check_value(str(text), f"{where} {key}")
        if one.host is not None:
            _check_fields(one, hosts[one.host], where)


def _check_fields(one: Override, host: Host, where: str) -> None:
    specs = {spec.name: spec for spec in host.fields}
    for key, value in one.values.items():
        if key not in TEXTS and key not in specs:
            known = ("tools", *TEXTS, *sorted(specs))
            raise UsageError(
                f"{where}: {key} is not a field that {host.title} knows",
                hint=nearest(key, known, f"known here: {', '.join(known)}"),
            )
        if key in specs:
            read_field(value, specs[key], f"{where} {key}")


def narrow(bundle_id: str, bundle: Bundle, agent: Agent, host: Host, overrides: Iterable[Override]) -> Agent:
    """Return the agent as the overrides leave it on `host`; of two places that set one key the narrower counts.

    Raises `ContentRefused` where the agent would hold more than it does without them.
    """
    own: dict[str, Header] = dict(agent.host_fields.get(host.name, {}))
    places: dict[str, tuple[str, ...]] = {}
    tools = agent.tools
    for one in in_order(overrides, agent.name, host.name):
        own.update(one.values)
        tools = tools if one.tools is None else one.tools
        places.update(dict.fromkeys((*one.values, *(() if one.tools is None else ("tools",))), one.path))
    if not places:
        return agent
    narrowed = replace(agent, tools=tools, host_fields={**agent.host_fields, host.name: own})
    beyond = [
        f"{place_name(bundle_id, places[key])} {key}: {told}" for key, told in _beyond(bundle, agent, narrowed, host)
    ]
    if beyond:
        held = name_powers(Grants.of(agent.tools))
        raise ContentRefused(
            f"an override may only take away, and {agent.name} of {bundle_id} {bundle.version} would get more",
            details=beyond,
            hint=f"its tools hold {held}: name some of what that covers, or take the key out with agentpkg override",
        )
    return narrowed


def _beyond(bundle: Bundle, agent: Agent, narrowed: Agent, host: Host) -> Iterator[tuple[str, str]]:
    """Return the keys by which `narrowed` would hold more than `agent`, and what."""
    more = bundle.grants_of(narrowed).beyond(bundle.grants_of(agent))
    if more:
        yield "tools", f"{agent.name} does not hold {name_powers(more)}"
    before, after = (one.host_fields.get(host.name, {}) for one in (agent, narrowed))
    powers = Grants(frozenset(host_powers(agent, host)))
    gained = {power.partition("=")[0]: power for power in host_powers(narrowed, host) if not powers.covers(power)}
    less = {told.partition(" ")[0] for told in lifted(host_limits(before, host), host_limits(after, host))}
    for spec in host.fields:
        power = gained.get(f"{host.name}.{spec.name}")
        if power:
            yield spec.name, f"{agent.name} does not hold {power}"
        elif f"{host.name}.{spec.name}" in less:
            yield spec.name, f"its author holds {agent.name} back by {short(before[spec.name])}"


def limits_left(agent: Agent, overrides: Iterable[Override], hosts: Mapping[str, Host]) -> frozenset[str]:
    """Return the limits that fields set for an agent on any host, with the overrides."""
    places = [*overrides]
    touched = hosts if places else [name for name in agent.host_fields if name in hosts]
    own = {name: dict(agent.host_fields.get(name, {})) for name in touched}
    for name, fields in own.items():
        for one in in_order(places, agent.name, name):
            fields.update(one.values)
    return frozenset(limit for name, fields in own.items() for limit in host_limits(fields, hosts[name]))


def find_effects(agent: Agent, narrowed: Agent, host: Host) -> Iterator[Effect]:
    """Return what differs between an agent and what overrides leave of it on a host, key by key."""
    before, after = _values(agent, host), _values(narrowed, host)
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            yield Effect(agent=agent.name, host=host.name, key=key, before=before.get(key), after=after.get(key))


def _values(agent: Agent, host: Host) -> dict[str, Header]:
    values: dict[str, Header] = {"description": agent.description, "model": agent.model or "inherit"}
    if agent.tools is not None:
        values["tools"] = [str(tool) for tool in agent.tools]
    return values | dict(agent.host_fields.get(host.name, {}))
