"""The machine and the crowd can fail: each of these breaks one promise, and is found out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from agentpkg import plan, settled
from agentpkg.ops import change, planning
from agentpkg.plan import Ground, Kind
from tests.crash.mutants import write_naively
from tests.soak.machine import Machine
from tests.soak.test_machine import HISTORIES
from tests.soak.test_together import Tally, live_through, shared
from tests.support.cli import Cli
from tests.support.registry import Registry

__all__ = ["shared"]
pytestmark = pytest.mark.soak
Patch = pytest.MonkeyPatch
_decide = plan.decide


def overwrite(patch: Patch) -> None:
    """Take every edit for something that may be written over."""

    def decide(path: str, ground: Ground) -> Kind:
        kind = _decide(path, ground)
        return Kind.UPDATE if kind in (Kind.EDITED, Kind.MERGE, Kind.CONFLICT) else kind

    for module in (plan, planning):
        patch.setattr(module, "decide", decide)


def write_one_by_one(patch: Patch) -> None:
    """Write without a journal."""
    patch.setattr(change, "apply_writes", write_naively)


def approve_everything(patch: Patch) -> None:
    patch.setattr(change, "check_approved", lambda *_: ())


def forget_line_endings(patch: Patch) -> None:
    patch.setattr(plan, "like", lambda _, content: content)


def look_at_nothing_again(patch: Patch) -> None:
    """Believe that a file which is there is what it was."""
    mark = settled._mark
    patch.setattr(settled, "_mark", lambda path: "there" if path.endswith(".md") else mark(path))


@pytest.mark.parametrize(
    ("mutant", "found"),
    [
        (overwrite, "lost an edit"),
        (write_one_by_one, "is no rendering|is missing|is not 1|was left behind"),
        (approve_everything, "gained powers"),
        (forget_line_endings, "lost its line endings"),
        (look_at_nothing_again, "what was noted is not what is there|is missing|is no rendering"),
    ],
)
def test_the_machine_finds_out_one_that(mutant: Callable[[Patch], None], found: str, monkeypatch: Patch) -> None:
    mutant(monkeypatch)
    with pytest.raises(AssertionError, match=found):
        run_state_machine_as_test(Machine, settings=settings(HISTORIES, phases=[Phase.generate]))


def test_the_crowd_finds_out_locks_that_do_not_lock(
    cli: Cli, shared: Path, registry: Registry, tmp_path: Path, tally: Tally
) -> None:
    with pytest.raises(AssertionError):
        live_through(cli, shared, registry, tmp_path / "fresh", tally, unlocked=True)
