"""`render`, `convert` and `new`: what hosts would get, byte for byte, and what is lost; no file is written over."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from agentpkg.hosts import HOSTS
from tests.support.cli import Cli
from tests.support.registry import Registry
from tests.support.tree import contents

CLAUDE = """---
name: Log Reader
description: Reads logs. Use when a service misbehaves.
tools: Read, Grep
model: sonnet
---

You read logs.
"""
COPILOT = (
    '---\nname: "log-reader"\ndescription: "Reads logs. Use when a service misbehaves."\n'
    'tools: ["read", "search"]\n---\n\nYou read logs.\n'
)


@pytest.fixture
def file(project: Path) -> Path:
    path = project / ".claude" / "agents" / "log-reader.md"
    path.parent.mkdir(parents=True)
    path.write_text(CLAUDE)
    return path


def test_a_file_is_shown_byte_for_byte_and_its_losses_beside_it(cli: Cli, file: Path) -> None:
    shown = cli("render", ".claude/agents/log-reader.md", "--host", "junie")
    assert shown.out.startswith('---\nname: "log-reader"\n')
    assert shown.out.endswith("---\n\nYou read logs.\n")
    shown = cli("render", ".claude/agents/log-reader.md", "--host", "copilot")
    assert shown.out == COPILOT
    assert "'Log Reader' is called log-reader" in shown.err
    assert "on copilot: log-reader: model: balanced is left to the session's model" in shown.err


def test_a_bundle_is_shown_as_it_would_be_installed(
    cli: Cli, manifest: Path, registry: Registry, project: Path
) -> None:
    registry.publish("tool", tools="[read, shell]")
    shown = cli("render", "tool", "--host", "claude")
    cli("install", "tool")
    assert shown.out.encode() == (project / ".claude" / "agents" / "tool.md").read_bytes()


def test_several_files_are_told_apart(cli: Cli, file: Path) -> None:
    shown = cli("render", ".claude/agents/log-reader.md", "--host", "claude", "--host", "copilot")
    assert "==> .claude/agents/log-reader.md <==\n---\n" in shown.out
    assert f"==> .github/agents/log-reader.agent.md <==\n{COPILOT}" in shown.out.replace(
        '"read", "search"', '"read", "search"'
    )


def test_an_agent_of_a_bundle_is_rendered_with_what_its_bundle_declares(cli: Cli, project: Path) -> None:
    cli("new", "schema-reader")
    toml = project / "bundles" / "schema-reader" / "bundle.toml"
    toml.write_text(toml.read_text() + '\n[mcp.db]\ncommand = "db-server"\n')
    agent = project / "bundles" / "schema-reader" / "agents" / "schema-reader.md"
    agent.write_text(agent.read_text().replace("grep]", 'grep, "mcp:db/*"]'))
    shown = cli("render", "bundles/schema-reader/agents/schema-reader.md", "--host", "copilot")
    assert 'command: "db-server"' in shown.out


def test_every_host_gets_a_folder(cli: Cli, file: Path, project: Path) -> None:
    shown = cli("render", ".claude/agents/log-reader.md", "--all", "--out", "out")
    written = contents(project / "out")
    assert written["copilot/.github/agents/log-reader.agent.md"].decode() == COPILOT
    assert written["zoo/.roomodes"].startswith(b"customModes:\n  - slug:")
    refused = [line for line in shown.out.splitlines() if " refused " in line]
    assert {path.partition("/")[0] for path in written} == HOSTS.keys() - {line.split()[0] for line in refused}
    assert "widened" in shown.out  # shown, and written for a look, but installed nowhere
    cli("render", ".claude/agents/log-reader.md", "--all", "--out", "out")
    (project / "out" / "zoo" / ".roomodes").write_text("mine")
    before = contents(project)
    cli("render", ".claude/agents/log-reader.md", "--all", "--out", "out", code=6)
    assert contents(project) == before


def test_a_host_that_takes_no_such_agent_stands_in_nobodys_way(cli: Cli, project: Path) -> None:
    (project / "x.md").write_text("---\nname: plan\ndescription: d\n---\nBody.\n")
    done = cli("render", "x.md", "--all", "--out", "out", "--json").json
    assert "has an agent of its own called 'plan'" in done["refused"]["claude"]
    assert {one["host"] for one in done["written"]} == HOSTS.keys() - done["refused"].keys()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("render", "x.md", "--all"), "--all and --out go together"),
        (("render", "x.md", "--out", "out"), "--all and --out go together"),
        (("render", "x.md", "--all", "--out", "out", "--host", "claude"), "--all and --out go together"),
        (("render", "./none.md", "--host", "claude"), "there is no none.md"),
        (("render", "x.md"), "there is no host to render for"),
        (("convert", "x.md", "--to", "cloud"), "unknown host 'cloud'"),
        (("convert", "x.md", "--from", "cloud", "--to", "claude"), "unknown host 'cloud'"),
    ],
)
def test_what_cannot_be_shown_is_a_usage_error(
    cli: Cli, project: Path, arguments: tuple[str, ...], message: str
) -> None:
    (project / "x.md").write_text("---\nname: x1\ndescription: d\n---\nBody.\n")
    assert message in cli(*arguments, code=2).err


def test_a_file_is_converted(cli: Cli, file: Path, project: Path) -> None:
    shown = cli("convert", ".claude/agents/log-reader.md", "--to", "copilot")
    assert shown.out == COPILOT
    assert "'Log Reader' is called log-reader" in shown.err
    assert "model: balanced is left to the session's model" in shown.err
    shown = cli("convert", ".claude/agents/log-reader.md", "--to", "copilot", "--out", ".")
    assert shown.out == ".github/agents/log-reader.agent.md\n"
    assert (project / ".github" / "agents" / "log-reader.agent.md").read_text() == COPILOT
    assert not (project / "agentpkg.toml").exists()


def test_what_holds_for_the_old_host_only_is_told(cli: Cli, file: Path) -> None:
    file.write_text(CLAUDE.replace("model: sonnet", "model: sonnet\ncolor: cyan\nmaxTurns: 9"))
    told = cli("convert", ".claude/agents/log-reader.md", "--to", "copilot").err
    assert "log-reader: left out, since they hold for claude only: color, maxTurns\n" in told


def test_there_and_back_gives_the_same_agent(cli: Cli, file: Path, project: Path) -> None:
    cli("convert", ".claude/agents/log-reader.md", "--to", "opencode", "--out", "out")
    back = cli("convert", "out/.opencode/agents/log-reader.md", "--to", "claude").out
    assert 'tools: ["Read", "Grep"]' in back or 'tools: ["Grep", "Read"]' in back
    assert back.endswith("---\n\nYou read logs.\n")


def test_a_conversion_never_widens_unless_somebody_says_so(cli: Cli, file: Path) -> None:
    refused = cli("convert", ".claude/agents/log-reader.md", "--to", "codex", code=4)
    assert "log-reader on codex would gain every tool" in refused.err
    assert refused.out == ""
    done = cli("convert", ".claude/agents/log-reader.md", "--to", "codex", "--accept-grants")
    assert tomllib.loads(done.out)["name"] == "log-reader"
    assert "widened on codex" in done.err
    cli("convert", ".claude/agents/log-reader.md", "--to", "copilot", "--fail-on", "approximated", code=3)


def test_one_file_is_printed_although_skills_go_with_it(cli: Cli, file: Path, project: Path) -> None:
    (file.parent / "format.md").write_text("# Format\n")
    file.write_text(CLAUDE.replace("You read logs.", "You read logs as format.md says."))
    shown = cli("convert", ".claude/agents/log-reader.md", "--to", "copilot")
    assert shown.out == COPILOT.replace("You read logs.", "You read logs as format.md says.")
    assert "2 files of skills go with it, which --out writes too" in shown.err
    cli("convert", ".claude/agents/log-reader.md", "--to", "copilot", "--out", "out")
    assert (project / "out/.agents/skills/log-reader-files/format.md").is_file()


def test_a_conversion_writes_over_nothing(cli: Cli, file: Path, project: Path) -> None:
    target = project / ".github" / "agents" / "log-reader.agent.md"
    target.parent.mkdir(parents=True)
    target.write_text("mine")
    cli("convert", ".claude/agents/log-reader.md", "--to", "copilot", "--out", ".", code=6)
    assert target.read_text() == "mine"


def test_what_cannot_be_read_is_not_converted(cli: Cli, file: Path, project: Path) -> None:
    (project / "bad.md").write_text("---\nname: x1\ndescription: d\ntools: {a: b}\n---\nBody.\n")
    (project / "page.md").write_text("# Page\n")
    refused = cli("convert", "bad.md", "page.md", "--from", "claude", "--to", "copilot", code=3)
    assert "bad.md: tools is a table" in refused.err
    assert "page.md: no agent, by its header" in refused.err


def test_no_file_is_left_out_of_a_conversion_in_silence(cli: Cli, file: Path, project: Path) -> None:
    (project / "bad.md").write_text("---\nname: x1\ndescription: d\ntools: {a: b}\n---\nBody.\n")
    refused = cli("convert", ".claude/agents/log-reader.md", "bad.md", "--to", "copilot", code=3)
    assert refused.out == ""


def test_json_holds_files_and_losses(cli: Cli, file: Path) -> None:
    data = cli("convert", ".claude/agents/log-reader.md", "--to", "copilot", "--json").json
    assert data["files"] == {".github/agents/log-reader.agent.md": COPILOT}
    assert data["renderings"][0]["fidelity"] == "approximated"
    assert any("Log Reader" in note for note in data["notes"])


def test_a_new_bundle_is_one(cli: Cli, project: Path) -> None:
    made = cli("new", "schema-reader", "--description", "Use when a schema is unclear.")
    assert made.out == ("bundles/schema-reader/agents/schema-reader.md\nbundles/schema-reader/bundle.toml\n")
    assert "agentpkg check bundles/schema-reader" in made.err
    checked = cli("check", "bundles/schema-reader", "--strict")
    assert "warning[" not in checked.out
    assert "error[" not in checked.out
    before = contents(project)
    assert cli("new", "schema-reader", "--json", code=6).json["error"]["exit_code"] == 6
    assert contents(project) == before
    cli("new", "Schema Reader", code=2)
    cli("new", "x1", "--description", "a\u200bb", code=3)
    assert contents(project) == before
