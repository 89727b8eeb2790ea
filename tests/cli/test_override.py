"""`agentpkg override` and `[overrides]`: what a project sets of agents survives updates, and only takes away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_start import HEAVY, imported
from tests.support.cli import Cli
from tests.support.registry import BODY, Registry, agent_text, write_bundle
from tests.support.tree import contents, stamps

FILE = ".claude/agents/tool.md"


@pytest.fixture
def tool(cli: Cli, project: Path, manifest: Path, registry: Registry) -> Path:
    """A project with tool 1.0.0, which may edit and search the web."""
    registry.publish("tool", tools="[edit, web-search]", model="strong")
    cli("install", "tool")
    return project / FILE


def lock_of(project: Path, bundle: str = "tool") -> Any:
    return json.loads((project / "agentpkg.lock").read_text())["bundles"][bundle]


def add(manifest: Path, text: str) -> None:
    manifest.write_text(f"{manifest.read_text()}\n{text}")


def refused(cli: Cli, *arguments: str, code: int) -> str:
    """Run a command that must fail, see that nothing changed, and return what it says."""
    before = contents(cli.folder)
    told = cli(*arguments, code=code).err
    assert contents(cli.folder) == before
    return told


def test_an_override_survives_an_update(cli: Cli, tool: Path, manifest: Path, registry: Registry) -> None:
    cli("override", "tool", "--model", "fast", "--tools", "read, web-search")
    assert 'model: "haiku"' in tool.read_text()
    registry.publish("tool", "1.1.0", tools="[edit, web-search]", model="balanced", body=f"{BODY}\nMore.")
    cli("update")
    text = tool.read_text()
    assert "More." in text
    assert 'model: "haiku"' in text
    assert 'tools: ["Read", "WebSearch"]' in text
    assert manifest.read_text().endswith('[overrides.tool]\ntools = ["read", "web-search"]\nmodel = "fast"\n')
    assert "nothing to do" in cli("sync").out


def test_the_powers_that_are_recorded_and_shown_are_the_narrowed_ones(cli: Cli, tool: Path, project: Path) -> None:
    out = cli("override", "tool", "--tools", "web-search").out
    assert "~ tool 1.0.0\n    tool may use: web-search\n" in out
    assert lock_of(project)["grants"] == {"tool": ["web-search"]}
    assert lock_of(project)["overrides"] == {"tools": ["web-search"]}
    cli("audit")


def test_no_tool_is_not_every_tool(cli: Cli, tool: Path, project: Path) -> None:
    cli("override", "tool", "--tools", "none")
    assert "tools: []" in tool.read_text()
    assert lock_of(project)["grants"] == {"tool": []}
    assert lock_of(project)["overrides"] == {"tools": []}


def test_hosts_get_what_is_set_for_them(cli: Cli, tool: Path, manifest: Path, project: Path) -> None:
    manifest.write_text(manifest.read_text().replace('["claude"]', '["claude", "opencode"]'))
    add(manifest, '[overrides.tool.hosts.claude]\nmodel = "haiku"\ncolor = "cyan"\nmaxTurns = 7\ntools = ["edit"]\n')
    cli("sync")
    text, other = tool.read_text(), (project / ".opencode/agents/tool.md").read_text()
    assert all(line in text for line in ('model: "haiku"\n', 'color: "cyan"\n', "maxTurns: 7\n", 'tools: ["Edit"]'))
    assert "haiku" not in other
    assert "websearch: " in other
    assert set(lock_of(project)["grants"]["tool"]) == {"edit", "web-search"}


def test_an_edit_of_the_users_is_merged_with_a_new_override(cli: Cli, tool: Path) -> None:
    tool.write_text(tool.read_text() + "Mine.\n")
    out = cli("override", "tool", "--model", "fast").out
    assert f"merge {FILE}: your edit and the new version are both in it" in out
    assert 'model: "haiku"' in tool.read_text()
    assert tool.read_text().endswith("Mine.\n")
    cli("sync", "--check")


def test_a_merge_without_a_store_rests_on_the_overrides_of_the_lock(
    cli: Cli, tool: Path, manifest: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cli("override", "tool", "--model", "fast")
    tool.write_text(tool.read_text() + "Mine.\n")
    registry.publish("tool", "1.1.0", tools="[edit, web-search]", body=BODY.replace("Line 10 of", "LINE TEN of"))
    monkeypatch.setenv("AGENTPKG_CACHE_DIR", str(tmp_path / "another-machine"))
    manifest.write_text(manifest.read_text().replace("fast", "balanced"))
    cli("sync")
    cli("update")
    text = tool.read_text()
    assert "LINE TEN" in text
    assert 'model: "sonnet"' in text
    assert text.endswith("Mine.\n")


@pytest.mark.parametrize("how", ["changed", "removed"])
def test_a_changed_or_removed_override_is_seen_and_rendered_anew(
    cli: Cli, tool: Path, manifest: Path, how: str
) -> None:
    before, text = tool.read_bytes(), manifest.read_text()
    cli("override", "tool", "--model", "fast")
    manifest.write_text(text if how == "removed" else manifest.read_text().replace("fast", "balanced"))
    assert "the overrides for tool have changed: run agentpkg sync" in cli("status").out
    assert "the overrides for tool have changed" in cli("sync", "--check", code=1).err
    assert "agentpkg.lock does not fit: the overrides for tool have changed" in cli("sync", "--frozen", code=5).err
    cli("sync")
    assert (tool.read_bytes() == before) == (how == "removed")
    cli("sync", "--check")


def test_an_override_by_hand_is_checked_in_ci_like_one_by_command(
    cli: Cli, tool: Path, manifest: Path, project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    add(manifest, '[overrides.tool]\ntools = ["read"]\n')
    cli("sync", "--check", code=1)
    cli("lock")
    cli("sync", "--check", code=1)
    cli("sync")
    there = contents(project)
    cli("override", "tool", "--clear", "--accept-grants")
    cli("override", "tool", "--tool", "read")
    assert {path: data for path, data in contents(project).items() if path != "agentpkg.toml"} == {
        path: data for path, data in there.items() if path != "agentpkg.toml"
    }
    monkeypatch.setenv("AGENTPKG_CACHE_DIR", str(tmp_path / "ci"))
    tool.unlink()
    cli("sync", "--frozen")
    cli("sync", "--check")
    assert contents(project)[FILE] == there[FILE]


def test_a_tool_that_the_agent_does_not_hold_is_refused_before_anything_is_written(cli: Cli, tool: Path) -> None:
    told = refused(cli, "override", "tool", "--tools", "read,shell", "--accept-grants", code=3)
    assert "an override may only take away, and tool of tool 1.0.0 would get more" in told
    assert "[overrides.tool] tools: tool does not hold shell" in told
    assert "hint: its tools hold edit, web-search" in told


def test_a_field_that_gives_power_is_refused(cli: Cli, tool: Path, manifest: Path) -> None:
    told = refused(
        cli, "override", "tool", "--host", "claude", "--set", "permissionMode=acceptEdits", "--accept-grants", code=3
    )
    assert "[overrides.tool.hosts.claude] permissionMode: tool does not hold claude.permissionMode=acceptEdits" in told
    cli("override", "tool", "--host", "claude", "--set", "permissionMode=plan")


def test_every_update_checks_again_what_the_new_version_holds(
    cli: Cli, tool: Path, manifest: Path, registry: Registry
) -> None:
    cli("override", "tool", "--tools", "read,web-search")
    registry.publish("tool", "1.1.0", tools="[edit]")
    told = refused(cli, "update", "--accept-grants", code=3)
    assert "tool of tool 1.1.0 would get more" in told
    assert "tool does not hold web-search" in told
    cli("override", "tool", "--tools", "read")
    cli("update")


def test_what_a_new_version_gains_beyond_an_override_never_asks(cli: Cli, tool: Path, registry: Registry) -> None:
    cli("override", "tool", "--tools", "read")
    registry.publish("tool", "1.1.0", tools="[edit, web-search, shell]")
    cli("update")
    assert 'tools: ["Read"]' in tool.read_text()


@pytest.mark.parametrize("by_hand", [True, False])
def test_taking_an_override_away_is_a_gain_that_somebody_must_approve(
    cli: Cli, tool: Path, manifest: Path, project: Path, by_hand: bool
) -> None:
    text = manifest.read_text()
    cli("override", "tool", "--tools", "read")
    words = ["override", "tool", "--clear"]
    if by_hand:
        manifest.write_text(text)
        words = ["sync"]
    assert "tool 1.0.0: tool would gain edit, web-search" in refused(cli, *words, "--yes", code=4)
    cli(*words, "--accept-grants")
    assert lock_of(project)["grants"] == {"tool": ["edit", "web-search"]}
    assert "overrides" not in lock_of(project)
    assert "[overrides" not in manifest.read_text()


def test_so_is_taking_it_away_on_one_host_alone(cli: Cli, tool: Path, manifest: Path) -> None:
    manifest.write_text(manifest.read_text().replace('["claude"]', '["claude", "opencode"]'))
    cli("override", "tool", "--host", "claude", "--tools", "read")
    told = refused(cli, "override", "tool", "--host", "claude", "--unset", "tools", code=4)
    assert "tool 1.0.0: tool on claude would gain edit, web-search" in told
    cli("override", "tool", "--host", "claude", "--unset", "tools", "--accept-grants")
    assert "WebSearch" in tool.read_text()


def test_and_so_is_taking_it_back(cli: Cli, tool: Path, manifest: Path) -> None:
    manifest.write_text(manifest.read_text().replace('["claude"]', '["claude", "opencode"]'))
    cli("sync")
    before = tool.read_bytes()
    cli("override", "tool", "--host", "claude", "--tools", "read")
    assert "tool on claude would gain edit, web-search" in refused(cli, "undo", code=4)
    cli("undo", "--accept-grants")
    assert tool.read_bytes() == before


CLAUDE = ["--host", "claude"]


@pytest.mark.parametrize("how", ["unset", "by hand", "undo"])
def test_a_limit_that_an_override_set_is_lifted_with_a_yes_only(
    cli: Cli, tool: Path, manifest: Path, project: Path, how: str
) -> None:
    text = manifest.read_text()
    cli("override", "tool", *CLAUDE, "--set", 'disallowedTools=["Bash"]', "--set", "maxTurns=3")
    assert lock_of(project)["limits"] == {"tool": ["claude.disallowedTools!=Bash", "claude.maxTurns<=3"]}
    cli("audit")
    words = {
        "unset": ["override", "tool", *CLAUDE, "--unset", "disallowedTools", "--unset", "maxTurns"],
        "by hand": ["sync"],
        "undo": ["undo"],
    }[how]
    if how == "by hand":
        manifest.write_text(text)
    told = refused(cli, *words, "--yes", code=4)
    assert "tool would gain claude.disallowedTools without Bash, claude.maxTurns beyond 3" in told
    cli(*words, "--accept-grants")
    assert "limits" not in lock_of(project)
    assert "disallowedTools" not in tool.read_text()


def test_a_limit_of_the_authors_is_not_lifted(cli: Cli, manifest: Path, registry: Registry) -> None:
    registry.publish(
        "tool", tools="[edit]", hosts="{claude: {maxTurns: 3, disallowedTools: [Bash]}, grok: {isolation: worktree}}"
    )
    cli("install", "tool")
    told = refused(cli, "override", "tool", *CLAUDE, "--set", "maxTurns=900", code=3)
    assert "[overrides.tool.hosts.claude] maxTurns: its author holds tool back by '3'" in told
    manifest.write_text(manifest.read_text().replace('["claude"]', '["claude", "grok"]'))
    told = refused(cli, "override", "tool", "--host", "grok", "--set", "isolation=none", code=3)
    assert "isolation: its author holds tool back by 'worktree'" in told
    cli("override", "tool", *CLAUDE, "--set", "maxTurns=2")


def test_an_override_is_not_shaken_off_while_its_host_is_away(cli: Cli, tool: Path, manifest: Path) -> None:
    both = manifest.read_text().replace('["claude"]', '["claude", "opencode"]')
    manifest.write_text(both)
    cli("override", "tool", *CLAUDE, "--tools", "read", "--set", "maxTurns=3")
    manifest.write_text(manifest.read_text().replace('["claude", "opencode"]', '["opencode"]'))
    cli("sync")
    assert "maxTurns" not in cli("list", "--json").out
    told = refused(cli, "override", "tool", "--clear", "--yes", code=4)
    assert "tool 1.0.0: tool would gain claude.maxTurns beyond 3" in told
    assert "tool 1.0.0: tool on claude would gain edit, web-search" in told


def test_of_two_sides_of_a_merge_the_overrides_of_both_hold(
    cli: Cli, tool: Path, manifest: Path, project: Path
) -> None:
    base = manifest.read_text().replace('["claude"]', '["claude", "opencode"]')
    manifest.write_text(base)
    cli("sync")
    sides = []
    for host in ("claude", "opencode"):
        manifest.write_text(base)
        cli("sync", "--accept-grants")
        cli("override", "tool", "--host", host, "--tools", "read")
        sides.append((manifest.read_text(), (project / "agentpkg.lock").read_text()))
    ours, theirs = (lock for _, lock in sides)
    torn = f"<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n"
    for number, elsewhere in enumerate(("opencode", "claude")):
        manifest.write_text(sides[number][0])
        (project / "agentpkg.lock").write_text(torn)
        told = refused(cli, "sync", "--yes", code=4)
        assert f"tool on {elsewhere} would gain edit, web-search" in told
    manifest.write_text(sides[0][0] + sides[1][0].removeprefix(base))
    cli("sync")
    cli("sync", "--check")


def test_a_lock_that_a_hand_rid_of_its_overrides_approves_nothing_more(
    cli: Cli, tool: Path, manifest: Path, project: Path
) -> None:
    text = manifest.read_text()
    cli("override", "tool", "--tools", "read")
    lock = json.loads((project / "agentpkg.lock").read_text())
    del lock["bundles"]["tool"]["overrides"]
    (project / "agentpkg.lock").write_text(json.dumps(lock))
    manifest.write_text(text)
    assert "tool holds edit, web-search, which nobody has approved" in cli("audit", code=5).out
    tool.unlink()
    assert "tool would gain edit, web-search" in refused(cli, "sync", code=4)


def test_a_required_bundle_and_one_of_its_agents_can_be_set(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    files = {f"agents/{name}.md": agent_text(name, tools="[edit]") for name in ("triage", "writer")}
    registry.publish("team", files=files).publish("top", requires={"team": ""}, tools="[]")
    cli("install", "top")
    cli("override", "team", "--agent", "triage", "--tools", "read")
    read = {name: (project / f".claude/agents/{name}.md").read_text() for name in ("triage", "writer")}
    assert 'tools: ["Read"]' in read["triage"]
    assert "Edit" in read["writer"]
    assert lock_of(project, "team")["grants"] == {"triage": ["read"], "writer": ["edit"]}
    cli("sync", "--check")


def test_a_bundle_of_the_project_can_be_set_too(cli: Cli, project: Path, manifest: Path) -> None:
    folder = write_bundle(project / "bundles/tool", "tool", tools="[edit]")
    cli("install", "./bundles/tool")
    cli("override", "tool", "--tools", "read")
    write_bundle(folder, "tool", "1.1.0", tools="[edit, shell]", body="Another prompt.")
    assert "agentpkg sync takes what is there" in cli("override", "tool", code=3).err
    cli("sync")
    assert cli("override", "tool").out == "tool on claude: tools: edit, shell -> read\n"
    text = (project / FILE).read_text()
    assert 'tools: ["Read"]' in text
    assert "Another prompt." in text
    cli("sync", "--check")


def test_an_agent_is_named_as_its_author_named_it(cli: Cli, tool: Path, project: Path) -> None:
    cli("install", "tool", "--as", "tool=acme-tool")
    told = refused(cli, "override", "tool", "--agent", "acme-tool", "--model", "fast", code=2)
    assert "[overrides.tool.agents.acme-tool]: tool 1.0.0 has no agent 'acme-tool'" in told
    cli("override", "tool", "--agent", "tool", "--tools", "read")
    assert 'tools: ["Read"]' in (project / ".claude/agents/acme-tool.md").read_text()
    told = refused(cli, "override", "tool", "--clear", code=4)
    assert "acme-tool would gain edit, web-search" in told


def test_what_goes_takes_its_overrides_along(cli: Cli, manifest: Path, registry: Registry) -> None:
    registry.publish("base", tools="[edit]").publish("top", requires={"base": ""}, tools="[edit]").publish("other")
    cli("install", "top", "other")
    before = manifest.read_text()
    cli("override", "base", "--tools", "read")
    cli("override", "top", "--host", "claude", "--model", "fast")
    cli("override", "other", "--model", "fast")
    cli("remove", "top")
    after = manifest.read_text()
    assert "overrides.other" in after
    assert "overrides.top" not in after
    assert "overrides.base" not in after
    assert before.startswith(after.partition("[bundles]")[0])
    cli("sync", "--check")


@pytest.mark.parametrize("words", [["update", "--latest"], ["install", "top==2.0.0"]])
def test_what_an_update_no_longer_needs_takes_its_overrides_along(
    cli: Cli, manifest: Path, registry: Registry, words: list[str]
) -> None:
    registry.publish("topper", tools="[edit]").publish("top", requires={"topper": ""}, tools="[edit]")
    cli("install", "top")
    cli("override", "topper", "--tools", "read")
    registry.publish("top", "2.0.0", tools="[edit]")
    result = cli(*words)
    assert "nothing needs topper any more; its overrides go out of agentpkg.toml with it" in result.err
    assert "overrides" not in manifest.read_text()
    cli("sync", "--check")


def test_what_a_hand_took_out_leaves_overrides_with_a_way_out(cli: Cli, manifest: Path, registry: Registry) -> None:
    registry.publish("topper", tools="[edit]").publish("top", tools="[edit]")
    cli("install", "top", "topper")
    cli("override", "topper", "--tools", "read")
    manifest.write_text(manifest.read_text().replace('topper = "~=1.0"\n', ""))
    told = refused(cli, "sync", code=2)
    assert "hint: agentpkg override topper --clear takes its overrides out" in told
    cli("override", "topper", "--clear")
    cli("sync", "--check")


def test_an_agent_without_a_name_has_no_overrides(cli: Cli, tool: Path, manifest: Path) -> None:
    add(manifest, '[overrides.tool.agents.""]\ntools = ["read"]\n')
    told = refused(cli, "sync", code=2)
    assert """[overrides.tool.agents.""]: tool 1.0.0 has no agent ''""" in told


def test_a_bundle_that_the_project_does_not_have_is_told(cli: Cli, tool: Path, manifest: Path) -> None:
    for words in (["--model", "fast"], ["--clear"]):
        told = refused(cli, "override", "tol", *words, code=2)
        assert "tol is not installed" in told
        assert "did you mean tool?" in told
    assert "nobody is not installed" in refused(cli, "override", "nobody", code=2)
    add(manifest, '[overrides.tol]\nmodel = "fast"\n')
    told = refused(cli, "sync", code=2)
    assert "[overrides]: the project has no bundle 'tol'" in told
    assert "there are overrides for tol, which is not in the lock" in cli("sync", "--check", code=1).err
    cli("override", "tol", "--clear")
    assert "overrides" not in manifest.read_text()
    cli("sync", "--check")


def test_a_lock_with_overrides_for_a_host_that_nobody_knows_is_no_bug(
    cli: Cli, tool: Path, project: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lock = json.loads((project / "agentpkg.lock").read_text())
    lock["bundles"]["tool"]["overrides"] = {"hosts": {"later": {"model": "x"}}}
    (project / "agentpkg.lock").write_text(json.dumps(lock))
    tool.write_text(tool.read_text() + "Mine.\n")
    registry.publish("tool", "1.1.0", tools="[edit, web-search]", body=f"{BODY}\nMore.")
    monkeypatch.setenv("AGENTPKG_CACHE_DIR", str(tmp_path / "another-machine"))
    cli("update", code=6)
    assert tool.read_text().endswith("Mine.\n")


def test_what_is_set_is_shown_with_what_it_changes(cli: Cli, tool: Path) -> None:
    assert cli("override", "tool").out == "there are no overrides for tool\n"
    cli("override", "tool", "--model", "strong")
    assert cli("override", "tool").out == "the overrides for tool change nothing\n"
    cli("override", "tool", "--model", "fast", "--tools", "none", "--host", "claude", "--set", "color=cyan")
    assert cli("override", "tool").out.splitlines() == [
        "tool on claude: color: not set -> cyan",
        "tool on claude: model: strong -> fast",
        "tool on claude: tools: edit, web-search -> none",
    ]
    data = cli("override", "tool", "--json").json
    assert data["bundle"] == "tool"
    assert data["overrides"] == {
        "model": "strong",
        "hosts": {"claude": {"color": "cyan", "model": "fast", "tools": []}},
    }
    effect = {"agent": "tool", "host": "claude", "key": "color", "before": None, "after": "cyan"}
    assert data["effects"][0] == effect


def test_a_dry_run_shows_the_change_and_writes_nothing(cli: Cli, tool: Path, project: Path) -> None:
    before = stamps(project)
    out = cli("override", "tool", "--model", "fast", "--dry-run").out
    assert f"update {FILE}" in out
    assert "update agentpkg.toml" in out
    assert stamps(project) == before
    data = cli("override", "tool", "--model", "fast", "--dry-run", "--json").json
    assert data["files"] == [{"path": FILE, "action": "update"}]


WRITTEN = [
    (["--host", "claude", "--set", "maxTurns=5"], "maxTurns = 5"),
    (["--host", "claude", "--set", "background=true"], "background = true"),
    (["--host", "claude", "--set", 'disallowedTools=["Bash"]'], 'disallowedTools = ["Bash"]'),
    (["--host", "claude", "--set", "color=cyan"], 'color = "cyan"'),
    (["--set", "description=5"], 'description = "5"'),
    (["--set", "description=a = b"], 'description = "a = b"'),
    (["--tool", "edit(src/**, docs/**)", "--tool", "read"], 'tools = ["edit(src/**, docs/**)", "read"]'),
    (["--tools", "edit(src/**, docs/**),read"], 'tools = ["edit(src/**, docs/**)", "read"]'),
    (["--tools", ""], "tools = []"),
]


def test_options_are_written_as_the_manifest_means_them(cli: Cli, tool: Path, manifest: Path) -> None:
    text = manifest.read_text()
    for words, line in WRITTEN:
        cli("override", "tool", "--accept-grants", *words)
        assert manifest.read_text().endswith(f"]\n{line}\n")
        manifest.write_text(text)


WRONG = [
    (2, ["--agent", "tool"], "--agent and --host say where"),
    (2, ["--tools", "read", "--tool", "read"], "--tools and --tool exclude each other"),
    (2, ["--set", "color"], "--set 'color' is not KEY=VALUE"),
    (2, ["--set", "=red"], "--set '=red' is not KEY=VALUE"),
    (2, ["--set", "color=red"], "unknown key 'color'"),
    (2, ["--host", "claud", "--model", "fast"], "unknown host 'claud'"),
    (2, ["--host", "claude", "--set", "colour=red"], "colour is not a field that Claude Code knows"),
    (3, ["--host", "claude", "--set", "color=1\nmodel = 2"], "color is '1\\nmodel = 2'"),
    (2, ["--tools", "raed"], "'raed' is not a tool"),
    (2, ["--model", ""], "model is empty"),
    (2, ["--agent", "", "--model", "fast"], "--agent names nothing"),
    (2, ["--host", "", "--clear"], "--host names nothing"),
    (2, ["--host", ""], "--host names nothing"),
    (3, ["--host", "claude", "--set", "disallowedTools=[Bash]"], 'write it as ["one", "two"]'),
]


def test_a_wrong_option_is_told(cli: Cli, tool: Path) -> None:
    for code, words, told in WRONG:
        assert told in refused(cli, "override", "tool", *words, code=code)


def test_overrides_hold_in_the_home_folder_too(cli: Cli, registry: Registry) -> None:
    registry.publish("tool", tools="[edit]")
    home = Path.home() / ".agentpkg"
    home.mkdir()
    (home / "agentpkg.toml").write_text(
        f'[project]\nhosts = ["claude"]\n[registries.default]\nurl = "{registry.url}"\n[bundles]\n'
    )
    cli("install", "tool", "--global")
    cli("override", "tool", "--tools", "read", "--global")
    assert 'tools: ["Read"]' in (Path.home() / FILE).read_text()
    assert "tool on claude: tools: edit -> read" in cli("override", "tool", "--global").out
    cli("sync", "--check", "--global")


def test_a_loss_that_comes_with_an_override_is_told_once(cli: Cli, manifest: Path, registry: Registry) -> None:
    registry.publish("tool", tools="[shell]")
    cli("install", "tool")
    lost = "narrowed on claude: tool: tools: no tool for shell(git *); no tool is left"
    assert lost in cli("override", "tool", "--tools", "shell(git *)").out
    assert " on claude" not in cli("override", "tool", "--set", "description=Use it").out


def test_a_narrowed_agent_that_a_host_cannot_hold_back_is_refused(cli: Cli, project: Path, registry: Registry) -> None:
    registry.publish("tool", tools="[shell]")
    (project / "agentpkg.toml").write_text(
        f'[project]\nhosts = ["codex"]\n[registries.default]\nurl = "{registry.url}"\n[bundles]\n'
    )
    cli("install", "tool")
    told = refused(cli, "override", "tool", "--tools", "web-search", code=3)
    assert "tool on codex would gain" in told


def test_a_sync_with_nothing_to_do_stays_light(cli: Cli, tool: Path, project: Path) -> None:
    assert "agentpkg.overrides" not in imported(project, "sync")
    cli("override", "tool", "--tools", "read")
    modules = imported(project, "sync")
    assert "agentpkg.narrowing" not in modules
    assert modules.isdisjoint(HEAVY)


def test_what_an_override_does_is_told(cli: Cli, manifest: Path, registry: Registry) -> None:
    registry.publish("tool", tools="[read, shell]")
    cli("install", "tool")
    words: tuple[str, ...] = (
        "override",
        "tool",
        "--agent",
        "tool",
        "--host",
        "claude",
        "--tools",
        "read",
        "--set",
        "color=cyan",
    )
    assert cli(*words, "--dry-run").out.startswith(
        "tool of tool on claude: tools would be overridden with read\n"
        "tool of tool on claude: color would be overridden with cyan\n"
    )
    assert "tool of tool on claude: tools is overridden with read\n" in cli(*words).out
    assert cli(*words).out == "nothing to do\n"
    words = ("override", "tool", "--agent", "tool", "--host", "claude", "--unset", "color")
    assert cli(*words).out.startswith("tool of tool on claude: color is overridden no more\n")
    cleared = cli("override", "tool", "--clear", "--accept-grants").out
    assert cleared.startswith("tool: nothing is overridden any more\n")
