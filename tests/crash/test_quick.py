"""Killed from inside at some points of an update: what `test_kill.py` does at every one, and by strace."""

from __future__ import annotations

import signal
import subprocess
import sys

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


def sweep(scene: Scene, inside: Cli, mutant: str, points: int) -> list[str]:
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


def test_what_is_counted_can_do_what_it_could() -> None:
    """How folders are reached is decided by what the calls say of themselves."""
    told = "print([getattr(os, one) in os.supports_dir_fd for one in CALLS])"
    words = f"import os; from tests.crash.killer import *; {{}}; {told}"
    said = {
        subprocess.run([sys.executable, "-c", words.format(first)], capture_output=True, check=True).stdout
        for first in ("pass", "[Killer(0).wrap(one) for one in CALLS]")
    }
    assert len(said) == 1


def test_killed_at_some_points_it_is_all_old_or_all_new(scene: Scene, inside: Cli) -> None:
    assert_whole(sweep(scene, inside, "none", 4))
    assert not {"mixed", "torn", "stuck"}.isdisjoint(sweep(scene, inside, "naive", 4)), "a writer without a journal"


@pytest.mark.crash
def test_killed_at_twelve_points_it_is_all_old_or_all_new(scene: Scene, inside: Cli) -> None:
    assert_whole(sweep(scene, inside, "none", 12))


@pytest.mark.crash
def test_a_writer_without_a_journal_is_found(scene: Scene, inside: Cli) -> None:
    assert not {"mixed", "torn", "stuck"}.isdisjoint(sweep(scene, inside, "naive", 12))


def assert_whole(outcomes: list[str]) -> None:
    assert set(outcomes) == {"old", "new"}, outcomes
    assert outcomes == sorted(outcomes, key=["old", "new"].index), "once committed, it stays committed"
