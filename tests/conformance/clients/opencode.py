"""OpenCode. It prints the agents of its configuration, and starts them with its `task` tool.

One file that it cannot take, and it does not start at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tests.conformance.client import EVERY_ASPECT, Client, Models, Observed, Seen
from tests.conformance.room import Room
from tests.conformance.stub import START, Script, Stub, serve
from tests.conformance.wire import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """OpenCode, or a program that grew out of it: where it is, how it is told its settings, and its main agent."""

    binary: str
    variable: str
    environment: Mapping[str, str]
    agent: str
    providers: Mapping[str, str]


def run(room: Room, program: Program) -> Observed:
    """Let a program print its configuration, then start every agent."""
    binary = str(room.find(program.binary))
    with serve(Script(agents=room.agents, tool="task", arguments=_arguments)) as stub:
        settings = _settings(room, stub.url, program.providers)
        environment = {**program.environment, program.variable: json.dumps(settings)}
        printed = room.call([binary, "debug", "config"], environment)
        try:
            listed = json.loads(printed.out)["agent"]
        except ValueError:
            return Observed(failure=printed.words)
        finished = room.call([binary, "run", "-m", "suite/main", "--agent", program.agent, START], environment)
        if not stub.session:
            return Observed(failure=finished.words)
    return Observed(agents={name: _seen(name, listed, stub) for name in room.agents})


def _settings(room: Room, url: str, packages: Mapping[str, str]) -> dict[str, object]:
    models = {name: {"name": name, "tool_call": True} for name in ("main", "small", "house")}
    providers: dict[str, dict[str, object]] = {
        name: {"npm": npm, "options": {"baseURL": f"{url}/{name}/v1", "apiKey": "none"}}
        for name, npm in packages.items()
    }
    providers["suite"]["models"] = models
    servers = {
        one.name: {"type": "local", "command": one.command, "environment": one.environment} for one in room.servers
    }
    return {"provider": providers, "mcp": servers, "snapshot": False, "autoupdate": False, "share": "disabled"}


def _arguments(name: str, prompt: str) -> dict[str, object]:
    return {"description": "start", "prompt": prompt, "subagent_type": name}


def _seen(name: str, listed: dict[str, Json], stub: Stub) -> Seen:
    if name not in listed:
        return Seen(rejected="not in its configuration")
    description = listed[name].get("description")
    asked = stub.started.get(name)
    if asked is None:
        return Seen(description=description, stuck=stub.answers.get(name, "never started"))
    rules = listed[name].get("permission", {})
    tools = [one for tool in asked.tools for one in _scoped(tool, rules.get(tool))]
    provider = asked.path.split("/")[1]
    return Seen(description=description, tools=tuple(tools), model=f"{provider}/{asked.model}", system=asked.system)


def _scoped(tool: str, rule: Json) -> list[str]:
    """Return a tool as the agent may use it: within the patterns allowed where all else is denied."""
    if not isinstance(rule, dict) or rule.get("*") != "deny":
        return [tool]
    return [f"{tool}({pattern})" for pattern, answer in rule.items() if answer != "deny"]


_ENVIRONMENT = dict.fromkeys(
    [
        "OPENCODE_DISABLE_AUTOUPDATE",
        "OPENCODE_DISABLE_CLAUDE_CODE",
        "OPENCODE_DISABLE_DEFAULT_PLUGINS",
        "OPENCODE_DISABLE_LSP_DOWNLOAD",
        "OPENCODE_DISABLE_MODELS_FETCH",
        "OPENCODE_DISABLE_SHARE",
        "OPENCODE_PURE",
    ],
    "1",
)
# Providers that files of the suite name models of, each at a path of its own, so that a request shows its provider.
_PROVIDERS = {
    "suite": "@ai-sdk/openai-compatible",
    "anthropic": "@ai-sdk/anthropic",
    "openai": "@ai-sdk/openai",
    "google": "@ai-sdk/google",
}
_PROGRAM = Program(
    binary="node_modules/opencode-*/bin/opencode",
    variable="OPENCODE_CONFIG_CONTENT",
    environment=_ENVIRONMENT,
    agent="build",
    providers=_PROVIDERS,
)

CLIENT = Client(
    host="opencode",
    run=lambda room: run(room, _PROGRAM),
    sees=EVERY_ASPECT,
    powers={
        "bash": ("shell",),
        "edit": ("edit",),
        "glob": ("glob",),
        "grep": ("grep",),
        "read": ("read", "list"),
        "skill": ("skill",),
        "task": ("delegate",),
        "todowrite": ("todo",),
        "webfetch": ("web-fetch",),
        "write": ("write",),
    },
    # Not looked for: a search of the web, which it offers with its own provider only, and questions, which no sub-agent
    # may ask.
    expects={
        "read": ("read",),
        "write": ("write",),
        "edit": ("edit",),
        "glob": ("glob",),
        "grep": ("grep",),
        "list": ("glob",),
        "shell": ("bash",),
        "web-fetch": ("webfetch",),
        "delegate": ("task",),
        "todo": ("todowrite",),
        "skill": ("skill",),
    },
    models=Models(session="suite/main"),
    spell=lambda server, tool: f"{server}_{tool}",
)
