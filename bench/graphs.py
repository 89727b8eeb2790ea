"""Resolves graphs that are hard: `PYTHON bench/graphs.py BUNDLES ROUNDS` prints, as JSON, what each took.

It is run by the Python that has the agentpkg to be measured.
"""

from __future__ import annotations

import json
import random
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from packaging.specifiers import SpecifierSet

from agentpkg.errors import AgentpkgError
from agentpkg.resolve import Offer, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


Shelf: TypeAlias = dict[str, dict[str, dict[str, str]]]
Shape: TypeAlias = "Callable[[int], tuple[dict[str, str], Shelf]]"


class Index:
    """Bundles in memory."""

    def __init__(self, shelf: Shelf) -> None:
        self._offers = {
            name: [Offer(version=version, requires=requires) for version, requires in versions.items()]
            for name, versions in shelf.items()
        }

    def offers(self, bundle: str) -> Sequence[Offer]:
        """Return the versions of a bundle."""
        return self._offers[bundle]


def bundle(number: int) -> str:
    """Return the name of a bundle in a shape."""
    return f"bundle-{number:02}"


def numbers(most: int = 20) -> range:
    """Return the major versions of a bundle, newest first."""
    return range(most, 0, -1)


def tight_chain(bundles: int) -> tuple[dict[str, str], Shelf]:
    """Each version requires its own number of the next bundle; the last has number 1 alone."""
    shelf: Shelf = {
        bundle(place): {f"{one}.0.0": {bundle(place + 1): f"=={one}.0.0"} for one in numbers()}
        for place in range(bundles - 1)
    }
    shelf[bundle(bundles - 1)] = {"1.0.0": {}}
    return {bundle(0): ""}, shelf


def late_end(bundles: int) -> tuple[dict[str, str], Shelf]:
    """All are wanted; each wants one at most its own number of the next, and only the last one's oldest is left."""
    shelf: Shelf = {
        bundle(place): {f"{one}.0.0": {bundle(place + 1): f"<={one}.0.0"} for one in numbers()}
        for place in range(bundles - 1)
    }
    last = bundle(bundles - 1)
    shelf[last] = {f"{one}.0.0": {} for one in numbers()}
    return {**{bundle(place): "" for place in range(bundles - 1)}, last: "==1.0.0"}, shelf


def older_and_older(bundles: int) -> tuple[dict[str, str], Shelf]:
    """Each version requires one number older of the bundle three on, until nothing older is left."""
    shelf: Shelf = {}
    for place in range(bundles):
        after = place + 3
        shelf[bundle(place)] = {
            f"{one}.0.0": {bundle(after): f"=={max(one - 1, 1)}.0.0"} if after < bundles else {} for one in numbers()
        }
    return {bundle(0): "", bundle(1): "", bundle(2): "", bundle(bundles - 1): "<=2.0.0"}, shelf


def hidden_partner(bundles: int) -> tuple[dict[str, str], Shelf]:
    """Pairs that are wanted freely, and agree by way of a third bundle in their oldest versions alone."""
    wanted: dict[str, str] = {}
    shelf: Shelf = {}
    for start in range(0, bundles - 2, 3):
        left, right, base = bundle(start), bundle(start + 1), bundle(start + 2)
        shelf[left] = {f"{one}.0.0": {base: f"=={one}.0.0"} for one in numbers()}
        shelf[right] = {f"{one}.0.0": {base: f"=={one - 1 or 1}.0.0"} for one in numbers()}
        shelf[right]["1.0.0"] = {base: "==1.0.0"}
        shelf[base] = {f"{one}.0.0": {} for one in numbers()} if start else {"1.0.0": {}}
        wanted |= {left: "", right: ""}
    return wanted, shelf


def tangle(bundles: int, seed: int) -> tuple[dict[str, str], Shelf]:
    """Random ranges around one hidden solution, so that there is one, and most that looks newer leads nowhere."""
    dice = random.Random(seed)
    solution = [dice.randint(1, 6) for _ in range(bundles)]
    shelf: Shelf = {}
    for place in range(bundles):
        shelf[bundle(place)] = {}
        for one in numbers():
            requires = {}
            for other in dice.sample(range(place + 1, bundles), min(3, bundles - 1 - place)):
                least = solution[other] if one == solution[place] else dice.randint(1, 20)
                reach = dice.randint(0, 2)
                requires[bundle(other)] = f">={max(least - reach, 1)}.0.0,<={least + reach}.0.0"
            shelf[bundle(place)][f"{one}.0.0"] = requires
    return {bundle(place): "" for place in range(0, bundles, 6)}, shelf


def diamond(_: int) -> tuple[dict[str, str], Shelf]:
    """Three bundles want three different numbers of a fourth: there is no solution."""
    shelf: Shelf = {name: {"1.0.0": {"base": f"~={one}.0"}} for one, name in enumerate(("aa", "bb", "cc"), 1)}
    shelf["base"] = {"3.0.0": {}, "2.0.0": {}, "1.0.0": {}}
    return {"aa": "", "bb": "", "cc": ""}, shelf


SHAPES: dict[str, Shape] = {
    "diamond of three": diamond,
    "tight chain": tight_chain,
    "late end": late_end,
    "older and older": older_and_older,
    "hidden partner": hidden_partner,
    **{f"tangle {seed}": partial(tangle, seed=seed) for seed in range(1, 6)},
}


def is_solution(chosen: Mapping[str, Offer], wanted: Mapping[str, str]) -> bool:
    """Say whether all that is wanted is chosen, and all that the chosen versions require."""
    wants = [*wanted.items(), *(want for offer in chosen.values() for want in offer.requires.items())]
    return all(name in chosen and SpecifierSet(text).contains(chosen[name].version) for name, text in wants)


def solve(shape: Shape, bundles: int, rounds: int) -> dict[str, object]:
    """Resolve a shape, so often; return the milliseconds, and what came of it."""
    wanted, shelf = shape(bundles)
    taken, outcome = [], ""
    for _ in range(rounds):
        index = Index(shelf)
        start = time.perf_counter()
        try:
            chosen = resolve(wanted, index, {})
            outcome = f"{len(chosen)} chosen" if is_solution(chosen, wanted) else "a wrong solution"
        except AgentpkgError as error:
            outcome = f"no solution, told in {2 + len(error.details)} lines"
        taken.append(round((time.perf_counter() - start) * 1000, 2))
    return {"wall": taken, "outcome": outcome}


if __name__ == "__main__":
    bundles, rounds = map(int, sys.argv[1:])
    print(json.dumps({name: solve(shape, bundles, rounds) for name, shape in SHAPES.items()}))
