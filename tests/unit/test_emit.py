"""What is written is read back equal by every reader of the format."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from agentpkg import emit
from tests.unit.builders import TEXT, TRICKY

if TYPE_CHECKING:
    from agentpkg.hosts.base import Value

SCALARS = st.one_of(
    TRICKY, st.integers(-(10**9), 10**9), st.integers(1, 10**9).map(lambda number: number / 1000), st.booleans()
)
LISTS = st.lists(TRICKY, max_size=4)
PLAIN_KEYS = st.sampled_from(["name", "description", "tools", "permission", "user-invocable", "max_turns", "maxTurns"])
KEYS = st.one_of(
    PLAIN_KEYS, TRICKY, st.sampled_from(["*", "no", "true", "null", "on", "git log --- *", "a---b_x", "1.10", "~"])
)
TREES = st.recursive(
    st.one_of(SCALARS, LISTS), lambda inner: st.dictionaries(KEYS, inner, min_size=1, max_size=4), max_leaves=6
)
HEADERS = st.dictionaries(PLAIN_KEYS, TREES, max_size=5)
FLAT_HEADERS = st.dictionaries(PLAIN_KEYS, st.one_of(SCALARS, LISTS), max_size=5)
ENDS = st.sampled_from(["", "'", "''", "'''", '"', '""', '"""', "\\", "\n", "'''\"\"\""])
BODIES = st.builds("{}{}{}".format, ENDS, TRICKY, ENDS)


def split(written: bytes) -> tuple[str, str]:
    """Return header and body as a reader does that takes the first `---` after the opening one for the end."""
    opening, header, body = written.decode().split("---", 2)
    assert opening == ""
    assert header[0] == "\n"
    assert body[:2] == "\n\n"
    return header[1:], body[2:]


@given(HEADERS, BODIES)
@example({"description": "a --- b ---- c\n---\n"}, "---\n")
@example({"permission": {"git log --- *": "allow"}}, "")
@example({"permission": {"a---b_x": "allow"}}, "")
@example({"permission": {"no": "allow", "null": "allow", "true": "deny"}}, "")
def test_yaml_is_read_back_equal_whatever_stands_in_it(header: dict[str, Value], body: str) -> None:
    head, rest = split(emit.markdown(header, body))
    assert (yaml.safe_load(head) or {}) == header
    assert rest == body


@pytest.mark.parametrize("number", [0.00001, 1e-09, 0.1, 2.0, 999999999.0])
def test_a_number_is_read_back_as_a_number(number: float) -> None:
    head, _ = split(emit.markdown({"temperature": number}, ""))
    assert yaml.safe_load(head) == {"temperature": number}
    assert tomllib.loads(emit.toml({"temperature": number}, "body", "").decode())["temperature"] == number


@given(FLAT_HEADERS, BODIES)
def test_toml_is_read_back_equal_whatever_stands_in_it(header: dict[str, Value], body: str) -> None:
    assert tomllib.loads(emit.toml(header, "the_body", body).decode()) == {**header, "the_body": body}


@given(TRICKY)
def test_a_text_is_quoted_on_one_line_that_yaml_and_toml_read_alike(text: str) -> None:
    quoted = emit.quoted(text)
    assert "\n" not in quoted
    assert quoted[0] == quoted[-1] == '"'
    assert yaml.safe_load(quoted) == text
    assert tomllib.loads(f"a = {quoted}") == {"a": text}


@given(st.dictionaries(PLAIN_KEYS, TEXT, min_size=1, max_size=5))
def test_every_text_of_a_header_is_one_double_quoted_line(header: dict[str, Value]) -> None:
    head, _ = split(emit.markdown(header, ""))
    lines = head.split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(header)
    assert all(re.fullmatch(r'[A-Za-z_-]+: ".*"', line) for line in lines)


@given(HEADERS)
def test_no_dashes_in_a_header_look_like_its_end(header: dict[str, Value]) -> None:
    written = emit.markdown(header, "").decode()
    assert "---" not in written.removeprefix("---\n").removesuffix("---\n\n")


def test_markdown_is_laid_out_for_people() -> None:
    header: dict[str, Value] = {
        "name": "triage",
        "tools": ["Read", "Edit"],
        "none": [],
        "turns": 3,
        "hidden": True,
        "permission": {"*": "deny", "read": {"*.env": "ask"}},
    }
    assert emit.markdown(header, "Body.\n").decode() == (
        "---\n"
        'name: "triage"\n'
        'tools: ["Read", "Edit"]\n'
        "none: []\n"
        "turns: 3\n"
        "hidden: true\n"
        "permission:\n"
        '  "*": "deny"\n'
        "  read:\n"
        '    "*.env": "ask"\n'
        "---\n"
        "\n"
        "Body.\n"
    )


def test_toml_is_laid_out_for_people() -> None:
    header: dict[str, Value] = {"name": "triage", "words": ["a", "b"]}
    assert emit.toml(header, "body", 'One\n"""two"""\n').decode() == (
        'name = "triage"\nwords = ["a", "b"]\nbody = \'\'\'\nOne\n"""two"""\n\'\'\'\n'
    )


@given(HEADERS, BODIES)
def test_equal_values_are_equal_bytes(header: dict[str, Value], body: str) -> None:
    assert emit.markdown(dict(header), body) == emit.markdown(header, body)
