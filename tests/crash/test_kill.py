"""Killed with SIGKILL at every call that changes the disk: after the next command all is old, or all is new."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

import pytest

from tests.crash.calls import Point
from tests.crash.scenes import SCENES, Scene
from tests.crash.strace import AGENTPKG, aim, inject
from tests.support.cli import Cli

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(sys.platform != "linux", reason="strace is for Linux; test_quick.py runs everywhere"),
]
PARTS = 2
OLD, NEW = "all-old", "all-new"


def kill(scene: Scene, inside: Cli, point: Point, module: tuple[str, ...] = AGENTPKG) -> str:
    """Kill at one point, run the next command, and return how it ended: all-old, all-new, or what is wrong."""
    done = inject(scene, point, "signal=KILL", module)
    if point.whose == "child":  # git died, and agentpkg went on
        if done.returncode < 0 or done.returncode == 70 or "Traceback" in done.stderr:
            return f"exit {done.returncode} {done.stderr}"
    elif done.returncode != -signal.SIGKILL:
        return f"not killed: exit {done.returncode} {done.stderr}"
    at_once, journal = scene.judge(), scene.interrupted
    if at_once == "torn" or (at_once == "mixed" and not journal):
        return f"{at_once} before the next command"
    committed = journal or at_once == "new"
    try:
        inside("sync", "--offline")
        after = scene.judge()
        if after == "old" and not committed:
            inside(*scene.command)
    except AssertionError as error:
        return f"the next command fails: {error}"
    finished = scene.judge() == "new" and not scene.interrupted
    rest = {path.name for path in (scene.project / ".agentpkg").iterdir()} - {".gitignore", "lock", "undo"}
    if not finished or after != scene.expected(committed=committed):
        return f"{after} after the next command"
    if rest and (journal or not committed):
        return f"left behind: {rest}"
    return NEW if committed else OLD


def sweep(scene: Scene, inside: Cli, points: list[Point], module: tuple[str, ...] = AGENTPKG) -> dict[Point, str]:
    """Kill at each of the points in turn. Raises at an outcome that is not one, or that comes after a better one."""
    outcomes: dict[Point, str] = {}
    for point in points:
        outcomes[point] = kill(scene, inside, point, module)
        assert outcomes[point] in (OLD, NEW), f"{point}: {outcomes[point]}"
    assert list(outcomes.values()) == sorted(outcomes.values(), key=[OLD, NEW].index), "committed stays committed"
    return outcomes


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("scene", SCENES, indirect=True)
def test_killed_at_every_point_it_is_all_old_or_all_new(
    scene: Scene, inside: Cli, part: int, tally: Callable[[str, int], None]
) -> None:
    outcomes = sweep(scene, inside, aim(scene)[part::PARTS])
    assert set(outcomes.values()) == {OLD, NEW}
    tally("kills", len(outcomes))


def assert_found(scene: Scene, inside: Cli, mutant: str) -> None:
    """Fail unless the sweep, over what the mutant writes into the project itself, fails."""
    module = ("tests.crash.mutants", mutant)
    points = [point for point in aim(scene, module) if point.path.startswith(str(scene.project))]
    assert len(points) > 20
    with pytest.raises(AssertionError, match=r"mixed|torn|the next command fails"):
        sweep(scene, inside, [point for point in points if point.whose == "main"], module)


def test_a_writer_without_a_journal_fails_the_same_sweep(scene: Scene, inside: Cli) -> None:
    assert_found(scene, inside, "naive")


@pytest.mark.parametrize("mutant", ["files-before-journal", "journal-dropped-before-the-lock", "journal-in-place"])
def test_a_writer_with_two_steps_swapped_fails_the_same_sweep(scene: Scene, inside: Cli, mutant: str) -> None:
    assert_found(scene, inside, mutant)
