"""Pictures of the pages for the documentation, drawn anew with `make browser PICTURES=1`."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.browser.conftest import Visit
from tests.browser.place import PICTURES

pytestmark = pytest.mark.browser
_MOST_BYTES = 150_000
_WIDE = {"viewport": {"width": 1000, "height": 720}}
SHOTS = {
    "catalogue-light": ({**_WIDE, "color_scheme": "light"}, "index.html?q=data"),
    "catalogue-dark": ({**_WIDE, "color_scheme": "dark"}, "index.html"),
    "catalogue-bundle": ({**_WIDE, "color_scheme": "light"}, "bundles/analytics-team/index.html"),
    "catalogue-compare": (
        {"viewport": {"width": 1000, "height": 640}, "color_scheme": "dark"},
        "bundles/data-engineer/index.html#compare=1.1.0..2.0.0",
    ),
    "catalogue-narrow": ({"viewport": {"width": 360, "height": 720}, "color_scheme": "light"}, "index.html"),
}


@pytest.mark.parametrize("name", SHOTS)
def test_a_picture_is_drawn_and_is_small(browser: Any, served: str, name: str) -> None:
    options, path = SHOTS[name]
    context = browser.new_context(**options)
    visit = Visit(context.new_page(), served)
    page = visit.go(f"shipped-site/{path}")
    page.wait_for_timeout(500)
    data = page.screenshot()
    context.close()
    assert 5_000 < len(data) < _MOST_BYTES
    if os.environ.get("BROWSER_PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        (PICTURES / f"{name}.png").write_bytes(data)
    assert (PICTURES / f"{name}.png").stat().st_size < _MOST_BYTES, "make browser PICTURES=1 draws it"
