"""The way from requirements to one version of every bundle as long as it meets no dead end.

It is the way that resolvelib goes: settle what leaves the least choice, take the first version whose own requirements
leave some of every bundle, and settle again whatever these make unfit. There, each step looks at all that is
wanted; here, only at what the step changed, so that the way takes as long as what is asked for is large.
Both give the same answer (`tests/unit/test_walk.py`), but now and then where bundles require each other in a circle,
which is refused in the end. What a dead end asks for is in `backtrack.py`.
"""

from __future__ import annotations

from collections import Counter
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from agentpkg.resolve import requires_of
from agentpkg.shelf import fits
from agentpkg.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from agentpkg.resolve import Offer
    from agentpkg.shelf import Shelf

_MOST_ROUNDS = 20_000
_ROOT = ""  # who asks for what is wanted; no bundle is called so


def walk(wanted: Mapping[str, str], shelf: Shelf) -> dict[str, Offer] | None:
    """Return the chosen version of every bundle that `wanted` (specifiers by id) needs; None at a dead end."""
    return _Walk(shelf).run(dict(sorted(wanted.items())))


@dataclass(slots=True)
class _Asked:
    """One bundle that is asked for: by which versions of which bundles, and what that leaves to choose from.

    `current` says whether `left` is what the specifiers leave; it stays as it was when one of them is dropped.
    """

    left: Sequence[Offer] = ()
    by: dict[str, list[tuple[str, Offer | None]]] = field(default_factory=dict)
    specifiers: Counter[str] = field(default_factory=Counter)
    current: bool = True


class _Walk:
    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._asked: dict[str, _Asked] = {}
        self._chosen: dict[str, Offer] = {}
        self._open: set[str] = set()  # asked for, and nothing chosen or nothing that fits
        self._queue: list[tuple[int, str]] = []  # those, by how much is left; some of it out of date
        self._asks: dict[str, list[str]] = {}  # whom each bundle asks for

    def run(self, wanted: Mapping[str, str]) -> dict[str, Offer] | None:
        if not self._ask(_ROOT, None, wanted):
            return None
        for _ in range(_MOST_ROUNDS):
            bundle = self._next()
            if bundle is None:
                return self._reached()
            if not self._settle(bundle):
                return None
        return None

    def _next(self) -> str | None:
        """Take the open bundle that leaves the least choice, the first by name among these."""
        while self._queue:
            count, bundle = heappop(self._queue)
            if bundle in self._open and count == len(self._asked[bundle].left):
                return bundle
        return None

    def _settle(self, bundle: str) -> bool:
        """Choose the first version whose requirements leave some of every bundle; say whether there is one."""
        return any(self._ask(bundle, offer, requires_of(bundle, offer)) for offer in self._asked[bundle].left)

    def _ask(self, asker: str, offer: Offer | None, requires: Mapping[str, str]) -> bool:
        """Let a version ask for what it requires, and so be chosen; change nothing if that leaves none of a bundle."""
        left: dict[str, Sequence[Offer]] = {}
        for bundle, specifier in requires.items():
            left[bundle] = self._leaves(bundle, specifier)
            if not left[bundle]:
                return False
        if offer:
            self._chosen[asker] = offer
            self._open.discard(asker)
        self._asks.setdefault(asker, []).extend(requires)
        undone = []
        for bundle, specifier in requires.items():
            asked = self._asked.setdefault(bundle, _Asked())
            asked.left, asked.current = left[bundle], True
            asked.by.setdefault(asker, []).append((specifier, offer))
            asked.specifiers[specifier] += 1
            if bundle not in self._open and not self._suits(bundle, [specifier]):
                self._open.add(bundle)
                undone += [bundle] if bundle in self._chosen and bundle != asker else []
            if bundle in self._open:
                heappush(self._queue, (len(asked.left), bundle))
        self._drop(undone)
        return True

    def _leaves(self, bundle: str, specifier: str) -> Sequence[Offer]:
        """Return what would be left of a bundle if it had to fit one specifier more."""
        asked = self._asked.get(bundle)
        if asked is None:
            return self._shelf.matching(bundle, [specifier])
        if asked.current and specifier in asked.specifiers:
            return asked.left
        return self._shelf.matching(bundle, {*asked.specifiers, specifier})

    def _suits(self, bundle: str, specifiers: Iterable[str]) -> bool:
        chosen = self._chosen.get(bundle)
        return chosen is not None and all(fits(specifier, chosen.version) for specifier in specifiers)

    def _drop(self, undone: Iterable[str]) -> None:
        """Drop all that these bundles ask for, since they are to be chosen anew."""
        dropped = [(asker, bundle) for asker in undone for bundle in self._asks.pop(asker, ())]
        for asker, bundle in dropped:
            asked = self._asked[bundle]
            for specifier, _ in asked.by.pop(asker, ()):
                asked.specifiers[specifier] -= 1
                if not asked.specifiers[specifier]:
                    del asked.specifiers[specifier]
                    asked.current = False
        self._open -= {bundle for _, bundle in dropped if self._suits(bundle, self._asked[bundle].specifiers)}

    def _reached(self) -> dict[str, Offer]:
        """Return what was chosen, without what nobody asks for any more."""
        askers: dict[str, list[str]] = {}
        for bundle, asked in self._asked.items():
            for asker, wants in asked.by.items():
                if any(offer is self._chosen.get(asker) for _, offer in wants):
                    askers.setdefault(asker, []).append(bundle)
        reached: dict[str, Offer] = {}
        waiting = [_ROOT]
        while waiting:
            for bundle in askers.get(waiting.pop(), ()):
                if bundle not in reached:
                    reached[bundle] = self._chosen[bundle]
                    waiting.append(bundle)
        return reached
