"""Several runs at once on one project and one cache."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.registry import Registry


@pytest.mark.parametrize("number", [2, pytest.param(4, marks=pytest.mark.soak)])
def test_installs_at_once_all_happen_each_done_twice(
    cli: Cli, project: Path, manifest: Path, registry: Registry, number: int
) -> None:
    names = [f"tool-{letter}" for letter in "abcd"[:number]]
    for name in names:
        registry.publish(name)
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "agentpkg", "install", name],
            cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for name in names * 2
    ]  # fmt: skip
    for run in runs:
        out, _ = run.communicate(timeout=120)
        assert run.returncode == 0, out.decode()
    assert [one["id"] for one in cli("list", "--json").json["bundles"]] == names
    cli("sync", "--check")
