"""Mistral Vibe.

The name is the file's stem. A list of tools is enforced when a tool is called: the model is shown all of them, and the
ones that are not in the list are denied. An empty list is every tool; an agent without one is left the list of to-dos.
A name that is not known is dropped. Sub-agents get reading, writing, editing, the shell and skills of Vibe's own tools
and nothing else: no search, no web, no to-dos, no questions, no other agent, and no MCP server. Reading also lists
folders. The model of a sub-agent is its session's, whatever the file says.

Any other key of the file is a setting of Vibe's, among them some that lift every question; none of them is written.
"""

from agentpkg.hosts.base import Host, HostField, ToolList, ToolRow
from agentpkg.hosts.clients import Client

HOST = Host(
    name="vibe",
    title="Mistral Vibe",
    checked="2026-11-21, Mistral Vibe 3.0.2",
    sources=("the client's own registry of agents and what its sub-agents may call", "mistralai/mistral-vibe: agents"),
    marks=(".vibe",),
    agents=".vibe/agents/{name}.toml",
    user_agents=".vibe/agents/{name}.toml",
    skills=".agents/skills/{name}",
    user_skills=".agents/skills/{name}",
    form="toml",
    name_keys=(),
    body_key="instructions",
    fixed={"agent_type": "subagent"},
    tools=ToolList(
        key="enabled_tools",
        rows=(
            ToolRow(gives=("read", "list"), names=("read_file",)),
            ToolRow(gives=("write",), names=("write_file",)),
            ToolRow(gives=("edit", "notebook-edit"), names=("edit",)),
            ToolRow(gives=("shell",), names=("bash",)),
            ToolRow(gives=("skill",), names=("skill",)),
        ),
        empty=("todo",),
    ),
    models=None,
    fields=(HostField(name="display_name"),),
    reserved=frozenset(
        ["accept-edits", "ask", "auto-approve", "default", "explore", "lean", "main", "plan", "smart-approve"]
    ),
    client=Client(command="vibe"),
    trust="it reads the agents of a project only in a folder that you trust, and asks about that when started there",
)
