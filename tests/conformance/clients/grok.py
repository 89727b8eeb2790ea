"""Grok Build. `inspect` lists the agents; the session starts them with `spawn_subagent`.

The tools of MCP servers are not offered by name but found with one tool and called with another, which every agent has.
So each started agent looks for all of them first: what it finds is what it may call.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.conformance.client import EVERY_ASPECT, Client, Models, Observed, Seen
from tests.conformance.room import Room
from tests.conformance.stub import START, Script, Stub, serve
from tests.conformance.wire import Asked, Call, Json

_MODEL = "suite-main"
_MODELS = (_MODEL, "small", "house")
_LOOK = Call(id="look", name="search_tool", arguments={"query": "Tool", "limit": 200})
_META = frozenset(["search_tool", "use_tool"])
_UNPACK = (
    "const fs = require('fs'); const [from, to] = process.argv.slice(1);"
    "fs.writeFileSync(to, require('zlib').brotliDecompressSync(fs.readFileSync(from)), { mode: 0o755 });"
)
_QUIET = {
    "XAI_API_KEY": "none",
    "GROK_DISABLE_AUTOUPDATER": "1",
    "GROK_AGENT_DASHBOARD": "0",
    "GROK_FOLDER_TRUST": "0",
    "GROK_SESSION_RECAP": "0",
    "GROK_TELEMETRY_ENABLED": "0",
    "GROK_TURN_SUMMARY": "0",
    "GROK_WEB_FETCH": "1",
}


def _run(room: Room) -> Observed:
    binary = str(unpack(room))
    folder = room.home / ".grok"
    folder.mkdir()
    printed = room.call([binary, "inspect", "--json"], _QUIET)
    try:
        listed = {one["name"]: one["description"] for one in json.loads(printed.out)["agents"]}
    except ValueError:
        return Observed(failure=printed.words)
    script = Script(
        agents=room.agents,
        tool="spawn_subagent",
        arguments=_arguments,
        first=_LOOK,
        aside="session_title",
    )
    with serve(script) as stub:
        (folder / "config.toml").write_text(_settings(room, stub.url), encoding="utf-8")
        endpoints = dict.fromkeys(["GROK_XAI_API_BASE_URL", "GROK_MODELS_BASE_URL", "GROK_CLI_BASE_URL"], stub.url)
        finished = room.call([binary, "-m", _MODEL, "--always-approve", "-p", START], {**_QUIET, **endpoints})
        if not stub.session:
            return Observed(failure=finished.words)
    return Observed(agents={name: _seen(name, listed, stub) for name in room.agents})


def unpack(room: Room) -> Path:
    """Return the program: in the package it is compressed, and a script that is not run would unpack it."""
    packed = room.find("node_modules/@xai-official/grok-*/bin/grok.br")
    binary = packed.with_suffix("")
    if not binary.exists():
        unpacked = room.call(["node", "-e", _UNPACK, str(packed), str(binary)], {})
        if unpacked.code:
            raise OSError(unpacked.words)
    return binary


def _settings(room: Room, url: str) -> str:
    tables = [
        f'[model.{name}]\nmodel = "{name}"\nbase_url = "{url}/v1"\nname = "{name}"\nenv_key = "XAI_API_KEY"\n'
        for name in _MODELS
    ]
    for one in room.servers:
        variables = ", ".join(f"{key} = {json.dumps(value)}" for key, value in one.environment.items())
        tables.append(
            f"[mcp_servers.{one.name}]\ncommand = {json.dumps(one.command[0])}\n"
            f"args = {json.dumps(one.command[1:])}\nenv = {{ {variables} }}\n"
        )
    return "\n".join(tables)


def _arguments(name: str, prompt: str) -> dict[str, object]:
    return {"description": "start", "prompt": prompt, "subagent_type": name, "background": False}


def _seen(name: str, listed: dict[str, Json], stub: Stub) -> Seen:
    if name not in listed:
        return Seen(rejected="not listed")
    asked = stub.started.get(name)
    if asked is None:
        return Seen(description=listed[name], stuck=stub.answers.get(name, "never started"))
    tools = _tools(asked, stub.returned.get(name))
    return Seen(description=listed[name], tools=tools, model=asked.model, system=asked.system)


def _tools(asked: Asked, found: str | None) -> tuple[str, ...] | None:
    """Return the tools of an agent, those of MCP servers among them; None if it never looked for these."""
    if found is None and "use_tool" in asked.tools:
        return None
    servers = json.loads(found or "{}").get("results", [])
    return (*(set(asked.tools) - _META), *(tool["tool_name"] for one in servers for tool in one["tools"]))


CLIENT = Client(
    host="grok",
    run=_run,
    sees=EVERY_ASPECT,
    powers={
        "get_command_or_subagent_output": ("*",),
        "grep": ("grep",),
        "image_edit": ("*",),
        "image_gen": ("*",),
        "image_to_video": ("*",),
        "kill_command_or_subagent": ("*",),
        "list_dir": ("list",),
        "monitor": ("shell",),
        "read_file": ("read",),
        "reference_to_video": ("*",),
        "run_terminal_command": ("shell",),
        "scheduler_create": ("*",),
        "scheduler_delete": ("*",),
        "scheduler_list": ("*",),
        "search_replace": ("edit",),
        "todo_write": ("todo",),
        "wait_commands_or_subagents": ("*",),
        "web_fetch": ("web-fetch",),
        "web_search": ("web-search",),
        "write": ("write",),
    },
    # Not looked for: questions, and agents, which a sub-agent cannot start.
    expects={
        "read": ("read_file",),
        "write": ("write",),
        "edit": ("search_replace",),
        "notebook-edit": ("search_replace",),
        "glob": ("list_dir",),
        "list": ("list_dir",),
        "grep": ("grep",),
        "shell": ("run_terminal_command",),
        "web-fetch": ("web_fetch",),
        "web-search": ("web_search",),
        "todo": ("todo_write",),
    },
    models=Models(session=re.escape(_MODEL)),
    spell=lambda server, tool: f"{server}__{tool}",
)
