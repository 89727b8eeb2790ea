"""Shared files: what is ours is put in and taken out, and what is others' stays as it was, to the byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from agentpkg import emit
from agentpkg.shared import read_entries, write_entries
from tests.support.examples import examples
from tests.unit.builders import TRICKY

if TYPE_CHECKING:
    from collections.abc import Mapping

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same, and faster where it is there
# Lines of a prompt that look like what a file of modes is made of.
TRAPS = (
    "slug: x", "- slug: y", "  - slug: theirs", "customModes:", "customModes: []", "---", "...", "# no comment", "",
    "   ", "\tindented by a tab", "    - deep", "key: |+", "- ", "{", "[]", "<<<<<<< ours",
)  # fmt: skip
LINES = st.one_of(st.sampled_from(TRAPS), TRICKY)
# As `agentpkg.header` leaves a prompt: one newline at the end, no blank lines at either end.
BODIES = st.lists(LINES, min_size=1, max_size=8).map("\n".join).map(lambda text: f"First.\n{text}\nLast.\n")
BODIES = st.one_of(BODIES, BODIES.map(lambda text: f"    {text}"))
NAMES = st.sampled_from(["triage", "writer", "data-engineer"])


def entry(name: str, body: str = "You triage.\n") -> bytes:
    header: dict[str, Any] = {"slug": name, "name": name, "description": "d", "groups": ["read"]}
    return emit.mode(header, "roleDefinition", body)


ENTRIES = st.tuples(NAMES, BODIES)
OURS = st.lists(ENTRIES, min_size=1, max_size=3, unique_by=lambda one: one[0])


def theirs(indent: int, *, comments: bool = True) -> str:
    """Return a file with two modes of somebody else's, its list `indent` columns in."""
    pad = " " * indent
    lines = (
        "# modes of our team",
        "version: 3",
        "customModes: # by hand",
        f"{pad}# the first",
        f"{pad}- slug: theirs",
        f"{pad}  name: Theirs",
        f"{pad}  roleDefinition: >-",
        f"{pad}    You are folded",
        f"{pad}      text.",
        "",
        f"{pad}    slug: not-a-slug",
        f"{pad}  groups: [read, edit]  # all they need",
        f"{pad}  # of the first, still",
        "",
        f"{pad}# the second",
        f"{pad}-   name: 'Second'",
        f"{pad}    slug: 'second'",
        f"{pad}    roleDefinition: |",
        f"{pad}      - slug: triage",
        f"{pad}      customModes:",
        "",
        f"{pad}    groups:",
        f"{pad}      - read",
        f"{pad}      - - edit",
        f"{pad}        - fileRegex: \\.md$",
        "",
        "# the end of the modes",
        "other:",
        "  - slug: writer",
    )
    return "".join(f"{line}\n" for line in lines if comments or not line.lstrip().startswith("#"))


FILES = {
    "indent-0": theirs(0),
    "indent-2": theirs(2),
    "indent-4": theirs(4),
    "no-comments": theirs(2, comments=False),
    "last": "customModes:\n  - slug: theirs\n    groups: []\n",
    "last-and-blank-lines": "customModes:\n- slug: theirs\n  groups: []\n\n\n",
    "last-and-a-comment": "customModes:\n  - slug: theirs\n    groups: []\n  # here goes the next\n# bye\n",
    "keeps-blank-lines": "customModes:\n  - slug: theirs\n    roleDefinition: |+\n      x\n\n\n",
    "empty": "# none yet\ncustomModes: []   # to come\nother: 1\n",
    "empty-alone": "---\ncustomModes: []\n# bye\n",
    "crlf": theirs(2).replace("\n", "\r\n"),
    "crlf-empty": "other: 1\r\ncustomModes: []\r\n",
    "marked": "\ufeff# byte order mark\ncustomModes:\n- slug: theirs\n",
    "fenced": "---\ncustomModes:\n- slug: theirs\n---\n",
}
TEXTS = st.sampled_from(list(FILES.values()))
EVERY_FILE = pytest.mark.parametrize("text", FILES.values(), ids=FILES)


def put(text: str | None, *entries: tuple[str, str]) -> str:
    content = write_entries(
        None if text is None else text.encode(), {name: entry(name, body) for name, body in entries}
    )
    assert content is not None
    return content.decode()


def take(text: str, *names: str) -> str | None:
    content = write_entries(text.encode(), dict.fromkeys(names))
    return None if content is None else content.decode()


def modes(text: str) -> dict[str, Any]:
    """Return the modes of a file by slug, as a reader of YAML sees them."""
    document = next(iter(yaml.load_all(text, LOADER)))
    found = {mode["slug"]: mode for mode in document["customModes"]}
    assert len(found) == len(document["customModes"])
    return found


def rest(text: str) -> Any:
    return {key: value for key, value in next(iter(yaml.load_all(text, LOADER))).items() if key != "customModes"}


def is_woven_in(old: str, new: str) -> bool:
    """Say whether `new` is `old` with whole lines put in, none taken out and none changed."""
    lines = iter(new.splitlines(keepends=True))
    return all(line in lines for line in old.splitlines(keepends=True))


# What holds whatever stands in a file


@examples(40)
@given(text=TEXTS, entries=OURS)
def test_every_byte_of_others_stays_where_ours_are_put_in(text: str, entries: list[tuple[str, str]]) -> None:
    new = put(text, *entries)
    assert is_woven_in(text.replace("customModes: []", "customModes:"), new)
    assert ("\r\n" in new, new.count("\n") - new.count("\r\n")) == (
        "\r\n" in text,
        0 if "\r" in text else new.count("\n"),
    )


@examples(40)
@given(text=TEXTS, entries=OURS)
def test_a_reader_sees_others_as_they_were_and_ours_with_their_very_prompts(
    text: str, entries: list[tuple[str, str]]
) -> None:
    new = put(text, *entries)
    before, after = modes(text), modes(new)
    assert rest(new) == rest(text)
    assert {name: after[name] for name in before} == before
    assert {name: after[name]["roleDefinition"] for name in after.keys() - before.keys()} == dict(entries)
    assert list(after) == [*before, *(name for name, _ in entries)]


@examples(40)
@given(text=TEXTS, entries=OURS)
def test_what_is_put_in_is_read_again_and_others_are_read_as_before(text: str, entries: list[tuple[str, str]]) -> None:
    new = read_entries(put(text, *entries).encode())
    ours = {name: entry(name, body) for name, body in entries}
    old = read_entries(text.encode())
    assert {name: content.replace(b"\r\n", b"\n") for name, content in new.items() if name in ours} == ours
    assert {name: content for name, content in new.items() if name not in ours} == old


@examples(40)
@given(text=TEXTS, entries=OURS, data=st.data())
def test_putting_in_and_taking_out_again_gives_the_file_back(
    text: str, entries: list[tuple[str, str]], data: st.DataObject
) -> None:
    names = [name for name, _ in entries]
    new: str | None = put(text, *entries)
    for name in data.draw(st.permutations(names)):
        assert new is not None
        new = take(new, name)
    assert new == text


@examples(40)
@given(text=TEXTS, first=ENTRIES, body=BODIES)
def test_changing_ours_is_taking_it_out_and_putting_it_in(text: str, first: tuple[str, str], body: str) -> None:
    assert put(put(text, first), (first[0], body)) == put(text, (first[0], body))


@examples(40)
@given(OURS)
@example([("triage", "    First.\n\tslug: x\n  customModes:\n- slug: y\n\n---\nLast.\n")])
def test_a_file_of_ours_alone_is_made_and_given_up_again(entries: list[tuple[str, str]]) -> None:
    new = put(None, *entries)
    assert {name: mode["roleDefinition"] for name, mode in modes(new).items()} == dict(entries)
    assert read_entries(new.encode()) == {name: entry(name, body) for name, body in entries}
    assert take(new, *(name for name, _ in entries)) is None


@EVERY_FILE
def test_nothing_to_change_changes_nothing(text: str) -> None:
    assert write_entries(text.encode(), {}) == text.encode()
    assert take(text, "triage") == text


@EVERY_FILE
def test_an_entry_is_the_same_bytes_in_every_file(text: str) -> None:
    found = read_entries(put(text, ("triage", "a\n\n  b\n")).encode())["triage"]
    assert found.replace(b"\r\n", b"\n") == entry("triage", "a\n\n  b\n")


# Particular files


def test_a_new_file_is_laid_out_for_people() -> None:
    assert put(None, ("triage", "One.\n\n  Two.\n"), ("writer", "Three.\n")) == (
        "customModes:\n"
        '  - slug: "triage"\n'
        '    name: "triage"\n'
        '    description: "d"\n'
        '    groups: ["read"]\n'
        "    roleDefinition: |2\n"
        "      One.\n"
        "\n"
        "        Two.\n"
        '  - slug: "writer"\n'
        '    name: "writer"\n'
        '    description: "d"\n'
        '    groups: ["read"]\n'
        "    roleDefinition: |2\n"
        "      Three.\n"
    )


def test_an_entry_goes_behind_the_last_one_and_before_what_follows_the_list() -> None:
    lines = put(theirs(4), ("triage", "x\n")).splitlines()
    at = lines.index('    - slug: "triage"')
    assert lines[at - 1] == "            - fileRegex: \\.md$"
    assert lines[at + 4 : at + 8] == ["      roleDefinition: |2", "        x", "", "# the end of the modes"]


@pytest.mark.parametrize("blank", [None, "", "\n", "  \n\n"])
def test_no_file_and_a_blank_one_hold_no_entry_and_take_one(blank: str | None) -> None:
    assert read_entries((blank or "").encode()) == {}
    new = put(blank, ("triage", "x\n"))
    assert list(modes(new)) == ["triage"]
    assert take(new, "triage") is None


@pytest.mark.parametrize("text", ["customModes:\n  - slug: theirs\n    groups: []", "other: 1\ncustomModes: []"])
def test_a_last_line_without_an_end_gets_one_and_nothing_else(text: str) -> None:
    assert take(put(text, ("triage", "x\n")), "triage") == f"{text}\n"
    assert write_entries(text.encode(), {}) == text.encode()


def test_a_file_that_has_no_list_yet_gets_one_at_its_end_and_keeps_it_empty() -> None:
    new = put("# ours\nother: 1", ("triage", "x\n"))
    assert new.startswith('# ours\nother: 1\ncustomModes:\n  - slug: "triage"\n')
    assert take(new, "triage") == "# ours\nother: 1\ncustomModes: []\n"


def test_a_list_from_which_the_last_mode_goes_is_still_a_list() -> None:
    """Nothing in place of the list is no list, and a host would say that the file is broken."""
    text = "customModes: # ours\n  - slug: theirs\n"
    assert take(text, "theirs") == "customModes: [] # ours\n"


def test_a_comment_is_a_reason_to_keep_a_file() -> None:
    assert take("# ours\ncustomModes:\n  - slug: triage\n", "triage") == "# ours\ncustomModes: []\n"
    assert take("customModes: []\n", "triage") is None


@pytest.mark.parametrize(
    ("line", "slug"),
    [
        ("slug: theirs", "theirs"),
        ('slug: "theirs"  # so', "theirs"),
        ("slug:   'theirs'", "theirs"),
        ("name: x\n    slug: theirs", "theirs"),
        ("# first\n    slug: theirs", "theirs"),
        ("slug: theirs\n    nested:\n      slug: other", "theirs"),
        ("roleDefinition: |\n      slug: other\n    slug: theirs", "theirs"),
    ],
)
def test_a_slug_is_found_wherever_it_stands_in_its_entry(line: str, slug: str) -> None:
    text = f"customModes:\n  - {line}\n    last: 1\n"
    assert list(read_entries(text.encode())) == [slug] == list(modes(text))


LIST = "its customModes are not written as a list, one mode after the other"
YAML = "it is not the YAML that agentpkg can add a mode to"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"customModes": []}\n', YAML),
        ('{\n  "customModes": [\n    {"slug": "a"}\n  ]\n}\n', YAML),
        ("customModes: [{slug: a}]\n", LIST),
        ("customModes: [\n  {slug: a}\n]\n", "line 2 is not one of a list of modes"),
        ("customModes: [\n]\n", LIST),
        ("customModes: {}\n", LIST),
        ("customModes: &all\n  - slug: a\n", LIST),
        ("customModes: []\n  - slug: a\n", LIST),
        ("customModes:\n\t- slug: a\n", LIST),
        ("customModes:\n  - slug: a\ncustomModes:\n  - slug: b\n", LIST),
        ('"customModes":\n  - slug: a\n', YAML),
        ("customModes :\n  - slug: a\n", YAML),
        ("- slug: a\n", YAML),
        ("words\n", YAML),
        ("  other: 1\n", YAML),
        ("--- \nother: 1\n", YAML),
        ("<<<<<<< ours\ncustomModes:\n  - slug: a\n=======\n>>>>>>> theirs\n", YAML),
        ("customModes:\n  - slug: a\n<<<<<<< ours\n  - slug: b\n=======\n>>>>>>> theirs\n", YAML),
        ("customModes:\n-\n  slug: a\n", YAML),
        ("customModes:\n  -\n    slug: a\n", "line 2 is not one of a list of modes"),
        ("customModes:\n    - slug: a\n  - slug: b\n", "line 3 is not one of a list of modes"),
        ("customModes:\n  slug: a\n", "line 2 is not one of a list of modes"),
        ("customModes:\n  - slug: a\n  - {slug: b}\n", "the slug of the mode on line 3 cannot be told"),
        ("customModes:\n  - name: a\n", "the slug of the mode on line 2 cannot be told"),
        ("customModes:\n  - slug: a\n    slug: b\n", "the slug of the mode on line 2 cannot be told"),
        ("customModes:\n  - slug: a\n  - slug: b\n  - slug: 'a'\n", "two modes have the slug 'a'"),
    ],
)
def test_a_file_that_cannot_be_shared_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        read_entries(text.encode())
    assert str(caught.value) == why


def test_a_file_that_is_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        read_entries(b"customModes:\n  - slug: \xff\n")


def sane(content: bytes) -> Mapping[str, bytes] | None:
    try:
        return read_entries(content)
    except ValueError:
        return None


PIECES = (
    "customModes:", "customModes: []", "customModes: # c", "  - slug: a", "- slug: b", "    - slug: c", "    name: x",
    "  name: y", "      name: z", "other: 1", "# c", "  # d", "", "-", "  -", "---", "   ", "    text: |+",
    "    text: >-", "      slug: a", "  - name: d", "    slug: d", " - slug: e",
)  # fmt: skip


@examples(300)
@given(st.lists(st.sampled_from(PIECES), max_size=6).map(lambda pieces: ["customModes:", *pieces]))
@example(["customModes:", "  - slug: a", "    text: |+", "      slug: a", "", "", "other: 1"])
def test_any_file_that_is_not_refused_and_that_a_reader_understands_is_shared_well(pieces: list[str]) -> None:
    text = "".join(f"{piece}\n" for piece in pieces)
    try:
        before = modes(text)
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, AssertionError, StopIteration):
        return
    entries = sane(text.encode())
    if entries is None:
        return
    assert entries.keys() == before.keys()
    new = put(text, ("triage", "x\n"))
    after = modes(new)
    assert after.pop("triage")["roleDefinition"] == "x\n"
    assert (after, rest(new)) == (before, rest(text))
