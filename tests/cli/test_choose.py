"""Choosing at a terminal: what `init`, `install -i` and `update -i` propose, and what comes of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentpkg.project import user_project
from tests.support.cli import Cli
from tests.support.registry import Registry
from tests.support.terminal import DOWN, ENTER, LEAVE, SPACE, Terminal
from tests.support.tree import contents

OWN = "---\nname: own\ndescription: Use when own.\ntools: Read, Grep\n---\n\nDo own things.\n"
terminal = pytest.mark.skipif(os.name != "posix", reason="a pseudo-terminal is a POSIX thing")


@pytest.fixture
def claude_only(project: Path) -> Path:
    """A project with agents of one host, and files that say what it is."""
    file = project / ".claude" / "agents" / "own.md"
    file.parent.mkdir(parents=True)
    file.write_text(OWN)
    (project / "dbt_project.yml").touch()
    return project


def test_init_tells_what_fits_a_project(cli: Cli, claude_only: Path) -> None:
    told = cli("init").err
    assert "hosts found in" in told
    assert "1 agent here already: agentpkg adopt looks after it" in told
    assert "  analytics-team 1.1.0: An analytics engineer" in told
    assert "(dbt_project.yml)" in told
    assert [path.name for path in claude_only.iterdir() if path.name.startswith("agentpkg")] == ["agentpkg.toml"]


def test_init_proposes_in_json_too_and_nothing_where_hosts_are_given(cli: Cli, claude_only: Path) -> None:
    data = cli("init", "--dry-run", "--json").json
    assert data["agents"] == [".claude/agents/own.md"]
    assert "analytics-team" in [one["id"] for one in data["proposals"]]
    assert cli("init", "--host", "claude", "--json").json["proposals"] == []


def test_a_registry_that_cannot_be_reached_is_passed_over(cli: Cli, claude_only: Path) -> None:
    cli("init", "--global", "--host", "claude")
    user = user_project()
    place = user.root / user.manifest
    place.write_text(f'{place.read_text()}\n[registries.gone]\nurl = "{(claude_only / "nowhere").as_uri()}"\n')
    told = cli("init").err
    assert "warning: gone is passed over: " in told
    assert "analytics-team" in told
    assert (claude_only / "agentpkg.toml").is_file()


@terminal
def test_init_does_what_is_chosen(cli: Cli, claude_only: Path) -> None:
    screen = Terminal(claude_only, "init")
    screen.see("Hosts of this project")
    screen.see("warp")
    screen.type(DOWN, SPACE, ENTER)
    screen.see("Hosts of this project: claude, copilot")
    screen.see("Look after it, and write it for all these hosts?")
    screen.type("y", ENTER)
    screen.see("Bundles that fit this project")
    screen.see("data-reviewer")
    screen.type("reviewer")
    screen.type(SPACE, ENTER)
    assert screen.end() == 0, screen.screen
    assert (claude_only / ".claude/agents/own.md").read_text() == OWN
    assert (claude_only / ".github/agents/own.agent.md").is_file()
    assert (claude_only / ".github/agents/data-reviewer.agent.md").is_file()
    assert 'hosts = ["claude", "copilot"]' in (claude_only / "agentpkg.toml").read_text()
    cli("sync", "--check")


@terminal
def test_init_writes_no_more_than_a_manifest_where_nothing_is_chosen(claude_only: Path) -> None:
    screen = Terminal(claude_only, "init")
    screen.see("Hosts of this project")
    screen.type(ENTER)
    screen.see("write it for all these hosts?")
    screen.type("n", ENTER)
    screen.see("Bundles that fit this project")
    screen.type(ENTER)
    assert screen.end() == 0, screen.screen
    assert (claude_only / "agentpkg.toml").read_text() == '[project]\nhosts = ["claude"]\n\n[bundles]\n'
    assert not (claude_only / "agentpkg.lock").exists()


@terminal
def test_leaving_changes_nothing(claude_only: Path) -> None:
    before = contents(claude_only)
    screen = Terminal(claude_only, "init")
    screen.see("Hosts of this project")
    screen.type(LEAVE)
    assert screen.end() == 130
    assert contents(claude_only) == before


@terminal
def test_names_are_typed_where_no_cursor_can_be_moved(project: Path) -> None:
    screen = Terminal(project, "init", TERM="dumb")
    screen.see("Hosts of this project (names)")
    screen.type("gemini, codex", ENTER)
    assert screen.end() == 0, screen.screen
    assert 'hosts = ["codex", "gemini"]' in (project / "agentpkg.toml").read_text()
    screen = Terminal(project / "..", "init", "-C", str(project.parent), TERM="dumb")
    screen.see("(names)")
    screen.type("gemni", ENTER)
    assert screen.end() == 2
    assert "did you mean gemini?" in screen.screen


@terminal
def test_install_lets_choose_what_is_not_there_yet(cli: Cli, project: Path, manifest: Path, registry: Registry) -> None:
    registry.publish("tool", "1.0.0", tools="[read]").publish("tongs", "1.0.0", tools="[read]").publish("saw", "1.0.0")
    cli("install", "tool")
    screen = Terminal(project, "install", "-i", "to")
    screen.see("Bundles to install")
    screen.see("tongs")
    screen.type(SPACE, ENTER)
    assert screen.end() == 0, screen.screen
    assert "+ tongs 1.0.0 installed" in screen.screen
    assert "saw" not in screen.screen


def test_choosing_needs_a_terminal_and_one_registry_of_names(cli: Cli, project: Path, manifest: Path) -> None:
    assert "needs a terminal" in cli("install", "-i", code=2).err
    assert "excludes" in cli("install", "-i", "--as", "a=b", code=2).err


@terminal
def test_nothing_to_choose_is_told_and_nothing_chosen_changes_nothing(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", "1.0.0", tools="[read]")
    screen = Terminal(project, "install", "-i", "zzzzzz")
    assert screen.end() == 2
    assert "nothing to choose for zzzzzz" in screen.screen
    before = contents(project)
    screen = Terminal(project, "install", "-i")
    screen.see("Bundles to install")
    screen.type(ENTER)
    assert screen.end() == 130
    assert contents(project) == before


@terminal
def test_update_lets_choose_what_is_behind_and_marks_what_gains_nothing(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    for name in ("aa", "bb", "cc"):
        registry.publish(name, "1.0.0", tools="[read]")
    cli("install", "aa", "bb", "cc")
    manifest.write_text(manifest.read_text().replace("~=1.0", ">=1"))
    cli("sync")
    registry.publish("aa", "1.1.0", tools="[read]").publish("bb", "2.0.0", tools="[read, shell]")
    screen = Terminal(project, "update", "-i")
    screen.see("Bundles to update")
    screen.see("bb  1.0.0 -> 2.0.0  bb gains shell")
    screen.type(ENTER)
    assert screen.end() == 0, screen.screen
    assert "aa  1.0.0 -> 1.1.0  no new powers" in screen.screen
    assert "cc  1.0.0" not in screen.screen
    versions = {one["id"]: one["version"] for one in cli("list", "--json").json["bundles"]}
    assert versions == {"aa": "1.1.0", "bb": "1.0.0", "cc": "1.0.0"}
    assert "needs a terminal" in cli("update", "-i", code=2).err
    assert "exclude each other" in cli("update", "-i", "--json", code=2).err
    screen = Terminal(project, "update", "-i", "cc")
    assert screen.end() == 0
    assert "nothing is behind" in screen.screen


@terminal
def test_enter_after_typing_takes_nothing_that_is_not_in_sight(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("saw", "1.0.0", tools="[read]").publish("tool", "1.0.0", tools="[read]")
    cli("install", "saw", "tool")
    registry.publish("saw", "1.0.1", tools="[read]", body="New.\n").publish(
        "tool", "1.0.1", tools="[read]", body="New.\n"
    )
    screen = Terminal(project, "update", "-i")
    screen.see("Bundles to update")
    screen.type(SPACE, "tool", SPACE, ENTER)
    screen.type(SPACE, ENTER)
    assert screen.end() == 0, screen.screen
    versions = {one["id"]: one["version"] for one in cli("list", "--json").json["bundles"]}
    assert versions == {"saw": "1.0.0", "tool": "1.0.1"}
