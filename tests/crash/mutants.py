"""agentpkg with one thing wrong in how it writes, so that the sweeps can be seen to find it.

python -m tests.crash.mutants NAME ARGUMENT...
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agentpkg import apply
from agentpkg.apply import Write
from agentpkg.cli import run
from agentpkg.folder import Folders
from agentpkg.journal import JOURNAL, Step, sync_folder, write_journal
from agentpkg.project import Project
from agentpkg.undo import Cause

_write_journal, _roll_forward, _take, _sync_folder = write_journal, apply._roll_forward, apply._take, sync_folder


def write_naively(project: Project, writes: list[Write], _cause: Cause | None = None) -> None:
    """Write one file after the other, as most tools do."""
    for write in writes:
        path = project.root / write.path
        if write.after is None:
            os.unlink(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.fsync(descriptor)
            os.write(descriptor, write.after)
            os.close(descriptor)


def _naive() -> None:
    from agentpkg.ops import change

    change.__dict__["apply_writes"] = write_naively


def _files_before_journal() -> None:
    """Swap two steps: move the files into place, then write the journal."""

    def swapped(project: Project, steps: list[Step]) -> list[str]:
        state = project.root / project.state
        with Folders(project.root) as folders:
            for step in steps:
                _take(folders, state, step)
        _write_journal(state, steps)
        return _roll_forward(project, steps)

    apply.__dict__.update(write_journal=lambda _state, _steps: None, _roll_forward=swapped)


def _journal_dropped_before_the_lock() -> None:
    """Swap two steps: drop the journal, then move the last file into place."""

    def take(folders: Folders, state: Path, step: Step) -> bool:
        if step.path != "agentpkg.lock":
            return _take(folders, state, step)
        os.unlink(state / JOURNAL)
        taken = _take(folders, state, step)
        (state / JOURNAL).write_text('{"steps": []}')
        return taken

    apply.__dict__["_take"] = take


def _journal_in_place() -> None:
    """Write the journal under its own name, so that half of one can be found."""

    def write(state: Path, steps: list[Step]) -> None:
        _write_journal(state, steps)
        whole = (state / JOURNAL).read_bytes()
        descriptor = os.open(state / JOURNAL, os.O_WRONLY | os.O_TRUNC)
        os.write(descriptor, whole)
        os.close(descriptor)

    apply.__dict__["write_journal"] = write


def _without_fsync(of: Callable[[Path], bool]) -> Callable[[], None]:
    """Never wait for what `of` picks to be on the disk."""

    def mutate() -> None:
        fsync = os.fsync

        def pick(descriptor: Any) -> None:
            if not of(Path(f"/proc/self/fd/{descriptor}").resolve()):
                fsync(descriptor)

        os.__dict__["fsync"] = pick

    return mutate


def _journal_dropped_before_folders() -> None:
    """Swap two steps: drop the journal, then wait for the folders."""
    waiting: list[Path] = []

    def roll(project: Project, steps: list[Step]) -> list[str]:
        def sync(path: Path) -> None:
            if path == project.root / project.state:
                _sync_folder(path)
            else:
                waiting.append(path)

        apply.__dict__["sync_folder"] = sync
        left = _roll_forward(project, steps)
        for path in waiting:
            _sync_folder(path)
        return left

    apply.__dict__["_roll_forward"] = roll


def _lock_first() -> None:
    """Swap two steps: move the lock into place before the agents."""

    def roll(project: Project, steps: list[Step]) -> list[str]:
        return _roll_forward(project, steps[::-1])

    apply.__dict__["_roll_forward"] = roll


def _recovery_syncs_only_what_it_moved() -> None:
    """Take it that what an earlier run moved into place is on the disk."""
    moved: set[Path] = set()

    def take(folders: Folders, state: Path, step: Step) -> bool:
        before = (folders.root / step.path).exists()
        taken = _take(folders, state, step)
        if (folders.root / step.path).exists() != before:
            moved.update((folders.root / step.path).parents)
        return taken

    def sync(path: Path) -> None:
        if path in moved or ".agentpkg" in path.parts:
            _sync_folder(path)

    apply.__dict__.update(_take=take, sync_folder=sync)


MUTANTS: dict[str, Callable[[], None]] = {
    "naive": _naive,
    "files-before-journal": _files_before_journal,
    "journal-dropped-before-the-lock": _journal_dropped_before_the_lock,
    "journal-in-place": _journal_in_place,
    "lock-first": _lock_first,
    "staged-files-not-synced": _without_fsync(lambda path: path.parent.name == "staged"),
    "staged-folder-not-synced": _without_fsync(lambda path: path.name == "staged"),
    "journal-not-synced": _without_fsync(lambda path: path.name == "journal.part"),
    "state-not-synced": _without_fsync(lambda path: path.name == ".agentpkg"),
    "folders-not-synced": _without_fsync(lambda path: path.name == "agents"),
    "project-not-synced": _without_fsync(lambda path: path.name == "project"),
    "journal-dropped-before-folders": _journal_dropped_before_folders,
    "recovery-syncs-only-what-it-moved": _recovery_syncs_only_what_it_moved,
}

if __name__ == "__main__":
    MUTANTS[sys.argv[1]]()
    sys.exit(run(sys.argv[2:]))
