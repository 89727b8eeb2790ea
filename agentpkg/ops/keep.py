"""`keep`: accept the user's edit of a file, or that it is gone, so that it counts as what should be there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agentpkg.apply import Write, apply_writes, locked
from agentpkg.errors import UsageError
from agentpkg.lockfile import NO_RENDERING, LockedFile, dump_lockfile
from agentpkg.ops.session import Options, open_session
from agentpkg.plan import CONFLICT_SUFFIX
from agentpkg.project import read_files

if TYPE_CHECKING:
    from agentpkg.files import DiskFile
    from agentpkg.project import Project


def keep(project: Project, paths: tuple[str, ...], options: Options) -> list[str]:
    """Accept the files at `paths` (below the project) as they are; return those for which that changed anything.

    Where a newer rendering waited beside a file, the file counts as holding it already, and the one beside goes.
    """
    with locked(project):
        session = open_session(project, options)
        beside = [path + CONFLICT_SUFFIX for path in paths]
        disk = read_files(project.root, [*paths, *beside])
        entries = {path: _accepted(path, session.lock.files.get(path), disk.get(path)) for path in paths}
        files = {**session.lock.files, **entries}
        writes = [
            Write(path=path + CONFLICT_SUFFIX, before=disk[path + CONFLICT_SUFFIX].content, after=None)
            for path in paths
            if path + CONFLICT_SUFFIX in disk and disk[path + CONFLICT_SUFFIX].sha256 == entries[path].sha256
        ]
        before = None if session.lock_text is None else session.lock_text.encode()
        after = dump_lockfile(replace(session.lock, files=files)).encode()
        writes.append(Write(path=project.lock, before=before, after=after))
        if not options.dry_run:
            apply_writes(project, writes)
    return [path for path in paths if entries[path] != session.lock.files[path]]


def _accepted(path: str, entry: LockedFile | None, disk: DiskFile | None) -> LockedFile:
    if entry is None:
        raise UsageError(f"{path} is not a file that agentpkg wrote", hint="agentpkg status lists those that are")
    if disk is None:
        return replace(entry, base=None, kept=NO_RENDERING)
    if disk.odd:
        raise UsageError(disk.odd, hint="agentpkg looks after plain files only")
    return replace(entry, base=None, kept=None if disk.sha256 == entry.sha256 else disk.sha256)
