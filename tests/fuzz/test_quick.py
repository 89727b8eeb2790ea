"""A little of the fuzzer on every run of the tests."""

from __future__ import annotations

import pytest

from tests.fuzz.checks import Counts, try_file
from tests.fuzz.large import LARGE
from tests.fuzz.seeds import SEEDS, Seed
from tests.fuzz.sweep import Start, sweep


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed.path} {seed.text[:60]!r}")
def test_a_seed_is_read_and_holds_its_agent_back_as_it_says(seed: Seed) -> None:
    counts = Counts()
    try_file(seed.path, seed.text.encode(), None, counts)
    assert counts.of["files read"] == 1
    assert bool(counts.of["files with a limit"]) == seed.limited


def test_a_seed_that_is_bent_breaks_no_promise() -> None:
    counts = Counts()
    sweep(((f"quick {at}", Start(path=seed.path, text=seed.text)) for at, seed in enumerate(SEEDS)), 5, counts)
    assert min(counts.of["files read"], counts.of["files refused"], counts.of["files read twice"]) > 60


@pytest.mark.parametrize(("path", "text"), [*LARGE[:4], *LARGE[6:9]], ids=range(7))
def test_a_large_file_takes_no_time(path: str, text: str) -> None:
    try_file(path, text.encode(), None, Counts())
