"""Codex CLI. Its agents stand in the declaration of the tool that starts them, `spawn_agent`.

It goes on while an agent starts, so the session is kept waiting.
"""

from __future__ import annotations

import json
import re

from tests.conformance.client import EVERY_ASPECT, Client, Models, Observed, Seen
from tests.conformance.room import Finished, Room
from tests.conformance.stub import START, Script, Stub, serve

_LISTED = re.compile(r"(?:^|\n)([a-z0-9-]+): \{\n(.*?)\n\}(?=\n[a-z0-9-]+: (?:\{|no description)|\s*\Z)", re.DOTALL)

_REMARKS = re.compile(r"(?:\n- This role's [^\n]*)+\Z")  # what the client adds about a role's model and effort


def _run(room: Room) -> Observed:
    wrapper = room.find("node_modules/@openai/codex/bin/codex.js")
    script = Script(agents=room.agents, tool="spawn_agent", arguments=_arguments, patience=5)
    with serve(script) as stub:
        folder = room.home / ".codex"
        folder.mkdir()
        (folder / "config.toml").write_text(_settings(room, stub.url), encoding="utf-8")
        finished = room.call(
            ["node", str(wrapper), "exec", "--skip-git-repo-check", START], {"CODEX_HOME": str(folder)}
        )
    return _read(room, finished, stub)


def _settings(room: Room, url: str) -> str:
    lines = [
        'model = "suite"',
        'model_provider = "suite"',
        "check_for_update_on_startup = false",
        "[analytics]",
        "enabled = false",
        "[agents]",
        f"max_threads = {len(room.agents) + 1}",
        "[model_providers.suite]",
        'name = "suite"',
        f'base_url = "{url}/v1"',
        'wire_api = "responses"',
        "requires_openai_auth = false",
        f"[projects.{json.dumps(str(room.project))}]",
        'trust_level = "trusted"',
    ]
    for one in room.servers:
        lines += [
            f"[mcp_servers.{one.name}]",
            f"command = {json.dumps(one.command[0])}",
            f"args = {json.dumps(one.command[1:])}",
            f"[mcp_servers.{one.name}.env]",
            *(f"{name} = {json.dumps(value)}" for name, value in one.environment.items()),
        ]
    return "\n".join(lines) + "\n"


def _arguments(name: str, prompt: str) -> dict[str, object]:
    return {"agent_type": name, "message": prompt}


def _read(room: Room, finished: Finished, stub: Stub) -> Observed:
    declared = next((text for one in stub.session for name, text in one.tools.items() if "spawn_agent" in name), None)
    if declared is None:
        return Observed(failure=finished.words)
    text = json.loads(declared)["parameters"]["properties"]["agent_type"]["description"]
    listed = _LISTED.findall(text.partition("Available roles:\n")[2])
    descriptions = {name: _REMARKS.sub("", text) for name, text in listed}
    return Observed(agents={name: _seen(name, descriptions, stub, finished) for name in room.agents})


def _seen(name: str, descriptions: dict[str, str], stub: Stub, finished: Finished) -> Seen:
    if name not in descriptions:
        lines = [line for line in finished.err.splitlines() if f"{name}.toml" in line or f"`{name}`" in line]
        return Seen(rejected="\n".join(lines) or "not listed")
    asked = stub.started.get(name)
    if asked is None:
        return Seen(description=descriptions[name], stuck=stub.answers.get(name, "never started"))
    return Seen(description=descriptions[name], tools=tuple(asked.tools), model=asked.model, system=asked.system)


CLIENT = Client(
    host="codex",
    run=_run,
    sees=EVERY_ASPECT,
    powers={
        "create_goal": (),
        "exec_command": ("shell",),
        "get_goal": (),
        "list_mcp_resource_templates": ("*",),
        "list_mcp_resources": ("*",),
        "read_mcp_resource": ("*",),
        "request_user_input": ("ask",),
        "update_goal": (),
        "view_image": ("read",),
        "web_search": ("web-search",),
        "write_stdin": ("shell",),
    },
    expects={"shell": ("exec_command",), "web-search": ("web_search",), "ask": ("request_user_input",)},
    models=Models(session="suite"),
    spell=lambda server, tool: f"mcp__{server}.{tool.replace('-', '_')}",
)
