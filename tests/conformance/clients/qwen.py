"""Qwen Code. Its agents stand in the declaration of the tool that starts them, `agent`; what it rejects, in a log."""

from __future__ import annotations

import json
import re

from tests.conformance.client import EVERY_ASPECT, Client, Models, Observed, Seen
from tests.conformance.room import Finished, Room
from tests.conformance.stub import START, Script, Stub, serve

_MODEL = "suite-main"
_LISTED = re.compile(r"- \*\*([^*\n]+)\*\*: (.*?)(?=\n- \*\*[^*\n]+\*\*: |\n\nWhen using the Agent tool)", re.DOTALL)
_OPTIONS = ("--auth-type", "openai", "--openai-api-key", "none", "--approval-mode", "yolo", "-m", _MODEL)


def _run(room: Room) -> Observed:
    entry = room.find("node_modules/@qwen-code/qwen-code/cli-entry.js")
    folder = room.home / ".qwen"
    folder.mkdir()
    servers = {
        one.name: {"command": one.command[0], "args": one.command[1:], "env": one.environment} for one in room.servers
    }
    settings = {
        "mcpServers": servers,
        "general": {"enableAutoUpdate": False},
        "privacy": {"usageStatisticsEnabled": False},
    }
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    with serve(Script(agents=room.agents, tool="agent", arguments=_arguments)) as stub:
        command = ["node", str(entry), *_OPTIONS, "--openai-base-url", f"{stub.url}/v1", "-p", START]
        finished = room.call(command, {"QWEN_DEBUG_LOG_FILE": "1"})
    return _read(room, finished, stub)


def _arguments(name: str, prompt: str) -> dict[str, object]:
    return {"description": "start", "prompt": prompt, "subagent_type": name, "run_in_background": False}


def _read(room: Room, finished: Finished, stub: Stub) -> Observed:
    declared = next((one.tools["agent"] for one in stub.session if "agent" in one.tools), None)
    if declared is None:
        return Observed(failure=finished.words)
    descriptions = dict(_LISTED.findall(json.loads(declared)["description"]))
    logs = [path for path in (room.home / ".qwen" / "debug").glob("*.txt") if not path.is_symlink()]
    log = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in logs)
    return Observed(agents={name: _seen(name, descriptions, stub, log) for name in room.agents})


def _seen(name: str, descriptions: dict[str, str], stub: Stub, log: str) -> Seen:
    if name not in descriptions:
        reasons = sorted(set(re.findall(rf"/{name}\.md: (.*)", log)))
        return Seen(rejected="\n".join(reasons) or "not listed")
    asked = stub.started.get(name)
    if asked is None:
        return Seen(description=descriptions[name], stuck=stub.answers.get(name, "never started"))
    return Seen(description=descriptions[name], tools=tuple(asked.tools), model=asked.model, system=asked.system)


CLIENT = Client(
    host="qwen",
    run=_run,
    sees=EVERY_ASPECT,
    powers={
        "agent": ("delegate",),
        "edit": ("edit",),
        "glob": ("glob",),
        "grep_search": ("grep",),
        "loop_wakeup": ("*",),
        "monitor": ("shell",),
        "notebook_edit": ("notebook-edit",),
        "read_file": ("read",),
        "read_mcp_resource": ("*",),
        "report_findings": (),
        "run_shell_command": ("shell",),
        "skill": ("skill",),
        "tool_call": ("*",),  # any tool that was found with tool_search
        "tool_search": (),
        "web_fetch": ("web-fetch",),
        "write_file": ("write",),
        "zoom_image": ("read",),
    },
    # Not looked for: folders listed, the web searched, questions and a list of things to do. It offers these only once
    # they have been searched for.
    expects={
        "read": ("read_file",),
        "write": ("write_file",),
        "edit": ("edit",),
        "glob": ("glob",),
        "grep": ("grep_search",),
        "shell": ("run_shell_command",),
        "web-fetch": ("web_fetch",),
        "skill": ("skill",),
    },
    models=Models(session=re.escape(_MODEL), strips=r"\A[a-z-]+:"),
    spell=lambda server, tool: f"mcp__{server}__{tool}",
)
