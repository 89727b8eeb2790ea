"""Agents that were written for one host: whose they are, and what they are here.

Everything that a host's file tells about the host is read the other way round, so nothing here knows any host. What
cannot be carried is dropped and noted, and never makes an agent more powerful than its host would.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from agentpkg.agent import Agent
from agentpkg.errors import ContentRefused, nearest
from agentpkg.foreign_servers import read_servers, server_keys
from agentpkg.foreign_strays import refuse_strays
from agentpkg.foreign_tools import handled_keys, names_in, read_tools
from agentpkg.hostfields import read_own_fields
from agentpkg.hosts import HOSTS
from agentpkg.requirement import NAME, is_device
from agentpkg.text import cut, short
from agentpkg.tolerant import is_nothing
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.bundle import McpServer
    from agentpkg.header import Header
    from agentpkg.hosts.base import Host, HostField
    from agentpkg.tolerant import Tolerant

_LONGEST_NAME = 50
_SESSION = ("auto", "default")  # whatever the session has, where no host knows it as a model
_LONGEST_MODEL = 200
_MOST_MODELS = 20
# Keys that may take powers away in ways that have no word here, and the text that shows that they do not.
_RESTRICTIONS = {
    "permissions": r"(?!.*(?i:deny|\bask\b))",
    "capabilityMode": r"all\Z",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """An agent of another format as it is here, and everything that was dropped, renamed or read in another way.

    The repairs of its header are among the notes. `servers` are the MCP servers that its file declares, `skills` the
    names of skills that it asks for.
    """

    agent: Agent
    notes: tuple[str, ...]
    servers: tuple[McpServer, ...]
    skills: tuple[str, ...] = ()


def translate(tolerant: Tolerant, host: Host, stem: str, where: str) -> Foreign:
    """Return the agent in a file that was written for `host`; `stem` is its name without endings.

    Raises `ContentRefused` naming `where` for a file that is no agent, or of which nobody can say what it may do.
    """
    header, notes = tolerant.header, list(tolerant.repairs)
    if header.get("disable") == "true":
        raise ContentRefused(f"{where}: disable switches the agent off", hint="leave the key out to take it along")
    _refuse_restrictions(header, where)
    if not tolerant.body:
        hint = f"write it under {host.body_key}" if host.body_key else "write it below the second ---"
        raise ContentRefused(f"{where}: the prompt is empty", hint=hint)
    name = _read_name(header, host, stem, where, notes)
    tools = read_tools(header, host, where, notes)
    refuse_strays(header, host, tools, where)
    agent = Agent(
        name=name,
        description=_read_description(header, host, where),
        body=tolerant.body,
        tools=tools,
        model=_read_model(header, host, where, notes),
        host_fields=_read_fields(header, host, where, notes),
        bodies={},
    )
    servers = read_servers(header, host, tools, where, notes)
    named = {tool.server for tool in tools or ()}
    notes += [
        f"{where}: no tool of the server {server.name} is listed, so the agent does not get it"
        for server in servers
        if tools is not None and server.name not in named
    ]
    return Foreign(agent=agent, notes=tuple(notes), servers=servers, skills=_read_skills(header))


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
        raise ContentRefused(f"{where}: {key} is no text", hint="write it in quotes, on one line")
    if "{{" in given or "}}" in given:
        raise ContentRefused(f"{where}: {key} is a placeholder: {short(given)}", hint="give the agent a name")
    if (key is None or is_nothing(given)) and host.name_keys:
        notes.append(f"{where}: the header gives no name: the file's is taken")
    given = "" if is_nothing(given) else given
    for text in (given, stem.removesuffix(".agent")):
        name, file = _valid_name(text), _valid_name(stem)
        if name and file and name.replace("-", "") == file.replace("-", ""):
            name = file  # where the words of a name are not told apart, the file's name does
        if name and name != (given or text):
            notes.append(f"{where}: {short(given or text)} is called {name}")
        if name:
            shown = [one for one in host.name_keys if one != key and header.get(one, name) not in (name, given)]
            notes += [f"{where}: {one} {short(header[one])} is left out: an agent has one name" for one in shown]
            return name
    raise ContentRefused(
        f"{where}: neither {short(given)} nor {short(stem)} can be made a name",
        hint="give the agent a name of two letters or more that Windows does not keep for a device",
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
    named = [one.strip() for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]
    named = [one for one in named[:_MOST_MODELS] if len(one) <= _LONGEST_MODEL]
    if named and all(is_nothing(one) or one.lower() == "inherit" for one in named):
        return None
    for text in named:
        model = _known_model(text, host)
        if model is None and _shown(text) in _SESSION:
            notes.append(f"{where}: {key} {short(value)} is read as the session's own")
            return None
        if model and (text != value or model not in (text, _tier(text.lower(), host))):
            notes.append(f"{where}: {key} {short(value)} is read as {model}")
        if model:
            return model
    known = sorted({one for other in HOSTS.values() if other.models for one in other.models.aliases.values()})
    hint = nearest(named[0].lower(), known, "") if named else ""
    told = f"{host.title} takes no model by {short(value)}" + (f"; {hint}" if hint else "")
    notes.append(f"{where}: {key} is dropped: {told}")
    return None


def _known_model(text: str, host: Host) -> str | None:
    """Return the tier or the id that a text means at a host, None if it means nothing there.

    A name as people are shown it is read as an id, and what another host calls a tier as that.
    """
    shown = re.sub(r"\([^()]*\)\Z", "", text).rstrip().lower().replace(" ", "-")
    tier = _tier(text.lower(), host)
    if tier or host.models is None:
        return tier
    for one in (text, shown):
        if host.models.accepts and re.fullmatch(host.models.accepts, one):
            return one
    return next(filter(None, (_tier(shown, other) for other in HOSTS.values())), None)


def _shown(text: str) -> str:
    """Return a name as people are shown it as an id would be: without what is in brackets, in lower case."""
    return re.sub(r"\s*\([^()]*\)\Z", "", text).lower().replace(" ", "-")


def _tier(text: str, host: Host) -> str | None:
    aliases = host.models.aliases if host.models else {}
    return next((tier for tier, one in aliases.items() if one == text), None)


def _read_fields(
    header: Mapping[str, Header], host: Host, where: str, notes: list[str]
) -> dict[str, Mapping[str, Header]]:
    """Return the fields that the host knows and takes, as `host_fields`, and note all other keys."""
    read = {*host.name_keys, "name", *host.description_keys, "description", *handled_keys(host)}
    read.add(host.models.key if host.models else "model")
    read |= server_keys(host)
    usual = {key: str(value).lower() for key, value in {**host.fixed, **getattr(host.tools, "beside", {})}.items()}
    specs = {spec.name: spec for spec in host.fields if spec.name not in read}
    fields: dict[str, Header] = {}
    dropped: list[str] = []
    for key in sorted(header.keys() - read):
        if header[key] == usual.get(key):
            continue
        if key in specs:
            _keep_field(header[key], specs[key], host, fields, (where, notes))
        else:
            dropped.append(key)
    for keys, why in (
        ([key for key in dropped if key in host.other_keys], "a bundle has no word for that"),
        ([key for key in dropped if key not in host.other_keys], f"{host.title} knows no such field"),
    ):
        if keys:
            notes.append(f"{where}: {', '.join(map(cut, keys))} {'is' if len(keys) == 1 else 'are'} dropped: {why}")
    return {host.name: fields} if fields else {}


def _read_skills(header: Mapping[str, Header]) -> tuple[str, ...]:
    """Return the names of the skills that a header asks for, as far as it lists any."""
    try:
        return tuple(names_in(header.get("skills", ""), "skills"))
    except ContentRefused:
        return ()


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
        notes.append(f"{where}: {spec.name} is dropped: {host.title} would not take {short(value)}")
    else:
        fields[spec.name] = value
