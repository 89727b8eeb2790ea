"""OpenHands: what runs on its SDK.

An absent list of tools is none, so for an agent without one every tool is written that is there in any of its programs.
A name that is not known stops the agent when it starts. One tool reads, writes and edits files, so an agent that may
only read gets none of it. Every sub-agent has its session's MCP servers, with all their tools: nothing in the file
holds them back, and what the file declares is ignored.

`.agents/agents/NAME.md` is read before its own, though not folders in it. A model is a profile of the user's, and one
that there is not stops the agent, so none is written but what the project maps.
"""

from agentpkg.hosts.base import Host, HostField, Models, ServerSettings, ServerShape, ToolList, ToolRow
from agentpkg.hosts.clients import Client

HOST = Host(
    name="openhands",
    title="OpenHands",
    checked="2026-11-21, OpenHands SDK 1.58.0",
    sources=("the SDK's own loader and sub-agent requests", "docs.openhands.dev: file-based agents, MCP settings"),
    marks=(".openhands",),
    agents=".openhands/agents/{name}.md",
    user_agents=".openhands/agents/{name}.md",
    skills=".agents/skills/{name}",
    user_skills=".agents/skills/{name}",
    tools=ToolList(
        key="tools",
        rows=(
            ToolRow(gives=("read", "list", "write", "edit", "notebook-edit"), names=("file_editor",)),
            ToolRow(gives=("shell",), names=("terminal",)),
            ToolRow(gives=("todo",), names=("task_tracker",)),
        ),
        every=("terminal", "file_editor", "task_tracker"),
        always=("mcp:*/*",),
        unknown="stops the agent",
        absent="no tool",
    ),
    models=Models(),
    fields=(
        HostField(name="color"),
        HostField(name="max_iteration_per_run", kind="integer", limit="<="),
        HostField(name="max_budget_per_run", kind="number", pattern=r"(?=.*[1-9])\d+(\.\d+)?", limit="<="),
        HostField(
            name="permission_mode",
            choices=("always_confirm", "never_confirm", "confirm_risky"),
            power=True,
            harmless=("always_confirm",),
        ),
    ),
    reserved=frozenset(["bash-runner", "code-explorer", "general-purpose", "web-researcher"]),
    settings=ServerSettings(file="~/.openhands/mcp.json", key="mcpServers", shape=ServerShape(reference="${{{name}}}")),
    client=Client(command="openhands"),
    user_wins=False,
)
