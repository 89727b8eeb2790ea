"""What a million versions would cost: computed from the two largest registries of which there is a figure."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from bench.results import Results
from bench.words import size, table, time

_VERSIONS = 10
_MEASURED = 1000  # bundles, with a commit a version
BUNDLES = 1_000_000 // _VERSIONS
_COMMANDS = {
    "first": "first fetch",
    "filtered-first": "first fetch without files (`filter = true`)",
    "again": "fetch after the cache was thrown away",
    "news": "a later fetch, one version new",
    "info": "`info`, nothing new",
    "install": "`install` of four bundles",
    "first-search": "`search`, the first time",
    "search": "`search`, the next time",
    "verify": "`registry verify`",
}
SIZES = {"repository": "the repository", "mirror": "mirror", "filtered": "mirror without files", "ledger": "ledger"}


Point = tuple[int, float]


def times_of(results: Results, key: str) -> tuple[Point, Point]:
    """Return bundles and milliseconds of the two largest registries of which a command has a figure."""
    points = [
        (axes["bundles"], results.entry(name, key).wall)
        for name, axes in results.races("registry")
        if results.has(name, key)
    ]
    return points[-2], points[-1]


def sizes_of(results: Results, what: str) -> tuple[Point, Point]:
    """Return bundles and bytes of the two largest registries."""
    points = [(axes["bundles"], results.size(name, what)) for name, axes in results.races("registry")]
    return points[-2], points[-1]


def slope(points: tuple[Point, Point]) -> float:
    """Return what each further bundle costs."""
    (few, small), (many, large) = points
    return max(0.0, (large - small) / (many - few))


def extended(points: tuple[Point, Point]) -> float:
    """Return what a million versions would cost, if it went on like between the two."""
    many, large = points[1]
    return large + slope(points) * (BUNDLES - many)


def per_commit(results: Results, bundles: int) -> float | None:
    """Return the milliseconds by which one more commit makes a fetch of the whole history longer.

    They are the slope of the line that lies closest to all that was measured. There are none where it rises, from the
    fewest commits to the most, by no more than figures spread: off the line, or from one quartile to the other.
    """
    found = [
        (axes["commits"], results.entry(name, "again"))
        for name, axes in [*results.races("history"), *_as_history(results)]
        if axes["bundles"] == bundles and results.has(name, "again")
    ]
    commits = [number for number, _ in found]
    if len(set(commits)) < 2:
        raise LookupError(f"a line needs two numbers of commits, for {bundles} bundles there are {commits}")
    each, base = statistics.linear_regression(commits, [entry.wall for _, entry in found])
    spread = max(max(abs(entry.wall - base - each * number), entry.upper - entry.lower) for number, entry in found)
    return each if each * (max(commits) - min(commits)) > spread else None


def all_commits(results: Results) -> float | None:
    """Return the milliseconds of a fetch of a million commits: as many bundles make each that much larger."""
    each = per_commit(results, _MEASURED)
    return None if each is None else each * (BUNDLES / _MEASURED) * 1_000_000


def table_of(results: Results) -> str:
    """Tell for each command what was measured, what one more bundle costs, and what a million versions would."""
    rows = []
    for key, title in _COMMANDS.items():
        points = times_of(results, key)
        rows.append((title, _where(points, time), f"{slope(points):.3f} ms", time(extended(points))))
    for what, title in SIZES.items():
        points = sizes_of(results, what)
        rows.append((title, _where(points, size), size(slope(points)), size(extended(points))))
    return table(("", "measured", "each further bundle", f"{BUNDLES:,} bundles, computed"), rows)


def _where(points: tuple[Point, Point], say: Callable[[float], str]) -> str:
    bundles, value = points[1]
    return f"{say(value)} with {bundles:,} bundles"


def _as_history(results: Results) -> list[tuple[str, dict[str, int]]]:
    """Return the registries as histories: they have 200 versions in a commit."""
    return [
        (name, {"commits": axes["bundles"] * _VERSIONS // 200, "bundles": axes["bundles"]})
        for name, axes in results.races("registry")
    ]
