"""Cline. Every agent is a tool of its own, `subagent_NAME`, whose description ends with the agent's."""

from __future__ import annotations

import json

from tests.conformance.client import EVERY_ASPECT, Client, Models, Observed, Seen
from tests.conformance.room import Room
from tests.conformance.stub import START, Script, Stub, serve

_MODEL = "suite-main"


def _run(room: Room) -> Observed:
    binary = str(room.find("node_modules/.bin/cline"))
    folder = room.home / ".cline" / "data" / "settings"
    folder.mkdir(parents=True)
    servers = {
        one.name: {"command": one.command[0], "args": one.command[1:], "env": one.environment} for one in room.servers
    }
    (folder / "cline_mcp_settings.json").write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    environment = {"CLINE_TELEMETRY_DISABLED": "1"}
    with serve(Script(agents=room.agents, tool="", own=_tool, arguments=_arguments)) as stub:
        endpoint = ["openai-compatible", "-k", "none", "-m", _MODEL, "-b", f"{stub.url}/v1"]
        room.call([binary, "auth", *endpoint], environment)
        finished = room.call([binary, "-P", "openai-compatible", "-m", _MODEL, "--json", START], environment)
        room.call([binary, "hub", "stop"], environment)  # what it leaves running is in no group of ours
        if not stub.session:
            return Observed(failure=finished.words)
    return Observed(agents={name: _seen(name, stub) for name in room.agents})


def _tool(name: str) -> str:
    return f"subagent_{name.replace('-', '_')}"


def _arguments(_name: str, prompt: str) -> dict[str, object]:
    return {"prompt": prompt}


def _seen(name: str, stub: Stub) -> Seen:
    declared = next((one.tools[_tool(name)] for one in stub.session if _tool(name) in one.tools), None)
    if declared is None:
        return Seen(rejected="no tool starts it")
    description = json.loads(declared)["description"].removeprefix(f'Use the "{name}" subagent: ')
    asked = stub.started.get(name)
    if asked is None:
        return Seen(description=description, stuck=stub.answers.get(name, "never started"))
    return Seen(description=description, tools=tuple(asked.tools), model=asked.model, system=asked.system)


CLIENT = Client(
    host="cline",
    run=_run,
    sees=EVERY_ASPECT,
    powers={
        "apply_patch": ("edit",),
        "ask_question": ("ask",),
        "editor": ("edit",),
        "fetch_web_content": ("web-fetch",),
        "read_files": ("read",),
        "run_commands": ("shell",),
        "search_codebase": ("grep",),
        "skills": ("skill",),
    },
    expects={
        "read": ("read_files",),
        "write": ("editor",),
        "edit": ("editor",),
        "grep": ("search_codebase",),
        "shell": ("run_commands",),
        "web-fetch": ("fetch_web_content",),
        "ask": ("ask_question",),
    },
    models=Models(session=_MODEL, key="modelId"),
    spell=lambda server, tool: f"{server}__{tool}",
)
