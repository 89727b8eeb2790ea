"""Makes `docs/performance.md` of the results and of `page.md`, in which `{{ NAME ARGUMENTS }}` stands for a figure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import million, tables
from bench.results import Results
from bench.words import size, time

FILE = Path(__file__).parent.parent / "docs" / "performance.md"
TEMPLATE = Path(__file__).with_name("page.md")
_PLACE = re.compile(r"\{\{ ([^}]+) \}\}")


def _machine(results: Results) -> str:
    machine = results.document["machine"]
    told = f"{machine['cores']} cores, {machine['system']}, Python {machine['python']}, git {machine['git']}"
    return f"{told}, Node {machine['node']}"


def _took(results: Results, race: str, name: str) -> str:
    return time(results.entry(race, name).wall) if results.has(race, name) else "(no figure)"


def _commit(results: Results, bundles: str) -> str:
    cost = million.per_commit(results, int(bundles))
    return "too little to be told" if cost is None else f"{cost:.2f} ms"


def _commits(results: Results) -> str:
    cost = million.all_commits(results)
    return "(no figure)" if cost is None else time(cost)


def _python_took(results: Results) -> str:
    """Return from which time to which a bare Python took: on a machine with nothing else to do they are close."""
    races = [race for race in results.document["races"] if results.has(race, "python")]
    took = sorted(results.entry(race, "python").wall for race in races)
    return f"{time(took[0])} to {time(took[-1])}"


FIGURES: Mapping[str, Callable[..., str]] = {
    "by-size": tables.by_size,
    "commit": _commit,
    "date": lambda results: results.document["date"],
    "goals": tables.goals,
    "grid": tables.grid,
    "left-out": tables.left_out,
    "machine": _machine,
    "million": million.table_of,
    "million-time": lambda results, key: time(million.extended(million.times_of(results, key))),
    "million-size": lambda results, what: size(million.extended(million.sizes_of(results, what))),
    "million-commits": _commits,
    "minutes": lambda results: f"{sum(results.document['seconds'].values()) / 60:.0f} minutes",
    "ms": _took,
    "python-took": _python_took,
    "race": tables.race,
    "resolve": tables.resolve,
    "slower": tables.slower,
    "tools": tables.tools,
    "where": tables.where,
}


def make_page(results: Results, template: str | None = None) -> str:
    """Return the page."""

    def fill(found: re.Match[str]) -> str:
        name, *words = found[1].split()
        try:
            return FIGURES[name](results, *words)
        except (LookupError, StopIteration):
            return f"({found[1]}: not measured)" if name in FIGURES else found[0]

    return _PLACE.sub(fill, TEMPLATE.read_text(encoding="utf-8") if template is None else template)
