"""Every hostile input of the list, each with its harmless twin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile import bundle_cases, command_cases, registry_cases, state_cases
from tests.hostile.case import Case, run_case

pytestmark = pytest.mark.hostile

CASES = (*bundle_cases.CASES, *registry_cases.CASES, *state_cases.CASES, *command_cases.CASES)


@pytest.mark.parametrize("case", CASES, ids=[ascii(case.id) for case in CASES])
def test_a_hostile_input_changes_nothing_and_its_twin_does(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str], tally: Callable[[str, int], None]
) -> None:
    run_case(case, tmp_path, capsys)
    tally("hostile inputs", 1)


def test_every_number_of_the_list_is_there() -> None:
    assert {case.number for case in CASES} == {*range(1, 71)}
    assert len({case.id for case in CASES}) == len(CASES)
