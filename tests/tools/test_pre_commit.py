"""The hooks under the real pre-commit, which clones this repository and installs it as users have it do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.registry import Registry, git, write_bundle

pytestmark = pytest.mark.tools
ROOT = Path(__file__).parents[2]
PARTS = ("agentpkg", "registry", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository as it is now, with what is not committed yet."""
    place = tmp_path_factory.mktemp("hooks")
    for part in PARTS:
        whole = ROOT / part
        if whole.is_dir():
            shutil.copytree(whole, place / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(whole, place)
    git(place, "init", "-q", ".")
    git(place, "add", "-A")
    git(place, "commit", "-q", "-m", "as it is")
    return place


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps what it installs, once for all tests here."""
    return tmp_path_factory.mktemp("pre-commit")


def pre_commit(project: Path, hooks: Path, store: Path) -> tuple[int, str]:
    """Run all hooks over what is committed and staged; return exit code and output."""
    revision = git(hooks, "rev-parse", "HEAD").strip()
    (project / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {hooks}\n    rev: {revision}\n    hooks:\n"
        "      - id: agentpkg-sync\n      - id: agentpkg-check\n"
    )
    git(project, "add", "-A")
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--all-files"],
        cwd=project, capture_output=True, text=True, check=False,
        env={**os.environ, "PRE_COMMIT_HOME": str(store)},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_hooks_hold_a_project_to_its_lock_and_bundles_to_the_checks(
    cli: Cli, project: Path, manifest: Path, registry: Registry, hooks: Path, store: Path
) -> None:
    registry.publish("tool", "1.0.0", tools="[read]")
    cli("install", "tool")
    write_bundle(project / "bundles/own", "own", "1.0.0", tools="[read]")
    code, told = pre_commit(project, hooks, store)
    assert code == 0, told
    assert told.count("Passed") == 2, told
    (project / ".claude/agents/tool.md").unlink()
    agent = project / "bundles/own/agents/own.md"
    agent.write_text(agent.read_text().replace("tools: [read]", "tools: [raed]"))
    code, told = pre_commit(project, hooks, store)
    assert code == 1
    assert "missing .claude/agents/tool.md" in told
    assert "raed" in told
    assert told.count("Failed") == 2, told
