"""Factory Droid. It lists the droids to its model, and starts each in a process of its own with `Task`.

Descriptions are cut there, the more droids there are; so they are held against what was left of them. Tools of MCP
servers, and a few of its own, are only named to an agent, which loads them when it needs them.
"""

from __future__ import annotations

import json
import re

from agentpkg.header import read_header
from tests.conformance.client import EVERY_ASPECT, Client, Models, Observed, Seen
from tests.conformance.room import Room
from tests.conformance.stub import START, Script, Stub, serve
from tests.conformance.wire import Asked

_MODELS = ("suite-main", "small", "house")
_LISTED = re.compile(r"^- ([a-z0-9-]+): (.*?) \(location: project\)(?=\n|<)", re.DOTALL | re.MULTILINE)
_DEFERRED = re.compile(r"^Deferred tools:\n(.*?)\n<", re.DOTALL | re.MULTILINE)


def _run(room: Room) -> Observed:
    binary = str(room.find("node_modules/@factory/cli-*/bin/droid"))
    folder = room.home / ".factory"
    folder.mkdir()
    servers = {
        one.name: {"type": "stdio", "command": one.command[0], "args": one.command[1:], "env": one.environment}
        for one in room.servers
    }
    (folder / "mcp.json").write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    with serve(Script(agents=room.agents, tool="Task", arguments=_arguments)) as stub:
        models = [_model(name, stub.url) for name in _MODELS]
        (folder / "settings.json").write_text(json.dumps({"customModels": models}), encoding="utf-8")
        options = ["--model", f"custom:{_MODELS[0]}-0", "--skip-permissions-unsafe", START]
        environment = {"FACTORY_API_KEY": "none", "FACTORY_API_BASE_URL": stub.url}
        finished = room.call([binary, "exec", *options], environment, seconds=600)
        if not stub.session:
            return Observed(failure=finished.words)
    listed = dict(_LISTED.findall(stub.session[0].said.partition("Custom droids available")[2]))
    return Observed(agents={name: _seen(name, listed, room, stub) for name in room.agents})


def _model(name: str, url: str) -> dict[str, object]:
    provider = {"baseUrl": f"{url}/v1", "apiKey": "none", "provider": "generic-chat-completion-api"}
    return {"model": name, "displayName": name, "maxOutputTokens": 4096, **provider}


def _arguments(name: str, prompt: str) -> dict[str, object]:
    return {"description": "start", "prompt": prompt, "subagent_type": name, "await": True}


def _seen(name: str, listed: dict[str, str], room: Room, stub: Stub) -> Seen:
    if name not in listed:
        return Seen(rejected="not listed")
    description = _whole(listed[name], name, room)
    asked = stub.started.get(name)
    if asked is None:
        return Seen(description=description, stuck=stub.answers.get(name, "never started"))
    own = asked.path.startswith("/api/")  # a model of the vendor's, and not of the settings
    model = asked.model if own else f"custom:{asked.model}-0"
    return Seen(description=description, tools=_tools(asked), model=model, system=asked.system)


def _whole(description: str, name: str, room: Room) -> str:
    """Return a description as it stands in the file, if what the client shows is the beginning of it."""
    path = room.project / ".factory" / "droids" / f"{name}.md"
    written = read_header(path.read_text(encoding="utf-8"), path.name)[0]["description"]
    begins = isinstance(written, str) and description.endswith("…") and written.startswith(description[:-1])
    return str(written) if begins else description


def _tools(asked: Asked) -> tuple[str, ...]:
    deferred = _DEFERRED.findall(asked.said) if "ToolSearch" in asked.tools else []
    return (*(set(asked.tools) - {"ToolSearch"}), *(name for part in deferred for name in part.split("\n")))


CLIENT = Client(
    host="droid",
    run=_run,
    sees=EVERY_ASPECT,
    powers={
        "Create": ("write",),
        "Edit": ("edit",),
        "Execute": ("shell",),
        "FetchUrl": ("web-fetch",),
        "GenerateDroid": ("*",),
        "GenerateImage": ("*",),
        "Glob": ("glob",),
        "Grep": ("grep",),
        "LS": ("list",),
        "Loop": ("*",),
        "Read": ("read",),
        "Skill": ("skill",),
        "TodoWrite": ("todo",),
        "WebSearch": ("web-search",),
        "slack_post_file": ("*",),
    },
    # Not looked for: a list of things to do and questions, which it offers to no sub-agent.
    expects={
        "read": ("Read",),
        "write": ("Create",),
        "edit": ("Edit",),
        "notebook-edit": ("Edit",),
        "glob": ("Glob",),
        "list": ("LS",),
        "grep": ("Grep",),
        "shell": ("Execute",),
        "web-fetch": ("FetchUrl",),
        "web-search": ("WebSearch",),
        "skill": ("Skill",),
    },
    models=Models(session=rf"custom:{_MODELS[0]}-0"),
    spell=lambda server, tool: f"{server}___{tool}",
)
