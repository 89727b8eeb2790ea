"""`sync`: make the work tree match the manifest and the lock. With nothing to do it is one read of each file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentpkg.drift import Drifted, State, find_drift, skill_folders
from agentpkg.files import CONFLICT_SUFFIX
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
    disk = read_files(root, lock.files)
    known = [*lock.files, *(path + CONFLICT_SUFFIX for path in lock.files)]
    files = find_drift(lock, disk, added_files(root, skill_folders(lock), known))
    if any(file.state is State.EDITED for file in files):
        store = session.store()
        files = tuple(
            replace(file, state=State.OUTDATED)
            if file.state is State.EDITED and store.get(disk[file.path].sha256) is not None
            else file
            for file in files
        )
    return Standing(unsettled=why_unsettled(session), files=files)


def check(project: Project, fail_on: str | None = None) -> Standing:
    """Return how the project stands, for operations that only look; raise if an earlier run waits to be finished."""
    check_not_interrupted(project)
    session = open_session(project, Options())
    _refuse_losses(session, fail_on)
    return look(session)


def sync(project: Project, options: Options) -> Change | None:
    """Make the project match its manifest and lock; return the change, None if there was nothing to do."""
    if not project.interrupted:
        session = open_session(project, options)
        told = options.fail_on is None or all(one.losses is not None for one in session.lock.bundles.values())
        if told and look(session).clean:
            _refuse_losses(session, options.fail_on)
            return None
    from agentpkg.ops.change import carry_out, from_manifest

    return carry_out(project, options, from_manifest)


def _refuse_losses(session: Session, fail_on: str | None) -> None:
    if fail_on:
        from agentpkg.review import refuse_losses

        refuse_losses({key: locked.losses for key, locked in session.lock.bundles.items()}, fail_on)
