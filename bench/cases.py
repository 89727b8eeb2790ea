"""What is run in turn, and by whom: a race, and what all races share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.measure import Command, Entrant, Pace, Record, Runner, race
from bench.tools import AGENTPKG, TOOLS
from bench.worlds import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """What came of those that ran in turn: what was done, for which numbers, and one record each."""

    group: str
    axes: Mapping[str, int]
    records: Mapping[str, Record]
    sizes: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name: the group and the numbers, `no-op/100/6`."""
        return "/".join((self.group, *map(str, self.axes.values())))


class UnableError(Exception):
    """What must work before anything can be measured does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where and how everything is measured."""

    runner: Runner
    scratch: Path
    pace: Pace

    @property
    def python(self) -> str:
        """The Python that runs agentpkg."""
        return str(Path(AGENTPKG.program[0]).with_name("python"))

    def world(self, name: str) -> World:
        """Return a new world."""
        world = World(folder=self.scratch / name)
        world.begin()
        return world

    def floor(self, world: World) -> Entrant:
        """Return what every race is held against: a Python that does nothing."""
        return Entrant(name="python", shown="python -c pass", command=world.command(self.python, "-c", "pass"))

    def must(self, command: Command) -> str:
        """Run a command that is not measured and must not fail; return its standard output."""
        outcome = self.runner.run(command, self.pace.limit * 5)
        if isinstance(outcome, str):
            raise UnableError(f"{' '.join(command.argv)}: {outcome}")
        return self.runner.said()

    def run(self, group: str, axes: Mapping[str, int], entrants: Sequence[Entrant], pace: Pace | None = None) -> Race:
        """Run these in turn."""
        return Race(group=group, axes=axes, records=race(entrants, self.runner, pace or self.pace))


def starts(bench: Bench) -> Iterator[Race]:
    """Start each tool, and have it tell its version and its help."""
    world = bench.world("start")
    for action in ("version", "help"):
        tools = [
            Entrant(name=tool.name, shown=tool.shown(action), command=world.command(*tool.argv(action, (), ())))
            for tool in TOOLS
        ]
        yield bench.run(action, {}, [bench.floor(world), *tools])
    world.drop()
