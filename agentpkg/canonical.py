"""Writing an agent as the canonical file that `parse_agent` reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.emit import quoted

if TYPE_CHECKING:
    from agentpkg.agent import Agent
    from agentpkg.header import Header

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\Z")


def write_agent(agent: Agent) -> str:
    """Return the canonical file of `agent`, which reads as the same agent; `bodies` stand in files of their own."""
    lines = [f"name: {agent.name}", f"description: {quoted(agent.description)}"]
    if agent.tools is not None:
        lines.append(f"tools: {_flow([str(tool) for tool in agent.tools])}")
    if agent.model is not None:
        lines.append(f"model: {_flow(agent.model)}")
    if agent.host_fields:
        lines.append("hosts:")
        lines += [f"  {host}: {_flow(dict(fields))}" for host, fields in sorted(agent.host_fields.items())]
    return "\n".join(["---", *lines, "---", agent.body])


def _flow(value: Header) -> str:
    """Return a value on one line; a text is quoted unless it is one plain word."""
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    return value if _PLAIN.match(value) else quoted(value)
