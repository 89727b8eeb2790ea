"""What `doctor` makes of facts: every finding has facts that raise it, and facts nearly like them that do not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from agentpkg.doctor import LEVELS, Diagnosis, is_well, listed
from agentpkg.doctor.hosts import Heard, Presence, examine_others, examine_presence
from agentpkg.doctor.machine import EMPTY, LOW, MOST_AHEAD, Machine, examine_machine, size
from agentpkg.doctor.project import Condition, Rival, Tracked, examine_project
from agentpkg.doctor.registries import Reach, examine_registry
from agentpkg.drift import Drifted, State
from agentpkg.hosts import HOSTS
from agentpkg.losses import Fidelity, Note
from agentpkg.overlap import Overlap

MACHINE = Machine(
    python="3.12.1", agentpkg="1.0.0", git="2.39.5", oldest_git=(2, 30), cache="/cache", free={"/cache": LOW}
)
FILE = ".claude/agents/tool.md"
NEW = f"{FILE}.agentpkg-new"
CONDITION = Condition(
    manifest="agentpkg.toml",
    lock="agentpkg.lock",
    state=".agentpkg",
    files=(Drifted(path=FILE, state=State.CLEAN),),
    tracked=Tracked(ignored=frozenset([".agentpkg/"]), known=frozenset(["agentpkg.toml", "agentpkg.lock", FILE])),
)
ASKED = HOSTS["claude"]  # one that can be asked, and was checked with a version
TRUSTED = HOSTS["codex"]
NO_ANSWER = HOSTS["qwen"]
NO_PROGRAM = HOSTS["zoo"]
NO_VERSION = HOSTS["cursor"]
PRESENCE = Presence(host=ASKED, place="/bin/client", version="999.0.0", agents=(FILE, "two.md"), heard=Heard())


def worse(findings: Iterable[Diagnosis]) -> set[tuple[str, str]]:
    """Return code and level of all that is not well."""
    return {(one.code, one.level) for one in findings if one.level != "ok"}


@pytest.mark.parametrize(
    ("wrong", "expected", "near"),
    [
        ({"git": None}, ("git", "problem"), {"git": "2.30.0"}),
        ({"git": "2.29.9.windows.1"}, ("git", "problem"), {"git": "2.30.0.windows.1"}),
        ({"git": "2.33.8", "signers": True}, ("git", "problem"), {"git": "2.34.1", "signers": True}),
        ({"git": "1.99"}, ("git", "problem"), {"git": "3.0"}),
        ({"unwritable": "it is not yours"}, ("cache", "problem"), {"unwritable": None}),
        ({"damaged": ("a.git",)}, ("damage", "warning"), {"damaged": ()}),
        ({"damaged": None}, ("damage", "note"), {"damaged": ()}),
        ({"free": {"/": LOW - 1}}, ("disk", "warning"), {"free": {"/": LOW}}),
        ({"free": {"/": EMPTY - 1}}, ("disk", "problem"), {"free": {"/": LOW}}),
        ({"caseless": True}, ("case", "note"), {"caseless": False}),
        ({"ahead": MOST_AHEAD + 1}, ("clock", "warning"), {"ahead": MOST_AHEAD}),
    ],
)
def test_a_machine(wrong: dict[str, Any], expected: tuple[str, str], near: dict[str, Any]) -> None:
    assert worse(examine_machine(MACHINE)) == set()
    assert worse(examine_machine(replace(MACHINE, **wrong))) == {expected}
    assert worse(examine_machine(replace(MACHINE, **near))) == set()


def test_an_old_git_without_signers_will_do() -> None:
    assert worse(examine_machine(replace(MACHINE, git="2.33.8"))) == set()


@pytest.mark.parametrize(
    ("wrong", "expected", "near"),
    [
        ({"unreachable": "no route"}, ("unreachable", "problem"), {"unreachable": None}),
        ({"unreachable": "no route", "mine": True}, ("unreachable", "warning"), {"mine": True}),
        ({"asked": False}, ("registry", "note"), {"asked": True}),
        ({"distrust": "it changed"}, ("trust", "problem"), {"distrust": None}),
        ({"asked": False}, ("registry", "note"), {"asked": False, "shipped": True}),
    ],
)
def test_a_registry(wrong: dict[str, Any], expected: tuple[str, str], near: dict[str, Any]) -> None:
    facts = Reach(name="acme", url="https://git.example.com/agents.git", fetched="2026-01-02")
    assert worse(examine_registry(facts)) == set()
    assert worse(examine_registry(replace(facts, **wrong))) == {expected}
    assert worse(examine_registry(replace(facts, **near))) == set()


def test_a_registry_tells_whose_it_is_and_how_new() -> None:
    facts = Reach(name="acme", url="u", fetched="2026-01-02", mine=True, signed=True)
    (one,) = examine_registry(facts)
    assert one.what == "answers; yours, signed, the newest change here is of 2026-01-02"
    assert one.where == "acme (u)"


@pytest.mark.parametrize(
    ("wrong", "expected", "near"),
    [
        ({"place": None}, ("client", "note"), {"place": "/bin/client"}),
        ({"place": None, "inside": "/project/client"}, ("inside", "warning"), {"place": "/bin/client"}),
        ({"version": None}, ("version", "note"), {"version": "999"}),
        ({"version": "2.1.329"}, ("version", "warning"), {"version": "2.1.330"}),
        ({"version": "2.1.99"}, ("version", "warning"), {"version": "2.2"}),
        ({"heard": None}, ("loads", "note"), {"heard": None, "agents": ()}),
        ({"heard": Heard(failure="killed")}, ("loads", "note"), {"heard": Heard()}),
        ({"heard": Heard(stopped="bad file")}, ("stopped", "problem"), {"heard": Heard()}),
        ({"heard": Heard(lost={FILE: "no name"})}, ("loads", "problem"), {"heard": Heard(lost={})}),
        ({"host": TRUSTED}, ("folder-trust", "note"), {"host": TRUSTED, "agents": ()}),
        ({"host": NO_ANSWER}, ("loads", "note"), {"host": NO_ANSWER, "agents": ()}),
        ({"host": NO_PROGRAM}, ("client", "note"), {"host": ASKED}),
    ],
)
def test_a_client(wrong: dict[str, Any], expected: tuple[str, str], near: dict[str, Any]) -> None:
    assert worse(examine_presence(PRESENCE, started=True)) == set()
    assert worse(examine_presence(replace(PRESENCE, **wrong), started=True)) == {expected}
    assert worse(examine_presence(replace(PRESENCE, **near), started=True)) == set()


def test_a_client_that_was_not_started_is_told_as_that_alone() -> None:
    found = [*examine_presence(replace(PRESENCE, version=None, heard=None), started=False)]
    assert [(one.code, one.what) for one in found] == [("client", "/bin/client was not started")]


def test_a_version_says_nothing_where_no_client_was_checked() -> None:
    assert (
        worse(examine_presence(replace(PRESENCE, host=NO_VERSION, version="0.0.1", agents=()), started=True)) == set()
    )


def test_how_many_agents_are_loaded() -> None:
    heard = Heard(lost={FILE: None})
    told = [one.what for one in examine_presence(replace(PRESENCE, heard=heard), started=True) if one.code == "loads"]
    assert told == [f"it does not load {FILE}", "it loads 1 of 2 agents"]


def test_other_clients_are_told_in_one_line() -> None:
    assert [*examine_others({})] == []
    (one,) = examine_others({"beta": "/bin/b", "alpha": "/bin/a"})
    assert one.level == "ok"
    assert one.what.endswith(": beta, alpha")


def overlap(fidelity: Fidelity) -> Overlap:
    return Overlap(bundle="tool", agent="tool", host="copilot", note=Note("overlap", fidelity, "loads it"))


def tracked(*, ignored: Iterable[str] = (".agentpkg/",), known: Iterable[str] | None = ()) -> Tracked:
    names = None if known is None else frozenset(["agentpkg.toml", "agentpkg.lock", FILE, *known])
    return Tracked(ignored=frozenset(ignored), known=names)


UNKNOWN = Tracked(ignored=frozenset([".agentpkg/", FILE, "agentpkg.lock"]), known=frozenset(["agentpkg.toml"]))


@pytest.mark.parametrize(
    ("wrong", "expected", "near"),
    [
        ({"has_manifest": False}, {("manifest", "note")}, {"has_manifest": True}),
        ({"interrupted": True}, {("interrupted", "problem")}, {}),
        ({"unreadable": "no TOML"}, {("unreadable", "problem")}, {}),
        ({"torn": True}, {("torn", "problem")}, {}),
        ({"unsettled": "tool is not in the lock"}, {("unsettled", "problem")}, {}),
        *(
            (
                {"files": (Drifted(path=FILE, state=state),)},
                {("drift", "warning")},
                {"files": (Drifted(path=FILE, state=State.KEPT),)},
            )
            for state in State
            if state not in (State.CLEAN, State.KEPT)
        ),
        ({"widened": {FILE: ("shell",)}}, {("widened", "warning")}, {"widened": {}}),
        ({"left": (NEW,)}, {("left", "warning")}, {"left": ()}),
        ({"tracked": UNKNOWN}, {("ignored", "warning"), ("lock-ignored", "warning")}, {"tracked": None}),
        (
            {"tracked": tracked(ignored=[".agentpkg/", FILE], known=None)},
            {("ignored", "warning")},
            {"tracked": tracked(ignored=[".agentpkg/", FILE])},  # ignored, but git has it all the same
        ),
        (
            {"tracked": Tracked(ignored=frozenset([".agentpkg/"]), known=frozenset(["agentpkg.toml"]))},
            {("untracked", "note")},
            {"tracked": tracked(known=None)},
        ),
        (
            {"tracked": tracked(known=[".agentpkg/lock"])},
            {("state-tracked", "warning")},
            {"tracked": tracked(known=[".agentpkg.md"])},
        ),
        (
            {"tracked": tracked(ignored=[])},
            {("state-shown", "warning")},
            {"tracked": tracked(ignored=[]), "has_state": False},
        ),
        ({"overlaps": (overlap(Fidelity.WIDENED),)}, {("overlap", "warning")}, {}),
        ({"overlaps": (overlap(Fidelity.APPROXIMATED),)}, {("overlap", "note")}, {}),
        *(
            (
                {"rivals": (Rival(host="auggie", agent="tool", path="a.md", user=True, wins=wins),)},
                {("shadowed", "warning")},
                {"rivals": (Rival(host="auggie", agent="tool", path="a.md", user=True, wins=False),)},
            )
            for wins in (True, None)
        ),
        ({"off": (("opencode.json", "it is off"),)}, {("switched-off", "warning")}, {"off": ()}),
    ],
)
def test_a_project(wrong: dict[str, Any], expected: set[tuple[str, str]], near: dict[str, Any]) -> None:
    assert worse(examine_project(CONDITION)) == set()
    assert worse(examine_project(replace(CONDITION, **wrong))) == expected
    assert worse(examine_project(replace(CONDITION, **near))) == set()


def test_a_lock_that_cannot_be_read_is_not_told_to_fit() -> None:
    for wrong in ({"unreadable": "x"}, {"torn": True}, {"unsettled": "x"}, {"has_lock": False}):
        assert "lock" not in {one.code for one in examine_project(replace(CONDITION, **wrong))}
    assert "lock" in {one.code for one in examine_project(CONDITION)}


def test_what_is_to_be_solved_has_a_remedy() -> None:
    facts = replace(CONDITION, interrupted=True, unsettled="x", left=(NEW,), widened={FILE: ("shell",)})
    found = [*examine_project(facts), *examine_machine(replace(MACHINE, git=None, damaged=("a",)))]
    assert all(one.remedy for one in found if one.level in ("warning", "problem"))


def test_only_problems_are_not_well() -> None:
    for level in LEVELS:
        one = Diagnosis(group="machine", code="x", level=level, what="x")
        assert is_well([one]) == (level != "problem")


def test_numbers_and_lists_as_people_read_them() -> None:
    assert [size(number) for number in (0, 999, 1000, 1_500_000, 2_000_000_000, 5_000_000_000_000)] == [
        "0 bytes", "999 bytes", "1 kB", "1.5 MB", "2.0 GB", "5000.0 GB",
    ]  # fmt: skip
    assert listed("abcabc") == "a, b, c"
    assert listed("abcdefgh") == "a, b, c, d, e, f and 2 more"
