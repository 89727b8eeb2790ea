"""What was measured: as JSON with every sample, and as values that the page and the goals are made of."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.cases import Race
from bench.measure import Record
from bench.tools import TOOLS

FILE = Path(__file__).with_name("results.json")
_NUMBERS = re.compile(r"\[\s+(-?[\d.]+(?:,\s+-?[\d.]+)*)\s+\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one entrant of a race cost, in medians: milliseconds, of CPU, megabytes; or why there is no figure."""

    shown: str
    failed: str = ""
    runs: int = 0
    wall: float = 0
    least: float = 0
    lower: float = 0
    upper: float = 0
    cpu: float = 0
    peak: float = 0
    ratio: float = 0


class Results:
    """The figures of a run of the bench."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def has(self, race: str, name: str) -> bool:
        """Say whether there is a figure."""
        entry = self.document["races"].get(race, {}).get("entries", {}).get(name)
        return entry is not None and not entry["failed"]

    def entries(self, race: str) -> dict[str, Entry]:
        """Return all entries of a race."""
        told = self.document["races"][race]["entries"]
        return {
            name: Entry(shown=one["shown"], failed=one["failed"], **one.get("figures", {}))
            for name, one in told.items()
        }

    def entry(self, race: str, name: str) -> Entry:
        """Return one entry of a race."""
        return self.entries(race)[name]

    def races(self, group: str) -> Iterator[tuple[str, Mapping[str, int]]]:
        """Yield name and numbers of each race of a group."""
        for name, one in self.document["races"].items():
            if one["group"] == group:
                yield name, one["axes"]

    def size(self, race: str, what: str) -> float:
        """Return a size in bytes."""
        return float(self.document["races"][race]["sizes"][what])


def read(file: Path) -> Results:
    """Read what was kept in a file; raise OSError or ValueError where it holds no results."""
    document = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or document.get("format") != 1:
        raise ValueError("it holds no results of format 1")
    return Results(document)


def make_document(races: Sequence[Race], seconds: Mapping[str, float], command: str) -> dict[str, Any]:
    """Return all that was measured, with what the figures depend on. The machine's name is not in it."""
    return {
        "format": 1,
        "date": datetime.now(UTC).date().isoformat(),
        "command": command,
        "machine": _machine(),
        "seconds": {part: round(taken) for part, taken in seconds.items()},
        "tools": [
            {
                "name": tool.name,
                "title": tool.title,
                "version": tool.version or "of this tree",
                "hosts": sorted(tool.hosts),
                "note": tool.note,
            }
            for tool in TOOLS
        ],
        "races": {race.name: _race(race) for race in races},
    }


def as_text(document: Mapping[str, Any]) -> str:
    """Return the document as it is kept: a line for each list of numbers."""
    return _NUMBERS.sub(lambda found: f"[{' '.join(found[1].split())}]", json.dumps(document, indent=1)) + "\n"


def figures_of(samples: Mapping[str, Sequence[float]], floor: float) -> dict[str, float]:
    """Return what stands for samples: their medians, the fastest, the quartiles, and the ratio to a bare Python."""
    wall = list(samples["wall"])
    lower, _, upper = statistics.quantiles(wall, n=4, method="inclusive") if len(wall) > 1 else wall * 3
    found = {
        "runs": len(wall),
        "wall": statistics.median(wall),
        "least": min(wall),
        "lower": lower,
        "upper": upper,
        **{what: statistics.median(samples[what]) for what in ("cpu", "peak") if what in samples},
        **({"ratio": statistics.median(wall) / floor} if floor else {}),
    }
    return {name: round(value, 2) for name, value in found.items()}


def floor_of(race: Mapping[str, Any]) -> float:
    """Return the median of a bare Python in a race of a document; 0 where none ran."""
    bare = race["entries"].get("python", {"samples": {}})["samples"]
    return statistics.median(bare["wall"]) if bare else 0


def _race(race: Race) -> dict[str, Any]:
    entries = {name: _entry(record) for name, record in race.records.items()}
    floor = floor_of({"entries": entries})
    for entry in entries.values():
        if not entry["failed"]:
            entry["figures"] = figures_of(entry["samples"], floor)
    return {"group": race.group, "axes": dict(race.axes), "sizes": dict(race.sizes), "entries": entries}


def _entry(record: Record) -> dict[str, Any]:
    columns = {what: [getattr(sample, what) for sample in record.samples] for what in ("wall", "cpu", "peak")}
    kept = {what: values for what, values in columns.items() if what == "wall" or any(values)}
    return {"shown": record.shown, "failed": record.failed, "samples": {} if record.failed else kept}


def _machine() -> dict[str, object]:
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "git": _said("git", "--version").removeprefix("git version "),
        "node": _said("node", "--version").removeprefix("v"),
    }


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return "none"
