"""Every client, every agent: what agentpkg writes, the client loads, holds to its grants, and sends as it stands."""

from __future__ import annotations

import pytest

from tests.conformance.checks import CHECKS, complaints
from tests.conformance.trial import Trial

pytestmark = pytest.mark.conformance


@pytest.mark.parametrize("check", CHECKS)
def test_every_agent(trial: Trial, check: str) -> None:
    assert trial.observed.failure is None, f"the client does not start: {trial.observed.failure}"
    found = complaints(trial, check)
    assert not found, "\n" + "\n".join(map(str, sorted(found)))
