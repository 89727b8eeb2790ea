"""Runs every client once, and keeps what it made of the suite for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from agentpkg.hosts import HOSTS
from tests.conformance.mcp_http import serve_mcp
from tests.conformance.pins import Pin, chosen, left_out
from tests.conformance.report import PAGE, summary, write_page
from tests.conformance.suite import suite_for
from tests.conformance.trial import Trial, run_trial

_TRIALS: dict[str, tuple[Pin, Trial]] = {}


@pytest.fixture(scope="session")
def remote() -> Iterator[str]:
    """Where MCP servers by HTTP are."""
    with serve_mcp() as url:
        yield url


@pytest.fixture(scope="session", params=chosen(), ids=lambda pin: pin.host)
def trial(request: pytest.FixtureRequest, remote: str, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """One client's run over the whole suite. A client that is missing is a failure, never a skip."""
    pin: Pin = request.param
    require(pin)
    done = run_trial(pin, suite_for(pin.host, remote), tmp_path_factory.mktemp(pin.host))
    _TRIALS[pin.host] = (pin, done)
    return done


def require(pin: Pin) -> None:
    """Fail the test if the client cannot be run."""
    if pin.host not in HOSTS:
        pytest.fail(f"agentpkg has no host {pin.host}", pytrace=False)
    if not pin.installed:
        pytest.fail(f"{pin.title} {pin.version} is not installed: make conformance does that", pytrace=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what each client was given, and which were left out by name."""
    for line in summary(_TRIALS.values()):
        terminalreporter.write_line(line)
    if _TRIALS and left_out():
        terminalreporter.write_line(f"NOT RUN, left out by name: {', '.join(left_out())}", yellow=True)


def pytest_sessionfinish(exitstatus: int) -> None:
    """Write the page if the run was asked to, and all is well."""
    if os.environ.get("CONFORMANCE_REPORT") and exitstatus == 0 and _TRIALS:
        PAGE.write_text(write_page(_TRIALS.values()), encoding="utf-8")
