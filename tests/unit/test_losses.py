"""Losses: how they are ordered, summed up, kept in the lock, and refused where the user does not put up with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentpkg.errors import ContentRefused
from agentpkg.lockfile import LEVELS
from agentpkg.losses import Fidelity, Note, worst_by_field
from agentpkg.review import refuse_losses

if TYPE_CHECKING:
    from agentpkg.lockfile import Losses

NOTES = st.builds(
    Note, st.sampled_from(["tools", "model", "mcp"]), st.sampled_from(list(Fidelity)), st.text(max_size=3)
)


def test_fidelities_are_ordered_from_best_to_worst() -> None:
    assert [one.word for one in sorted(Fidelity)] == ["exact", "approximated", "narrowed", "widened"]
    assert tuple(one.word for one in sorted(Fidelity) if one) == LEVELS


@given(st.lists(NOTES))
def test_of_every_field_the_worst_is_told(notes: list[Note]) -> None:
    worst = worst_by_field(notes)
    assert list(worst) == sorted({note.field for note in notes})
    for field, word in worst.items():
        assert word == max(note.fidelity for note in notes if note.field == field).word
    assert worst == worst_by_field(reversed(notes))


LOSSES: Losses = {
    "triage": {"inn": {"model": "approximated", "tools": "narrowed"}, "farm": {"overlap": "widened"}},
    "writer": {"inn": {"mcp": "approximated"}},
}
BUNDLES: dict[str, Losses] = {"zeta": {"last": {"inn": {"tools": "widened"}}}, "alpha": LOSSES, "whole": {}}
APPROXIMATED = ("alpha: triage on inn: model approximated", "alpha: writer on inn: mcp approximated")
NARROWED = ("alpha: triage on inn: tools narrowed",)
WIDENED = ("alpha: triage on farm: overlap widened", "zeta: last on inn: tools widened")


@pytest.mark.parametrize(
    ("level", "details"),
    [
        ("widened", WIDENED),
        ("narrowed", (WIDENED[0], *NARROWED, WIDENED[1])),
        ("approximated", (WIDENED[0], APPROXIMATED[0], *NARROWED, APPROXIMATED[1], WIDENED[1])),
    ],
)
def test_a_loss_of_the_level_or_a_worse_one_is_refused_and_every_one_is_named(
    level: str, details: tuple[str, ...]
) -> None:
    with pytest.raises(ContentRefused) as caught:
        refuse_losses(BUNDLES, level)
    assert caught.value.message == f"hosts do not hold every agent well enough for --fail-on {level}"
    assert caught.value.details == details
    assert caught.value.exit_code == 3


def test_without_a_level_every_loss_is_put_up_with() -> None:
    refuse_losses(BUNDLES, None)


@pytest.mark.parametrize(("level", "lost"), [("widened", "narrowed"), ("narrowed", "approximated")])
def test_a_better_one_than_the_level_is_put_up_with(level: str, lost: str) -> None:
    refuse_losses({"aa": {"triage": {"inn": {"tools": lost}}}}, level)


@pytest.mark.parametrize(("number", "last"), [(20, "aa: a19 on inn: tools widened"), (23, "and 3 more")])
def test_many_losses_are_counted_and_not_all_told(number: int, last: str) -> None:
    losses = {f"a{index:02}": {"inn": {"tools": "widened"}} for index in range(number)}
    with pytest.raises(ContentRefused) as caught:
        refuse_losses({"aa": losses}, "approximated")
    assert len(caught.value.details) == min(number, 21)
    assert caught.value.details[-1] == last
