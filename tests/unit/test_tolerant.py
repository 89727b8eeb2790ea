"""Tolerant reading: what was meant is read and every repair said, and what an agent may do is never guessed."""

from __future__ import annotations

import re
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentpkg.errors import ContentRefused
from agentpkg.header import read_header
from agentpkg.hosts import HOSTS
from agentpkg.repair import KNOWN_KEYS, split_names
from agentpkg.tolerant import Tolerant, is_nothing, read_tolerant
from tests.support.examples import examples
from tests.unit.builders import TRICKY


def read(header: str, body: str = "Body.\n") -> Tolerant:
    return read_tolerant(f"---\n{header}\n---\n{body}".encode(), "a.md")


def refusal(text: str) -> ContentRefused:
    with pytest.raises(ContentRefused) as caught:
        read_tolerant(text.encode(), "a.md")
    return caught.value


# Files


@pytest.mark.parametrize(
    ("data", "header", "body", "repairs"),
    [
        (b"---\nname: a\n---\nBody.\n", {"name": "a"}, "Body.\n", ()),
        (b"---\r\nname: a\r\n---\r\nBody.\r\n", {"name": "a"}, "Body.\n", ()),
        (
            b"\xef\xbb\xbf---\nname: a\n---\nBody.",
            {"name": "a"},
            "Body.\n",
            ("a.md: line 1: a byte order mark is left out",),
        ),
        (
            b"\n \n---\nname: a\n---\nBody.",
            {"name": "a"},
            "Body.\n",
            ("a.md: line 1: 2 blank lines before the header are left out",),
        ),
        (
            b"    ---\n    name: a\n    ---\n    # Head\n\n        code\n",
            {"name": "a"},
            "# Head\n\n    code\n",
            ("a.md: line 1: the file is indented by 4, and read without that",),
        ),
        (
            b"---\nname: a\n-----\nBody.\n---\n",
            {"name": "a"},
            "Body.\n---\n",
            ("a.md: line 3: '-----' is read as ---",),
        ),
        (b"---\nname: a\n...\nBody.\n", {"name": "a"}, "Body.\n", ("a.md: line 3: '...' is read as ---",)),
        (b"---  \nname: a\n---\t\nBody.\n", {"name": "a"}, "Body.\n", None),
        (b"---\n---\nBody.\n", {}, "Body.\n", ()),
        (b"# A page\n\nText.\n", {}, "# A page\n\nText.\n", ()),
        (b"----\nname: a\n----\n", {}, "----\nname: a\n----\n", ()),
        (b"", {}, "", ()),
        (b"\n\n", {}, "", ()),
    ],
)
def test_a_file_is_read_by_its_fences(data: bytes, header: object, body: str, repairs: tuple[str, ...] | None) -> None:
    found = read_tolerant(data, "a.md")
    assert (found.header, found.body) == (header, body)
    assert repairs is None or found.repairs == repairs


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"---\nname: a\n", "a.md: line 1 opens a header that is never closed"),
        (b"---\nname: a\n--- and more\n", "a.md: line 1 opens a header that is never closed"),
        (b"---\nname: \xff\n---\n", r'a.md: line 2, column 7: byte 0xFF is not UTF-8: "name: \xff"'),
        (b"---\nname: a\x1b\n---\n", r'a.md: line 2, column 8 holds U+001B (ESCAPE): "name: a\x1b"'),
        (
            "---\nname: a\u202e\n---\n".encode(),
            r'a.md: line 2, column 8 holds U+202E (RIGHT-TO-LEFT OVERRIDE): "name: a\u202e"',
        ),
        (b"---\nx: " + b"y" * 70_000 + b"\n---\n", "a.md: the header is longer than 65,536 characters"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ContentRefused) as caught:
        read_tolerant(data, "a.md")
    assert caught.value.message == message


# Headers that are valid


@pytest.mark.parametrize(
    ("header", "key", "value"),
    [
        ("tools: []", "tools", []),
        ("tools:", "tools", ""),
        ("tools: null", "tools", "null"),
        ('tools: ""', "tools", ""),
        ("tools: [Read]", "tools", ["Read"]),
        ("tools: {write: false}", "tools", {"write": "false"}),
        ("permission: {bash: {a: deny}}", "permission", {"bash": {"a": "deny"}}),
        ("permission: allow", "permission", "allow"),
    ],
)
def test_no_list_an_empty_one_and_none_at_all_stay_apart(header: str, key: str, value: object) -> None:
    found = read(header)
    assert (found.header[key], found.repairs) == (value, ())
    assert "tools" not in read("name: a").header


@pytest.mark.parametrize("value", ["", " ", "~", "null", "NULL"])
def test_nothing_is_told_from_something(value: str) -> None:
    assert is_nothing(value)
    assert not is_nothing([])
    assert not is_nothing("none")


def test_a_written_line_break_in_a_description_becomes_one() -> None:
    found = read("description: Use it.\\nThen stop.\nname: a\\nb")
    assert found.header == {"description": "Use it.\nThen stop.", "name": "a\\nb"}
    assert found.repairs == ("a.md: description: a backslash before an n is read as a line break",)


# Headers that are not


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("description: Use it: always", {"description": "Use it: always"}),
        ("description: Use it: now # and then", {"description": "Use it: now # and then"}),
        ("description: *bold* text", {"description": "*bold* text"}),
        ("description: @you", {"description": "@you"}),
        ("description: `code` first", {"description": "`code` first"}),
        ('description: "a" and "b": c', {"description": '"a" and "b": c'}),
        ('description: "say "this" now"', {"description": 'say "this" now'}),
        ("description: 'it's: so'", {"description": "it's: so"}),
        ('description: a: \\"b\\"\\tc\\nd', {"description": 'a: "b"\tc\nd'}),
        ("description: a: b\nwhen: the day ends", {"description": "a: b\nwhen: the day ends"}),
        ("description: a: b\nTwo: three", {"description": "a: b\nTwo: three"}),
        ("description: a: b\n  more\n    deeper", {"description": "a: b\nmore\n  deeper"}),
        ("description: |\n\tTabs: here\n\tand here", {"description": "Tabs: here\nand here"}),
        ("name: {{NAME}}: x", {"name": "{{NAME}}: x"}),
        ("description: a: b\nuser: hello\nname: x", {"description": "a: b\nuser: hello", "name": "x"}),
        (
            "description: Use <example>\nContext: one\nstate: open\nname: two\n</example>\nname: x",
            {"description": "Use <example>\nContext: one\nstate: open\nname: two\n</example>", "name": "x"},
        ),
        (
            "description: Use: <example>\nstate: open\nmodel: fast\ntools: Read",
            {"description": "Use: <example>\nstate: open", "model": "fast", "tools": "Read"},
        ),
        (
            'description: "Done."\n model: fast\n tools: Read',
            {"description": "Done.", "model": "fast", "tools": "Read"},
        ),
        ("description: a: b\nunknown-word: c", {"description": "a: b", "unknown-word": "c"}),
        ("# note\n\ndescription: a: b", {"description": "a: b"}),
        ("description: a: b\nmeta:\n  x: [y]", {"description": "a: b", "meta": {"x": ["y"]}}),
        ('description: a: b\n"tools": [Read]', {"description": "a: b", "tools": ["Read"]}),
    ],
)
def test_a_broken_header_is_read_as_it_was_meant(header: str, values: object) -> None:
    found = read(header)
    assert found.header == values
    assert found.repairs


@pytest.mark.parametrize(
    ("tools", "names"),
    [
        ("*", ["*"]),
        ("[Read, *]", ["Read", "*"]),
        ("@server/one, Read", ["@server/one", "Read"]),
        ("`Read`", ["`Read`"]),
        ("\n- Read\n- *", ["Read", "*"]),
        ("\n  - Read\n  - @s/t", ["Read", "@s/t"]),
    ],
)
def test_a_broken_list_of_tools_is_read_as_names(tools: str, names: list[str]) -> None:
    found = read(f"name: a\ntools: {tools}")
    assert found.header["tools"] == names
    assert found.repairs == (f"a.md: line 3: tools is not valid YAML, and read as {', '.join(names)}",)


@pytest.mark.parametrize(
    "header",
    [
        "tools: [Read, {write: true}]",
        "tools: {read: [x]}",
        "tools:\n  - Read\n  write: true",
        "tools:\n  read: true\n  - Write",
        "tools: read: true",
        "tools: [Read",
        "tools: Bash(git: *",
        "tools: &a [Read: x]",
        "tools:\n- [a, *]",
        "permission: *",
        "permission: [edit]",
        "permission:\n  *: deny",
        "permission: {edit: [deny]}",
        "permission: {edit: {a: {b: deny}}}",
        "permission:\n  edit: deny\n  - bash",
        "disallowedTools:\n  - Write\n  x: y",
        "description: a: b\nTools: Read",
        "description: a: b\ntools:[Read]",
        "description: a: b\n? tools\n: [Read]",
        "description: a: b\n  text\n  tools: Read",
        "description: a: <example>\ntools: Read\n</example>",
        "description: a: b\n\ttools: Read",
        "description: a: b\ntools: Read\ntools: Write",
        "description: a: b\n!!str tools: [Read]",
        "description: a: b\n&x tools: [Read]",
        'description: a: b\n"t\\x6fols": [Read]',
        "description: a: b\ntools\uff1a Read",
        "description: a: b\n    readonly: true",
        'description: "Use it\ntools: Read\ncolor: red"',
        "description: Use it tools: Read, Grep",
        "description: |\n  Use it\n  tools: [frobnicate]",
        "description: d\n---\ntools: Read",
        "description: d\n...\ntools: Read",
        'description: "Use\n---\nit"\ntools: Read',
        "description: d\n-----\nText.\nTools: Read",
        "description: d\n---\nt\ntools: Read, Grep\nText.",
    ],
)
def test_what_an_agent_may_do_is_never_guessed(header: str) -> None:
    refusal(f"---\nname: a\n{header}\n---\nBody.\n")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("name: a\nname: b", "a.md: line 3: the header has the key 'name' twice"),
        ("text\nname: b: c", "a.md: line 2 of the header belongs to no key"),
        (
            "\n".join(f"k{number}: x" for number in range(201)) + ": y: z",
            "a.md: the header has more than 200 keys",
        ),
    ],
)
def test_a_header_that_nobody_can_tell_is_refused(header: str, message: str) -> None:
    assert refusal(f"---\n{header}\n---\nBody.\n").message == message


def test_every_repair_names_the_line_of_the_file() -> None:
    found = read_tolerant(b"\n---\nname: a\ndescription: b: c\n---\nBody.\n", "agents/x.md")
    assert found.repairs == (
        "agents/x.md: line 1: 1 blank lines before the header are left out",
        "agents/x.md: line 4: description is not valid YAML, and read as the text that stands there",
    )


def test_every_key_of_a_host_is_known() -> None:
    wanted = {spec.name for host in HOSTS.values() if host.form == "markdown" for spec in host.fields}
    wanted |= {getattr(host.tools, "key", "tools") for host in HOSTS.values() if host.form == "markdown"}
    assert wanted - KNOWN_KEYS == set()


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("description: d\ntools: Read", "tools: Write\n"),
        ("description: d\n# tools: Read", "Text.\n"),
        ("description: d", "Role: keeper\nTools: a spade\n\nText.\n"),
        ("description: d", "Text.\n" * 9 + "tools: Read\n"),
        ("description: 'Tools: a spade'", "Text.\n"),
    ],
)
def test_a_text_that_only_mentions_tools_is_no_limit(header: str, body: str) -> None:
    assert read(header, body).body == body


# Lists of names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("Read", ["Read"]),
        ("Read, Write", ["Read", "Write"]),
        ("Read Write", ["Read", "Write"]),
        ("Read,, Write,", ["Read", "Write"]),
        ("[Read, 'Write']", ["Read", "Write"]),
        ("[]", []),
        ("Bash(git *), Read", ["Bash(git *)", "Read"]),
        ("Bash(git *) Read", ["Bash(git *)", "Read"]),
        ("Agent(a, b), Read", ["Agent(a, b)", "Read"]),
        ("Bash(git:*)", ["Bash(git:*)"]),
        ("a: b", None),
        ("Bash(git", None),
        ("Bash)", None),
        ("Bash((a))", None),
        ("[Read", None),
        ("{a}", None),
    ],
)
def test_names_are_split_outside_parentheses(text: str, names: list[str] | None) -> None:
    if names is None:
        with pytest.raises(ValueError, match="is not a list of names"):
            split_names(text)
    else:
        assert split_names(text) == names


# Hostile input

HOSTILE = [
    "a: " + "[" * 60_000,
    "a: " + "{a: " * 15_000,
    "\n".join(f"k{number}:" for number in range(10_000)) + "\n: x: y",
    "description: " + "<example>" * 7_000,
    "description: a: b\n" + "<example>\n" * 6_000,
    "description: a: b" + "\\n" * 30_000,
    "tools: " + "(" * 60_000,
    "tools: a: " + ", " * 30_000,
    "tools: *" + " x" * 30_000,
    "tools:\n" + "- *\n" * 15_000,
    " " * 60_000 + "a: b: c",
    'description: "' + '"' * 60_000,
    "a" * 60_000 + ": b: c",
    "description: a: b\n" + "\t" * 60_000,
    "a: " + "*" * 60_000,
    "a: [" + "a," * 30_000 + "]",
]


@pytest.mark.parametrize("header", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("closed", [True, False])
def test_hostile_input_costs_little(header: str, closed: bool) -> None:
    body = "x: y\n" * 40_000
    data = (f"---\n{header}\n---\n{body}" if closed else f"---\n{header}\n{body}").encode()
    began = time.process_time()
    with suppress(ContentRefused):
        read_tolerant(data, "a.md")
    assert time.process_time() - began < 1


JUNK = st.text(st.sampled_from("-\na: []{}&*!\"'#%@`|>\t,()toolsx.\\"), max_size=60)


@given(JUNK)
def test_nothing_but_a_refusal_comes_out(junk: str) -> None:
    try:
        found = read(junk)
    except ContentRefused:
        return
    assert isinstance(found.header, dict)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read_tolerant(b"---\n" + data, "a.md")
    except ContentRefused:
        return


@given(JUNK, st.sampled_from(["tools: [Read]\n", "tools: Read, Write\n", "tools: []\n"]))
def test_what_is_strictly_readable_is_read_strictly(junk: str, tools: str) -> None:
    text = f"---\nname: a\n{tools}{junk}\n---\nBody.\n"
    try:
        strict, body = read_header(text, "a.md")
        found = read_tolerant(text.encode(), "a.md")
    except ContentRefused:
        return
    strict.pop("description", None)
    assert {key: value for key, value in found.header.items() if key != "description"} == strict
    assert found.body == body


@given(
    junk=st.one_of(JUNK, TRICKY),
    place=st.integers(0, 2),
    indent=st.integers(0, 6),
    tools=st.sampled_from(["Read", "[Read]", "\n- Read", "\n  - Read", "'Read'"]),
)
@examples(500)
def test_no_text_around_it_makes_a_list_of_tools_get_lost(junk: str, place: int, indent: int, tools: str) -> None:
    """A list that is lost grants every tool, so it is read, or the file is refused."""
    lines = [f"description: {junk}: x", "name: a"]
    lines.insert(place, f"{' ' * indent}tools: {tools}")
    text = "---\n" + "\n".join(lines) + "\n---\nBody.\n"
    if re.search(r"^(-{3,}|\.\.\.)[ \t]*$", junk, re.MULTILINE):
        return  # the header ends there
    try:
        found = read_tolerant(text.encode(), "a.md")
    except ContentRefused:
        return
    if found.repairs:
        assert found.header["tools"] in ("Read", ["Read"])
    else:
        assert found.header == read_header(text, "a.md")[0]


@pytest.mark.parametrize(
    ("description", "read"),
    [
        ('"Lists tools: read and others. Use when asked."', True),
        ("Lists tools: read and others. Use when asked.", False),  # two lines that became one, perhaps
        ("TOOLS:READ", True),
    ],
)
def test_a_word_in_a_text_is_no_limit_where_every_reader_takes_it_for_text(description: str, read: bool) -> None:
    data = f"---\nname: x1\ndescription: {description}\n---\nBody.\n".encode()
    if read:
        assert read_tolerant(data, "x.md").header["description"]
    else:
        with pytest.raises(ContentRefused, match="might say what the agent may do"):
            read_tolerant(data, "x.md")
