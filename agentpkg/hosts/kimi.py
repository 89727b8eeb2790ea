"""Kimi Code.

The prompt is all of the system prompt, and a template: a dozen names in `${…}` are replaced, all others stay as they
are. There is no way to escape one, but blanks inside of the braces stop it. A list of tools is exact: an empty one is
none, and a name that is not known is dropped. The model of an agent is its session's.

Names of MCP tools have every odd character replaced by `_`, and one `_` for two of them.

`.agents/agents` is read, too, and folders in it, after its own: the agents of Antigravity, with no tool at all, because
their tools have other names.
"""

from agentpkg.hosts.base import (
    AlsoRead,
    Host,
    HostField,
    McpNames,
    ServerSettings,
    ServerShape,
    TextHazard,
    ToolList,
    ToolRow,
)
from agentpkg.hosts.clients import Client

_VARIABLES = (
    "additional_dirs_info|additional_dirs_section|agents_md|base_prompt|cwd|cwd_listing|notify_user_guidance|os|"
    "plugin_sections|product_name|reply_style_guide|role_additional|shell|skills|skills_section|windows_notes"
)

HOST = Host(
    name="kimi",
    title="Kimi Code",
    checked="2026-11-21, Kimi Code 2.1.0",
    sources=(
        "the client's own list of agents and sub-agent requests",
        "MoonshotAI/kimi-code: custom agents; the names that its shipped code replaces",
    ),
    marks=(".kimi-code",),
    agents=".kimi-code/agents/{name}.md",
    user_agents=".kimi-code/agents/{name}.md",
    skills=".agents/skills/{name}",
    user_skills=".agents/skills/{name}",
    tools=ToolList(
        key="tools",
        rows=(
            ToolRow(gives=("read",), names=("Read",)),
            ToolRow(gives=("write",), names=("Write",)),
            ToolRow(gives=("edit", "notebook-edit"), names=("Edit",)),
            ToolRow(gives=("glob", "list"), names=("Glob",)),
            ToolRow(gives=("grep",), names=("Grep",)),
            ToolRow(gives=("shell",), names=("Bash",)),
            ToolRow(gives=("web-fetch",), names=("FetchURL",)),
            ToolRow(gives=("web-search",), names=("WebSearch",)),
            ToolRow(gives=("delegate",), names=("Agent",)),
            ToolRow(gives=("todo",), names=("TodoList",)),
            ToolRow(gives=("skill",), names=("Skill",)),
            ToolRow(gives=("ask",), names=("AskUserQuestion",)),
        ),
        mcp=McpNames(
            one="mcp__{server}__{tool}",
            every="mcp__{server}__*",
            unsafe=r"[^a-zA-Z0-9_-]",
            ambiguous=r"[_.]{2}|[_.] | [_.]",
            longest=64,
        ),
    ),
    models=None,
    fields=(
        HostField(name="whenToUse"),
        HostField(name="disallowedTools", kind="texts", limit="!="),
        HostField(name="subagents", kind="texts", limit="="),
    ),
    reserved=frozenset(["agent", "coder", "explore", "plan"]),
    hazards=(
        TextHazard(
            pattern=rf"\$\{{({_VARIABLES})\}}",
            replacement=r"${ \1 }",
            why="Kimi Code puts a text of its own in its place",
        ),
    ),
    settings=ServerSettings(file=".kimi-code/mcp.json", key="mcpServers", shape=ServerShape(inherits=True)),
    also_reads=(AlsoRead(agents=".agents/agents/{name}/agent.md", user=False),),
    client=Client(command="kimi"),
)
