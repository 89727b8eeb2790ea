"""Links on the pages at the top of the repository lead somewhere; the build of the site checks those in `docs/`."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ROOT

_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")


def anchors(text: str) -> set[str]:
    """Return what headings are linked by, as GitHub makes it."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(text)}


def broken(text: str) -> list[str]:
    """Return the links of a page at the top that lead nowhere."""
    found = []
    for path, anchor in _LINK.findall(text):
        target = ROOT / path
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            found.append(f"{path}#{anchor}")
    return found


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    assert broken((ROOT / name).read_text(encoding="utf-8")) == []


def test_a_link_to_nowhere_is_seen() -> None:
    text = "[a](docs/gone.md) [b](docs/guide.md#gone) [c](docs/guide.md#a-first-project) [d](https://a.example)"
    assert broken(text) == ["docs/gone.md#", "docs/guide.md#gone"]
