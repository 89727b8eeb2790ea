"""`import`: agent files of any host as bundles, every change told, and no bad file in the way of the others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.registry import Registry
from tests.support.tree import contents

LOGS = """---
name: Log Reader
description: Reads logs. Use when a service misbehaves. Example: user: it is down, assistant: I look at the logs.
tools: Read, Grep, Bash(tail:*), MultiEdit, Shel
model: sonnet
color: teal
tags: [ops]
---

You read logs. Tell what happened first. The `metrics-reader` agent knows the numbers; see templates/report.md.
"""
METRICS = """---
name: metrics-reader
description: Reads metrics. Use when a service is slow.
tools: [read, "mcp:prometheus/query"]
---
You read metrics.
"""
BROKEN = "---\nname: broken\ndescription: d\ntools: [Read, {a: b}]\n---\nBody.\n"


@pytest.fixture
def agents(project: Path) -> Path:
    """A folder of a host, with agents, a page, a file that agents cite, and one that cannot be read."""
    folder = project / ".claude" / "agents"
    (folder / "templates").mkdir(parents=True)
    (folder / "log-reader.md").write_text(LOGS)
    (folder / "metrics-reader.md").write_text(METRICS)
    (folder / "broken.md").write_text(BROKEN)
    (folder / "README.md").write_text("# Our agents\n")
    (folder / "notes.md").write_text("Things to do.\n")
    (folder / "templates" / "report.md").write_bytes(b"# Report\r\n")
    return folder


def test_everything_that_can_be_read_is_imported_and_all_that_changed_is_told(cli: Cli, agents: Path) -> None:
    before = contents(agents)
    done = cli("import", ".claude/agents", code=3)
    mixed = "tools mixes names with lists or tables (write a list of names; what an agent may do is never guessed)"
    assert done.out.splitlines() == [
        "log-reader, from .claude/agents/log-reader.md:",
        "  line 3: description is not valid YAML, and read as the text that stands there",
        "  'Log Reader' is called log-reader",
        "  tools: Bash(tail:*) is read as shell(tail *)",
        "  tools: MultiEdit is read as edit",
        "  tools drops a tool: 'Shel' is no tool that is known here; did you mean shell?",
        "  color is dropped: Claude Code would not take 'teal'",
        "  tags is dropped: Claude Code knows no such field",
        "  the prompt cites files, which come along in the skill log-reader-files: templates/report.md",
        "  advice: log-reader names metrics-reader in its prompt: consider [requires]",
        "metrics-reader, from .claude/agents/metrics-reader.md:",
        "  advice: metrics-reader needs MCP servers that its file does not declare: prometheus",
        "FILE                                HOST    RESULT",
        f".claude/agents/broken.md            -       not read: {mixed}",
        ".claude/agents/log-reader.md        claude  written: bundles/log-reader",
        ".claude/agents/metrics-reader.md    claude  written: bundles/metrics-reader",
        ".claude/agents/notes.md             -       no agent, by its header",
        ".claude/agents/templates/report.md  -       no agent, by its header",
        "2 agents in 2 bundles; 1 file not read",
    ]
    assert done.err == (
        "next: agentpkg check bundles/log-reader, then agentpkg publish bundles/log-reader, "
        "or agentpkg install bundles/log-reader\n"
        "error: 1 agent could not be read; the others are imported\n"
        "hint: mend what is named above, and import those files again\n"
    )
    assert contents(agents) == before


def test_what_is_written_is_a_bundle_that_says_what_the_file_said(cli: Cli, agents: Path, project: Path) -> None:
    cli("import", ".claude/agents", code=3)
    files = contents(project / "bundles" / "log-reader")
    assert sorted(files) == [
        "agents/log-reader.md",
        "bundle.toml",
        "skills/log-reader-files/SKILL.md",
        "skills/log-reader-files/templates/report.md",
    ]
    assert files["agents/log-reader.md"].decode() == (
        "---\n"
        "name: log-reader\n"
        'description: "Reads logs. Use when a service misbehaves. '
        'Example: user: it is down, assistant: I look at the logs."\n'
        'tools: [read, grep, "shell(tail *)", edit]\n'
        "model: balanced\n"
        "---\n"
        "You read logs. Tell what happened first. "
        "The `metrics-reader` agent knows the numbers; see templates/report.md.\n"
    )
    assert files["skills/log-reader-files/templates/report.md"] == b"# Report\n"
    assert "- templates/report.md\n" in files["skills/log-reader-files/SKILL.md"].decode()
    shown = cli("render", "bundles/log-reader", "--host", "claude", "--json").json["files"]
    assert {".claude/agents/log-reader.md", ".claude/skills/log-reader-files/templates/report.md"} <= shown.keys()


def test_a_second_import_finds_all_there_and_writes_over_nothing(cli: Cli, agents: Path, project: Path) -> None:
    (agents / "broken.md").unlink()
    cli("import", ".claude/agents")
    assert "there already: bundles/log-reader" in cli("import", ".claude/agents").out
    assert "bundles/log-reader/agents" not in cli("import", ".").out  # what is a bundle already is no agent to import
    file = project / "bundles" / "log-reader" / "agents" / "log-reader.md"
    file.write_text(file.read_text() + "Mine.\n")
    before = contents(project)
    refused = cli("import", ".claude/agents", code=6)
    assert "not written: bundles/log-reader is there already, and was not written over" in refused.out
    assert contents(project) == before
    (project / "bundles" / "log-reader" / "agents").rename(project / "moved")
    (project / "bundles" / "log-reader" / "agents").symlink_to(project / "moved")
    cli("import", ".claude/agents", code=6)


def test_a_look_tells_what_a_run_would_find(cli: Cli, agents: Path, project: Path) -> None:
    (agents / "broken.md").unlink()
    cli("import", ".claude/agents")
    assert "there already: bundles/log-reader" in cli("import", ".claude/agents", "--dry-run").out
    (project / "bundles" / "log-reader" / "bundle.toml").write_text("mine")
    cli("import", ".claude/agents", "--dry-run", code=6)


def test_no_bundles_are_made_where_a_host_reads_agents(cli: Cli, agents: Path) -> None:
    assert "a host reads agents in .claude/agents" in cli("import", ".claude", "--to", ".claude/agents", code=2).err
    assert "a host reads agents in" in cli("new", "x1", "--to", ".claude/agents", code=2).err


def test_a_name_of_a_file_cannot_pass_for_a_line_of_ours(cli: Cli, project: Path) -> None:
    (project / "b\n::error file=x::forged.md").write_text(METRICS)
    out = cli("import", ".").out
    assert not any(line.startswith("::error") for line in out.splitlines())
    assert "b\\n::error file=x::forged.md" in out


def test_a_file_that_is_named_twice_is_read_once(cli: Cli, agents: Path) -> None:
    (agents / "broken.md").unlink()
    done = cli("import", ".claude/agents/metrics-reader.md", ".claude/agents", "--json").json
    notes = [note for made in done["bundles"] for agent in made["agents"] for note in agent["notes"]]
    assert not [note for note in notes if "joined" in note]


def test_nothing_is_written_for_a_look(cli: Cli, agents: Path, project: Path) -> None:
    before = contents(project)
    assert "would be written: bundles/log-reader" in cli("import", ".claude/agents", "--dry-run", code=3).out
    assert contents(project) == before


def test_one_bundle_may_hold_all(cli: Cli, agents: Path, project: Path) -> None:
    done = cli("import", ".claude/agents", "--bundle", "readers", "--to", "mine", "--json", code=3).json
    assert [one["name"] for one in done["bundles"]] == ["readers"]
    assert [one["name"] for one in done["bundles"][0]["agents"]] == ["log-reader", "metrics-reader"]
    assert done["bundles"][0]["agents"][1]["tools"] == ["read", "mcp:prometheus/query"]
    assert done["refused"][0]["file"] == ".claude/agents/broken.md"
    assert done["pages"] == [".claude/agents/notes.md", ".claude/agents/templates/report.md"]
    assert (project / "mine" / "readers" / "agents" / "metrics-reader.md").is_file()
    advice = " ".join(done["bundles"][0]["advice"])
    assert "consider [requires]" not in advice  # they are together


def test_one_agent_written_for_several_hosts_is_one(cli: Cli, project: Path) -> None:
    for path, tools in ((".claude/agents/x1.md", "[Read]\ncolor: cyan"), (".github/agents/x1.agent.md", "[read]")):
        (project / path).parent.mkdir(parents=True)
        (project / path).write_text(f"---\nname: x1\ndescription: d\ntools: {tools}\n---\nBody.\n")
    (project / ".codex/agents").mkdir(parents=True)
    (project / ".codex/agents/x1.toml").write_text('name = "x1"\ndescription = "d"\ndeveloper_instructions = "Other"\n')
    done = cli("import", ".", "--json").json
    agents = {made["name"]: made["agents"][0] for made in done["bundles"]}
    assert sorted(agents) == ["codex-x1", "x1"]
    assert agents["x1"]["tools"] == ["read"]
    assert ".github/agents/x1.agent.md: the same agent as .claude/agents/x1.md: joined" in agents["x1"]["notes"]
    assert any("the name x1 is taken by .claude/agents/x1.md" in note for note in agents["codex-x1"]["notes"])
    assert "claude: {color: cyan}" in (project / "bundles/x1/agents/x1.md").read_text()


def test_names_are_made_unique_and_the_change_is_told(cli: Cli, project: Path) -> None:
    for number in (1, 2, 3):
        (project / f"a{number}.md").write_text(f"---\nname: same\ndescription: d\n---\nBody {number}.\n")
    done = cli("import", "a1.md", "a2.md", "a3.md")
    assert "same-2, from a2.md:\n  the name same is taken by a1.md; it is same-2 here\n" in done.out
    assert sorted(path.name for path in (project / "bundles").iterdir()) == ["same", "same-2", "same-3"]


def test_files_of_every_form_are_imported(cli: Cli, project: Path) -> None:
    (project / "a.toml").write_text('name = "a1"\ndescription = "d"\ndeveloper_instructions = "B"\n')
    (project / "b.json").write_text('{"name": "b1", "description": "d", "prompt": "file://./b.txt", "tools": ["read"]}')
    (project / "b.txt").write_text("From a file.\n")
    (project / ".roomodes").write_text(
        "customModes:\n  - slug: c1\n    description: d\n    roleDefinition: B\n    groups: [read]\n"
        "  - slug: d1\n    description: d\n    roleDefinition: B\n    groups: [command]\n"
    )
    done = cli("import", "a.toml", "b.json", ".roomodes", "--json").json
    agents = {one["name"]: one for made in done["bundles"] for one in made["agents"]}
    assert {name: one["host"] for name, one in agents.items()} == {
        "a1": "codex", "b1": "kiro", "c1": "zoo", "d1": "zoo",
    }  # fmt: skip
    assert agents["d1"]["tools"] == ["shell"]
    assert (project / "bundles/b1/agents/b1.md").read_text().endswith("---\nFrom a file.\n")


def test_servers_come_along_without_their_secrets(cli: Cli, project: Path) -> None:
    (project / "x1.md").write_text(
        "---\nname: x1\ndescription: d\ntools: [Read, mcp__db__query]\n"
        "mcpServers:\n  - db: {command: db-server, args: [--fast], env: {DB_KEY: hunter22}}\n---\nBody.\n"
    )
    done = cli("import", "x1.md")
    assert "mcpServers.db.env.DB_KEY: its value is left out; set the variable where the host runs" in done.out
    toml = (project / "bundles" / "x1" / "bundle.toml").read_text()
    assert '[mcp.db]\ncommand = "db-server"\nargs = ["--fast"]\nenv = ["DB_KEY"]\n' in toml
    assert "hunter22" not in "".join(data.decode() for data in contents(project / "bundles").values())


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (("nothing.md",), "error: there is no nothing.md", 2),
        (("empty",), "error: there is no agent in what was named", 2),
        (("x.md", "--from-host", "cloud"), "error: unknown host 'cloud'", 2),
        (("x.md", "--bundle", "Bad Name"), "error: --bundle: 'Bad Name' is not a valid name", 2),
        (("x.md", "--bundle", "x1", "--each"), "error: --bundle and --each exclude each other", 2),
        (("x.md",), "error: 1 agent could not be read", 3),
        (("page.md",), "error: 1 agent could not be read", 3),
        (("link.md",), "error: 1 agent could not be read", 3),
        (("pipe.md",), "error: 1 agent could not be read", 3),
        (("large.md",), "error: 1 agent could not be read", 3),
    ],
)
def test_what_cannot_be_imported_is_a_clear_error(
    cli: Cli, project: Path, arguments: tuple[str, ...], message: str, code: int
) -> None:
    (project / "empty").mkdir()
    (project / "page.md").write_text("# Page\n")
    (project / "x.md").write_bytes(b"---\nname: x1\ndescription: \xff\n---\nBody.\n")
    (project / "link.md").symlink_to(project / "x.md")
    os.mkfifo(project / "pipe.md")
    (project / "large.md").write_bytes(b"x" * 2_000_000)
    assert cli("import", *arguments, code=code).err.startswith(message)
    assert not (project / "bundles").exists()


def test_a_bundle_of_the_project_is_installed_by_its_folder(cli: Cli, project: Path, registry: Registry) -> None:
    (project / "mine.md").write_text(METRICS)
    cli("import", "mine.md")
    cli("install", "bundles/metrics-reader", "--host", "claude")
    assert 'metrics-reader = {path = "bundles/metrics-reader"}' in (project / "agentpkg.toml").read_text()
    assert (project / ".claude" / "agents" / "metrics-reader.md").is_file()
    cli("sync", "--check")
    assert "is not in" in cli("install", "../elsewhere", code=2).err
    assert "there is no folder ./nothing" in cli("install", "./nothing", code=2).err


def test_no_file_from_outside_comes_along(cli: Cli, project: Path) -> None:
    """What a prompt cites is read below the folder that was named, through no link, and nowhere else."""
    secret = project.parent / "secret.txt"
    secret.write_text("The key is 1234.\n")
    folder = project / ".claude" / "agents"
    folder.mkdir(parents=True)
    (folder / "link.txt").symlink_to(secret)
    (folder / "x1.md").write_text(
        f"---\nname: x1\ndescription: d\n---\nSee ../../../secret.txt, {secret}, ./link.txt and link.txt.\n"
    )
    (folder / "y1.json").write_text("{}")
    cli("import", ".claude/agents")
    assert sorted(contents(project / "bundles")) == ["x1/agents/x1.md", "x1/bundle.toml"]
    (project / ".kiro" / "agents").mkdir(parents=True)
    (project / ".kiro" / "agents" / "k1.json").write_text(
        '{"name": "k1", "description": "d", "prompt": "file://../p.md", "tools": []}'
    )
    (project / ".kiro" / "p.md").write_text("Of a file of the host.\n")
    cli("import", ".kiro/agents")
    assert (project / "bundles/k1/agents/k1.md").read_text().endswith("Of a file of the host.\n")
    (project / ".kiro" / "p.md").unlink()
    (project / ".kiro" / "p.md").symlink_to(secret)
    cli("import", ".kiro/agents", "--to", "other", code=3)
    (project / "z1.json").write_text(
        '{"name": "z1", "description": "d", "prompt": "file://../secret.txt", "tools": []}'
    )
    assert "which cannot be read from here" in cli("import", "z1.json", code=3).out


def test_a_skill_that_is_cited_comes_whole_or_not_at_all(cli: Cli, project: Path) -> None:
    for name, more in (("good", ""), ("bad", "hooks: x\n"), ("asked", ""), ("other", "")):
        folder = project / ".claude" / "skills" / name
        folder.mkdir(parents=True)
        (folder / "SKILL.md").write_text(f"---\nname: {name}\ndescription: d\n{more}---\nText.\n")
        (folder / "run.sh").write_text("echo\n")
    (project / ".claude" / "agents").mkdir()
    (project / ".claude" / "agents" / "x1.md").write_text(
        "---\nname: x1\ndescription: d\nskills: [asked]\n---\nRead skills/good/SKILL.md and skills/bad/SKILL.md.\n"
    )
    done = cli("import", ".claude")
    assert "the skill bad, which the prompt cites, is left out: " in done.out
    assert "  skills that it asks for or cites come along: asked, good\n" in done.out
    skills = sorted(contents(project / "bundles" / "x1" / "skills"))
    assert skills == ["asked/SKILL.md", "asked/run.sh", "good/SKILL.md", "good/run.sh"]


def test_one_file_that_is_unfit_keeps_no_other_away_and_an_agent_is_no_companion(cli: Cli, agents: Path) -> None:
    (agents / "templates" / "odd.md").write_text("a\u200bb\n")
    text = LOGS.replace("see templates/report.md", "see templates/report.md, templates/odd.md, metrics-reader.md")
    (agents / "log-reader.md").write_text(text)
    done = cli("import", ".claude/agents", code=3)
    assert "templates/odd.md, which the prompt cites, is left out: " in done.out
    skill = contents(agents.parent.parent / "bundles" / "log-reader" / "skills" / "log-reader-files")
    assert sorted(skill) == ["SKILL.md", "templates/report.md"]


def test_what_agentpkg_wrote_is_passed_over(cli: Cli, manifest: Path, registry: Registry, project: Path) -> None:
    registry.publish("tool")
    cli("install", "tool")
    (project / ".claude" / "agents" / "mine.md").write_text(METRICS)
    assert [one["name"] for one in cli("import", ".", "--json").json["bundles"]] == ["metrics-reader"]


def test_what_was_imported_can_be_checked_published_and_installed(cli: Cli, project: Path) -> None:
    (project / ".claude" / "agents").mkdir(parents=True)
    (project / ".claude" / "agents" / "metrics-reader.md").write_text(METRICS)
    cli("import", ".claude/agents")
    shown = cli("render", "bundles/metrics-reader", "--host", "gemini").out
    assert "name: " in shown
    assert "mcp_prometheus_query" in shown
