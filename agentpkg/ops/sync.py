"""`sync`: make the work tree match the manifest and the lock. With nothing to do it is one read of each file."""

from __future__ import annotations

from contextlib import suppress
from time import time_ns
from typing import TYPE_CHECKING

from agentpkg.drift import Drifted, State, as_locked, find_drift, skill_folders
from agentpkg.errors import AgentpkgError
from agentpkg.files import CONFLICT_SUFFIX, file_of, folders_above
from agentpkg.ops.session import Options, check_not_interrupted, open_session, why_unsettled
from agentpkg.project import added_files, all_below, read_files
from agentpkg.settled import can_be_noted, is_settled, mark_asked, mark_files, note_settled
from agentpkg.trail import note
from agentpkg.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.files import DiskFile
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


def look(session: Session, *, trust: bool = True, disk: Mapping[str, DiskFile] | None = None) -> Standing:
    """Return how the project stands, without reading any registry.

    With `trust` nothing is read where all is as it was when a sync found nothing to do (see `agentpkg.settled`), and
    with `disk`, the files of the lock as they were read already, nothing that is in it.
    """
    lock, root = session.lock, session.project.root
    if trust and _is_settled(session):
        return Standing(unsettled=None, files=as_locked(lock))
    disk = read_files(root, lock.files) if disk is None else disk
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
        began, head = time_ns(), mark_asked(str(project.root), *project.asked)
        session = open_session(project, options)
        told = options.fail_on is None or all(one.losses is not None for one in session.lock.bundles.values())
        if told and _has_nothing_to_do(session, head, began):
            _refuse_losses(session, options.fail_on)
            return None
    from agentpkg.ops.change import carry_out, from_manifest

    return carry_out(project, options, from_manifest)


def _has_nothing_to_do(session: Session, head: str, began: int) -> bool:
    """Say whether all is as it should be; if so, let the next sync see that at a glance."""
    options, project = session.options, session.project
    if options.frozen or options.dry_run:
        return look(session, trust=not options.frozen).clean
    if _is_settled(session):
        return True
    marks = mark_files(str(project.root), *_watched(session))
    standing = look(session, trust=False)
    if not standing.clean:
        return False
    # What an index says of the files is what the lock says of them; a kept edit that is gone again is none.
    if standing.files == as_locked(session.lock) and can_be_noted(head, marks, began):
        from agentpkg.journal import open_state

        with suppress(AgentpkgError):  # a project that cannot be written to is none the worse for it
            note_settled(str(open_state(project)), head, marks, began)
    return True


def _is_settled(session: Session) -> bool:
    project = session.project
    settled = is_settled(str(project.root), project.state, *project.asked)
    if settled:
        note("nothing has changed since a sync found nothing to do, so no file is read")
    return settled


def _watched(session: Session) -> tuple[list[str], list[str]]:
    """Return the paths that decide whether there is something to do, and the folders that they lead through.

    Of those above a bundle of the project it counts what stands in them: a name that only looks like one of theirs.
    """
    from agentpkg.journal import JOURNAL

    project, lock = session.project, session.lock
    files = dict.fromkeys([f"{project.state}/{JOURNAL}", *map(file_of, lock.files)])
    bundles = [(project.home / path).relative_to(project.root).as_posix() for path in session.manifest.paths.values()]
    listed = {above for path in bundles for above in ("", *folders_above(path))}
    files |= dict.fromkeys([*all_below(project.root, [*skill_folders(lock), *bundles]), *sorted(listed)])
    folders = {above for path in files for above in folders_above(path)} - listed
    return list(files), sorted(folders)


def _refuse_losses(session: Session, fail_on: str | None) -> None:
    if fail_on:
        from agentpkg.review import refuse_losses

        refuse_losses({key: locked.losses for key, locked in session.lock.bundles.items()}, fail_on)
