"""Losses: how well a host holds an agent, and what of it got lost, as values."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable


class Fidelity(IntEnum):
    """How well a host holds an agent, from best to worst."""

    EXACT = 0
    APPROXIMATED = 1
    NARROWED = 2
    WIDENED = 3

    @property
    def word(self) -> str:
        """The fidelity as people and files name it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One thing that a rendering could not carry as it was: the field, how it fares, and what happens instead."""

    field: str
    fidelity: Fidelity
    detail: str


def worst_by_field(notes: Iterable[Note]) -> dict[str, str]:
    """Return the worst fidelity of every field that was not carried exactly, in words."""
    worst: dict[str, Fidelity] = {}
    for note in notes:
        worst[note.field] = max(note.fidelity, worst.get(note.field, note.fidelity))
    return {field: fidelity.word for field, fidelity in sorted(worst.items())}
