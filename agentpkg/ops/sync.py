"""`sync`: make the work tree match the manifest and the lock. With nothing to do it is one read of each file."""

from __future__ import annotations

from contextlib import suppress
from time import time_ns
from typing import TYPE_CHECKING

from agentpkg.drift import Drifted, State, as_locked, find_drift, skill_folders
from agentpkg.errors import AgentpkgError
from agentpkg.files import CONFLICT_SUFFIX, file_of, folders_above
from agentpkg.ops.session import Options, check_not_interrupted, open_session, why_unsettled
from agentpkg.project import added_files, folders_below, read_files
from agentpkg.settled import is_settled, note_settled, take_marks
from agentpkg.values import dataclass, replace

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


def look(session: Session, *, trust: bool = True) -> Standing:
    """Return how the project stands, without reading any registry.

    With `trust` nothing is read where all is as it was when a sync found nothing to do (see `agentpkg.settled`).
    """
    lock, root = session.lock, session.project.root
    if trust and is_settled(str(root), session.project.state, *session.project.asked):
        return Standing(unsettled=None, files=as_locked(lock))
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


def check(project: Project, options: Options) -> Standing:
    """Return how the project stands, for operations that only look; raise if an earlier run waits to be finished."""
    check_not_interrupted(project)
    session = open_session(project, options)
    _refuse_losses(session, options.fail_on)
    return look(session, trust=not options.frozen)


def sync(project: Project, options: Options) -> Change | None:
    """Make the project match its manifest and lock; return the change, None if there was nothing to do."""
    if not project.interrupted:
        session = open_session(project, options)
        told = options.fail_on is None or all(one.losses is not None for one in session.lock.bundles.values())
        if told and _has_nothing_to_do(session):
            _refuse_losses(session, options.fail_on)
            return None
    from agentpkg.ops.change import carry_out, from_manifest

    return carry_out(project, options, from_manifest)


def _has_nothing_to_do(session: Session) -> bool:
    """Say whether all is as it should be; if so, let the next sync see that at a glance."""
    options, project = session.options, session.project
    if options.frozen or options.dry_run or session.manifest.paths:  # a bundle of the project may have changed
        return look(session, trust=not options.frozen).clean
    if is_settled(str(project.root), project.state, *project.asked):
        return True
    began = time_ns()
    marks = take_marks(str(project.root), project.asked, *_watched(session))
    if not look(session, trust=False).clean:
        return False
    from agentpkg.journal import open_state

    with suppress(AgentpkgError):  # a project that cannot be written to is none the worse for it
        note_settled(str(open_state(project)), marks, began)
    return True


def _watched(session: Session) -> tuple[list[str], list[str]]:
    """Return the paths that decide whether there is something to do, and the folders that they lead through."""
    from agentpkg.journal import JOURNAL

    project, lock = session.project, session.lock
    files = dict.fromkeys([f"{project.state}/{JOURNAL}", *map(file_of, lock.files)])
    files |= dict.fromkeys(folders_below(project.root, skill_folders(lock)))
    folders = {above for path in files for above in folders_above(path)}
    return list(files), sorted(folders)


def _refuse_losses(session: Session, fail_on: str | None) -> None:
    if fail_on:
        from agentpkg.review import refuse_losses

        refuse_losses({key: locked.losses for key, locked in session.lock.bundles.items()}, fail_on)
