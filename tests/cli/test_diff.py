"""`agentpkg diff NAME`: two versions of a bundle, in text and powers, as authored and as a host gets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.registry import BODY, Registry, agent_text, write_bundle
from tests.support.tree import stamps


@pytest.fixture
def tool(cli: Cli, manifest: Path, registry: Registry) -> Registry:
    """A registry with tool 1.0.0, which the project has, 1.1.0 with another line 10, and 2.0.0 with other powers."""
    registry.publish("tool", tools="[read]")
    cli("install", "tool")
    registry.publish("tool", "1.1.0", tools="[read]", body=BODY.replace("Line 10 of", "LINE TEN of"))
    return registry.publish("tool", "2.0.0", tools="[glob, shell]", description='"Another."')


def first(cli: Cli, *arguments: str) -> str:
    return cli("diff", *arguments).out.splitlines()[0]


def test_the_next_step_is_shown_and_nothing_is_written(cli: Cli, tool: Registry, project: Path) -> None:
    before = stamps(project)
    result = cli("diff", "tool")
    assert result.out.startswith("tool 1.0.0 → 1.1.0 (a patch change)\n--- a/agents/tool.md\n+++ b/agents/tool.md\n")
    assert "-Line 10 of the prompt.\n+LINE TEN of the prompt.\n" in result.out
    assert '-version = "1.0.0"\n+version = "1.1.0"\n' in result.out
    assert stamps(project) == before


def test_beyond_the_manifest_only_where_an_update_takes_nothing(cli: Cli, tool: Registry) -> None:
    cli("update")
    assert first(cli, "tool") == "tool 1.1.0 → 2.0.0 (a major change)"
    cli("update", "--latest", "--accept-grants")
    result = cli("diff", "tool")
    assert (result.out, result.err) == ("", "tool 2.0.0: there is no newer version to compare with\n")
    assert cli("diff", "tool", "--json").json["before"] is None


def test_versions_can_be_named(cli: Cli, tool: Registry) -> None:
    assert first(cli, "tool", "2.0.0").startswith("tool 1.0.0 → 2.0.0")
    assert first(cli, "tool", "1.0.0").startswith("tool 1.0.0 → 1.1.0")
    cli("update")
    assert first(cli, "tool", "1.0.0").startswith("tool 1.0.0 → 1.1.0")
    result = cli("diff", "tool", "2.0.0", "1.0.0").out.splitlines()
    assert result[:3] == [
        "tool 2.0.0 → 1.0.0 (a minor change)",
        "  minor: tool has another description",
        "  tool no longer holds shell",
    ]
    assert cli("diff", "tool", "1.0.0", "1.0.0").err == "both have the same text\n"
    assert "there is no tool 9.0.0\nhint: it has 2.0.0, 1.1.0, 1.0.0" in cli("diff", "tool", "9.0.0", code=2).err
    assert "name two at the most" in cli("diff", "tool", "1.0.0", "1.1.0", "2.0.0", code=2).err


def test_powers_are_told_before_text(cli: Cli, tool: Registry) -> None:
    lines = cli("diff", "tool", "1.0.0", "2.0.0").out.splitlines()
    assert lines[1:4] == ["  major: tool gains shell", "  minor: tool has another description", "--- a/agents/tool.md"]
    data = cli("diff", "tool", "1.0.0", "2.0.0", "--json").json
    assert (data["bundle"], data["installed"], data["before"], data["after"]) == ("tool", "1.0.0", "1.0.0", "2.0.0")
    assert data["level"] == "major"
    assert data["reasons"][0] == {"level": "major", "reason": "tool gains shell"}
    assert data["powers"] == [{"agent": "tool", "held": ["glob", "shell"], "gained": ["shell"], "lost": []}]
    assert "+tools: [glob, shell]" in data["text"]
    assert data["hosts"] == {}


def test_a_hosts_files_are_compared_as_the_project_has_them(cli: Cli, manifest: Path, registry: Registry) -> None:
    files = {f"agents/{name}.md": agent_text(name, tools="[read]", body="Old.") for name in ("one", "two")}
    registry.publish("tool", "1.0.0", files=files)
    cli("install", "tool", "--only", "one", "--as", "one=first")
    new = {path: text.replace("Old.", "New.") for path, text in files.items()}
    registry.publish("tool", "1.1.0", files=new)
    text = cli("diff", "tool", "--host", "claude").out
    assert "--- a/.claude/agents/first.md\n+++ b/.claude/agents/first.md\n" in text
    assert "two.md" not in text
    assert "agents/one.md" not in text
    hosts = cli("diff", "tool", "--host", "claude", "--host", "gemini", "--json").json["hosts"]
    assert hosts.keys() == {"claude", "gemini"}
    assert "-Old.\n+New.\n" in hosts["gemini"]
    registry.publish("tool", "1.2.0", files=new)
    assert "claude gets the same text of both" in cli("diff", "tool", "1.1.0", "1.2.0", "--host", "claude").err
    registry.publish("tool", "2.0.0", files={"agents/two.md": new["agents/two.md"]})
    manifest.write_text(manifest.read_text() + '\n[overrides.tool.agents.one]\nmodel = "haiku"\n')
    assert "+++ /dev/null" in cli("diff", "tool", "2.0.0", "--host", "claude").out
    cli("diff", "tool", "--host", "emacs", code=2)
    assert "--host goes with a bundle's name" in cli("diff", "--host", "claude", code=2).err


def test_a_bundle_that_is_not_installed_takes_versions(cli: Cli, tool: Registry) -> None:
    tool.publish("other").publish("other", "1.1.0")
    assert "other is not installed\nhint: name two versions" in cli("diff", "other", code=2).err
    assert first(cli, "other", "1.0.0").startswith("other 1.0.0 → 1.1.0")
    assert first(cli, "other", "1.0.0", "1.1.0").startswith("other 1.0.0 → 1.1.0")
    assert "there is no bundle 'nobody'" in cli("diff", "nobody", code=2).err


def test_without_a_project_the_registry_is_read_all_the_same(cli: Cli) -> None:
    assert first(cli, "data-engineer", "1.0.0", "2.0.0").startswith("data-engineer 1.0.0 → 2.0.0")
    assert "agentpkg init" in cli("diff", code=2).err


def test_a_project_that_was_cut_short_is_not_told_of(cli: Cli, manifest: Path, project: Path) -> None:
    (project / ".agentpkg/staged").mkdir(parents=True)
    (project / ".agentpkg/journal.json").write_text('{"format": 1, "steps": []}')
    assert "cut short" in cli("diff", code=1).err
    assert "cut short" in cli("diff", "tool", code=1).err


def test_offline_only_what_was_fetched_is_compared(cli: Cli, tool: Registry) -> None:
    assert "there is no newer version" in cli("diff", "tool", "--offline").err
    cli("outdated")
    assert first(cli, "tool", "--offline").startswith("tool 1.0.0 → 1.1.0")


def test_files_and_bundles_are_told_apart(cli: Cli, tool: Registry, project: Path) -> None:
    path = project / ".claude/agents/tool.md"
    path.write_text(path.read_text() + "Mine.\n")
    assert "+Mine." in cli("diff", ".claude/agents/tool.md").out
    (project / "tool").mkdir()
    assert first(cli, "tool").startswith("tool 1.0.0 → 1.1.0")
    (project / "tool").rmdir()
    (project / "tool").write_text("a file\n")
    told = cli("diff", "tool", code=2).err
    assert "tool is a bundle and a file\nhint: ./tool is the file; with a version" in told
    assert first(cli, "tool", "1.1.0").startswith("tool 1.0.0 → 1.1.0")
    assert "tool is not a file that agentpkg wrote" in cli("diff", "./tool", code=2).err
    assert "nobody.md is not a file" in cli("diff", "nobody.md", code=2).err


def test_a_bundle_of_the_project_has_no_versions(cli: Cli, project: Path, manifest: Path) -> None:
    write_bundle(project / "bundles/own", "own")
    manifest.write_text(manifest.read_text() + 'own = { path = "bundles/own" }\n')
    cli("sync")
    assert "own lies in the project itself (bundles/own)" in cli("diff", "own", code=2).err


def test_a_version_with_text_that_cannot_be_seen_reaches_no_terminal(cli: Cli, tool: Registry) -> None:
    tool.publish("tool", "1.2.0", tools="[read]", body="red \x1b[31m")
    assert "\x1b" not in cli("diff", "tool", code=3).err
