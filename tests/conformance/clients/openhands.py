"""OpenHands. Its SDK runs a session in a program of ours, with the tools that its own command line has.

Sub-agents always have every MCP server of their session. So where agentpkg holds an agent to a list, it is written only
if the project allows more, and the tools of servers are told as gained.
"""

from __future__ import annotations

import json

from tests.conformance.client import EVERY_ASPECT, Client, Models, Observed, Seen
from tests.conformance.room import Room
from tests.conformance.stub import START, Script, Stub, serve
from tests.conformance.suite import servers_of_suite

_SESSION = """\
import json, sys
from openhands.sdk import LLM, Agent, Conversation
from openhands.sdk.llm.llm_profile_store import LLMProfileStore
from openhands.sdk.subagent import register_file_agents
from openhands.sdk.subagent.load import load_project_agents
from openhands.tools.preset.default import get_default_tools, register_builtins_agents
url, start, servers = sys.argv[1:]
def model(name):
    return LLM(model=f"openai/{name}", base_url=url, api_key="none", usage_id=name, num_retries=0)
for name in ("small", "house"):
    LLMProfileStore().save(name, model(name), include_secrets=True)
print(json.dumps({one.name: one.description for one in load_project_agents(".")}), flush=True)
register_file_agents(".")
register_builtins_agents(enable_browser=False)
tools = get_default_tools(enable_browser=False, enable_sub_agents=True)
agent = Agent(llm=model("suite-main"), tools=tools, mcp_config=json.loads(servers))
conversation = Conversation(agent=agent, workspace=".", visualizer=None, stuck_detection=False)
conversation.send_message(start)
conversation.run()
"""


def _run(room: Room) -> Observed:
    python = str(room.find("venv/bin/python"))
    servers = {
        one.name: {"command": one.command[0], "args": one.command[1:], "env": one.environment} for one in room.servers
    }
    environment = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "OPENHANDS_SUPPRESS_BANNER": "1"}
    with serve(Script(agents=room.agents, tool="task", arguments=_arguments)) as stub:
        command = [python, "-c", _SESSION, f"{stub.url}/v1", START, json.dumps(servers)]
        finished = room.call(command, environment)
    first = finished.out.partition("\n")[0]
    if not stub.session or not first.startswith("{"):
        return Observed(failure=finished.words)
    return Observed(agents={name: _seen(name, json.loads(first), stub) for name in room.agents})


def _arguments(name: str, prompt: str) -> dict[str, object]:
    return {"description": "start", "prompt": prompt, "subagent_type": name}


def _seen(name: str, listed: dict[str, str], stub: Stub) -> Seen:
    if name not in listed:
        return Seen(rejected="not listed")
    asked = stub.started.get(name)
    if asked is None:
        return Seen(description=listed[name], stuck=stub.answers.get(name, "never started"))
    return Seen(description=listed[name], tools=tuple(asked.tools), model=asked.model, system=asked.system)


CLIENT = Client(
    host="openhands",
    run=_run,
    sees=EVERY_ASPECT,
    powers={
        "file_editor": ("read", "list", "write", "edit"),
        "finish": (),
        "task_tracker": ("todo",),
        "terminal": ("shell",),
        "think": (),
        # Every agent has all tools of MCP servers.
        **{f"{one.name}_{tool}": ("mcp:*/*",) for one in servers_of_suite() for tool in one.tools},
    },
    expects={
        "write": ("file_editor",),
        "edit": ("file_editor",),
        "notebook-edit": ("file_editor",),
        "shell": ("terminal",),
        "todo": ("task_tracker",),
    },
    models=Models(session="suite-main"),
)
