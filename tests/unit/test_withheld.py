"""Limits: what one set of them holds back and another does no longer, and which fields of hosts set them."""

from __future__ import annotations

import pytest

from agentpkg.compare import compare_bundles
from agentpkg.grants import Grants, name_powers
from agentpkg.hostfields import grants_everywhere
from agentpkg.hosts import HOSTS
from agentpkg.semver import Level
from agentpkg.withheld import lifted
from tests.unit.builders import a_bundle, an_agent


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ([], ["inn.steps<=3"], ()),
        (["inn.steps<=3"], [], ("inn.steps beyond 3",)),
        (["inn.steps<=3"], ["inn.steps<=4"], ("inn.steps beyond 3",)),
        (["inn.steps<=3"], ["inn.steps<=20"], ("inn.steps beyond 3",)),
        (["inn.steps<=20"], ["inn.steps<=3"], ()),
        (["inn.steps<=3"], ["inn.steps<=2.5"], ()),
        (["inn.steps<=3"], ["barn.steps<=3"], ("inn.steps beyond 3",)),
        (["inn.steps<=x"], ["inn.steps<=3"], ("inn.steps beyond x",)),
        (["inn.off!=Bash", "inn.off!=Edit"], ["inn.off!=Bash"], ("inn.off without Edit",)),
        (["inn.off!=Bash(a=b)"], ["inn.off!=Bash(a=b)", "inn.off!=Edit"], ()),
        (["inn.friends=a", "inn.friends=b"], ["inn.friends=a"], ()),
        (["inn.friends=a", "inn.friends=b"], ["inn.friends=a", "inn.friends=c"], ("inn.friends other than a, b",)),
        (["inn.friends=a"], [], ("inn.friends other than a",)),
        (["inn.mode=plan"], ["inn.mode=default"], ("inn.mode other than plan",)),
        (["nonsense"], [], ("nonsense other than ",)),
    ],
)
def test_what_is_no_longer_held_back_is_told(before: list[str], now: list[str], told: tuple[str, ...]) -> None:
    assert lifted(before, now) == told
    assert lifted(before, before) == lifted(now, now) == ()
    assert Grants(frozenset(), frozenset(now)).beyond(Grants(frozenset(["*"]), frozenset(before))) == told


LIMITING = [
    ("claude", "disallowedTools", ["Bash"], "claude.disallowedTools without Bash"),
    ("claude", "maxTurns", "3", "claude.maxTurns beyond 3"),
    ("claude", "permissionMode", "plan", "claude.permissionMode other than plan"),
    ("grok", "isolation", "worktree", "grok.isolation other than worktree"),
    ("openhands", "max_budget_per_run", "1", "openhands.max_budget_per_run beyond 1"),
    ("kimi", "subagents", ["a"], "kimi.subagents other than a"),
]


@pytest.mark.parametrize(("host", "field", "value", "told"), LIMITING, ids=[f"{one[0]}.{one[1]}" for one in LIMITING])
def test_a_version_that_lifts_a_limit_is_a_major_step(host: str, field: str, value: str | list[str], told: str) -> None:
    limited = a_bundle(an_agent("read", host_fields={host: {field: [*value] if isinstance(value, list) else value}}))
    free = a_bundle(an_agent("read"))
    done = compare_bundles((limited, {}), free, {})
    assert done.level is Level.MAJOR
    assert done.reasons == ((Level.MAJOR, f"triage gains {told}"),)
    assert compare_bundles((free, {}), limited, {}).level is Level.PATCH


def test_an_agent_under_a_new_name_does_not_shake_off_what_holds_all_others_back() -> None:
    fields = {"claude": {"maxTurns": "3"}}
    before = a_bundle(an_agent("read", host_fields=fields))
    for limits, level in ((None, Level.MAJOR), (fields, Level.MINOR)):
        after = a_bundle(an_agent("read", host_fields=fields), an_agent("read", name="other", host_fields=limits))
        assert compare_bundles((before, {}), after, {}).level is level


def test_values_that_hold_nothing_back_are_no_limits() -> None:
    fields = {"grok": {"isolation": "none"}, "auggie": {"disable_skills": "false"}, "claude": {"color": "red"}}
    assert grants_everywhere(a_bundle(an_agent("read", host_fields=fields)))["triage"].limits == frozenset()


def test_fields_for_a_host_that_nobody_knows_yet_neither_add_nor_hold_back() -> None:
    own = {"claude": {"maxTurns": "3"}}
    bundles = [a_bundle(an_agent("read", host_fields=fields)) for fields in (own, {**own, "future": {"maxTurns": "2"}})]
    known, more = (grants_everywhere(bundle)["triage"] for bundle in bundles)
    assert known.limits == {"claude.maxTurns<=3"}
    assert more == known


def test_every_field_that_counts_or_takes_away_is_marked_as_a_limit() -> None:
    """So that a new host file does not forget it: `temperature` and its like are no limits of what an agent may do."""
    plain = {
        f"{host.name}.{spec.name}"
        for host in HOSTS.values()
        for spec in host.fields
        if spec.kind in ("integer", "number", "texts") and not (spec.limit or spec.power)
    }
    assert {one.partition(".")[2] for one in plain} == {"temperature", "top_p", "nickname_candidates"}


def test_beside_every_tool_only_what_stands_apart_is_named() -> None:
    assert name_powers(["*", "mcp-server:db serve", "read", "shell"]) == "every tool, mcp-server:db serve"
    assert name_powers(["edit", "read"]) == "edit, read"
