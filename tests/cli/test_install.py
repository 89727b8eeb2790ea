"""`agentpkg install`, as a user runs it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from agentpkg.hosts import HOSTS
from tests.support.cli import Cli
from tests.support.registry import Registry, agent_text, git
from tests.support.tree import contents, stamps

ALL_HOSTS = [word for host in HOSTS for word in ("--host", host)]


def test_brings_in_what_the_bundle_requires_and_tells_powers(cli: Cli, project: Path) -> None:
    result = cli("install", "senior-data-engineer", *ALL_HOSTS)
    assert "+ data-engineer 2.0.0 installed" in result.out
    skills = "skill:data-validation, skill:database-design, skill:sql-optimization"
    assert f"senior-data-engineer may use: delegate, edit, glob, grep, read, shell, {skills}, write" in result.out
    files = contents(project)
    for path in (
        "agentpkg.toml", "agentpkg.lock", ".claude/agents/data-engineer.md", ".github/agents/data-engineer.agent.md",
        ".codex/agents/data-engineer.toml", ".opencode/agents/senior-data-engineer.md",
        ".gemini/agents/senior-data-engineer.md", ".cursor/agents/senior-data-engineer.md",
        ".claude/skills/sql-optimization/SKILL.md", ".agents/skills/database-design/SKILL.md",
    ):  # fmt: skip
        assert path in files
    assert tomllib.loads(files["agentpkg.toml"].decode())["bundles"] == {"senior-data-engineer": "~=2.0"}


def test_a_second_run_changes_nothing_not_even_a_time(cli: Cli, project: Path) -> None:
    cli("install", "senior-data-engineer", *ALL_HOSTS)
    before = stamps(project)
    assert cli("install", "senior-data-engineer").out == "nothing to do\n"
    assert cli("sync").out == "nothing to do\n"
    assert stamps(project) == before


def test_a_clone_synced_frozen_is_byte_identical(cli: Cli, project: Path, tmp_path: Path) -> None:
    cli("install", "senior-data-engineer", *ALL_HOSTS)
    (project / ".gitignore").write_text("/.*/\n")  # a team that commits the lock, and not the agents
    git(project, "add", "agentpkg.toml", "agentpkg.lock", ".gitignore")
    git(project, "commit", "-q", "-m", "agents")
    git(tmp_path, "clone", "-q", str(project), "clone")
    assert ".claude/agents/data-engineer.md" not in contents(tmp_path / "clone")
    cli.at(tmp_path / "clone")("sync", "--frozen")
    assert contents(tmp_path / "clone") == contents(project)


def test_without_a_sign_of_a_host_it_takes_claude_and_says_so(cli: Cli, project: Path) -> None:
    result = cli("install", "data-engineer")
    assert "no host found" in result.err
    assert tomllib.loads((project / "agentpkg.toml").read_text())["project"]["hosts"] == ["claude"]


def test_hosts_are_recognised_by_what_is_in_the_project(cli: Cli, project: Path) -> None:
    (project / ".cursor").mkdir()
    (project / "GEMINI.md").write_text("hi\n")
    cli("install", "data-engineer")
    assert tomllib.loads((project / "agentpkg.toml").read_text())["project"]["hosts"] == ["cursor", "gemini"]


def test_works_from_a_folder_below_the_project(cli: Cli, project: Path) -> None:
    (project / "deep" / "er").mkdir(parents=True)
    cli.at(project / "deep" / "er")("install", "data-engineer")
    assert (project / ".claude/agents/data-engineer.md").exists()


def test_dry_run_writes_nothing_at_all(cli: Cli, project: Path) -> None:
    before = stamps(project)
    result = cli("install", "senior-data-engineer", "--dry-run")
    assert "+ senior-data-engineer 2.0.0 would be installed" in result.out
    assert stamps(project) == before


def test_never_touches_a_file_that_it_does_not_own(cli: Cli, project: Path) -> None:
    mine = project / ".claude/agents/data-engineer.md"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine\n")
    before = stamps(project)
    result = cli("install", "data-engineer", code=6)
    assert ".claude/agents/data-engineer.md" in result.err
    assert "--as OLD=NEW" in result.err
    assert stamps(project) == before
    cli("install", "data-engineer", "--as", "data-engineer=our-engineer")
    assert mine.read_text() == "mine\n"
    assert b'name: "our-engineer"' in (project / ".claude/agents/our-engineer.md").read_bytes()


def test_adopts_a_file_that_is_as_it_should_be_already(cli: Cli, project: Path) -> None:
    cli("install", "data-engineer")
    (project / "agentpkg.lock").unlink()
    assert "adopt .claude/agents/data-engineer.md" in cli("sync").out
    cli("sync", "--check")


def test_two_agents_of_one_name_are_refused_with_both_bundles_named(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("one", files={"agents/helper.md": agent_text("helper")})
    registry.publish("two", files={"agents/helper.md": agent_text("helper", body="other")})
    before = stamps(project)
    result = cli("install", "one", "two", code=3)
    assert "agents/helper.md of one" in result.err
    assert "agents/helper.md of two" in result.err
    assert "agentpkg install two --as helper=NEW-NAME" in result.err
    assert stamps(project) == before
    cli("install", "one")
    cli("install", "two", "--as", "helper=two-helper")
    assert sorted(path.name for path in (project / ".claude/agents").iterdir()) == ["helper.md", "two-helper.md"]


def test_only_installs_some_agents(cli: Cli, project: Path, manifest: Path, registry: Registry) -> None:
    registry.publish("team", files={f"agents/{name}.md": agent_text(name) for name in ("ana", "ben")})
    cli("install", "team", "--only", "ben")
    assert [path.name for path in (project / ".claude/agents").iterdir()] == ["ben.md"]
    assert "has no agent 'zoe'" in cli("install", "team", "--only", "zoe", code=2).err


def test_a_host_that_cannot_hold_an_agent_back_refuses_it(cli: Cli, project: Path) -> None:
    before = stamps(project)
    result = cli("install", "data-reviewer", "--host", "codex", code=3)
    assert "data-reviewer on codex would gain every tool" in result.err
    assert "--host" in result.err
    assert 'widening = "allow"' in result.err
    assert stamps(project) == before


def test_widening_can_be_allowed_per_host(cli: Cli, project: Path) -> None:
    (project / "agentpkg.toml").write_text('[project]\nhosts = ["codex"]\n[hosts.codex]\nwidening = "allow"\n')
    assert "widened on codex: data-reviewer" in cli("install", "data-reviewer").out


def test_host_of_a_requirement_goes_to_what_it_requires(cli: Cli, project: Path) -> None:
    (project / "agentpkg.toml").write_text('[project]\nhosts = ["claude", "cursor"]\n')
    cli("install", "senior-data-engineer", "--host", "claude")
    assert not (project / ".cursor").exists()
    bundles = tomllib.loads((project / "agentpkg.toml").read_text())["bundles"]
    assert bundles == {"senior-data-engineer": {"version": "~=2.0", "hosts": ["claude"]}}


def test_an_unknown_bundle_suggests_near_ones(cli: Cli) -> None:
    assert "did you mean data-engineer" in cli("install", "data-enginer", code=2).err


def test_a_conflict_tells_the_whole_chain(cli: Cli, manifest: Path, registry: Registry) -> None:
    registry.publish("base", "1.0.0").publish("base", "2.0.0")
    registry.publish("left", requires={"base": "~=1.0"}).publish("right", requires={"base": "~=2.0"})
    result = cli("install", "left", "right", code=1)
    assert "no version of base is what everybody wants" in result.err
    assert "this command → left 1.0.0 wants base ~=1.0" in result.err
    assert "this command → right 1.0.0 wants base ~=2.0" in result.err


def test_pre_releases_only_when_asked(cli: Cli) -> None:
    assert "streaming-engineer 1.0.0" in cli("install", "streaming-engineer", "--dry-run").out
    assert "streaming-engineer 1.1.0rc1" in cli("install", "streaming-engineer>=1.1.0rc1", "--dry-run").out


def test_yanked_versions_only_from_a_lock(cli: Cli, project: Path, manifest: Path, registry: Registry) -> None:
    registry.publish("tool", "1.0.0").publish("tool", "1.1.0")
    cli("install", "tool~=1.0")
    registry.yank("tool", "1.1.0")
    manifest.write_text(manifest.read_text().replace('["claude"]', '["claude", "gemini"]'))
    cli("sync")
    assert [one["version"] for one in cli("list", "--json").json["bundles"]] == ["1.1.0"]
    (project / "agentpkg.lock").unlink()
    (project / ".claude/agents/tool.md").unlink()
    cli("sync", "--accept-grants")
    assert [one["version"] for one in cli("list", "--json").json["bundles"]] == ["1.0.0"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["install", "Data"], 2),
        (["install", "data-engineer~=x"], 2),
        (["install", "data-engineer", "--host", "vim"], 2),
        (["install", "nowhere/data-engineer"], 2),
        (["install", "data-engineer", "--as", "x"], 2),
        (["install", "--only", "x"], 2),
        (["install", "data-engineer", "--registry", "nowhere"], 2),
        (["install", "data-engineer", "--registry", "ext::sh -c true"], 2),
        (["install", "data-engineer", "--registry", "https://user:token@git.example.com/r.git"], 2),
        (["install", "--upload-pack=x"], 2),
    ],
)
def test_bad_input_is_told_and_changes_nothing(cli: Cli, project: Path, arguments: list[str], code: int) -> None:
    before = stamps(project)
    result = cli(*arguments, code=code)
    assert "rror" in result.err
    assert stamps(project) == before


def test_frozen_install_fails_where_the_lock_would_change(cli: Cli, project: Path) -> None:
    cli("install", "data-engineer", "--frozen", code=5)
    assert contents(project) == {}


def test_json_tells_the_same(cli: Cli) -> None:
    data = cli("install", "senior-data-engineer", "--host", "gemini", "--json").json
    assert data["format"] == 1
    assert [bundle["id"] for bundle in data["bundles"]] == ["data-engineer", "senior-data-engineer"]
    assert {"path": ".gemini/agents/data-engineer.md", "action": "create"} in data["files"]
    assert {one["fidelity"] for one in data["renderings"]} == {"exact", "narrowed"}


def test_global_works_on_the_home_folder(cli: Cli, project: Path) -> None:
    cli("install", "data-engineer", "--global", "--host", "claude", "--host", "opencode")
    home = Path.home()
    assert (home / ".claude/agents/data-engineer.md").exists()
    assert (home / ".config/opencode/agents/data-engineer.md").exists()
    assert (home / ".agentpkg/agentpkg.toml").exists()
    assert contents(project) == {}
    cli("sync", "--check", "--global")
    cli("remove", "data-engineer", "--global")
    assert not (home / ".claude").exists()


def test_a_file_of_one_skill_cannot_be_a_folder_of_another(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    skill = "---\nname: sk\ndescription: d\n---\n\nDo.\n"
    for name, path in (("one", "foo"), ("two", "foo/bar")):
        files = {f"agents/{name}.md": agent_text(name), "skills/sk/SKILL.md": skill, f"skills/sk/{path}": "x\n"}
        registry.publish(name, files=files)
    before = stamps(project)
    assert "would be a file of one and a folder of two" in cli("install", "one", "two", code=3).err
    assert stamps(project) == before


def test_one_unreadable_version_stands_in_nobodys_way(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", "1.0.0").publish("tool", "2.0.0", toml="[unheard-of]\n").publish("other")
    (registry.folder / "bundles/My Notes").mkdir()
    (registry.folder / "bundles/My Notes/x").write_text("x\n")
    registry.commit()
    assert {one["id"]: one["version"] for one in cli("search", "--json").json["bundles"]} == {
        "other": "1.0.0",
        "tool": "1.0.0",
    }
    assert cli("info", "tool", "--json").json["version"] == "1.0.0"
    cli("install", "tool")
    assert "stays at" not in cli("update").err
    assert "2.0.0 (cannot be read: " in (cli("install", "tool==2.0.0", code=1).err)


def test_a_registry_given_as_a_path_is_found_from_where_the_user_stands(
    cli: Cli, project: Path, registry: Registry
) -> None:
    registry.publish("tool")
    (project / "deep").mkdir()
    cli.at(project / "deep")("install", "tool", "--registry", "../../registry")
    assert tomllib.loads((project / "agentpkg.toml").read_text())["registries"] == {"registry": {"url": "../registry"}}


def test_a_registry_in_the_project_itself_is_a_path_too(cli: Cli, project: Path) -> None:
    inner = Registry(project / "agents").start().publish("tool")
    cli("install", "tool", "--registry", "./agents")
    assert tomllib.loads((project / "agentpkg.toml").read_text())["registries"] == {"agents": {"url": "./agents"}}
    assert inner.url == str(project / "agents")
    cli("install", "tool", "--registry", "agents")


def test_one_bundle_cannot_be_asked_for_twice(cli: Cli) -> None:
    cli("install", "data-engineer==1.0.0", "data-engineer==2.0.0", code=2)


def test_hosts_that_lose_a_bundle_are_told_first(cli: Cli, project: Path, manifest: Path, registry: Registry) -> None:
    manifest.write_text(manifest.read_text().replace('["claude"]', '["claude", "copilot"]'))
    registry.publish("tool", tools="[read]")
    assert "from now on" not in cli("install", "tool").err
    again = "agentpkg install tool --host claude --host copilot"
    told = f"for copilot alone; it was for claude, copilot (for all of them: {again})\n"
    assert f"warning: tool would be from now on {told}" in cli("install", "tool", "--host", "copilot", "--dry-run").err
    result = cli("install", "tool", "--host", "copilot")
    assert f"warning: tool is from now on {told}" in result.err
    assert "delete .claude/agents/tool.md" in result.out
    assert "from now on" not in cli("install", "tool").err
    assert "from now on for claude alone; it was for copilot (" in cli("install", "tool", "--host", "claude").err
    assert "from now on" not in cli(*again.split()[1:]).err
    assert 'tool = "~=1.0"\n' in manifest.read_text()


def test_who_wants_what_tells_the_manifest_from_the_command(cli: Cli, manifest: Path, registry: Registry) -> None:
    registry.publish("tool", tools="[read]").publish("other", tools="[read]", requires={"tool": "~=2.0"})
    assert "  this command wants tool ==9.9.9\n" in cli("install", "tool@9.9.9", code=1).err
    cli("install", "tool==1.0.0")
    told = cli("install", "other", code=1).err
    assert "  agentpkg.toml wants tool ==1.0.0\n" in told
    assert "  this command → other 1.0.0 wants tool ~=2.0\n" in told
    manifest.write_text(manifest.read_text().replace("==1.0.0", "==2.0.0"))
    assert "  agentpkg.toml wants tool ==2.0.0\n" in cli("sync", code=1).err
    assert "  agentpkg.toml wants tool ==2.0.0\n" in cli("install", "tool", code=1).err


def test_nobody_is_told_of_hosts_that_lose_a_bundle_where_nothing_changes(
    cli: Cli, manifest: Path, registry: Registry
) -> None:
    manifest.write_text(manifest.read_text().replace('["claude"]', '["claude", "codex"]'))
    registry.publish("tool", tools="[read, edit, shell]")
    cli("install", "tool")
    before = manifest.read_text()
    words = ("install", "tool", "--host", "codex", "--fail-on", "approximated")
    told = cli(*words, code=3).err
    assert manifest.read_text() == before
    assert "from now on" not in told
    assert "from now on for codex alone" in cli(*words[:-2]).err


def test_a_folder_that_is_not_there_is_told_as_one(cli: Cli, project: Path, manifest: Path) -> None:
    assert "error: there is no folder bundles/x\n" in cli("install", "bundles/x", code=2).err
    told = cli("install", "bundles/triage", code=2).err
    assert "there is no registry 'bundles', and no folder bundles/triage" in told
    assert "agentpkg registry add bundles URL, or name the folder" in told
    (project / "bundles").mkdir()
    assert "error: there is no folder bundles/triage\n" in cli("install", "bundles/triage", code=2).err
    (project / "bundles/triage").mkdir()
    assert "error: there is no bundle in bundles/triage\n" in cli("install", "bundles/triage", code=2).err


def test_a_folder_that_is_called_like_a_registry_leaves_it_its_names(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", tools="[]")
    manifest.write_text(manifest.read_text() + f'[registries.acme]\nurl = "{registry.url}"\n')
    (project / "acme").mkdir()
    assert "+ acme/tool 1.0.0 installed" in cli("install", "acme/tool").out
    assert "'x' is not a valid name" in cli("install", "acme/x", code=2).err
