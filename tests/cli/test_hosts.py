"""`agentpkg hosts` and `render`, losses, and hosts that cannot hold an agent, as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentpkg.carry import carry_tools
from agentpkg.grants import Grants, parse_tool
from agentpkg.hosts import HOSTS
from agentpkg.hosts.base import AlsoRead
from tests.support.cli import Cli
from tests.support.registry import Registry
from tests.support.tree import contents, stamps

READER = tuple(parse_tool(tool) for tool in ("read", "grep", "glob", "list"))
HOLDING = {
    name: not carry_tools(READER, Grants.of(READER), host, widening=False).gained for name, host in HOSTS.items()
}
UNFIT = [name for name, holds in HOLDING.items() if not holds]


def test_hosts_that_have_no_say_over_tools_hold_no_reader() -> None:
    assert {"codex", "cursor", "goose", "zed"} <= set(UNFIT)
    assert {"claude", "copilot", "opencode", "gemini"} <= {name for name, holds in HOLDING.items() if holds}


@pytest.mark.parametrize("host", UNFIT)
def test_a_reader_is_refused_naming_agent_host_gain_and_both_ways_out(cli: Cli, project: Path, host: str) -> None:
    before = stamps(project)
    error = cli("install", "data-reviewer", "--host", "claude", "--host", host, code=3).err
    assert f"data-reviewer: data-reviewer on {host} would gain " in error
    assert "leave the host out: install data-reviewer with --host" in error
    assert f'[hosts.{host}] widening = "allow"' in error
    assert stamps(project) == before


@pytest.mark.parametrize("host", [name for name, holds in HOLDING.items() if holds])
def test_a_reader_goes_where_its_limits_hold(cli: Cli, project: Path, host: str) -> None:
    cli("install", "data-reviewer", "--host", host)
    cli("sync", "--check")
    cli("remove", "data-reviewer")
    assert {path for path in contents(project) if not path.startswith("agentpkg.")} == set()


def test_widening_is_allowed_by_the_manifest_alone_and_kept_in_the_lock(cli: Cli, project: Path) -> None:
    (project / "agentpkg.toml").write_text('[project]\nhosts = ["codex"]\n[hosts.codex]\nwidening = "allow"\n')
    out = cli("install", "data-reviewer").out
    assert "widened on codex: data-reviewer: tools: no tool list: the agent has all of the session's tools" in out
    lock = json.loads((project / "agentpkg.lock").read_text())
    assert lock["bundles"]["data-reviewer"]["losses"]["data-reviewer"]["codex"]["tools"] == "widened"


def test_the_list_tells_which_hosts_the_project_names_and_which_left_traces(cli: Cli, project: Path) -> None:
    (project / ".cursor").mkdir()
    cli("init", "--host", "claude")
    lines = {line.split()[0]: line.split() for line in cli("hosts").out.splitlines()}
    assert list(lines) == list(HOSTS)
    assert lines["claude"][1:3] == ["configured", ".claude/agents/NAME.md"]
    assert lines["cursor"][1:3] == ["detected", ".cursor/agents/NAME.md"]
    assert lines["gemini"][1] == ".gemini/agents/NAME.md"
    rows = {row["name"]: row for row in cli("hosts", "--json").json["hosts"]}
    assert (rows["claude"]["configured"], rows["claude"]["detected"]) == (True, False)
    assert rows["cursor"]["detected"] is True
    assert rows["zed"]["native"] is False


@pytest.mark.parametrize("host", HOSTS)
def test_every_host_can_be_shown(cli: Cli, host: str) -> None:
    out = cli("hosts", host).out
    assert out.startswith(f"{host}: {HOSTS[host].title}\n")
    data = cli("hosts", host, "--json").json
    assert data["paths"]["agents"] == HOSTS[host].agents.format(name="NAME")
    assert data["features"]["tools"] in out


def test_an_unknown_host_is_an_error_with_the_nearest(cli: Cli) -> None:
    assert "agentpkg hosts lists those that there are" in cli("hosts", "nothing", code=2).err
    assert "did you mean claude?" in cli("hosts", "cluade", code=2).err


def test_render_shows_every_file_with_its_losses_and_writes_nothing(cli: Cli, project: Path) -> None:
    out = cli("render", "data-engineer", "--losses", "--host", "claude", "--host", "codex", "--host", "kiro").out
    assert "exact         claude       .claude/agents/data-engineer.md\n" in out
    assert "approximated on codex: data-engineer: tools: no tool list" in out
    assert contents(project) == {}


def test_render_prints_the_bytes_that_an_install_writes(cli: Cli, project: Path) -> None:
    cli("init", "--host", "gemini", "--host", "opencode")
    shown = cli("render", "data-engineer", "--json").json["files"]
    both = cli("render", "data-engineer", "--host", "gemini", "--host", "opencode").out
    assert "==> .gemini/agents/data-engineer.md <==\n---\nname:" in both
    cli("install", "data-engineer")
    written = {path: content.decode() for path, content in contents(project).items() if path.startswith(".")}
    assert shown == written


def test_render_takes_a_folder_and_shows_what_install_would_refuse(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "agents").mkdir(parents=True)
    (folder / "bundle.toml").write_text('[bundle]\nname = "mine"\nversion = "1.0.0"\ndescription = "Mine."\n')
    (folder / "agents/mine.md").write_text("---\nname: mine\ndescription: d\ntools: [read]\n---\n\nRead.\n")
    data = cli("render", str(folder), "--host", "codex", "--json").json
    assert data["renderings"][0]["fidelity"] == "widened"
    failed = cli("render", str(folder), "--host", "codex", "--fail-on", "widened", "--json", code=3)
    assert "widened" in failed.err
    assert failed.json["renderings"] == data["renderings"]
    (folder / "link").symlink_to("/etc/passwd")
    assert "symbolic link" in cli("render", str(folder), "--host", "codex", code=3).err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["data-engineer"], "there is no host to render for"),
        (["data-engineer", "--host", "nothing"], "unknown host 'nothing'"),
        (["./nowhere", "--host", "claude"], "there is no nowhere"),
        (["", "--host", "claude"], "is not a requirement"),
        (["data-enginer", "--host", "claude"], "there is no bundle 'data-enginer'"),
    ],
)
def test_render_says_what_is_wrong(cli: Cli, arguments: list[str], message: str) -> None:
    assert message in cli("render", *arguments, code=2).err


def test_a_loss_can_be_too_much(cli: Cli, project: Path) -> None:
    hosts = ["--host", "claude", "--host", "gemini"]
    error = cli("install", "senior-data-engineer", *hosts, "--fail-on", "narrowed", code=3).err
    assert "senior-data-engineer: senior-data-engineer on gemini: tools narrowed" in error
    assert contents(project) == {}
    cli("install", "senior-data-engineer", *hosts)
    cli("sync", "--fail-on", "widened")
    cli("sync", "--check", "--fail-on", "narrowed", code=3)
    cli("sync", "--fail-on", "narrowed", code=3)
    cli("update", "--fail-on", "approximated", code=3)


def test_notes_are_told_once_for_all_agents_and_hosts_that_they_are_true_of(cli: Cli) -> None:
    out = cli("render", "analytics-team", "--losses", "--host", "codex", "--host", "goose").out
    notes = [line for line in out.splitlines() if "no tool list" in line]
    assert notes == [
        "  widened on codex, goose: metrics-analyst: tools: no tool list: the agent has all of the session's tools",
        "  approximated on codex, goose: analytics-engineer: tools: no tool list: the agent has the session's tools",
    ]


def test_a_host_that_was_left_out_and_reads_the_file_all_the_same_is_told_of(cli: Cli, project: Path) -> None:
    assert AlsoRead(agents=".claude/agents/{name}.md", restricts=False) in HOSTS["cursor"].also_reads
    cli("init", "--host", "claude", "--host", "cursor")
    out = cli("install", "data-reviewer", "--host", "claude").out
    told = "widened on cursor: data-reviewer: overlap: was not chosen, and loads .claude/agents/NAME.md all the same"
    assert told in out
    assert ".cursor/agents/data-reviewer.md" not in contents(project)
    assert told in cli("render", "data-reviewer", "--losses", "--host", "claude").out
    assert "overlap" not in cli("install", "data-engineer").out
    assert "overlap widened" in cli("sync", "--check", "--fail-on", "widened", code=3).err


def test_for_the_home_folder_nobody_is_sent_to_the_settings_of_a_project(cli: Cli) -> None:
    arguments = ("install", "data-engineer", "--host", "cursor", "--dry-run")
    assert "mcp: add to the project's .cursor/mcp.json, under" in cli(*arguments).out
    assert "mcp: add to the host's own settings: context7" in cli(*arguments, "--global").out


def test_a_lock_that_is_silent_about_losses_is_filled_and_never_passes(cli: Cli, project: Path) -> None:
    cli("install", "senior-data-engineer", "--host", "claude", "--host", "gemini")
    path = project / "agentpkg.lock"
    told = path.read_text()
    lock = json.loads(told)
    for bundle in lock["bundles"].values():
        del bundle["losses"]
    path.write_text(json.dumps(lock))
    assert "agentpkg.lock does not say" in cli("sync", "--check", "--fail-on", "widened", code=3).err
    cli("sync", "--fail-on", "narrowed", code=3)
    cli("sync", "--fail-on", "widened")
    assert path.read_text() == told


def test_a_host_of_one_bundle_alone_counts_among_those_that_read_the_files_of_others(
    cli: Cli, project: Path, registry: Registry
) -> None:
    registry.publish("reader", tools="[read]").publish("free")
    cli("init", "--host", "claude")
    cli("install", "reader", "--registry", registry.url)
    told = "widened on cursor: reader: overlap: was not chosen"
    assert told in cli("install", f"{registry.path.name}/free", "--host", "cursor").out


def test_render_takes_a_bundle_of_a_named_registry_and_a_folder_by_its_looks(
    cli: Cli, project: Path, registry: Registry
) -> None:
    registry.publish("tool", tools="[read]")
    cli("install", "tool", "--registry", registry.url, "--host", "claude")
    assert "exact" in cli("render", f"{registry.path.name}/tool").out
    assert "exact" in cli("render", str(registry.folder / "bundles/tool/1.0.0")).out


def test_render_looks_at_no_more_of_a_folder_than_a_bundle_may_hold(cli: Cli, tmp_path: Path) -> None:
    for name in ("many", "large", "deep", "linked"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "bundle.toml").touch()
    for number in range(501):
        (tmp_path / "many" / str(number)).touch()
    with (tmp_path / "large" / "file").open("wb") as file:
        file.truncate(1 << 40)
    (tmp_path / "deep" / "/".join(["d"] * 40)).mkdir(parents=True)
    for name in ("many", "large", "deep"):
        assert "holds more than a bundle may" in cli("render", str(tmp_path / name), "--host", "claude", code=3).err
    (tmp_path / "linked" / "skills").symlink_to("/etc")
    assert "symbolic link" in cli("render", str(tmp_path / "linked"), "--host", "claude", code=3).err
