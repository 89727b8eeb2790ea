"""`agentpkg tree`: the installed bundles as a graph, from the lockfile alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_start import HEAVY, imported
from tests.support.cli import Cli
from tests.support.graph import lay_down_graph
from tests.support.registry import write_bundle


@pytest.fixture
def graph(project: Path) -> Path:
    """A project with top, which requires mid and base, mid, which requires base, and base itself."""
    return lay_down_graph(project, "top", "base")


def test_the_tree_begins_at_the_manifest(cli: Cli, graph: Path) -> None:
    assert cli("tree").out.splitlines() == [
        "base 1.0.0 (~=1.0)",
        "top 1.0.0 (~=1.0)",
        "├── base 1.0.0 (any)",
        "└── mid 1.0.0 (any)",
        "    └── base 1.0.0 (~=1.0)",
    ]
    assert cli("tree", "mid").out.splitlines() == ["mid 1.0.0", "└── base 1.0.0 (~=1.0)"]


def test_the_inverted_tree_ends_there(cli: Cli, graph: Path) -> None:
    lines = [
        "base 1.0.0",
        "├── agentpkg.toml wants ~=1.0",
        "├── mid 1.0.0 wants ~=1.0",
        "│   └── top 1.0.0 wants any version",
        "│       └── agentpkg.toml wants ~=1.0",
        "└── top 1.0.0 wants any version (*)",
    ]
    assert cli("tree", "--invert").out.splitlines() == lines
    assert cli("tree", "-i", "base").out.splitlines() == lines
    assert cli("tree", "-i", "top").out.splitlines() == ["top 1.0.0", "└── agentpkg.toml wants ~=1.0"]


def test_json_has_the_graph_once(cli: Cli, graph: Path) -> None:
    data = cli("tree", "--json").json
    assert data["roots"] == [
        {"id": "base", "specifier": "~=1.0", "path": None},
        {"id": "top", "specifier": "~=1.0", "path": None},
    ]
    mid = {"id": "mid", "version": "1.0.0", "required_by": ["top"]}
    assert data["bundles"][1] == {**mid, "requires": [{"id": "base", "specifier": "~=1.0", "version": "1.0.0"}]}
    assert (data["missing"], data["unneeded"], data["unsettled"]) == ([], [], None)


def test_a_bundle_of_the_project_has_its_folder(cli: Cli, project: Path, manifest: Path) -> None:
    write_bundle(project / "bundles/own", "own")
    manifest.write_text(manifest.read_text() + 'own = { path = "bundles/own" }\n')
    cli("sync")
    assert cli("tree").out == "own 1.0.0 (bundles/own)\n"
    assert cli("tree", "--json").json["roots"] == [{"id": "own", "specifier": "", "path": "bundles/own"}]


def test_manifest_and_lock_that_do_not_fit_are_told(cli: Cli, graph: Path) -> None:
    graph.write_text(graph.read_text().replace('top = "~=1.0"', 'gone = ">=3"'))
    result = cli("tree")
    assert result.out.splitlines() == ["base 1.0.0 (~=1.0)", "gone, not installed (>=3)"]
    assert "mid 1.0.0 is in the lockfile, and nothing needs it" in result.err
    assert "this is not what agentpkg.toml asks for now: " in result.err
    data = cli("tree", "--json").json
    assert (data["missing"], data["unneeded"]) == (["gone"], ["mid", "top"])
    assert "gone" in data["unsettled"]


TOP = "top 1.0.0 (~=1.0) (*)"


def test_a_circle_in_the_lockfile_comes_to_an_end(cli: Cli, project: Path, graph: Path) -> None:
    path = project / "agentpkg.lock"
    data = json.loads(path.read_text())
    data["bundles"]["base"]["requires"] = {"top": ""}
    path.write_text(json.dumps(data))
    lines = cli("tree").out.splitlines()
    assert lines[:2] == ["base 1.0.0 (~=1.0)", "└── top 1.0.0 (any)"]
    assert lines[2:] == [
        "    ├── base 1.0.0 (any) (*)",
        "    └── mid 1.0.0 (any)",
        "        └── base 1.0.0 (~=1.0) (*)",
        TOP,
    ]
    assert cli("tree", "-i").out == ""  # everything requires something
    assert cli("tree", "-i", "base").out.startswith("base 1.0.0\n├── agentpkg.toml wants ~=1.0\n")
    cli("why", "base", "--all")


def test_an_empty_project_and_an_unknown_name(cli: Cli, manifest: Path) -> None:
    assert "no bundle is installed" in cli("tree").err
    assert "nobody is not installed" in cli("tree", "nobody", code=2).err


@pytest.mark.parametrize("name", ["tree", "why"])
def test_a_project_that_was_cut_short_is_not_told_of(cli: Cli, graph: Path, project: Path, name: str) -> None:
    (project / ".agentpkg/staged").mkdir(parents=True)
    (project / ".agentpkg/journal.json").write_text('{"format": 1, "steps": []}')
    assert "cut short" in cli(name, "base", code=1).err


@pytest.mark.parametrize("arguments", [["tree"], ["why", "base"]])
def test_neither_imports_anything_heavy(cli: Cli, graph: Path, project: Path, arguments: list[str]) -> None:
    modules = imported(project, *arguments)
    assert "agentpkg.graph" in modules
    assert modules.isdisjoint(HEAVY)


def test_where_boxes_cannot_be_shown_there_are_plain_signs(cli: Cli, graph: Path, project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agentpkg", "tree"],
        cwd=project,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert b"|-- base 1.0.0 (any)\n`-- mid 1.0.0 (any)\n    `-- base 1.0.0 (~=1.0)\n" in done.stdout
