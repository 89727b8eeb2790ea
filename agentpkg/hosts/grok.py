"""Grok Build.

The names of Claude Code's tools are understood. One name that is not, a scope behind a name, and an empty list: each
gives every tool. An agent without a tool is left the list of to-dos. `Edit` alone stops the agent when it starts, since
whoever edits must be able to read; `Skill` brings reading along. Sub-agents start others only where the user has raised
`GROK_SUBAGENTS_MAX_DEPTH`.

The tools of MCP servers cannot be named in the list: whatever it says, an agent reaches all that its session has. So
the session's servers are held back beside a list, and those of which the agent may use every tool are named again. A
model that it does not know is the session's.

It reads `.claude/agents`, too, its own file first. A list there counts, but not one that is empty or holds a name that
only Claude Code knows (`TaskCreate`), and the session's servers come with it.
"""

from agentpkg.hosts.base import (
    AlsoRead,
    Host,
    HostField,
    Models,
    ServerSettings,
    ServerShape,
    ToolList,
    ToolRow,
)
from agentpkg.hosts.claude import PLAN
from agentpkg.hosts.clients import Client, Question

HOST = Host(
    name="grok",
    title="Grok Build",
    checked="2026-11-21, Grok 1.0.41",
    sources=(
        "the client's own inspect --json and sub-agent requests",
        "xai-org/grok-build: subagents and configuration",
    ),
    marks=(".grok",),
    agents=".grok/agents/{name}.md",
    user_agents=".grok/agents/{name}.md",
    skills=".agents/skills/{name}",
    user_skills=".agents/skills/{name}",
    tools=ToolList(
        key="tools",
        rows=(
            ToolRow(gives=("read",), names=("Read",)),
            ToolRow(gives=("write",), names=("Write",)),
            ToolRow(gives=("edit", "notebook-edit"), names=("Read", "Edit")),
            ToolRow(gives=("glob", "list"), names=("Glob",)),
            ToolRow(gives=("grep",), names=("Grep",)),
            ToolRow(gives=("shell",), names=("Bash",)),
            ToolRow(gives=("web-fetch",), names=("WebFetch",)),
            ToolRow(gives=("web-search",), names=("WebSearch",)),
            ToolRow(gives=("delegate",), names=("Agent",)),
            ToolRow(gives=("todo",), names=("TodoWrite",)),
            ToolRow(gives=("skill", "read"), names=("Skill",)),
            ToolRow(gives=("ask",), names=("AskUserQuestion",)),
        ),
        empty=("TodoWrite",),
        servers="mcpServers",
        beside={"mcpInheritance": "none"},
        unknown="gives every tool",
    ),
    models=Models(accepts=r"grok-[a-z0-9.-]+"),
    fields=(
        HostField(name="color", choices=("red", "blue", "green", "yellow", "purple", "orange", "pink", "cyan")),
        HostField(name="effort", choices=("low", "medium", "high", "xhigh", "max")),
        HostField(name="maxTurns", kind="integer", limit="<="),
        HostField(name="background", kind="boolean"),
        HostField(name="isolation", choices=("none", "worktree"), limit="=", harmless=("none",)),
        HostField(name="promptMode", choices=("extend", "full")),
        HostField(
            name="permissionMode",
            choices=("default", "acceptEdits", "auto", "dontAsk", "bypassPermissions", "plan"),
            power=True,
            harmless=("default", "plan"),
        ),
    ),
    # In the spelling of others too: the client passes that over, and whoever wrote it meant it.
    meant={"permissionMode=plan": PLAN, "permission_mode=plan": PLAN},
    reserved=frozenset(["general-purpose", "explore", "plan"]),
    settings=ServerSettings(
        file=".grok/config.toml", key="mcp_servers", shape=ServerShape(reference="${{{name}}}"), form="toml"
    ),
    also_reads=(AlsoRead(agents=".claude/agents/{name}.md", restricts=False),),
    client=Client(
        command="grok",
        question=Question(
            arguments=("inspect", "--json"),
            environment={"GROK_DISABLE_AUTOUPDATER": "1", "GROK_TELEMETRY_ENABLED": "0"},
            answer=("agents", "*", "name"),
        ),
    ),
)
