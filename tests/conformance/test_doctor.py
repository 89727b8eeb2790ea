"""`doctor` asks the real clients: they load what is installed, a file that one rejects is told, and nothing is run."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from agentpkg.clients import Program, asked, find_program
from agentpkg.doctor.answers import read_names
from agentpkg.hosts import HOSTS
from agentpkg.scratch import put
from tests.conformance.clients.grok import unpack
from tests.conformance.conftest import require
from tests.conformance.pins import Pin, chosen
from tests.conformance.room import Room
from tests.support.cli import Cli

pytestmark = pytest.mark.conformance
# Where the programs are in what npm installs; a client that is none of npm's cannot be asked.
PROGRAMS = {
    "claude": "node_modules/@anthropic-ai/claude-code-*/claude",
    "copilot": "node_modules/@github/copilot-*/copilot",
    "codex": "node_modules/.bin/codex",
    "opencode": "node_modules/opencode-*/bin/opencode",
    "gemini": "node_modules/.bin/gemini",
    "qwen": "node_modules/.bin/qwen",
    "kilo": "node_modules/@kilocode/cli-*/bin/kilo",
}
# What each rejects: in the place of its agent `data-engineer`.
REJECTED = {
    "claude": "---\nname: data-engineer\n---\n\nA prompt.\n",
    "copilot": "---\nname: data-engineer\ndescription: one: two\n---\n\nA prompt.\n",
    "codex": 'name = "data-engineer"\ndescription = "x"\ndeveloper_instructions = "x"\nno_such_key = 1\n',
    "opencode": '---\ndescription: "x"\ntools: Read\n---\n\nA prompt.\n',
    "kilo": '---\ndescription: "x"\ntools: Read\n---\n\nA prompt.\n',
    "grok": "---\nname: data-engineer\n---\n\nA prompt.\n",
}
# What would run a program: in an agent's file, and in settings of the project. `{run}` touches a file.
DECLARES = {
    "claude": 'mcpServers: [{"x": {"command": "{run}"}}]\nhooks: {"SessionStart": [{"hooks": [{"type": "command", '
    '"command": "{run}"}]}]}',
    "copilot": 'mcp-servers: {"x": {"type": "local", "command": "{run}", "args": [], "tools": ["*"]}}',
    "codex": '[mcp_servers.x]\ncommand = "{run}"',
    "grok": 'mcpServers: [{"x": {"command": "{run}"}}]',
}
SETTINGS = {
    ".mcp.json": '{"mcpServers": {"x": {"command": "{run}", "args": []}}}',
    ".claude/settings.json": '{"hooks": {"SessionStart": [{"hooks": [{"type": "command", "command": "{run}"}]}]}}',
    ".codex/config.toml": 'notify = ["{run}"]\n[mcp_servers.x]\ncommand = "{run}"\n',
    ".grok/config.toml": '[mcp_servers.x]\ncommand = "{run}"\n',
    ".vscode/mcp.json": '{"servers": {"x": {"type": "stdio", "command": "{run}"}}}',
    "opencode.json": '{"mcp": {"x": {"type": "local", "command": ["{run}"], "enabled": true}}}',
    "kilo.json": '{"mcp": {"x": {"type": "local", "command": ["{run}"], "enabled": true}}}',
    ".gemini/settings.json": '{"mcpServers": {"x": {"command": "{run}"}}}',
    ".qwen/settings.json": '{"mcpServers": {"x": {"command": "{run}"}}}',
}


# This starts what the settings of a project name, as soon as it is asked in it: why that is never done.
START_AT_ONCE = ("claude",)


def settings(run: Path) -> dict[str, bytes]:
    return {path: text.replace("{run}", str(run)).encode() for path, text in SETTINGS.items()}


def can_be_asked(pin: Pin) -> bool:
    client = HOSTS[pin.host].client
    return bool(client and client.question)


ASKED = [pin for pin in chosen() if can_be_asked(pin)]
each_asked = pytest.mark.parametrize("pin", ASKED, ids=lambda pin: pin.host)


def put_on_path(pin: Pin, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require(pin)
    room = Room(pin=pin, project=folder, home=folder, agents=(), environment={})
    folder.mkdir()
    program = unpack(room) if pin.host not in PROGRAMS else room.find(PROGRAMS[pin.host])
    client = HOSTS[pin.host].client
    assert client
    (folder / client.command).symlink_to(program)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def installed(pin: Pin, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """A project with agents for one host, whose real client is on the PATH."""
    put_on_path(pin, tmp_path / "bin", monkeypatch)
    cli("install", "data-engineer", "streaming-engineer", "--host", pin.host)
    return cli


def findings(cli: Cli, host: str, *, code: int) -> list[dict[str, Any]]:
    found = cli("doctor", "--offline", "--json", code=code).json["findings"]
    own = [one for one in found if one["group"] == "hosts" and one["where"] == host]
    for one in own:
        print(f"{host}: {one['level']}: {one['what']}", file=sys.stderr)
    return own


def all_of(cli: Cli) -> str:
    files = json.loads((cli.folder / "agentpkg.lock").read_text())["files"]
    number = sum(file["item"].startswith("agents/") for file in files.values())
    assert number > 1
    return f"it loads {number} of {number} agents"


def trap(folder: Path) -> tuple[Path, Path]:
    """Return a file, and a program that writes it."""
    ran, run = folder / "ran", folder / "run"
    run.write_text(f"#!/bin/sh\necho ran >> {ran}\n")
    run.chmod(0o755)
    return ran, run


def agent_file(cli: Cli, host: str) -> Path:
    return cli.folder / HOSTS[host].agents.format(name="data-engineer")


@each_asked
def test_it_loads_what_is_installed(installed: Cli, pin: Pin) -> None:
    found = findings(installed, pin.host, code=0)
    assert [one["what"] for one in found if one["code"] == "version"] == [f"version {pin.version}"]
    assert [one["what"] for one in found if one["code"] == "loads"] == [all_of(installed)]


@each_asked
def test_a_file_that_it_rejects_is_told(installed: Cli, pin: Pin) -> None:
    file = agent_file(installed, pin.host)
    file.write_text(REJECTED[pin.host])
    (problem,) = [one for one in findings(installed, pin.host, code=1) if one["level"] == "problem"]
    assert file.relative_to(installed.folder).as_posix() in problem["what"]


@each_asked
def test_nothing_that_files_declare_is_run(installed: Cli, pin: Pin, tmp_path: Path) -> None:
    ran, run = trap(tmp_path)
    file = agent_file(installed, pin.host)
    declared = DECLARES.get(pin.host, "").replace("{run}", str(run))
    about = ("data-engineer", "x", "x")
    if file.suffix == ".toml":
        file.write_text('name = "{}"\ndescription = "{}"\ndeveloper_instructions = "{}"\n'.format(*about) + declared)
    else:
        file.write_text('---\nname: {}\ndescription: "{}"\n'.format(*about[:2]) + f"{declared}\n---\n\nA prompt.\n")
    put(installed.folder, settings(run))
    found = findings(installed, pin.host, code=0)
    assert [one["what"] for one in found if one["code"] == "loads"] == [all_of(installed)]
    assert not ran.exists()


@pytest.mark.parametrize("pin", [pin for pin in ASKED if pin.host in START_AT_ONCE], ids=lambda pin: pin.host)
def test_asked_in_the_project_it_would_run_what_that_declares(
    pin: Pin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_on_path(pin, tmp_path / "bin", monkeypatch)
    client = HOSTS[pin.host].client
    assert client
    assert client.question
    program = find_program(client.command, None, Event())
    assert isinstance(program, Program)
    ran, run = trap(tmp_path)
    with asked(program, client.question, settings(run), user=False) as (answer, _):
        assert read_names(client.question, answer.out) is not None
    assert ran.exists()


@pytest.mark.parametrize(
    "pin", [pin for pin in chosen() if not can_be_asked(pin) and pin.host in PROGRAMS], ids=lambda pin: pin.host
)
def test_one_that_cannot_be_asked_is_told_with_its_version(installed: Cli, pin: Pin) -> None:
    found = {one["code"]: one["what"] for one in findings(installed, pin.host, code=0)}
    assert found["version"] == f"version {pin.version}"
    assert found["loads"] == "it cannot be asked which agents it loads; look into it yourself"
