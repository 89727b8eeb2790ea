"""Rendering: an agent as one host reads it, and what of it that host cannot hold.

Powers never grow on the way. A tool is written only under names that give nothing beyond the agent's grants; where
that leaves a tool out, the rendering is narrower and says so. Where a host cannot hold a restriction at all, the
rendering carries what the agent would gain in `gained`, and `agentpkg.targets` refuses it unless the project allows it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentpkg import emit
from agentpkg.carry import Carried, Fidelity, Note, carry_tools
from agentpkg.errors import ContentRefused
from agentpkg.requirement import TIERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.agent import Agent
    from agentpkg.grants import Grants
    from agentpkg.header import Header
    from agentpkg.hosts.base import Host, HostField, Value
    from agentpkg.manifest import HostSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """One agent as one host reads it: the file's bytes, notes on what was lost, and the powers that it gains there."""

    agent: str
    host: str
    content: bytes
    notes: tuple[Note, ...]
    gained: tuple[str, ...]

    @property
    def fidelity(self) -> Fidelity:
        """The worst of the notes."""
        return max((note.fidelity for note in self.notes), default=Fidelity.EXACT)


def render_agent(agent: Agent, grants: Grants, host: Host, settings: HostSettings) -> Rendering:
    """Return the rendering of `agent`, which holds `grants`, for `host` under the project's `settings`.

    Raises `ContentRefused` if the host could not load the agent at all.
    """
    body = agent.bodies.get(host.name, agent.body)
    _check_loadable(agent, body, host)
    own = agent.host_fields.get(host.name, {})
    carried = carry_tools(agent.tools, grants, host, settings.widening)
    for power in grants:
        if power.startswith("mcp-server:"):
            carried.note(Fidelity.APPROXIMATED, f"add to the host's own settings: {power[len('mcp-server:') :]}", "mcp")
    header: dict[str, Value] = {}
    if host.name_key:
        header[host.name_key] = agent.name
    header["description"] = _own_text(own, "description", agent, host) or agent.description
    header.update(host.fixed)
    header.update(carried.header)
    model = _model(agent, host, settings, carried)
    if model:
        header[host.models.key] = model
    header.update(_own_fields(own, agent, host))
    return Rendering(
        agent=agent.name,
        host=host.name,
        content=emit.toml(header, host.body_key, body) if host.body_key else emit.markdown(header, body),
        notes=tuple(carried.notes),
        gained=tuple(sorted(carried.gained)),
    )


def host_powers(agent: Agent, host: Host) -> tuple[str, ...]:
    """Return the powers that the agent's own fields for `host` add there, as `host.field=value`."""
    own = agent.host_fields.get(host.name, {})
    return tuple(
        f"{host.name}.{spec.name}={own[spec.name]}"
        for spec in host.fields
        if spec.power and spec.name in own and own[spec.name] not in spec.harmless
    )


def _check_loadable(agent: Agent, body: str, host: Host) -> None:
    if agent.name in host.reserved:
        raise ContentRefused(
            f"{host.title} has an agent of its own called {agent.name!r}",
            hint=f"install it under another name: --as {agent.name}=my-{agent.name}",
        )
    found = re.search(host.hazard.pattern, body) if host.hazard else None
    if found and host.hazard:
        line = body.count("\n", 0, found.start()) + 1
        raise ContentRefused(
            f"agent {agent.name}: line {line} of the prompt holds {found[0]!r}: {host.hazard.why}",
            hint=f"leave {host.name} out for it with --host, or give it a body of its own in variants/{host.name}/",
        )


def _model(agent: Agent, host: Host, settings: HostSettings, carried: Carried) -> str | None:
    asked = _own_text(agent.host_fields.get(host.name, {}), "model", agent, host) or agent.model
    if asked is None or asked == "inherit":
        return None
    mapped = settings.models.get(asked) or host.models.aliases.get(asked)
    if mapped:
        return None if mapped == "inherit" else mapped
    if asked not in TIERS:
        for pattern, replacement in host.models.rewrites:
            if re.fullmatch(pattern, asked):
                asked = re.sub(pattern, replacement, asked)
        if re.fullmatch(host.models.accepts, asked):
            return asked
    hint = "; name one under [models.HOST] in agentpkg.toml" if asked in TIERS else ""
    carried.note(Fidelity.APPROXIMATED, f"{asked} is left to the session's model{hint}", "model")
    return None


def _own_text(own: Mapping[str, Header], key: str, agent: Agent, host: Host) -> str | None:
    """Return the text that replaces the agent's own `key` at this host, None where nothing does."""
    value = own.get(key)
    if key in own and not (isinstance(value, str) and value.strip()):
        raise ContentRefused(f"agent {agent.name}: hosts.{host.name}.{key} must be text, and not blank")
    return value if isinstance(value, str) else None


def _own_fields(own: Mapping[str, Header], agent: Agent, host: Host) -> dict[str, Value]:
    specs = {spec.name: spec for spec in host.fields}
    values: dict[str, Value] = {}
    for name in sorted(own.keys() - {"model", "description"}):
        where = f"agent {agent.name}: hosts.{host.name}.{name}"
        if name not in specs:
            raise ContentRefused(
                f"{where} is not a field that {host.title} knows", hint=f"known: {', '.join(sorted(specs))}"
            )
        values[name] = _read_field(own[name], specs[name], where)
    return values


def _read_field(value: Header, spec: HostField, where: str) -> Value:
    if spec.kind == "texts":
        if not isinstance(value, list):
            raise ContentRefused(f"{where} must be a list of texts")
        if not value or len({str(item) for item in value}) < len(value):
            raise ContentRefused(f"{where} must not be empty, nor name one text twice")
        return [_read_text(item, spec, where) for item in value]
    text = _read_text(value, spec, where)
    if spec.kind == "boolean":
        if text not in ("true", "false"):
            raise ContentRefused(f"{where} is {text!r}, expected true or false")
        return text == "true"
    if spec.kind == "text":
        return text
    pattern = r"[1-9]\d{0,8}" if spec.kind == "integer" else r"\d{1,9}(\.\d{1,9})?"
    if not re.fullmatch(pattern, text) or (spec.most is not None and float(text) > spec.most):
        limit = f" up to {spec.most:g}" if spec.most is not None else ""
        raise ContentRefused(
            f"{where} is {text!r}, expected {'a whole number' if spec.kind == 'integer' else 'a number'}{limit}"
        )
    return int(text) if spec.kind == "integer" else float(text)


def _read_text(value: Header, spec: HostField, where: str) -> str:
    if not isinstance(value, str):
        wanted = {"text": "be text", "texts": "hold texts"}.get(spec.kind, f"be a {spec.kind}")
        raise ContentRefused(f"{where} must {wanted}")
    if spec.choices and value not in spec.choices:
        raise ContentRefused(f"{where} is {value!r}", hint=f"one of: {', '.join(spec.choices)}")
    if spec.pattern and not re.fullmatch(spec.pattern, value):
        raise ContentRefused(f"{where} is {value!r}, which {spec.pattern} does not match")
    return value
