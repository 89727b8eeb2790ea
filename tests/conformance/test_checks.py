"""Each check finds what it is for; no client is needed to see that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agentpkg.hosts import HOSTS
from tests.conformance.checks import CHECKS, complaints
from tests.conformance.client import Client, Observed, Seen
from tests.conformance.clients.claude import CLIENT
from tests.conformance.pins import read_pins
from tests.conformance.suite import render_suite, servers_of_suite
from tests.conformance.trial import Trial, load_client

SUITE = render_suite(HOSTS["claude"], "http://127.0.0.1:9", ("ledger-reader", "model-claude"))
GOOD = Seen(
    description="The agent ledger-reader. Use when asked for it.",
    tools=("Read", "mcp__ledger__read-entry"),
    model="claude-opus-9-9",
    system=f"Before.\n{SUITE.entries['ledger-reader'].body}After.",
)
OTHER = replace(
    GOOD, description="The agent model-claude. Use when asked for it.", tools=("Read",), model="claude-opus-4-8"
)


def trial_of(seen: Seen, client: Client = CLIENT) -> Trial:
    observed = Observed(agents={"ledger-reader": seen, "model-claude": OTHER})
    return Trial(client=client, suite=SUITE, servers=servers_of_suite(), observed=observed)


@pytest.mark.parametrize("check", CHECKS)
def test_nothing_is_found_where_all_is_well(check: str) -> None:
    assert complaints(trial_of(GOOD), check) == []


@pytest.mark.parametrize(
    ("check", "seen", "expected"),
    [
        ("accepted", Seen(rejected="line 2 is odd"), "rejected: line 2 is odd"),
        ("accepted", replace(GOOD, stuck="no tools"), "does not start: no tools"),
        ("shown", replace(GOOD, tools=None), "its tools cannot be seen"),
        ("shown", Seen(stuck="no tools"), "its description cannot be seen"),
        ("description", replace(GOOD, description="Another."), "the client has the description 'Another.'"),
        ("powers", replace(GOOD, tools=("Read", "Bash")), "Bash gives shell, which the agent does not hold"),
        ("powers", replace(GOOD, tools=("Read", "Oracle")), "no table says what the tool 'Oracle' gives"),
        (
            "powers",
            replace(GOOD, tools=("mcp__ledger__write-entry",)),
            "mcp__ledger__write-entry gives mcp:ledger/write-entry, which the agent does not hold",
        ),
        ("tools", replace(GOOD, tools=("mcp__ledger__read-entry",)), "read is in its list, and Read is not"),
        ("tools", replace(GOOD, tools=("Read",)), "mcp:ledger/read-entry is in its list, and mcp__ledger__read-entry"),
        ("model", replace(GOOD, model="gpt-5"), "the file says None, and 'gpt-5' is sent"),
        ("body", replace(GOOD, system="You are asked to look."), "the prompt is not in what is sent"),
    ],
)
def test_what_is_wrong_is_found(check: str, seen: Seen, expected: str) -> None:
    found = complaints(trial_of(seen), check)
    assert [one.agent for one in found] == ["ledger-reader"]
    assert expected in found[0].what


def test_an_agent_that_the_client_says_nothing_of_was_not_accepted() -> None:
    trial = replace(trial_of(GOOD), observed=Observed(agents={"model-claude": OTHER}))
    assert [one.agent for one in complaints(trial, "accepted")] == ["ledger-reader"]


@pytest.mark.parametrize("host", read_pins())
def test_every_pin_has_a_client_of_its_host(host: str) -> None:
    assert load_client(host).host == host
