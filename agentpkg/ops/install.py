"""`install`: add requirements to the manifest, and make the project match."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentpkg.errors import IntegrityError, UsageError
from agentpkg.hosts import HOSTS
from agentpkg.manifest import Manifest, RegistrySource, parse_manifest, with_registry, with_requirement
from agentpkg.ops.change import Change, carry_out, choose, prepare
from agentpkg.requirement import DEFAULT_REGISTRY, Requirement, is_final
from agentpkg.sources import git_url, registry_name

if TYPE_CHECKING:
    from agentpkg.ops.session import Options, Session
    from agentpkg.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an `install` asks for: requirements, and the registry (a name, a URL or a path) for those that name none."""

    requirements: tuple[Requirement, ...]
    registry: str | None = None


def install(project: Project, wish: Wish, options: Options, manifest_text: str) -> Change:
    """Install what is wished for; `manifest_text` is what a project without a manifest starts from."""
    return carry_out(project, options, lambda session: _decide(session, wish), manifest_text)


def _decide(session: Session, wish: Wish) -> Change:
    text = session.manifest_text
    registry = DEFAULT_REGISTRY
    if wish.registry:
        registry, text = _registry(session, wish.registry)
    manifest = parse_manifest(text, HOSTS)
    asked = [_merged(one, registry, manifest) for one in wish.requirements]
    wanted = replace(manifest, requirements={**manifest.requirements, **{one.id: one for one in asked}})
    if session.options.frozen and any(one != manifest.requirements.get(one.id) for one in asked):
        raise IntegrityError(
            "--frozen forbids what this install asks for: it would change agentpkg.toml",
            hint="leave --frozen out, or run agentpkg sync --frozen",
        )
    registries = session.registries(fresh=not session.options.frozen, manifest=wanted)
    chosen = choose(session, wanted, registries, {one.id for one in asked if _released(one, session)})
    final = [one if one.specifier else replace(one, specifier=compatible_with(chosen[one.id])) for one in asked]
    text = with_requirement(text, *(one for one in final if one != manifest.requirements.get(one.id)))
    return prepare(session, text, chosen, registries, [one.id for one in asked])


def compatible_with(version: str) -> str:
    """Return the specifier that a requirement gets if the user gives none: this version or a newer compatible one."""
    return f"~={version.rpartition('.')[0]}" if is_final(version) else f"~={version}"


def _released(asked: Requirement, session: Session) -> bool:
    """Say whether the lock's pin no longer counts: the user has asked for a version in other words than before."""
    locked = session.lock.bundles.get(asked.id)
    return locked is not None and (locked.wanted is None or locked.wanted.specifier != asked.specifier)


def _merged(asked: Requirement, registry: str, manifest: Manifest) -> Requirement:
    """Return what is asked for, with all that it leaves open taken from the manifest's requirement for that bundle."""
    if asked.registry == DEFAULT_REGISTRY and registry != DEFAULT_REGISTRY:
        asked = replace(asked, registry=registry)
    there = manifest.requirements.get(asked.id)
    if asked.hosts is not None and set(asked.hosts) == set(manifest.hosts):
        asked = replace(asked, hosts=None)
    if there is None:
        return asked
    return replace(
        asked,
        specifier=asked.specifier or there.specifier,
        hosts=there.hosts if asked.hosts is None else asked.hosts,
        agents=there.agents if asked.agents is None else asked.agents,
        renames={**there.renames, **asked.renames},
    )


def _registry(session: Session, given: str) -> tuple[str, str]:
    """Return the name of the registry that `--registry` gives, and the manifest's text with it in."""
    text, known = session.manifest_text, session.manifest.registries
    if given in known or given == DEFAULT_REGISTRY:
        return given, text
    if not any(sign in given for sign in "/:\\."):
        raise UsageError(
            f"there is no registry {given!r} in agentpkg.toml", hint=f"known: {', '.join(sorted(known)) or 'none'}"
        )
    git_url(given, session.project.root)
    for name, source in known.items():
        if source.url == given:
            return name, text
    name = registry_name(given)
    if name in known:
        raise UsageError(
            f"the manifest has another registry called {name!r}", hint="add yours under [registries.NAME] by hand"
        )
    return name, with_registry(text, name, RegistrySource(url=given))
