"""The walk and resolvelib give the same answers; what neither finds is found by the search that looks everywhere."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from agentpkg import backtrack, shelf, thorough
from agentpkg.errors import AgentpkgError
from agentpkg.resolve import Offer, Unsolved, requires_of, resolve
from agentpkg.shelf import Shelf, fits
from agentpkg.walk import walk
from tests.support.examples import examples
from tests.support.growth import count_calls

VERSIONS = ("3.0.0rc1", "3.0.0", "2.1.0", "2.0.0", "2.0.0a1", "1.1.0", "1.0.0")
FINALS = ("3.0.0", "2.0.0", "1.0.0")
SPECIFIERS = ("", "~=1.0", ">=2", "<2", "==1.0.0", ">=1.1,<3", ">=2.0.0a1", "!=2.1.0", "~=2.0", "<=2.0", "==3.0.0rc1")
PLAIN = ("", "", "<3", ">=2", "<=1.0", "==2.0.0", "!=2.0.0")


class World:
    """An index in memory, what is wanted of it, and which versions are locked."""

    def __init__(
        self, offers: Mapping[str, Sequence[Offer]], wanted: Mapping[str, str], pins: Mapping[str, str] | None = None
    ) -> None:
        self._offers = offers
        self.wanted = wanted
        self.pins = pins or {}

    def __repr__(self) -> str:
        return f"World({self._offers!r}, {self.wanted!r}, {self.pins!r})"

    def offers(self, bundle: str) -> Sequence[Offer]:
        if bundle not in self._offers:
            raise AgentpkgError(f"there is no bundle {bundle}")
        return self._offers[bundle]

    @property
    def names(self) -> list[str]:
        return list(self._offers)

    def shelf(self) -> Shelf:
        return Shelf(self, self.pins)


def bundles(shelf: Mapping[str, Mapping[str, Mapping[str, str]]]) -> dict[str, list[Offer]]:
    return {
        name: [Offer(version=version, requires=requires) for version, requires in versions.items()]
        for name, versions in shelf.items()
    }


def make_world(seed: int) -> World:
    """Return bundles of two registries that require each other at random, with all that a version can be.

    Most of what they require lets in one version of each bundle, so that there often is an answer.
    """
    dice = random.Random(seed)
    names = [f"{dice.choice(('', '', '', 'acme/'))}b{number}" for number in range(dice.randint(1, 12))]
    circles, often, fair = dice.random() < 0.15, dice.choice((0.1, 0.2, 0.4)), dice.choice((0.5, 0.9, 0.98))
    answer = {name: dice.choice(VERSIONS) for name in names}

    def specifier(name: str) -> str:
        fitting = [one for one in SPECIFIERS if fits(one, answer[name])]
        return dice.choice(fitting if dice.random() < fair else SPECIFIERS)

    def offer(name: str, version: str) -> Offer:
        registry, later = name.rpartition("/")[0], names if circles else names[names.index(name) + 1 :]
        others = [one for one in later if one.rpartition("/")[0] == registry and dice.random() < often]
        return Offer(
            version=version,
            requires={one.rpartition("/")[2]: specifier(one) for one in others},
            yanked="why" if dice.random() < 0.04 else None,
            unfit="why" if dice.random() < 0.04 else None,
        )

    def versions(name: str) -> list[str]:
        return [one for one in VERSIONS if one == answer[name] or dice.random() < 0.6]

    offers = {name: [offer(name, version) for version in versions(name)] for name in names}
    wanted = {name: specifier(name) for name in names if dice.random() < 0.5}
    pins = {name: dice.choice(VERSIONS) for name in names if dice.random() < dice.choice((0, 0.3, 0.9))}
    return World(offers, wanted, pins)


def make_bumpy(seed: int) -> World:
    """Return bundles of which some leave little choice, and are settled first, while others then want older ones."""
    dice = random.Random(seed)
    few, many, base = ([f"{word}{number}" for number in range(dice.randint(1, 4))] for word in ("few", "many", "base"))

    def requires(others: Sequence[str]) -> dict[str, str]:
        return {other: dice.choice(SPECIFIERS[:10]) for other in others if dice.random() < 0.5}

    offers = {name: [Offer(version=one, requires={}) for one in VERSIONS[dice.randint(0, 4) :]] for name in base}
    for place, name in enumerate(few):
        offers[name] = [Offer(version=one, requires=requires(few[place + 1 :] + base)) for one in FINALS]
    for name in many:
        offers[name] = [Offer(version=f"{one}.0.0", requires=requires(few)) for one in range(8, 0, -1)]
    return World(offers, {name: "" for name in few + many if dice.random() < 0.8})


SEEDS = st.integers(0, 2**32)  # and not strategies all through: these draw a hundred times as long


def outcome(work: Callable[[], object]) -> object:
    try:
        return work()
    except AgentpkgError as error:
        return error.message, error.details, error.hint


@pytest.mark.parametrize("make", [make_world, make_bumpy])
@examples(500)
@given(seed=SEEDS)
def test_where_the_walk_comes_to_an_end_resolvelib_gives_the_same_answer(
    make: Callable[[int], World], seed: int
) -> None:
    world = make(seed)
    walked = outcome(lambda: walk(world.wanted, world.shelf()))
    searched = outcome(lambda: backtrack.search(world.wanted, world.shelf(), "agentpkg.toml"))
    lost = isinstance(searched, tuple) and "tangled" in str(searched[0])  # in a circle that nobody asks for any more
    assert walked is None or lost or walked == searched


@examples(200)
@given(SEEDS.map(make_world))
def test_what_is_told_of_a_set_without_an_answer_is_what_resolvelib_tells(world: World) -> None:
    try:
        resolve(world.wanted, world, world.pins)
    except Unsolved as error:
        told = (error.message, error.details, error.hint)
        searched = outcome(lambda: backtrack.search(world.wanted, world.shelf(), "agentpkg.toml"))
        assert told == searched or "tangled" in told[0]
    except AgentpkgError:
        pass


@examples(200)
@given(SEEDS.map(make_world) | SEEDS.map(make_bumpy))
def test_an_answer_keeps_to_all_that_is_wanted(world: World) -> None:
    try:
        found = resolve(world.wanted, world, world.pins)
    except AgentpkgError:
        return
    assert keeps(found, world)


# Each of these is a way in which the walk comes to choose anew.


def choices(shelf: Mapping[str, Mapping[str, Mapping[str, str]]], wanted: Mapping[str, str]) -> dict[str, str] | None:
    walked = walk(wanted, World(bundles(shelf), wanted).shelf())
    return None if walked is None else {name: offer.version for name, offer in sorted(walked.items())}


def test_what_was_chosen_too_new_is_chosen_again_and_what_it_asked_for_goes() -> None:
    shelf: dict[str, dict[str, dict[str, str]]] = {
        "aa": {"2.0.0": {"only-for-new": ""}, "1.0.0": {}},
        "bb": {"3.0.0": {"aa": "<2"}, "2.0.0": {"aa": "<2"}, "1.0.0": {"aa": "<2"}},
        "only-for-new": {"1.0.0": {}},
    }
    assert choices(shelf, {"aa": "", "bb": ""}) == {"aa": "1.0.0", "bb": "3.0.0"}


def test_a_version_that_leaves_nothing_of_a_bundle_is_passed_over() -> None:
    shelf: dict[str, dict[str, dict[str, str]]] = {
        "aa": {"2.0.0": {"bb": ">=2"}, "1.0.0": {"bb": ""}},
        "bb": {"1.0.0": {}},
    }
    assert choices(shelf, {"aa": ""}) == {"aa": "1.0.0", "bb": "1.0.0"}


NINE = [f"{number}.0.0" for number in range(9, 0, -1)]
EARLY = ["1.0.0", *(f"0.9.0rc{number}" for number in range(6, 0, -1))]
AGAIN: dict[str, dict[str, dict[str, str]]] = {
    "head": {version: {"pp": "<2"} for version in NINE[-3:]},
    "pp": {"2.0.0": {"kk": "<6"}, "1.0.0": {"kk": ""}},
}
NOTHING: dict[str, str] = {}


@pytest.mark.parametrize(
    ("more", "chosen"),
    [
        pytest.param({"kk": dict.fromkeys(NINE, NOTHING)}, {"kk": "9.0.0"}, id="what was left grows again"),
        pytest.param(
            {
                "kk": {**dict.fromkeys(NINE, NOTHING), "9.0.0": {"mm": "<2"}},
                "late": {version: {"kk": "<8"} for version in NINE[-7:]},
                "mm": dict.fromkeys(["12.0.0", "11.0.0", "10.0.0", *NINE], NOTHING),
            },
            {"kk": "7.0.0", "late": "7.0.0", "mm": "12.0.0"},
            id="and so others come first",
        ),
        pytest.param(
            {
                "kk": dict.fromkeys(EARLY, NOTHING),
                "pp": {"2.0.0": {"kk": "<=0.9.0rc9"}, "1.0.0": {}},
            },
            {"kk": "1.0.0"},
            id="what was chosen fits again",
        ),
    ],
)
def test_what_asks_no_more_leaves_no_trace(
    more: Mapping[str, Mapping[str, Mapping[str, str]]], chosen: Mapping[str, str]
) -> None:
    shelf = {**AGAIN, **more}
    world = World(bundles(shelf), dict.fromkeys(shelf, ""))
    assert walk(world.wanted, world.shelf()) == backtrack.search(world.wanted, world.shelf(), "agentpkg.toml")
    assert choices(shelf, world.wanted) == {"head": "3.0.0", "pp": "1.0.0", **chosen}


def test_what_a_version_asked_for_that_excludes_itself_is_not_kept() -> None:
    shelf: dict[str, dict[str, dict[str, str]]] = {
        "aa": {"2.0.0": {"aa": "<2", "bb": ""}, "1.0.0": {}},
        "bb": {"1.0.0": {}},
    }
    world = World(bundles(shelf), {"aa": ""})
    assert walk(world.wanted, world.shelf()) == backtrack.search(world.wanted, world.shelf(), "agentpkg.toml")
    assert choices(shelf, {"aa": ""}) == {"aa": "1.0.0"}


def test_a_dead_end_is_told_as_none() -> None:
    shelf: dict[str, dict[str, dict[str, str]]] = {
        "aa": {"2.0.0": {"cc": "==2.0.0"}, "1.0.0": {"cc": "==1.0.0"}},
        "bb": {"3.0.0": {"cc": "==1.0.0"}, "2.0.0": {"cc": "==1.0.0"}, "1.0.0": {"cc": "==1.0.0"}},
        "cc": {"2.0.0": {}, "1.0.0": {}},
    }
    assert choices(shelf, {"aa": "", "bb": ""}) is None
    assert choices(shelf, {"aa": ">=3"}) is None


# The search that looks everywhere

OVERLOOKED: dict[str, dict[str, dict[str, str]]] = {
    "lead": {"9.0.0": {"ee": "==12.0.0"}, "2.0.0": {"bb": "==6.0.0"}},
    "bb": {"6.0.0": {"cc": ">=3,<=5", "ee": ">=3,<=5"}},
    "cc": {"4.0.0": {"dd": "==2.0.0"}, "3.0.0": {"dd": ">=7,<=11"}},
    "dd": {"2.0.0": {"ff": ">=4,<=8"}},
    "ee": {"12.0.0": {"ff": ">=5,<=9"}, "5.0.0": {"ff": "==17.0.0"}, "4.0.0": {}},
    "ff": {"17.0.0": {}, "4.0.0": {}},
}


def test_what_resolvelib_overlooks_is_found() -> None:
    world = World(bundles(OVERLOOKED), {"lead": ""})
    with pytest.raises(Unsolved, match="no version of"):
        backtrack.search(world.wanted, world.shelf(), "agentpkg.toml")
    found = resolve(world.wanted, world, {})
    assert {name: offer.version for name, offer in found.items()} == {
        "bb": "6.0.0",
        "cc": "4.0.0",
        "dd": "2.0.0",
        "ee": "4.0.0",
        "ff": "4.0.0",
        "lead": "2.0.0",
    }


def make_small_world(seed: int) -> World:
    """Return bundles few enough to try every set of their versions."""
    dice = random.Random(seed)
    names = [f"b{number}" for number in range(dice.randint(2, 5))]

    def requires() -> dict[str, str]:
        return {other: dice.choice(PLAIN) for other in dice.sample(names, dice.randint(0, 2))}

    offers = {
        name: [Offer(version=version, requires=requires()) for version in FINALS[: dice.randint(1, 3)]]
        for name in names
    }
    return World(offers, {name: dice.choice(PLAIN) for name in dice.sample(names, dice.randint(1, 2))})


def make_early_world(seed: int) -> World:
    """Return a few bundles with pre-releases, some of which somebody names."""
    dice = random.Random(seed)
    names = [f"b{number}" for number in range(dice.randint(2, 4))]
    numbers = [sorted(dice.sample(range(len(VERSIONS)), dice.randint(1, 3))) for _ in names]
    offers = {
        name: [
            Offer(
                version=VERSIONS[number],
                requires={other: dice.choice(SPECIFIERS) for other in names[place + 1 :] if dice.random() < 0.6},
            )
            for number in numbers[place]
        ]
        for place, name in enumerate(names)
    }
    return World(offers, {name: dice.choice(SPECIFIERS) for name in dice.sample(names, dice.randint(1, 2))})


def make_tangle(seed: int) -> World:
    """Return bundles of which most of what looks newer leads nowhere, with an answer hidden among them."""
    dice = random.Random(seed)
    names = [f"b{number}" for number in range(dice.randint(5, 12))]
    answer = {name: dice.randint(1, 6) for name in names}

    def requires(place: int, version: int) -> dict[str, str]:
        later = names[place + 1 :]
        return {
            other: f"=={answer[other] if version == answer[names[place]] else dice.randint(1, 6)}.0.0"
            for other in dice.sample(later, min(dice.randint(1, 3), len(later)))
        }

    offers = {
        name: [Offer(version=f"{version}.0.0", requires=requires(place, version)) for version in range(6, 0, -1)]
        for place, name in enumerate(names)
    }
    return World(offers, dict.fromkeys(names[::3], ""))


def answers(world: World) -> Iterator[dict[str, Offer]]:
    """Return every set of versions that holds what is wanted and what it requires itself."""
    for choice in itertools.product(*([None, *world.offers(name)] for name in world.names)):
        chosen = {name: offer for name, offer in zip(world.names, choice, strict=True) if offer}
        if keeps(chosen, world):
            yield chosen


def keeps(chosen: Mapping[str, Offer], world: World) -> bool:
    wants = [*world.wanted.items(), *(one for name in chosen for one in requires_of(name, chosen[name]).items())]
    return all(name in chosen and fits(specifier, chosen[name].version) for name, specifier in wants)


def keeps_strictly(chosen: Mapping[str, Offer], world: World) -> bool:
    """Say the same where nothing is locked: a pre-release stands only where somebody who is chosen names one."""
    wants = [*world.wanted.items(), *(one for offer in chosen.values() for one in offer.requires.items())]
    asked = {name: SpecifierSet(",".join(text for other, text in wants if other == name)) for name in chosen}
    return keeps(chosen, world) and all(
        specifiers.contains(chosen[name].version, bool(specifiers.prereleases)) for name, specifiers in asked.items()
    )


@examples(400)
@given(SEEDS.map(make_small_world) | SEEDS.map(make_early_world))
def test_the_search_finds_an_answer_wherever_there_is_one(world: World) -> None:
    found = thorough.search_thoroughly(world.wanted, world.shelf())
    if found is None:
        assert not any(keeps_strictly(one, world) for one in answers(world))
    else:
        assert keeps_strictly(found, world)


@examples(150)
@given(SEEDS.map(make_tangle))
def test_the_search_finds_an_answer_that_is_hidden(world: World) -> None:
    found = thorough.search_thoroughly(world.wanted, world.shelf())
    assert found is not None
    assert keeps(found, world)


def test_an_answer_that_breaks_what_is_wanted_is_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(bundles({"aa": {"1.0.0": {}}}), {"aa": ""})
    monkeypatch.setattr("agentpkg.walk.walk", lambda *_: {})
    assert list(resolve(world.wanted, world, {})) == ["aa"]


def test_the_search_goes_back_to_whoever_left_too_little() -> None:
    shelf: dict[str, dict[str, dict[str, str]]] = {
        "aa": {"2.0.0": {"zz": ">=5"}, "1.0.0": {}},
        "xx": {version: {"zz": "<5"} for version in NINE[-3:]},
        "zz": dict.fromkeys(NINE, NOTHING),
    }
    wanted = {"aa": "", "xx": ""}
    found = thorough.search_thoroughly(wanted, World(bundles(shelf), wanted).shelf())
    assert found is not None
    assert {name: offer.version for name, offer in found.items()} == {"aa": "1.0.0", "xx": "3.0.0", "zz": "4.0.0"}


def test_what_has_nothing_to_do_with_a_dead_end_is_not_tried_in_all_ways() -> None:
    numbers = ("6.0.0", "5.0.0", "4.0.0", "3.0.0", "2.0.0", "1.0.0")
    shelf: dict[str, dict[str, dict[str, str]]] = {
        "aa": {"2.0.0": {"xx": "", "yy": ""}, "1.0.0": {}},
        **{f"free-{number:02}": {"2.0.0": {}, "1.0.0": {}} for number in range(20)},
        "xx": {number: {"zz": f"=={number}"} for number in numbers[:3]},
        "yy": {number: {"zz": f"=={number}"} for number in numbers[3:]},
        "zz": {number: {} for number in numbers},
    }
    wanted = dict.fromkeys([name for name in shelf if name[0] in "af"], "")
    found = thorough.search_thoroughly(wanted, World(bundles(shelf), wanted).shelf())
    assert found is not None
    assert {name: offer.version for name, offer in found.items()} == {
        "aa": "1.0.0",
        **{f"free-{number:02}": "2.0.0" for number in range(20)},
    }


def test_only_a_pre_release_that_something_may_name_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else each set of all the others would be tried with it."""
    free = {f"free-{number:02}": dict.fromkeys(NINE, NOTHING) for number in range(10)}
    shelf = {**free, "bb": {"2.0b1": NOTHING}}
    monkeypatch.setattr(thorough._Search, "_try", lambda *_: pytest.fail("something was tried"))
    wanted = dict.fromkeys(shelf, "")
    assert thorough.search_thoroughly(wanted, World(bundles(shelf), wanted).shelf()) is None


def test_a_pre_release_may_be_named_by_who_asks_last() -> None:
    """Also after another version was chosen, and where there is no other."""
    shelf = {
        "aa": {"2.0.0": NOTHING, "2.1.0b1": NOTHING},
        "bb": {"2.0b1": NOTHING},
        "yy": {"2.0.0": {"aa": "==2.1.0b1"}, "1.0.0": {"aa": "==2.1.0b1"}},
        "zz": {"1.0.0": {"bb": "==2.0b1"}},
    }
    wanted = dict.fromkeys(shelf, "")
    found = resolve(wanted, World(bundles(shelf), wanted), {})
    assert [offer.version for offer in found.values()] == ["2.1.0b1", "2.0b1", "2.0.0", "1.0.0"]
    del shelf["yy"], shelf["zz"]
    with pytest.raises(Unsolved, match="no version of bb"):
        resolve({"aa": "", "bb": ""}, World(bundles(shelf), {}), {})


def test_a_pre_release_stands_only_where_what_is_chosen_names_one() -> None:
    shelf = {
        "aa": {"2.0b1": NOTHING},
        "yy": {"2.0.0": NOTHING, "1.0.0": {"aa": "==2.0b1"}},
        "zz": {"3.0.0": NOTHING, "2.0.0": NOTHING, "1.0.0": NOTHING},
    }
    wanted = dict.fromkeys(shelf, "")
    found = resolve(wanted, World(bundles(shelf), wanted), {})
    assert [offer.version for offer in found.values()] == ["2.0b1", "1.0.0", "3.0.0"]
    wanted["yy"] = ">1"
    with pytest.raises(Unsolved, match="no version of aa"):
        resolve(wanted, World(bundles(shelf), wanted), {})


def test_what_resolvelib_holds_against_its_answers_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """It doubles with each dead end of these: pairs that are wanted freely, and want other numbers of a third one."""
    shelf: dict[str, dict[str, dict[str, str]]] = {}
    for number in range(40):
        shelf[f"base-{number}"] = dict.fromkeys(NINE, NOTHING)
        shelf[f"left-{number}"] = {one: {f"base-{number}": f"=={one}"} for one in NINE}
        shelf[f"right-{number}"] = {
            one: {f"base-{number}": f"=={older}"} for one, older in zip(NINE, (*NINE[1:], NINE[-1]), strict=True)
        }
    held = []
    find = backtrack._Provider.find_matches

    def watch(self: Any, identifier: str, requirements: Any, incompatibilities: Any) -> Any:
        held.append(sum(1 for _ in incompatibilities[identifier]))
        assert sum(held) < 200_000
        return find(self, identifier, requirements, incompatibilities)

    monkeypatch.setattr(backtrack._Provider, "find_matches", watch)
    wanted = {name: "" for name in shelf if not name.startswith("base")}
    found = resolve(wanted, World(bundles(shelf), wanted), {})
    assert held
    assert len(found) == 120
    assert {found[f"base-{number}"].version for number in range(40)} == {NINE[1]}


def test_the_search_gives_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(bundles(OVERLOOKED), {"lead": ""})
    monkeypatch.setattr(thorough, "_MOST_TRIES", 5)
    assert thorough.search_thoroughly(world.wanted, world.shelf()) is None
    with pytest.raises(Unsolved, match="no version of"):
        resolve(world.wanted, world, {})


# What must not grow faster than what is asked for


def independent(*_: int) -> dict[str, str]:
    return {}


def on_one_base(*_: int) -> dict[str, str]:
    return {"base": ">=1.0"}


def in_a_row(place: int, size: int) -> dict[str, str]:
    return {f"b{place + 1:04}": "~=2.0"} if place + 1 < size else {}


def on_a_late_base(place: int, size: int) -> dict[str, str]:
    return {"base": "~=1.0" if place + 1 == size else ">=1.0"}


def world_of(size: int, requires: Callable[[int, int], dict[str, str]]) -> World:
    versions = ("2.1.0", "2.0.0", "1.1.0", "1.0.0")
    shelf = {f"b{place:04}": dict.fromkeys(versions, requires(place, size)) for place in range(size)}
    return World(bundles({**shelf, "base": {version: {} for version in versions}}), dict.fromkeys(shelf, "~=2.0"))


@pytest.mark.parametrize("requires", [independent, on_one_base, in_a_row, on_a_late_base])
@pytest.mark.parametrize("locked", [False, True])
def test_twice_as_much_takes_twice_as_many_calls(requires: Callable[[int, int], dict[str, str]], locked: bool) -> None:
    calls = []
    for size in (50, 100):
        world = world_of(size, requires)
        if locked:
            found = resolve(world.wanted, world, {})
            world.pins = {name: offer.version for name, offer in found.items()}
        for cache in (shelf.fits, shelf.names_early, shelf.parse_specifier, shelf._parse):
            cache.cache_clear()
        calls.append(count_calls(partial(resolve, world.wanted, world, world.pins)))
    assert calls[1] < 2.2 * calls[0]


def test_each_bundle_is_asked_for_once_and_compared_once_with_the_same_specifier(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    world = world_of(30, on_one_base)
    compared: list[str] = []
    offers, matching = world.offers, Shelf.matching

    def note_offers(bundle: str) -> Sequence[Offer]:
        asked.append(bundle)
        return offers(bundle)

    def note_matching(self: Shelf, bundle: str, *rest: Any) -> list[Offer]:
        compared.append(bundle)
        return matching(self, bundle, *rest)

    monkeypatch.setattr(world, "offers", note_offers)
    monkeypatch.setattr(Shelf, "matching", note_matching)
    assert len(resolve(world.wanted, world, {})) == 31
    assert len(asked) == len(set(asked)) == 31
    assert len(compared) == len(set(compared)) == 31
