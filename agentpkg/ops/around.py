"""What lies around a bundle that is checked: the bundles that it requires, and the project that it is made for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.bundle import parse_bundle_file
from agentpkg.checks.whole import ABOUT, names_in
from agentpkg.errors import AgentpkgError
from agentpkg.hosts import HOSTS
from agentpkg.manifest import parse_manifest
from agentpkg.project import find_project

if TYPE_CHECKING:
    from pathlib import Path

    from agentpkg.checks.whole import Names
    from agentpkg.manifest import HostSettings
    from agentpkg.ops.gather import Gathered


def targets_of(folder: Path) -> dict[str, HostSettings]:
    """Return the hosts that the nearest manifest upwards wants a bundle for, with what it says of each.

    There are none where there is no manifest, or none that can be read: then a bundle is for all hosts.
    """
    project = find_project(folder)
    if not project.has_manifest:
        return {}
    try:
        manifest = parse_manifest(project.read_manifest(), HOSTS)
    except AgentpkgError:
        return {}
    return {host: manifest.settings_of(host) for host in manifest.hosts}


def names_required(name: str, folder: Path, gathered: Gathered) -> Names | None:
    """Return the names in a bundle that another requires, if it lies beside it, in the same registry, or is checked."""
    places = [folder.parent / name, *(folder.parent.parent / name).glob("*")]
    places += [one for one in gathered.bundles if name in (one.name, one.parent.name)]
    found = [place for place in places if _is_called(place, name)]
    paths = {
        path.relative_to(place).as_posix()
        for place in found
        for part in ("agents", "skills")
        for path in (place / part).rglob("*.md")
    }
    return names_in(paths) if found else None


def _is_called(folder: Path, name: str) -> bool:
    try:
        return parse_bundle_file((folder / ABOUT).read_bytes(), ABOUT).name == name
    except (AgentpkgError, OSError):
        return False
