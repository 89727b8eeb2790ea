"""`lock`: choose versions and write the lockfile, without touching any agent file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agentpkg.errors import IntegrityError
from agentpkg.ops.change import Change, build_change, carry_out, choose, prepare
from agentpkg.ops.session import why_unsettled
from agentpkg.plan import Plan, waiting

if TYPE_CHECKING:
    from agentpkg.ops.session import Options, Session
    from agentpkg.project import Project


def lock(project: Project, options: Options) -> Change:
    """Make the lock fit the manifest, keeping its pins where they fit; `sync` then writes the files."""
    return carry_out(project, options, _decide)


def _decide(session: Session) -> Change:
    unsettled = why_unsettled(session.manifest, session.lock)
    if unsettled and session.options.frozen:
        raise IntegrityError(f"agentpkg.lock does not fit: {unsettled}", hint="run agentpkg lock without --frozen")
    wanted = {bundle: locked.wanted for bundle, locked in session.lock.bundles.items() if locked.wanted}
    registries = session.registries(fresh=wanted != session.manifest.requirements)
    chosen = choose(session, session.manifest, registries)
    named = session.manifest.requirements.keys() - wanted.keys()
    change = prepare(session, session.manifest_text, chosen, registries, named)
    files = waiting(session.lock.files, change.plan.files)
    plan = Plan(actions=(), files=files)
    return build_change(session, session.manifest_text, replace(change.lock, files=files), plan, change.rendered)
