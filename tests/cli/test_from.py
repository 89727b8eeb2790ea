"""Agents out of repositories that hold no bundles: found in any layout, pinned, updated, and never widened."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from agentpkg.store import cache_folder
from tests.support.cli import Cli
from tests.support.registry import git
from tests.support.tree import contents

HOSTS = ("claude", "copilot", "opencode", "gemini")
ALL_HOSTS = tuple(word for host in HOSTS for word in ("--host", host))
CLAUDE = """---
name: log-reader
description: Reads logs. Use when a service misbehaves.
tools: Read, Grep
model: haiku
color: blue
---

You read logs and say what happened first.
"""
COPILOT = """---
name: log-reader
description: Reads logs. Use when a service misbehaves.
tools: ['read', 'search']
---

You read logs and say what happened first.
"""
OPENCODE = """---
description: Reads logs. Use when a service misbehaves.
mode: subagent
tools:
  write: false
  edit: false
  bash: false
---

You read logs and say what happened first.
"""
README = "# Agents\n\nPut these into your project.\n"
PAGE = "---\ntitle: How to write one\n---\n\nKeep it short.\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    git(folder, "init", "-q", ".")
    return folder


def commit(source: Path, files: Mapping[str, str | bytes], message: str = "change") -> str:
    for path, text in files.items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_bytes(text if isinstance(text, bytes) else text.encode())
    git(source, "add", "-A")
    git(source, "commit", "-q", "--allow-empty", "-m", message)
    return git(source, "rev-parse", "HEAD").strip()


LAYOUTS = {
    "a folder of Claude's": {".claude/agents/log-reader.md": CLAUDE, ".claude/agents/README.md": README},
    "a folder of Copilot's": {".github/agents/log-reader.agent.md": COPILOT, ".github/README.md": README},
    "a plug-in": {".claude-plugin/plugin.json": "{}", "logs/agents/log-reader.md": CLAUDE, "logs/README.md": README},
    "plain files": {"agents/log-reader.md": CLAUDE, "agents/README.md": README, "agents/how-to.md": PAGE},
    "a folder of OpenCode's": {".opencode/agent/log-reader.md": OPENCODE, ".opencode/README.md": README},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_agents_are_found_in_every_layout_and_installed_for_every_host(
    cli: Cli, project: Path, source: Path, layout: str
) -> None:
    commit(source, LAYOUTS[layout])
    found = cli("search", "--from", str(source), "--json").json["bundles"]
    assert [one["id"].rpartition("/")[2] for one in found] == ["log-reader"]
    cli("install", "--from", str(source), "log-reader", *ALL_HOSTS)
    written = [path for path in contents(project) if "log-reader" in path]
    assert len(written) == len(HOSTS)
    for text in (contents(project)[path].decode() for path in written):
        assert "You read logs and say what happened first." in text
        assert "Reads logs. Use when a service misbehaves." in text
    assert "change" not in (project / ".github/agents/log-reader.agent.md").read_text()
    grants = json.loads((project / "agentpkg.lock").read_text())["bundles"]["source/log-reader"]["grants"]["log-reader"]
    assert not {"shell", "write", "edit", "*"} & set(grants)
    cli("sync", "--check")


def test_an_agent_is_pinned_by_commit_and_stays_until_an_update(cli: Cli, project: Path, source: Path) -> None:
    first = commit(source, {"agents/log-reader.md": CLAUDE, "agents/other.md": CLAUDE.replace("log-reader", "other")})
    cli("install", "--from", str(source), "log-reader", "--host", "claude")
    lock = json.loads((project / "agentpkg.lock").read_text())["bundles"]["source/log-reader"]
    assert (lock["version"], lock["commit"]) == (f"0.0.0+g{first[:12]}", first)
    commit(source, {"README.md": README})
    assert cli("update").out == "nothing to do\n"  # its file has not changed
    second = commit(source, {"agents/log-reader.md": CLAUDE.replace("what happened", "what went wrong")})
    cli("install", "--from", str(source), "other")
    assert "what happened first" in (project / ".claude/agents/log-reader.md").read_text()
    (project / ".claude/agents/log-reader.md").unlink()
    cli("sync", "--frozen")
    assert "what happened first" in (project / ".claude/agents/log-reader.md").read_text()
    assert f"0.0.0+g{first[:12]} -> 0.0.0+g{second[:12]}" in cli("update").out
    assert "what went wrong first" in (project / ".claude/agents/log-reader.md").read_text()


def test_another_machine_gets_the_locked_commit(
    cli: Cli, project: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(source, {"agents/log-reader.md": CLAUDE})
    cli("install", "--from", str(source), "log-reader", "--host", "claude")
    before = contents(project)
    commit(source, {"agents/log-reader.md": CLAUDE.replace("logs", "traces")})
    monkeypatch.setenv("AGENTPKG_CACHE_DIR", str(tmp_path / "another"))
    monkeypatch.setenv("AGENTPKG_STATE_DIR", str(tmp_path / "another"))
    (project / ".claude/agents/log-reader.md").unlink()
    cli("sync", "--frozen")
    assert contents(project) == before


def test_an_update_that_gains_powers_asks(cli: Cli, project: Path, source: Path) -> None:
    commit(source, {"agents/log-reader.md": CLAUDE})
    cli("install", "--from", str(source), "log-reader", "--host", "claude")
    commit(source, {"agents/log-reader.md": CLAUDE.replace("Read, Grep", "Read, Grep, Bash")})
    before = contents(project)
    assert "log-reader would gain shell" in cli("update", code=4).err
    commit(source, {"agents/log-reader.md": CLAUDE.replace("tools: Read, Grep\n", "")})
    assert "log-reader would gain every tool" in cli("update", code=4).err
    assert contents(project) == before


def test_what_is_not_carried_is_told_with_the_file(cli: Cli, source: Path) -> None:
    commit(source, {"agents/log-reader.md": CLAUDE.replace("Read, Grep", "Read, Grep, Teleport")})
    told = cli("install", "--from", str(source), "log-reader", "--host", "claude").err
    assert "agents/log-reader.md" in told
    assert "Teleport" in told


def test_a_list_of_tools_that_nobody_knows_gives_none_and_not_all(cli: Cli, project: Path, source: Path) -> None:
    commit(source, {"agents/log-reader.md": CLAUDE.replace("Read, Grep", "Teleport")})
    cli("install", "--from", str(source), "log-reader", "--host", "claude")
    grants = json.loads((project / "agentpkg.lock").read_text())["bundles"]["source/log-reader"]["grants"]
    assert grants == {"log-reader": []}


def test_hidden_text_and_links_do_not_come_in(cli: Cli, project: Path, source: Path) -> None:
    (source / "agents").mkdir()
    (source / "agents/linked.md").symlink_to("/etc/passwd")
    commit(
        source,
        {
            "agents/log-reader.md": CLAUDE,
            "agents/hidden.md": CLAUDE.replace("You read", "You \U000e0041read"),
            "agents/latin.md": b"---\nname: latin\ndescription: caf\xe9\n---\nHello.\n",
            "agents/large.md": CLAUDE + "x" * 300_000,
        },
    )
    result = cli("search", "--from", str(source), "--json")
    assert [one["id"] for one in result.json["bundles"]] == ["log-reader"]
    for name in ("hidden", "latin"):
        assert f"agents/{name}.md" in result.err
    cli("install", "--from", str(source), "hidden", "--host", "claude", code=2)
    assert contents(project) == {}
    assert not list(cache_folder().rglob("log-reader.md"))


def test_a_name_is_never_taken_over_by_another_file(cli: Cli, source: Path) -> None:
    commit(source, {"one/agents/log-reader.md": CLAUDE})
    cli("install", "--from", str(source), "log-reader", "--host", "claude")
    commit(source, {"another/agents/log-reader.md": CLAUDE.replace("logs", "secrets")})
    found = cli("search", "--from", str(source), "--json").json["bundles"]
    assert [one["id"] for one in found] == ["another-log-reader", "one-log-reader"]
    result = cli("update")
    assert "nothing to do" in result.out
    assert result.err.count("no longer has an agent log-reader; source/log-reader stays as it is locked") == 1
    commit(source, {"x/agents/one-log-reader.md": CLAUDE.replace("log-reader", "one-log-reader")})
    names = [one["id"] for one in cli("search", "--from", str(source), "--json").json["bundles"]]
    assert [name for name in names if not name.startswith("log-reader-")] == ["another-log-reader", "one-log-reader"]
    assert len(names) == 3


def test_branches_tags_commits_and_folders(cli: Cli, project: Path, source: Path) -> None:
    first = commit(source, {"deep/er/log-reader.md": CLAUDE})
    git(source, "tag", "v1")
    git(source, "branch", "old")
    commit(source, {"deep/er/log-reader.md": CLAUDE.replace("happened", "broke")})
    for ref in ("v1", "old", first):
        cli("install", "--from", f"{source}@{ref}#deep/er", "log-reader", "--host", "claude")
        assert "what happened first" in (project / ".claude/agents/log-reader.md").read_text()
        registries = tomllib.loads((project / "agentpkg.toml").read_text())["registries"]
        assert registries == {"source": {"url": str(source), "subfolder": "deep/er", "agents": True, "ref": ref}}
    assert "no branch or tag 'nope'" in cli("install", "--from", f"{source}@nope", "log-reader", code=2).err
    assert "no agent 'log-reader'" in cli("install", "--from", f"{source}#else/where", "log-reader", code=2).err


def test_a_tag_that_moved_is_refused_until_it_is_accepted(cli: Cli, project: Path, source: Path) -> None:
    commit(source, {"agents/log-reader.md": CLAUDE})
    git(source, "tag", "v1")
    cli("install", "--from", f"{source}@v1", "log-reader", "--host", "claude")
    before = contents(project)
    new = commit(source, {"agents/log-reader.md": CLAUDE.replace("happened", "broke")})
    git(source, "tag", "-f", "v1")
    assert "the tag v1 was moved" in cli("update", code=5).err
    assert contents(project) == before
    cli("registry", "reset", "source", "--to", new)
    cli("update")
    assert "what broke first" in (project / ".claude/agents/log-reader.md").read_text()


def test_a_commit_that_is_gone_is_told_and_nothing_changes(
    cli: Cli, project: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(source, {"agents/log-reader.md": CLAUDE})
    cli("install", "--from", str(source), "log-reader", "--host", "claude")
    git(source, "checkout", "-q", "--orphan", "fresh")
    commit(source, {"agents/log-reader.md": CLAUDE.replace("happened", "broke")})
    git(source, "branch", "-q", "-M", "main")
    git(source, "reflog", "expire", "--expire=now", "--all")
    git(source, "gc", "-q", "--prune=now")
    monkeypatch.setenv("AGENTPKG_CACHE_DIR", str(tmp_path / "another"))
    (project / ".claude/agents/log-reader.md").unlink()
    before = contents(project)
    told = cli("sync", code=8).err
    assert "no longer has the commit" in told
    assert "was rewritten" in told
    assert contents(project) == before
    assert "cannot be read, so nothing of it counts as approved" in cli("update", code=4).err
    cli("update", "--accept-grants")
    assert "what broke first" in (project / ".claude/agents/log-reader.md").read_text()


def test_without_names_or_a_repository_it_is_told_what_to_do(cli: Cli, tmp_path: Path) -> None:
    assert "agentpkg search --from x/y" in cli("install", "--from", "x/y", code=2).err
    (tmp_path / "plain").mkdir()
    cli("install", "--from", str(tmp_path / "plain"), "some-agent", "--host", "claude", code=8)


def test_offline_names_what_has_not_been_fetched(cli: Cli, source: Path) -> None:
    commit(source, {"agents/log-reader.md": CLAUDE})
    assert "has not been fetched yet" in cli("search", "--offline", "--from", str(source), code=8).err


def test_offline_fetches_no_commit_that_is_locked_and_not_here(
    cli: Cli, project: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(source, {"agents/log-reader.md": CLAUDE})
    git(source, "branch", "kept")  # so that it could be had
    cli("install", "--from", str(source), "log-reader", "--host", "claude")
    git(source, "checkout", "-q", "--orphan", "fresh")
    commit(source, {"agents/log-reader.md": CLAUDE.replace("happened", "broke")})
    git(source, "branch", "-q", "-M", "main")
    monkeypatch.setenv("AGENTPKG_CACHE_DIR", str(tmp_path / "another"))
    cli("search", "--from", str(source))
    (project / ".claude/agents/log-reader.md").unlink()
    assert "has not been fetched yet" in cli("sync", "--offline", code=8).err
    cli("sync")
    assert "what happened first" in (project / ".claude/agents/log-reader.md").read_text()
