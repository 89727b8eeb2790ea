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
from tests.support.examples import examples
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


# An entry of a list of modes

# As a prompt is: its first and last lines say something, and it ends with one newline.
PROMPTS = st.builds("{}x{}y{}\n".format, st.sampled_from(["", "  ", "    ", "- ", "# ", "\t"]), BODIES, ENDS).map(
    lambda text: text.rstrip("\n") + "\n"
)


@examples(40)
@given(st.dictionaries(PLAIN_KEYS, TREES, min_size=1, max_size=4), PROMPTS)
@example({"name": "a"}, "    deep\n\n\ttab\n   \n- slug: x\n---\n")
def test_a_mode_is_read_back_equal_whatever_stands_in_it(header: dict[str, Value], prompt: str) -> None:
    text = f"customModes:\n{emit.mode(header, 'prompt', prompt).decode()}"
    assert yaml.safe_load(text) == {"customModes": [{**header, "prompt": prompt}]}
    assert yaml.safe_load(f"{text}other: 1\n") == {"customModes": [{**header, "prompt": prompt}], "other": 1}


def test_a_mode_is_laid_out_for_people() -> None:
    assert emit.mode({"slug": "a", "groups": ["read"]}, "prompt", "One\n\n  two\n").decode() == (
        '  - slug: "a"\n    groups: ["read"]\n    prompt: |2\n      One\n\n        two\n'
    )


# Lists of tables

TABLES = st.lists(st.dictionaries(KEYS, st.one_of(SCALARS, LISTS), min_size=1, max_size=3), min_size=1, max_size=3)


@examples(40)
@given(TABLES, BODIES)
def test_a_list_of_tables_is_read_back_equal(tables: list[Value], body: str) -> None:
    header: dict[str, Value] = {"name": "a", "servers": tables, "more": {"servers": tables, "last": 1}}
    head, rest = split(emit.markdown(header, body))
    assert (yaml.safe_load(head), rest) == (header, body)


def test_a_list_of_tables_is_laid_out_for_people() -> None:
    header: dict[str, Value] = {"servers": [{"own": {"command": "npx", "args": ["-y"]}}, {"more": {"url": "u"}}]}
    assert split(emit.markdown(header, ""))[0] == (
        'servers:\n  - own:\n      command: "npx"\n      args: ["-y"]\n  - more:\n      url: "u"\n'
    )


# Tables in TOML


@examples(40)
@given(st.dictionaries(KEYS, TREES, max_size=4))
def test_an_inline_table_is_read_back_equal_and_stands_on_one_line(table: dict[str, Value]) -> None:
    line = emit.inline_toml(table)
    assert "\n" not in line
    assert tomllib.loads(f"a = {line}") == {"a": table}


@examples(40)
@given(KEYS)
def test_a_key_is_read_back_equal(key: str) -> None:
    assert tomllib.loads(f"a.{emit.toml_key(key)} = 1") == {"a": {key: 1}}


@examples(40)
@given(HEADERS, BODIES)
def test_toml_takes_tables_too(header: dict[str, Value], body: str) -> None:
    assert tomllib.loads(emit.toml(header, "the_body", body).decode()) == {**header, "the_body": body}


# A header that is read line by line

ONE_LINE = TRICKY.map(lambda text: re.sub(r"\s+", " ", text))
PLAIN_ITEMS = st.sampled_from(["Read", "mcp__own__*", "own/query", "a.b-c", "two words", 'a "b"', "back\\slash", "- x"])
LINE_HEADERS = st.dictionaries(
    PLAIN_KEYS, st.one_of(ONE_LINE, st.lists(PLAIN_ITEMS, min_size=1, max_size=3)), max_size=4
)


@examples(40)
@given(LINE_HEADERS, BODIES)
def test_plain_lines_are_yaml_as_well_and_are_read_back_equal(header: dict[str, Value], body: str) -> None:
    _, head, rest = emit.plain_lines(header, body).decode().split("---\n", 2)
    assert (yaml.safe_load(head) or {}) == header
    assert rest == f"\n{body}"


@examples(40)
@given(LINE_HEADERS)
def test_plain_lines_hold_no_flow_list_and_no_escapes_but_two(header: dict[str, Value]) -> None:
    lines = emit.plain_lines(header, "").decode().splitlines()[1:-2]
    for line in lines:
        assert re.fullmatch(r'[A-Za-z_-]+:|(  - |[A-Za-z_-]+: )([A-Za-z_][\w.*/-]*|"([^"\\]|\\["\\])*")', line)


def test_plain_lines_are_laid_out_for_people() -> None:
    header: dict[str, Value] = {"name": "triage", "tools": ["Read", "two words"], "turns": 3, "hidden": True}
    header["servers"] = {"own": {"command": "npx", "args": ["-y"]}}
    assert emit.plain_lines(header, "Body.\n").decode() == (
        '---\nname: "triage"\ntools:\n  - Read\n  - "two words"\nturns: 3\nhidden: true\n'
        'servers:\n  own:\n    command: "npx"\n    args:\n      - "-y"\n---\n\nBody.\n'
    )
