"""Deep Agents Code. Its agents stand in the declaration of the tool that starts them, `task`.

It holds no agent to a list, so those that have one are written only because the suite allows more.
"""

from __future__ import annotations

import json
import re

from tests.conformance.client import EVERY_ASPECT, Client, Models, Observed, Seen
from tests.conformance.room import Room
from tests.conformance.stub import START, Script, Stub, serve

_MODEL = "suite-main"
_LISTED = re.compile(r"^- ([a-z0-9-]+): (.*?)(?=\n- [a-z0-9-]+: |\n\nSpecify subagent_type )", re.DOTALL | re.MULTILINE)


def _run(room: Room) -> Observed:
    binary = str(room.find("venv/bin/dcode"))
    folder = room.home / ".deepagents"
    folder.mkdir()
    servers = {
        one.name: {"command": one.command[0], "args": one.command[1:], "env": one.environment} for one in room.servers
    }
    (folder / ".mcp.json").write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    with serve(Script(agents=room.agents, tool="task", arguments=_arguments)) as stub:
        environment = {"OPENAI_BASE_URL": f"{stub.url}/v1", "OPENAI_API_KEY": "none"}
        command = [binary, "-n", START, "-M", f"openai:{_MODEL}", "--no-tracing"]
        finished = room.call(command, environment)
    declared = next((one.tools["task"] for one in stub.session if "task" in one.tools), None)
    if declared is None:
        return Observed(failure=finished.words)
    text = json.loads(declared)["description"]
    descriptions = dict(_LISTED.findall(text))
    return Observed(agents={name: _seen(name, descriptions, stub) for name in room.agents})


def _arguments(name: str, prompt: str) -> dict[str, object]:
    return {"description": prompt, "subagent_type": name}


def _seen(name: str, descriptions: dict[str, str], stub: Stub) -> Seen:
    if name not in descriptions:
        return Seen(rejected="not listed")
    asked = stub.started.get(name)
    if asked is None:
        return Seen(description=descriptions[name], stuck=stub.answers.get(name, "never started"))
    tools, model = tuple(asked.tools), f"openai:{asked.model}"
    return Seen(description=descriptions[name], tools=tools, model=model, system=asked.system)


CLIENT = Client(
    host="deepagents",
    run=_run,
    sees=EVERY_ASPECT,
    powers={
        "delete": ("*",),
        "edit_file": ("edit",),
        "fetch_url": ("web-fetch",),
        "get_current_thread_id": (),
        "glob": ("glob",),
        "grep": ("grep",),
        "ls": ("list",),
        "read_file": ("read",),
        "write_file": ("write",),
    },
    # Not looked for: the shell and a search of the web, which it offers once it is told that it may and where.
    expects={
        "read": ("read_file",),
        "write": ("write_file",),
        "edit": ("edit_file",),
        "glob": ("glob",),
        "grep": ("grep",),
        "list": ("ls",),
        "web-fetch": ("fetch_url",),
    },
    models=Models(session=f"openai:{_MODEL}"),
    spell=lambda server, tool: f"{server}_{tool}",
)
