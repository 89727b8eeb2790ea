"""Whether a registry is what it must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from agentpkg.resolve import Offer
from agentpkg.verification import Problem, check_requirements, look_alikes


def offers(**bundles: Sequence[Offer]) -> Mapping[str, Sequence[Offer]]:
    return {name.replace("_", "-"): found for name, found in bundles.items()}


def offer(version: str = "1.0.0", **requires: str) -> Offer:
    return Offer(version=version, requires=requires)


@pytest.mark.parametrize(
    ("held", "problems"),
    [
        (offers(), []),
        (offers(aa=[offer()], bb=[offer(aa="~=1.0")]), []),
        (offers(aa=[offer(nowhere="")]), [("aa 1.0.0", "requires nowhere, of which there is no version")]),
        (
            offers(aa=[offer("2.0.0"), offer("1.0.0", nowhere="", never="")]),
            [
                ("aa 1.0.0", "requires never, of which there is no version"),
                ("aa 1.0.0", "requires nowhere, of which there is no version"),
            ],
        ),
        (
            offers(aa=[offer()], bb=[offer(aa=">=2")]),
            [("bb 1.0.0", "no version of aa is what is asked for; agentpkg.toml → bb 1.0.0 wants aa >=2")],
        ),
        (offers(aa=[offer()], bb=[offer("2.0.0"), offer("1.0.0", aa=">=2")]), []),
        (
            offers(aa=[replace(offer(), yanked="x")], bb=[offer(aa="")]),
            [
                (
                    "bb 1.0.0",
                    "no version of aa is what is asked for; agentpkg.toml → bb 1.0.0 wants aa (any version)",
                )
            ],
        ),
        (offers(aa=[offer()], bb=[replace(offer(aa=">=2"), yanked="x")]), []),
        (offers(aa=[offer(aa="")]), [("aa 1.0.0", "bundles require each other in a circle; aa → aa")]),
    ],
)
def test_requirements_are_met_by_the_registry(
    held: Mapping[str, Sequence[Offer]], problems: list[tuple[str, str]]
) -> None:
    assert check_requirements(held) == [Problem(where=where, what=what) for where, what in problems]


def test_pairs_that_look_alike_are_each_told_once() -> None:
    assert look_alikes(["tool", "toool", "fool", "other"]) == [("fool", "tool"), ("tool", "toool")]
    assert look_alikes(["data-engineer", "dataengineer"]) == [("data-engineer", "dataengineer")]
    assert look_alikes(["cloud-clerk", "doud-derk"]) == [("cloud-clerk", "doud-derk")]
    assert look_alikes([]) == []
