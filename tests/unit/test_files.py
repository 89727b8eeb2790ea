"""Paths that some file systems take for one, and line endings."""

from __future__ import annotations

import pytest

from agentpkg.files import file_of, find_clash, fold, usual_ending

CLASHES = [
    (["a/x.md", "a/X.md"], ("a/X.md", "a/x.md")),
    (["a/Docs/x.md", "a/docs/y.md"], ("a/Docs/x.md", "a/docs/y.md")),
    (["a/b", "A/c/d"], ("A/c/d", "a/b")),
    (["a/docs", "a/Docs/x.md"], ("a/Docs/x.md", "a/docs")),
    (["caf\u00e9.md", "cafe\u0301.md"], ("cafe\u0301.md", "caf\u00e9.md")),
    (["stra\u00dfe", "STRASSE"], ("STRASSE", "stra\u00dfe")),
    (["kind.md", "\u212aind.md"], ("kind.md", "\u212aind.md")),
]


@pytest.mark.parametrize(("paths", "clash"), CLASHES)
def test_paths_that_differ_in_case_or_unicode_form_alone_clash(paths: list[str], clash: tuple[str, str]) -> None:
    assert find_clash(paths) == clash
    assert find_clash(reversed(paths)) == clash


@pytest.mark.parametrize(
    "paths", [[], ["a/x.md", "a/y.md", "b/x.md"], ["a/x", "a/x/y"], ["a", "a.b", "ab"], ["x", "x"]]
)
def test_other_paths_do_not(paths: list[str]) -> None:
    assert find_clash(paths) is None


def test_folding_what_was_folded_changes_nothing() -> None:
    for text in ("Stra\u00dfe", "\u0130x", "\u1e9e", "\u03a3\u03c2", "e\u0301", "\u212b", "plain"):
        assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("content", "ending"),
    [(b"", b"\n"), (b"a", b"\n"), (b"a\r\nb", b"\r\n"), (b"a\r\nb\n", b"\n"), (b"a\r\nb\r\nc\n", b"\r\n")],
)
def test_the_usual_ending_is_that_of_most_lines(content: bytes, ending: bytes) -> None:
    assert usual_ending(content) == ending


def test_an_entry_is_of_its_file_and_what_waits_beside_it_a_file_of_its_own() -> None:
    assert file_of("a/modes#tool") == "a/modes"
    assert file_of("a/tool.md") == "a/tool.md"
    assert file_of("a/modes#tool.agentpkg-new") == "a/modes#tool.agentpkg-new"
