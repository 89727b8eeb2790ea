"""Devin Desktop (which was Windsurf) and the Devin CLI.

The folder's name is the profile. An agent without a model runs on Devin's default for sub-agents, not on its parent's,
and one with a model that the plan lacks does not start. An agent that may delegate starts none until `max-nesting` is
set, which is 0. A sub-agent cannot ask the user. Only single tools of an MCP server have documented names.
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
    name="devin",
    title="Devin",
    checked="2026-11-21, from its documentation",
    sources=(
        "docs.devin.ai/cli: subagents, permissions, skills, MCP configuration",
        "rulesync and awslabs/aidlc: their Devin profiles, for tool names beyond the documented ones",
    ),
    marks=(".devin", ".windsurf"),
    agents=".devin/agents/{name}/AGENT.md",
    user_agents=".config/devin/agents/{name}/AGENT.md",
    also_agents=(".devin/agents/{name}.md",),
    skills=".agents/skills/{name}",
    user_skills=".agents/skills/{name}",
    tools=ToolList(
        key="allowed-tools",
        rows=(
            ToolRow(gives=("read", "list"), names=("read",)),
            ToolRow(gives=("write",), names=("write",)),
            ToolRow(gives=("edit",), names=("edit",)),
            ToolRow(gives=("notebook-edit",), names=("notebook_edit",)),
            ToolRow(gives=("glob", "list"), names=("glob",)),
            ToolRow(gives=("grep",), names=("grep",)),
            ToolRow(gives=("shell",), names=("exec", "get_output", "write_to_process", "kill_shell")),
            ToolRow(gives=("web-fetch",), names=("webfetch",)),
            ToolRow(gives=("web-search",), names=("web_search",)),
            ToolRow(gives=("delegate",), names=("run_subagent", "read_subagent")),
            ToolRow(gives=("todo",), names=("todo_write",)),
            ToolRow(gives=("skill",), names=("skill",)),
        ),
        mcp=McpNames(one="mcp__{server}__{tool}", every=None, ambiguous=r"__|_ | _"),
        empty=("todo_write",),
        unknown="nobody knows",
    ),
    models=Models(accepts=r"swe|opus|sonnet|haiku|codex|glm|(swe|glm)-[a-z0-9-]+"),
    fields=(HostField(name="max-nesting", kind="integer", limit="<="),),
    settings=ServerSettings(file=".devin/mcp_config.json", key="mcpServers", shape=ServerShape()),
    also_reads=(AlsoRead(agents=".claude/agents/{name}.md"),),
    client=Client(command="devin"),
)
