"""JetBrains Junie, its CLI; the plugin for the IDEs reads no sub-agents.

Tools are groups. A list that names one bans every other tool, those of MCP servers too; an empty list bans nothing, so
an agent without a tool is left the one that asks. There is no group for fetching a page, for to-dos or for delegation.
`$word` in a prompt is a parameter that the calling agent fills in. Names of models depend on the build.
"""

from agentpkg.hosts.base import (
    Host,
    HostField,
    Models,
    ServerSettings,
    ServerShape,
    TextHazard,
    ToolList,
    ToolRow,
)
from agentpkg.hosts.claude import PLAN
from agentpkg.hosts.clients import Client

HOST = Host(
    name="junie",
    title="Junie",
    checked="2026-11-21, from its documentation",
    sources=(
        "junie.jetbrains.com/docs: Junie CLI subagents, MCP configuration, agent skills, slash commands",
        "rulesync and agnostic-ai: their Junie sub-agents, for the newer fields",
    ),
    marks=(".junie",),
    agents=".junie/agents/{name}.md",
    user_agents=".junie/agents/{name}.md",
    skills=".junie/skills/{name}",
    user_skills=".junie/skills/{name}",
    tools=ToolList(
        key="tools",
        rows=(
            ToolRow(gives=("read", "list"), names=("Read",)),
            ToolRow(gives=("write",), names=("Write",)),
            ToolRow(gives=("edit", "notebook-edit"), names=("Edit",)),
            ToolRow(gives=("glob", "list"), names=("Glob",)),
            ToolRow(gives=("grep",), names=("Grep",)),
            ToolRow(gives=("shell",), names=("Bash",)),
            ToolRow(gives=("web-search",), names=("WebSearch",)),
            ToolRow(gives=("ask",), names=("AskUserQuestion",)),
        ),
        empty=("AskUserQuestion",),
        servers="mcpServers",
        unknown="nobody knows",
    ),
    models=Models(accepts=r"sonnet|opus|grok|custom:[\w.-]+|(claude|gpt|gemini|grok)-[a-z0-9.-]+"),
    fields=(
        HostField(name="reasoningLevel", choices=("low", "medium", "high")),
        HostField(name="maxTurns", kind="integer", limit="<="),
        HostField(name="skills", kind="texts", limit="="),
        HostField(name="allowPromptArgument", kind="boolean"),
        HostField(
            name="permissionMode",
            choices=("default", "acceptEdits", "dontAsk", "bypassPermissions", "plan"),
            power=True,
            harmless=("default", "plan"),
        ),
    ),
    hazards=(
        # A shell reads both the same, and only the bare word is documented as a parameter.
        TextHazard(pattern=r"\$([A-Za-z_]\w*)", replacement=r"${\1}", why="Junie takes the bare word for a parameter"),
    ),
    settings=ServerSettings(file=".junie/mcp/mcp.json", key="mcpServers", shape=ServerShape()),
    meant={"permissionMode=plan": PLAN},
    client=Client(command="junie"),
)
