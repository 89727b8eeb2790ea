"""Every command that a page shows is run, and prints what the page shows."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.pages import Left, Section, Seen, Shown, pages, read_page
from tests.docs.run import run_section

pytestmark = pytest.mark.docs
SECTIONS = [section for page in pages() for section in read_page(page)]


@pytest.mark.parametrize("section", [pytest.param(section, id=section.place) for section in SECTIONS])
def test_a_page_shows_what_happens(section: Section, tally: Callable[[str, int], None]) -> None:
    with tempfile.TemporaryDirectory() as base:  # a short path, so that lines at a terminal are of the length shown
        wrong = run_section(section, Path(base).resolve())
    assert not wrong, "\n" + "\n".join(one.tell(section.page) for one in wrong)
    tally(
        "commands of the documentation were run as shown", sum(isinstance(one, Shown | Seen) for one in section.steps)
    )
    for step in section.steps:
        if isinstance(step, Left):
            tally(f"not run: {section.page}:{step.line}: {step.why}", step.commands)
