"""Badges: two words side by side in a small picture, for a readme elsewhere."""

from __future__ import annotations

from agentpkg.values import dataclass

_NARROW, _WIDE = frozenset("fijlrtI.,:;|!'()[]- "), frozenset("mwMW@%")
_SIDE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A badge: what it is about and what it says, the widths of both in pixels, and the class of its colour."""

    label: str
    text: str
    left: int
    right: int
    colour: str


def make_badge(label: str, text: str, colour: str) -> Badge:
    """Return a badge with as much room as its texts need."""
    return Badge(label=label, text=text, left=_width(label), right=_width(text), colour=colour)


def _width(text: str) -> int:
    """Return how wide a text of size 11 is, about: it is then drawn just as wide."""
    tenths = sum(38 if letter in _NARROW else 95 if letter in _WIDE else 66 for letter in text)
    return tenths // 10 + 2 * _SIDE
