"""The action for a registry's own CI: its shell steps, run as the runner would run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.registry import Registry, git

ACTION = Path(__file__).parents[2] / "action.yml"


def steps() -> list[dict[str, Any]]:
    data = yaml.safe_load(ACTION.read_text())
    found: list[dict[str, Any]] = data["runs"]["steps"]
    return found


def run(name: str, folder: Path, temp: Path, inputs: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one step with the values that its `env` takes from `inputs`."""
    step = next(step for step in steps() if step["name"] == name)
    given = {
        key: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda match: inputs.get(match[1], ""), text)
        for key, text in step["env"].items()
    }
    files = {"GITHUB_OUTPUT": str(temp / "output"), "GITHUB_STEP_SUMMARY": str(temp / "summary")}
    environment = {**os.environ, **given, **files, "RUNNER_TEMP": str(temp)}
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def temp(tmp_path: Path) -> Path:
    """The runner's folder, with agentpkg where the first step puts it."""
    place = tmp_path / "runner/agentpkg/bin"
    place.mkdir(parents=True)
    script = place / "agentpkg"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m agentpkg "$@"\n')
    script.chmod(0o755)
    return tmp_path / "runner"


def test_a_pull_request_is_told_and_checked(registry: Registry, temp: Path) -> None:
    registry.publish("tool", tools="[read]")
    git(registry.path, "checkout", "-q", "-b", "proposal")
    registry.publish("tool", "2.0.0", tools="[read, shell]")
    inputs = {"registry-diff": "main..HEAD", "path": ".", "subfolder": ""}
    done = run("Tell what this adds", registry.path, temp, inputs)
    assert done.returncode == 0, done.stderr
    summary = (temp / "summary").read_text()
    assert "## tool 2.0.0, since 1.0.0 (a major change)" in summary
    assert "| tool | `read, shell` | `shell` |  |" in summary
    assert (temp / "output").read_text() == f"file={temp}/registry-diff.md\n"
    assert run("Check the registry", registry.path, temp, inputs).returncode == 0


def test_a_rewritten_version_fails_both(registry: Registry, temp: Path) -> None:
    registry.publish("tool")
    git(registry.path, "checkout", "-q", "-b", "proposal")
    (registry.path / "bundles/tool/1.0.0/README.md").write_text("More.\n")
    registry.commit()
    inputs = {"registry-diff": "main..HEAD", "path": ".", "subfolder": ""}
    assert run("Tell what this adds", registry.path, temp, inputs).returncode == 3
    assert "It changes published versions" in (temp / "summary").read_text()
    done = run("Check the registry", registry.path, temp, inputs)
    assert done.returncode == 3
    assert "was changed after it was published" in done.stderr


def test_no_value_of_a_pull_request_becomes_part_of_a_script() -> None:
    for step in steps():
        assert "${{" not in step["run"]
        assert "uses" not in step
