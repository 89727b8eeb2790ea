"""`agentpkg why`: what asks for a bundle, and which bundle a file, an agent or a skill is of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.graph import lay_down_graph, publish_graph
from tests.support.registry import Registry, agent_text


@pytest.fixture
def graph(project: Path) -> Path:
    """A project with top, which requires mid and base, mid, which requires base, and base with a second agent."""
    return lay_down_graph(project, "top")


@pytest.fixture
def more(cli: Cli, manifest: Path, registry: Registry) -> Registry:
    """The registry of such a project, for more to be installed of."""
    publish_graph(registry)
    cli("install", "top")
    return registry


WAYS = [
    "  agentpkg.toml → top 1.0.0 (~=1.0) → base 1.0.0 (any)",
    "  agentpkg.toml → top 1.0.0 (~=1.0) → mid 1.0.0 (any) → base 1.0.0 (~=1.0)",
]


def test_the_shortest_way_is_told_and_with_all_every_one(cli: Cli, graph: Path) -> None:
    result = cli("why", "base")
    assert result.out.splitlines() == ["base 1.0.0", WAYS[0]]
    assert "agentpkg why --all shows 1 more way\n" in result.err
    assert cli("why", "base", "--all").out.splitlines() == ["base 1.0.0", *WAYS]
    assert cli("why", "top").err == ""


def test_json_has_each_step(cli: Cli, graph: Path) -> None:
    (row,) = cli("why", "base", "--json").json["bundles"]
    step = {"version": "1.0.0"}
    assert row["chains"] == [[{"id": "top", **step, "specifier": "~=1.0"}, {"id": "base", **step, "specifier": ""}]]
    assert (row["others"], row["uncounted"]) == (1, False)
    assert {"path": ".claude/agents/base.md", "item": "agents/base.md", "hosts": ["claude"]} in row["files"]
    assert len(cli("why", "base", "--all", "--json").json["bundles"][0]["chains"]) == 2


@pytest.mark.parametrize("asked", [".claude/agents/second.md", "second", "./.claude/agents/second.md.agentpkg-new"])
def test_a_file_and_an_agent_lead_to_their_bundle(cli: Cli, graph: Path, asked: str) -> None:
    told = [".claude/agents/second.md is agents/second.md of base 1.0.0, for claude", WAYS[0]]
    assert cli("why", asked).out.splitlines() == told


def test_a_skill_and_a_folder_lead_to_their_bundle(cli: Cli, graph: Path) -> None:
    folder = ".claude/skills/sql"
    told = [f"{folder}/{name} is skills/sql/{name} of base 1.0.0, for claude" for name in ("SKILL.md", "more.md")]
    assert cli("why", folder).out.splitlines() == [*told, WAYS[0]]
    assert cli("why", "sql").out == cli("why", f"{folder}/").out == cli("why", folder).out


def test_a_path_is_seen_from_where_one_stands(cli: Cli, graph: Path, project: Path, tmp_path: Path) -> None:
    assert "of base 1.0.0" in cli.at(project / ".claude")("why", "agents/second.md").out
    assert "of base 1.0.0" in cli.at(tmp_path)("why", "project/.claude/agents/second.md", "-C", "project").out
    assert "base 1.0.0" in cli.at(tmp_path)("why", "base", "-C", "project").out


def test_a_bundle_goes_before_agents_of_its_name_that_others_have(cli: Cli, more: Registry) -> None:
    more.publish("other", files={"agents/mid.md": agent_text("mid")})
    cli("install", "other", "--host", "codex")
    lines = cli("why", "mid").out.splitlines()
    assert lines[0] == "mid 1.0.0"
    assert ".codex/agents/mid.toml is agents/mid.md of other 1.0.0, for codex" in lines


def test_a_new_name_counts_and_the_old_does_not(cli: Cli, more: Registry) -> None:
    files = {f"agents/{name}.md": agent_text(name) for name in ("triage", "notes")}
    skill = {"skills/notes/SKILL.md": "---\nname: notes\ndescription: Notes.\n---\n\nTake notes.\n"}
    more.publish("other", files=files | skill)
    cli("install", "other", "--as", "triage=our-triage", "--as", "notes=our-notes")
    assert "is agents/triage.md of other 1.0.0" in cli("why", "our-triage").out
    cli("why", "triage", code=1)
    assert "agents/notes.md of other" not in cli("why", "notes").out  # which is what the skill is called


def test_an_entry_of_a_shared_file_and_the_file(cli: Cli, more: Registry) -> None:
    cli("install", "mid", "--host", "zoo")
    entry = next(one["path"] for one in cli("why", "mid", "--json").json["bundles"][0]["files"])
    assert "#mid" in entry
    assert "of mid 1.0.0" in cli("why", entry).out
    assert "of mid 1.0.0" in cli("why", entry.partition("#")[0]).out


def test_what_is_not_installed_exits_with_1_and_a_hint(cli: Cli, graph: Path, project: Path) -> None:
    assert "did you mean base?" in cli("why", "bases", code=1).err
    assert "agentpkg list shows what is" in cli("why", "zzzzz", code=1).err
    (project / ".claude/agents/mine.md").write_text("mine\n")
    result = cli("why", ".claude/agents/mine.md", code=1)
    assert "no bundle wrote .claude/agents/mine.md\nhint: agentpkg adopt" in result.err
    graph.write_text(graph.read_text() + 'later = "~=1.0"\n')
    assert "later is not installed yet" in cli("why", "later", code=1).err


def test_what_nothing_asks_for_any_more_is_told(cli: Cli, graph: Path) -> None:
    graph.write_text(graph.read_text().replace('top = "~=1.0"\n', ""))
    assert cli("why", "base").out.splitlines() == [
        "base 1.0.0",
        "  nothing asks for base; agentpkg sync takes it away",
    ]
