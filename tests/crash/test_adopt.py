"""Killed from inside an adoption: agents keep every byte, manifest and lock go together, and the next run finishes."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.crash.scenes import SCENES, Scene, environment, set_scene
from tests.support.cli import Cli
from tests.support.registry import Registry
from tests.support.tree import contents, stamps

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL to send"),
]
_POINTS = 12


def _prepare(cli: Cli, registry: Registry) -> None:
    """Beside one agent of nobody's there is a copy of another bundle's."""
    registry.publish("solo")
    manifest, lock = ((cli.folder / path).read_text() for path in ("agentpkg.toml", "agentpkg.lock"))
    cli("install", "solo")
    (cli.folder / "agentpkg.toml").write_text(manifest)
    (cli.folder / "agentpkg.lock").write_text(lock)


@pytest.fixture
def scene(tmp_path: Path, registry: Registry, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Scene:
    for variable, value in environment(tmp_path / "world").items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setitem(SCENES, "adopt", (_prepare, ("adopt",)))
    return set_scene("adopt", tmp_path, registry, cli)


def test_killed_at_any_point_an_adoption_has_happened_or_not_and_can_be_done_again(scene: Scene, cli: Cli) -> None:
    assert scene.old != scene.new
    scene.reset()
    done = scene.run(module=("tests.crash.killer", "0", "none"))
    assert done.returncode == 0, done.stderr
    calls = int(done.stderr.split()[-1])
    outcomes = set()
    for step in range(_POINTS):
        scene.reset()
        stood = {path: stamp for path, stamp in stamps(scene.project).items() if path in scene.old}
        done = scene.run(module=("tests.crash.killer", str(1 + round(step * (calls - 1) / (_POINTS - 1))), "none"))
        assert done.returncode == -signal.SIGKILL, done.stderr
        cli.at(scene.project)("sync", "--offline")
        now = contents(scene.project)
        decided = [now[path] == scene.new[path] for path in ("agentpkg.toml", "agentpkg.lock")]
        assert decided[0] == decided[1]
        assert all(now[path] == scene.old[path] for path in scene.old if not path.startswith("agentpkg."))
        outcomes.add(decided[0])
        cli.at(scene.project)("adopt")
        left = {
            path for path in contents(scene.project) if ".agentpkg-part/" in path
        }  # of a folder that was not yet one
        assert {path: data for path, data in contents(scene.project).items() if path not in left} == scene.new
        after = stamps(scene.project)
        assert all(after[path] == stamp for path, stamp in stood.items() if not path.startswith("agentpkg."))
    assert outcomes == {False, True}
