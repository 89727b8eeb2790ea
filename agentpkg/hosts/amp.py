"""Amp, which takes agents as programs, not as files of text, and reads these as skills.

MCP servers of a project need the user's approval.
"""

from agentpkg.hosts.base import ServerSettings, ServerShape
from agentpkg.hosts.clients import Client
from agentpkg.hosts.skills import SKILL, SKILL_HOST
from agentpkg.values import replace

HOST = replace(
    SKILL_HOST,
    name="amp",
    title="Amp",
    checked="2026-11-21, from its documentation",
    sources=("ampcode.com/manual: skills, MCP", SKILL),
    marks=(".amp",),
    user_agents=".config/agents/skills/{name}/SKILL.md",
    user_skills=".config/agents/skills/{name}",
    settings=ServerSettings(
        file=".amp/settings.json", key="amp.mcpServers", shape=ServerShape(reference="${{{name}}}")
    ),
    client=Client(command="amp"),
)
