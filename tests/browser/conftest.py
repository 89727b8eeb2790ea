"""A browser, the sites that it looks at on a server that knows nothing of them, and a page that watches over itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.browser.place import FLAGS, find_browser
from tests.browser.shops import make_hostile, make_large, make_shipped

_WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(
  `${event.effectiveDirective}: ${event.blockedURI}`));
"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (as it is called there)
        """Say nothing of each request."""


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all the sites in it, made once."""
    folder = tmp_path_factory.mktemp("sites")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("AGENTPKG_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        for make in (make_shipped, make_hostile, make_large):
            make(folder)
    return folder


@pytest.fixture(scope="session")
def served(sites: Path) -> Iterator[str]:
    """The address of a plain file server over that folder: each site stands in a folder of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(sites)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The browser, with a folder of its own for all that it keeps."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=find_browser(), headless=True, args=list(FLAGS))
        yield opened
        opened.close()


@dataclass
class Visit:
    """One visit: a page, and what went wrong on it. `stray` are requests that left the sites' server."""

    page: Any
    served: str
    stray: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def go(self, path: str) -> Any:
        """Go to a path, and return the page when nothing is loading any more."""
        self.page.goto(path if path.startswith("file:") else f"{self.served}/{path}")
        self.page.wait_for_load_state("networkidle")
        return self.page

    def check(self) -> None:
        """Fail if the page asked anybody else for anything, did what its policy forbids, or stumbled."""
        assert self.stray == []
        assert self.said == []
        assert self.page.evaluate("window.violations") == []

    def until(self, condition: str) -> None:
        """Wait until a JavaScript expression is true, asked from outside: the pages' policy lets nobody evaluate."""
        for _ in range(600):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(25)
        raise AssertionError(f"never true: {condition}")

    def text(self, selector: str) -> str:
        return re.sub(r"\s+", " ", str(self.page.locator(selector).first.inner_text())).strip()

    def names(self) -> list[str]:
        """Return the names of the bundles that are listed."""
        return [str(name) for name in self.page.locator("#found a.name").all_inner_texts()]


@pytest.fixture
def visit(browser: Any, served: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A visit with a fresh profile; `indirect` parameters are options of the browser's context."""
    options = getattr(request, "param", {})
    context = browser.new_context(**options)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.add_init_script(_WATCH)
    page = context.new_page()
    page.set_default_timeout(15_000)
    found = Visit(page, served)

    def look(asked: Any) -> None:
        if not asked.url.startswith((f"{served}/", "file:", "data:,")):
            found.stray.append(asked.url)

    page.on("request", look)
    page.on("console", lambda message: found.said.append(message.text))
    page.on("pageerror", lambda error: found.said.append(str(error)))
    yield found
    if options.get("java_script_enabled", True):
        found.check()
    assert found.stray == []
    context.close()
