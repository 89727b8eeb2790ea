"""`agentpkg init`, `search`, `info`, `list`, `diff`: what they show."""

from __future__ import annotations

from pathlib import Path

from tests.support.cli import Cli
from tests.support.registry import Registry, agent_text


def test_init_writes_a_manifest_once(cli: Cli, project: Path) -> None:
    (project / ".codex").mkdir()
    assert "hosts found" in cli("init").err
    assert (project / "agentpkg.toml").read_text() == '[project]\nhosts = ["codex"]\n\n[bundles]\n'
    told = cli("init", code=2).err
    assert "is there already" in told
    assert "hint: edit its [project] hosts, then run agentpkg sync\n" in told


def test_init_takes_the_hosts_given(cli: Cli, project: Path) -> None:
    cli("init", "--host", "gemini", "--host", "cursor", "--dry-run")
    assert not (project / "agentpkg.toml").exists()
    assert cli("init", "--host", "gemini", "--host", "cursor", "--json").json["hosts"] == ["gemini", "cursor"]
    cli("init", "--host", "emacs", code=2)


def test_search_finds_by_every_word(cli: Cli) -> None:
    everything = [one["id"] for one in cli("search", "--json").json["bundles"]]
    assert {"data-engineer", "senior-data-engineer", "data-reviewer", "streaming-engineer"} <= set(everything)
    assert [one["id"] for one in cli("search", "SENIOR", "engineer", "--json").json["bundles"]] == [
        "senior-data-engineer"
    ]
    assert "nothing found" in cli("search", "zzz").err


def test_search_shows_the_newest_final_version(cli: Cli, manifest: Path, registry: Registry) -> None:
    registry.publish("tool", "1.0.0").publish("tool", "1.1.0").publish("tool", "2.0.0rc1").yank("tool", "1.1.0")
    assert [one["version"] for one in cli("search", "--json").json["bundles"]] == ["1.0.0"]


def test_info_tells_versions_powers_and_requirements(cli: Cli) -> None:
    result = cli("info", "senior-data-engineer")
    assert "senior-data-engineer 2.0.0" in result.out
    assert "data-engineer ~=2.0" in result.out
    assert "may use: delegate, edit" in result.out
    data = cli("info", "data-engineer==1.0.0", "--json").json
    assert data["version"] == "1.0.0"
    assert {"version": "1.1.0", "yanked": None} in data["versions"]
    cli("info", "nobody", code=2)


def test_list_tells_what_was_asked_for_and_what_came_along(cli: Cli) -> None:
    cli("init")
    assert "no bundle is installed" in cli("list").err
    cli("install", "senior-data-engineer")
    rows = {one["id"]: one["wanted"] for one in cli("list", "--json").json["bundles"]}
    assert rows == {"data-engineer": None, "senior-data-engineer": "~=2.0"}


def test_diff_shows_the_waiting_version_too(cli: Cli, project: Path, manifest: Path, registry: Registry) -> None:
    registry.publish("tool", "1.0.0", body="one")
    cli("install", "tool")
    path = project / ".claude/agents/tool.md"
    path.write_text(path.read_text().replace("one", "mine"))
    registry.publish("tool", "1.1.0", body="two")
    cli("update", code=6)
    out = cli("diff").out
    assert "-one\n+mine" in out
    assert "-mine\n+two" in out
    assert cli("diff", "--json").json["files"][0]["path"] == ".claude/agents/tool.md"


def test_what_a_registry_says_reaches_the_terminal_escaped(cli: Cli, manifest: Path, registry: Registry) -> None:
    registry.publish("tool", files={"agents/tool.md": agent_text("tool", description='"red \\x1b[31m"')})
    result = cli("install", "tool", code=3)
    assert "\x1b" not in result.out + result.err
    assert "U+001B" in result.err


def test_a_registry_cannot_write_lines_of_its_own_among_ours(cli: Cli, manifest: Path, registry: Registry) -> None:
    registry.publish("tool").yank("tool", "1.0.0", r"old\nerror: your disk is full")
    result = cli("install", "tool", code=3)
    assert r"bundles/tool/yanked.toml: 'old\nerror: your disk is full' is not on one line" in result.err
    registry.delete("bundles/tool/yanked.toml")
    (registry.folder / "registry.toml").write_text('format = 1\nname = "a"\ndescription = "b\\nwarning: c"\n')
    registry.commit()
    assert r"'b\nwarning: c' is not on one line" in cli("install", "tool", code=3).err


def test_what_comes_next_is_told(cli: Cli, project: Path) -> None:
    step = "next: agentpkg install NAME; agentpkg search lists what there is\n"
    assert step not in cli("init", "--host", "claude", "--dry-run").err
    assert step in cli("init", "--host", "claude").err
    assert "next: agentpkg install --global NAME; " in cli("init", "--global", "--host", "claude").err
    told = cli("new", "triage").err
    assert "then: agentpkg check bundles/triage\nto use it in this project: agentpkg install bundles/triage\n" in told
    assert "agentpkg install ./other\n" in cli("new", "other", "--to", ".").err
    assert "to use it" not in cli("new", "far", "--to", str(project / "away")).err
    cli("install", "bundles/triage", "./other")


def test_without_a_manifest_the_hint_is_for_the_folder_that_was_meant(cli: Cli, project: Path) -> None:
    told = cli("list", "--global", code=2).err
    assert f"there is no agentpkg.toml in {Path.home() / '.agentpkg'}" in told
    assert "hint: agentpkg init --global makes one\n" in told
    assert "hint: agentpkg init makes one\n" in cli("list", code=2).err
