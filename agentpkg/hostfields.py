"""Reading the fields that an agent has for one host only, as the host's own rules want them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused
from agentpkg.hosts import HOSTS
from agentpkg.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentpkg.agent import Agent
    from agentpkg.bundle import Bundle
    from agentpkg.grants import Grants
    from agentpkg.header import Header
    from agentpkg.hosts.base import Host, HostField, Value

INTEGER = r"[1-9]\d{0,8}"
NUMBER = r"\d{1,9}(\.\d{1,9})?"
REPLACED = ("model", "description")  # what may differ at a host, beside the fields that only it knows


def host_powers(agent: Agent, host: Host) -> tuple[str, ...]:
    """Return the powers that the agent's own fields for `host` add there, as `host.field=value`."""
    own = agent.host_fields.get(host.name)
    if not own:
        return ()
    return tuple(
        f"{host.name}.{spec.name}={own[spec.name]}"
        for spec in host.fields
        if spec.power and spec.name in own and own[spec.name] not in spec.harmless
    )


def host_limits(own: Mapping[str, Header], host: Host) -> Iterator[str]:
    """Return the limits that fields for `host` set there, as `agentpkg.withheld` has them."""
    for spec in host.fields:
        value = own.get(spec.name)
        if value is None or (value in spec.harmless) != spec.power or not (spec.limit or spec.power):
            continue
        for one in value if isinstance(value, list) else [value]:
            yield f"{host.name}.{spec.name}{spec.limit or '='}{one}"


def grants_everywhere(bundle: Bundle) -> dict[str, Grants]:
    """Return what each agent of a bundle holds by name, with what its fields for any host add and hold back."""
    return {agent.name: _everywhere(bundle, agent) for agent in bundle.agents}


def _everywhere(bundle: Bundle, agent: Agent) -> Grants:
    hosts = [HOSTS[name] for name in agent.host_fields if name in HOSTS]
    powers = (power for host in hosts for power in host_powers(agent, host))
    limits = (limit for host in hosts for limit in host_limits(agent.host_fields[host.name], host))
    return replace(bundle.grants_of(agent).with_powers(powers), limits=frozenset(limits))


def read_own_text(agent: Agent, host: Host, key: str) -> str | None:
    """Return the text that replaces the agent's own `key` at this host, None where nothing does."""
    own = agent.host_fields.get(host.name, {})
    value = own.get(key)
    if key in own and not (isinstance(value, str) and value.strip()):
        raise ContentRefused(
            f"agent {agent.name}: hosts.{host.name}.{key} must be text, and not blank",
            hint="write something, or take the field out",
        )
    return value if isinstance(value, str) else None


def read_own_fields(agent: Agent, host: Host) -> dict[str, Value]:
    """Return the values of the agent's own fields for `host`; raise `ContentRefused` for one that it would not take."""
    own = agent.host_fields.get(host.name)
    if not own:
        return {}
    specs = {spec.name: spec for spec in host.fields}
    values: dict[str, Value] = {}
    for name in sorted(own.keys() - {*REPLACED}):
        where = f"agent {agent.name}: hosts.{host.name}.{name}"
        if name not in specs:
            raise ContentRefused(
                f"{where} is not a field that {host.title} knows", hint=f"known: {', '.join(sorted(specs))}"
            )
        values[name] = read_field(own[name], specs[name], where)
    return values


def read_field(value: Header, spec: HostField, where: str) -> Value:
    """Return the value of one field as its host takes it; raise `ContentRefused` naming `where` if it would not."""
    if spec.kind == "texts":
        if not isinstance(value, list):
            raise ContentRefused(f"{where} must be a list of texts", hint='write it as ["one", "two"]')
        if not value or len({str(item) for item in value}) < len(value):
            raise ContentRefused(
                f"{where} must not be empty, nor name one text twice", hint="name each text once, or take the field out"
            )
        return [_read_text(item, spec, where) for item in value]
    text = _read_text(value, spec, where)
    if spec.kind == "boolean":
        if text not in ("true", "false"):
            raise ContentRefused(f"{where} is {text!r}, expected true or false", hint="write true or false")
        return text == "true"
    if spec.kind == "text":
        return text
    pattern = INTEGER if spec.kind == "integer" else NUMBER
    if not re.fullmatch(pattern, text) or (spec.most is not None and float(text) > spec.most):
        limit = f" up to {spec.most:g}" if spec.most is not None else ""
        raise ContentRefused(
            f"{where} is {text!r}, expected {'a whole number' if spec.kind == 'integer' else 'a number'}{limit}",
            hint="write digits, without a unit",
        )
    return int(text) if spec.kind == "integer" else float(text)


def _read_text(value: Header, spec: HostField, where: str) -> str:
    if not isinstance(value, str):
        wanted = {"text": "be text", "texts": "hold texts"}.get(spec.kind, f"be a {spec.kind}")
        raise ContentRefused(f"{where} must {wanted}", hint="agentpkg hosts HOST tells the kind of each field")
    if spec.choices and value not in spec.choices:
        raise ContentRefused(f"{where} is {value!r}", hint=f"one of: {', '.join(spec.choices)}")
    if spec.pattern and not re.fullmatch(spec.pattern, value):
        raise ContentRefused(
            f"{where} is {value!r}, which {spec.pattern} does not match",
            hint="agentpkg hosts HOST tells what the field takes",
        )
    return value
