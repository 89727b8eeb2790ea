"""The registries that a name can mean: those of the project's manifest, and those of the user's own (`--global`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.errors import UsageError, nearest
from agentpkg.hosts import HOSTS
from agentpkg.manifest import new_manifest, parse_manifest
from agentpkg.ops.session import find_local
from agentpkg.project import user_project
from agentpkg.registry_tables import RegistrySource, with_registry
from agentpkg.remote import Remote
from agentpkg.requirement import DEFAULT_REGISTRY
from agentpkg.sources import git_url, is_location, registry_name
from agentpkg.values import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.local import Local
    from agentpkg.ops.session import Session
    from agentpkg.project import Project
    from agentpkg.registries import Registries


def user_sources() -> dict[str, RegistrySource]:
    """Return the registries of the user's own manifest, with paths that hold wherever they are used."""
    user = user_project()
    if not user.has_manifest:
        return {}
    sources = parse_manifest(user.read_manifest(), HOSTS).registries
    return {name: _absolute(source, user.root) for name, source in sources.items()}


def _absolute(source: RegistrySource, root: Path) -> RegistrySource:
    return replace(
        source,
        url=git_url(source.url, root),
        signers=str(root / source.signers) if source.signers else None,
        revoked=str(root / source.revoked) if source.revoked else None,
    )


def known_sources(project: Project) -> Mapping[str, RegistrySource]:
    """Return every registry that a name can mean here. A project decides by itself what its default registry is."""
    if not project.has_manifest:
        return user_sources()
    own = parse_manifest(project.read_manifest(), HOSTS).registries
    if project.user:
        return own
    others = {name: source for name, source in user_sources().items() if name != DEFAULT_REGISTRY}
    return {**others, **own}


def known_registries(session: Session) -> Registries:
    """Return all registries that a name can mean here, looked at anew, with what the project has locked."""
    return session.registries(fresh=True, manifest=replace(session.manifest, registries=known_sources(session.project)))


def known_local(project: Project) -> dict[str, Local]:
    """Return the bundles that lie in the project itself, by id; none where there is no manifest."""
    return find_local(project, parse_manifest(project.read_manifest(), HOSTS)) if project.has_manifest else {}


def start_manifest(project: Project, hosts: tuple[str, ...]) -> str:
    """Return the text of a new manifest, with the default registry that the user has for all projects, if any."""
    text = new_manifest(hosts)
    default = None if project.user else user_sources().get(DEFAULT_REGISTRY)
    return with_registry(text, DEFAULT_REGISTRY, default) if default else text


def find_remote(project: Project, given: str | None, *, offline: bool = False) -> Remote:
    """Return the registry that `given` means: a name, a URL, or a path from where the user stands; None: the default.

    Raises `UsageError` for the registry that ships with agentpkg, which nobody can change.
    """
    sources = known_sources(project)
    name = given or DEFAULT_REGISTRY
    if name in sources:
        return Remote.of(name, sources[name], project.root, offline=offline)
    if given is not None and is_location(given):
        same = [name for name, source in sources.items() if source.url == given]
        source = sources[same[0]] if same else RegistrySource(url=given)
        root = project.root if same else Path.cwd()
        return Remote.of(same[0] if same else registry_name(given), source, root, offline=offline)
    if name == DEFAULT_REGISTRY:
        raise UsageError(
            "the default registry here is the one that ships with agentpkg, and nobody can change that",
            hint="name another with --registry: its name, a git url, or a path",
        )
    raise UsageError(f"there is no registry {name!r}", hint=nearest(name, sources, f"agentpkg registry add {name} URL"))
