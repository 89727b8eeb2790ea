"""`agentpkg ci`: the workflow is written once, and nothing of the user's is written over."""

from __future__ import annotations

from pathlib import Path

from agentpkg.workflow import PLACE
from tests.support.cli import Cli


def test_the_workflow_is_written_once(cli: Cli, project: Path, manifest: Path) -> None:
    assert cli("ci", "--dry-run").out == f"would write {PLACE}\n"
    assert not (project / ".github").exists()
    assert cli("ci", "--json").json == {"format": 1, "path": PLACE, "changed": True, "dry_run": False}
    assert cli("ci").out == f"{PLACE} is there already, just so\n"
    assert (project / PLACE).read_text() == cli("ci", "--print").out


def test_one_that_was_changed_is_never_written_over(cli: Cli, project: Path, manifest: Path) -> None:
    cli("ci")
    file = project / PLACE
    file.write_text(file.read_text() + "# mine\n")
    before = file.read_bytes()
    assert "is there already, and is another" in cli("ci", code=6).err
    assert file.read_bytes() == before


def test_it_is_of_a_project_with_a_manifest(cli: Cli, project: Path) -> None:
    assert "agentpkg.toml" in cli("ci", code=2).err
    assert "is of a project" in cli("ci", "--global", code=2).err
    assert not (project / ".github").exists()


def test_a_link_is_not_written_through(cli: Cli, project: Path, manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (project / ".github").symlink_to(tmp_path / "elsewhere")
    assert "symbolic link" in cli("ci", code=3).err
    assert not [*(tmp_path / "elsewhere").iterdir()]
