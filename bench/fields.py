"""Projects of so many agents on so many hosts, and what every tool that can does in them."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from bench.cases import Bench, Race
from bench.giving import next_edition, write
from bench.measure import Command, Entrant, Record
from bench.registries import agent_files
from bench.texts import Agent, make_agents
from bench.tools import AGENTPKG, HOSTS, TOOLS, Tool
from bench.worlds import GRAIN, World

MOST_FOR_A_SHELL = 100
_READ = """\
import hashlib, sys
for line in open(sys.argv[1]):
    digest, path = line.split()
    with open(path, "rb") as file:
        if hashlib.sha256(file.read()).hexdigest() != digest:
            sys.exit(path)
"""
_COPY = 'while read -r digest path; do cp "$1/$digest" "$path" && sha256sum "$path"; done < "$0"'
_COMPARE = 'while read -r digest path; do test "$(sha256sum < "$path")" = "$digest  -" || exit 1; done < "$0"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something done in a project: the tools' action, what is made ready before a run, and the agents after it."""

    group: str
    action: str
    ready: Callable[[Field, Tool], object] = field(default=lambda _place, _tool: None)
    after: Callable[[Sequence[Agent]], Sequence[Agent]] = field(default=lambda agents: agents)
    changes: bool = True
    only: tuple[str, ...] = ()


# What no rival has the like of.
OURS = {"status": ("status",), "list": ("list",), "lint": ("check", "{tree}")}


def fields(bench: Bench, agents: Sequence[int], hosts: Sequence[int], more: tuple[int, int]) -> Iterator[Race]:
    """Install so many agents for so many hosts, then do nothing; and all else for one pair of numbers."""
    for count in hosts:
        for number in agents:
            place = Field(bench, number, count)
            yield place.install()
            yield place.do_nothing()
            if (number, count) == more:
                yield place.do_own()
                yield from map(place.do, OTHERS)
            place.drop()


class Field:
    """One number of agents and one of hosts: a world for each tool, with the agents laid out."""

    def __init__(self, bench: Bench, agents: int, hosts: int) -> None:
        self._bench = bench
        self.agents: Sequence[Agent] = make_agents(agents)
        self._axes = {"agents": agents, "hosts": hosts}
        tools = TOOLS if hosts <= len(HOSTS) else (_with_hosts(bench, hosts),)
        self._hosts = HOSTS[:hosts] if hosts <= len(HOSTS) else tuple(tools[0].hosts)
        self._tools = {tool.name: tool for tool in tools}
        self.worlds = {tool.name: bench.world(tool.name) for tool in tools}
        self._left_out: dict[str, Record] = {}
        for tool in tools:
            tool.give(self.worlds[tool.name], self.agents, self._hosts)
            self.worlds[tool.name].keep("laid")
        ours = tools[0]
        self._bench.must(self._command(ours, "install"))
        self._listed = self._list_files(ours)

    def drop(self) -> None:
        """Take all worlds away."""
        for world in self.worlds.values():
            world.drop()

    def install(self) -> Race:
        """Install into nothing, with nothing in any cache. Who fails at that takes no part in what follows."""
        found = self.do(INSTALL, self._shell("a loop of cp and sha256sum", _COPY))
        time.sleep(GRAIN)
        for tool in list(self._tools.values()):
            why = found.records[tool.name].failed or self._settle(tool)
            if why:
                self._left_out[tool.name] = Record(shown=tool.shown("no-op"), failed=f"takes no part: {why}")
                del self._tools[tool.name]
            self.worlds[tool.name].keep("installed")
        return found

    def do_nothing(self) -> Race:
        """Bring a project up to date that is so already."""
        argv = (self._bench.python, "-c", _READ, str(self._listed))
        read = Entrant(name="read", shown="read and hash the same files", command=self._ours.command(*argv))
        all_read = self._ours.command(*self._tools[AGENTPKG.name].program, "sync", "--frozen")
        frozen = Entrant(name="frozen", shown="agentpkg sync --frozen", command=all_read)
        return self.do(NOTHING, [read, *self._shell("a loop of sha256sum", _COMPARE), frozen])

    def do_own(self) -> Race:
        """Run what only agentpkg has."""
        tree = self._ours.source / "tree"
        for agent in self.agents:
            for path, data in agent_files(agent, "1.0.0").items():
                write(tree / path, data.decode())
        program = self._tools[AGENTPKG.name].program
        entrants = [
            Entrant(
                name=name,
                shown=" ".join(("agentpkg", *words)).replace("{tree}", "FOLDER"),
                command=self._ours.command(*program, *(word.format(tree=tree) for word in words)),
            )
            for name, words in OURS.items()
        ]
        return self._bench.run("own", self._axes, [self._bench.floor(self._ours), *entrants])

    def do(self, deed: Deed, floors: Sequence[Entrant] = ()) -> Race:
        """Have every tool that can do it do it in turn."""
        able = [tool for tool in self._tools.values() if deed.action in tool.commands]
        entrants = [self._entrant(deed, tool) for tool in able if tool.name in (deed.only or self._tools)]
        found = self._bench.run(deed.group, self._axes, [self._bench.floor(self._ours), *floors, *entrants])
        return replace(found, records={**found.records, **self._left_out})

    def _entrant(self, deed: Deed, tool: Tool) -> Entrant:
        world = self.worlds[tool.name]
        before = "" if deed.changes else world.digest()
        agents = deed.after(self.agents)

        def why_wrong() -> str | None:
            if not deed.changes and world.digest() != before:
                return "it changed files, though there was nothing to do"
            gone = {*tool.written(world, self.agents, self._hosts)} - {*tool.written(world, agents, self._hosts)}
            left = sorted(path.name for path in gone if path.exists())
            return f"{left[0]} is still there" if left else tool.why_undone(world, agents, self._hosts)

        return Entrant(
            name=tool.name,
            shown=tool.shown(deed.action),
            command=self._command(tool, deed.action),
            ready=partial(deed.ready, self, tool),
            proof=why_wrong,
        )

    def _settle(self, tool: Tool) -> str:
        """Let a tool see once that there is nothing to do; return why it fails at that."""
        outcome = self._bench.runner.run(self._command(tool, "no-op"), self._bench.pace.limit)
        return outcome if isinstance(outcome, str) else ""

    @property
    def _ours(self) -> World:
        return self.worlds[AGENTPKG.name]

    def _command(self, tool: Tool, action: str) -> Command:
        return self.worlds[tool.name].command(*tool.argv(action, self.agents, self._hosts))

    def _list_files(self, tool: Tool) -> Path:
        """List the files that we wrote, each with its digest, and keep copies of them by that name."""
        copies = self._bench.scratch / "copies"
        shutil.rmtree(copies, ignore_errors=True)
        copies.mkdir()
        lines = []
        for path in sorted(tool.written(self._ours, self.agents, self._hosts)):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            shutil.copyfile(path, copies / digest)
            lines.append(f"{digest} {path}\n")
        listed = self._bench.scratch / "listed"
        listed.write_text("".join(lines), encoding="utf-8")
        return listed

    def _shell(self, shown: str, script: str) -> list[Entrant]:
        if len(self.agents) > MOST_FOR_A_SHELL:
            return []
        argv = ("/bin/sh", "-c", script, str(self._listed), str(self._bench.scratch / "copies"))
        return [Entrant(name="shell", shown=shown, command=self._ours.command(*argv))]


def _empty(place: Field, tool: Tool) -> None:
    place.worlds[tool.name].put_back("laid")


def _empty_but_cache(place: Field, tool: Tool) -> None:
    place.worlds[tool.name].put_back("laid", but=("cache", "state", "home"))


def _cloned(place: Field, tool: Tool) -> None:
    world = place.worlds[tool.name]
    world.put_back("laid")
    shutil.copy2(world.kept("installed") / "project" / tool.lock, world.project)


def _changed(place: Field, tool: Tool) -> None:
    place.worlds[tool.name].put_back("installed")
    tool.change(place.worlds[tool.name], next_edition(place.agents)[0])


def _withdrawn(place: Field, tool: Tool) -> None:
    place.worlds[tool.name].put_back("installed")
    tool.withdraw(place.worlds[tool.name], place.agents[0])


INSTALL = Deed(group="install", action="install", ready=_empty)
NOTHING = Deed(group="no-op", action="no-op", changes=False)
OTHERS = (
    Deed(group="check", action="check", changes=False),
    Deed(group="audit", action="audit", changes=False),
    Deed(group="warm", action="install", ready=_empty_but_cache, only=(AGENTPKG.name,)),
    Deed(group="clone", action="clone", ready=_cloned),
    Deed(group="update", action="update", ready=_changed, after=next_edition),
    Deed(group="remove", action="remove", ready=_withdrawn, after=lambda agents: agents[1:]),
)


def _with_hosts(bench: Bench, count: int) -> Tool:
    """Return agentpkg with so many hosts that have agents of their own."""
    world = bench.world("hosts")
    told = json.loads(bench.must(world.command(*AGENTPKG.program, "hosts", "--json")))["hosts"]
    world.drop()
    chosen = {host["name"]: host["agents"].partition("#")[0] for host in told if host["native"]}
    names = sorted(chosen, key=lambda name: HOSTS.index(name) if name in HOSTS else len(HOSTS))[:count]
    return replace(AGENTPKG, hosts={name: name for name in names}, files={name: chosen[name] for name in names})
