"""`status`: how a project stands, and what is known here beyond it. Reads no registry and asks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.glance import Newer, find_newer
from agentpkg.ops.session import Options, check_not_interrupted, open_session
from agentpkg.ops.sync import Standing, look
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from agentpkg.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How the files stand to the lock, and the bundles of which newer versions are known on this machine.

    `bundles` is how many are installed.
    """

    bundles: int
    standing: Standing
    newer: tuple[Newer, ...]


def look_over(project: Project) -> Overview:
    """Return how a project stands; raise if an earlier run waits to be finished."""
    check_not_interrupted(project)
    session = open_session(project, Options())
    newer = find_newer(session.lock, session.manifest, project.root)
    return Overview(bundles=len(session.lock.bundles), standing=look(session), newer=newer)
