"""What looks whether the site loads anything from elsewhere sees it where it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.alone import fetched, main


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://cdn.example/a.js"></script>',
        '<img src="//cdn.example/a.png">',
        '<link rel="preconnect" href="https://fonts.example">',
        '<link href="HTTPS://fonts.example/a.css" rel="stylesheet">',
        "<style>@import 'https://fonts.example/a.css';</style>",
        '<p style="background: url(//cdn.example/a.png)">',
    ],
)
def test_what_a_page_has_fetched_is_found(page: str, tmp_path: Path) -> None:
    assert len(fetched(page, page=True)) == 1
    (tmp_path / "index.html").write_text(page)
    assert main(tmp_path) == 1


def test_links_and_what_lies_beside_the_page_are_no_matter(tmp_path: Path) -> None:
    page = '<a href="https://a.example">x</a><link rel="canonical" href="https://a.example"><img src="a.png">'
    (tmp_path / "index.html").write_text(page)
    (tmp_path / "a.css").write_text("p { background: url(a.png) }")
    assert main(tmp_path) == 0
    (tmp_path / "a.css").write_text("p { background: url(https://a.example/a.png) }")
    assert main(tmp_path) == 1


def test_no_site_is_no_success(tmp_path: Path) -> None:
    assert main(tmp_path) == 1
