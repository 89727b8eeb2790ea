"""Does a built site load anything from elsewhere? `python -m tests.docs.alone FOLDER` tells what, and exits 1.

Links that a reader may follow count for nothing; what a browser fetches by itself does.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

_ELSEWHERE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_FETCHED = ("stylesheet", "icon", "preconnect", "dns-prefetch", "preload", "prefetch", "modulepreload", "manifest")
_IN_STYLES = re.compile(r"(?:@import\s+|url\(\s*)[\"']?((?:https?:)?//[^\"')\s]+)", re.IGNORECASE)


class _Reader(HTMLParser):
    """Collects what a page has fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        wanted = [values.get(name, "") for name in ("src", "srcset", "poster", "data", "action")]
        if tag == "link" and any(word in _FETCHED for word in values.get("rel", "").lower().split()):
            wanted.append(values.get("href", ""))
        self.found += [url.strip() for url in wanted if _ELSEWHERE.match(url)]
        self.found += _IN_STYLES.findall(values.get("style", ""))


def fetched(text: str, *, page: bool) -> list[str]:
    """Return the addresses elsewhere that a page, or a style sheet, has fetched."""
    if not page:
        return _IN_STYLES.findall(text)
    reader = _Reader()
    reader.feed(text)
    styles = "".join(re.findall(r"<style[^>]*>(.*?)</style>", text, re.DOTALL | re.IGNORECASE))
    return reader.found + _IN_STYLES.findall(styles)


def look(folder: Path) -> Iterator[str]:
    """Yield what pages and style sheets below a folder have fetched from elsewhere."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".html", ".css"):
            for url in fetched(path.read_text(encoding="utf-8"), page=path.suffix == ".html"):
                yield f"{path.relative_to(folder)}: {url}"


def main(folder: Path) -> int:
    """Look at a built site; return the exit code."""
    if not (folder / "index.html").is_file():
        print(f"there is no site in {folder}")
        return 1
    found = list(look(folder))
    for one in found:
        print(one)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
