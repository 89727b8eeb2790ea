"""An agent: one canonical prompt with its description, tools and model, neutral of any host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused
from agentpkg.fields import Fields
from agentpkg.grants import TOOLS, Tool, parse_tool
from agentpkg.header import Header, read_header, trim
from agentpkg.requirement import check_name
from agentpkg.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Mapping


KEYS = ("name", "description", "tools", "model", "hosts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent.

    `tools` None means all that a host gives, an empty tuple none; the two are never confused. `model` None means the
    session's own; otherwise it is a tier (`strong`, `balanced`, `fast`) or a model id meant literally. `host_fields`
    holds, per host, what only that host knows. `bodies` holds the body that a host gets instead of `body`.
    """

    name: str
    description: str
    body: str
    tools: tuple[Tool, ...] | None = None
    model: str | None = None
    host_fields: Mapping[str, Mapping[str, Header]]
    bodies: Mapping[str, str]


def parse_agent(text: str, where: str, stem: str) -> Agent:
    """Return the agent that a canonical file holds; `stem` is its file name without `.md`.

    Raises `ContentRefused` for anything that is not strictly in the format.
    """
    header, body = read_header(text, where)
    fields = Fields(header, where)
    fields.reject_unknown(*KEYS)
    name = check_name(fields.text("name"), where, ContentRefused)
    if name != stem:
        raise ContentRefused(f"{where}: name is {name!r}, but the file is {stem}.md", hint="give both one name")
    if not body:
        raise ContentRefused(f"{where}: the prompt is empty", hint="write it below the second ---")
    hosts = fields.table("hosts")
    return Agent(
        name=name,
        description=fields.text("description"),
        body=body,
        tools=_tools(fields),
        model=_model(fields),
        host_fields={check_name(host, f"{where}: hosts", ContentRefused): _table(hosts, host) for host in hosts},
        bodies={},
    )


def with_variant(agent: Agent, host: str, text: str, where: str) -> Agent:
    """Return `agent` with the body and fields that a variant file gives it for `host`.

    The file's frontmatter is optional. Tools cannot be set there: an agent holds the same powers everywhere.
    """
    header, body = read_header(text, where) if text.startswith("---") else ({}, trim(text))
    for key in ("name", "tools"):
        if key in header:
            raise ContentRefused(
                f"{where}: {key} cannot differ from host to host", hint=f"set it in agents/{agent.name}.md"
            )
    if not body:
        raise ContentRefused(
            f"{where}: the prompt is empty", hint="write it below the second ---, or take the file away"
        )
    if "description" in header:
        Fields(header, where).text("description")
    own = {**agent.host_fields.get(host, {}), **header}
    return replace(agent, host_fields={**agent.host_fields, host: own}, bodies={**agent.bodies, host: body})


def _tools(fields: Fields) -> tuple[Tool, ...] | None:
    names = fields.texts_or_none("tools")
    if names is None:
        return None
    tools = []
    for position, name in enumerate(names):
        try:
            tools.append(parse_tool(name))
        except ValueError as error:
            raise fields.error(
                f"{fields.where}: tools[{position}]: {error}",
                hint=f"tools: {', '.join(TOOLS)}, mcp:SERVER/TOOL, mcp:SERVER/*",
            ) from None
    if len(set(tools)) < len(tools):
        raise fields.error(f"{fields.where}: tools names one tool twice", hint="take one of them out")
    return tuple(tools)


def _model(fields: Fields) -> str | None:
    model = fields.text("model") if "model" in fields else "inherit"
    return None if model == "inherit" else model


def _table(hosts: Fields, host: str) -> Mapping[str, Header]:
    value = hosts.raw(host)
    if not isinstance(value, dict):
        raise hosts.error(
            f"{hosts.where}: {host} is not a table of fields",
            hint="write it as {color: cyan}, with fields that the host knows",
        )
    return value
