"""Random histories of a project, step by step: see `machine.py` for what can happen and what must be true."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.soak.machine import SEEN, Machine

pytestmark = pytest.mark.soak
EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "70"))
STEPS = 40
HISTORIES = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    suppress_health_check=list(HealthCheck),
)


def test_no_history_breaks_a_promise(tally: Callable[[str, int], None]) -> None:
    SEEN.clear()
    run_state_machine_as_test(Machine, settings=HISTORIES)
    for kind, number in SEEN.items():
        tally(kind, number)
