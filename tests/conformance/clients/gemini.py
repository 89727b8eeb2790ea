"""Gemini CLI. Its agents stand in the session's instructions, and it starts them with its `invoke_agent` tool.

It loads an agent of a project only once a person has acknowledged the file's bytes; the suite says so in their place.
"""

from __future__ import annotations

import hashlib
import json
import re

from tests.conformance.client import EVERY_ASPECT, Client, Models, Observed, Seen
from tests.conformance.room import Finished, Room
from tests.conformance.stub import START, Script, Stub, serve
from tests.conformance.wire import Call

_MODEL = "gemini-3.1-pro-preview"
_LISTED = re.compile(r"<name>([^<]*)</name>\s*<description>(.*?)</description>\s*</subagent>", re.DOTALL)


def _run(room: Room) -> Observed:
    _settle(room)
    entry = room.find("node_modules/@google/gemini-cli/bundle/gemini.js")
    options = ["--skip-trust", "--approval-mode", "yolo", "-m", _MODEL, "-p", START]
    finish = Call(id="end", name="complete_task", arguments={"result": "done"})
    script = Script(agents=room.agents, tool="invoke_agent", arguments=_arguments, finish=finish)
    with serve(script) as stub:
        environment = {
            "GEMINI_API_KEY": "none",
            "GEMINI_CLI_HOME": str(room.home),
            "GEMINI_CLI_NO_RELAUNCH": "true",
            "GOOGLE_GEMINI_BASE_URL": stub.url,
        }
        finished = room.call(["node", str(entry), *options], environment)
    return _read(room, finished, stub)


def _settle(room: Room) -> None:
    folder = room.home / ".gemini"
    (folder / "acknowledgments").mkdir(parents=True)
    agents = {
        name: hashlib.sha256((room.project / f".gemini/agents/{name}.md").read_bytes()).hexdigest()
        for name in room.agents
    }
    (folder / "acknowledgments" / "agents.json").write_text(json.dumps({str(room.project): agents}), encoding="utf-8")
    servers = {
        one.name: {"command": one.command[0], "args": one.command[1:], "env": one.environment} for one in room.servers
    }
    settings = {
        "mcpServers": servers,
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "general": {"enableAutoUpdate": False, "disableAutoUpdate": True},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
    }
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")


def _arguments(name: str, prompt: str) -> dict[str, object]:
    return {"agent_name": name, "prompt": prompt}


def _read(room: Room, finished: Finished, stub: Stub) -> Observed:
    asked = next((one for one in stub.session if "invoke_agent" in one.tools), None)
    if asked is None:
        return Observed(failure=finished.words)
    descriptions = dict(_LISTED.findall(asked.system))
    return Observed(agents={name: _seen(name, descriptions, stub, finished) for name in room.agents})


def _seen(name: str, descriptions: dict[str, str], stub: Stub, finished: Finished) -> Seen:
    if name not in descriptions:
        lines = [line for line in finished.err.splitlines() if f"/{name}.md" in line]
        return Seen(rejected="\n".join(lines) or "not listed")
    asked = stub.started.get(name)
    if asked is None:
        return Seen(description=descriptions[name], stuck=stub.answers.get(name, "never started"))
    return Seen(description=descriptions[name], tools=tuple(asked.tools), model=asked.model, system=asked.system)


CLIENT = Client(
    host="gemini",
    run=_run,
    sees=EVERY_ASPECT,
    powers={
        "activate_skill": ("skill",),
        "complete_task": (),  # ends the agent
        "enter_plan_mode": (),
        "glob": ("glob",),
        "google_web_search": ("web-search",),
        "grep_search": ("grep",),
        "list_background_processes": ("shell",),
        "list_directory": ("list",),
        "read_background_output": ("shell",),
        "read_file": ("read",),
        "replace": ("edit",),
        "run_shell_command": ("shell",),
        "web_fetch": ("web-fetch",),
        "write_file": ("write",),
    },
    # Not looked for: questions and a list of things to do, which it offers to nobody that runs without a person.
    expects={
        "read": ("read_file",),
        "write": ("write_file",),
        "edit": ("replace",),
        "glob": ("glob",),
        "grep": ("grep_search",),
        "list": ("list_directory",),
        "shell": ("run_shell_command",),
        "web-fetch": ("web_fetch",),
        "web-search": ("google_web_search",),
        "skill": ("activate_skill",),
    },
    models=Models(
        session=re.escape(_MODEL),
        aliases={
            "pro": r"gemini-[\d.]+-pro(-preview)?(-customtools)?",
            "flash": r"gemini-[\d.]+-flash(-preview)?",
            "flash-lite": r"gemini-[\d.]+-flash-lite(-preview)?",
        },
    ),
    spell=lambda server, tool: f"mcp_{server}_{tool}",
)
