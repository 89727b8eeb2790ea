"""What is newer: which version an update could take, which is newest at all, and which two are compared."""

from __future__ import annotations

import pytest

from agentpkg.freshness import Outlook, choose_pair, look_ahead, newest
from agentpkg.resolve import Offer


def offers(*versions: str) -> list[Offer]:
    """Return offers, newest first; a version after `-` was yanked, one after `!` cannot be read."""
    return [
        Offer(
            version=version.lstrip("-!"),
            requires={},
            yanked="broken" if version.startswith("-") else None,
            unfit="odd" if version.startswith("!") else None,
        )
        for version in versions
    ]


@pytest.mark.parametrize(
    ("held", "specifiers", "found"),
    [
        (["2.0.0", "1.1.0", "1.0.0"], [], "2.0.0"),
        (["2.0.0", "1.1.0", "1.0.0"], ["~=1.0"], "1.1.0"),
        (["2.0.0", "1.1.0", "1.0.0"], ["~=1.0", "<1.1"], "1.0.0"),
        (["2.0.0", "1.0.0"], [">2"], None),
        (["-2.0.0", "1.0.0"], [], "1.0.0"),
        (["!2.0.0", "1.0.0"], [], "1.0.0"),
        (["-1.0.0"], [], None),
        ([], [], None),
        (["2.0.0rc1", "1.0.0"], [], "1.0.0"),
        (["2.0.0rc1"], [], None),
        (["2.0.0rc1", "1.0.0"], [">=2.0.0rc1"], "2.0.0rc1"),
        (["2.0.0rc1", "1.0.0"], [">=1"], "1.0.0"),
        (["0.0.0+gabc", "0.0.0+g123"], [""], "0.0.0+gabc"),
    ],
)
def test_the_newest_that_everybody_lets_in(held: list[str], specifiers: list[str], found: str | None) -> None:
    assert newest(offers(*held), specifiers) == found


def ahead(current: str | None, *held: str, wanted: str | None = None, specifier: str = "") -> Outlook:
    return look_ahead("tool", current, wanted or current, offers(*held), [(None, specifier)])


def test_what_is_newest_is_not_outdated() -> None:
    assert not ahead("1.0.0", "1.0.0", "0.9.0").outdated
    assert not ahead("0.0.0+gabc", "0.0.0+gabc").outdated


@pytest.mark.parametrize(
    ("outlook", "latest", "prerelease"),
    [
        (ahead("1.0.0", "2.0.0", "1.0.0", specifier="~=1.0"), "2.0.0", None),
        (ahead("1.0.0", "1.1.0", "1.0.0", wanted="1.1.0"), "1.1.0", None),
        (ahead("1.0.0", "2.0.0rc1", "1.1.0", "1.0.0", specifier=">=2.0.0rc1"), "2.0.0rc1", None),
        (ahead("1.0.0", "3.0.0a1", "2.0.0", "1.0.0"), "2.0.0", "3.0.0a1"),
        (ahead("1.1.0", "-1.1.0", "1.0.0", wanted="1.0.0"), "1.0.0", None),
        (ahead("1.0.0", "-1.0.0"), None, None),
        (ahead(None, "1.0.0", wanted="1.0.0"), "1.0.0", None),
        (ahead("0.0.0+g123", "0.0.0+gabc", "0.0.0+g123"), "0.0.0+gabc", None),
    ],
)
def test_what_is_behind(outlook: Outlook, latest: str | None, prerelease: str | None) -> None:
    assert outlook.outdated
    assert (outlook.latest, outlook.prerelease) == (latest, prerelease)


def test_an_installed_prerelease_is_the_latest_until_a_newer_version_comes() -> None:
    assert ahead("2.0.0rc1", "2.0.0rc1", "1.0.0").latest == "2.0.0rc1"
    assert not ahead("2.0.0rc1", "2.0.0rc1", "1.0.0").outdated
    assert ahead("2.0.0rc1", "2.0.0", "2.0.0rc1", "1.0.0").latest == "2.0.0"
    assert ahead("2.0.0rc1", "2.0.0rc2", "2.0.0rc1").prerelease == "2.0.0rc2"


def test_who_asks_is_told() -> None:
    outlook = look_ahead("tool", "1.0.0", "1.0.0", offers("1.0.0"), [(None, "~=1.0"), ("top", ""), ("mid", "<2")])
    assert (outlook.specifier, outlook.required_by) == ("~=1.0", ("top", "mid"))
    assert look_ahead("tool", "1.0.0", None, offers("1.0.0"), [("top", "")]).specifier is None


HELD = offers("2.0.0", "1.1.0", "1.0.0")


@pytest.mark.parametrize(
    ("current", "wanted", "given", "pair"),
    [
        ("1.0.0", "1.1.0", [], ("1.0.0", "1.1.0")),
        ("1.1.0", "1.1.0", [], ("1.1.0", "2.0.0")),
        ("2.0.0", "2.0.0", [], None),
        (None, "2.0.0", [], None),
        ("1.1.0", "1.1.0", ["1.0.0"], ("1.0.0", "1.1.0")),
        ("1.1.0", "1.1.0", ["2.0.0"], ("1.1.0", "2.0.0")),
        ("1.1.0", "1.1.0", ["1.1.0"], ("1.1.0", "2.0.0")),
        ("2.0.0", "2.0.0", ["2.0.0"], None),
        (None, "2.0.0", ["1.0.0"], ("1.0.0", "2.0.0")),
        (None, "2.0.0", ["2.0.0"], None),
        ("1.0.0", "1.1.0", ["2.0.0", "1.0.0"], ("2.0.0", "1.0.0")),
    ],
)
def test_which_two_are_compared(
    current: str | None, wanted: str, given: list[str], pair: tuple[str, str] | None
) -> None:
    outlook = look_ahead("tool", current, wanted, HELD, [])
    assert choose_pair(outlook, HELD, given) == pair
