"""What clients answer: names in JSON of every shape, and words about a file, whatever stands around them."""

from __future__ import annotations

import json

import pytest

from agentpkg.doctor.answers import find_reason, find_version, last_words, read_names, version_key
from agentpkg.hosts import HOSTS
from agentpkg.hosts.clients import Question

LISTED = Question(arguments=(), answer=("result", "agents", "*", "name"))
KEYED = Question(arguments=(), answer=("agent",), keyed=True)
TOLD = Question(arguments=(), answer=("*", "text"), pattern=r"(?m)^- (\w+):")
AGENTS = {"result": {"agents": [{"name": "one"}, {"name": "two", "more": [1]}, {"other": 1}]}}


def framed(*documents: object) -> str:
    texts = [json.dumps(one) for one in documents]
    return "".join(f"Content-Length: {len(text)}\r\n\r\n{text}" for text in texts)


@pytest.mark.parametrize(
    ("question", "output", "names"),
    [
        (LISTED, json.dumps(AGENTS), {"one", "two"}),
        (LISTED, json.dumps(AGENTS, indent=2), {"one", "two"}),
        (LISTED, f"Welcome!\n{json.dumps({'result': {}})}\n{json.dumps(AGENTS)}\nBye {{", {"one", "two"}),
        (LISTED, framed({"id": 1, "result": {"ok": True}}, {"id": 2, **AGENTS}), {"one", "two"}),
        (LISTED, '{broken\n{"result": {"agents": [{"name": "one"}]}}', {"one"}),
        (LISTED, '{"result": {"agents": []}}', set()),
        (LISTED, '{"result": {"agents": [{"id": 1}]}}', None),
        (LISTED, '{"result": {"agents": [{"name": 1}]}}', set()),
        (LISTED, '{"result": {"agents": {"name": "one"}}}', None),
        (LISTED, '{"error": {"message": "no"}}', None),
        (LISTED, json.dumps(AGENTS)[:-3], None),
        (LISTED, "", None),
        (LISTED, "[" * 100_000, None),
        (LISTED, "{\n" * 100_000, None),
        (KEYED, '{"agent": {"one": {}, "two": 1}}', {"one", "two"}),
        (KEYED, '{"agent": {}}', set()),
        (KEYED, '{"agent": ["one"]}', set()),
        (KEYED, "{}", None),
        (TOLD, json.dumps([{"text": "Agents\n- one: a\n- two: b"}, {"text": "none"}, 3]), {"one", "two"}),
        (TOLD, json.dumps([{"other": "- one: a"}]), None),
        (TOLD, json.dumps([{"text": ["- one: a"]}]), set()),
    ],
)
def test_names_are_read(question: Question, output: str, names: set[str] | None) -> None:
    assert read_names(question, output) == names


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            "2026-01-01T10:11:12.123Z [ERROR] Agent file /s/project/.x/bad.md: no name\n",
            "Agent file .x/bad.md: no name",
        ),
        ("\x1b[91m\x1b[1mError: \x1b[0mat /s/project/.x/bad.md\n", "Error: at .x/bad.md"),
        ("loaded not-bad.md\n", None),
        ("loaded bad.mdx\n", None),
        ("the first: bad.md\nthe second: bad.md", "the first: bad.md"),
        ("", None),
        ("bad.md " + "x" * 1000, "bad.md " + "x" * 293),
    ],
)
def test_what_is_said_about_a_file(said: str, reason: str | None) -> None:
    assert find_reason(".x/bad.md", said, ["/s/project", "/s/home"]) == reason


def test_last_words_are_the_end_in_one_line() -> None:
    assert last_words("one\n\n two \nthree\nfour\n", []) == "two three four"
    assert last_words("", []) == ""


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("2.1.330 (Some Code)\n", "2.1.330"),
        ("Some CLI 1.0.102.\nRun 'some update' to check for updates.\n", "1.0.102"),
        (" Some 0.24.4 and 0.15.10", "0.24.4"),
        ("1.2.9 and 1.2.10", "1.2.10"),
        ("some 1.0.41 (4220f3b224a6)", "1.0.41"),
        ("no version", None),
        (f"{'1' * 5000}.0 and {'1' * 5000}.2.3", None),
        (f"1.{'2' * 5000}", None),
        (f"{'1.' * 5000}0", None),
        ("", None),
    ],
)
def test_a_version_is_found(text: str, version: str | None) -> None:
    assert find_version(text) == version


def test_versions_are_compared_by_their_numbers() -> None:
    assert version_key("1.10.0") > version_key("1.9.9")
    assert version_key("2.0") > version_key("1.99.99")


def test_a_client_that_can_be_asked_was_checked_with_a_version() -> None:
    for host in HOSTS.values():
        if host.client and host.client.question:
            assert find_version(host.checked.partition(",")[2]), host.name
            assert host.client.question.answer, host.name
