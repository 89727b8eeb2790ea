"""Which of many bundles somebody looks for, the best first, and which names somebody may have meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_NEAR = 3
# How much alike two names are that may be meant for each other, from 0 to 1; and a name and a word of another.
_LIKE = 0.6
_LIKE_A_WORD = 0.8
_RELATED = 0.3  # how much more likely a name is that has the other as a word or as its beginning
# How well a word fits, from best to worst.
_NAME, _BEGINS, _IN_NAME, _KEYWORD, _PART_OF_NAME, _PART_OF_KEYWORD, _DESCRIBED, _PART = range(8)
_WHOLE = (-1, 0)


def rank(words: Sequence[str], bundle: str, description: str, keywords: Iterable[str]) -> tuple[int, int] | None:
    """Return how well a bundle (by its id) fits all the words, the smallest the best; None if one stands nowhere.

    A word fits the whole name, its beginning, a word of it, a keyword, a part of either, a word of the description or a
    part of it; the worst of all words counts first. Words that make the name between them fit best, in any case.
    """
    wanted = [word.casefold() for word in words]
    if "-".join(wanted) in _names(bundle):
        return _WHOLE
    keys = [keyword.casefold() for keyword in keywords]
    text = description.casefold()
    found = [_fit(word, bundle, keys, text) for word in wanted]
    places = [place for place in found if place is not None]
    return (max(places, default=0), sum(places)) if len(places) == len(found) else None


def _names(bundle: str) -> tuple[str, str]:
    """Return a bundle's id, and its name without the registry."""
    return bundle.casefold(), bundle.casefold().rpartition("/")[2]


def _fit(word: str, bundle: str, keywords: Sequence[str], description: str) -> int | None:
    names = _names(bundle)
    tests = (
        (_NAME, word in names),
        (_BEGINS, any(name.startswith(word) for name in names)),
        (_IN_NAME, word in names[1].split("-")),
        (_KEYWORD, word in keywords),
        (_PART_OF_NAME, word in names[0]),
        (_PART_OF_KEYWORD, any(word in keyword for keyword in keywords)),
        (_DESCRIBED, word in re.findall(r"\w+", description)),
        (_PART, word in description),
    )
    return next((place for place, fits in tests if fits), None)


def near(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the known names that somebody may have meant, the likeliest first, no more than three.

    They are alike in their letters, or a word of theirs is, or one is a word or the beginning of the other.
    """
    wanted = name.casefold()
    like = _Likeness(wanted)
    likely = []
    for one in known:
        other = one.casefold()
        words = other.split("-")
        related = wanted in words or other in wanted.split("-") or _begins(wanted, other)
        likeness = max(like.of(other, _LIKE), *(like.of(word, _LIKE_A_WORD) * _LIKE_A_WORD for word in words))
        if related or likeness:
            likely.append((-likeness - (_RELATED if related else 0.0), one))
    return tuple(one for _, one in sorted(likely)[:MOST_NEAR])


class _Likeness:
    """How much names are like one, from 0 to 1."""

    def __init__(self, wanted: str) -> None:
        from difflib import SequenceMatcher

        self._matcher = SequenceMatcher(b=wanted)
        self._known: dict[str, float] = {}

    def of(self, other: str, least: float) -> float:
        """Return how much the other is like it, 0 for less than `least`."""
        if other not in self._known:
            matcher = self._matcher
            matcher.set_seq1(other)
            close = matcher.real_quick_ratio() >= _LIKE and matcher.quick_ratio() >= _LIKE
            self._known[other] = matcher.ratio() if close else 0.0
        likeness = self._known[other]
        return likeness if likeness >= least else 0.0


def _begins(one: str, other: str) -> bool:
    """Say whether one of two names begins as the other is, and that is not only a letter or two."""
    short, long = sorted((one, other), key=len)
    return len(short) > 2 and long.startswith(short)


def meant(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return the hint for a name that there is not: the names that may be meant, or `otherwise` if there is none."""
    likely = near(name, known)
    return f"did you mean {' or '.join(likely)}?" if likely else otherwise
