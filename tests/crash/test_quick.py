"""Killed from inside at a dozen points of an update: what `test_kill.py` does at every one."""

from __future__ import annotations

import signal

import pytest

from tests.crash.scenes import Scene
from tests.support.cli import Cli

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL to send")


def count(scene: Scene, mutant: str) -> int:
    """Return how many calls one update makes that change the disk."""
    scene.reset()
    done = scene.run(module=("tests.crash.killer", "0", mutant))
    assert done.returncode == 0, done.stderr
    return int(done.stderr.split()[-1])


def sweep(scene: Scene, inside: Cli, mutant: str, points: int = 12) -> list[str]:
    """Kill at points spread over the command, run the next one, and return the outcomes."""
    calls = count(scene, mutant)
    outcomes = []
    for step in range(points):
        scene.reset()
        done = scene.run(module=("tests.crash.killer", str(1 + round(step * (calls - 1) / (points - 1))), mutant))
        assert done.returncode == -signal.SIGKILL, done.stderr
        try:
            inside("sync", "--offline")
        except AssertionError:  # it failed, and so there is no way on
            outcomes.append("stuck")
        else:
            outcomes.append("unfinished" if scene.interrupted else scene.judge())
    return outcomes


def test_killed_at_twelve_points_it_is_all_old_or_all_new(scene: Scene, inside: Cli) -> None:
    outcomes = sweep(scene, inside, "none")
    assert set(outcomes) == {"old", "new"}, outcomes
    assert outcomes == sorted(outcomes, key=["old", "new"].index), "once committed, it stays committed"


def test_a_writer_without_a_journal_is_found(scene: Scene, inside: Cli) -> None:
    assert not {"mixed", "torn", "stuck"}.isdisjoint(sweep(scene, inside, "naive"))
