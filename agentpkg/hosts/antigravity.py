"""Google Antigravity: the CLI (`agy`) and the desktop application.

A list of tools is all of an agent's own tools. An absent one has meant none in some releases and the default set in
others, so every tool is named for an agent without a list. A name that the client does not know stops or hangs the
agent, so only names are written that its own documentation has; `multi_replace_file_content` left the default set and
is not among them. A model must be one of two words: any other, and the agent is dropped without a message.

MCP servers of the session are not inherited. Nobody has said whether a list of tools holds their tools back, and how
one is named in it, so `inheritMcp` is off beside a list.

The folder form is written, because the flat `.agents/agents/NAME.md` is also read by OpenHands, before its own, and by
Goose, whose tools have other names. Kimi Code and Auggie read the folder too, after their own.
"""

from agentpkg.hosts.base import Host, HostField, Models, ServerSettings, ServerShape, ToolList, ToolRow
from agentpkg.hosts.clients import Client

_ROWS = (
    ToolRow(gives=("read",), names=("view_file",)),
    ToolRow(gives=("write",), names=("write_to_file",)),
    ToolRow(gives=("edit", "notebook-edit"), names=("replace_file_content",)),
    ToolRow(gives=("glob", "list"), names=("find_by_name",)),
    ToolRow(gives=("list",), names=("list_dir",)),
    ToolRow(gives=("grep",), names=("grep_search",)),
    ToolRow(gives=("shell",), names=("run_command", "manage_task")),
    ToolRow(gives=("web-fetch",), names=("read_url_content",)),
    ToolRow(gives=("web-search",), names=("search_web",)),
    ToolRow(gives=("delegate",), names=("invoke_subagent",)),
    ToolRow(gives=("ask",), names=("ask_question",)),
)

HOST = Host(
    name="antigravity",
    title="Antigravity",
    checked="2026-11-21, from its changelog up to CLI 1.2.10 and from reports on 1.2.12",
    sources=(
        "antigravity.google/docs: subagents, hooks, mcp",
        "google-antigravity/antigravity-cli: CHANGELOG.md; issues 674, 725, 1015, 1150",
        "humanize: its agents for agy, which say what 1.2.12 did with a list of tools",
    ),
    marks=(".antigravity", ".antigravityignore", ".agents/rules", ".agents/mcp_config.json"),
    agents=".agents/agents/{name}/agent.md",
    user_agents=".gemini/config/agents/{name}/agent.md",
    also_agents=(".agents/agents/{name}.md", ".gemini/config/agents/{name}.md"),
    skills=".agents/skills/{name}",
    user_skills=".gemini/config/skills/{name}",
    tools=ToolList(
        key="tools",
        rows=_ROWS,
        every=tuple(name for row in _ROWS for name in row.names),
        empty=("ask_question",),
        beside={"inheritMcp": False, "inheritCustomizations": False},  # the second is the newer word
        unknown="stops the agent",
    ),
    models=Models(aliases={"strong": "pro", "balanced": "flash", "fast": "flash"}, accepts=r"pro|flash"),
    fields=(
        HostField(name="mainAgent", kind="boolean"),
        HostField(name="subagent", kind="boolean"),
        HostField(name="hidden", kind="boolean"),
        HostField(name="inheritCustomizations", kind="boolean", power=True, harmless=("false",)),
        HostField(name="skills", kind="texts", limit="="),
        HostField(
            name="commandExecutionPolicy",
            choices=("off", "sandbox", "auto", "eager"),
            power=True,
            harmless=("off", "sandbox"),
        ),
    ),
    reserved=frozenset(["default", "self", "research", "browser"]),
    settings=ServerSettings(file=".agents/mcp_config.json", key="mcpServers", shape=ServerShape(url="serverUrl")),
    client=Client(command="agy"),
)
