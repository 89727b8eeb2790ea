"""The pages of a registry, bundle by bundle: read, rendered for every host, and put on the stage of a site."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from agentpkg.bundle import parse_bundle
from agentpkg.errors import ContentRefused
from agentpkg.hosts import HOSTS, REVISIONS
from agentpkg.manifest import HostSettings
from agentpkg.ops.preview import agents_of
from agentpkg.site.data import compare_data, index_parts, preview_data
from agentpkg.site.feed import list_news
from agentpkg.site.hosts import view_host, view_refusal
from agentpkg.site.page import choose_shown, make_page
from agentpkg.site.pages import Catalogue, Pages, read_assets, read_templates
from agentpkg.site.picture import look_around
from agentpkg.site.values import Edition, Entry
from agentpkg.targets import Destination, Selection, render_selections

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentpkg.bundle import Bundle
    from agentpkg.registry import Registry
    from agentpkg.site.folder import Before, Kept, Stage
    from agentpkg.site.values import Added, Around, HostView, SiteInfo

_SETTINGS = {name: HostSettings() for name in REVISIONS}


class Work:
    """One run over a registry. `trees` are git's ids of its bundles' folders, `added` when each version came.

    What was seen of the bundles is in `entries`, `versions` (their number) and `unreadable`.
    """

    def __init__(
        self,
        registry: Registry,
        trees: Mapping[str, str],
        added: Mapping[tuple[str, str], Added],
        site: SiteInfo,
        titles: Mapping[str, str],
    ) -> None:
        self._registry, self._trees, self._titles = registry, trees, titles
        self._pages = Pages(site, titles)
        self._requires = {name: about.requires for name, about in registry.newest().items()}
        self._parents: dict[str, list[str]] = defaultdict(list)
        for name, requires in self._requires.items():
            for other in requires:
                self._parents[other].append(name)
        self._added: dict[str, dict[str, Added]] = defaultdict(dict)
        for (name, version), one in added.items():
            self._added[name][version] = one
        ours = sorted((read_templates() | read_assets()).items())
        common = [{**asdict(site), "commit": ""}, REVISIONS, [sha256(data).hexdigest() for _, data in ours]]
        self._common = json.dumps(common, sort_keys=True)
        self.entries: dict[str, Entry] = {}
        self.versions = 0
        self.unreadable: list[tuple[str, str, str]] = []

    def add(self, name: str, stage: Stage, before: Before) -> bool:
        """Put a bundle's pages on the stage, and say whether those of an earlier run could stay."""
        around = look_around(name, self._requires, self._parents)
        mark = self._mark(name, around)
        kept = before.bundles.get(name)
        stays = kept is not None and kept.mark == mark
        if kept is None or not stays:
            kept = self._make(name, mark, around, stage)
        else:
            stage.keep_bundle(name, kept)
        self.entries[name] = _read_entry(kept.about["entry"])
        self.versions += kept.about["versions"]
        self.unreadable += [(name, version, why) for version, why in kept.about["unreadable"].items()]
        return stays

    def _make(self, name: str, mark: str, around: Around, stage: Stage) -> Kept:
        editions = tuple(self._editions(name))
        shown = choose_shown(editions)
        page = make_page(name, editions, tuple(_views(shown.bundle)) if shown and shown.bundle else (), around)
        files = dict(self._pages.of_bundle(page, editions))
        if page.shown:
            files |= {"preview.js": preview_data(page), "versions.js": compare_data(editions)}
        about = {
            "entry": asdict(page.entry),
            "versions": len(editions),
            "unreadable": {one.version: one.unfit for one in editions if one.unfit},
        }
        return stage.add_bundle(name, mark, about, files)

    def _mark(self, name: str, around: Around) -> str:
        """Return what stands for everything that a bundle's pages are made of."""
        times = {version: [one.time, one.commit] for version, one in self._added[name].items()}
        text = json.dumps([self._common, name, self._trees[name], times, asdict(around)], sort_keys=True)
        return sha256(text.encode()).hexdigest()

    def _editions(self, name: str) -> Iterator[Edition]:
        """Yield every version of a bundle, the newest first. Where nobody knows which were yanked, none can be read."""
        yanked: Mapping[str, str] = {}
        broken = None
        try:
            yanked = self._registry.yanked(name)
        except ContentRefused as error:
            broken = error.message
        for version in self._registry.versions(name):
            bundle, files, unfit = None, {}, broken
            try:
                files = self._registry.files(name, version)
                bundle = None if broken else _parse(files, name, version)
            except ContentRefused as error:
                unfit = error.message
            yield Edition(
                version=version,
                bundle=bundle,
                files=files,
                added=self._added[name].get(version),
                yanked=yanked.get(version),
                unfit=unfit,
            )

    def add_rest(self, stage: Stage) -> None:
        """Put on the stage what shows all bundles together."""
        entries = tuple(self.entries.values())
        news = list_news(self._added, self.entries, self._is_offered)
        parts = tuple(index_parts(entries, tuple(self._titles)))
        catalogue = Catalogue(entries=entries, versions=self.versions, titles=self._titles, news=news)
        stage.add(read_assets().items())
        stage.add((f"data/index-{number}.js", part) for number, part in enumerate(parts))
        stage.add(self._pages.of_all(catalogue, len(parts)))

    def _is_offered(self, name: str, version: str) -> bool:
        """Say whether a version is there, can be read and was not yanked."""
        if name not in self.entries or any(one[:2] == (name, version) for one in self.unreadable):
            return False
        return version in self._registry.versions(name) and version not in self._registry.yanked(name)


def _parse(files: Mapping[str, bytes], name: str, version: str) -> Bundle:
    bundle = parse_bundle(files, f"{name} {version}")
    if (bundle.name, bundle.version) != (name, version):
        raise ContentRefused(
            f"bundles/{name}/{version} holds {bundle.name} {bundle.version}", hint="ask whoever owns the registry"
        )
    return bundle


def _views(bundle: Bundle) -> Iterator[HostView]:
    """Yield what every host makes of a bundle, in a project that sets nothing."""
    hosts = dict(HOSTS.items())
    for name, host in hosts.items():
        selection = Selection(id=bundle.name, bundle=bundle, hosts=(name,), agents=None, renames={})
        where = Destination(hosts=hosts, settings=_SETTINGS, user=False, used=(name,))
        try:
            rendered = render_selections([selection], where, strict=False)
        except ContentRefused as error:
            yield view_refusal(host, error)
        else:
            yield view_host(host, rendered, agents_of(rendered))


def _read_entry(data: Mapping[str, Any]) -> Entry:
    """Return an entry as it was written down, where lists stand for tuples."""
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
    return Entry(**values)
