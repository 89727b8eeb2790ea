"""What only happens where a person sits at a terminal: questions, and progress while fetching."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.registry import Registry
from tests.support.tree import stamps

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a pseudo-terminal is a POSIX thing")


def at_terminal(folder: Path, answer: str, *arguments: str) -> tuple[int, str]:
    """Run one command line on a terminal, type `answer`, and return exit code and screen."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "agentpkg", *arguments],
        cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm"},
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    screen = b""
    while True:
        try:
            data = os.read(ours, 4096)
        except OSError:  # how Linux says that the other end is closed
            break
        if not data:
            break
        screen += data
    os.close(ours)
    return process.wait(timeout=60), screen.decode()


@pytest.fixture
def widening(cli: Cli, project: Path, manifest: Path, registry: Registry) -> Path:
    registry.publish("tool", "1.0.0", tools="[read]")
    cli("install", "tool")
    registry.publish("tool", "1.1.0", tools="[read, shell]")
    return project


def test_gained_powers_are_asked_about_and_no_is_the_default(widening: Path) -> None:
    before = stamps(widening / ".claude")
    code, screen = at_terminal(widening, "", "update")
    assert code == 4
    assert "tool would gain shell" in screen
    assert "[y/N]" in screen
    assert stamps(widening / ".claude") == before


def test_yes_approves_them(widening: Path) -> None:
    code, _ = at_terminal(widening, "y", "update")
    assert code == 0
    assert "Bash" in (widening / ".claude/agents/tool.md").read_text()


def test_progress_is_shown_while_fetching(widening: Path) -> None:
    _, screen = at_terminal(widening, "", "search")
    assert "fetching registry default" in screen
