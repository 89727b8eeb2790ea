"""The tools that are measured, one value each.

Each is given the same agents in the form that it wants, with the headers that it takes without complaint, and told to
write them for the same hosts, as far as it can. What it wrote is then looked at: no figure for a run that did nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import giving
from bench.texts import Agent
from bench.worlds import World

PLACE = Path(__file__).parent.parent / ".venv" / "bench"
HOSTS = ("claude", "copilot", "codex", "cursor", "opencode", "grok")
# What every tool here calls in the same way.
_MARKDOWN = {host: f".{host}/agents/NAME.md" for host in ("claude", "cursor", "opencode", "grok")}
_FILES = {**_MARKDOWN, "copilot": ".github/agents/NAME.agent.md", "codex": ".codex/agents/NAME.toml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool: where it comes from, how it calls hosts, where it writes, and the command line of each thing it can do.

    In a command line, `{hosts}` stands for its names of the hosts, and `{agent}` for the first agent's. `lay` gives it
    agents, `change` changes one of them, `withdraw` takes one away; `lock` is its lockfile.
    """

    name: str
    title: str
    version: str = ""
    source: str
    program: tuple[str, ...]
    hosts: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=lambda: _FILES)
    commands: Mapping[str, tuple[str, ...]]
    lay: Callable[[World, Sequence[Agent], Sequence[str]], None]
    change: Callable[[World, Agent], None]
    withdraw: Callable[[World, Agent], None] = field(default=lambda _world, _agent: None)
    lock: str = ""
    note: str = ""

    def argv(self, action: str, agents: Sequence[Agent], hosts: Sequence[str]) -> tuple[str, ...]:
        """Return the command line of an action."""
        named = ",".join(self.hosts[host] for host in hosts if host in self.hosts)
        filled = (word.format(hosts=named, agent=agents[0].name if agents else "") for word in self.commands[action])
        return (*self.program, *filled)

    def give(self, world: World, agents: Sequence[Agent], hosts: Sequence[str]) -> None:
        """Give it agents to install, for these hosts as far as it knows them."""
        self.lay(world, agents, [self.hosts[host] for host in hosts if host in self.hosts])

    def shown(self, action: str) -> str:
        """Return a command line as a page shows it."""
        return " ".join((self.name, *self.commands[action])).replace("{hosts}", "HOSTS").replace("{agent}", "NAME")

    def written(self, world: World, agents: Sequence[Agent], hosts: Sequence[str]) -> dict[Path, str]:
        """Return the files that must be there once it has installed, each with a line that must stand in it."""
        return {
            world.project / self.files[host].replace("NAME", agent.name): agent.marker
            for host in hosts
            if host in self.hosts
            for agent in agents
        }

    def why_undone(self, world: World, agents: Sequence[Agent], hosts: Sequence[str]) -> str | None:
        """Say which agent it has not written for which host, if there is one."""
        for path, marker in self.written(world, agents, hosts).items():
            if not path.is_file():
                return f"it wrote no {path.relative_to(world.project)}"
            if marker not in path.read_text(encoding="utf-8"):
                return f"{path.relative_to(world.project)} is not the agent that it was given"
        return None


AGENTPKG = Tool(
    name="agentpkg",
    title="agentpkg",
    source="ours",
    program=(str(PLACE / "agentpkg" / "bin" / "agentpkg"),),
    hosts={host: host for host in HOSTS},
    commands={
        "version": ("--version",),
        "help": ("--help",),
        "install": ("install", "--accept-grants"),
        "no-op": ("sync",),
        "check": ("sync", "--check"),
        "audit": ("audit",),
        "update": ("update",),
        "remove": ("remove", "{agent}"),
        "clone": ("sync", "--frozen"),
    },
    lay=giving.lay_agentpkg,
    change=giving.change_agentpkg,
    lock="agentpkg.lock",
    note="a git repository with a bundle for each agent, chosen by version",
)
APM = Tool(
    name="apm",
    title="apm-cli",
    version="0.35.0",
    source="pypi",
    program=(str(PLACE / "apm" / "bin" / "apm"),),
    hosts={
        "claude": "claude",
        "copilot": "copilot",
        "codex": "codex",
        "cursor": "cursor",
        "opencode": "opencode",
        "grok": "grok-build",
    },
    commands={
        "version": ("--version",),
        "help": ("--help",),
        "install": ("install",),
        "no-op": ("install", "--frozen"),
        "audit": ("audit",),
        "update": ("install",),
        "remove": ("install",),
        "clone": ("install", "--frozen"),
    },
    lay=giving.lay_apm,
    change=giving.change_apm,
    lock="apm.lock.yaml",
    withdraw=lambda world, agent: giving.apm_file(world, agent).unlink(),
    note="one local folder with all agents, without `tools`: for these it would print a warning for each agent",
)
_RULESYNC = ("generate", "--features", "subagents", "--targets", "{hosts}")
RULESYNC = Tool(
    name="rulesync",
    title="rulesync",
    version="17.0.0",
    source="npm:rulesync",
    program=(str(PLACE / "rulesync" / "node_modules" / ".bin" / "rulesync"),),
    hosts={
        "claude": "claudecode",
        "copilot": "copilot",
        "codex": "codexcli",
        "cursor": "cursor",
        "opencode": "opencode",
        "grok": "grokcli",
    },
    commands={
        "version": ("--version",),
        "help": ("--help",),
        "install": _RULESYNC,
        "no-op": _RULESYNC,
        "check": (*_RULESYNC, "--check"),
        "update": _RULESYNC,
        "remove": (*_RULESYNC, "--delete"),
    },
    lay=giving.lay_rulesync,
    change=giving.change_rulesync,
    withdraw=lambda world, agent: giving.rulesync_file(world, agent).unlink(),
    note="files in the project, with tools for Claude Code alone",
)
_RULER = ("apply", "--subagents", "--local-only", "--no-mcp", "--no-backup", "--no-gitignore", "--agents", "{hosts}")
RULER = Tool(
    name="ruler",
    title="ruler",
    version="0.3.44",
    source="npm:@intellectronica/ruler",
    program=(str(PLACE / "ruler" / "node_modules" / ".bin" / "ruler"),),
    hosts={"claude": "claude", "copilot": "copilot", "codex": "codex", "cursor": "cursor"},
    files={**_FILES, "copilot": ".github/agents/NAME.md"},
    commands={
        "version": ("--version",),
        "help": ("--help",),
        "install": _RULER,
        "no-op": _RULER,
        "update": _RULER,
        "remove": _RULER,
    },
    lay=giving.lay_ruler,
    change=giving.change_ruler,
    withdraw=lambda world, agent: giving.ruler_file(world, agent).unlink(),
    note="files in the project; agents for four of the six hosts",
)
RIVALS = (APM, RULESYNC, RULER)
TOOLS = (AGENTPKG, *RIVALS)
