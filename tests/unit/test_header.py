"""Frontmatter is read strictly: what is not plain is an error, because an agent without `tools` holds every tool."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentpkg.errors import ContentRefused
from agentpkg.header import read_header
from tests.unit.builders import TRICKY


def read(header: str, body: str = "Body.\n") -> dict[str, object]:
    return dict(read_header(f"---\n{header}\n---\n{body}", "a.md")[0])


def body_of(text: str) -> str:
    return read_header(f"---\nname: a\n---{text}", "a.md")[1]


def refusal(text: str) -> ContentRefused:
    with pytest.raises(ContentRefused) as caught:
        read_header(text, "a.md")
    return caught.value


# What a header is


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("name: a", {"name": "a"}),
        ("name: a  # comment", {"name": "a"}),
        ('name: "a\\tb"', {"name": "a\tb"}),
        ("name: 'it''s'", {"name": "it's"}),
        ("a: [b, c]", {"a": ["b", "c"]}),
        ("a:\n  - b\n  - c", {"a": ["b", "c"]}),
        ("a: {b: {c: d}}", {"a": {"b": {"c": "d"}}}),
        ("a: []", {"a": []}),
        ("a: {}", {"a": {}}),
        ("a: |\n  b\n  c", {"a": "b\nc\n"}),
        ("a: >-\n  b\n  c", {"a": "b c"}),
        ("", {}),
        ("# only a comment", {}),
    ],
)
def test_a_header_is_texts_lists_and_tables(header: str, values: object) -> None:
    assert read(header) == values


@pytest.mark.parametrize(
    "scalar",
    [
        "1.10",
        "NO",
        "yes",
        "true",
        "null",
        "~",
        "0000-00-00",
        "2024-01-01",
        "0x10",
        "1_000",
        "1e3",
        ".inf",
        "12:30:00",
        "=",
        "9" * 5000,
    ],
    ids=lambda scalar: scalar[:12],
)
def test_every_scalar_is_the_text_that_was_written(scalar: str) -> None:
    assert read(f"a: {scalar}") == {"a": scalar}


def test_a_key_without_a_value_is_an_empty_text_and_not_absent() -> None:
    assert read("tools:") == {"tools": ""}


# What a header is not


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Body only.\n",
        "--- \nname: a\n---\n",
        "---js\nname: a\n---\n",
        "+++\nname = 1\n+++\n",
        "----\nname: a\n----\n",
        "\ufeff---\nname: a\n---\n",
        '{"name": "a"}\n',
        "---\nname: a\n",
        "---\nname: a\nBody ---\n",
        "---\nname: a\n --- \n",
    ],
    ids=[
        "empty",
        "body only",
        "space after fence",
        "js",
        "toml",
        "four dashes",
        "bom",
        "json",
        "unclosed",
        "fence in text",
        "indented fence",
    ],
)
def test_a_file_without_two_fences_has_no_header_and_that_is_an_error(text: str) -> None:
    assert refusal(text).message == "a.md: no frontmatter between two lines of '---'"


@pytest.mark.parametrize("text", ["\n---\nname: a\n---\n", " ---\nname: a\n---\n", "\t\n---\n---\n"])
def test_nothing_stands_before_the_first_fence(text: str) -> None:
    error = refusal(text)
    assert (error.message, error.hint) == ("a.md: the file starts with white space", "the first line must be ---")


@pytest.mark.parametrize("header", ["- a\n- b", "just text", '"quoted"', "[a, b]"])
def test_a_header_that_is_no_table_is_refused(header: str) -> None:
    assert refusal(f"---\n{header}\n---\nBody.\n").message == "a.md: the header is not a table of keys and values"


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("a: 1\na: 2", "line 3 the header has the key 'a' twice"),
        ("b: {a: 1, a: 2}", "line 2 the header has the key 'a' twice"),
        ("a: &x 1\nb: *x", "line 2 the header holds an anchor or an alias"),
        ("b: *x", "line 2 the header holds an anchor or an alias"),
        ("a: &x {b: c}", "line 2 the header holds an anchor or an alias"),
        ("a: !!str 1", "line 2 the header holds the tag 'tag:yaml.org,2002:str'"),
        (
            "a: !!python/object:os.system {}",
            "line 2 the header holds the tag 'tag:yaml.org,2002:python/object:os.system'",
        ),
        ("a: !x 1", "line 2 the header holds the tag '!x'"),
        ("a: ! 1", "line 2 the header holds the tag '!'"),
        ("? [a]\n: b", "line 2 the header has a key that is not text"),
        ("? {a: b}\n: c", "line 2 the header has a key that is not text"),
        ("a: " + "[" * 9 + "]" * 9, "line 2 the header nests deeper than 8 levels"),
    ],
)
def test_what_yaml_can_do_beyond_plain_values_is_refused_naming_the_line(header: str, problem: str) -> None:
    error = refusal(f"---\n{header}\n---\nBody.\n")
    assert (error.message, error.hint) == (f"a.md: {problem}", "write plain keys and values")


def test_nesting_without_end_is_refused_and_exhausts_nothing() -> None:
    message = refusal("---\na: " + "[" * 50_000 + "\n---\n").message
    # libyaml may be the first to say no
    assert "nests deeper" in message or "exceeded maximum nesting depth" in message


@pytest.mark.parametrize(
    "header",
    ["a: b: c", "a: [b", "a: 'b", 'a: "b', "\ta: b", "a: b\n  c: d", "a: @b", "a: `b", "a: %b", 'a: "\\q"'],
)
def test_a_header_that_is_no_yaml_is_refused_and_never_empty(header: str) -> None:
    error = refusal(f"---\nname: x\n{header}\n---\nBody.\n")
    assert error.message.startswith("a.md: line 3 the header is not valid YAML: ") or "line 4" in error.message
    assert error.hint == "put the value into double quotes, on one line"


@pytest.mark.parametrize(
    "header",
    [
        "name: a\n--- \ntools: []",
        "name: a\n...\n---  # another\ntools: []",
        "name: a\n...\ntools: []",
        "{name: a}\ntools: []",
        "{name: a} {tools: []}",
        "{name: a}\n]",
    ],
    ids=[
        "second document",
        "end and second document",
        "text after the end",
        "text after a table",
        "two tables",
        "bracket",
    ],
)
def test_nothing_of_a_header_is_left_unread(header: str) -> None:
    """A list of tools behind the end of the first document would otherwise be dropped, which grants every tool."""
    refusal(f"---\n{header}\n---\nBody.\n")


@pytest.mark.parametrize("escape", ["\\N", "\\L", "\\P", "\\x1b", "\\0", "\\uFEFF", "\\r"])
def test_control_characters_cannot_be_smuggled_in_by_escapes(escape: str) -> None:
    assert "a.md: line 2: the header holds U+" in refusal(f'---\na: "{escape}"\n---\nBody.\n').message


def test_a_problem_names_the_line_of_the_file() -> None:
    assert refusal("---\nname: a\nok: b\nname: c\n---\n").message == "a.md: line 4 the header has the key 'name' twice"


# The body


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("\nBody.\n", "Body.\n"),
        ("\nBody.", "Body.\n"),
        ("\n\n\nBody.\n\n\n", "Body.\n"),
        ("\n  \n\t\nBody.\n  \n", "Body.\n"),
        ("\n    indented first\n  second\n", "    indented first\n  second\n"),
        ("\n\n    indented after a blank line\n", "    indented after a blank line\n"),
        ("\none\n\n\ntwo\n", "one\n\n\ntwo\n"),
        ("\none  \ntwo\n", "one  \ntwo\n"),
        ("\none  \n", "one  \n"),
        ("\none\u00a0\n", "one\u00a0\n"),
        ("\n---\nmore\n---\n", "---\nmore\n---\n"),
        ("\n{{ x }} ${y} \\n ''' \"\"\"\n", "{{ x }} ${y} \\n ''' \"\"\"\n"),
        ("", ""),
        ("\n", ""),
        ("\n \n\t\n", ""),
    ],
)
def test_a_body_comes_byte_for_byte_but_for_blank_lines_at_both_ends(text: str, body: str) -> None:
    assert body_of(text) == body


@given(TRICKY)
def test_every_line_of_a_body_survives(text: str) -> None:
    lines = text.split("\n")
    while lines and not lines[0].strip():
        del lines[0]
    while lines and not lines[-1].strip():
        del lines[-1]
    assert body_of("\n" + text) == ("\n".join(lines) + "\n" if lines else "")


@given(st.text("-\na: []{}&*!\"'#%@`|>", max_size=40))
def test_any_header_is_read_whole_or_refused(header: str) -> None:
    try:
        values, _ = read_header(f"---\n{header}\n---\nBody.\n", "a.md")
    except ContentRefused:
        return
    assert isinstance(values, dict)
