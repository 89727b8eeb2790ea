"""`remove`: take requirements out of the manifest, and all that nothing requires any more out of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.errors import UsageError, nearest
from agentpkg.hosts import HOSTS
from agentpkg.manifest import parse_manifest, without_requirement
from agentpkg.ops.change import Change, carry_out, choose, prepare, without_lost

if TYPE_CHECKING:
    from agentpkg.ops.session import Options, Session
    from agentpkg.project import Project


def remove(project: Project, names: tuple[str, ...], options: Options) -> Change:
    """Remove the bundles with these ids, with overrides for what goes. An edited file is left where it is, and told."""
    return carry_out(project, options, lambda session: _decide(session, names))


def _decide(session: Session, names: tuple[str, ...]) -> Change:
    text = session.manifest_text
    for name in dict.fromkeys(names):
        if name not in session.manifest.requirements:
            raise _not_asked_for(session, name)
        path = session.manifest.requirements[name].path
        if path:
            session.options.tell(f"{path}, which {name} comes from, stays where it is")
        text = without_requirement(text, name)
    manifest = parse_manifest(text, HOSTS)
    registries = session.registries(fresh=False, manifest=manifest)
    chosen = choose(session, manifest, registries)
    return prepare(session, without_lost(session, text, chosen), chosen, registries)


def _not_asked_for(session: Session, name: str) -> UsageError:
    parents = [bundle for bundle, locked in session.lock.bundles.items() if name in locked.requires]
    if parents:
        return UsageError(
            f"{name} is there because {', '.join(parents)} requires it", hint=f"remove {' and '.join(parents)} instead"
        )
    same = [bundle for bundle in session.manifest.requirements if bundle.endswith(f"/{name}")]
    otherwise = nearest(name, session.manifest.requirements, "agentpkg list shows what is installed")
    hint = f"did you mean {' or '.join(same)}?" if same else otherwise
    return UsageError(f"{name} is not in agentpkg.toml", hint=hint)
