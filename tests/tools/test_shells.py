"""Completion in real shells: a key is pressed, and what the shell then shows is looked at."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.registry import Registry
from tests.support.terminal import ENTER, TAB, Terminal

pytestmark = pytest.mark.tools
SHELLS = ("bash", "zsh", "fish")
# What makes each read nothing of this machine's own, and show a prompt that can be waited for.
STARTS = {
    "bash": ("bash", "--noprofile", "--norc"),
    "zsh": ("zsh", "--no-globalrcs"),
    "fish": ("fish", "--private"),
}
READY = "ready>"
PROMPTS = {
    "bash": f"PS1='{READY} '; bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; . \"$FILE\"",
    "zsh": f"PROMPT='{READY} '; unsetopt beep prompt_sp; fpath=(~/.zfunc $fpath); autoload -Uz compinit; compinit -u",
    "fish": f"function fish_prompt; echo -n '{READY} '; end; set -g fish_autosuggestion_enabled 0",
}


@pytest.fixture
def commands(tmp_path: Path) -> str:
    """A PATH on which agentpkg is found."""
    place = tmp_path / "bin"
    place.mkdir()
    script = place / "agentpkg"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m agentpkg "$@"\n')
    script.chmod(0o755)
    return f"{place}:/usr/bin:/bin"


@pytest.fixture(params=SHELLS)
def shell(
    request: pytest.FixtureRequest, cli: Cli, project: Path, manifest: Path, registry: Registry, commands: str
) -> Iterator[Terminal]:
    """A shell in a project, with the completion that agentpkg installed."""
    name: str = request.param
    assert shutil.which(name), f"{name} is not there; make tools installs it"
    registry.publish("tool", "1.0.0", tools="[read]").publish("tool", "1.1.0", tools="[read]")
    registry.publish("wrench", "1.0.0", tools="[read]")
    cli("install", "tool")
    file = cli("completion", name, "--install", "--json").json["path"]
    terminal = Terminal(project, program=STARTS[name], PATH=commands, FILE=file, ZDOTDIR=str(Path.home()))
    terminal.type(PROMPTS[name], ENTER)
    terminal.see(f"{READY} ")
    terminal.type("echo be''gin", ENTER)
    terminal.see("begin")
    terminal.see(f"{READY} ")
    yield terminal
    terminal.close()


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("agentpkg upd", "agentpkg update "),
        ("agentpkg registry ver", "agentpkg registry verify "),
        ("agentpkg sync --che", "agentpkg sync --check "),
        ("agentpkg install wr", "agentpkg install wrench"),
        ("agentpkg remove to", "agentpkg remove tool"),
        ("agentpkg install tool==1.1", "agentpkg install tool==1.1.0"),
        ("agentpkg install tool@1.0", "agentpkg install tool@1.0.0"),
        ("agentpkg install wrench --host cla", "agentpkg install wrench --host claude"),
        ("agentpkg explain AP1", "AP101"),
    ],
)
def test_what_is_typed_is_completed(shell: Terminal, typed: str, shown: str) -> None:
    shell.type(typed)
    shell.see(typed)
    before = shell.screen.rindex(typed)
    shell.type(TAB, TAB)
    shell.wait(lambda: shown in joined(shell.screen[before:]))


def joined(screen: str) -> str:
    """Return what a shell shows without the marks of one that draws a line anew."""
    return screen.replace("\x08", "").replace("\x07", "")


def test_a_shell_that_completes_tells_of_no_error(shell: Terminal, project: Path) -> None:
    (project / "agentpkg.toml").write_text("[nonsense\n")
    (project / "agentpkg.lock").write_text("{")
    shell.type("agentpkg install wr", TAB, TAB, "\x15", "echo st''ill", ENTER)
    shell.see("still")
    assert "error" not in shell.screen
    assert "Traceback" not in shell.screen
