"""`init`: a manifest for a project, with the hosts that it is seen to use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.apply import Write, apply_writes, locked
from agentpkg.errors import UsageError
from agentpkg.hosts import FALLBACK, HOSTS
from agentpkg.ops.known import start_manifest
from agentpkg.project import detect_hosts

if TYPE_CHECKING:
    from pathlib import Path

    from agentpkg.project import Project


def propose_hosts(root: Path) -> tuple[tuple[str, ...], bool]:
    """Return the hosts that a project is seen to use, and whether any was; without one, the one most people use."""
    found = detect_hosts(root, {name: host.marks for name, host in HOSTS.items()})
    return (found, True) if found else ((FALLBACK,), False)


def check_no_manifest(project: Project) -> None:
    """Raise `UsageError` if the project has a manifest."""
    if project.has_manifest:
        raise UsageError(f"{project.root / project.manifest} is there already", hint="edit its [project] hosts")


def init(project: Project, hosts: tuple[str, ...], *, dry_run: bool = False) -> str:
    """Write a manifest that names `hosts`, and return its text; raise `UsageError` if there is one already."""
    check_no_manifest(project)
    text = start_manifest(project, hosts)
    if not dry_run:
        with locked(project):
            apply_writes(project, [Write(path=project.manifest, before=None, after=text.encode())])
    return text
