"""Augment Auggie. Every agent is a tool of its own, `sub-agent-NAME`, whose description holds the agent's.

It starts one agent a turn, and speaks the protocol of its vendor's server only.
"""

from __future__ import annotations

import json
import re

from tests.conformance.client import Client, Observed, Seen
from tests.conformance.room import Room
from tests.conformance.stub import START, Script, Stub, serve

_DESCRIPTION = re.compile(r"\n- Description: (.*?)\n*\Z", re.DOTALL)


def _run(room: Room) -> Observed:
    entry = room.find("node_modules/@augmentcode/auggie/augment.mjs")
    servers = {
        # It drops an empty argument; the server takes a comma for no name, too.
        one.name: {"command": one.command[0], "args": [part or "," for part in one.command[1:]], "env": one.environment}
        for one in room.servers
    }
    script = Script(agents=room.agents, tool="", own=_tool, arguments=_arguments, at_once=1)
    with serve(script) as stub:
        session = {"accessToken": "none", "tenantURL": f"{stub.url}/", "scopes": ["read", "write"]}
        options = ["--print", START, "--mcp-config", json.dumps({"mcpServers": servers})]
        finished = room.call(["node", str(entry), *options], {"AUGMENT_SESSION_AUTH": json.dumps(session)})
        if not stub.session:
            return Observed(failure=finished.words)
    return Observed(agents={name: _seen(name, stub) for name in room.agents})


def _tool(name: str) -> str:
    return f"sub-agent-{name}"


def _arguments(name: str, prompt: str) -> dict[str, object]:
    return {"action": "run", "name": f"run-{name}", "instruction": prompt}


def _seen(name: str, stub: Stub) -> Seen:
    declared = next((one.tools[_tool(name)] for one in stub.session if _tool(name) in one.tools), None)
    if declared is None:
        return Seen(rejected="no tool starts it")
    found = _DESCRIPTION.search(json.loads(declared)["description"])
    description = found[1] if found else None
    asked = stub.started.get(name)
    if asked is None:
        return Seen(description=description, stuck=stub.answers.get(name, "never started"))
    return Seen(description=description, tools=tuple(asked.tools), system=asked.system)


CLIENT = Client(
    host="auggie",
    run=_run,
    sees=frozenset(["description", "tools", "body"]),
    powers={
        "add_tasks": ("todo",),
        "apply_patch": ("edit",),
        "codebase-retrieval": ("*",),
        "grep-search": ("grep",),
        "kill-process": ("shell",),
        "launch-process": ("shell",),
        "list-processes": ("shell",),
        "read-process": ("shell",),
        "remove-files": ("*",),
        "reorganize_tasklist": ("todo",),
        "save-file": ("write",),
        "search-untruncated": ("*",),
        "str-replace-editor": ("edit",),
        "update_tasks": ("todo",),
        "view": ("read", "list"),
        "view-range-untruncated": ("*",),
        "view-session": ("*",),
        "view_tasklist": (),
        "web-fetch": ("web-fetch",),
        "write-process": ("shell",),
    },
    # Not looked for: a search of the web, which its server does.
    expects={
        "read": ("view",),
        "write": ("save-file",),
        "edit": ("str-replace-editor",),
        "notebook-edit": ("str-replace-editor",),
        "list": ("view",),
        "grep": ("grep-search",),
        "shell": ("launch-process", "read-process", "write-process", "kill-process", "list-processes"),
        "web-fetch": ("web-fetch",),
        "todo": ("view_tasklist", "add_tasks", "update_tasks"),
    },
    spell=lambda server, tool: f"{tool}_{server}",
)
