"""For everybody: colours, narrow screens, and what keeps people from using a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Visit
from tests.browser.place import read_axe

pytestmark = pytest.mark.browser
PAGES = (
    "shipped-site/index.html",
    "shipped-site/index.html?q=data",
    "shipped-site/index.html?q=straeming",
    "hostile-site/404.html",
    "shipped-site/bundles/analytics-team/index.html",
    "shipped-site/bundles/streaming-engineer/index.html",
    "shipped-site/bundles/data-engineer/index.html#compare=1.0.0..2.0.0",
    "hostile-site/index.html",
    "hostile-site/bundles/bad-words/index.html",
    "large-site/browse/2.html",
)
SCHEMES = [{"color_scheme": "light"}, {"color_scheme": "dark"}]


@pytest.mark.parametrize("visit", SCHEMES, indirect=True, ids=["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_keeps_anybody_from_using_a_page(visit: Visit, path: str) -> None:
    page = visit.go(path)
    page.evaluate("for (const one of [...document.querySelectorAll('details')].slice(0, 6)) one.open = true")
    page.wait_for_timeout(200)
    page.evaluate(read_axe())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []


def test_axe_sees_what_is_wrong(visit: Visit) -> None:
    page = visit.go(PAGES[0])
    page.evaluate("document.querySelector('#found').style.color = '#eee'; document.querySelector('label').remove()")
    page.evaluate("for (const one of document.querySelectorAll('.about')) one.style.color = '#ddd'")
    page.evaluate(read_axe())
    found = {one["id"] for one in page.evaluate("axe.run()")["violations"]}
    assert "color-contrast" in found
    visit.page.evaluate("window.violations = []")


@pytest.mark.parametrize("visit", [{"viewport": {"width": 320, "height": 640}}], indirect=True, ids=["narrow"])
@pytest.mark.parametrize("path", PAGES)
def test_a_narrow_screen_shows_all_without_scrolling_sideways(visit: Visit, path: str) -> None:
    page = visit.go(path)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def colour(page: Any) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


@pytest.mark.parametrize("visit", SCHEMES, indirect=True, ids=["light", "dark"])
def test_the_reader_chooses_the_colours_and_the_choice_stays(visit: Visit) -> None:
    page = visit.go(PAGES[0])
    own = colour(page)
    switch = page.locator("[data-theme-switch]")
    switch.click()
    other = colour(page)
    assert other != own
    visit.go(PAGES[4])
    assert colour(page) == other
    page.locator("[data-theme-switch]").click()
    page.locator("[data-theme-switch]").click()
    assert page.locator("[data-theme-switch]").get_attribute("aria-label") in (
        "Colours: as the system has them", "Colours: light", "Colours: dark",
    )  # fmt: skip
    page.evaluate("localStorage.clear()")
    visit.go(PAGES[0])
    assert colour(page) == own


def test_focus_can_be_seen_everywhere(visit: Visit) -> None:
    page = visit.go(PAGES[4])
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        told = page.evaluate(
            "(() => { const one = document.activeElement; "
            "const styles = [getComputedStyle(one), getComputedStyle(one, '::after')]; "
            "return [one.tagName, ...styles.map((style) => style.outlineStyle)]; })()"
        )
        if told[0] != "BODY":
            seen.add(told[0])
            assert "solid" in told[1:], told
    assert {"A", "BUTTON", "SUMMARY", "PRE"} <= seen


@pytest.mark.parametrize("visit", [{"reduced_motion": "reduce"}], indirect=True, ids=["still"])
def test_nothing_moves_for_those_who_asked_for_that(visit: Visit) -> None:
    page = visit.go(PAGES[4])
    moving = "[...document.querySelectorAll('*')].filter((one) => getComputedStyle(one).transitionDuration !== '0s')"
    assert page.evaluate(f"{moving}.length") == 0


def test_every_link_of_a_site_leads_somewhere_in_it(sites: Path) -> None:
    from html.parser import HTMLParser

    class Links(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.found += [value or "" for name, value in attrs if name in ("href", "src") and tag != "link"]

    for site in ("shipped-site", "hostile-site"):
        for file in (sites / site).rglob("*.html"):
            links = Links()
            links.feed(file.read_text(encoding="utf-8"))
            assert links.found
            for link in links.found:
                place = link.partition("#")[0].partition("?")[0]
                if place.startswith("/catalogue/"):  # where the site will stand: a page for any address must say it
                    assert file.name == "404.html", link
                    place = place.removeprefix("/catalogue/")
                assert (file.parent / place).exists(), (file, link)
