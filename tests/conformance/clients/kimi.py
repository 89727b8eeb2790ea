"""Kimi Code. Its agents stand in the declaration of the tool that starts them, `Agent`; what it rejects, in a log."""

from __future__ import annotations

import json
import re

from tests.conformance.client import Client, Observed, Seen
from tests.conformance.room import Finished, Room
from tests.conformance.stub import START, Script, Stub, serve

_LISTED = re.compile(
    r"^- ([a-z0-9-]+): (.*?)\n  Tools: (?=[^\n]*(?:\n- [a-z0-9-]+: |\n\n|\Z))", re.DOTALL | re.MULTILINE
)
_SETTINGS = """\
default_model = "suite"
telemetry = false

[providers.suite]
type = "openai"
base_url = "{url}/v1"
api_key = "none"

[models.suite]
provider = "suite"
model = "suite-main"
max_context_size = 1000000
capabilities = ["tool_use"]
"""


def _run(room: Room) -> Observed:
    node = room.find("node_modules/node-*/bin/node")
    entry = room.find("node_modules/@moonshot-ai/kimi-code/dist/main.mjs")
    folder = room.home / ".kimi-code"
    folder.mkdir()
    servers = {
        one.name: {"command": one.command[0], "args": one.command[1:], "env": one.environment} for one in room.servers
    }
    (folder / "mcp.json").write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    with serve(Script(agents=room.agents, tool="Agent", arguments=_arguments)) as stub:
        (folder / "config.toml").write_text(_SETTINGS.format(url=stub.url), encoding="utf-8")
        finished = room.call([str(node), str(entry), "-p", START], {"KIMI_CODE_HOME": str(folder)})
    return _read(room, finished, stub)


def _arguments(name: str, prompt: str) -> dict[str, object]:
    return {"description": "start", "prompt": prompt, "subagent_type": name}


def _read(room: Room, finished: Finished, stub: Stub) -> Observed:
    declared = next((one.tools["Agent"] for one in stub.session if "Agent" in one.tools), None)
    if declared is None:
        return Observed(failure=finished.words)
    text = json.loads(declared)["description"]
    descriptions = dict(_LISTED.findall(text))
    return Observed(agents={name: _seen(name, descriptions, stub) for name in room.agents})


def _seen(name: str, descriptions: dict[str, str], stub: Stub) -> Seen:
    if name not in descriptions:
        return Seen(rejected="not listed")
    asked = stub.started.get(name)
    if asked is None:
        return Seen(description=descriptions[name], stuck=stub.answers.get(name, "never started"))
    return Seen(description=descriptions[name], tools=tuple(asked.tools), system=asked.system)


CLIENT = Client(
    host="kimi",
    run=_run,
    sees=frozenset(["description", "tools", "body"]),
    powers={
        "Agent": ("delegate",),
        "AgentSwarm": ("*",),
        "AskUserQuestion": ("ask",),
        "Bash": ("shell",),
        "CreateGoal": ("*",),
        "CronCreate": ("*",),
        "CronDelete": ("*",),
        "CronList": ("*",),
        "Edit": ("edit",),
        "EnterPlanMode": (),
        "ExitPlanMode": (),
        "FetchURL": ("web-fetch",),
        "GetGoal": ("*",),
        "Glob": ("glob", "list"),
        "Grep": ("grep",),
        "Read": ("read",),
        "SetGoalBudget": ("*",),
        "Skill": ("skill",),
        "TaskList": ("*",),
        "TaskOutput": ("*",),
        "TaskStop": ("*",),
        "TodoList": ("todo",),
        "UpdateGoal": ("*",),
        "WaitFor": (),
        "Write": ("write",),
    },
    # Not looked for: a search of the web, which it offers with its own provider only.
    expects={
        "read": ("Read",),
        "write": ("Write",),
        "edit": ("Edit",),
        "notebook-edit": ("Edit",),
        "glob": ("Glob",),
        "list": ("Glob",),
        "grep": ("Grep",),
        "shell": ("Bash",),
        "web-fetch": ("FetchURL",),
        "delegate": ("Agent",),
        "todo": ("TodoList",),
        "skill": ("Skill",),
        "ask": ("AskUserQuestion",),
    },
    spell=lambda server, tool: f"mcp__{server}__{tool}",
)
