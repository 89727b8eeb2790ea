"""Warp, whose agent reads agents as skills; agents in its cloud are another thing.

MCP servers of a project are found, and started by hand.
"""

from agentpkg.hosts.base import ServerSettings, ServerShape
from agentpkg.hosts.skills import SKILL, SKILL_HOST
from agentpkg.values import replace

HOST = replace(
    SKILL_HOST,
    name="warp",
    title="Warp",
    checked="2026-11-21, from its documentation",
    sources=("docs.warp.dev/agent-platform: skills, MCP", SKILL),
    marks=(".warp", "WARP.md"),
    settings=ServerSettings(file=".warp/.mcp.json", key="mcpServers", shape=ServerShape()),
)
