"""`agentpkg sync`, `status`, `diff`, `keep` and `lock`: drift, found and mended."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.registry import Registry, agent_text
from tests.support.tree import contents, stamps

SKILL = ".claude/skills/sql-optimization"


@pytest.fixture
def installed(cli: Cli, project: Path) -> Path:
    cli("install", "senior-data-engineer")
    return project


def test_check_passes_on_a_synced_project(cli: Cli, installed: Path) -> None:
    assert cli("sync", "--check").out == "in sync\n"


@pytest.mark.parametrize("path", [".claude/agents/data-engineer.md", f"{SKILL}/SKILL.md"])
def test_check_fails_after_an_edit(cli: Cli, installed: Path, path: str) -> None:
    (installed / path).write_text("changed\n")
    assert f"edited {path}" in cli("sync", "--check", code=1).err


def test_check_fails_after_a_deletion_and_sync_restores_it(cli: Cli, installed: Path) -> None:
    before = contents(installed)
    (installed / f"{SKILL}/SKILL.md").unlink()
    assert f"missing {SKILL}/SKILL.md" in cli("sync", "--check", code=1).err
    cli("sync")
    assert contents(installed) == before
    cli("sync", "--check")


def test_check_fails_after_a_file_is_added_to_a_skill(cli: Cli, installed: Path) -> None:
    (installed / f"{SKILL}/notes.md").write_text("mine\n")
    assert f"added {SKILL}/notes.md" in cli("sync", "--check", code=1).err
    (installed / f"{SKILL}/notes.md").unlink()
    (installed / ".claude/agents/mine.md").write_text("a neighbour is no drift\n")
    cli("sync", "--check")


def test_a_touch_without_a_change_is_no_drift(cli: Cli, installed: Path) -> None:
    (installed / ".claude/agents/data-engineer.md").touch()
    cli("sync", "--check")


def test_crlf_is_no_drift_and_survives_an_update(cli: Cli, project: Path, manifest: Path, registry: Registry) -> None:
    registry.publish("tool", "1.0.0")
    cli("install", "tool")
    path = project / ".claude/agents/tool.md"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    cli("sync", "--check")
    registry.publish("tool", "1.1.0", body="New.")
    cli("update")
    assert b"New.\r\n" in path.read_bytes()
    assert b"\n" not in path.read_bytes().replace(b"\r\n", b"")


def test_frozen_refuses_a_lock_that_does_not_fit(cli: Cli, installed: Path) -> None:
    manifest = installed / "agentpkg.toml"
    manifest.write_text(manifest.read_text() + 'data-reviewer = "~=1.0"\n')
    before = stamps(installed)
    assert "data-reviewer is not in the lock" in cli("sync", "--frozen", code=5).err
    assert stamps(installed) == before
    cli("sync")
    assert (installed / ".claude/agents/data-reviewer.md").exists()


def test_an_edited_file_stays_until_it_is_kept(cli: Cli, installed: Path) -> None:
    path = installed / ".claude/agents/data-engineer.md"
    edited = path.read_text() + "Mine.\n"
    path.write_text(edited)
    assert "your edit stays" in cli("sync").out
    assert path.read_text() == edited
    assert "+Mine." in cli("diff").out
    assert cli("keep", ".claude/agents/data-engineer.md").out == "kept .claude/agents/data-engineer.md\n"
    cli("sync", "--check")
    path.write_text(edited + "More.\n")
    cli("sync", "--check", code=1)


def test_keep_refuses_what_is_not_ours(cli: Cli, installed: Path) -> None:
    (installed / "mine.md").write_text("x\n")
    cli("keep", "mine.md", code=2)
    cli("keep", "../outside.md", code=2)


def test_a_path_that_a_message_shows_holds_from_a_folder_below_too(cli: Cli, project: Path, installed: Path) -> None:
    file = project / ".claude/agents/data-engineer.md"
    file.write_text(file.read_text() + "Mine.\n")
    (project / "sub").mkdir()
    below = replace(cli, folder=project / "sub")
    assert "+Mine." in below("diff", ".claude/agents/data-engineer.md").out
    assert below("keep", ".claude/agents/data-engineer.md").out.startswith("kept ")
    assert below("keep", "../.claude/agents/data-engineer.md").out


def test_two_sides_of_a_merge_are_not_kept(cli: Cli, project: Path, installed: Path) -> None:
    file = project / ".claude/agents/data-engineer.md"
    file.write_text(file.read_text() + "<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n")
    before = (project / "agentpkg.lock").read_bytes()
    assert "two sides of a merge" in cli("keep", ".claude/agents/data-engineer.md", code=6).err
    assert (project / "agentpkg.lock").read_bytes() == before


def test_keep_deleted_leaves_a_deleted_file_away(cli: Cli, installed: Path) -> None:
    path = installed / ".claude/agents/data-engineer.md"
    path.unlink()
    assert "stays deleted" in cli("sync", "--keep-deleted").out
    assert not path.exists()
    cli("sync", "--check")
    cli("sync")
    assert not path.exists()


def test_a_deletion_can_be_kept(cli: Cli, installed: Path) -> None:
    (installed / f"{SKILL}/SKILL.md").unlink()
    cli("keep", f"{SKILL}/SKILL.md")
    cli("sync", "--check")
    cli("sync")
    assert not (installed / f"{SKILL}/SKILL.md").exists()


def test_status_gives_advice(cli: Cli, installed: Path) -> None:
    assert cli("status").out.startswith("7 of 7 files are as they should be")
    (installed / f"{SKILL}/SKILL.md").unlink()
    assert "agentpkg sync brings it back" in cli("status").out
    assert cli("status", "--json").json["files"] == [{"path": f"{SKILL}/SKILL.md", "state": "missing"}]


def test_a_symbolic_link_is_never_followed(cli: Cli, installed: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (installed / ".claude/agents").rename(outside)
    (installed / ".claude/agents").symlink_to(outside)
    before = contents(outside)
    assert "blocked .claude/agents/data-engineer.md" in cli("sync", "--check", code=1).err
    (outside / "data-engineer.md").unlink()
    assert ".claude/agents is a symbolic link" in cli("sync", code=3).err
    assert contents(outside) == {name: data for name, data in before.items() if name != "data-engineer.md"}


def test_lock_moves_on_and_sync_follows(cli: Cli, project: Path, manifest: Path, registry: Registry) -> None:
    registry.publish("tool", "1.0.0")
    cli("install", "tool")
    old = (project / ".claude/agents/tool.md").read_bytes()
    registry.publish("tool", "2.0.0", body="New.").publish("other")
    manifest.write_text(manifest.read_text().replace('tool = "~=1.0"', 'tool = "~=2.0"\nother = ""'))
    cli("lock", "--accept-grants")
    assert (project / ".claude/agents/tool.md").read_bytes() == old
    assert "outdated .claude/agents/tool.md" in cli("sync", "--check", code=1).err
    cli("sync", "--frozen")
    assert b"New." in (project / ".claude/agents/tool.md").read_bytes()
    manifest.write_text(manifest.read_text().replace('other = ""\n', ""))
    cli("lock")
    assert (project / ".claude/agents/other.md").exists()
    cli("sync")
    assert not (project / ".claude/agents/other.md").exists()
    cli("sync", "--check")


def test_a_file_of_an_older_lock_is_updated_not_taken_for_an_edit(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    """A colleague's newer lock arrives by git while the agents are not committed."""
    registry.publish("tool", "1.0.0")
    cli("install", "tool")
    old = (project / ".claude/agents/tool.md").read_bytes()
    registry.publish("tool", "1.1.0", body="New.")
    cli("update")
    (project / ".claude/agents/tool.md").write_bytes(old)
    assert "outdated" in cli("status").out
    cli("sync")
    assert b"New." in (project / ".claude/agents/tool.md").read_bytes()


def test_a_lock_with_conflict_markers_is_joined(cli: Cli, project: Path, manifest: Path, registry: Registry) -> None:
    registry.publish("left").publish("right")
    base = manifest.read_text()
    cli("install", "left")
    left = (project / "agentpkg.lock").read_text()
    cli("remove", "left")
    cli("install", "right")
    right = (project / "agentpkg.lock").read_text()
    manifest.write_text(base + 'left = "~=1.0"\nright = "~=1.0"\n')
    (project / "agentpkg.lock").write_text(f"<<<<<<< ours\n{left}=======\n{right}>>>>>>> theirs\n")
    cli("sync")
    assert json.loads((project / "agentpkg.lock").read_text())["bundles"].keys() == {"left", "right"}
    cli("sync", "--check")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", 5),
        ("", 5),
        ('{"format": 99}', 2),
        ('{"format": 1, "files": {"../x": {"bundle": "a", "item": "b", "hosts": [], "sha256": "c"}}}', 3),
    ],
)
def test_a_lock_that_cannot_be_is_refused(cli: Cli, installed: Path, text: str, code: int) -> None:
    (installed / "agentpkg.lock").write_text(text)
    before = stamps(installed)
    assert "hint:" in cli("sync", code=code).err
    assert stamps(installed) == before


def test_a_changed_host_setting_is_rendered(cli: Cli, project: Path) -> None:
    (project / "agentpkg.toml").write_text('[project]\nhosts = ["codex"]\n')
    cli("install", "data-engineer")
    manifest = project / "agentpkg.toml"
    manifest.write_text(manifest.read_text() + '\n[models.codex]\nbalanced = "gpt-6-sol"\n')
    assert "the settings for codex have changed" in cli("sync", "--check", code=1).err
    cli("sync")
    assert 'model = "gpt-6-sol"' in (project / ".codex/agents/data-engineer.toml").read_text()


def test_crlf_manifest_and_lock_are_no_change(cli: Cli, installed: Path) -> None:
    for name in ("agentpkg.toml", "agentpkg.lock"):
        path = installed / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = stamps(installed)
    cli("sync")
    cli("install", "senior-data-engineer")
    assert stamps(installed) == before
    cli("install", "data-reviewer")
    assert b"data-reviewer" in (installed / "agentpkg.toml").read_bytes()


def test_what_was_understood_of_a_manifest_edit_is_told(cli: Cli, installed: Path) -> None:
    manifest = installed / "agentpkg.toml"
    manifest.write_text(manifest.read_text().replace("~=2.0", ">=2.0,<3"))
    assert cli("sync").out == "  update agentpkg.lock\n"


def test_a_project_without_hosts_is_told(cli: Cli, installed: Path) -> None:
    (installed / "agentpkg.toml").write_text('[project]\nhosts = []\n[bundles]\ndata-engineer = ""\n')
    assert "names no host to install data-engineer for" in cli("sync", code=2).err


def test_errors_are_json_too_where_json_is_asked_for(cli: Cli, installed: Path) -> None:
    (installed / f"{SKILL}/SKILL.md").unlink()
    assert cli("sync", "--check", "--json", code=1).json["files"][0]["state"] == "missing"
    error = cli("install", "nobody", "--json", code=2).json["error"]
    assert error["message"] == "there is no bundle 'nobody' in registry default"
    assert error["exit_code"] == 2
    cli("diff", "nobody.md", code=2)


def test_a_lock_cannot_make_agentpkg_delete_what_is_not_its(cli: Cli, installed: Path) -> None:
    settings = installed / ".claude/settings.json"
    settings.write_text("{}")
    lock = json.loads((installed / "agentpkg.lock").read_text())
    entry = next(iter(lock["files"].values()))
    digest = hashlib.sha256(b"{}").hexdigest()
    lock["files"][".claude/settings.json"] = {**entry, "sha256": digest}
    (installed / "agentpkg.lock").write_text(json.dumps(lock))
    (installed / ".claude/agents/data-engineer.md").unlink()
    assert "is not a place for an agent or a skill" in cli("sync", code=3).err
    assert settings.read_text() == "{}"


def test_notes_are_told_for_a_host_that_is_added(cli: Cli, installed: Path) -> None:
    manifest = installed / "agentpkg.toml"
    manifest.write_text(manifest.read_text().replace('["claude"]', '["claude", "gemini"]'))
    assert "narrowed on gemini: senior-data-engineer" in cli("sync").out


def test_keep_dry_run_writes_nothing(cli: Cli, installed: Path) -> None:
    (installed / ".claude/agents/data-engineer.md").write_text("mine\n")
    before = stamps(installed)
    assert "kept" in cli("keep", "--dry-run", ".claude/agents/data-engineer.md").out
    assert stamps(installed) == before


@pytest.mark.parametrize(
    ("text", "code"),
    [("[" * 5000, 2), ("x = " + "9" * 5000, 2), ("[bundles]\nx = '~=" + "9" * 5000 + "'", 2)],
)
def test_odd_toml_is_told(cli: Cli, project: Path, text: str, code: int) -> None:
    (project / "agentpkg.toml").write_text(text)
    cli("sync", code=code)


def test_a_manifest_that_is_a_folder_is_told(cli: Cli, project: Path) -> None:
    (project / "agentpkg.toml").mkdir()
    cli("sync", code=9)


def test_a_cache_that_cannot_be_made_is_told(cli: Cli, monkeypatch: pytest.MonkeyPatch, project: Path) -> None:
    (project / "file").write_text("x")
    monkeypatch.setenv("AGENTPKG_CACHE_DIR", str(project / "file" / "cache"))
    cli("install", "data-engineer", code=9)


def test_a_version_that_is_not_what_the_lock_recorded_is_refused(
    cli: Cli, project: Path, manifest: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A colleague's machine has never seen the registry, so only the lock can tell that a version was rewritten."""
    registry.publish("tool")
    cli("install", "tool")
    (registry.folder / "bundles/tool/1.0.0/agents/tool.md").write_text(agent_text("tool", body="evil"))
    registry.commit("rewrite")
    monkeypatch.setenv("AGENTPKG_CACHE_DIR", str(tmp_path / "another-machine"))
    monkeypatch.setenv("AGENTPKG_STATE_DIR", str(tmp_path / "another-machine"))
    (project / ".claude/agents/tool.md").unlink()
    before = stamps(project)
    assert "tool 1.0.0 is not what the lock recorded" in cli("sync", "--frozen", code=5).err
    assert stamps(project) == before


def test_a_model_id_can_be_mapped_too(cli: Cli, project: Path) -> None:
    manifest = project / "agentpkg.toml"
    manifest.write_text(
        '[project]\nhosts = ["opencode"]\n[models.opencode]\n"claude-opus-4-8" = "inherit"\nbalanced = "openai/gpt-6"\n'
    )
    cli("install", "analytics-team", "data-engineer")
    assert "model:" not in (project / ".opencode/agents/metrics-analyst.md").read_text()
    assert 'model: "openai/gpt-6"' in (project / ".opencode/agents/data-engineer.md").read_text()
    manifest.write_text('[project]\nhosts = ["opencode"]\n[models.opencode]\nbalancd = "x"\n')
    assert "'balancd' is no tier and no model id" in cli("sync", code=2).err
