"""What somebody proposes, as markdown for a review: of a registry, and of a project."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agentpkg.compare import Comparison, Powers
from agentpkg.proposal import as_markdown, update_as_markdown
from agentpkg.semver import Level
from tests.unit.builders import TRICKY, a_bundle, an_agent


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


def test_the_whole_of_an_update() -> None:
    one = Powers(agent="triage", held=("read", "shell"), gained=("shell",), lost=())
    comparison = compared(one, reasons=((Level.MAJOR, "triage gains shell"),), text="-x\n+y\n")
    moved = [("acme/reviewers", a_bundle(an_agent("read")), comparison)]
    gains = ["acme/reviewers 1.2.0: triage would gain shell"]
    told = update_as_markdown(moved, ["old 1.0.0"], gains, ["a.md"], ["held"])
    assert told == (
        "# Newer agents\n\n"
        "**Agents gain powers; merging this approves them:**\n\n- `acme/reviewers 1.2.0: triage would gain shell`\n\n"
        "**Edits that could not be merged, and were left as they are:**\n\n- `a.md`\n\n"
        "No longer needed:\n\n- `old 1.0.0`\n\n"
        "Not updated:\n\n- `held`\n\n"
        "## acme/reviewers 1.2.0, since 1.0.0 (a major change)\n\n`Agents that review`\n\n"
        "| agent | may use | gained | lost |\n|---|---|---|---|\n| triage | `read, shell` | `shell` |  |\n\n"
        "- major: `triage gains shell`\n\n"
        "<details><summary>Text</summary>\n\n```diff\n-x\n+y\n```\n\n</details>\n"
    )
    assert update_as_markdown([], [], [], [], []) == "# Newer agents\n\nNothing to update.\n"


def test_there_is_only_so_much_room() -> None:
    one = Powers(agent="triage", held=("read",), gained=(), lost=())
    comparison = compared(one, text="+line of text\n" * 5_000)
    bundle = a_bundle(an_agent("read"))
    few = update_as_markdown([(f"team-{number}", bundle, comparison) for number in range(5)], [], [], [], [])
    assert few.count("</details>") == 5
    assert few.count("… and more") == 5
    many = update_as_markdown([(f"team-{number}", bundle, comparison) for number in range(2_000)], [], [], [], [])
    assert "There is no room here for more: `team-" in many
    for told in (few, many):
        assert len(told) < 65_000
        kinds = [token.type for token in MarkdownIt("commonmark").enable("table").parse(told)]
        assert kinds.count("fence") == told.count("```diff")
