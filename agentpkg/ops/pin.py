"""`pin` and `unpin`: hold a bundle at one version, or let it move again; all else of its requirement stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.errors import UsageError, nearest
from agentpkg.manifest import with_requirement
from agentpkg.ops.change import Change, carry_out, choose, prepare
from agentpkg.ops.install import compatible_with
from agentpkg.requirement import is_commit, is_pinned, is_version
from agentpkg.values import replace

if TYPE_CHECKING:
    from agentpkg.ops.session import Options, Session
    from agentpkg.project import Project
    from agentpkg.requirement import Requirement


def pin(project: Project, name: str, version: str | None, options: Options) -> Change:
    """Let the manifest ask for one version of a bundle and no other: `version`, or the one that is installed."""
    if version is not None and not is_version(version):
        raise UsageError(f"{version!r} is not a version", hint="write it as 1.2.0 or 2.0.0rc1")
    return carry_out(project, options, lambda session: _pin(session, name, version))


def unpin(project: Project, name: str, options: Options) -> Change:
    """Let the manifest ask for the installed version of a bundle or anything compatible, as `install` would."""
    return carry_out(project, options, lambda session: _unpin(session, name))


def _pin(session: Session, name: str, version: str | None) -> Change:
    asked = _requirement(session, name)
    wanted = version or _installed(session, name)
    if is_commit(wanted):
        raise UsageError(
            f"{name} comes from a repository that knows no versions",
            hint=f"name the commit: ref under [registries.{asked.registry}] in agentpkg.toml",
        )
    return _change(session, asked, f"=={wanted}", moves=wanted != _installed(session, name))


def _unpin(session: Session, name: str) -> Change:
    asked = _requirement(session, name)
    if not is_pinned(asked.specifier):
        session.options.tell(f"{name} is not pinned: agentpkg.toml asks for {asked.specifier or 'any version'}")
        return _change(session, asked, asked.specifier, moves=False)
    return _change(session, asked, compatible_with(_installed(session, name)), moves=False)


def _change(session: Session, asked: Requirement, specifier: str, *, moves: bool) -> Change:
    """Return the change of one requirement's specifier; registries are asked for news only if its version `moves`."""
    pinned = replace(asked, specifier=specifier)
    requirements = {**session.manifest.requirements, asked.id: pinned}
    manifest = replace(session.manifest, requirements=requirements)
    registries = session.registries(fresh=moves)
    chosen = choose(session, manifest, registries)
    text = with_requirement(session.manifest_text, *([pinned] if pinned != asked else []))
    return prepare(session, text, chosen, registries)


def _installed(session: Session, name: str) -> str:
    if name not in session.lock.bundles:
        raise UsageError(f"{name} is not in the lock yet", hint="run agentpkg sync first")
    return session.lock.bundles[name].version


def _requirement(session: Session, name: str) -> Requirement:
    """Return the manifest's requirement for a bundle that comes from a registry, or raise `UsageError`."""
    asked = session.manifest.requirements.get(name)
    if asked is None:
        parents = [bundle for bundle, locked in session.lock.bundles.items() if name in locked.requires]
        if parents:
            raise UsageError(
                f"{name} is there because {', '.join(parents)} requires it, and agentpkg.toml does not name it",
                hint=f"agentpkg install {name} names it; then pin it",
            )
        hint = nearest(name, session.manifest.requirements, "agentpkg list shows what is installed")
        raise UsageError(f"{name} is not in agentpkg.toml", hint=hint)
    if asked.path is not None:
        raise UsageError(
            f"{name} comes from {asked.path}, a folder of the project, and is read as it is there",
            hint="its version is the one in its bundle.toml",
        )
    return asked
