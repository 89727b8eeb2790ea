"""`lock`: choose versions and write the lockfile, without touching any agent file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.ops.change import Change, build_change, carry_out, from_manifest
from agentpkg.plan import Plan, waiting
from agentpkg.values import replace

if TYPE_CHECKING:
    from agentpkg.ops.session import Options, Session
    from agentpkg.project import Project


def lock(project: Project, options: Options) -> Change:
    """Make the lock fit the manifest, keeping its pins where they fit; `sync` then writes the files."""
    return carry_out(project, options, _decide)


def _decide(session: Session) -> Change:
    change = from_manifest(session)
    files = waiting(session.lock.files, change.plan.files)
    plan = Plan(actions=(), files=files)
    return build_change(session, session.manifest_text, replace(change.lock, files=files), plan, change.rendered)
