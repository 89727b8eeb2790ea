"""Whether a registry is what it must be, and what a proposal adds, as values and as markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agentpkg.compare import Comparison, Powers
from agentpkg.resolve import Offer
from agentpkg.semver import Level
from agentpkg.verification import Problem, as_markdown, check_requirements, look_alikes
from tests.unit.builders import TRICKY, a_bundle, an_agent


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
            [("bb 1.0.0", "no version of aa is what everybody wants; agentpkg.toml → bb 1.0.0 wants aa >=2")],
        ),
        (offers(aa=[offer()], bb=[offer("2.0.0"), offer("1.0.0", aa=">=2")]), []),
        (
            offers(aa=[replace(offer(), yanked="x")], bb=[offer(aa="")]),
            [
                (
                    "bb 1.0.0",
                    "no version of aa is what everybody wants; agentpkg.toml → bb 1.0.0 wants aa (any version)",
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


def compared(*powers: Powers, reasons: tuple[tuple[Level, str], ...] = (), text: str = "") -> Comparison:
    return Comparison(before="1.0.0", reasons=reasons, powers=powers, text=text)


def test_the_whole_of_a_comment() -> None:
    one = Powers(agent="triage", held=("read", "shell"), gained=("shell",), lost=("edit",))
    reasons = ((Level.MAJOR, "triage gains shell"), (Level.MINOR, "triage has another model"))
    comparison = compared(one, reasons=reasons, text="--- a\n+++ b\n-x\n+y\n")
    assert as_markdown([(a_bundle(an_agent("read")), comparison)], ["bundles/x/1.0.0/a"], ["yanks x 1.0.0: old"]) == (
        "# What this changes in the registry\n\n"
        "**It changes published versions, which must never change:**\n\n- `bundles/x/1.0.0/a`\n\n"
        "- `yanks x 1.0.0: old`\n\n"
        "## reviewers 1.2.0, since 1.0.0 (a major change)\n\n`Agents that review`\n\n"
        "| agent | may use | gained | lost |\n|---|---|---|---|\n| triage | `read, shell` | `shell` | `edit` |\n\n"
        "- major: `triage gains shell`\n- minor: `triage has another model`\n\n"
        "<details><summary>Text</summary>\n\n```diff\n--- a\n+++ b\n-x\n+y\n```\n\n</details>\n"
    )


def test_of_a_new_bundle_nothing_was_gained() -> None:
    one = Powers(agent="triage", held=("read",), gained=("read",), lost=())
    comparison = Comparison(before=None, reasons=(), powers=(one,), text="")
    told = as_markdown([(a_bundle(an_agent("read")), comparison)], [], [])
    assert "## reviewers 1.2.0, new\n" in told
    assert "| triage | `read` |  |  |" in told


def test_nothing_is_told_as_such() -> None:
    assert as_markdown([], [], []) == "# What this changes in the registry\n\nNo version of any bundle.\n"


NASTY = st.one_of(
    st.sampled_from([
        "`", "``", "a`b``c```d", "|", "\\|", "\\\\|", "a\\", "<script>x</script>", "<!--", "-->", "[a](http://b)",
        "**b**", "~~~", "```", "</details>", "&lt;b&gt;", "  ", "# h", "- x", "\t", "http://a.example", "`|`", "\\`",
    ]),
    TRICKY,
)  # fmt: skip
LINES = st.lists(NASTY, min_size=1, max_size=4).map(lambda parts: " ".join("".join(parts).split()) or "x")
TEXTS = st.lists(NASTY, max_size=6).map("\n".join)


@given(LINES, LINES, LINES, TEXTS)
def test_what_authors_write_is_shown_and_not_rendered(description: str, power: str, reason: str, text: str) -> None:
    one = Powers(agent="triage", held=(power, "read"), gained=(power,), lost=(power,))
    comparison = compared(one, reasons=((Level.MAJOR, reason),), text=f"+{text}\n")
    bundle = replace(a_bundle(an_agent("read")), description=description)
    told = as_markdown([(bundle, comparison)], [reason], [description])
    tokens = MarkdownIt("commonmark").enable("table").parse(told)
    kinds = [token.type for token in tokens]
    html = [token.content for token in tokens if token.type == "html_block"]
    assert html == ["<details><summary>Text</summary>\n", "</details>\n"]
    assert kinds.count("fence") == 1
    assert kinds.count("td_open") == 4
    inline = {child.type for token in tokens for child in token.children or ()}
    assert inline <= {"text", "code_inline", "strong_open", "strong_close"}
    shown = [child.content for token in tokens for child in token.children or () if child.type == "code_inline"]
    assert shown == [reason, description, description, f"{power}, read", power, power, reason]
