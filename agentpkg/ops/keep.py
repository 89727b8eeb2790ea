"""`keep`: accept the user's edit of a file, or that it is gone, so that it counts as what should be there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.apply import Write, apply_writes, locked
from agentpkg.errors import EditConflict, UsageError
from agentpkg.files import CONFLICT_SUFFIX
from agentpkg.lockfile import NO_RENDERING, LockedFile, dump_lockfile
from agentpkg.ops.session import Options, Session, check_not_interrupted, open_session
from agentpkg.project import read_files
from agentpkg.values import replace

if TYPE_CHECKING:
    from agentpkg.files import DiskFile
    from agentpkg.project import Project


def keep(project: Project, paths: tuple[str, ...], options: Options) -> list[str]:
    """Accept the files at `paths` (below the project) as they are; return those for which that changed anything.

    Where a newer rendering waited beside a file, the file counts as holding it already, and the one beside goes.
    """
    if options.dry_run:
        check_not_interrupted(project)
        return _decide(open_session(project, options), paths)[0]
    with locked(project):
        changed, writes = _decide(open_session(project, options), paths)
        apply_writes(project, writes)
    return changed


def _decide(session: Session, paths: tuple[str, ...]) -> tuple[list[str], list[Write]]:
    """Return the paths for which anything changes, and what is to be written."""
    project = session.project
    disk = read_files(project.root, [*paths, *(path + CONFLICT_SUFFIX for path in paths)])
    entries = {path: _accepted(path, session.lock.files.get(path), disk.get(path)) for path in paths}
    writes = []
    for path in paths:
        beside = disk.get(path + CONFLICT_SUFFIX)
        if beside and beside.sha256 == entries[path].sha256:
            writes.append(Write(path=path + CONFLICT_SUFFIX, before=beside.content, after=None))
    before = None if session.lock_text is None else session.lock_text.encode()
    after = dump_lockfile(replace(session.lock, files={**session.lock.files, **entries})).encode()
    writes.append(Write(path=project.lock, before=before, after=after))
    return [path for path in paths if entries[path] != session.lock.files[path]], writes


def _accepted(path: str, entry: LockedFile | None, disk: DiskFile | None) -> LockedFile:
    if entry is None:
        raise UsageError(f"{path} is not a file that agentpkg wrote", hint="agentpkg status lists those that are")
    if disk is None:
        return replace(entry, base=None, kept=NO_RENDERING)
    if disk.odd:
        raise UsageError(disk.odd, hint="agentpkg looks after plain files only")
    if re.search(rb"(?m)^<{7} ", disk.content) and re.search(rb"(?m)^>{7} ", disk.content):
        raise EditConflict(f"{path} holds two sides of a merge", hint="choose by hand, and take the markers out")
    return replace(entry, base=None, kept=None if disk.sha256 == entry.sha256 else disk.sha256)
