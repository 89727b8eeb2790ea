"""The pages of a catalogue as bytes, out of the templates that lie beside this file.

Whatever a bundle says is escaped by the one setting below, in every template; a text never becomes a template.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from agentpkg.errors import UsageError
from agentpkg.site.badge import make_badge
from agentpkg.site.powers import TRAITS
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from agentpkg.site.badge import Badge
    from agentpkg.site.feed import News
    from agentpkg.site.values import BundlePage, Edition, Entry, SiteInfo

_HERE = Path(__file__).parent
_ON_A_PAGE = 200
_MOST_KEYWORDS = 200
_MOST_NEW = 6
_GREEN, _AMBER, _RED, _BLUE = "#1d6b3f", "#85540a", "#9a2c1f", "#0b625a"
_HARMLESS, _FAR = ("read-only", "no powers"), ("every tool", "any command", "MCP servers", "scripts", "host settings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What the pages about all bundles show; `titles` are the hosts' own names by name, `news` the newest first."""

    entries: Sequence[Entry]
    versions: int
    titles: Mapping[str, str]
    news: Sequence[News]


def check_library() -> None:
    """Raise `UsageError` where the library that fills the templates is missing."""
    try:
        import jinja2  # noqa: F401 (whether it is there is all that is asked)
    except ImportError:
        raise UsageError(
            "the catalogue page needs Jinja2, which is not installed", hint="pip install 'agentpkg-cli[site]'"
        ) from None


class Pages:
    """The templates, ready to be filled."""

    def __init__(self, site: SiteInfo, titles: Mapping[str, str]) -> None:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        self._site = site
        self._titles = titles
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def _fill(self, template: str, root: str, **values: Any) -> bytes:
        return self._templates.get_template(template).render(site=self._site, root=root, **values).encode()

    def of_bundle(self, page: BundlePage, editions: Sequence[Edition]) -> Iterator[tuple[str, bytes]]:
        """Yield the page of a bundle and its badges, by their names in the bundle's folder."""
        badges = _badges(page) if page.shown else {}
        shown = next((one for one in page.versions if one.version == page.entry.version), None)
        yield (
            "index.html",
            self._fill(
                "bundle.html.j2",
                "../../",
                page=page,
                shown=shown,
                titles=self._titles,
                comparable=[one.version for one in editions if one.bundle],
                badges=[(file, badge.label, badge.text) for file, badge in badges.items()],
            ),
        )
        for file, badge in badges.items():
            yield file, self._fill("badge.svg.j2", "", badge=badge)

    def of_all(self, catalogue: Catalogue, parts: int) -> Iterator[tuple[str, bytes]]:
        """Yield the pages that list bundles, the feed, and the page for an address that leads nowhere."""
        keywords = Counter(word for entry in catalogue.entries for word in dict.fromkeys(entry.keywords))
        entries, last = catalogue.entries, max(-(-len(catalogue.entries) // _ON_A_PAGE), 1)
        yield (
            "index.html",
            self._fill(
                "index.html.j2",
                "",
                entries=entries[:_ON_A_PAGE],
                total=len(entries),
                versions=catalogue.versions,
                parts=parts,
                last=last,
                news=_newest_of_each(catalogue.news)[:_MOST_NEW],
                keywords=sorted(keywords.items(), key=lambda one: (-one[1], one[0]))[:_MOST_KEYWORDS],
                hosts=sorted(catalogue.titles.items(), key=lambda one: one[1].casefold()),
                traits=TRAITS.items(),
                host_names=json.dumps(list(catalogue.titles)),
                trait_names=json.dumps(list(TRAITS)),
            ),
        )
        for number in range(2, last + 1):
            some = entries[(number - 1) * _ON_A_PAGE : number * _ON_A_PAGE]
            values = {"entries": some, "number": number, "last": last, "most": len(catalogue.titles)}
            yield f"browse/{number}.html", self._fill("browse.html.j2", "../", **values)
        yield "404.html", self._fill("404.html.j2", urlsplit(self._site.base_url).path)
        if self._site.base_url and catalogue.news:
            yield "feed.xml", self._fill("feed.xml.j2", "", news=catalogue.news, updated=catalogue.news[0].time)


def read_assets() -> dict[str, bytes]:
    """Return the files that every site has as they are, by their path in it."""
    return {f"assets/{path.name}": path.read_bytes() for path in sorted((_HERE / "assets").iterdir()) if path.is_file()}


def read_templates() -> dict[str, bytes]:
    """Return the texts of all templates by name."""
    return {path.name: path.read_bytes() for path in sorted((_HERE / "templates").iterdir()) if path.is_file()}


def _cut(powers: str) -> str:
    """Return powers in few words: the first two of them, and how many more there are."""
    kinds = powers.split(", ")
    return ", ".join(kinds[:2]) + (f" +{len(kinds) - 2}" if len(kinds) > 2 else "")


def _newest_of_each(news: Sequence[News]) -> list[News]:
    """Return of every bundle the version that came last."""
    newest: dict[str, News] = {}
    for one in news:
        newest.setdefault(one.name, one)
    return list(newest.values())


def _badges(page: BundlePage) -> dict[str, Badge]:
    powers = page.entry.powers
    colour = _GREEN if powers in _HARMLESS else _RED if powers.startswith(_FAR) else _AMBER
    return {
        "version.svg": make_badge(page.name, page.entry.version, _BLUE),
        "powers.svg": make_badge("powers", _cut(powers), colour),
    }
