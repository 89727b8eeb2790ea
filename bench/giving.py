"""How each tool is given its agents: where, in which form, with which headers. `hosts` are the tool's own names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from bench.registries import agent_files, make_repository, push
from bench.texts import Agent, make_agent
from bench.worlds import World

_CLAUDE_TOOLS = {
    "read": "Read",
    "write": "Write",
    "edit": "Edit",
    "grep": "Grep",
    "glob": "Glob",
    "shell": "Bash",
    "web-fetch": "WebFetch",
}


def next_edition(agents: Sequence[Agent]) -> tuple[Agent, ...]:
    """Return the agents with the first one changed."""
    return (make_agent(agents[0].name, 0, 2), *agents[1:])


def write(path: Path, text: str) -> None:
    """Write a file, and the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


# agentpkg: a git repository with a bundle for each agent


def lay_agentpkg(world: World, agents: Sequence[Agent], hosts: Sequence[str]) -> None:
    """Make a registry of bundles of one agent each, and a manifest that asks for all."""
    repository = world.source / "registry.git"
    commits = (
        {path: data for agent in agents[start : start + 200] for path, data in agent_files(agent, "1.0.0").items()}
        for start in range(0, len(agents), 200)
    )
    make_repository(repository, commits)
    wanted = "".join(f'{agent.name} = "~=1.0"\n' for agent in agents)
    registry = f'[registries.default]\nurl = "{repository}"\n'
    write(
        world.project / "agentpkg.toml",
        f"[project]\nhosts = {json.dumps(list(hosts))}\n\n{registry}\n[bundles]\n{wanted}",
    )


def change_agentpkg(world: World, agent: Agent) -> None:
    """Publish the next version of an agent's bundle."""
    push(world.source / "registry.git", agent_files(agent, "1.0.1"), 1)


# apm: a folder beside the project


def _apm_text(agent: Agent) -> str:
    return f'---\nname: {agent.name}\ndescription: "{agent.description}"\n---\n\n{agent.body}'


def apm_file(world: World, agent: Agent) -> Path:
    """Return where an agent lies."""
    return world.source / ".apm" / "agents" / f"{agent.name}.agent.md"


def lay_apm(world: World, agents: Sequence[Agent], hosts: Sequence[str]) -> None:
    """Make a folder of agents, and a project that asks for it."""
    about = 'version: 1.0.0\ndescription: "Generated."\nauthor: bench\n'
    write(world.source / "apm.yml", f"name: agents\n{about}")
    targets = ", ".join(hosts)
    write(
        world.project / "apm.yml",
        f"name: project\n{about}targets: [{targets}]\ndependencies:\n  apm:\n    - ../source\n",
    )
    for agent in agents:
        change_apm(world, agent)
    # It asks once a day for a newer apm: here it has just done so.
    write(world.folder / "home" / ".cache" / "apm" / "last_version_check", "")


def change_apm(world: World, agent: Agent) -> None:
    """Write an agent as it is now."""
    write(apm_file(world, agent), _apm_text(agent))


# rulesync and ruler: folders in the project


def rulesync_file(world: World, agent: Agent) -> Path:
    """Return where an agent lies."""
    return world.project / ".rulesync" / "subagents" / f"{agent.name}.md"


def lay_rulesync(world: World, agents: Sequence[Agent], _hosts: Sequence[str]) -> None:
    """Put agents into the project."""
    for agent in agents:
        change_rulesync(world, agent)


def change_rulesync(world: World, agent: Agent) -> None:
    """Write an agent as it is now."""
    header = f'name: {agent.name}\ntargets: ["*"]\ndescription: "{agent.description}"\n'
    tools = f"claudecode:\n  tools: [{', '.join(_CLAUDE_TOOLS[tool] for tool in agent.tools)}]\n"
    write(rulesync_file(world, agent), f"---\n{header}{tools}---\n\n{agent.body}")


def ruler_file(world: World, agent: Agent) -> Path:
    """Return where an agent lies."""
    return world.project / ".ruler" / "agents" / f"{agent.name}.md"


def lay_ruler(world: World, agents: Sequence[Agent], _hosts: Sequence[str]) -> None:
    """Put agents into the project, and the one file of rules without which it does nothing."""
    write(world.project / ".ruler" / "AGENTS.md", "# Rules\n\nSay what you changed.\n")
    for agent in agents:
        change_ruler(world, agent)


def change_ruler(world: World, agent: Agent) -> None:
    """Write an agent as it is now."""
    tools = ", ".join(_CLAUDE_TOOLS[tool] for tool in agent.tools)
    header = f'name: {agent.name}\ndescription: "{agent.description}"\ntools: [{tools}]\n'
    write(ruler_file(world, agent), f"---\n{header}---\n\n{agent.body}")
