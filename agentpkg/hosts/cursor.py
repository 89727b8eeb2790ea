"""Cursor.

There is no tool list: an agent has its parent's tools. `readonly` takes file edits and commands that change state
away, and MCP servers with them, but leaves the web and commands that only look. Block scalars are shown literally.
"""

from agentpkg.hosts.base import AlsoRead, Host, HostField, Models, ReadonlySwitch, ServerSettings, ServerShape
from agentpkg.hosts.clients import Client

HOST = Host(
    name="cursor",
    title="Cursor",
    checked="2026-11-21, from its documentation (Cursor has no client that runs offline)",
    sources=("cursor.com/docs: subagents, skills",),
    marks=(".cursor", ".cursorrules"),
    agents=".cursor/agents/{name}.md",
    user_agents=".cursor/agents/{name}.md",
    skills=".agents/skills/{name}",
    user_skills=".cursor/skills/{name}",
    tools=ReadonlySwitch(
        key="readonly",
        leaves=("read", "glob", "grep", "list", "web-fetch", "web-search"),
        and_also="commands that change nothing",
    ),
    settings=ServerSettings(file=".cursor/mcp.json", key="mcpServers", shape=ServerShape(reference="${{env:{name}}}")),
    also_reads=(AlsoRead(agents=".claude/agents/{name}.md", restricts=False),),
    models=Models(accepts=r"[a-z][a-z0-9.-]+(\[[a-z0-9=,]+\])?"),
    fields=(HostField(name="is_background", kind="boolean"),),
    client=Client(command="cursor-agent"),
    user_wins=False,
)
