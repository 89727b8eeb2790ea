"""What a start and a sync with nothing to do cost, in ratios to a bare Python in the same run.

    python bench/noop.py [AGENTS]

Installs AGENTS (100) generated agents for six hosts into a scratch project, then runs each command in turn, many
times, and prints medians. Ratios are what counts: they carry over from machine to machine, milliseconds do not.
"""

from __future__ import annotations

import compileall
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import agentpkg

HOSTS = ("claude", "copilot", "codex", "opencode", "gemini", "cursor")
ROUNDS = 15
PARAGRAPH = "Look at the code before you change it, say what you found, and make the smallest change that works.\n\n"


def make_registry(folder: Path, agents: int) -> None:
    """Fill a git repository with one bundle an agent."""
    (folder / "bundles").mkdir(parents=True)
    (folder / "registry.toml").write_text('format = 1\nname = "bench"\ndescription = "Generated."\n')
    for number in range(agents):
        version = folder / f"bundles/agent-{number}/1.0.0"
        (version / "agents").mkdir(parents=True)
        (version / "bundle.toml").write_text(
            f'[bundle]\nname = "agent-{number}"\nversion = "1.0.0"\ndescription = "Agent {number}."\n'
        )
        (version / f"agents/agent-{number}.md").write_text(
            f'---\nname: agent-{number}\ndescription: "Use for task {number}."\ntools: [read, edit, shell]\n---\n\n'
            f"# Agent {number}\n\n" + PARAGRAPH * 40
        )
    for arguments in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=b", "-c", "user.email=b@b", "commit", "-qm", "b"],
    ):
        subprocess.run(["git", *arguments], cwd=folder, check=True)


def milliseconds(command: list[str], folder: Path) -> float:
    """Run a command once and return how long it took."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000


def main() -> None:
    """Measure and print."""
    agents = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    compileall.compile_dir(Path(agentpkg.__file__).parent, quiet=1)  # as an installed wheel is
    command = str(Path(sys.executable).with_name("agentpkg"))
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        os.environ["AGENTPKG_CACHE_DIR"] = str(scratch / "cache")
        make_registry(scratch / "registry", agents)
        project = scratch / "project"
        project.mkdir()
        hosts = [word for host in HOSTS for word in ("--host", host)]
        names = [f"agent-{number}" for number in range(agents)]
        cold = milliseconds([command, "install", "--registry", str(scratch / "registry"), *names, *hosts], project)
        cases = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "python -c 'import click'": [sys.executable, "-c", "import click"],
            "agentpkg --version": [command, "--version"],
            "agentpkg sync, nothing to do": [command, "sync"],
            "agentpkg sync --check": [command, "sync", "--check"],
            "agentpkg status": [command, "status"],
        }
        times: dict[str, list[float]] = {case: [] for case in cases}
        for _ in range(ROUNDS):
            for case, arguments in cases.items():
                times[case].append(milliseconds(arguments, project))
    floor = statistics.median(times["python -c pass"])
    print(f"{agents} agents on {len(HOSTS)} hosts, median of {ROUNDS} interleaved runs")
    for case, measured in times.items():
        median = statistics.median(measured)
        print(f"{case:32} {median:7.1f} ms {median / floor:6.1f} x")
    print(f"{'cold install of all, once':32} {cold:7.1f} ms {cold / floor:6.1f} x")


if __name__ == "__main__":
    main()
