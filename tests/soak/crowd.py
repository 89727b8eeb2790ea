"""A crowd: many real processes at once, each a command line of agentpkg, some of them killed on their way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[2]
PATIENCE = 240  # seconds, after which a process that should have ended hangs


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One command line in a project. It is killed after so many seconds, or at its n-th call that changes the disk.

    `whole`: with its children, as where the machine goes down; without, a git that it started goes on alone. One that
    is `unlocked` takes no locks.
    """

    words: tuple[str, ...]
    project: Path
    seconds: float | None = None
    call: int | None = None
    whole: bool = False
    unlocked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of a job."""

    job: Job
    code: int
    output: str

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


def start(job: Job, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start the process of a job."""
    kill = [] if job.call is None else ["--kill", str(job.call)]
    unlocked = ["--unlocked"] if job.unlocked else []
    program = ["tests.soak.stops", *kill, *unlocked] if kill or unlocked else ["agentpkg"]
    return subprocess.Popen(
        [sys.executable, "-m", *program, *job.words],
        cwd=job.project,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(job: Job, environment: Mapping[str, str] | None = None) -> Done:
    """Run a job to its end, natural or not."""
    with start(job, environment) as process:
        try:
            output, _ = process.communicate(timeout=job.seconds or PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL) if job.whole else process.kill()
            output, _ = process.communicate()
            assert job.seconds, f"{job} hangs:\n{output}"
    return Done(job=job, code=process.returncode, output=output)


def run_crowd(queues: Iterable[Sequence[Job]], environment: Mapping[str, str] | None = None) -> list[Done]:
    """Run the queues side by side, and the jobs of each one after the other."""
    queues = list(queues)
    with ThreadPoolExecutor(len(queues)) as threads:
        done = threads.map(lambda queue: [finish(job, environment) for job in queue], queues)
        return [one for queue in done for one in queue]


def some_killed(random: Random, job: Job) -> Job:
    """Return the job, or in half of all cases one that is killed: at some moment, or in the middle of writing."""
    match random.randrange(8):
        case 0 | 1:
            return replace(job, seconds=random.uniform(0.05, 1.5), whole=random.choice((True, False)))
        case 2 | 3:
            return replace(job, call=random.randint(1, 60))
    return job


def refusals(done: Iterable[Done], codes: Mapping[str, Iterable[int]]) -> list[str]:
    """Return those jobs that ended in no way that their command (the first word that `codes` knows) may."""
    return [
        f"agentpkg {' '.join(one.job.words)} exited {one.code}\n{one.output}"
        for one in done
        if not one.killed and one.code not in next(codes[word] for word in _names(one.job.words) if word in codes)
    ]


def _names(words: Sequence[str]) -> Iterable[str]:
    return (" ".join(words[:2]), words[0])
