"""`agentpkg ci`: the workflow is written once, and nothing of the user's is written over."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.support.cli import Cli

PLACE = ".github/workflows/agents.yml"


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


def test_a_project_below_the_top_gets_its_own_where_it_is_looked_for(cli: Cli, project: Path, manifest: Path) -> None:
    below = project / "teams" / "Data & ETL"
    below.mkdir(parents=True)
    (below / "agentpkg.toml").write_text(manifest.read_text())
    place = ".github/workflows/agents-teams-Data-ETL.yml"
    assert cli("ci", "-C", str(below)).out == f"wrote {place}\n"
    data = yaml.safe_load((project / place).read_text())
    assert data["defaults"] == {"run": {"working-directory": "teams/Data & ETL"}}
    assert data["jobs"]["update"]["steps"][-1]["env"]["BRANCH"] == "agentpkg/update-teams-Data-ETL"
    assert not (below / ".github").exists()
    cli("ci")
    assert (project / PLACE).is_file()


def test_line_endings_of_a_checkout_make_no_other_file_of_it(cli: Cli, project: Path, manifest: Path) -> None:
    cli("ci")
    (project / PLACE).write_bytes((project / PLACE).read_bytes().replace(b"\n", b"\r\n"))
    assert cli("ci").out == f"{PLACE} is there already, just so\n"
