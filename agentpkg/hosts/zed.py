"""Zed, whose own agent reads agents as skills; agents of other hosts that run inside it read their own folders.

Skills of a project load only in a trusted worktree.
"""

from agentpkg.hosts.base import ServerSettings, ServerShape
from agentpkg.hosts.clients import Client
from agentpkg.hosts.skills import SKILL, SKILL_HOST
from agentpkg.values import replace

HOST = replace(
    SKILL_HOST,
    name="zed",
    title="Zed",
    checked="2026-11-21, from its documentation",
    sources=("zed.dev/docs/ai: skills, mcp", SKILL),
    marks=(".zed",),
    settings=ServerSettings(file=".zed/settings.json", key="context_servers", shape=ServerShape()),
    client=Client(command="zed"),
    trust="it reads the skills of a project only in a worktree that you trust",
)
