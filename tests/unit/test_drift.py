"""Drift: how each file stands to the lock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agentpkg.drift import Drifted, State, find_drift, skill_folders
from agentpkg.files import DiskFile
from agentpkg.lockfile import NO_RENDERING, LockedFile, Lockfile
from tests.unit.builders import ODD_FILE, a_disk_file, a_locked_file

CONFLICT = a_locked_file("new", base="old")


def state(locked: LockedFile, disk: DiskFile | str | None) -> State:
    there = a_disk_file(disk) if isinstance(disk, str) else disk
    (drifted,) = find_drift(Lockfile(files={"a.md": locked}), {} if there is None else {"a.md": there})
    assert drifted.path == "a.md"
    return drifted.state


@pytest.mark.parametrize(
    ("locked", "disk", "expected"),
    [
        (a_locked_file("old"), "old", State.CLEAN),
        (a_locked_file("a\n"), "a\r\n", State.CLEAN),
        (a_locked_file("old"), "edit", State.EDITED),
        (a_locked_file("old"), None, State.MISSING),
        (a_locked_file("old"), ODD_FILE, State.BLOCKED),
        (a_locked_file("old", kept="edit"), "edit", State.KEPT),
        (a_locked_file("old", kept="edit"), "another edit", State.EDITED),
        (a_locked_file("old", kept="edit"), "old", State.CLEAN),
        (CONFLICT, "edit", State.CONFLICT),
        (CONFLICT, "old", State.OUTDATED),
        (CONFLICT, None, State.MISSING),
        (replace(CONFLICT, sha256=NO_RENDERING), "old", State.OUTDATED),
    ],
)
def test_a_file_has_one_state(locked: LockedFile, disk: DiskFile | str | None, expected: State) -> None:
    assert state(locked, disk) is expected


def test_a_file_that_took_the_new_rendering_still_waits_for_its_conflict_to_be_closed() -> None:
    assert not Drifted(path="a.md", state=state(CONFLICT, "new")).settled


@pytest.mark.parametrize("one", State)
def test_only_clean_and_kept_files_are_settled(one: State) -> None:
    assert Drifted(path="a.md", state=one).settled is (one in (State.CLEAN, State.KEPT))


def test_added_files_are_told_among_the_others_by_path() -> None:
    lock = Lockfile(files={"b.md": a_locked_file("x"), "a.md": a_locked_file("x")})
    assert [(one.path, one.state) for one in find_drift(lock, {}, ["aa.md"])] == [
        ("a.md", State.MISSING),
        ("aa.md", State.ADDED),
        ("b.md", State.MISSING),
    ]


def test_the_folders_of_skills_are_wholly_ours() -> None:
    skill = replace(a_locked_file("x"), item="skills/sql/SKILL.md")
    inner = replace(a_locked_file("x"), item="skills/sql/notes/a.txt")
    lock = Lockfile(
        files={
            ".inn/skills/sql/SKILL.md": skill,
            ".inn/skills/sql/notes/a.txt": inner,
            ".barn/skills/sql/SKILL.md": skill,
            ".inn/agents/a.md": a_locked_file("x"),
        }
    )
    assert skill_folders(lock) == (".barn/skills/sql", ".inn/skills/sql")
