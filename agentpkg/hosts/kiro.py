"""Kiro: the IDE from 1.0 and the CLI from 3.0, which share one engine and read one Markdown file.

Tools are tags for groups: `read` finds and lists as well, `write` deletes as well, `web` fetches and searches. What an
absent list means is written nowhere, so `*` stands for every tool. Tools of MCP servers are held back unless the list
names them. The name of an agent is its path below the folder, whatever its header says, so the two must agree. Agents
of a project load only in a trusted workspace. The CLI before 3.0 reads JSON files instead, and ignores these; so does
Amazon Q, which it grew out of. There an absent list gives no tool, and `allowedTools` are those that nobody is asked
about.
"""

from agentpkg.hosts.base import (
    Host,
    HostField,
    McpNames,
    Models,
    ServerDeclaration,
    ServerSettings,
    ServerShape,
    ToolList,
    ToolRow,
)
from agentpkg.hosts.clients import Client

_SERVER = ServerShape(reference="${{{name}}}")
_MCP = McpNames(one="@{server}/{tool}", every="@{server}", ambiguous=r"\A(builtin|mcp) ")
_FIELDS = (
    HostField(name="includeMcpJson", kind="boolean"),
    # Powers are bundles of MCP servers and instructions, and nobody says that the list of tools holds them back.
    HostField(name="includePowers", kind="boolean", power=True, harmless=("false",)),
    HostField(name="resources", kind="texts", pattern=r"(file|skill)://\S+", power=True),
    HostField(name="welcomeMessage"),
    HostField(name="keyboardShortcut"),
)
_EARLIER = Host(
    name="kiro",
    title="Kiro",
    checked="2026-11-21, from its documentation and the schema of agents that Amazon Q publishes",
    sources=("kiro.dev/docs: custom agents of the CLI 2", "aws/amazon-q-developer-cli: schemas/agent-v1.json"),
    marks=(),
    agents=".kiro/agents/{name}.json",
    user_agents=".aws/amazonq/cli-agents/{name}.json",
    also_agents=(".amazonq/cli-agents/{name}.json",),
    skills=None,
    user_skills=None,
    form="json",
    body_key="prompt",
    prompt_file=r"file://(\S+)\s*",
    tools=ToolList(
        key="tools",
        rows=(
            ToolRow(gives=("write", "edit", "notebook-edit"), names=("write",)),
            ToolRow(gives=("read", "glob", "grep", "list"), names=("read",)),
            ToolRow(gives=("glob",), names=("glob",)),
            ToolRow(gives=("grep",), names=("grep",)),
            ToolRow(gives=("shell",), names=("shell",)),
            ToolRow(gives=("web-fetch",), names=("web_fetch",)),
            ToolRow(gives=("web-search",), names=("web_search",)),
            ToolRow(gives=("delegate",), names=("subagent",)),
            ToolRow(gives=("todo",), names=("todo_list",)),
        ),
        mcp=_MCP,
        also={
            "fs_read": ("read", "glob", "grep", "list"),
            "fs_write": ("write", "edit", "notebook-edit"),
            "execute_bash": ("shell",),
            "delegate": ("delegate",),
            "@builtin": (
                "read", "write", "edit", "notebook-edit", "glob", "grep", "list", "shell", "web-fetch", "web-search",
                "delegate", "todo",
            ),
        },
        absent="no tool",
        limited="toolsSettings",
    ),
    models=Models(accepts=r"auto|[a-z]+-[a-z0-9.-]*\d[a-z0-9.-]*"),
    fields=_FIELDS,
    other_keys=frozenset(["hooks", "toolAliases", "$schema"]),
    servers=ServerDeclaration(key="mcpServers", shape=_SERVER),
)  # fmt: skip

HOST = Host(
    name="kiro",
    title="Kiro",
    checked="2026-11-21, from its documentation",
    sources=("kiro.dev/docs: custom agents, configuration reference, v3 agent config, MCP configuration",),
    marks=(".kiro",),
    agents=".kiro/agents/{name}.md",
    user_agents=".kiro/agents/{name}.md",
    skills=".kiro/skills/{name}",
    user_skills=".kiro/skills/{name}",
    tools=ToolList(
        key="tools",
        rows=(
            ToolRow(gives=("write", "edit", "notebook-edit"), names=("write",)),
            ToolRow(gives=("read", "glob", "grep", "list"), names=("read",)),
            ToolRow(gives=("shell",), names=("shell",)),
            ToolRow(gives=("web-fetch", "web-search"), names=("web",)),
            ToolRow(gives=("delegate",), names=("subagent",)),
            ToolRow(gives=("todo",), names=("todo_list",)),
        ),
        # A server called builtin or mcp would be a tag for all of Kiro's own tools, or for all servers.
        mcp=_MCP,
        every=("*",),
        empty=("todo_list",),
        unknown="nobody knows",
        absent="nobody says",
    ),
    models=Models(
        accepts=r"auto|[a-z]+-[a-z0-9.-]*\d[a-z0-9.-]*",
        # The vendor's own ids of Claude models have a dash for the dot, and a date.
        rewrites=(
            (r"(claude-[a-z]+-\d+(?:-\d{1,2})?)-\d{8}", r"\1"),
            (r"claude-([a-z]+)-(\d+)-(\d{1,2})", r"claude-\1-\2.\3"),
        ),
    ),
    fields=_FIELDS,
    reserved=frozenset(["context-gatherer", "general-task-execution", "custom-agent-creator"]),
    servers=ServerDeclaration(key="mcpServers", shape=_SERVER),
    settings=ServerSettings(file=".kiro/settings/mcp.json", key="mcpServers", shape=_SERVER),
    earlier=(_EARLIER,),
    client=Client(command="kiro-cli"),
    trust="it reads the agents of a project only in a workspace that you trust",
)
