"""Goose.

Of an agent's header only name, description and model are read: an agent has every extension of its session, and one
that must not is refused. A file without a name is skipped without a message. The name decides, not the file's; of two
files with one name the first folder wins, Goose's own before those of other hosts. A model is sent to the provider of
the session as it stands. Prompts run through no template.
"""

from agentpkg.hosts.base import AlsoRead, Host, Models, NoControl
from agentpkg.hosts.clients import Client

HOST = Host(
    name="goose",
    title="Goose",
    checked="2026-11-21, from its source",
    sources=("aaif-goose/goose: crates/goose/src/agents/platform_extensions/summon.rs",),
    marks=(".goose", ".goosehints"),
    agents=".goose/agents/{name}.md",
    user_agents=".goose/agents/{name}.md",
    skills=".agents/skills/{name}",
    user_skills=".agents/skills/{name}",
    tools=NoControl(),
    # A bare alias of another host would reach the provider as it stands; ids have a number or a provider's name.
    models=Models(accepts=r"(?=.*[\d/])[a-z][a-z0-9./:_-]*"),
    also_reads=(AlsoRead(agents=".claude/agents/{name}.md", restricts=False),),
    client=Client(command="goose"),
    user_wins=False,
)
