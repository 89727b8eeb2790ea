"""Claude Code. It lists its agents over its control protocol, and starts them with its `Agent` tool."""

from __future__ import annotations

import json

from tests.conformance.client import EVERY_ASPECT, Client, Models, Observed, Seen
from tests.conformance.room import Finished, Room
from tests.conformance.stub import START, Script, Stub, serve

_OPTIONS = ("-p", "--verbose", "--input-format", "stream-json", "--output-format", "stream-json")
_QUIET = ("--no-session-persistence", "--dangerously-skip-permissions", "--debug-file")
_ENVIRONMENT = {
    "ANTHROPIC_API_KEY": "none",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_TELEMETRY": "1",
    "IS_SANDBOX": "1",
}


def _run(room: Room) -> Observed:
    script = Script(agents=room.agents, tool="Agent", arguments=_arguments)
    trusted = {"projects": {str(room.project): {"hasTrustDialogAccepted": True}}}  # else no server of a file is started
    (room.home / ".claude.json").write_text(json.dumps(trusted), encoding="utf-8")
    settings = room.home / "servers.json"
    servers = {
        one.name: {"type": "stdio", "command": one.command[0], "args": one.command[1:], "env": one.environment}
        for one in room.servers
    }
    settings.write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    log = room.home / "debug.log"
    command = [str(room.find("node_modules/@anthropic-ai/claude-code-*/claude")), *_OPTIONS, *_QUIET, str(log)]
    asks = {"type": "control_request", "request_id": "1", "request": {"subtype": "initialize"}}
    says = {"type": "user", "message": {"role": "user", "content": START}}
    with serve(script) as stub:
        environment = {**_ENVIRONMENT, "ANTHROPIC_BASE_URL": stub.url}
        said = f"{json.dumps(asks)}\n{json.dumps(says)}\n"
        finished = room.call([*command, "--mcp-config", str(settings)], environment, said)
    return _read(room, finished, stub, log.read_text(encoding="utf-8", errors="replace") if log.exists() else "")


def _arguments(name: str, prompt: str) -> dict[str, object]:
    return {"description": "start", "prompt": prompt, "subagent_type": name, "run_in_background": False}


def _read(room: Room, finished: Finished, stub: Stub, log: str) -> Observed:
    answers = [json.loads(line) for line in finished.out.splitlines() if line.startswith("{")]
    listed = next((one["response"]["response"]["agents"] for one in answers if one["type"] == "control_response"), None)
    if listed is None or not stub.session:
        return Observed(failure=finished.words)
    descriptions = {one["name"]: one["description"] for one in listed}
    return Observed(agents={name: _seen(name, descriptions, stub, log) for name in room.agents})


def _seen(name: str, descriptions: dict[str, str], stub: Stub, log: str) -> Seen:
    if name not in descriptions:
        lines = [line for line in log.splitlines() if f"/{name}.md" in line]
        return Seen(rejected="\n".join(lines) or "not listed")
    asked = stub.started.get(name)
    if asked is None:
        return Seen(description=descriptions[name], stuck=stub.answers.get(name, "never started"))
    return Seen(description=descriptions[name], tools=tuple(asked.tools), model=asked.model, system=asked.system)


CLIENT = Client(
    host="claude",
    run=_run,
    sees=EVERY_ASPECT,
    powers={
        "Agent": ("delegate",),
        "Bash": ("shell",),
        "CronCreate": ("*",),
        "CronDelete": ("*",),
        "CronList": (),
        "DeferredToolPlaceholder": (),
        "Edit": ("edit",),
        "EnterWorktree": ("shell",),
        "ExitWorktree": ("shell",),
        "Glob": ("glob", "list"),
        "Grep": ("grep",),
        "ListAgents": (),
        "Monitor": ("shell",),
        "NotebookEdit": ("notebook-edit",),
        "Read": ("read",),
        "ReportFindings": (),
        "SendMessage": ("delegate",),
        "Skill": ("skill",),
        "TaskStop": (),  # ends what runs in the background, if it knows its id
        "ToolSearch": ("*",),  # brings any tool that is kept back until it is searched for
        "WebFetch": ("web-fetch",),
        "WebSearch": ("web-search",),
        "Write": ("write",),
    },
    models=Models(
        session=r"claude-opus-[\d-]+",
        aliases={"opus": r"claude-opus-[\d-]+", "sonnet": r"claude-sonnet-[\d-]+", "haiku": r"claude-haiku-[\d-]+"},
    ),
    spell=lambda server, tool: f"mcp__{server}__{tool}",
    # Not looked for: Glob and Grep, which it folds into Bash; questions, which it keeps from sub-agents; and a list of
    # things to do, which it gives to older models only.
    expects={
        "read": ("Read",),
        "write": ("Write",),
        "edit": ("Edit",),
        "notebook-edit": ("NotebookEdit",),
        "shell": ("Bash",),
        "web-fetch": ("WebFetch",),
        "web-search": ("WebSearch",),
        "delegate": ("Agent",),
        "skill": ("Skill",),
    },
)
