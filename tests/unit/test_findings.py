"""Findings: their order, and the SARIF that tools read."""

from __future__ import annotations

import pytest

from agentpkg.audit import DRIFT, HIDDEN, KEPT, RULES, UNCHECKED, check_text, exit_code
from agentpkg.findings import Finding, in_order, to_sarif


def test_findings_come_by_file_and_place() -> None:
    found = [
        Finding(rule=HIDDEN, path="b.md", line=2, column=1, message="x"),
        Finding(rule=HIDDEN, path="b.md", line=1, column=9, message="x"),
        Finding(rule=DRIFT, path="a.md", message="x"),
        Finding(rule=UNCHECKED, message="x"),
    ]
    assert [one.place for one in in_order(found)] == ["", "a.md", "b.md:1:9", "b.md:2:1"]


def test_every_rule_has_a_code_of_its_own_and_says_what_to_do() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.about
        assert rule.remedy
        assert (rule.exit_code > 0) == (rule.level == "error")


@pytest.mark.parametrize(
    ("codes", "expected"),
    [((), 0), (("kept", "unchecked"), 0), (("drift", "kept"), 1), (("drift", "unreachable"), 8),
     (("unreachable", "hidden-text"), 3), (("hidden-text", "approval"), 4), (("approval", "lock", "drift"), 5)],
)  # fmt: skip
def test_the_gravest_finding_gives_the_exit_code(codes: tuple[str, ...], expected: int) -> None:
    rules = {rule.code: rule for rule in RULES}
    assert exit_code([Finding(rule=rules[code], message="x") for code in codes]) == expected


def test_sarif_has_what_its_readers_need() -> None:
    found = [
        Finding(rule=HIDDEN, path=".claude/agents/my agent.md", line=3, column=4, message="holds it"),
        Finding(rule=KEPT, path=".roomodes#tool", message="an edit"),
        Finding(rule=UNCHECKED, path=None, message="no place"),
        Finding(rule=DRIFT, path="\udcff.md", message="bytes"),
    ]
    log = to_sarif(found, RULES, "1.2.3")
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("agentpkg", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == [rule.code for rule in RULES]
    assert run["results"][0] == {
        "ruleId": "hidden-text",
        "level": "error",
        "message": {"text": "holds it"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": ".claude/agents/my%20agent.md", "uriBaseId": "PROJECT"},
                    "region": {"startLine": 3, "startColumn": 4},
                }
            }
        ],
    }
    places = [one["locations"][0]["physicalLocation"] for one in run["results"] if "locations" in one]
    assert [place["artifactLocation"]["uri"] for place in places[1:]] == [".roomodes", "%FF.md"]
    assert ["region" in place for place in places] == [True, False, False]
    assert {one["level"] for one in run["results"]} <= {"error", "warning", "note", "none"}


def test_the_first_places_of_a_file_are_told_and_the_rest_counted() -> None:
    found = [*check_text("a.md", "x\u200b\n".encode() * 9)]
    assert [(one.line, one.column) for one in found] == [(1, 2), (2, 2), (3, 2), (4, 2), (5, 2), (6, 2)]
    assert found[-1].message == "and 4 more in this file"


def test_a_byte_that_is_no_text_is_told_as_such() -> None:
    (found,) = check_text("a.md", b"one\ntwo \xfe")
    assert (found.line, found.column, found.message) == (2, 5, "holds byte 0xFE, which is not UTF-8")
