"""What only happens where a person sits at a terminal: questions, colour, fitted tables, and progress."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from agentpkg.layout import width_of
from tests.support.cli import Cli
from tests.support.registry import Registry, agent_text
from tests.support.terminal import LEAVE, Terminal
from tests.support.tree import stamps

BACK = "\r\x1b[K"
pytestmark = pytest.mark.skipif(os.name != "posix", reason="a pseudo-terminal is a POSIX thing")


START = (
    "import sys; from agentpkg import progress; progress.DELAY = float(sys.argv.pop(1));"
    "from agentpkg.cli import main; main()"
)


def at_terminal(
    folder: Path, answer: str, *arguments: str, delay: float = 1000, out: int | None = None, **environment: str
) -> tuple[int, str]:
    """Run one command line on a terminal, type `answer`, and return exit code and screen.

    Progress comes after `delay` seconds. `out` is what takes the standard output, the terminal without it.
    """
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", START, str(delay), *arguments],
        cwd=folder, stdin=theirs, stdout=theirs if out is None else out, stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "60", **environment},
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


def test_progress_is_shown_while_fetching_and_goes_again(widening: Path) -> None:
    _, screen = at_terminal(widening, "", "search", delay=0, NO_COLOR="1")
    assert "fetching registry default …" in screen
    assert screen.rpartition(BACK)[2].startswith("BUNDLE")
    assert "…" not in screen.rpartition(BACK)[2]


@pytest.mark.parametrize(
    ("arguments", "more"),
    [
        (["search"], {"delay": 1000}),  # it was quick
        (["-q", "search"], {"delay": 0}),
        (["search"], {"delay": 0, "TERM": "dumb"}),
    ],
)
def test_no_progress_is_shown(widening: Path, arguments: list[str], more: dict[str, Any]) -> None:
    code, screen = at_terminal(widening, "", *arguments, NO_COLOR="1", **more)
    assert (code, screen.count("fetching"), screen.count("\x1b")) == (0, 0, 0)
    assert screen.splitlines()[-1].startswith("tool")


@pytest.mark.parametrize(
    ("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_a_terminal_has_colour_unless_the_environment_says_no(
    widening: Path, environment: dict[str, Any], coloured: bool
) -> None:
    code, screen = at_terminal(widening, "", "list", **environment)
    assert code == 0
    assert ("\x1b[1mtool    \x1b[0m" in screen) is coloured
    assert ("\x1b" in screen) is coloured
    assert screen.count("BUNDLE  VERSION  WANTED  HOSTS") == 1


def test_standard_output_and_standard_error_decide_for_themselves(widening: Path, tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        code, screen = at_terminal(widening, "", "search", "tool", "--limit", "1", "-v", out=out.fileno())
    assert code == 0
    assert "\x1b[2m[  0." in screen
    assert (tmp_path / "out").read_bytes() == b"tool  1.1.0  The tool bundle.\n"


def test_tables_fit_the_terminal(cli: Cli, widening: Path, registry: Registry) -> None:
    about = '[bundle]\nname = "wide"\nversion = "1.0.0"\ndescription = "データを作る人。データを作る人。"\n'
    registry.publish("wide", files={"bundle.toml": about, "agents/wide.md": agent_text("wide")})
    for number in range(20):
        registry.publish(f"wide-{number:02}")
    _, screen = at_terminal(widening, "", "explain", NO_COLOR="1")
    assert max(map(width_of, screen.splitlines())) <= 60
    _, screen = at_terminal(widening, "", "search", "wide", COLUMNS="44", NO_COLOR="1")
    assert "\nwide     1.0.0    データを作る人。データを…\r" in screen
    assert max(map(width_of, screen.splitlines()[:-1])) <= 44
    assert screen.count("\nwide") == 20
    assert "and 1 more; other words narrow it, --limit 21 shows all" in screen
    assert len(cli("search", "wide").out.splitlines()) == 21


def test_quiet_hides_nothing_of_what_is_asked(widening: Path) -> None:
    code, screen = at_terminal(widening, "", "update", "-q")
    assert code == 4
    assert screen.index("tool would gain shell") < screen.index("[y/N]")


def test_leaving_ends_the_command_however_long_its_git_would_take(
    project: Path, manifest: Path, registry: Registry, tmp_path: Path
) -> None:
    registry.publish("tool", "1.0.0")
    real, wrapper, begun = shutil.which("git"), tmp_path / "bin" / "git", tmp_path / "begun"
    wrapper.parent.mkdir()
    wrapper.write_text(
        f'#!/bin/sh\ncase "$*" in *fetch*) touch {begun}; exec sleep 60 ;; *) exec {real} "$@" ;; esac\n'
    )
    wrapper.chmod(0o755)
    screen = Terminal(project, "search", PATH=f"{wrapper.parent}:{os.environ['PATH']}")
    screen.see("fetching registry default")
    screen.wait(begun.exists)
    screen.type(LEAVE)
    began = time.monotonic()
    assert screen.end() == 130
    assert time.monotonic() - began < 20
