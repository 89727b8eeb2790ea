"""Kilo Code. It prints the agents of its configuration, and starts them with its `task` tool, as OpenCode does."""

from __future__ import annotations

import json

from tests.conformance.client import EVERY_ASPECT, Client, Models, Observed, Seen
from tests.conformance.clients.opencode import CLIENT as OPENCODE
from tests.conformance.clients.opencode import arguments, scoped
from tests.conformance.room import Room
from tests.conformance.stub import START, Script, Stub, serve
from tests.conformance.wire import Json

_ENVIRONMENT = {
    **dict.fromkeys(
        [
            "KILO_DISABLE_AUTOUPDATE",
            "KILO_DISABLE_DEFAULT_PLUGINS",
            "KILO_DISABLE_LSP_DOWNLOAD",
            "KILO_DISABLE_MODELS_FETCH",
            "KILO_DISABLE_SHARE",
            "KILO_PURE",
        ],
        "1",
    ),
    "KILO_TELEMETRY_LEVEL": "off",
}


def _run(room: Room) -> Observed:
    binary = str(room.find("node_modules/@kilocode/cli-*/bin/kilo"))
    with serve(Script(agents=room.agents, tool="task", arguments=arguments)) as stub:
        environment = {**_ENVIRONMENT, "KILO_CONFIG_CONTENT": json.dumps(_settings(room, stub.url))}
        printed = room.call([binary, "debug", "config"], environment)
        try:
            listed = json.loads(printed.out)["agent"]
        except ValueError:
            return Observed(failure=printed.words)
        finished = room.call([binary, "run", "-m", "suite/main", "--agent", "code", START], environment)
        if not stub.session:
            return Observed(failure=finished.words)
    return Observed(agents={name: _seen(name, listed, stub) for name in room.agents})


def _settings(room: Room, url: str) -> dict[str, object]:
    models = {name: {"name": name, "tool_call": True} for name in ("main", "small", "house")}
    options = {"baseURL": f"{url}/suite/v1", "apiKey": "none"}
    servers = {
        one.name: {"type": "local", "command": one.command, "environment": one.environment} for one in room.servers
    }
    return {
        "provider": {"suite": {"npm": "@ai-sdk/openai-compatible", "options": options, "models": models}},
        "mcp": servers,
        "snapshot": False,
        "autoupdate": False,
        "share": "disabled",
    }


def _seen(name: str, listed: dict[str, Json], stub: Stub) -> Seen:
    if name not in listed:
        return Seen(rejected="not in its configuration")
    description = listed[name].get("description")
    asked = stub.started.get(name)
    if asked is None:
        return Seen(description=description, stuck=stub.answers.get(name, "never started"))
    rules = listed[name].get("permission", {})
    tools = [one for tool in asked.tools for one in scoped(tool, rules.get(tool))]
    return Seen(description=description, tools=tuple(tools), model=f"suite/{asked.model}", system=asked.system)


_OWN_TOOLS = (
    "board_post",
    "board_read",
    "cancel_wakeup",
    "cron_create",
    "cron_delete",
    "cron_list",
    "goal",
    "kilo_local_recall",
    "link_pr",
    "schedule_wakeup",
)

CLIENT = Client(
    host="kilo",
    run=_run,
    sees=EVERY_ASPECT,
    powers={**OPENCODE.powers, "background_process": ("shell",), **dict.fromkeys(_OWN_TOOLS, ("*",))},
    # What is looked for there, but for agents, which no sub-agent may start.
    expects={tool: names for tool, names in OPENCODE.expects.items() if tool != "delegate"},
    models=Models(session="suite/main"),
    spell=OPENCODE.spell,
)
