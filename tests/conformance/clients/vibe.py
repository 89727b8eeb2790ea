"""Mistral Vibe. Its own registry lists the agents; a program that the session writes starts them.

Every sub-agent is shown the same tools, and calls of those that it must not use are denied. So each started agent calls
them first, in a program of its own, and what is not denied is what it has.
"""

from __future__ import annotations

import json

from tests.conformance.client import Client, Observed, Seen
from tests.conformance.room import Room
from tests.conformance.stub import START, Script, Stub, serve
from tests.conformance.wire import Call

_LIST = """\
import asyncio, json
from vibe.core.agents.registry import AgentRegistry
from vibe.core.config.default_orchestrator import build_default_orchestrator
from vibe.core.config.harness_files._harness_manager import get_harness_files_manager, init_harness_files_manager
from pathlib import Path
init_harness_files_manager("user", "project", additional_dirs=[Path.cwd()])
registry = AgentRegistry(asyncio.run(build_default_orchestrator()), get_harness_files_manager())
print(json.dumps({name: one.description for name, one in registry.discovered.items() if one.source_path}))
"""
_SETTINGS = """\
active_model = "suite"
enable_telemetry = false
max_subagents = 1000

[[providers]]
name = "suite"
api_base = "{url}/v1"
api_key_env_var = "SUITE_KEY"
api_style = "openai"
backend = "generic"

[[models]]
name = "suite-main"
provider = "suite"
alias = "suite"
"""
_SERVER = """\

[[mcp_servers]]
name = "{name}"
transport = "stdio"
command = {command}
args = {arguments}
env = {{ {variables} }}
"""
_TRY = """\
async function main() {
  const calls = {
    read_file: () => tools.file_system.read_file({ path: "looked-at.txt" }),
    write_file: () => tools.file_system.write_file({ path: "written.txt", content: "x" }),
    edit: () => tools.file_system.edit({ file_path: "looked-at.txt", old_string: "x", new_string: "y" }),
    bash: () => tools.file_system.bash({ command: "true" }),
    process: () => tools.process.start({ command: "true" }),
  };
  const groups = Object.keys(tools).filter((group) => !["file_system", "process"].includes(group));
  const found = groups.flatMap((group) => Object.keys(tools[group]).map((name) => `${group}.${name}`));
  for (const [name, call] of Object.entries(calls)) {
    try { await call(); found.push(name); } catch (error) { if (!String(error).includes("denied")) found.push(name); }
  }
  return found;
}
"""


def _run(room: Room) -> Observed:
    bin_folder = room.find("venv/bin/vibe").parent
    folder = room.home / ".vibe"
    folder.mkdir()
    (room.project / "looked-at.txt").write_text("nothing\n", encoding="utf-8")
    script = Script(
        agents=room.agents,
        tool="run_typescript",
        arguments=_arguments,
        first=Call(id="try", name="run_typescript", arguments={"code": _TRY}),
        patience=30,
    )
    environment = {"VIBE_HOME": str(folder), "SUITE_KEY": "none", "MISTRAL_API_KEY": "none"}
    with serve(script) as stub:
        (folder / "config.toml").write_text(_settings(room, stub.url), encoding="utf-8")
        printed = room.call([str(bin_folder / "python"), "-c", _LIST], environment)
        try:
            listed = json.loads(printed.out)
        except ValueError:
            return Observed(failure=printed.words)
        command = [str(bin_folder / "vibe"), "--trust", "--auto-approve", "-p", START]
        finished = room.call(command, environment)
        if not stub.session:
            return Observed(failure=finished.words)
    return Observed(agents={name: _seen(name, listed, stub) for name in room.agents})


def _settings(room: Room, url: str) -> str:
    servers = [
        _SERVER.format(
            name=one.name,
            command=json.dumps(one.command[0]),
            arguments=json.dumps(one.command[1:]),
            variables=", ".join(f"{key} = {json.dumps(value)}" for key, value in one.environment.items()),
        )
        for one in room.servers
    ]
    return _SETTINGS.format(url=url) + "".join(servers)


def _arguments(name: str, prompt: str) -> dict[str, object]:
    spawn = {"name": f"run-{name}", "message": prompt, "config_name": name}
    return {"code": f"async function main() {{ return await tools.agents.spawn({json.dumps(spawn)}); }}"}


def _seen(name: str, listed: dict[str, str], stub: Stub) -> Seen:
    if name not in listed:
        return Seen(rejected="not in its registry")
    asked = stub.started.get(name)
    if asked is None:
        return Seen(description=listed[name], stuck=stub.answers.get(name, "never started"))
    tried = stub.returned.get(name)
    tools = None if tried is None else tuple(json.loads(tried))
    return Seen(description=listed[name], tools=tools, system=asked.system)


CLIENT = Client(
    host="vibe",
    run=_run,
    sees=frozenset(["description", "tools", "body"]),
    powers={
        "bash": ("shell",),
        "edit": ("edit",),
        "process": ("shell",),
        "read_file": ("read", "list"),
        "self.sleep": (),
        "write_file": ("write",),
    },
    expects={
        "read": ("read_file",),
        "list": ("read_file",),
        "write": ("write_file",),
        "edit": ("edit",),
        "notebook-edit": ("edit",),
        "shell": ("bash", "process"),
    },
)
