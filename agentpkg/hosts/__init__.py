"""The hosts that agentpkg writes for: one module each, listed here and nowhere else.

A host's `revision` stands in the list, so that a sync with nothing to do can compare it without reading host files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from sys import modules
from typing import TYPE_CHECKING

from agentpkg.errors import SEE_HOSTS, UsageError, nearest
from agentpkg.files import CONFLICT_SUFFIX

if TYPE_CHECKING:
    from agentpkg.hosts.base import Host

# Raise a host's revision whenever the bytes written for it change; a golden test asks for it.
REVISIONS = {
    "claude": 1,
    "copilot": 1,
    "cursor": 1,
    "codex": 1,
    "opencode": 1,
    "gemini": 1,
    "antigravity": 1,
    "kiro": 1,
    "junie": 1,
    "cline": 1,
    "devin": 1,
    "droid": 1,
    "grok": 1,
    "qwen": 1,
    "kilo": 1,
    "kimi": 1,
    "auggie": 1,
    "openhands": 1,
    "goose": 1,
    "zoo": 1,
    "trae": 1,
    "codebuddy": 1,
    "vibe": 1,
    "rovo": 1,
    "deepagents": 1,
    "zed": 1,
    "amp": 1,
    "crush": 1,
    "warp": 1,
}
FALLBACK = "claude"  # what a project gets in which no host can be recognised


class _Hosts(Mapping[str, "Host"]):
    """Every host by name, its module imported when it is first asked for."""

    def __getitem__(self, name: str) -> Host:
        if name not in REVISIONS:
            raise KeyError(name)
        module = f"agentpkg.hosts.{name}"
        host: Host | None = getattr(modules.get(module), "HOST", None)  # None also while another thread imports it
        return host or import_module(module).HOST

    def __iter__(self) -> Iterator[str]:
        return iter(REVISIONS)

    def __len__(self) -> int:
        return len(REVISIONS)


HOSTS: Mapping[str, Host] = _Hosts()


def get_host(name: str) -> Host:
    """Return the host called `name`, or raise `UsageError` with the names that exist."""
    if name not in HOSTS:
        raise UsageError(f"unknown host {name!r}", hint=nearest(name, HOSTS, SEE_HOSTS))
    return HOSTS[name]


def is_place(path: str, *, user: bool) -> bool:
    """Say whether some host would read an agent or a skill at `path`, below a project or (`user`) the home folder.

    Only such paths are ever written or deleted, whatever a lockfile or a journal says.
    """
    return any(_places(name, user).match(path) for name in REVISIONS)


def is_shared(path: str) -> bool:
    """Say whether `path` is a file in which some host keeps all agents, so that only entries of it can be ours."""
    return path in _shared_files()


@cache
def _shared_files() -> frozenset[str]:
    templates = [template for host in HOSTS.values() for template in (host.agents, host.user_agents)]
    return frozenset(template.partition("#")[0] for template in templates if "#" in template)


@cache
def _places(host_name: str, user: bool) -> re.Pattern[str]:
    host, name = HOSTS[host_name], "[a-z][a-z0-9-]*"
    patterns: set[str] = set()
    agents, skills = (host.user_agents, host.user_skills) if user else (host.agents, host.skills)
    for template in (agents, agents.partition("#")[0], *([f"{skills}/"] if skills else [])):
        inside = ".+" if template.endswith("/") else ""
        patterns.add(re.escape(template).replace(re.escape("{name}"), name) + inside)
    return re.compile(f"(?:{'|'.join(sorted(patterns))})(?:{re.escape(CONFLICT_SUFFIX)})?\\Z")
