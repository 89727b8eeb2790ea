"""Killed with SIGKILL at many points of an update: after the next command everything is old, or everything is new."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.registry import BODY, Registry, agent_text
from tests.support.tree import contents

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL to send")
ROOT = Path(__file__).parents[2]
UPDATE = ("update", "--accept-grants")
EDITED = ".claude/agents/ana.md"


@dataclass(frozen=True)
class Scene:
    """A project before an update (kept as a copy), and what it holds before and after."""

    template: Path
    work: Path
    old: dict[str, bytes]
    new: dict[str, bytes]

    def count(self, *mutant: str) -> int:
        """Return how many calls one update makes, once the cache holds what it can hold."""
        self.reset()
        return int(kill(self.work, 0, *mutant, *UPDATE).stderr.split()[-1])

    def reset(self) -> None:
        shutil.rmtree(self.work)
        shutil.copytree(self.template, self.work, symlinks=True)


def kill(scene_work: Path, at: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.crash.killer", str(at), *arguments, "-C", str(scene_work)],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def state(work: Path) -> dict[str, bytes]:
    """Return all that the user sees, and fail if a change still waits to be finished."""
    assert not (work / ".agentpkg/journal.json").exists()
    return contents(work)


@pytest.fixture
def scene(cli: Cli, project: Path, manifest: Path, registry: Registry, tmp_path: Path) -> Scene:
    """Three agents on three hosts: one is edited, one goes, one comes, and powers grow."""
    manifest.write_text(manifest.read_text().replace('["claude"]', '["claude", "opencode", "codex"]'))
    registry.publish("team", "1.0.0", files={f"agents/{name}.md": agent_text(name) for name in ("ana", "ben")})
    cli("install", "team")
    path = project / EDITED
    path.write_text(path.read_text().replace("Line 2 of", "My line two of"))
    body = BODY.replace("Line 19 of", "LINE NINETEEN of")
    registry.publish(
        "team", "1.1.0", files={f"agents/{name}.md": agent_text(name, body=body) for name in ("ana", "cid")}
    )
    template = tmp_path / "template"
    shutil.copytree(project, template, symlinks=True)
    old = contents(project)
    done = kill(project, 0, *UPDATE)
    assert done.returncode == 0, done.stderr
    new = state(project)
    assert b"My line two of" in new[EDITED]
    assert b"LINE NINETEEN of" in new[EDITED]
    assert new.keys() != old.keys()
    scene = Scene(template=template, work=project, old=old, new=new)
    scene.reset()
    return scene


def sweep(scene: Scene, cli: Cli, points: list[int], *mutant: str) -> list[str]:
    """Kill at each point, run the next command, and return the outcomes: `old`, `new` or `mixed`."""
    outcomes = []
    for point in points:
        scene.reset()
        done = kill(scene.work, point, *mutant, *UPDATE)
        assert done.returncode == -9, done.stderr
        cli("sync", "--offline", code=0) if not mutant else kill(scene.work, 0, "sync", "--offline")
        after = contents(scene.work) if mutant else state(scene.work)
        outcomes.append("old" if after == scene.old else "new" if after == scene.new else "mixed")
    return outcomes


def spread(calls: int, number: int) -> list[int]:
    return sorted({1 + round(step * (calls - 1) / (number - 1)) for step in range(number)})


def test_killed_at_twelve_points_it_is_all_old_or_all_new(scene: Scene, cli: Cli) -> None:
    outcomes = sweep(scene, cli, spread(scene.count(), 12))
    assert set(outcomes) == {"old", "new"}, outcomes
    assert outcomes == sorted(outcomes, key=["old", "new"].index), "once committed, it stays committed"


def test_a_writer_without_a_journal_fails_the_same_sweep(scene: Scene, cli: Cli) -> None:
    assert "mixed" in sweep(scene, cli, spread(scene.count("--naive"), 12), "--naive")


@pytest.mark.crash
def test_killed_at_every_point_it_is_all_old_or_all_new(scene: Scene, cli: Cli) -> None:
    outcomes = sweep(scene, cli, list(range(1, scene.count() + 1)))
    assert "mixed" not in outcomes
    print(f"{len(outcomes)} kills: {outcomes.count('old')} all-old, {outcomes.count('new')} all-new")
