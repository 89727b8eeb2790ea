"""Where the time of a command goes: bare Python, and imports by whose they are; what is left is the work."""

from __future__ import annotations

import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from bench.cases import Bench, Race
from bench.measure import Record, Sample
from bench.texts import make_agents
from bench.tools import AGENTPKG, HOSTS
from bench.worlds import GRAIN, World

_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)")
COMMANDS = {
    "version": ("--version",),
    "sync": ("sync",),
    "frozen": ("sync", "--frozen"),
    "status": ("status",),
    "install": AGENTPKG.commands["install"],
}


def breakdown(bench: Bench, agents: int) -> Iterator[Race]:
    """Run commands in a project of so many agents on six hosts, with `-X importtime` and without."""
    world, given = bench.world("where"), make_agents(agents)
    AGENTPKG.give(world, given, HOSTS)
    world.keep("laid")
    bench.must(world.command(*AGENTPKG.argv("install", given, HOSTS)))
    time.sleep(GRAIN)
    bench.must(world.command(*AGENTPKG.argv("no-op", given, HOSTS)))
    for name, words in COMMANDS.items():
        yield _race(bench, world, name, words, {"agents": agents, "hosts": len(HOSTS)})
    world.drop()


def _race(bench: Bench, world: World, name: str, words: Sequence[str], axes: Mapping[str, int]) -> Race:
    command = world.command(*AGENTPKG.program, *words)
    bare = world.command(bench.python, "-c", "pass")
    shown = " ".join(("agentpkg", *words))
    taken: dict[str, list[float]] = defaultdict(list)
    for _ in range(bench.pace.rounds):
        _make_ready(world, name)
        floor, whole = bench.runner.run(bare, 60), bench.runner.run(command, 60)
        if not (isinstance(floor, Sample) and isinstance(whole, Sample)):
            break
        _make_ready(world, name)
        imports = _imports(bench, world, words)
        for part, spent in {"python": floor.wall, "whole": whole.wall, **imports}.items():
            taken[part].append(spent)
    records = {
        part: Record(
            shown=shown if part == "whole" else part,
            samples=[Sample(wall=round(one, 2), cpu=0, peak=0) for one in spent],
        )
        for part, spent in taken.items()
    }
    return Race(group=f"where-{name}", axes=axes, records=records)


def _make_ready(world: World, name: str) -> None:
    if name == "install":
        world.put_back("laid")


def _imports(bench: Bench, world: World, words: Sequence[str]) -> dict[str, float]:
    """Return what a command's imports take, but for those that every Python makes, by whose they are."""
    timed = ("-X", "importtime")
    bench.must(world.command(bench.python, *timed, "-c", "pass"))
    usual = {name for _, name in _LINE.findall(bench.runner.complained())}
    bench.must(world.command(bench.python, *timed, *AGENTPKG.program, *words))
    told = bench.runner.complained()
    found = dict.fromkeys(("click", "agentpkg", "standard", "others"), 0.0)
    for taken, module in _LINE.findall(told):
        if module not in usual:
            found[_owner(module.partition(".")[0])] += int(taken) / 1000
    return found


def _owner(module: str) -> str:
    if module in ("click", "agentpkg"):
        return module
    return "standard" if module in sys.stdlib_module_names else "others"
