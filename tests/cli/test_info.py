"""`agentpkg info`: what comes along, how well hosts hold the agents, and what these cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agentpkg.hosts import HOSTS
from tests.support.cli import Cli
from tests.support.registry import Registry, agent_text
from tests.support.tree import stamps

SKILL = "---\nname: sql\ndescription: SQL.\n---\n\nUse it.\n"


def at_hosts(cli: Cli, *arguments: str) -> dict[tuple[str, str], Any]:
    return {(one["agent"], one["host"]): one for one in cli("info", *arguments, "--json").json["hosts"]}


def test_sections_follow_each_other(cli: Cli, manifest: Path, registry: Registry, project: Path) -> None:
    registry.publish("base").publish("tool", tools="[read, delegate]", model="fast", requires={"base": "~=1.0"})
    before = stamps(project)
    assert cli("info", "tool", "--host", "claude", "--host", "gemini").out == (
        "tool 1.0.0\n"
        "The tool bundle.\n"
        "\n"
        "installed  no\n"
        "versions   1.0.0\n"
        "requires   base ~=1.0\n"
        "brings     base 1.0.0\n"
        "skills     none\n"
        "licence    not said\n"
        "authors    not said\n"
        f"registry   {registry.url}\n"
        "\n"
        "agent tool may use: delegate, read\n"
        "  Use tool when testing.\n"
        "\n"
        "hosts\n"
        "  exact     claude\n"
        "  narrowed  gemini\n"
        "  narrowed on gemini: tool: tools: no tool for delegate\n"
        "\n"
        "tokens (estimated; see agentpkg info --json for each host)\n"
        "  agent  in every session  in each run\n"
        "  tool   7                 140\n"
    )
    assert stamps(project) == before


def test_hosts_are_those_of_the_project_or_all(cli: Cli, manifest: Path, registry: Registry) -> None:
    registry.publish("tool", tools="[read]")
    assert at_hosts(cli, "tool").keys() == {("tool", "claude")}
    assert at_hosts(cli, "tool", "--host", "codex", "--host", "codex").keys() == {("tool", "codex")}
    manifest.unlink()
    assert {host for _, host in at_hosts(cli, "data-reviewer")} == HOSTS.keys()
    cli("info", "data-reviewer", "--host", "emacs", code=2)


def test_a_host_that_install_would_refuse_says_why(cli: Cli, manifest: Path, registry: Registry) -> None:
    """Each agent stands for itself: that one cannot be held keeps no other from being told."""
    files = {
        "agents/tool.md": agent_text("tool", tools="[read]"),
        "agents/free.md": agent_text("free"),
        "agents/worker.md": agent_text("worker"),
    }
    registry.publish("tool", files=files)
    hosts = at_hosts(cli, "tool", "--host", "codex")
    assert hosts[("tool", "codex")]["fidelity"] == "refused"
    assert hosts[("tool", "codex")]["refused"] == "it would gain every tool"
    assert hosts[("free", "codex")]["fidelity"] == "exact"
    assert "agent of its own called 'worker'" in hosts[("worker", "codex")]["refused"]
    assert hosts[("worker", "codex")]["tokens"] is None
    out = cli("info", "tool", "--host", "codex").out
    assert "  refused  codex\n" in out
    assert "  refused on codex: tool: it would gain every tool\n" in out
    cli("install", "tool", "--host", "codex", "--only", "tool", code=3)
    manifest.write_text(manifest.read_text() + '\n[hosts.codex]\nwidening = "allow"\n')
    assert at_hosts(cli, "tool", "--host", "codex")[("tool", "codex")]["fidelity"] == "widened"


def test_what_comes_along_is_told_with_what_is_here(cli: Cli, manifest: Path, registry: Registry) -> None:
    registry.publish("base").publish("mid", requires={"base": "~=1.0"}).publish("top", requires={"mid": ""})
    cli("install", "base")
    registry.publish("base", "1.1.0").publish("top", "2.0.0", requires={"mid": "", "base": ">=1.1"})
    assert cli("info", "top~=1.0", "--json").json["brings"] == [
        {"id": "base", "version": "1.0.0", "installed": "1.0.0", "required_by": ["mid"]},
        {"id": "mid", "version": "1.0.0", "installed": None, "required_by": ["top"]},
    ]
    assert "brings     base 1.1.0 (1.0.0 is installed), mid 1.0.0\n" in cli("info", "top").out


def test_what_cannot_come_along_is_told(cli: Cli, manifest: Path, registry: Registry) -> None:
    registry.publish("base").publish("top", requires={"base": ">=9"})
    assert "brings     nobody can say: no version of base is what is asked for" in cli("info", "top").out
    data = cli("info", "top", "--json").json
    assert (data["brings"], "no version of base" in data["unsolved"]) == ([], True)


def test_a_newer_version_is_one_that_counts(cli: Cli, manifest: Path, registry: Registry) -> None:
    registry.publish("tool")
    cli("install", "tool")
    registry.publish("tool", "2.0.0rc1")
    assert cli("info", "tool", "--json").json["newer"] is None
    registry.publish("tool", "1.1.0")
    assert "installed  1.0.0 (1.1.0 is newer)" in cli("info", "tool").out


def test_costs_are_of_what_each_host_gets(cli: Cli, manifest: Path, registry: Registry) -> None:
    files = {
        "agents/tool.md": agent_text("tool", body="word " * 100),
        "variants/codex/tool.md": "word " * 200 + "\n",
        "skills/sql/SKILL.md": SKILL,
    }
    registry.publish("tool", files=files)
    hosts = at_hosts(cli, "tool", "--host", "claude", "--host", "codex")
    assert hosts[("tool", "claude")]["tokens"] == {"always": 7, "started": 101}
    assert hosts[("tool", "codex")]["tokens"] == {"always": 7, "started": 201}
    result = cli("info", "tool", "--host", "claude", "--host", "codex")
    assert "  tool    7                 101 to 201\n" in result.out
    assert "  skills  4                 as they are read\n" in result.out
    assert cli("info", "tool", "--json").json["tokens"] == {"skills": 4}


def test_a_version_that_there_is_not_is_wanted_by_the_command_line(
    cli: Cli, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool")
    result = cli("info", "tool@9", code=1)
    assert "  the command line wants tool ==9\n" in result.err
    assert "agentpkg.toml" not in result.err
