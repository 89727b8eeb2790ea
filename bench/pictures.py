"""Draws the pictures of the page, of the results alone and the same for the same: run by the Python with matplotlib."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.ticker import FuncFormatter, NullLocator

from bench import results
from bench.results import Results
from bench.tables import PARTS, work_of
from bench.words import time

FOLDER = Path(__file__).parent.parent / "docs" / "images"
_STYLE = {
    "svg.hashsalt": "agentpkg",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "figure.facecolor": "white",
    "legend.frameon": False,
}
_COLOURS = {
    "agentpkg": "#3f51b5", "frozen": "#7986cb", "apm": "#c62828", "rulesync": "#ef6c00", "ruler": "#2e7d32",
    "python": "#9e9e9e", "read": "#616161", "shell": "#bdbdbd",
}  # fmt: skip
_NAMES = {
    "apm": "apm-cli", "python": "bare Python", "read": "read and hash", "shell": "shell loop",
    "frozen": "agentpkg --frozen",
}  # fmt: skip
_BEHIND = ("python", "read", "shell")
Points = Mapping[str, Sequence[tuple[float, float]]]


def by_agents(found: Results, group: str, hosts: int) -> Points:
    """Return the seconds of each tool, by agents."""
    return _points(found, [(name, axes["agents"]) for name, axes in found.races(group) if axes["hosts"] == hosts])


def by_hosts(found: Results) -> Points:
    """Return the seconds of agentpkg, by hosts: with nothing to do, and for a cold install."""
    points: dict[str, Sequence[tuple[float, float]]] = {}
    for agents in (100, 1000):
        for group, name, title in (
            ("no-op", "agentpkg", "nothing to do"),
            ("no-op", "frozen", "sync --frozen"),
            ("install", "agentpkg", "cold install"),
        ):
            races = [(race, axes["hosts"]) for race, axes in found.races(group) if axes["agents"] == agents]
            points[f"{title}, {agents:,} agents"] = _points(found, races).get(name, [])
    return points


def by_bundles(found: Results) -> Points:
    """Return the seconds of each command, by bundles."""
    titles = {
        "first": "first fetch", "filtered-first": "first fetch without files", "again": "cache thrown away",
        "news": "one version to fetch",
        "info": "info, nothing to fetch", "install": "install of four",
        "first-search": "first search", "search": "search", "verify": "registry verify",
        "site": "registry site",
    }  # fmt: skip
    points = _points(found, [(name, axes["bundles"]) for name, axes in found.races("registry")])
    return {title: points[key] for key, title in titles.items() if key in points}


def by_commits(found: Results) -> Points:
    """Return the seconds of a first fetch, by commits, for as many bundles as there are most races of."""
    races = [(name, axes["commits"]) for name, axes in found.races("history") if axes["bundles"] == 100]
    points = _points(found, races)
    titles = {
        "first": "first fetch", "filtered-first": "without files", "again": "cache thrown away",
        "info": "nothing to fetch",
    }  # fmt: skip
    return {title: points[key] for key, title in titles.items() if key in points}


def _points(found: Results, races: Sequence[tuple[str, float]]) -> dict[str, list[tuple[float, float]]]:
    points: dict[str, list[tuple[float, float]]] = {}
    for name, number in sorted(races, key=lambda race: race[1]):
        for key, entry in found.entries(name).items():
            if not entry.failed:
                points.setdefault(key, []).append((number, entry.wall / 1000))
    return points


def draw_curves(figure: Any, points: Points, title: str, across: str) -> None:
    """Draw a curve for each name, both axes logarithmic, so that what is linear rises at the same angle."""
    axes = figure.add_subplot()
    for name, pairs in points.items():
        axes.plot(
            [pair[0] for pair in pairs],
            [pair[1] for pair in pairs],
            marker="o",
            markersize=4,
            label=_NAMES.get(name, name),
            color=_COLOURS.get(name),
            linestyle="--" if name in _BEHIND else "-",
            linewidth=2.4 if name == "agentpkg" else 1.4,
        )
    axes.set(xscale="log", yscale="log", xlabel=across, ylabel="seconds", title=title)
    axes.set_xticks(sorted({pair[0] for pairs in points.values() for pair in pairs}))
    axes.xaxis.set_minor_locator(NullLocator())
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.10g}"))
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))


def draw_parts(figure: Any, found: Results) -> None:
    """Draw a bar for each command, of the shares of what its time goes into."""
    axes = figure.add_subplot()
    races = [name for name in found.document["races"] if name.startswith("where-")]
    wholes = [found.entry(name, "whole") for name in races]
    shown = [f"{whole.shown}\n{time(whole.wall)}" for whole in wholes]
    begun = [0.0] * len(races)
    for key, title in [*PARTS.items(), ("work", "the work")]:
        spent = [work_of(found, name) if key == "work" else found.entry(name, key).wall for name in races]
        wide = [100 * one / whole.wall for one, whole in zip(spent, wholes, strict=True)]
        axes.barh(shown, wide, left=begun, label=title)
        begun = [left + one for left, one in zip(begun, wide, strict=True)]
    axes.invert_yaxis()
    axes.set(xlabel="percent", title="100 agents on six hosts")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))


PICTURES: Mapping[str, Callable[[Any, Results], None]] = {
    "no-op": lambda figure, found: draw_curves(
        figure, by_agents(found, "no-op", 6), "Nothing to do, six hosts", "agents"
    ),
    "install": lambda figure, found: draw_curves(
        figure, by_agents(found, "install", 6), "Cold install, six hosts", "agents"
    ),
    "hosts": lambda figure, found: draw_curves(figure, by_hosts(found), "agentpkg, by hosts", "hosts"),
    "registry": lambda figure, found: draw_curves(
        figure, by_bundles(found), "A registry of ten versions a bundle", "bundles"
    ),
    "history": lambda figure, found: draw_curves(
        figure, by_commits(found), "1,000 versions of 100 bundles", "commits that they came in"
    ),
    "where": draw_parts,
}


def main() -> None:
    """Draw all pictures."""
    mpl.use("svg")
    from matplotlib.figure import Figure

    found = results.read(Path(sys.argv[1]) if sys.argv[1:] else results.FILE)
    with mpl.rc_context(_STYLE):
        for name, draw in PICTURES.items():
            figure = Figure(figsize=(8, 4.2), layout="constrained")
            draw(figure, found)
            nobody = {"Date": None, "Creator": None}
            figure.savefig(FOLDER / f"performance-{name}.svg", format="svg", metadata=nobody)


if __name__ == "__main__":
    main()
