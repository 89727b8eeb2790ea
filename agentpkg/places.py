"""Whose agent a file is: by the paths that hosts read, else by its fields; and which files are none."""

from __future__ import annotations

import re
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from agentpkg.hosts import FALLBACK, HOSTS
from agentpkg.hosts.base import PermissionMap, ToolList
from agentpkg.repair import split_names
from agentpkg.tolerant import is_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentpkg.header import Header
    from agentpkg.hosts.base import Host
    from agentpkg.tolerant import Tolerant

# Names of files, without endings and in lower case, that stand beside agents and are none.
_PAGES = re.compile(
    r"_.*|\..*|readme([._-][a-z]{2}([_-][a-z]+)?)?|changelog|contributing|licen[cs]e|notice|code[_-]of[_-]conduct|"
    r"authors|agents|claud[e]|gemin[i]|skill|index|overview|catalogu?e?|template|agent[_-]template|template[_-]agent",
    re.IGNORECASE,
)
_SHOUTED = re.compile(r"README|CHANGELOG|CONTRIBUTING|LICEN[CS]E|TEMPLATE|INDEX")


def host_of(path: str, hosts: Mapping[str, Host]) -> str | None:
    """Return the host whose agents stand where `path` does, in a project at any depth; None if no host's do."""
    for host in hosts.values():
        if host.native and any(_reader(template).search(path) for template in _templates(host)):
            return host.name
    return None


def guess_host(header: Mapping[str, Header], hosts: Mapping[str, Host] = HOSTS) -> str:
    """Return the host for which an agent's header was most likely written, where its path tells nothing.

    A table of tools or permissions is a host's that reads tables. Else the host wins that knows most of its keys, has a
    tool by one of its names, and an alias by that of its model; the first of several.
    """
    readable = [host for host in hosts.values() if host.native and host.form == "markdown"]
    tables = [host for host in readable if isinstance(host.tools, PermissionMap) and _has_table(header, host.tools)]
    scores = {host.name: _score(header, host) for host in tables or readable}
    best = max(scores, key=lambda name: scores[name], default=FALLBACK)
    return best if tables or scores.get(best) else FALLBACK


def is_agent_file(path: str) -> bool:
    """Say whether a file at `path` may hold an agent, by its name alone."""
    found = _readers(path)
    if any("{name}" not in PurePosixPath(template).name for template in found):
        return True
    stem = stem_of(path)
    return bool((found or path.endswith(".md")) and not _PAGES.fullmatch(stem) and not _SHOUTED.match(stem))


def is_page(tolerant: Tolerant) -> bool:
    """Say whether a file is a page and no agent: it has no header, or one without a description."""
    return is_nothing(tolerant.header.get("description", ""))


def stem_of(path: str) -> str:
    """Return the name that a file's path gives an agent: the file's own, or its folder's where all are called alike."""
    one = PurePosixPath(path)
    if any("{name}" not in PurePosixPath(template).name for template in _readers(path)):
        return one.parent.name
    return one.name.rpartition(".")[0].removesuffix(".agent") or one.name


def _readers(path: str) -> list[str]:
    """Return the templates of hosts with agents that `path` fits."""
    hosts = [host for host in HOSTS.values() if host.native]
    return [template for host in hosts for template in _templates(host) if _reader(template).search(path)]


def _templates(host: Host) -> Iterator[str]:
    """Return the templates of all paths that hold one agent of a host each."""
    return (template for template in (host.agents, host.user_agents, *host.also_agents) if "#" not in template)


@cache
def _reader(template: str) -> re.Pattern[str]:
    """Return the pattern of paths that a template stands for; hosts read folders below their own as well."""
    before, _, after = template.partition("{name}")
    below = "" if "/" in after else "(?:[^/]+/)*"
    return re.compile(rf"(?:\A|/){re.escape(before)}{below}[^/]+{re.escape(after)}\Z")


def _has_table(header: Mapping[str, Header], control: PermissionMap) -> bool:
    keys = [key for key in (control.key, control.switches) if key]
    return any(isinstance(header.get(key), dict) for key in keys)


def _score(header: Mapping[str, Header], host: Host) -> int:
    """Return how much of a header is in the host's own words."""
    control = host.tools
    keys = {spec.name for spec in host.fields} | {host.servers.key if host.servers else "", *host.fixed}
    keys |= {getattr(control, "key", ""), host.models.key if host.models else ""}
    score = len(header.keys() & (keys - {""}))
    if isinstance(control, ToolList) and control.key in header:
        own = {name for row in control.rows for name in row.names}
        score += not own.isdisjoint(_names(header[control.key]))
    model = header.get(host.models.key, "") if host.models else ""
    return score + bool(host.models and model in host.models.aliases.values())


def _names(value: Header) -> list[str]:
    if isinstance(value, list):
        return [item for item in value if isinstance(item, str)]
    try:
        return split_names(value) if isinstance(value, str) else []
    except ValueError:
        return []
