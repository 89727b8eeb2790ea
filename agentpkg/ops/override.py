"""`override`: set what a project wants different of agents that it takes from others, and show what that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentpkg.errors import UsageError, nearest
from agentpkg.hosts import HOSTS
from agentpkg.manifest import parse_manifest
from agentpkg.narrowing import check_overrides, find_effects, narrow
from agentpkg.ops.change import Change, carry_out, choose, prepare
from agentpkg.ops.session import check_not_interrupted, open_session
from agentpkg.overrides import overrides_data, with_edit
from agentpkg.targets import assign_hosts
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from agentpkg.narrowing import Effect
    from agentpkg.ops.session import Options, Session
    from agentpkg.overrides import Edit, Override
    from agentpkg.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Overridden:
    """What the manifest sets of a bundle's agents, and what that changes of each on each host that it goes to."""

    bundle: str
    overrides: tuple[Override, ...]
    effects: tuple[Effect, ...]

    @property
    def data(self) -> dict[str, Any]:
        """The overrides as tables."""
        return overrides_data(self.overrides)


def override(project: Project, edit: Edit, options: Options) -> Change:
    """Edit a bundle's overrides in the manifest, and make the project match. Nothing is approved by that."""
    return carry_out(project, options, lambda session: _decide(session, edit))


def _decide(session: Session, edit: Edit) -> Change:
    if edit.bundle not in session.manifest.overrides:
        _check_installed(session, edit.bundle)
    text = with_edit(session.manifest_text, edit)
    manifest = parse_manifest(text, HOSTS)
    registries = session.registries(fresh=False, manifest=manifest)
    return prepare(session, text, choose(session, manifest, registries), registries)


def find_overridden(project: Project, bundle: str, options: Options) -> Overridden:
    """Return the overrides for a bundle, and what they change of its installed version. Nothing is written."""
    check_not_interrupted(project)
    session = open_session(project, options)
    _check_installed(session, bundle)
    lock, manifest = session.lock, session.manifest
    overrides = manifest.overrides.get(bundle, ())
    loaded = session.registries(fresh=False).load(bundle, lock.bundles[bundle].version)
    check_overrides(bundle, loaded, overrides, HOSTS)
    hosts = assign_hosts(
        {key: locked.wanted for key, locked in lock.bundles.items() if locked.wanted},
        {key: locked.requires for key, locked in lock.bundles.items()},
        lock.project_hosts,
    )
    effects = [
        effect
        for agent in loaded.agents
        for host in (HOSTS[name] for name in hosts[bundle])
        for effect in find_effects(agent, narrow(bundle, loaded, agent, host, overrides), host)
    ]
    return Overridden(bundle=bundle, overrides=overrides, effects=tuple(effects))


def _check_installed(session: Session, bundle: str) -> None:
    held = session.lock.bundles
    if bundle not in held:
        hint = nearest(bundle, held, "agentpkg list shows what is installed")
        raise UsageError(f"{bundle} is not installed", hint=hint)
