"""`sync`: make the work tree match the manifest and the lock. With nothing to do it is one read of each file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentpkg.drift import Drifted, find_drift, skill_folders
from agentpkg.errors import IntegrityError
from agentpkg.ops.session import Options, check_not_interrupted, open_session, why_unsettled
from agentpkg.project import added_files, read_files

if TYPE_CHECKING:
    from agentpkg.ops.change import Change
    from agentpkg.ops.session import Session
    from agentpkg.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a project stands: why the lock has to be made again (None: it has not), and the state of every file."""

    unsettled: str | None
    files: tuple[Drifted, ...]

    @property
    def clean(self) -> bool:
        """Whether there is nothing for sync to do and nothing for the user to decide."""
        return self.unsettled is None and all(file.settled for file in self.files)


def look(session: Session) -> Standing:
    """Return how the project stands, without reading any registry."""
    lock, root = session.lock, session.project.root
    folders = skill_folders(lock)
    return Standing(
        unsettled=why_unsettled(session.manifest, lock),
        files=find_drift(lock, read_files(root, lock.files), added_files(root, folders, lock.files)),
    )


def check(project: Project) -> Standing:
    """Return how the project stands, for operations that only look; raise if an earlier run waits to be finished."""
    check_not_interrupted(project)
    return look(open_session(project, Options()))


def sync(project: Project, options: Options) -> Change | None:
    """Make the project match its manifest and lock; return the change, None if there was nothing to do."""
    if not project.interrupted and look(open_session(project, options)).clean:
        return None
    from agentpkg.ops.change import carry_out

    return carry_out(project, options, _decide)


def _decide(session: Session) -> Change:
    from agentpkg.ops.change import choose, prepare

    manifest, lock = session.manifest, session.lock
    unsettled = why_unsettled(manifest, lock)
    if unsettled and session.options.frozen:
        raise IntegrityError(
            f"agentpkg.lock does not fit: {unsettled}",
            hint="run agentpkg sync without --frozen, and commit the lock",
        )
    wanted = {bundle: locked.wanted for bundle, locked in lock.bundles.items() if locked.wanted}
    registries = session.registries(fresh=bool(unsettled) and wanted != manifest.requirements)
    if unsettled:
        chosen = choose(session, manifest, registries)
    else:
        chosen = {bundle: locked.version for bundle, locked in lock.bundles.items()}
    return prepare(session, session.manifest_text, chosen, registries, manifest.requirements.keys() - wanted.keys())
