"""Runs commands, those of one race in turn, and keeps every sample."""

from __future__ import annotations

import marshal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

_LAUNCHER = Path(__file__).with_name("launch.py")
_UNITS = 1e6 if sys.platform == "darwin" else 1e6 / 1024  # of a peak in a megabyte: bytes there, kilobytes elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command line: what is run, where, and in which environment; the program by its whole path."""

    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one run cost: milliseconds by the clock, milliseconds of CPU, megabytes at the peak."""

    wall: float
    cpu: float
    peak: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """One of those that run in turn: its command, what is made ready before a run, and what proves that it worked."""

    name: str
    shown: str
    command: Command
    ready: Callable[[], object] = field(default=lambda: None)
    proof: Callable[[], str | None] = field(default=lambda: None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often: `rounds` times; fewer, but no less than `least`, once an entrant has run for so many seconds."""

    rounds: int = 15
    least: int = 3
    seconds: float = 6
    limit: float = 60


@dataclass(slots=True, kw_only=True)
class Record:
    """What came of an entrant: its samples, or why there are none."""

    shown: str
    samples: list[Sample] = field(default_factory=list)
    failed: str = ""

    def is_done(self, pace: Pace) -> bool:
        """Say whether it need not run again."""
        taken = sum(sample.wall for sample in self.samples) / 1000
        enough = len(self.samples) >= pace.least and taken >= pace.seconds
        return bool(self.failed) or enough or bool(self.samples and taken >= 4 * pace.seconds)


class Runner:
    """Runs commands by way of a bare process, so that this one's memory is not taken for theirs."""

    def __init__(self, scratch: Path) -> None:
        self._output = str(scratch / "said")
        self._launcher = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_LAUNCHER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error:
            self._launcher.terminate()
        self._launcher.communicate()

    def run(self, command: Command, limit: float) -> Sample | str:
        """Run a command once; return what it cost, or how it failed."""
        order = (list(command.argv), str(command.folder), dict(command.environment), self._output, float(limit))
        assert self._launcher.stdin
        assert self._launcher.stdout
        marshal.dump(order, self._launcher.stdin)
        self._launcher.stdin.flush()
        try:
            code, wall, cpu, peak, killed = marshal.load(self._launcher.stdout)
        except EOFError:
            raise KeyboardInterrupt from None
        if killed:
            return f"one run takes longer than {limit:.0f} s"
        if code:
            return f"exit {code}: {(self.said() + self.complained())[-600:].strip()}"
        return Sample(wall=round(wall * 1000, 2), cpu=round(cpu * 1000, 2), peak=round(peak / _UNITS, 1))

    def said(self) -> str:
        """Return what the last command printed on standard output, which is its answer."""
        return Path(self._output + ".out").read_text(errors="replace")

    def complained(self) -> str:
        """Return what the last command printed on standard error, where Python tells of imports too."""
        return Path(self._output + ".err").read_text(errors="replace")


def race(entrants: Sequence[Entrant], runner: Runner, pace: Pace) -> dict[str, Record]:
    """Run all in turn, each beginning a round as often as the others; one that fails is out, and says why."""
    records = {entrant.name: Record(shown=entrant.shown) for entrant in entrants}
    for number in range(pace.rounds):
        shift = number % len(entrants)
        for entrant in (*entrants[shift:], *entrants[:shift]):
            if not records[entrant.name].is_done(pace):
                _run_once(entrant, records[entrant.name], runner, pace)
    for entrant in entrants:
        record = records[entrant.name]
        record.failed = record.failed or entrant.proof() or ""
    return records


def _run_once(entrant: Entrant, record: Record, runner: Runner, pace: Pace) -> None:
    entrant.ready()
    outcome = runner.run(entrant.command, pace.limit)
    if isinstance(outcome, str):
        record.failed = outcome
        return
    if not record.samples:
        record.failed = entrant.proof() or ""
    record.samples.append(outcome)
