"""Gemini CLI.

The schema is strict: one unknown key or tool name rejects the file. The body runs as a template, and `${word}` in it
stops the agent when it starts. Sub-agents can never call agents. Every changed byte asks the user to acknowledge the
agent again.
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
from agentpkg.hosts.clients import Client, Switch

_PARAMETER = "Gemini CLI takes it for a parameter, and the agent would not start"

HOST = Host(
    name="gemini",
    title="Gemini CLI",
    checked="2026-11-21, Gemini CLI 0.61.0",
    sources=(
        "the client's own loader and sub-agent requests",
        "google-gemini/gemini-cli: docs/core/subagents.md",
    ),
    marks=(".gemini", "GEMINI.md"),
    agents=".gemini/agents/{name}.md",
    user_agents=".gemini/agents/{name}.md",
    skills=".agents/skills/{name}",
    user_skills=".agents/skills/{name}",
    tools=ToolList(
        key="tools",
        rows=(
            ToolRow(gives=("read",), names=("read_file",)),
            ToolRow(gives=("write",), names=("write_file",)),
            ToolRow(gives=("edit",), names=("replace",)),
            ToolRow(gives=("glob",), names=("glob",)),
            ToolRow(gives=("grep",), names=("grep_search",)),
            ToolRow(gives=("list",), names=("list_directory",)),
            ToolRow(gives=("shell",), names=("run_shell_command",)),
            ToolRow(gives=("web-fetch",), names=("web_fetch",)),
            ToolRow(gives=("web-search",), names=("google_web_search",)),
            ToolRow(gives=("todo",), names=("write_todos",)),
            ToolRow(gives=("skill",), names=("activate_skill",)),
            ToolRow(gives=("ask",), names=("ask_user",)),
        ),
        mcp=McpNames(
            one="mcp_{server}_{tool}",
            every="mcp_{server}_*",
            unsafe=r"[^a-zA-Z0-9_.-]",
            no_wildcard="_",
            longest=63,
        ),
        unknown="rejects the file",
    ),
    # What its file declares gets an environment without secrets, so servers that need one belong into the settings.
    servers=ServerDeclaration(key="mcp_servers", shape=ServerShape(remote={"type": "http"}), only="include_tools"),
    settings=ServerSettings(
        file=".gemini/settings.json",
        key="mcpServers",
        shape=ServerShape(remote={"type": "http"}, reference="${name}"),
    ),
    models=Models(
        aliases={"strong": "pro", "balanced": "flash", "fast": "flash-lite"},
        accepts=r"gemini-[a-z0-9.-]+|pro|flash|flash-lite|auto",
    ),
    fields=(
        HostField(name="display_name"),
        HostField(name="temperature", kind="number", most=2),
        HostField(name="max_turns", kind="integer", limit="<="),
        # Longer overflows its timer and ends at once.
        HostField(name="timeout_mins", kind="integer", most=35_791, limit="<="),
    ),
    reserved=frozenset(["codebase_investigator", "cli_help", "generalist", "browser_agent"]),
    hazards=(
        # A shell reads both the same; elsewhere blanks are what changes least.
        TextHazard(pattern=r"\$\{([A-Z_][A-Z0-9_]*)\}", replacement=r"${\1:-}", why=_PARAMETER),
        TextHazard(pattern=r"\$\{([A-Za-z0-9_]+)\}", replacement=r"${ \1 }", why=_PARAMETER),
    ),
    client=Client(command="gemini"),
    trust=(
        "it reads the agents of a project only in a folder that you trust, and each only once you have agreed to it: "
        "start it there, and again after every update, since it asks for every changed file"
    ),
    switches=tuple(
        Switch(file=".gemini/settings.json", user_file=".gemini/settings.json", keys=keys, off=False)
        for keys in (("experimental", "enableAgents"), ("agents", "overrides", "{name}", "enabled"))
    ),
)
