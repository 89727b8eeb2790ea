"""A bundle's page: powers, prompts, hosts, versions, and what two of them differ in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Visit
from tests.browser.shops import BASE, HOSTILE, URL
from tests.support.cli import Cli

pytestmark = pytest.mark.browser
ENGINEER = "shipped-site/bundles/data-engineer/index.html"
BAD = "hostile-site/bundles/bad-words/index.html"


def test_powers_prompt_versions_and_requirements_are_told(visit: Visit) -> None:
    page = visit.go("shipped-site/bundles/analytics-team/index.html")
    assert "shell(git log *) runs commands that match git log *" in visit.text("#agent-metrics-analyst .may")
    assert "# Metrics analyst" in visit.text("#agent-metrics-analyst pre")
    assert visit.text(".wants") == "data-reviewer ~=1.0"
    assert page.locator("svg.graph desc").text_content() == "analytics-team requires data-reviewer"
    assert page.locator("svg.graph text").all_text_contents() == ["analytics-team", "data-reviewer"]
    page.locator("svg.graph a").click()
    page.wait_for_url("**/bundles/data-reviewer/index.html")
    assert "Required by analytics-team" in visit.text(".by")


def test_a_yanked_version_is_marked_with_its_reason_and_its_day(visit: Visit) -> None:
    visit.go("shipped-site/bundles/streaming-engineer/index.html")
    told = visit.text(".versions .off")
    assert told.startswith("0.9.0 yanked 2026-03-")
    assert visit.text("h1").startswith("streaming-engineer 1.0.0"), "a pre-release is not what is shown"


def test_a_host_shows_the_very_bytes_that_an_install_writes(visit: Visit, cli: Cli) -> None:
    page = visit.go(ENGINEER)
    for host in ("claude", "codex", "gemini"):
        page.locator(f"#host-{host} summary").click()
        page.locator(f"#host-{host} pre").first.wait_for()
        shown = page.locator(f"#host-{host} pre").first.text_content()
        assert shown == cli("render", "data-engineer", "--host", host).out
    assert "Nothing is lost." in visit.text("#host-claude")


def test_a_host_that_cannot_hold_it_back_says_what_would_be_gained(visit: Visit) -> None:
    page = visit.go("shipped-site/bundles/data-reviewer/index.html")
    assert visit.text("#host-codex .state") == "not held back"
    page.locator("#host-codex summary").click()
    assert "data-reviewer would gain" in visit.text("#host-codex")


def test_any_two_versions_are_compared_by_powers_and_text(visit: Visit) -> None:
    page = visit.go(ENGINEER)
    page.locator("#old").select_option("1.0.0")
    page.locator("#show").click()
    page.locator("#difference .diff").first.wait_for()
    assert "+ data-engineer gains mcp-server:context7" in visit.text(".gains")
    added = page.locator(".diff .plus").all_inner_texts()
    assert any('version = "2.0.0"' in line for line in added)
    assert page.url.endswith("#compare=1.0.0..2.0.0")
    visit.go(f"{ENGINEER}?again#compare=2.0.0..1.0.0")
    page.locator("#difference .diff").first.wait_for()
    assert "− data-engineer loses mcp-server:context7" in visit.text(".gains")
    page.locator("#old").select_option("1.0.0")
    page.locator("#show").click()
    visit.until("document.getElementById('difference-told').textContent.includes('are the same')")


def test_the_difference_of_texts_takes_one_to_the_other(visit: Visit) -> None:
    page = visit.go(ENGINEER)
    texts = [
        "",
        "a\n",
        "a\nb\nc\n",
        "c\nb\na\n",
        "a\nx\nb\n\n\nc\n",
        "\n\n",
        "b\nb\nb\na\n",
        "a\nb\nc\nd\ne\nf\ng\nh\n",
    ]
    for old in texts:
        for new in texts:
            lines = page.evaluate("([old, now]) => difference.lines(old, now)", [old, new])
            for sign, text in (("-", old), ("+", new)):
                assert "".join(f"{line}\n" for mark, line in lines if mark in (" ", sign)) == text, (old, new)
            if old == new:
                assert {mark for mark, _ in lines} <= {" "}


def test_commands_and_badges_are_copied_as_they_stand(visit: Visit) -> None:
    page = visit.go(ENGINEER)
    page.locator("aside [data-copy]").first.click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == f"agentpkg install data-engineer --registry {URL}"
    page.locator("#badges ~ .command [data-copy]").first.click()
    visit.until("document.querySelector('#badges ~ .command [data-copy]').textContent === 'Copied'")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"[![data-engineer]({BASE}bundles/data-engineer/version.svg)](")
    widths = page.locator(".badge img").evaluate_all("images => images.map((one) => one.naturalWidth)")
    assert len(widths) == 2
    assert min(widths) > 60


def test_hostile_texts_are_shown_letter_by_letter_and_do_nothing(visit: Visit) -> None:
    page = visit.go(BAD)
    prompt = page.locator("#agent-bad-words pre").first.text_content()
    for text in HOSTILE:
        assert text in prompt
        assert text in page.locator(".title").text_content()
    assert page.title().startswith("bad-words 1.1.0")
    page.locator("#host-claude summary").click()
    page.locator("#host-claude pre").first.wait_for()
    page.locator("#show").click()
    page.locator("#difference .diff").first.wait_for()
    page.mouse.move(200, 200)
    for address in (BAD, "hostile-site/index.html?q=bad", "hostile-site/bundles/third/index.html"):
        page = visit.go(address)
        if "?q" in address:
            visit.until("document.getElementById('told').textContent")
            assert HOSTILE[0] in visit.text("#found")
        assert page.evaluate("window.broken") is None
        assert (
            page.locator("main script, main iframe, main img:not(.badge img), main meta, [onload], [onerror]").count()
            == 0
        )
        assert "taken over" not in page.locator("h1").all_inner_texts()
        scripts = page.locator("script").evaluate_all("all => all.map((one) => one.getAttribute('src'))")
        assert all(one and "assets/" in one for one in scripts)


def test_the_policy_forbids_what_no_page_does(visit: Visit) -> None:
    page = visit.go(ENGINEER)
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.broken = 1";
          const image = new Image();
          image.src = "https://elsewhere.example/a.png";
          document.body.append(script, image);
          document.body.setAttribute("onclick", "window.broken = 2");
          document.body.click();
          document.body.style.setProperty("color", "inherit");
          fetch("index.html").catch(() => {});
        }"""
    )
    visit.until("window.violations.length >= 4")
    assert page.evaluate("window.broken") is None
    told = {one.partition(":")[0] for one in page.evaluate("window.violations")}
    assert told == {"script-src-elem", "script-src-attr", "img-src", "connect-src"}
    with pytest.raises(AssertionError):
        visit.check()
    assert visit.stray == ["https://elsewhere.example/a.png"], "what was stopped counts as asked for all the same"
    page.evaluate("window.violations = []")
    visit.said.clear()
    visit.stray.clear()


def test_a_version_with_hidden_text_is_told_of_and_not_shown(visit: Visit) -> None:
    page = visit.go(BAD)
    told = visit.text("[id='v1.2.0']")
    assert "unreadable" in told
    assert "RIGHT-TO-LEFT OVERRIDE" in told
    assert "\u202e" not in page.content()


def test_a_reader_without_scripts_reads_everything(browser: Any, served: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served}/shipped-site/index.html")
    assert page.locator("#found a.name").count() == 6
    assert page.locator("#q").is_hidden()
    assert "needs JavaScript" in page.locator("noscript").first.inner_text()
    page.locator("#found a.name").first.click()
    assert "# Analytics engineer" in page.locator("pre").first.inner_text()
    page.locator("details.host summary").first.click()
    assert page.locator("details.host .notes, details.host .quiet").first.is_visible()
    assert page.locator(".js-only:visible").count() == 0
    context.close()


def test_a_page_that_was_opened_as_a_file_works_too(visit: Visit, sites: Any) -> None:
    page = visit.go((sites / "shipped-site" / "index.html").as_uri())
    page.locator("#q").press_sequentially("lineage")
    visit.until("document.getElementById('told').textContent.startsWith('1 bundle')")
    page.locator("#found a.name").click()
    page.locator("#host-claude summary").click()
    page.locator("#host-claude pre").first.wait_for()
