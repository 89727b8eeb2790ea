"""`agentpkg outdated`: what is behind, what an update would take, and what powers newer versions would bring."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.support.registry import Registry, agent_text, git, write_bundle
from tests.support.tree import stamps


@pytest.fixture
def tool(cli: Cli, manifest: Path, registry: Registry) -> Registry:
    """A registry of which the project has tool 1.0.0."""
    registry.publish("tool", tools="[read]")
    cli("install", "tool")
    return registry


def rows(cli: Cli, *arguments: str) -> dict[str, Any]:
    return {one["id"]: one for one in cli("outdated", *arguments, "--json").json["bundles"]}


def versions(cli: Cli, bundle: str = "tool") -> tuple[str, str, str]:
    row = rows(cli)[bundle]
    return row["current"], row["wanted"], row["latest"]


def test_what_is_newest_is_told_to_be(cli: Cli, tool: Registry, project: Path) -> None:
    before = stamps(project)
    assert cli("outdated").out == "all bundles are up to date\n"
    assert "tool    1.0.0    1.0.0   1.0.0   ~=1.0" in cli("outdated", "tool").out
    assert not rows(cli)["tool"]["outdated"]
    cli("outdated", "--check")
    assert stamps(project) == before


def test_wanted_is_what_an_update_takes_and_latest_what_the_manifest_holds_back(cli: Cli, tool: Registry) -> None:
    tool.publish("tool", "1.1.0", tools="[read]").publish("tool", "2.0.0", tools="[read]")
    result = cli("outdated")
    assert result.out.splitlines() == [
        "bundle  current  wanted  latest  asked for",
        "tool    1.0.0    1.1.0   2.0.0   ~=1.0",
    ]
    assert "agentpkg update --latest NAME goes beyond agentpkg.toml" in result.err
    cli("update")
    assert versions(cli) == ("1.1.0", "1.1.0", "2.0.0")
    cli("update", "--latest")
    assert versions(cli) == ("2.0.0", "2.0.0", "2.0.0")


def test_only_check_exits_with_1(cli: Cli, tool: Registry) -> None:
    tool.publish("tool", "1.1.0", tools="[read]")
    cli("outdated")
    result = cli("outdated", "--check", code=1)
    assert "error: 1 bundle is behind\nhint: agentpkg update tool" in result.err
    assert cli("outdated", "--check", "--json", code=1).json["bundles"][0]["outdated"]
    cli("update")
    tool.publish("tool", "2.0.0", tools="[read]")
    assert "hint: agentpkg.toml, or a bundle, holds back what is newer" in cli("outdated", "--check", code=1).err


def test_a_registry_is_looked_at_anew_unless_offline(cli: Cli, tool: Registry) -> None:
    tool.publish("tool", "1.1.0", tools="[read]")
    assert not rows(cli, "--offline")["tool"]["outdated"]
    assert rows(cli)["tool"]["outdated"]
    assert rows(cli, "--offline")["tool"]["outdated"]


def test_powers_of_newer_versions_are_told_agent_by_agent(cli: Cli, tool: Registry) -> None:
    files = {
        "agents/tool.md": agent_text("tool", tools="[read, shell]"),
        "agents/triage.md": agent_text("triage", tools="[web-fetch]"),
    }
    tool.publish("tool", "1.1.0", tools="[read]").publish("tool", "2.0.0", files=files)
    result = cli("outdated")
    assert "  tool 1.0.0 → 2.0.0: tool would gain shell\n" in result.out
    assert "  tool 1.0.0 → 2.0.0: triage would gain web-fetch\n" in result.out
    steps = {one["version"]: one for one in rows(cli)["tool"]["steps"]}
    assert steps["1.1.0"]["gained"] == []
    assert steps["2.0.0"]["gained"] == [
        {"agent": "tool", "powers": ["shell"]},
        {"agent": "triage", "powers": ["web-fetch"]},
    ]
    told = cli("update", "--latest", code=4).err
    assert all(line in told for line in steps["2.0.0"]["told"])


def test_powers_are_those_of_what_the_project_takes(cli: Cli, manifest: Path, registry: Registry) -> None:
    """As with an update: for its hosts, of its agents, under their names here, and as its overrides leave them."""

    def files(*tools: str) -> dict[str, str]:
        names = ("one", "two", "three")
        return {f"agents/{name}.md": agent_text(name, tools=of) for name, of in zip(names, tools, strict=True)}

    registry.publish("tool", "1.0.0", files=files("[read]", "[read]", "[read]"))
    cli("install", "tool", "--only", "one", "--only", "three", "--as", "one=first")
    registry.publish("tool", "2.0.0", files=files("[read, shell]", "[read, shell]", "[read, web-fetch]"))
    gained = [{"agent": "first", "powers": ["shell"]}, {"agent": "three", "powers": ["web-fetch"]}]
    assert rows(cli)["tool"]["steps"][0]["gained"] == gained
    manifest.write_text(manifest.read_text() + '\n[overrides.tool.agents.three]\ntools = ["read"]\n')
    assert rows(cli)["tool"]["steps"][0]["gained"] == gained[:1]
    registry.publish("tool", "3.0.0", files=files("[read]", "[read]", "[read]") | {"agents/one.md": agent_text("one")})
    assert rows(cli)["tool"]["steps"][0]["gained"] == [{"agent": "first", "powers": ["*"]}]


def test_what_the_lockfile_approves_without_proof_counts_for_nothing(cli: Cli, tool: Registry, project: Path) -> None:
    tool.publish("tool", "1.1.0", tools="[read, shell]")
    lock = project / "agentpkg.lock"
    data = json.loads(lock.read_text())
    data["bundles"]["tool"]["grants"]["tool"] = ["read", "shell"]
    lock.write_text(json.dumps(data))
    step = rows(cli)["tool"]["steps"][0]
    assert step["gained"] == [{"agent": "tool", "powers": ["shell"]}]
    assert "tool 1.0.0 → 1.1.0: agentpkg.lock approves what 1.0.0 does not hold: shell" in step["told"]
    data["bundles"]["tool"]["digest"] = "sha256:0"
    lock.write_text(json.dumps(data))
    assert rows(cli)["tool"]["steps"][0]["gained"] == [{"agent": "tool", "powers": ["read", "shell"]}]


def test_a_registry_that_cannot_be_reached_fails_only_for_its_own_bundles(
    cli: Cli, tool: Registry, manifest: Path, tmp_path: Path
) -> None:
    other = Registry(tmp_path / "other").start().publish("triage")
    manifest.write_text(
        manifest.read_text().replace("[bundles]", f'[registries.acme]\nurl = "{other.url}"\n\n[bundles]')
    )
    cli("install", "acme/triage")
    other.path.rename(tmp_path / "gone")
    cli("outdated", code=8)
    result = cli("outdated", "tool")
    assert "tool    1.0.0    -       1.0.0   ~=1.0" in result.out
    assert "warning: nobody can say what an update would take: " in result.err


def test_a_version_that_lacks_an_agent_of_ours_cannot_be_taken(cli: Cli, manifest: Path, registry: Registry) -> None:
    files = {f"agents/{name}.md": agent_text(name, tools="[read]") for name in ("one", "two")}
    registry.publish("tool", "1.0.0", files=files)
    cli("install", "tool", "--only", "two")
    registry.publish("tool", "2.0.0", files={"agents/one.md": files["agents/one.md"]})
    assert "tool 2.0.0 cannot be taken: tool 2.0.0 has no agent 'two'" in cli("outdated").out


def test_a_version_that_cannot_be_read_says_so(cli: Cli, tool: Registry) -> None:
    tool.publish("tool", "1.1.0", files={"agents/tool.md": "---\nname: other\n---\nhi\n"})
    result = cli("outdated")
    assert "tool    1.0.0    1.1.0   1.1.0   ~=1.0" in result.out
    assert "tool 1.1.0 cannot be taken: tool 1.1.0/agents/tool.md" in result.out


def test_what_comes_along_is_told(cli: Cli, tool: Registry) -> None:
    tool.publish("extra").publish("here")
    cli("install", "here")
    tool.publish("tool", "1.1.0", tools="[read]", requires={"extra": "", "here": ""})
    assert "  tool 1.1.0 brings along extra\n" in cli("outdated").out
    assert rows(cli)["tool"]["steps"][0]["brings"] == ["extra"]


def test_a_required_bundle_is_told_with_who_holds_it(cli: Cli, manifest: Path, registry: Registry) -> None:
    registry.publish("base").publish("mid", requires={"base": "~=1.0"}).publish("top", requires={"base": ""})
    cli("install", "mid", "top")
    registry.publish("base", "1.1.0").publish("base", "2.0.0")
    assert "base    1.0.0    1.1.0   2.0.0   required by mid, top" in cli("outdated").out
    row = rows(cli, "base")["base"]
    assert (row["specifier"], row["required_by"]) == (None, ["mid", "top"])
    assert rows(cli).keys() == {"base", "mid", "top"}


def test_a_prerelease_counts_only_where_it_is_asked_for(cli: Cli, tool: Registry, manifest: Path) -> None:
    tool.publish("tool", "2.0.0rc1", tools="[read]")
    assert versions(cli) == ("1.0.0", "1.0.0", "1.0.0")
    assert "tool has a pre-release: 2.0.0rc1" in cli("outdated", "tool").out
    assert not rows(cli)["tool"]["outdated"]
    manifest.write_text(manifest.read_text().replace("~=1.0", ">=2.0.0rc1"))
    assert versions(cli) == ("1.0.0", "2.0.0rc1", "2.0.0rc1")


def test_a_yanked_version_is_behind_with_the_reason(cli: Cli, tool: Registry) -> None:
    tool.publish("tool", "1.1.0", tools="[read]")
    cli("update")
    tool.yank("tool", "1.1.0", "it deletes tables")
    result = cli("outdated")
    assert "tool    1.1.0    1.0.0   1.0.0" in result.out
    assert "  tool 1.1.0 was yanked: it deletes tables\n" in result.out
    assert rows(cli)["tool"]["yanked"] == "it deletes tables"
    cli("outdated", "--check", code=1)


def test_where_nothing_fits_any_more_the_rest_is_told_all_the_same(cli: Cli, tool: Registry) -> None:
    tool.publish("other")
    cli("install", "other")
    tool.publish("other", "1.1.0").yank("tool", "1.0.0", "gone wrong")
    result = cli("outdated")
    assert "tool    1.0.0    -       -       ~=1.0" in result.out
    assert "other   1.0.0    -       1.1.0   ~=1.0" in result.out
    assert "tool 1.0.0 was yanked: gone wrong" in result.out
    assert "nobody can say what an update would take: no version of tool is what is asked for" in result.err
    assert "agentpkg update takes" not in result.err
    assert "no version of tool" in cli("outdated", "--json").json["unsolved"]
    cli("update", code=1)


def test_what_the_manifest_names_and_nobody_installed_is_behind(cli: Cli, tool: Registry, manifest: Path) -> None:
    tool.publish("other")
    manifest.write_text(manifest.read_text() + 'other = "~=1.0"\n')
    assert "other   -        1.0.0   1.0.0   ~=1.0" in cli("outdated").out
    assert rows(cli)["other"]["steps"] == []


def test_what_nothing_asks_for_any_more_has_no_wanted_version(cli: Cli, tool: Registry, manifest: Path) -> None:
    manifest.write_text(manifest.read_text().replace('tool = "~=1.0"\n', ""))
    row = rows(cli)["tool"]
    assert (row["wanted"], row["outdated"]) == (None, False)
    assert "tool    1.0.0    -       1.0.0   nothing" in cli("outdated", "tool").out


def test_a_bundle_of_the_project_is_left_out_and_told(cli: Cli, project: Path, tool: Registry, manifest: Path) -> None:
    write_bundle(project / "bundles/own", "own")
    manifest.write_text(manifest.read_text() + 'own = { path = "bundles/own" }\n')
    cli("sync")
    assert rows(cli).keys() == {"tool"}
    assert cli("outdated", "--json").json["local"] == [{"id": "own", "path": "bundles/own"}]
    result = cli("outdated", "own")
    assert "own lies in the project itself (bundles/own)" in result.err
    assert result.out == ""


def test_a_repository_of_plain_agents_is_behind_when_the_agent_changed(
    cli: Cli, project: Path, manifest: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    git(plain, "init", "-q", ".")

    def commit(text: str) -> None:
        (plain / "agents").mkdir(exist_ok=True)
        (plain / "agents/triage.md").write_text(agent_text("triage", body=text))
        git(plain, "add", "-A")
        git(plain, "commit", "-q", "-m", "change")

    commit("one")
    cli("install", "--from", str(plain), "triage")
    (bundle,) = rows(cli)
    assert not rows(cli)[bundle]["outdated"]
    commit("two")
    row = rows(cli)[bundle]
    assert row["outdated"]
    assert row["wanted"] == row["latest"] != row["current"]
    assert "+two" in cli("diff", bundle).out


def test_an_unknown_name_an_open_journal_and_no_manifest_are_refused(cli: Cli, tool: Registry, project: Path) -> None:
    assert "nobody is not installed" in cli("outdated", "nobody", code=2).err
    (project / ".agentpkg/staged").mkdir()
    (project / ".agentpkg/journal.json").write_text('{"format": 1, "steps": []}')
    assert "cut short" in cli("outdated", code=1).err
    (project / "agentpkg.toml").unlink()
    (project / ".agentpkg/journal.json").unlink()
    cli("outdated", code=2)


def test_what_a_registry_says_starts_no_line_of_its_own(cli: Cli, tool: Registry) -> None:
    tool.publish("tool", "1.1.0", files={"agents/tool.md": "---\nname: tool\ndescription: \x1b[31m\n---\nhi\n"})
    assert "\x1b" not in cli("outdated").out


@pytest.mark.parametrize("specifier", ["1.0", "^1.0", "~1.0", "1.x", "latest"])
def test_what_is_no_specifier_is_told_as_by_sync(cli: Cli, tool: Registry, manifest: Path, specifier: str) -> None:
    manifest.write_text(manifest.read_text().replace("~=1.0", specifier))
    for words in (["outdated"], ["outdated", "--json"], ["diff", "tool"], ["sync"]):
        result = cli(*words, code=2)
        assert f"error: agentpkg.toml: tool: '{specifier}' is not a version specifier\n" in result.err


def test_a_limit_that_stays_is_no_gain_and_one_that_goes_is(cli: Cli, manifest: Path, registry: Registry) -> None:
    registry.publish("tool", hosts="{claude: {maxTurns: 3}, grok: {isolation: worktree}}")
    cli("install", "tool")
    registry.publish("tool", "1.1.0", hosts="{claude: {maxTurns: 3}, grok: {isolation: worktree}}")
    assert "would gain" not in cli("outdated").out
    registry.publish("tool", "1.2.0", hosts="{claude: {maxTurns: 3}}")
    assert "grok.isolation other than worktree" in cli("outdated").out
