"""A scene, for every test that kills or breaks something."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.scenes import Scene, environment, set_scene
from tests.support.cli import Cli
from tests.support.registry import Registry


@pytest.fixture
def scene(
    request: pytest.FixtureRequest, tmp_path: Path, registry: Registry, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> Scene:
    """The scene that the test is parametrized with, else the update."""
    for variable, value in environment(tmp_path / "world").items():
        monkeypatch.setenv(variable, value)
    return set_scene(getattr(request, "param", "update"), tmp_path, registry, cli)


@pytest.fixture
def inside(scene: Scene, cli: Cli) -> Cli:
    """The command line, run in the project of the scene."""
    return cli.at(scene.project)
