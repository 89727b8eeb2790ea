"""Rendering: an agent as one host reads it, and what of it that host cannot hold.

Powers never grow on the way. A tool is written only under names that give nothing beyond the agent's grants; where
that leaves a tool out, the rendering is narrower and says so. Where a host cannot hold a restriction at all, the
rendering carries what the agent would gain in `gained`, and `agentpkg.targets` refuses it unless the project allows it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg import emit
from agentpkg.carry import carry_tools
from agentpkg.errors import ContentRefused
from agentpkg.hostfields import read_own_fields, read_own_text
from agentpkg.losses import Fidelity, Note
from agentpkg.requirement import TIERS
from agentpkg.servers import carry_servers
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentpkg.agent import Agent
    from agentpkg.bundle import McpServer
    from agentpkg.grants import Grants
    from agentpkg.hosts.base import Host, Value
    from agentpkg.manifest import HostSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """One agent as one host reads it: the file's bytes, notes on what was lost, and the powers that it gains there.

    `description` and `prompt` are the texts in it that reach a model: what the host shows of each of its agents, and
    what the agent begins with.
    """

    agent: str
    host: str
    content: bytes
    notes: tuple[Note, ...]
    gained: tuple[str, ...]
    description: str = ""
    prompt: str = ""

    @property
    def fidelity(self) -> Fidelity:
        """The worst of the notes."""
        return max((note.fidelity for note in self.notes), default=Fidelity.EXACT)


def render_agent(
    agent: Agent, grants: Grants, host: Host, settings: HostSettings, servers: Iterable[McpServer] = ()
) -> Rendering:
    """Return the rendering of `agent`, which holds `grants`, for `host` under the project's `settings`.

    `servers` are the MCP servers that its bundle brings for it. Raises `ContentRefused` if the host could not load the
    agent at all.
    """
    _check_name(agent, host)
    carried = carry_tools(agent.tools, grants, host, settings.widening)
    declared, notes = carry_servers(servers, grants, host)
    notes = carried.notes + notes
    description = _description(agent, host, notes)
    body = _body(agent, host, notes)
    if host.longest_description and len(description) > host.longest_description:
        notes.append(Note("description", Fidelity.APPROXIMATED, "too long there: cut, and whole in the prompt"))
        body = f"{description}\n\n{body}"
        description = f"{description[: host.longest_description - 1].rstrip()}…"
    header: dict[str, Value] = dict.fromkeys(host.name_keys, agent.name)
    header.update(dict.fromkeys(host.description_keys, description))
    header.update(host.fixed)
    header.update(carried.header)
    header.update(_model(agent, host, settings, notes))
    header.update(declared)
    header.update(read_own_fields(agent, host))
    return Rendering(
        agent=agent.name,
        host=host.name,
        content=emit.agent_file(host, header, body),
        notes=tuple(notes),
        gained=tuple(sorted(carried.gained)),
        description=description,
        prompt=body,
    )


def _check_name(agent: Agent, host: Host) -> None:
    if agent.name in host.reserved:
        raise ContentRefused(
            f"{host.title} has an agent of its own called {agent.name!r}",
            hint=f"install it under another name: --as {agent.name}=my-{agent.name}",
        )


def _description(agent: Agent, host: Host, notes: list[Note]) -> str:
    text = read_own_text(agent, host, "description") or agent.description
    if host.dialect == "lines" and re.search(r"[\n\t]", text):
        notes.append(Note("description", Fidelity.APPROXIMATED, "on one line: its line breaks and tabs are blanks"))
        text = re.sub(r"[ \t]*[\n\t][ \t\n]*", " ", text)
    found = re.search(host.description_hazard.pattern, text) if host.description_hazard else None
    if found and host.description_hazard:
        detail = f"{found[0]} will not stand as it is: {host.description_hazard.why}"
        notes.append(Note("description", Fidelity.APPROXIMATED, detail))
    return text


def _body(agent: Agent, host: Host, notes: list[Note]) -> str:
    """Return the prompt, with what the host would not pass on written in another way."""
    body = agent.bodies.get(host.name, agent.body)
    out = f"leave {host.name} out for it with --host, or give it a body of its own in variants/{host.name}/"
    if len(body.strip()) < host.shortest_body:
        raise ContentRefused(
            f"agent {agent.name}: {host.title} takes no prompt under {host.shortest_body} characters", hint=out
        )
    body = _rewrite(agent.name, body, host, notes, out)
    if host.body_limit and len(body) > host.body_limit.most:
        detail = f"longer than {host.body_limit.most:,} characters: {host.body_limit.who} will not take it"
        notes.append(Note("body", Fidelity.NARROWED, detail))
    return body


def _rewrite(name: str, body: str, host: Host, notes: list[Note], out: str) -> str:
    """Return the prompt without text that the host would not pass on; `out` is the hint where that cannot be."""
    as_given = body
    for hazard in host.hazards:
        found = re.search(hazard.pattern, body)
        if found and hazard.replacement is None:
            line = body.count("\n", 0, found.start()) + 1
            raise ContentRefused(f"agent {name}: line {line} of the prompt holds {found[0]!r}: {hazard.why}", hint=out)
        if found and hazard.replacement is not None:
            body, times = re.subn(hazard.pattern, hazard.replacement, body)
            more = f", and {times - 1} like it" if times > 1 else ""
            written = f"{_visible(found[0])} is written {_visible(found.expand(hazard.replacement))}{more}"
            notes.append(Note("body", Fidelity.APPROXIMATED, f"{written}: {hazard.why}"))
    for hazard in host.hazards if body is not as_given else ():
        if re.search(hazard.pattern, body):
            raise ContentRefused(f"agent {name}: the prompt cannot be rewritten: {hazard.why}", hint=out)
    return body


def _visible(text: str) -> str:
    """Return text of a prompt as a note can show it."""
    if text.isprintable() and not text.isspace():
        return text or "as nothing"
    return " ".join(f"U+{ord(character):04X}" for character in text)


def _model(agent: Agent, host: Host, settings: HostSettings, notes: list[Note]) -> dict[str, Value]:
    asked = read_own_text(agent, host, "model") or agent.model
    if asked is None or asked == "inherit":
        return {}
    if host.models is None:
        notes.append(Note("model", Fidelity.APPROXIMATED, "the host knows no model of an agent: the session's is used"))
        return {}
    mapped = settings.models.get(asked) or host.models.aliases.get(asked)
    if mapped:
        return {} if mapped == "inherit" else {host.models.key: mapped}
    if asked not in TIERS:
        for pattern, replacement in host.models.rewrites:
            if re.fullmatch(pattern, asked):
                asked = re.sub(pattern, replacement, asked)
        if host.models.accepts and re.fullmatch(host.models.accepts, asked):
            return {host.models.key: asked}
    hint = "; name one under [models.HOST] in agentpkg.toml" if asked in TIERS else ""
    notes.append(Note("model", Fidelity.APPROXIMATED, f"{asked} is left to the session's model{hint}"))
    return {}
