"""The front page: search, filters, keys, and an address that can be handed on."""

from __future__ import annotations

import statistics
from typing import Any

import pytest

from agentpkg.ranking import rank
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
FRONT = "shipped-site/index.html"
ALL = [
    "analytics-team", "data-engineer", "data-reviewer", "senior-data-engineer", "streaming-engineer",
    "warehouse-librarian",
]  # fmt: skip


def ask(visit: Visit, text: str) -> list[str]:
    visit.page.locator("#q").press_sequentially(text)
    visit.until("document.getElementById('found').dataset.for === document.getElementById('q').value")
    return visit.names()


def test_all_bundles_are_there_before_anything_is_asked(visit: Visit) -> None:
    visit.go(FRONT)
    assert visit.names() == ALL
    assert visit.text(".count") == "6 bundles, 13 versions"
    assert "streaming-engineer 1.1.0rc1" in visit.text("#news") or "warehouse-librarian 1.0.0" in visit.text("#news")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("data-eng", ["data-engineer", "senior-data-engineer"]),
        ("DATA-ENGINEER", ["data-engineer", "senior-data-engineer"]),
        ("lineage", ["warehouse-librarian"]),
        ("metrics-analyst", ["analytics-team"]),
        ("kafka exactly", []),
    ],
)
def test_what_is_typed_is_found_by_name_description_keyword_and_agent(
    visit: Visit, asked: str, found: list[str]
) -> None:
    visit.go(FRONT)
    assert ask(visit, asked)[: len(found) or None] == found


def test_the_order_is_that_of_the_command(visit: Visit) -> None:
    visit.go("large-site/index.html")
    visit.page.locator("#q").focus()
    rows: list[dict[str, Any]] = [
        {"name": "kafka-gone", "description": "Every version of it was yanked.", "keywords": ["test"]},
        {"name": "kafka", "description": "Reads.", "keywords": []},
        {"name": "kafka-tester", "description": "Tests kafka.", "keywords": ["kafka", "test"]},
        {"name": "quick-kafka-writer", "description": "Writes (all).", "keywords": ["kafkaesque"]},
        {"name": "lean-writer", "description": "A kafka writer.", "keywords": ["stream"]},
        {"name": "open-writer", "description": "Kafkas, kafkaesque.", "keywords": ["kafka"]},
        {"name": "daily-unkafka", "description": "Ünder kafkaß test.", "keywords": ["Test"]},
        {"name": "mobile", "description": "The last test of a writer.", "keywords": ["c++", "under kafka"]},
    ]
    made = """([rows, words]) => ranking.search(rows.map((row) => ({name: row.name, parts: row.name.split("-"),
        keywords: row.keywords.map((one) => one.toLowerCase()), text: row.description.toLowerCase(), agents: [],
        gone: Number(row.name.endsWith("-gone"))})),
        words).map((row) => row.name)"""
    for words in (["kafka"], ["test"], ["writer"], ["kafka", "writer"], ["quick", "kafka"], ["c++"], ["(all"], ["a"],
                  ["kafka", "tester"], ["esque"], ["nothing"]):  # fmt: skip
        ranked = [(rank(words, *row.values()), row["name"]) for row in rows]
        found = sorted((name.endswith("-gone"), place, name) for place, name in ranked if place is not None)
        wanted = [name for *_, name in found]
        assert visit.page.evaluate(made, [rows, words]) == wanted, words


def test_filters_by_keyword_host_and_powers(visit: Visit) -> None:
    page = visit.go(FRONT)
    page.locator("#grants").select_option("read-only")
    visit.until("document.getElementById('told').textContent.startsWith('1 bundle')")
    assert visit.names() == ["data-reviewer"]
    page.locator("#grants").select_option("")
    page.locator("#host").select_option("codex")
    visit.until("document.getElementById('told').textContent")
    held = visit.names()
    assert "data-engineer" in held
    assert "data-reviewer" not in held, "an agent without a shell cannot be held back there"
    page.locator("#keyword").select_option("etl")
    visit.until("document.getElementById('told').textContent.startsWith('1 bundle')")
    assert visit.names() == ["data-engineer"]
    page.locator("#clear").click()
    visit.until("document.getElementById('told').textContent === ''")
    assert visit.names() == ALL


def test_the_address_holds_what_is_asked_and_back_goes_back(visit: Visit) -> None:
    page = visit.go(FRONT)
    wide = ask(visit, "engineer")
    page.locator("#grants").select_option("no-servers")
    visit.until(f"document.getElementById('found').childElementCount < {len(wide)}")
    address = page.url
    assert address.endswith("index.html?q=engineer&grants=no-servers")
    narrowed = visit.names()
    page.go_back()
    visit.until(f"document.getElementById('found').childElementCount === {len(wide)}")
    assert page.url.endswith("?q=engineer")
    assert page.locator("#grants").input_value() == ""
    page.go_back()
    visit.until("document.getElementById('found').childElementCount === 6")
    assert page.locator("#q").input_value() == ""
    page.goto(address)
    visit.until("document.getElementById('told').textContent")
    assert visit.names() == narrowed
    assert page.locator("#q").input_value() == "engineer"


def test_the_keyboard_alone_is_enough(visit: Visit) -> None:
    page = visit.go(FRONT)
    page.keyboard.press("/")
    page.keyboard.type("data")
    visit.until("document.getElementById('found').dataset.for === 'data'")
    focused = "document.activeElement.textContent || document.activeElement.id"
    assert page.locator("#q").input_value() == "data"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == visit.names()[1]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert page.evaluate(focused) == "q"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert page.evaluate(focused) == "q"
    first = visit.names()[0]
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/bundles/{first}/index.html")


def test_nothing_found_says_what_may_be_meant(visit: Visit) -> None:
    page = visit.go(FRONT)
    assert ask(visit, "straeming") == []
    assert "Did you mean streaming-engineer" in visit.text("#nothing")
    page.locator("#grants").select_option("read-only")
    visit.until("document.getElementById('nothing').textContent.includes('Fewer filters')")
    page.locator("#nothing a").first.click()
    page.wait_for_url("**/bundles/streaming-engineer/index.html")


def test_what_stands_in_the_address_stays_text(visit: Visit) -> None:
    page = visit.go(f"{FRONT}?q=%3Cimg%20src%3Dx%20onerror%3D%22window.broken%3D1%22%3E&keyword=%3Cb%3E&host=nobody")
    visit.until("document.getElementById('told').textContent")
    assert "<img src=x" in visit.text("#nothing")
    assert page.evaluate("[window.broken, document.images.length]") == [None, 0]


def test_ten_thousand_bundles_are_searched_as_fast_as_one_types(visit: Visit, capsys: Any) -> None:
    page = visit.go("large-site/index.html")
    page.locator("#q").focus()
    page.wait_for_load_state("networkidle")
    times = page.evaluate(
        """async () => {
          const [field, found] = ["q", "found"].map((id) => document.getElementById(id));
          const times = [];
          for (const text of ["k", "ka", "kaf", "kafk", "kafka", "kafka r", "kafka re", "x", "xyzzy", "senior rust"]) {
            field.value = text;
            const start = performance.now();
            field.dispatchEvent(new Event("input"));
            while (found.dataset.for !== text) await new Promise((done) => setTimeout(done));
            found.offsetHeight;
            times.push(performance.now() - start);
          }
          return times;
        }"""
    )
    with capsys.disabled():
        print(f"\n10,000 bundles: {statistics.median(times):.0f} ms from key to result, {max(times):.0f} ms at most")
    assert statistics.median(times) < 1000
    assert visit.text("#told").endswith("bundles found")


def test_more_than_a_page_of_results_can_be_walked_through(visit: Visit) -> None:
    page = visit.go("large-site/index.html?q=kafka")
    visit.until("document.getElementById('found').childElementCount === 50")
    page.locator("#more").click()
    assert len(set(visit.names())) == 100
    page.go_back() if page.url.endswith("#") else page.goto(f"{visit.served}/large-site/index.html")
    assert len(visit.names()) == 200
    page.get_by_text("After", exact=True).click()
    page.wait_for_url("**/browse/2.html")
    assert "Page 2 of 50" in visit.text(".pages")
