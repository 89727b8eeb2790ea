"""The hosts that agentpkg writes for, one module each, listed here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.errors import UsageError
from agentpkg.hosts import claude, codex, copilot, cursor, gemini, opencode

if TYPE_CHECKING:
    from agentpkg.hosts.base import Host

HOSTS: dict[str, Host] = {
    module.HOST.name: module.HOST for module in (claude, copilot, codex, opencode, gemini, cursor)
}
FALLBACK = claude.HOST.name  # what a project gets in which no host can be recognised


def get_host(name: str) -> Host:
    """Return the host called `name`, or raise `UsageError` with the names that exist."""
    if name not in HOSTS:
        raise UsageError(f"unknown host {name!r}", hint=f"known hosts: {', '.join(sorted(HOSTS))}")
    return HOSTS[name]
