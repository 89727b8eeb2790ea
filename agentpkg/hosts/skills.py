"""What hosts without agents of their own share: they read an agent as a skill.

A skill is a folder with a `SKILL.md`, as agentskills.io describes it. It has a name, a description of at most 1024
characters and a prompt, and nothing else of an agent: it runs in the session that loads it, with that session's tools
and model. So an agent that must not have every tool is refused.
"""

from agentpkg.hosts.base import Host, NoControl

SKILL = "agentskills.io: specification"

# Names, sources and marks differ from host to host, and some look elsewhere below the home folder.
SKILL_HOST = Host(
    name="",
    title="",
    checked="",
    sources=(SKILL,),
    marks=(),
    agents=".agents/skills/{name}/SKILL.md",
    user_agents=".agents/skills/{name}/SKILL.md",
    skills=".agents/skills/{name}",
    user_skills=".agents/skills/{name}",
    tools=NoControl(),
    models=None,
    native=False,
    longest_description=1024,
)
