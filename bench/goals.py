"""What must come out: the goals of the whole run, and the wider bounds at which `make bench-quick` fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.results import Results


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A ratio of two figures of one run, (race, entrant) each, that is to be so much at most, or at least.

    Of one race they are medians. Of two they are multiples of the bare Python of each, since the machine may have had
    more to do in the one than in the other: milliseconds do not carry over, not even so far.
    `quick` names the race of the quick run that stands for both races there, and `bound` is what it must keep to.
    """

    title: str
    over: tuple[str, str]
    under: tuple[str, str]
    most: float | None = None
    least: float | None = None
    quick: str | None = None
    bound: float = 0

    def found(self, results: Results) -> float | None:
        """Return the ratio of the whole run; None where one of the two has no figure."""
        return _ratio(results, self.over, self.under)

    def found_quickly(self, results: Results) -> float | None:
        """Return the ratio of the quick run."""
        return _ratio(results, (self.quick or "", self.over[1]), (self.quick or "", self.under[1]))

    def is_met(self, found: float | None) -> bool:
        """Say whether a ratio is what was wished for."""
        return _keeps(found, self.most, self.least)

    def is_kept(self, found: float | None) -> bool:
        """Say whether a ratio of the quick run keeps to the bound."""
        return _keeps(found, self.bound if self.most else None, self.bound if self.least else None)

    @property
    def words(self) -> str:
        """The goal in words."""
        return f"at most {self.most:g} x" if self.most else f"at least {self.least:g} x"


_NOTHING, _MANY, _COLD = "no-op/100/6", "no-op/1000/6", "install/100/6"
_QUICK, _QUICK_COLD = "no-op/20/6", "install/20/6"
GOALS = (
    Goal(
        title="`--version`: agentpkg to a bare Python",
        over=("version", "agentpkg"), under=("version", "python"), most=5, quick="version", bound=8,
    ),
    Goal(
        title="`--help`: agentpkg to a bare Python",
        over=("help", "agentpkg"), under=("help", "python"), most=5, quick="help", bound=9,
    ),
    Goal(
        title="nothing to do, 100 agents on 6 hosts: agentpkg to a bare Python",
        over=(_NOTHING, "agentpkg"), under=(_NOTHING, "python"), most=3, quick=_QUICK, bound=6,
    ),
    Goal(
        title="the same: apm-cli to agentpkg",
        over=(_NOTHING, "apm"), under=(_NOTHING, "agentpkg"), least=20, quick=_QUICK, bound=3,
    ),
    Goal(
        title="the same: rulesync to agentpkg",
        over=(_NOTHING, "rulesync"), under=(_NOTHING, "agentpkg"), least=8, quick=_QUICK, bound=3,
    ),
    Goal(
        title="the same: ruler, on 4 hosts, to agentpkg",
        over=(_NOTHING, "ruler"), under=(_NOTHING, "agentpkg"), least=3, quick=_QUICK, bound=1.5,
    ),
    Goal(
        title="nothing to do, 1,000 agents on 6 hosts: agentpkg to reading and hashing the same files",
        over=(_MANY, "agentpkg"), under=(_MANY, "read"), most=3, quick=_QUICK, bound=4,
    ),
    Goal(
        title="the same: `sync --frozen`, which reads every file, to reading and hashing",
        over=(_MANY, "frozen"), under=(_MANY, "read"), most=3, quick=_QUICK, bound=10,
    ),
    Goal(
        title="cold install of 100 agents on 6 hosts: apm-cli to agentpkg",
        over=(_COLD, "apm"), under=(_COLD, "agentpkg"), least=5, quick=_QUICK_COLD, bound=1.2,
    ),
    Goal(
        title="the same: rulesync to agentpkg",
        over=(_COLD, "rulesync"), under=(_COLD, "agentpkg"), least=2.5, quick=_QUICK_COLD, bound=1.2,
    ),
    Goal(
        title="ten times the agents (1,000 to 100, 6 hosts): nothing to do",
        over=(_MANY, "agentpkg"), under=(_NOTHING, "agentpkg"), most=10,
    ),
    Goal(
        title="ten times the agents: cold install",
        over=("install/1000/6", "agentpkg"), under=(_COLD, "agentpkg"), most=10,
    ),
    Goal(
        title="ten times the bundles in the registry (10,000 to 1,000): `install` of four",
        over=("registry/10000", "install"), under=("registry/1000", "install"), most=2,
    ),
    Goal(
        title="ten times the bundles: first fetch",
        over=("registry/10000", "first"), under=("registry/1000", "first"), most=10,
    ),
    Goal(
        title="ten times the bundles: `search`",
        over=("registry/10000", "search"), under=("registry/1000", "search"), most=10,
    ),
    Goal(
        title="ten times the bundles: `registry verify`",
        over=("registry/10000", "verify"), under=("registry/1000", "verify"), most=10,
    ),
)  # fmt: skip


def judged(results: Results) -> Iterator[tuple[Goal, float | None, bool]]:
    """Yield each goal with what a whole run found, and whether it is met."""
    for goal in GOALS:
        found = goal.found(results)
        yield goal, found, goal.is_met(found)


def broken(results: Results) -> list[str]:
    """Return the bounds that a quick run does not keep to, in words."""
    found = []
    for goal in GOALS:
        ratio = goal.found_quickly(results)
        if goal.quick and not goal.is_kept(ratio):
            bound = f"{'at most' if goal.most else 'at least'} {goal.bound:g} x"
            told = "there is no figure" if ratio is None else f"{ratio:.1f} x"
            found.append(f"{goal.title}: {told}, must be {bound} ({goal.quick})")
    return found


def _ratio(results: Results, over: tuple[str, str], under: tuple[str, str]) -> float | None:
    if not (results.has(*over) and results.has(*under)):
        return None
    ratio = results.entry(*over).wall / results.entry(*under).wall
    if over[0] == under[0]:
        return ratio
    floors = [(race, "python") for race, _ in (over, under)]
    if not all(results.has(*floor) for floor in floors):
        return None
    return ratio * results.entry(*floors[1]).wall / results.entry(*floors[0]).wall


def _keeps(found: float | None, most: float | None, least: float | None) -> bool:
    if found is None:
        return False
    return (most is None or found <= most) and (least is None or found >= least)
