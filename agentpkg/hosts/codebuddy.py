"""Tencent CodeBuddy: CodeBuddy Code, its CLI.

Tools have the names that Claude Code gave them, in one text with commas. An empty one gives every tool, so an agent
without a tool is left the one that asks. A sub-agent cannot start another, whatever its list says. Only single tools of
an MCP server have documented names. A model may be overridden by the product.
"""

from agentpkg.hosts.base import (
    Host,
    HostField,
    McpNames,
    Models,
    ServerSettings,
    ServerShape,
    ToolList,
    ToolRow,
)
from agentpkg.hosts.claude import PLAN
from agentpkg.hosts.clients import Client

HOST = Host(
    name="codebuddy",
    title="CodeBuddy",
    checked="2026-11-21, from its documentation",
    sources=("codebuddy.ai/docs/cli: sub-agents, tools-reference, permission-modes, mcp",),
    marks=(".codebuddy", "CODEBUDDY.md"),
    agents=".codebuddy/agents/{name}.md",
    user_agents=".codebuddy/agents/{name}.md",
    skills=".codebuddy/skills/{name}",
    user_skills=".codebuddy/skills/{name}",
    tools=ToolList(
        key="tools",
        rows=(
            ToolRow(gives=("read", "list"), names=("Read",)),
            ToolRow(gives=("write",), names=("Write",)),
            ToolRow(gives=("edit",), names=("Edit", "MultiEdit")),
            ToolRow(gives=("notebook-edit",), names=("NotebookEdit",)),
            ToolRow(gives=("glob", "list"), names=("Glob",)),
            ToolRow(gives=("grep",), names=("Grep",)),
            ToolRow(gives=("shell",), names=("Bash",)),
            ToolRow(gives=("web-fetch",), names=("WebFetch",)),
            ToolRow(gives=("web-search",), names=("WebSearch",)),
            ToolRow(gives=("ask",), names=("AskUserQuestion",)),
        ),
        mcp=McpNames(one="mcp__{server}__{tool}", every=None, ambiguous=r"__|_ | _"),
        joined=True,
        empty=("AskUserQuestion",),
        unknown="nobody knows",
    ),
    models=Models(accepts=r"(claude|deepseek|gemini|glm|gpt|hunyuan|kimi|minimax)-[a-z0-9.-]+"),
    fields=(
        HostField(name="color"),
        HostField(name="maxTurns", kind="integer", limit="<="),
        HostField(name="background", kind="boolean"),
        HostField(
            name="permissionMode",
            choices=("default", "acceptEdits", "bypassPermissions", "plan"),
            power=True,
            harmless=("default", "plan"),
        ),
    ),
    meant={"permissionMode=plan": PLAN},
    reserved=frozenset(["general-purpose", "explore", "plan", "statusline-setup"]),
    settings=ServerSettings(
        file=".mcp.json",
        key="mcpServers",
        shape=ServerShape(stdio={"type": "stdio"}, remote={"type": "http"}),
    ),
    client=Client(command="codebuddy"),
)
