"""The reference tells every command, and what it tells of usage and options is what the commands say."""

from __future__ import annotations

import pytest

from tests.docs.reference import AGAIN, EVERYWHERE, PAGE, commands, prose, remake

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_reference_is_what_the_commands_say() -> None:
    assert remake(TEXT) == TEXT, f"if this is meant: {AGAIN}"


@pytest.mark.parametrize("path", commands())
def test_every_command_has_its_place_and_a_word_about_it(path: str) -> None:
    assert TEXT.count(f"<!-- command: {path} -->") == 1
    assert len(prose(TEXT)[path].split()) > 3


@pytest.mark.parametrize("path", commands())
def test_every_command_takes_what_all_take_and_every_option_has_a_text(path: str) -> None:
    options = commands()[path].options
    assert set(EVERYWHERE) <= {option.name for option in options}
    assert [option.name for option in options if not option.text.endswith(".")] == []


def test_an_option_that_means_something_else_is_told_by_its_command() -> None:
    made = remake("<!-- command: sync -->\n<!-- end -->\n<!-- command: import -->\nold\n<!-- end -->\n")
    sync, _, other = made.partition("<!-- end -->")
    assert "`--dry-run`, `--offline`" in sync
    assert "old" not in other
    assert "| `--dry-run` | Show what would be made and write nothing. |" in other
