"""Every call that changes the disk fails once, in turn: nothing has changed, or the next command finishes."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from tests.crash.calls import Point
from tests.crash.scenes import JOURNAL, Scene
from tests.crash.strace import aim, inject
from tests.support.cli import Cli

pytestmark = [pytest.mark.crash, pytest.mark.skipif(sys.platform != "linux", reason="strace is for Linux")]

_FULL = ("ENOSPC", "EIO", "EDQUOT")
_REFUSED = ("EACCES", "EROFS")
FAULTS: dict[str, tuple[str, ...]] = {
    "openat": ("EACCES", "EMFILE", "EIO"),
    "read": ("EIO",),
    "write": _FULL,
    "ftruncate": ("EIO",),
    "fsync": ("EIO", "ENOSPC"),
    "rename": ("ENOSPC", *_REFUSED, "EIO"),
    "renameat": ("ENOSPC", *_REFUSED, "EIO"),
    "link": ("EIO", "ENOSPC"),
    "unlink": (*_REFUSED, "EIO"),
    "unlinkat": (*_REFUSED, "EIO"),
    "mkdir": (*_REFUSED, "ENOSPC"),
    "mkdirat": (*_REFUSED, "ENOSPC"),
    "rmdir": ("EACCES",),
    "chmod": ("EPERM",),
    "fchmod": ("EPERM",),
}
PARTS = [
    ("update", 0, 3), ("update", 1, 3), ("update", 2, 3),
    ("remove", 0, 1), ("sync", 0, 1), ("install", 0, 1), ("undo", 0, 1),
]  # fmt: skip


def may_fail(point: Point) -> bool:
    """Say whether the change is whole although this call failed: modes, tidying, the cache; git needs no links."""
    return (
        point.name in ("chmod", "fchmod", "rmdir", "link")
        or point.path.endswith(("lock.holder", "/.agentpkg/staged"))
        or "/cache/renderings" in point.path
    )


def choose(points: list[Point], most: int) -> list[tuple[Point, str]]:
    """Return the cases: `most` errors a call that changes something, one for each that reads, taken in turn."""
    cases = []
    for number, point in enumerate(points):
        errors = FAULTS[point.name]
        count = min(len(errors), most if point.changes else 1)
        cases += [(point, errors[(number + one) % len(errors)]) for one in range(count)]
    return cases


def fail(scene: Scene, inside: Cli, point: Point, error: str, *, committed: bool) -> str | None:
    """Have one call fail, then run the next command; return what is wrong with how it ended."""
    done = inject(scene, point, f"error={error}")
    said = f"exit {done.returncode}: {done.stderr.strip()}"
    now, journal = scene.judge(), scene.interrupted
    if done.returncode == 0:
        return None if may_fail(point) and now == "new" and not journal else f"{now}, {said}"
    child = point.whose == "child"
    if done.returncode not in ((1, 5, 8, 9) if child else (9,)) or "Traceback" in done.stderr:
        return said
    named = (point.target, point.path, point.target.removeprefix(f"{scene.project}/"))
    if not child and not any(path in done.stderr for path in named):
        return f"names no file, {said}"
    if not (journal or now == "new" if committed else now == "old" and not journal):
        return f"{now} at once, {said}"
    inside("sync", "--offline")
    after = scene.judge()
    if after != scene.expected(committed=committed) or scene.interrupted:
        return f"{after} after the next command, {said}"
    if after == "old" and not point.path.startswith(str(scene.project)):
        inside(*scene.command)
        return None if scene.judge() == "new" else f"{scene.judge()} in the end, {said}"
    return None


@pytest.mark.parametrize(("scene", "part", "parts"), PARTS, indirect=["scene"])
def test_every_call_that_fails_changes_nothing_or_is_finished_later(
    scene: Scene, inside: Cli, part: int, parts: int, tally: Callable[[str, int], None]
) -> None:
    points = aim(scene, reading=scene.command[0] == "update")
    commit = next(number for number, point in enumerate(points) if point.target.endswith(JOURNAL))
    committed = {point: number > commit for number, point in enumerate(points)}
    most = 2 if scene.command[0] == "update" else 1
    cases = choose(points, most)[part::parts]
    wrong = [
        f"{error} at {point}: {problem}"
        for point, error in cases
        if (problem := fail(scene, inside, point, error, committed=committed[point]))
    ]
    assert not wrong, "\n".join(wrong)
    tally("faults", len(cases))


@pytest.mark.parametrize("scene", ["update", "sync"], indirect=True)
def test_a_folder_on_another_file_system_gets_a_copy(
    scene: Scene, inside: Cli, tally: Callable[[str, int], None]
) -> None:
    points = [point for point in aim(scene) if point.name == "renameat"]
    assert len(points) > 3
    for point in points:
        done = inject(scene, point, "error=EXDEV")
        assert (done.returncode, scene.judge()) == (0, "new"), f"{point}: {done.stderr}"
    tally("faults", len(points))


def test_a_file_system_that_cannot_sync_folders_is_no_hindrance(
    scene: Scene, tally: Callable[[str, int], None]
) -> None:
    points = [point for point in aim(scene) if point.name == "fsync" and "." not in point.target.rpartition("/")[2][1:]]
    folders = [point for point in points if not point.target.rpartition("/")[2].isdigit()]
    assert len(folders) > 8
    for point in folders:
        done = inject(scene, point, "error=EINVAL")
        assert (done.returncode, scene.judge()) == (0, "new"), f"{point}: {done.stderr}"
    tally("faults", len(folders))


def test_a_file_system_without_locks_is_refused(scene: Scene, inside: Cli, tally: Callable[[str, int], None]) -> None:
    lock = str(scene.project / ".agentpkg/lock")
    errors = ("ENOLCK", "ENOSYS", "EOPNOTSUPP")
    for error in errors:
        point = Point(name="flock", path=lock, nth=1, target=lock, whose="main", changes=True)
        done = inject(scene, point, f"error={error}")
        assert (done.returncode, scene.judge()) == (9, "old"), done.stderr
        assert lock in done.stderr
    inside(*scene.command)
    assert scene.judge() == "new"
    tally("faults", len(errors))
