"""Trae, its IDE in the mode for agents; some versions read the folder only after a switch in their settings.

Tools have the names that Claude Code gave them, in one text with commas; what an empty one means is written nowhere,
so an agent without a tool is left the list of to-dos. A sub-agent can neither start another nor ask the user. Models
are those that Trae itself offers. The Chinese edition keeps the agents of the home folder in `.trae-cn` instead.
"""

from agentpkg.hosts.base import Host, Models, ServerSettings, ServerShape, ToolList, ToolRow

HOST = Host(
    name="trae",
    title="Trae",
    checked="2026-11-21, from its documentation and from projects that quote it",
    sources=("docs.trae.cn: ide_subagents, ide_hook-configuration-reference, ide_model-context-protocol",),
    marks=(".trae",),
    agents=".trae/agents/{name}.md",
    user_agents=".trae/agents/{name}.md",
    skills=".trae/skills/{name}",
    user_skills=".trae/skills/{name}",
    tools=ToolList(
        key="tools",
        rows=(
            ToolRow(gives=("read", "list"), names=("Read",)),
            ToolRow(gives=("write",), names=("Write",)),
            ToolRow(gives=("edit",), names=("Edit",)),
            ToolRow(gives=("glob", "list"), names=("Glob",)),
            ToolRow(gives=("grep",), names=("Grep",)),
            ToolRow(gives=("shell",), names=("Bash",)),
            ToolRow(gives=("web-fetch",), names=("WebFetch",)),
            ToolRow(gives=("web-search",), names=("WebSearch",)),
            ToolRow(gives=("todo",), names=("TodoWrite",)),
            ToolRow(gives=("skill",), names=("Skill",)),
        ),
        joined=True,
        empty=("TodoWrite",),
        servers="mcpServers",
        unknown="nobody knows",
    ),
    models=Models(accepts=r"(?i)(deepseek|doubao|glm|kimi|minimax|qwen)[a-z0-9._-]*\d[a-z0-9._-]*"),
    settings=ServerSettings(file=".trae/mcp.json", key="mcpServers", shape=ServerShape()),
    user_wins=False,
)
