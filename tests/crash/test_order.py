"""Power cuts, as far as a running system can show them: what is on the disk before what."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable

import pytest

from tests.crash.calls import parse_calls
from tests.crash.order import find_disorder
from tests.crash.scenes import JOURNAL, SCENES, Scene
from tests.crash.strace import AGENTPKG, aim, inject, record

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="strace is for Linux")

TRACE = """\
7 openat(AT_FDCWD</p>, "/p/.agentpkg/staged/0", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0666) = 4</p/.agentpkg/staged/0>
8 write(5</p/.agentpkg/staged/1>, ""..., 9 <unfinished ...>
7 fsync(4</p/.agentpkg/staged/0>) = 0
8 <... write resumed>)              = 9
7 fsync(4</p/.agentpkg/staged>)     = 0
7 fsync(4</p/.agentpkg>)            = 0
7 fsync(4</p/.agentpkg/journal.part>) = 0
7 rename("/p/.agentpkg/journal.part", "/p/.agentpkg/journal.json") = 0
7 fsync(4</p/.agentpkg>)            = 0
7 renameat(AT_FDCWD</p>, "/p/.agentpkg/staged/0", 4</p/a>, "x.md") = 0
7 unlinkat(4</p/b>, "y.md", 0)      = 0
7 unlinkat(5</p>, "b", AT_REMOVEDIR) = 0
7 mkdirat(5</p>, "c", 0777)         = -1 EEXIST (File exists)
--- SIGCHLD {si_signo=SIGCHLD} ---
7 renameat(AT_FDCWD</p>, "/p/.agentpkg/staged/1", 4</p>, "agentpkg.lock") = 0
7 fsync(4</p>)                      = 0
7 fsync(4</p/a>)                    = 0
7 unlink("/p/.agentpkg/journal.json") = 0
8 fsync(5</p/.agentpkg/staged/1> <unfinished ...>
8 +++ killed by SIGKILL +++
"""


def test_calls_are_read_with_what_they_work_on() -> None:
    calls = parse_calls(TRACE)
    assert [(call.task, call.name, call.targets[-1]) for call in calls[:3]] == [
        ("7", "openat", "/p/.agentpkg/staged/0"),
        ("8", "write", "/p/.agentpkg/staged/1"),
        ("7", "fsync", "/p/.agentpkg/staged/0"),
    ]
    assert [(call.began, call.ended) for call in calls[:3]] == [(0, 0), (1, 3), (2, 2)]
    assert [call.changes for call in calls[:3]] == [True] * 3
    assert next(call for call in calls if call.name == "mkdirat").failed
    assert next(call for call in calls if call.name == "rename").paths == ("/p/.agentpkg/journal.part",)
    assert calls[-1].ended > len(calls)


def test_a_read_changes_nothing() -> None:
    (call,) = parse_calls('7 openat(3</p>, "a", O_RDONLY|O_CLOEXEC) = 4</p/a>')
    assert (call.changes, call.targets, call.paths) == (False, ("/p/a",), ("a", "/p"))


def test_one_staged_file_that_was_not_waited_for_is_told() -> None:
    assert find_disorder(parse_calls(TRACE), "/p") == [
        "/p/.agentpkg/staged/1 is not on the disk when the journal gets its name"
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("fsync(4</p/.agentpkg/staged/0>)", "/p/.agentpkg/staged/0 is not on the disk when the journal gets its name"),
        ("fsync(4</p/.agentpkg/staged>)", "/p/.agentpkg/staged is not on the disk when the journal gets its name"),
        ("fsync(4</p/.agentpkg/journal.part>)", "/p/.agentpkg/journal.part is not on the disk when the journal gets"),
        ("fsync(4</p/a>)", "/p/a is not on the disk when the journal goes"),
        ("fsync(4</p>)", "/p is not on the disk when the journal goes"),
        ('unlink("/p/.agentpkg/journal.json")', "no journal was ever dropped"),
        ('renameat(AT_FDCWD</p>, "/p/.agentpkg/staged/1"', "the lock is not the last"),
    ],
)
def test_every_line_that_is_missing_is_told(line: str, told: str) -> None:
    lines = TRACE.splitlines()
    assert sum(line in one for one in lines) == 1
    text = "\n".join(one for one in lines if line not in one)
    assert any(one.startswith(told) for one in find_disorder(parse_calls(text), "/p"))


@pytest.mark.crash
@on_linux
@pytest.mark.parametrize("scene", SCENES, indirect=True)
def test_everything_is_on_the_disk_before_the_next_step_rests_on_it(
    scene: Scene, tally: Callable[[str, int], None]
) -> None:
    calls = record(scene)
    assert scene.judge() == "new"
    assert find_disorder(calls, str(scene.project)) == []
    tally("traces", 1)


@pytest.mark.crash
@on_linux
@pytest.mark.parametrize(
    ("module", "wrong"), [(AGENTPKG, False), (("tests.crash.mutants", "project-not-synced"), True)]
)
def test_the_folder_for_the_journal_is_on_the_disk_before_it(
    scene: Scene, module: tuple[str, ...], wrong: bool
) -> None:
    shutil.rmtree(scene.project / ".agentpkg")
    told = f"{scene.project} is not on the disk when the journal gets its name"
    assert (told in find_disorder(record(scene, module, anew=False), str(scene.project))) == wrong


@pytest.mark.crash
@on_linux
@pytest.mark.parametrize(
    ("mutant", "told"),
    [
        ("staged-files-not-synced", "staged/0 is not on the disk when the journal gets its name"),
        ("staged-folder-not-synced", "staged is not on the disk when the journal gets its name"),
        ("journal-not-synced", "journal.part is not on the disk"),
        ("state-not-synced", "the journal's name is not on the disk when the first file moves"),
        ("folders-not-synced", ".claude/agents is not on the disk when the journal goes"),
        ("project-not-synced", "project is not on the disk when the journal goes"),
        ("journal-dropped-before-folders", ".claude/agents is not on the disk when the journal goes"),
        ("lock-first", "the lock is not the last"),
        ("files-before-journal", "changes outside of the journal's life"),
    ],
)
def test_a_writer_that_does_not_wait_is_found(scene: Scene, mutant: str, told: str) -> None:
    found = find_disorder(record(scene, ("tests.crash.mutants", mutant)), str(scene.project))
    assert any(told in one for one in found), found


@pytest.mark.crash
@on_linux
@pytest.mark.parametrize("module", [AGENTPKG, ("tests.crash.mutants", "recovery-syncs-only-what-it-moved")])
def test_who_finishes_a_change_waits_for_what_the_killed_run_had_moved(scene: Scene, module: tuple[str, ...]) -> None:
    point = next(one for one in aim(scene) if one.name == "fsync" and one.path.endswith("/.claude"))
    inject(scene, point, "signal=KILL")
    assert scene.interrupted
    steps = json.loads((scene.project / JOURNAL).read_text())["steps"]
    folders = {str((scene.project / path).parent) for path, *_ in steps}
    calls = record(scene, module, command=("sync", "--offline"), anew=False)
    dropped = next(one.began for one in calls if one.name == "unlink" and one.targets[-1].endswith(JOURNAL))
    synced = {one.targets[-1] for one in calls if one.name == "fsync" and one.ended < dropped}
    assert (folders <= synced) == (module == AGENTPKG)
