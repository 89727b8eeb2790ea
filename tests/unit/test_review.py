"""Review: what a change would let agents do that nobody has approved."""

from __future__ import annotations

from agentpkg.grants import Grants
from agentpkg.review import Gain, find_gains, refuse
from tests.unit.builders import a_locked_bundle


def gains(
    approved: dict[str, tuple[str, ...]] | None, now: dict[str, tuple[str, ...]], *, named: bool = False
) -> dict[str, tuple[str, ...]]:
    """Return the powers gained by each agent of one bundle; `approved` None means that it is new."""
    found = find_gains(
        {} if approved is None else {"aa": a_locked_bundle(approved)},
        {"aa": {agent: Grants(frozenset(powers)) for agent, powers in now.items()}},
        {"aa": "2.0.0"},
        {"aa"} if named else set(),
    )
    return {gain.agent: gain.powers for gain in found}


def test_the_same_powers_are_no_gain() -> None:
    assert gains({"triage": ("read",)}, {"triage": ("read",)}) == {}


def test_fewer_powers_are_no_gain() -> None:
    assert gains({"triage": ("shell",)}, {"triage": ("read", "edit")}) == {}


def test_what_the_approved_powers_do_not_cover_is_gained() -> None:
    assert gains({"triage": ("edit",)}, {"triage": ("read", "shell", "web-fetch")}) == {
        "triage": ("shell", "web-fetch")
    }


def test_losing_the_tool_list_is_a_gain() -> None:
    assert gains({"triage": ("read",)}, {"triage": ("*",)}) == {"triage": ("*",)}


def test_another_command_of_a_server_is_a_gain_even_for_a_shell() -> None:
    assert gains({"triage": ("shell", "mcp-server:own npx a")}, {"triage": ("shell", "mcp-server:own npx b")}) == {
        "triage": ("mcp-server:own npx b",)
    }


def test_a_new_agent_is_measured_against_all_of_its_bundle() -> None:
    approved: dict[str, tuple[str, ...]] = {"triage": ("read",), "writer": ("edit",)}
    assert gains(approved, {"new": ("edit", "read")}) == {}
    assert gains(approved, {"new": ("edit", "web-fetch")}) == {"new": ("web-fetch",)}


def test_an_agent_is_not_measured_against_the_others_of_its_bundle() -> None:
    assert gains({"triage": ("read",), "runner": ("shell",)}, {"triage": ("shell",)}) == {"triage": ("shell",)}


def test_a_bundle_that_nobody_named_is_told_even_if_it_holds_nothing() -> None:
    assert gains(None, {"triage": ()}) == {"triage": ()}


def test_a_bundle_that_somebody_named_is_approved() -> None:
    assert gains(None, {"triage": ("shell",)}, named=True) == {}


def test_the_refusal_lists_every_gain_and_says_how_to_approve() -> None:
    error = refuse(
        [
            Gain(bundle="aa", before="1.0.0", after="2.0.0", agent="triage", powers=("shell", "web-fetch")),
            Gain(bundle="bb", before=None, after="1.0.0", agent="writer", powers=("*",)),
            Gain(bundle="cc", before=None, after="1.0.0", agent="reader", powers=()),
        ]
    )
    assert error.exit_code == 4
    assert error.message == "agents would gain powers that nobody has approved"
    assert error.details == (
        "aa 1.0.0 → 2.0.0: triage would gain shell, web-fetch",
        "bb 1.0.0 is new, and nobody named it: writer would hold every tool",
        "cc 1.0.0 is new, and nobody named it: reader would hold nothing",
    )
    assert error.hint == "read the change, then run the command again with --accept-grants"
