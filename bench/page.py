"""Makes `docs/performance.md` of the results and of `page.md`, in which `{{ NAME ARGUMENTS }}` stands for a figure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import million, tables
from bench.results import Results
from bench.words import size, time, times

FILE = Path(__file__).parent.parent / "docs" / "performance.md"
TEMPLATE = Path(__file__).with_name("page.md")
_PLACE = re.compile(r"\{\{ ([^}]+) \}\}")


def _machine(results: Results) -> str:
    machine = results.document["machine"]
    told = f"{machine['cores']} cores, {machine['system']}, Python {machine['python']}, git {machine['git']}"
    return f"{told}, Node {machine['node']}"


def _figure(results: Results, what: str, race: str, name: str) -> str:
    if not results.has(race, name):
        return "(no figure)"
    entry = results.entry(race, name)
    return times(entry.ratio) if what == "ratio" else f"{entry.peak:.0f} MB" if what == "peak" else time(entry.wall)


def _python_took(results: Results) -> str:
    """Return from which time to which a bare Python took: on a machine with nothing else to do they are close."""
    took = [results.entry(race, "python").wall for race in results.document["races"] if results.has(race, "python")]
    return f"{time(min(took))} to {time(max(took))}"


def _beside(results: Results, race: str, over: str, under: str, other_race: str = "") -> str:
    if not (results.has(race, over) and results.has(other_race or race, under)):
        return "(no figure)"
    return times(results.entry(race, over).wall / results.entry(other_race or race, under).wall)


FIGURES: Mapping[str, Callable[..., str]] = {
    "beside": _beside,
    "by-size": tables.by_size,
    "command": lambda results: results.document["command"],
    "date": lambda results: results.document["date"],
    "goals": tables.goals,
    "grid": tables.grid,
    "left-out": tables.left_out,
    "machine": _machine,
    "million": million.table_of,
    "million-time": lambda results, key: time(million.extended(million.times_of(results, key))),
    "million-size": lambda results, what: size(million.extended(million.sizes_of(results, what))),
    "commit": lambda results, bundles: f"{million.per_commit(results, int(bundles)):.2f} ms",
    "million-commits": lambda results: time(million.all_commits(results)),
    "minutes": lambda results: f"{sum(results.document['seconds'].values()) / 60:.0f} minutes",
    "ms": lambda results, race, name: _figure(results, "ms", race, name),
    "peak": lambda results, race, name: _figure(results, "peak", race, name),
    "python-took": _python_took,
    "race": tables.race,
    "ratio": lambda results, race, name: _figure(results, "ratio", race, name),
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
