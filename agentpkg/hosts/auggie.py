"""Augment: its CLI, Auggie.

Nothing is ever rejected. What it cannot read as YAML it takes for an agent without a description and with every tool,
and so it takes an empty list; an agent without a tool is left a look at the list of to-dos. A list of tools is exact,
names that are not known are dropped, and with `disabled_tools` beside it, it would be dropped itself. A model that the
server does not know is the session's. Sub-agents cannot start others.

A tool of an MCP server is called `TOOL_SERVER`, with `_` for odd characters, and cut after 64. A server is started with
an environment of its own, in which `${NAME}` is replaced.

A user's agent beats the project's of the same name. It reads `.claude/agents`, too, after its own: no tool there is one
of its own, so an agent has none, but with an empty list it has every tool. And it reads `.agents/agents` and folders in
it, the agents of Antigravity, whose lists leave them no tool either.
"""

from agentpkg.hosts.base import (
    AlsoRead,
    Host,
    HostField,
    McpNames,
    Models,
    ServerSettings,
    ServerShape,
    ToolList,
    ToolRow,
)
from agentpkg.hosts.clients import Client

HOST = Host(
    name="auggie",
    title="Augment Auggie",
    checked="2026-11-21, Auggie 0.36.0",
    sources=("the client's agents list and sub-agent requests", "docs.augmentcode.com/cli: subagents"),
    marks=(".augment",),
    agents=".augment/agents/{name}.md",
    user_agents=".augment/agents/{name}.md",
    skills=".agents/skills/{name}",
    user_skills=".agents/skills/{name}",
    tools=ToolList(
        key="tools",
        rows=(
            ToolRow(gives=("read", "list"), names=("view",)),
            ToolRow(gives=("write",), names=("save-file",)),
            ToolRow(gives=("edit", "notebook-edit"), names=("str-replace-editor", "apply_patch")),
            ToolRow(gives=("grep",), names=("grep-search",)),
            ToolRow(
                gives=("shell",),
                names=("launch-process", "read-process", "write-process", "kill-process", "list-processes"),
            ),
            ToolRow(gives=("web-fetch",), names=("web-fetch",)),
            ToolRow(gives=("web-search",), names=("web-search",)),
            ToolRow(gives=("todo",), names=("view_tasklist", "add_tasks", "update_tasks")),
        ),
        mcp=McpNames(one="{tool}_{server}", every=None, unsafe=r"[^a-zA-Z0-9_-]", longest=64),
        empty=("view_tasklist",),
    ),
    models=Models(
        accepts=r"(claude|gpt|gemini|kimi|glm)-[a-z0-9.-]+",
        rewrites=((r"claude-([a-z]+)-(\d+)\.(\d+)", r"claude-\1-\2-\3"),),
    ),
    fields=(
        HostField(name="color", choices=("red", "blue", "green", "yellow", "purple", "orange", "pink", "cyan")),
        HostField(name="hidden", kind="boolean"),
        HostField(name="replace_system_prompt", kind="boolean"),
        HostField(name="disable_rules", kind="boolean"),
        HostField(name="disable_skills", kind="boolean", limit="=", harmless=("false",)),
        HostField(name="disable_workspace_guidelines", kind="boolean"),
    ),
    reserved=frozenset(["auggie-guide", "code", "explore", "general-purpose", "plan", "research", "validate"]),
    settings=ServerSettings(
        file=".augment/settings.json",
        key="mcpServers",
        shape=ServerShape(remote={"type": "http"}, reference="${{{name}}}"),
    ),
    also_reads=(
        AlsoRead(agents=".claude/agents/{name}.md", restricts=False),
        AlsoRead(agents=".agents/agents/{name}/agent.md", user=False),
    ),
    client=Client(command="auggie"),
    user_wins=True,  # it looks through the home folder first, and takes the first file of a name
)
