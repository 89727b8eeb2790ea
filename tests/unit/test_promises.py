"""The page on security: every sentence's test is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(?:(?P<file>[\w/]+\.py))?::(?P<test>test_\w+)`")


def named() -> list[tuple[str, str]]:
    """Return file and name of every test that the page names; a name alone stands in the file before it."""
    found, file = [], ""
    for match in NAMED.finditer((ROOT / "docs/security.md").read_text()):
        file = match["file"] or file
        found.append((file, match["test"]))
    return found


@pytest.mark.parametrize(("file", "test"), named())
def test_every_test_that_the_page_on_security_names_is_there(file: str, test: str) -> None:
    assert f"def {test}(" in (ROOT / "tests" / file).read_text()
