"""Qwen Code.

Older versions (0.15) read the header line by line and not as YAML: lists as lines of their own, texts on one line in
double quotes, and of the escapes only those of the quote and the backslash; anything else loses the list of tools, and
an agent without one has every tool. Newer versions read the same as YAML. An empty list means every tool too, so an
agent without a tool is left the list of to-dos. A name that the client does not know is dropped. Tools of an MCP server
are named one by one.

The prompt runs as a template, and `${word}` in it stops the agent when it starts. A server that the file declares has
the session's environment; nothing in it is replaced by a variable's value. Older versions ignore it, and give no agent
the tools to start another or to edit notebooks.
"""

from agentpkg.hosts.base import (
    Host,
    HostField,
    McpNames,
    Models,
    ServerDeclaration,
    ServerSettings,
    ServerShape,
    TextHazard,
    ToolList,
    ToolRow,
)
from agentpkg.hosts.claude import PLAN
from agentpkg.hosts.clients import Client

_PARAMETER = "Qwen Code takes it for a parameter, and the agent would not start"

HOST = Host(
    name="qwen",
    title="Qwen Code",
    checked="2026-11-21, Qwen Code 0.24.4 and 0.15.10",
    sources=(
        "the client's own list of agents and sub-agent requests",
        "QwenLM/qwen-code: docs/users/features/sub-agents.md",
    ),
    marks=(".qwen", "QWEN.md"),
    agents=".qwen/agents/{name}.md",
    user_agents=".qwen/agents/{name}.md",
    skills=".qwen/skills/{name}",
    user_skills=".qwen/skills/{name}",
    dialect="lines",
    tools=ToolList(
        key="tools",
        rows=(
            ToolRow(gives=("read",), names=("read_file",)),
            ToolRow(gives=("write",), names=("write_file",)),
            ToolRow(gives=("edit",), names=("edit",)),
            ToolRow(gives=("notebook-edit",), names=("notebook_edit",)),
            ToolRow(gives=("glob",), names=("glob",)),
            ToolRow(gives=("grep",), names=("grep_search",)),
            ToolRow(gives=("list",), names=("list_directory",)),
            ToolRow(gives=("shell",), names=("run_shell_command",)),
            ToolRow(gives=("web-fetch",), names=("web_fetch",)),
            ToolRow(gives=("delegate",), names=("agent",)),
            ToolRow(gives=("todo",), names=("todo_write",)),
            ToolRow(gives=("skill",), names=("skill",)),
            ToolRow(gives=("ask",), names=("ask_user_question",)),
        ),
        mcp=McpNames(
            one="mcp__{server}__{tool}",
            every=None,
            ambiguous=r"[^a-zA-Z0-9_ -]|__|_ | _",  # with another character, a digest goes into the name
            longest=63,
        ),
        empty=("todo_write",),
    ),
    models=Models(
        # An id without a provider goes to the session's own, whatever it is.
        accepts=r"(openai|anthropic|qwen-oauth|gemini|vertex-ai):\S+|qwen[a-z0-9.-]*\d\S*"
    ),
    fields=(
        HostField(
            name="approvalMode",
            choices=("plan", "default", "auto-edit", "yolo"),
            power=True,
            harmless=("plan", "default"),
        ),
        HostField(name="background", kind="boolean"),
        HostField(name="color", choices=("red", "blue", "green", "yellow", "purple", "orange", "pink", "cyan")),
    ),
    meant={"approvalMode=plan": PLAN},
    reserved=frozenset(
        [
            "self",
            "system",
            "user",
            "model",
            "tool",
            "config",
            "default",
            "main",
            "general-purpose",
            "explore",
            "statusline-setup",
            "review-agent",
            "claude-code",
            "codex",
        ]
    ),
    hazards=(
        # A shell reads both the same; elsewhere blanks are what changes least.
        TextHazard(pattern=r"\$\{([A-Z_][A-Z0-9_]*)\}", replacement=r"${\1:-}", why=_PARAMETER),
        TextHazard(pattern=r"\$\{([A-Za-z0-9_]+)\}", replacement=r"${ \1 }", why=_PARAMETER),
    ),
    shortest_body=10,
    servers=ServerDeclaration(key="mcpServers", shape=ServerShape(url="httpUrl", inherits=True), filtered=True),
    settings=ServerSettings(
        file=".qwen/settings.json", key="mcpServers", shape=ServerShape(url="httpUrl", reference="${name}")
    ),
    client=Client(command="qwen"),
    user_wins=False,
)
