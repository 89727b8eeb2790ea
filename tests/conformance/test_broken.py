"""The suite sees a host table that is wrong: each of these is one that agentpkg could have, and a client tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from agentpkg.hosts import HOSTS
from agentpkg.hosts.base import Host, PermissionMap, ToolList, ToolRow
from tests.conformance.checks import complaints
from tests.conformance.conftest import require
from tests.conformance.pins import Pin, chosen
from tests.conformance.suite import render_suite
from tests.conformance.trial import run_trial

pytestmark = pytest.mark.conformance
_AGENTS = ("reader-alone", "runner", "absent-tools")


def _rows(host: Host, *rows: ToolRow) -> Host:
    assert isinstance(host.tools, ToolList)
    return replace(host, tools=replace(host.tools, rows=rows))


def _text_for_tools(host: Host) -> Host:
    """OpenCode, were its tools one text."""
    assert isinstance(host.tools, PermissionMap)
    return replace(host, tools=ToolList(key="tools", rows=host.tools.rows, mcp=host.tools.mcp, joined=True))


def _wide_read(host: Host) -> Host:
    """Claude Code, were Bash taken for a way to read."""
    return _rows(host, ToolRow(gives=("read",), names=("Read", "Bash")), ToolRow(gives=("shell",), names=("Bash",)))


def _foreign_names(host: Host) -> Host:
    """Gemini CLI, were its tools called as Claude Code's are."""
    return _rows(host, ToolRow(gives=("read",), names=("Read",)), ToolRow(gives=("shell",), names=("Bash",)))


def _no_list(host: Host) -> Host:
    """A host whose tool list stood under a key that it does not know: a restricted agent has every tool."""
    assert isinstance(host.tools, ToolList)
    return replace(host, tools=replace(host.tools, key="allow"))


# By host: what is broken, the check that sees it, and what it or the client says.
def _unknown_names(host: Host) -> Host:
    """Grok, were its tool for reading called as another host's is: one such name, and the list is no list."""
    return _rows(host, ToolRow(gives=("read",), names=("read_files",)), ToolRow(gives=("shell",), names=("Bash",)))


_BROKEN: Mapping[str, tuple[Callable[[Host], Host], str, str]] = {
    "opencode": (_text_for_tools, "accepted", "Configuration is invalid"),
    "claude": (_wide_read, "powers", "reader-alone: Bash gives shell"),
    "gemini": (_foreign_names, "accepted", "reader-alone: rejected"),
    "copilot": (_no_list, "powers", "reader-alone: bash gives shell"),
    "grok": (_unknown_names, "powers", "reader-alone: run_terminal_command gives shell"),
    "qwen": (_no_list, "powers", "reader-alone: run_shell_command gives shell"),
}
_PINS = [pin for pin in chosen() if pin.host in _BROKEN]

if _PINS:  # an empty list would be a skipped test

    @pytest.mark.parametrize("pin", _PINS, ids=lambda pin: pin.host)
    def test_a_broken_table_is_seen(pin: Pin, remote: str, tmp_path: Path) -> None:
        require(pin)
        change, check, expected = _BROKEN[pin.host]
        trial = run_trial(pin, render_suite(change(HOSTS[pin.host]), remote, _AGENTS), tmp_path)
        found = [str(one) for one in complaints(trial, check)]
        said = trial.observed.failure or ""
        assert any(expected in one for one in [*found, said]), (found, said)
