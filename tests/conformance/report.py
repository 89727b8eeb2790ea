"""The page that says what was tried with which client: `docs/conformance.md`, written when a run is asked to."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from tests.conformance.checks import CHECKS, known_of
from tests.conformance.pins import ROOT, Pin
from tests.conformance.trial import Trial

PAGE = ROOT / "docs" / "conformance.md"
_HEAD = """\
# Conformance

What real clients make of the files that agentpkg writes. `make conformance` installs the clients, gives each all
agents of the registry and a number of hard ones in one project, starts every agent with a stub for a model, and reads
what the client sends; none of them reaches beyond the loopback. This page is written by `make conformance REPORT=1`,
never by hand; a client that a run leaves out keeps its row.

- *accepted*: the client took the file and, where it can be made to, started the agent
- *description*: of so many agents the client has the description to the character
- *tools*: of so many agents the client's own request shows the tools, and none gives more than the agent's grants
- *model*: so many were started with the model that their file names
- *body*: so many prompts reached the model to the character
- *refused*: so many of the agents agentpkg does not write for the host unless the project allows it to widen their
  powers; they were tried with that allowed

| client | version | date | agents | accepted | description | tools | model | body | refused |
|---|---|---|---|---|---|---|---|---|---|
"""
_KNOWN = """
## What clients do differently

Known, and checked to be still so:

"""
_ROW = re.compile(r"^\| (?P<title>[^|]+?) \| \d.*\|$", re.MULTILINE)
_REMARK = re.compile(r"^- (?P<title>[^:\n]+), `.*$", re.MULTILINE)


def write_page(trials: Iterable[tuple[Pin, Trial]]) -> str:
    """Return the page: a row of today for every trial, and the rows of other clients as they stand."""
    there = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    rows = {match["title"]: match[0] for match in _ROW.finditer(there)}
    remarks: dict[str, list[str]] = {}
    for match in _REMARK.finditer(there):
        remarks.setdefault(match["title"], []).append(match[0])
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    for pin, trial in trials:
        cells = [pin.title, pin.version, today, *map(str, _numbers(trial))]
        rows[pin.title] = f"| {' | '.join(cells)} |"
        remarks[pin.title] = [f"- {pin.title}, `{one.agent}`: {one.why}" for one in sorted(known_of(trial))]
    lines = [line for _, listed in sorted(remarks.items()) for line in listed]
    table = "\n".join(row for _, row in sorted(rows.items())) + "\n"
    return _HEAD + table + (_KNOWN + "\n".join(lines) + "\n" if lines else "")


def summary(trials: Iterable[tuple[Pin, Trial]]) -> list[str]:
    """Return a line a client for the terminal."""
    names = ("agents", "accepted", "description", "tools", "model", "body", "refused")
    return [
        f"{pin.title} {pin.version}: "
        + ", ".join(f"{name} {number}" for name, number in zip(names, _numbers(trial), strict=True))
        + f", {trial.seconds:.1f} s"
        for pin, trial in trials
    ]


def _numbers(trial: Trial) -> list[int | str]:
    """Return how many agents there are, how many pass each check (`-`: cannot be seen), and how many are refused."""
    agents = len(trial.suite.entries)
    started = len(list(trial.started()))
    of = {"description": len(list(trial.taken())), "tools": started, "model": started, "body": started}
    numbers: list[int | str] = [agents, agents - _failing(trial, "accepted")]
    for aspect, whole in of.items():
        if aspect not in trial.client.sees:
            numbers.append("-")
        else:
            numbers.append(whole - _failing(trial, "powers" if aspect == "tools" else aspect))
    return [*numbers, sum(entry.refusal is not None for entry in trial.suite.entries.values())]


def _failing(trial: Trial, check: str) -> int:
    return len({one.agent for one in CHECKS[check](trial)})
