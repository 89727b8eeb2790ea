"""The search that finds what resolvelib overlooks, asked before a user is told that there is no answer.

After dead ends resolvelib (1.2.1) goes on holding against a bundle what nobody asks of it any more, and so refuses
sets that have an answer. This search forgets nothing: it chooses one bundle after another, goes back, where one is left
without a version, to the last choice that had to do with it, and knows in the end that there is none. A pre-release
that something may name is tried before that is known; whether anything does shows in the end.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from agentpkg.errors import AgentpkgError
from agentpkg.resolve import requires_of
from agentpkg.shelf import fits, names_early
from agentpkg.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set

    from agentpkg.resolve import Offer
    from agentpkg.shelf import Shelf

_MOST_TRIES = 20_000
_ROOT = ""  # who asks for what is wanted; no bundle is called so


def search_thoroughly(wanted: Mapping[str, str], shelf: Shelf) -> dict[str, Offer] | None:
    """Return a version of every bundle that `wanted` (specifiers by id) needs; None if no such set is found."""
    return _Search(dict(sorted(wanted.items())), shelf).run()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A bundle without a choice yet: what is asked of it, by whom, and what that leaves, first of all nothing."""

    specifiers: frozenset[str] = frozenset()
    askers: frozenset[str] = frozenset()
    left: Sequence[Offer] = ()


@dataclass(slots=True)
class _Turn:
    """The choice for one bundle: what is to be tried yet, what the last try changed, and whose choices stood against.

    `changed` has what was asked of each bundle before; None of one that nobody had asked for.
    """

    bundle: str
    untried: Iterator[Offer]
    blamed: set[str]
    changed: dict[str, _Asked | None] = field(default_factory=dict)


class _Search:
    def __init__(self, wanted: Mapping[str, str], shelf: Shelf) -> None:
        self._wanted = wanted
        self._shelf = shelf
        self._chosen: dict[str, Offer] = {}
        self._open: dict[str, _Asked] = {}

    def run(self) -> dict[str, Offer] | None:
        turns = [_Turn(_ROOT, iter(()), set())]
        onward = self._ask(turns[0], self._wanted)
        for _ in range(_MOST_TRIES):
            if onward and not self._open:
                if self._is_fit():
                    return self._chosen
                turns[-1].blamed |= self._chosen.keys()
                self._undo(turns[-1])
            elif onward:
                turns.append(self._turn())
            offer = next(turns[-1].untried, None)
            onward = offer is not None and self._try(turns[-1], offer)
            if offer is None and not self._go_back(turns):
                return None
        return None

    def _turn(self) -> _Turn:
        """Begin with the open bundle that leaves the least choice, the first by name among these."""
        bundle = min(self._open, key=lambda one: (len(self._open[one].left), one))
        asked = self._open[bundle]
        return _Turn(bundle, iter([*asked.left, *self._early(bundle, asked.specifiers)]), set(asked.askers))

    def _early(self, bundle: str, specifiers: Set[str]) -> list[Offer]:
        """Return the pre-releases that fit, too, as soon as something names one."""
        left = self._shelf.matching(bundle, specifiers)
        early = [one for one in self._shelf.matching(bundle, specifiers, early=True) if one not in left]
        return early if early and bundle in self._named else []

    @cached_property
    def _named(self) -> Set[str]:
        """The bundles of which some version of something that may come in names a pre-release."""
        named, seen, unseen = set(), set(self._wanted), list(self._wanted)
        while unseen:
            asker = unseen.pop()
            with suppress(AgentpkgError):  # what is not there names nothing
                wants = [one for offer in self._shelf.offers(asker) for one in requires_of(asker, offer).items()]
                named |= {bundle for bundle, specifier in wants if names_early(specifier)}
                new = {bundle for bundle, _ in wants} - seen
                seen |= new
                unseen += new
        return named

    def _is_fit(self) -> bool:
        """Say whether each choice is one that all who ask for it leave, now that they are known."""
        asked: dict[str, list[str]] = {}
        for requires in (self._wanted, *(requires_of(*one) for one in self._chosen.items())):
            for bundle, specifier in requires.items():
                asked.setdefault(bundle, []).append(specifier)
        return all(offer in self._shelf.matching(one, asked[one]) for one, offer in self._chosen.items())

    def _try(self, turn: _Turn, offer: Offer) -> bool:
        """Choose a version, and say whether what it requires leaves some of every bundle; if not, it is undone."""
        turn.changed[turn.bundle] = self._open.pop(turn.bundle)
        self._chosen[turn.bundle] = offer
        return self._ask(turn, requires_of(turn.bundle, offer))

    def _ask(self, turn: _Turn, requires: Mapping[str, str]) -> bool:
        for bundle, specifier in requires.items():
            if bundle in self._chosen:
                if fits(specifier, self._chosen[bundle].version):
                    continue
                turn.blamed.add(bundle)
            else:
                asked = self._open.get(bundle) or _Asked()
                specifiers = asked.specifiers | {specifier}
                left = self._shelf.matching(bundle, specifiers)
                if left or self._early(bundle, specifiers):
                    turn.changed[bundle] = self._open.get(bundle)
                    self._open[bundle] = _Asked(specifiers, asked.askers | {turn.bundle}, left)
                    continue
                turn.blamed |= asked.askers
            self._undo(turn)
            return False
        return True

    def _undo(self, turn: _Turn) -> None:
        self._chosen.pop(turn.bundle, None)
        for bundle, asked in turn.changed.items():
            if asked is None:
                del self._open[bundle]
            else:
                self._open[bundle] = asked
        turn.changed.clear()

    def _go_back(self, turns: list[_Turn]) -> bool:
        """Undo all choices down to the last one that had to do with a dead end; say whether there is one."""
        blamed = turns.pop().blamed
        while turns:
            turn = turns[-1]
            self._undo(turn)
            if turn.bundle in blamed and turn.bundle != _ROOT:
                turn.blamed |= blamed - {turn.bundle}
                return True
            turns.pop()
        return False
