"""Resolution: the newest version that everybody accepts, the lock's pins first."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import pytest

from agentpkg import resolve as resolve_module
from agentpkg.errors import AgentpkgError
from agentpkg.resolve import Offer, resolve

Versions = Mapping[str, Mapping[str, str]]  # what each version requires


class Shelf:
    """An index in memory: bundles by id, each with its versions from the newest to the oldest."""

    def __init__(self, bundles: Mapping[str, Versions], yanked: Mapping[str, str] | None = None) -> None:
        self._bundles = bundles
        self._yanked = yanked or {}

    def offers(self, bundle: str) -> Sequence[Offer]:
        if bundle not in self._bundles:
            raise AgentpkgError(f"there is no bundle {bundle}")
        return [
            Offer(version=version, requires=requires, yanked=self._yanked.get(f"{bundle} {version}"))
            for version, requires in self._bundles[bundle].items()
        ]


def plain(*versions: str) -> Versions:
    return {version: {} for version in versions}


def chosen(
    wanted: Mapping[str, str], bundles: Mapping[str, Versions], pins: Mapping[str, str] | None = None, **yanked: str
) -> dict[str, str]:
    index = Shelf(bundles, {key.replace("__", " ").replace("_", "."): reason for key, reason in yanked.items()})
    return {bundle: offer.version for bundle, offer in resolve(wanted, index, pins or {}).items()}


def refusal(wanted: Mapping[str, str], bundles: Mapping[str, Versions]) -> AgentpkgError:
    with pytest.raises(AgentpkgError) as caught:
        resolve(wanted, Shelf(bundles), {})
    return caught.value


THREE = {"aa": plain("2.0.0", "1.10.0", "1.9.0", "1.0.0")}


@pytest.mark.parametrize(
    ("specifier", "version"),
    [("", "2.0.0"), ("~=1.0", "1.10.0"), ("<1.10", "1.9.0"), ("==1.0.0", "1.0.0"), (">=1,!=1.10.0,<2", "1.9.0")],
)
def test_the_newest_version_that_fits_wins(specifier: str, version: str) -> None:
    assert chosen({"aa": specifier}, THREE) == {"aa": version}


def test_versions_are_compared_as_versions_whatever_their_order() -> None:
    assert chosen({"aa": ""}, {"aa": plain("1.9.0", "1.10.0", "1.2.0")}) == {"aa": "1.10.0"}


def test_nothing_wanted_is_nothing_chosen() -> None:
    assert chosen({}, {}) == {}


# Pins


@pytest.mark.parametrize(
    ("specifier", "pin", "version"), [("", "1.9.0", "1.9.0"), (">=1.10", "1.9.0", "2.0.0"), ("", "9.9.9", "2.0.0")]
)
def test_a_pin_goes_first_where_it_fits(specifier: str, pin: str, version: str) -> None:
    assert chosen({"aa": specifier}, THREE, {"aa": pin}) == {"aa": version}


def test_a_pin_gives_way_to_what_another_bundle_requires() -> None:
    bundles = {"aa": plain("2.0.0", "1.0.0"), "bb": {"1.0.0": {"aa": ">=2"}}}
    assert chosen({"aa": "", "bb": ""}, bundles, {"aa": "1.0.0"}) == {"aa": "2.0.0", "bb": "1.0.0"}


def test_pins_hold_what_is_required_too() -> None:
    bundles = {"aa": plain("2.0.0", "1.0.0"), "bb": {"1.0.0": {"aa": ""}}}
    assert chosen({"bb": ""}, bundles, {"aa": "1.0.0"}) == {"aa": "1.0.0", "bb": "1.0.0"}


def test_a_pin_of_a_bundle_that_nobody_wants_is_nothing() -> None:
    assert chosen({}, THREE, {"aa": "1.0.0"}) == {}


# Pre-releases and yanked versions


@pytest.mark.parametrize(
    ("specifier", "version"),
    [("", "1.0.0"), (">=1", "1.0.0"), (">=2.0.0a1", "2.0.0rc1"), ("==2.0.0rc1", "2.0.0rc1"), ("~=2.0.0b1", "2.0.0rc1")],
)
def test_a_pre_release_is_chosen_only_where_a_specifier_names_one(specifier: str, version: str) -> None:
    assert chosen({"aa": specifier}, {"aa": plain("2.0.0rc1", "2.0.0b1", "1.0.0")}) == {"aa": version}


def test_a_bundle_of_pre_releases_alone_is_not_chosen_unasked() -> None:
    assert refusal({"aa": ""}, {"aa": plain("1.0.0rc1")}).hint == "aa has 1.0.0rc1"


def test_a_pinned_pre_release_stays() -> None:
    assert chosen({"aa": ""}, {"aa": plain("2.0.0rc1", "1.0.0")}, {"aa": "2.0.0rc1"}) == {"aa": "2.0.0rc1"}


def test_a_final_version_goes_before_its_pre_releases() -> None:
    assert chosen({"aa": ">=2.0.0a1"}, {"aa": plain("2.0.0rc1", "2.0.0", "2.0.0a1")}) == {"aa": "2.0.0"}


def test_a_yanked_version_is_not_chosen() -> None:
    assert chosen({"aa": ""}, {"aa": plain("2.0.0", "1.0.0")}, aa__2_0_0="broken") == {"aa": "1.0.0"}
    with pytest.raises(AgentpkgError):
        chosen({"aa": "==2.0.0"}, {"aa": plain("2.0.0", "1.0.0")}, aa__2_0_0="broken")


def test_a_yanked_version_that_is_pinned_stays() -> None:
    assert chosen({"aa": ""}, {"aa": plain("2.0.0", "1.0.0")}, {"aa": "2.0.0"}, aa__2_0_0="broken") == {"aa": "2.0.0"}


# What bundles require


def test_what_a_bundle_requires_is_chosen_with_it() -> None:
    bundles = {"aa": {"1.0.0": {"bb": "~=1.0"}}, "bb": {"2.0.0": {}, "1.5.0": {"cc": ""}}, "cc": plain("0.1.0")}
    assert chosen({"aa": ""}, bundles) == {"aa": "1.0.0", "bb": "1.5.0", "cc": "0.1.0"}


def test_bundles_that_require_each_other_in_a_circle_are_refused_naming_it() -> None:
    bundles: dict[str, dict[str, dict[str, str]]] = {
        "lead": {"1.0.0": {"aa": "", "zz": ""}},
        "aa": {"1.0.0": {"bb": ""}},
        "bb": {"1.0.0": {"cc": ""}},
        "cc": {"1.0.0": {"aa": ">=1"}},
        "zz": {"1.0.0": {}},
    }
    error = refusal({"lead": ""}, bundles)
    assert (error.message, error.exit_code) == ("bundles require each other in a circle", 3)
    assert error.details == ("aa → bb → cc → aa",)


def test_a_bundle_that_two_others_require_is_no_circle() -> None:
    bundles: dict[str, dict[str, dict[str, str]]] = {
        "lead": {"1.0.0": {"aa": "", "bb": ""}},
        "aa": {"1.0.0": {"bb": ""}},
        "bb": {"1.0.0": {}},
    }
    assert set(chosen({"lead": ""}, bundles)) == {"lead", "aa", "bb"}


def test_what_is_required_is_looked_up_where_the_parent_came_from() -> None:
    bundles = {"acme/aa": {"1.0.0": {"bb": ""}}, "acme/bb": plain("1.0.0"), "bb": plain("2.0.0")}
    assert chosen({"acme/aa": ""}, bundles) == {"acme/aa": "1.0.0", "acme/bb": "1.0.0"}


def test_a_name_never_falls_through_to_another_registry() -> None:
    bundles = {"acme/aa": {"1.0.0": {"bb": ""}}, "bb": plain("2.0.0")}
    assert refusal({"acme/aa": ""}, bundles).message == "there is no bundle acme/bb"


def test_bundles_of_one_name_from_two_registries_are_two_bundles() -> None:
    bundles = {"acme/aa": plain("1.0.0"), "aa": plain("2.0.0")}
    assert chosen({"acme/aa": "", "aa": ""}, bundles) == {"aa": "2.0.0", "acme/aa": "1.0.0"}


# Conflicts


def test_a_requirement_that_nothing_fits_is_told_with_what_there_is() -> None:
    error = refusal({"aa": ">=3"}, THREE)
    assert error.message == "no version of aa is what is asked for"
    assert error.details == ("agentpkg.toml wants aa >=3",)
    assert error.hint == "aa has 2.0.0, 1.10.0, 1.9.0, 1.0.0"


def test_many_versions_are_counted() -> None:
    versions = [f"{number}.0.0" for number in range(12, 0, -1)]
    assert refusal({"aa": ">99"}, {"aa": plain(*versions)}).hint == (
        "aa has 12.0.0, 11.0.0, 10.0.0, 9.0.0, 8.0.0, 7.0.0, 6.0.0, 5.0.0 and 4 older"
    )


def test_a_conflict_is_told_with_the_whole_chain_of_who_wants_what() -> None:
    bundles = {
        "team": {"1.0.0": {"reviewers": ""}},
        "reviewers": {"2.1.0": {"sql": ">=2"}},
        "analysts": {"1.3.0": {"sql": "~=1.0"}},
        "sql": plain("2.0.0", "1.0.0"),
    }
    error = refusal({"team": "", "analysts": ""}, bundles)
    assert error.message == "no version of sql is what everybody wants"
    assert error.details == (
        "agentpkg.toml → analysts 1.3.0 wants sql ~=1.0",
        "agentpkg.toml → team 1.0.0 → reviewers 2.1.0 wants sql >=2",
    )
    assert error.hint == "sql has 2.0.0, 1.0.0"


def test_a_conflict_with_the_manifest_itself_names_the_manifest() -> None:
    bundles = {"aa": {"1.0.0": {"bb": ">=2"}}, "bb": plain("2.0.0", "1.0.0")}
    assert refusal({"aa": "", "bb": "<2"}, bundles).details == (
        "agentpkg.toml wants bb <2",
        "agentpkg.toml → aa 1.0.0 wants bb >=2",
    )


def test_a_specifier_in_the_manifest_that_is_none_is_the_users_error_and_not_a_bug() -> None:
    error = refusal({"aa": "^1.2"}, THREE)
    assert "'^1.2' is not a version specifier" in error.message


# Backtracking


def test_a_diamond_of_three_finds_the_versions_that_agree() -> None:
    bundles = {
        "aa": {"2.0.0": {"base": "~=3.0"}, "1.0.0": {"base": "~=2.0"}},
        "bb": {"2.0.0": {"base": "~=3.0"}, "1.0.0": {"base": "~=2.0"}},
        "cc": {"2.0.0": {"base": "~=2.0"}, "1.0.0": {"base": "~=1.0"}},
        "base": plain("3.0.0", "2.1.0", "2.0.0", "1.0.0"),
    }
    assert chosen({"aa": "", "bb": "", "cc": ""}, bundles) == {
        "aa": "1.0.0",
        "base": "2.1.0",
        "bb": "1.0.0",
        "cc": "2.0.0",
    }


def test_a_dead_end_in_the_newest_version_is_left_for_an_older_one() -> None:
    bundles = {"aa": {"2.0.0": {"bb": ">=9"}, "1.0.0": {"bb": ""}}, "bb": plain("1.0.0")}
    assert chosen({"aa": ""}, bundles) == {"aa": "1.0.0", "bb": "1.0.0"}


def test_sixty_bundles_of_twenty_versions_that_lean_on_each_other_are_solved() -> None:
    """Every version requires the next two bundles not newer than itself, and the last one is old."""
    names = [f"bundle-{number:02}" for number in range(60)]
    bundles: dict[str, Versions] = {
        name: {
            f"{major}.0.0": dict.fromkeys(names[place + 1 : place + 3], f"<={major}.0.0") for major in range(20, 0, -1)
        }
        for place, name in enumerate(names)
    }
    bundles[names[-1]] = plain(*(f"{major}.0.0" for major in range(20, 0, -1)))
    result = chosen({names[0]: "", names[30]: "<=7.0.0", names[-1]: "<=3.0.0"}, bundles)
    assert list(result) == names
    for name, version in result.items():
        for other, specifier in bundles[name][version].items():
            assert int(result[other].split(".")[0]) <= int(specifier.removeprefix("<=").split(".")[0])


def test_tight_pairs_that_need_backtracking_are_solved() -> None:
    """Each bundle wants exactly its own number of the next one; only one number is left at the end of the row."""
    names = [f"bundle-{number:02}" for number in range(60)]
    numbers = range(20, 0, -1)
    bundles: dict[str, Versions] = {
        name: {f"{number}.0.0": {following: f"=={number}.0.0"} for number in numbers}
        for name, following in itertools.pairwise(names)
    }
    bundles[names[-1]] = plain("4.0.0")
    assert chosen({names[0]: ""}, bundles) == dict.fromkeys(names, "4.0.0")


@pytest.mark.parametrize(
    ("chosen_versions", "told"),
    [
        ({"aa": "1.0.0", "bb": "2.0.0"}, None),
        ({"aa": "1.0.0"}, "no way was found to have bb ~=2.0"),
        ({"aa": "1.0.0", "bb": "1.0.0"}, "no way was found to have bb ~=2.0"),
        ({"bb": "2.0.0"}, "no way was found to have aa"),
    ],
)
def test_an_answer_that_leaves_out_or_breaks_what_is_wanted_is_never_taken(
    chosen_versions: dict[str, str], told: str | None
) -> None:
    """The library that searches forgets now and then who wanted what."""
    requires: dict[str, dict[str, str]] = {"aa": {"bb": "~=2.0"}, "bb": {}}
    answer = {name: Offer(version=version, requires=requires[name]) for name, version in chosen_versions.items()}
    wanted = {"aa": ""}
    if told is None:
        resolve_module._refuse_unsound(wanted, answer)
        return
    with pytest.raises(AgentpkgError, match="too tangled") as caught:
        resolve_module._refuse_unsound(wanted, answer)
    assert caught.value.details == (told,)
