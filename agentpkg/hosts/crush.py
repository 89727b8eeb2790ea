"""Crush, which reads agents as skills.

It finds them under `.crush`, `.claude` and `.cursor` as well, so a skill there shows up twice. Its newest settings are
a shell script; the JSON file is still read.
"""

from agentpkg.hosts.base import ServerSettings, ServerShape
from agentpkg.hosts.clients import Client
from agentpkg.hosts.skills import SKILL, SKILL_HOST
from agentpkg.values import replace

HOST = replace(
    SKILL_HOST,
    name="crush",
    title="Crush",
    checked="2026-11-21, from its documentation and source (0.96.1)",
    sources=("charmbracelet/crush: README.md, docs/config", "its skills and mcp settings", SKILL),
    marks=(".crush", "crush.json", ".crush.json", "CRUSH.md"),
    user_agents=".config/agents/skills/{name}/SKILL.md",
    user_skills=".config/agents/skills/{name}",
    settings=ServerSettings(
        file="crush.json",
        key="mcp",
        shape=ServerShape(stdio={"type": "stdio"}, remote={"type": "http"}, reference="${name}"),
    ),
    client=Client(command="crush"),
)
