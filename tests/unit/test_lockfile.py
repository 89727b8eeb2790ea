"""The lockfile: what goes in comes out, and what is damaged is told and never guessed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentpkg.errors import AgentpkgError, ContentRefused, IntegrityError, UsageError
from agentpkg.files import is_inside
from agentpkg.grants import parse_tool
from agentpkg.lockfile import LEVELS, LockedBundle, LockedFile, LockedHost, Lockfile, dump_lockfile, parse_lockfile
from agentpkg.overrides import Override
from agentpkg.requirement import Requirement, bundle_id
from tests.support.examples import examples
from tests.unit.builders import TRICKY, a_locked_bundle, a_locked_file

NAMES = st.from_regex(r"[a-z]{2,5}(-[a-z]{1,3})?", fullmatch=True)
WORDS = st.one_of(NAMES, TRICKY.map("x{}".format))
TUPLES = st.lists(NAMES, max_size=3).map(tuple)
LOSSES = st.dictionaries(
    NAMES,
    st.builds(lambda host, field, level: {host: {field: level}}, NAMES, NAMES, st.sampled_from(LEVELS)),
    max_size=1,
)
OVERRIDES = (
    Override(tools=(), values={"model": "fast"}),
    Override(host="inn", tools=(parse_tool("shell(git *)"),), values={"color": "cyan", "names": ["one", "two"]}),
    Override(agent="triage", host="inn", values={"description": "Use it"}),
)


@st.composite
def bundle_entries(draw: st.DrawFn) -> tuple[str, LockedBundle]:
    registry, name = draw(st.sampled_from(["default", "acme"])), draw(NAMES)
    wanted = Requirement(
        name=name,
        registry=registry,
        specifier=draw(st.sampled_from(["", "~=1.2", ">=1,<3"])),
        hosts=draw(st.none() | TUPLES),
        agents=draw(st.none() | TUPLES),
        renames=draw(st.dictionaries(NAMES, NAMES, max_size=2)),
        path=draw(st.none() | NAMES.map("bundles/{}".format)),
    )
    return bundle_id(registry, name), LockedBundle(
        version=draw(st.sampled_from(["1.0.0", "2.0.0rc1"])),
        registry=draw(WORDS | NAMES.map("path::bundles/{}".format)),
        commit=draw(st.sampled_from(["none", "c0ffee", "0" * 40])),
        digest=draw(WORDS),
        wanted=wanted if draw(st.booleans()) else None,
        requires=draw(st.dictionaries(NAMES, st.sampled_from(["", "~=1.2"]), max_size=2)),
        grants=draw(st.dictionaries(NAMES, st.lists(WORDS, max_size=3).map(tuple), max_size=2)),
        losses=draw(st.just({}) | LOSSES),
        overrides=draw(st.sampled_from([(), OVERRIDES])),
        limits=draw(st.sampled_from([{}, {"triage": ("inn.steps<=3",)}])),
    )


FILES = st.builds(
    LockedFile,
    bundle=WORDS,
    item=st.sampled_from(["agents/a.md", "skills/s/SKILL.md"]),
    hosts=TUPLES,
    sha256=WORDS,
    kept=st.none() | WORDS,
    base=st.none() | WORDS,
)
HOSTS = st.builds(
    LockedHost, revision=st.integers(1, 99), models=st.dictionaries(NAMES, WORDS, max_size=2), widening=st.booleans()
)
LOCKS = st.builds(
    Lockfile,
    bundles=st.lists(bundle_entries(), max_size=3).map(dict),
    files=st.dictionaries(NAMES.map(".inn/agents/{}.md".format), FILES, max_size=3),
    hosts=st.dictionaries(NAMES, HOSTS, max_size=2),
    project_hosts=TUPLES,
)


@examples(50)
@given(LOCKS)
def test_what_is_written_is_read_back_equal(lock: Lockfile) -> None:
    assert parse_lockfile(dump_lockfile(lock)) == lock


@examples(50)
@given(LOCKS)
def test_equal_locks_are_equal_text_whatever_order_they_were_made_in(lock: Lockfile) -> None:
    other = Lockfile(
        bundles=dict(reversed(list(lock.bundles.items()))),
        files=dict(reversed(list(lock.files.items()))),
        hosts=dict(reversed(list(lock.hosts.items()))),
        project_hosts=lock.project_hosts,
    )
    assert dump_lockfile(other) == dump_lockfile(lock)


FULL = Lockfile(
    bundles={
        "data-engineer": LockedBundle(
            version="1.2.0",
            registry="builtin:",
            commit="c0ffee",
            digest="sha256:1",
            wanted=Requirement(name="data-engineer", specifier="~=1.2", agents=("triage",), renames={"triage": "mine"}),
            requires={"sql-reviewer": "~=1.0"},
            grants={"triage": ("read", "shell(git *)")},
            losses={"triage": {"inn": {"tools": "narrowed"}}},
        )
    },
    files={
        ".inn/agents/a.md": LockedFile(bundle="data-engineer", item="agents/a.md", hosts=("inn",), sha256="1", kept="2")
    },
    hosts={"inn": LockedHost(revision=3, models={"strong": "inn-9"}, widening=True)},
    project_hosts=("inn",),
)
FULL_TEXT = """\
{
 "bundles": {
  "data-engineer": {
   "commit": "c0ffee",
   "digest": "sha256:1",
   "grants": {
    "triage": [
     "read",
     "shell(git *)"
    ]
   },
   "losses": {
    "triage": {
     "inn": {
      "tools": "narrowed"
     }
    }
   },
   "registry": "builtin:",
   "requires": {
    "sql-reviewer": "~=1.0"
   },
   "version": "1.2.0",
   "wanted": {
    "agents": [
     "triage"
    ],
    "as": {
     "triage": "mine"
    },
    "version": "~=1.2"
   }
  }
 },
 "files": {
  ".inn/agents/a.md": {
   "bundle": "data-engineer",
   "hosts": [
    "inn"
   ],
   "item": "agents/a.md",
   "kept": "2",
   "sha256": "1"
  }
 },
 "format": 1,
 "hosts": {
  "inn": {
   "models": {
    "strong": "inn-9"
   },
   "revision": 3,
   "widening": "allow"
  }
 },
 "project_hosts": [
  "inn"
 ]
}
"""


def test_a_lock_is_sorted_with_one_value_a_line() -> None:
    assert dump_lockfile(FULL) == FULL_TEXT
    assert parse_lockfile(FULL_TEXT) == FULL


def test_an_empty_lock_is_a_lock() -> None:
    assert parse_lockfile(dump_lockfile(Lockfile())) == Lockfile()


# Locks that cannot be read


def test_a_newer_format_asks_for_a_newer_agentpkg() -> None:
    with pytest.raises(UsageError) as caught:
        parse_lockfile('{"format": 2, "unheard-of": []}')
    assert caught.value.message == "agentpkg.lock has format 2; this agentpkg reads formats up to 1"
    assert caught.value.hint == "upgrade agentpkg: pip install --upgrade agentpkg-cli"


DAMAGED = {
    "empty": "",
    "no json": "bundles:",
    "cut short": FULL_TEXT[: len(FULL_TEXT) // 2],
    "a list": "[]",
    "no format": "{}",
    "format is text": '{"format": "1"}',
    "format is true": '{"format": true}',
    "bundles is a list": '{"format": 1, "bundles": []}',
    "bundle without version": '{"format": 1, "bundles": {"aa": {"registry": "r", "commit": "c", "digest": "d"}}}',
    "commit is no id": FULL_TEXT.replace("c0ffee", "HEAD"),
    "commit is two lines": FULL_TEXT.replace("c0ffee", "c0ffee\\nc0ffee"),
    "file without digest": '{"format": 1, "files": {"a.md": {"bundle": "b", "item": "i", "hosts": []}}}',
    "digest is a number": '{"format": 1, "files": {"a.md": {"bundle": "b", "item": "i", "hosts": [], "sha256": 1}}}',
    "revision is text": '{"format": 1, "hosts": {"inn": {"revision": "1"}}}',
    "hosts is text": '{"format": 1, "project_hosts": "inn"}',
    "nested without end": '{"format": 1, "bundles": ' + "[" * 100_000,
    "endless number": '{"format": ' + "1" * 5000 + "}",
}


@pytest.mark.parametrize("path", ["..", "../x", "/etc", "a/../b", "C:/x", "", "a\\b", "a/nul", "a#b"])
def test_a_path_of_a_bundle_that_leaves_the_project_is_refused(path: str) -> None:
    bundle = replace(FULL.bundles["data-engineer"], registry=f"path::{path}")
    with pytest.raises(ContentRefused, match="is not a folder below the project"):
        parse_lockfile(dump_lockfile(replace(FULL, bundles={"data-engineer": bundle})))


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_lock_is_told_and_never_taken_for_an_empty_one(text: str) -> None:
    with pytest.raises(IntegrityError) as caught:
        parse_lockfile(text)
    assert caught.value.message.startswith("agentpkg.lock")


@given(st.integers(0, len(FULL_TEXT) - 3))
def test_a_lock_that_was_cut_short_anywhere_is_told(length: int) -> None:
    with pytest.raises(IntegrityError):
        parse_lockfile(FULL_TEXT[:length])


@pytest.mark.parametrize(
    "path",
    [
        "../a.md",
        "/etc/passwd",
        "a/../../b",
        "a/./b",
        "a//b",
        "a/",
        "",
        ".",
        "..",
        "C:/a",
        "C:a",
        "a\\b",
        "\\\\host\\a",
        "a\0b",
    ],
)
def test_a_path_that_leaves_the_project_is_refused(path: str) -> None:
    text = json.dumps({"format": 1, "files": {path: {"bundle": "b", "item": "i", "hosts": ["inn"], "sha256": "1"}}})
    with pytest.raises(ContentRefused) as caught:
        parse_lockfile(text)
    assert caught.value.message == f"agentpkg.lock: {path!r} is not a path inside the project"


@pytest.mark.parametrize("path", ["a.md", ".inn/agents/a.md", "..a/b..", "a b/c"])
def test_a_path_inside_the_project_is_taken(path: str) -> None:
    assert is_inside(path)


# Merge-conflict markers


def torn(ours: str, theirs: str, base: str | None = None) -> str:
    """Return the text of a merge in which every line between the common ends differs."""
    mine, other = ours.splitlines(keepends=True), theirs.splitlines(keepends=True)
    start = next(place for place, (a, b) in enumerate(zip(mine, other, strict=False)) if a != b)
    end = next(place for place, (a, b) in enumerate(zip(mine[::-1], other[::-1], strict=False)) if a != b)
    middle = "" if base is None else f"||||||| base\n{base}"
    return "".join(
        [
            *mine[:start],
            "<<<<<<< HEAD\n",
            *mine[start : len(mine) - end],
            middle,
            "=======\n",
            *other[start : len(other) - end],
            ">>>>>>> topic\n",
            *mine[len(mine) - end :],
        ]
    )


def lock_of(**bundles: LockedBundle) -> Lockfile:
    return Lockfile(bundles=bundles)


@pytest.mark.parametrize("base", [None, ' "bundles": {\n'], ids=["two sides", "with the base"])
def test_a_lock_with_conflict_markers_holds_the_bundles_of_both_sides(base: str | None) -> None:
    ours, theirs = (
        lock_of(aa=a_locked_bundle(), mine=a_locked_bundle()),
        lock_of(aa=a_locked_bundle(), other=a_locked_bundle()),
    )
    joined = parse_lockfile(torn(dump_lockfile(ours), dump_lockfile(theirs), base))
    assert joined.torn
    assert sorted(joined.bundles) == ["aa", "mine", "other"]


def test_a_lock_without_markers_is_not_torn() -> None:
    assert not parse_lockfile(FULL_TEXT).torn


def test_a_torn_lock_takes_the_older_of_two_versions() -> None:
    ours, theirs = lock_of(aa=a_locked_bundle(version="1.10.0")), lock_of(aa=a_locked_bundle(version="1.9.0"))
    for one, other in ((ours, theirs), (theirs, ours)):
        assert parse_lockfile(torn(dump_lockfile(one), dump_lockfile(other))).bundles["aa"].version == "1.9.0"


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"], ids=["one version", "two versions"])
def test_a_torn_lock_approves_only_what_both_sides_approved(version: str) -> None:
    ours = lock_of(aa=a_locked_bundle({"triage": ("read", "shell")}))
    theirs = lock_of(aa=a_locked_bundle({"triage": ("read", "web-fetch")}, version=version))
    joined = parse_lockfile(torn(dump_lockfile(ours), dump_lockfile(theirs)))
    assert joined.bundles["aa"].grants == {"triage": ("read",)}


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"], ids=["one version", "two versions"])
def test_a_torn_lock_keeps_what_either_side_holds_back(version: str) -> None:
    held = replace(a_locked_bundle({"triage": ("read",)}), overrides=OVERRIDES, limits={"triage": ("inn.steps<=3",)})
    plain = a_locked_bundle({"triage": ("read",)}, version=version)
    for one, other in ((held, plain), (plain, held)):
        ours, theirs = (dump_lockfile(lock_of(aa=side)) for side in (one, other))
        joined = parse_lockfile(f"<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> topic\n").bundles["aa"]
        assert sorted((len(side.overrides), *side.limits.values()) for side in joined.sides) == [
            (0,),
            (len(OVERRIDES), ("inn.steps<=3",)),
        ]


def test_a_torn_lock_holds_the_files_of_both_sides() -> None:
    ours, theirs = Lockfile(files={"a.md": a_locked_file("mine")}), Lockfile(files={"b.md": a_locked_file("theirs")})
    assert sorted(parse_lockfile(torn(dump_lockfile(ours), dump_lockfile(theirs))).files) == ["a.md", "b.md"]


@pytest.mark.parametrize(
    "text", ["<<<<<<< HEAD\n", "<<<<<<< HEAD\n{\n=======\n", FULL_TEXT.replace(' "files"', '<<<<<<< HEAD\n "files"')]
)
def test_half_a_conflict_is_a_damaged_lock(text: str) -> None:
    with pytest.raises(IntegrityError):
        parse_lockfile(text)


@given(st.text('{}[]":,<=>|\n 1a', max_size=60))
def test_any_text_is_a_lock_or_an_error_of_ours(text: str) -> None:
    try:
        parse_lockfile(text)
    except AgentpkgError:
        return


def test_two_sides_of_which_one_has_no_version_are_no_lock() -> None:
    text = dump_lockfile(Lockfile(bundles={"aa": a_locked_bundle(version="1.0.0")}))
    other = text.replace('"version": "1.0.0"', '"version": "abc"')
    with pytest.raises(IntegrityError, match="cannot be read"):
        parse_lockfile(f"<<<<<<< ours\n{text}=======\n{other}>>>>>>> theirs\n")


def test_half_of_a_surrogate_pair_is_no_text() -> None:
    text = dump_lockfile(Lockfile(bundles={"aa": a_locked_bundle()})).replace("c0ffee", r"\ud800")
    with pytest.raises(IntegrityError, match="cannot be read"):
        parse_lockfile(text)
