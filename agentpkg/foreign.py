"""Agents that were written for one host: whose they are, and what they are here.

Everything that a host's file tells about the host is read the other way round, so nothing here knows any host. What
cannot be carried is dropped and noted, and never makes an agent more powerful than its host would.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentpkg.agent import Agent
from agentpkg.errors import ContentRefused
from agentpkg.foreign_tools import handled_keys, names_in, read_tools
from agentpkg.hostfields import read_own_fields
from agentpkg.places import guess_host, host_of, is_agent_file, is_page, stem_of
from agentpkg.requirement import NAME, is_device
from agentpkg.tolerant import is_nothing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.header import Header
    from agentpkg.hosts.base import Host, HostField
    from agentpkg.tolerant import Tolerant

__all__ = ["Foreign", "guess_host", "host_of", "is_agent_file", "is_page", "stem_of", "translate"]

_LONGEST_NAME = 50
_SERVERS = ("mcpServers", "mcp-servers", "mcp_servers", "mcp")
# Keys that may take powers away in ways that have no word here, and the text that shows that they do not.
_RESTRICTIONS = {"permissions": r"(?!.*deny)", "capabilityMode": r"all\Z"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """An agent of another format as it is here, and everything that was dropped, renamed or read in another way.

    The repairs of its header are among the notes.
    """

    agent: Agent
    notes: tuple[str, ...]


def translate(tolerant: Tolerant, host: Host, stem: str, where: str) -> Foreign:
    """Return the agent in a file that was written for `host`; `stem` is its name without endings.

    Raises `ContentRefused` naming `where` for a file that is no agent, or of which nobody can say what it may do.
    """
    if host.form != "markdown":
        raise ContentRefused(f"{where}: files in the form of {host.title} are not read yet")
    header, notes = tolerant.header, list(tolerant.repairs)
    _refuse_restrictions(header, where)
    if not tolerant.body:
        raise ContentRefused(f"{where}: the prompt is empty", hint="write it below the second ---")
    name = _read_name(header, host, stem, where, notes)
    agent = Agent(
        name=name,
        description=_read_description(header, host, where),
        body=tolerant.body,
        tools=read_tools(header, host, where, notes),
        model=_read_model(header, host, where, notes),
        host_fields=_read_fields(header, host, where, notes),
        bodies={},
    )
    return Foreign(agent=agent, notes=tuple(notes))


def _refuse_restrictions(header: Mapping[str, Header], where: str) -> None:
    for key, harmless in _RESTRICTIONS.items():
        if key in header and not re.match(harmless, str(header[key]), re.DOTALL):
            raise ContentRefused(
                f"{where}: {key} takes powers away in a way that cannot be carried", hint="say it by a list of tools"
            )


def _read_name(header: Mapping[str, Header], host: Host, stem: str, where: str, notes: list[str]) -> str:
    key = next((key for key in (*host.name_keys, "name") if key in header), None)
    given = header[key] if key else ""
    if not isinstance(given, str):
        raise ContentRefused(f"{where}: {key} is no text")
    if "{{" in given or "}}" in given:
        raise ContentRefused(f"{where}: {key} is a placeholder: {_short(given)}", hint="give the agent a name")
    if key is None or is_nothing(given):
        notes.append(f"{where}: the header gives no name: the file's is taken")
        given = ""
    for text in (given, stem.removesuffix(".agent")):
        name = _valid_name(text)
        if name and name != given:
            notes.append(f"{where}: {_short(given or text)} is called {name}")
        if name:
            return name
    raise ContentRefused(
        f"{where}: neither {_short(given)} nor {_short(stem)} can be made a name", hint="give the agent a name"
    )


def _valid_name(text: str) -> str | None:
    """Return a name of words joined by dashes that is nearest to `text`, None if there is none."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = "-".join(re.findall(r"[a-z0-9]+", plain.replace("'", "")))
    if name[:1].isdigit():
        name = f"agent-{name}"
    if len(name) > _LONGEST_NAME:
        name = name[: _LONGEST_NAME + 1].rpartition("-")[0] or name[:_LONGEST_NAME]
    return name if NAME.match(name) and len(name) > 1 and not is_device(name) else None


def _read_description(header: Mapping[str, Header], host: Host, where: str) -> str:
    key = next((key for key in (*host.description_keys, "description") if key in header), "description")
    value = header.get(key, "")
    if not isinstance(value, str):
        raise ContentRefused(f"{where}: {key} is no text", hint="put it into double quotes, on one line")
    if is_nothing(value):
        raise ContentRefused(f"{where}: {key} is {'empty' if key in header else 'missing'}", hint="say when to use it")
    return value.strip()


def _read_model(header: Mapping[str, Header], host: Host, where: str, notes: list[str]) -> str | None:
    key = host.models.key if host.models else "model"
    value = header.get(key, "inherit")
    if isinstance(value, str) and (is_nothing(value) or value.strip().lower() == "inherit"):
        return None
    if host.models and isinstance(value, str):
        text = value.strip()
        tier = next((tier for tier, one in host.models.aliases.items() if one == text.lower()), None)
        if tier:
            return tier
        if host.models.accepts and re.fullmatch(host.models.accepts, text):
            return text
    notes.append(f"{where}: {key} is dropped: {host.title} takes no model by {_short(value)}")
    return None


def _read_fields(
    header: Mapping[str, Header], host: Host, where: str, notes: list[str]
) -> dict[str, Mapping[str, Header]]:
    """Return the fields that the host knows and takes, as `host_fields`, and note all other keys."""
    read = {*host.name_keys, "name", *host.description_keys, "description", *handled_keys(host)}
    read.add(host.models.key if host.models else "model")
    usual = {key: str(value).lower() for key, value in {**host.fixed, **getattr(host.tools, "beside", {})}.items()}
    specs = {spec.name: spec for spec in host.fields if spec.name not in read}
    fields: dict[str, Header] = {}
    for key in sorted(header.keys() - read):
        if header[key] == usual.get(key):
            continue
        if key in specs:
            _keep_field(header[key], specs[key], host, fields, (where, notes))
        elif key in _SERVERS:
            notes.append(f"{where}: {key} is dropped: a bundle declares its MCP servers")
        else:
            notes.append(f"{where}: {key} is dropped: {host.title} knows no such field, or has no place for it here")
    return {host.name: fields} if fields else {}


def _keep_field(
    value: Header, spec: HostField, host: Host, fields: dict[str, Header], told: tuple[str, list[str]]
) -> None:
    """Put a value into `fields` if the host would take it, else note why not; `told` is where, and the notes."""
    where, notes = told
    try:
        if spec.kind == "texts" and isinstance(value, str):
            value = [*names_in(value, f"{where}: {spec.name}")]
        probe = Agent(name="agent", description="-", body="-", host_fields={host.name: {spec.name: value}}, bodies={})
        read_own_fields(probe, host)
    except ContentRefused:
        notes.append(f"{where}: {spec.name} is dropped: {host.title} would not take {_short(value)}")
    else:
        fields[spec.name] = value


def _short(value: Header) -> str:
    """Return a value as a note shows it."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
