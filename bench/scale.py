"""Registries of so many bundles and commits, a site of one, and graphs that are hard to resolve."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bench.cases import Bench, Race
from bench.giving import write
from bench.measure import Command, Entrant, Record, Sample
from bench.registries import LEAD, make_family, push_family
from bench.texts import TOPICS
from bench.tools import AGENTPKG
from bench.worlds import World, size_of

MOST_FOR_A_SITE = 1000
_GRAPHS = Path(__file__).with_name("graphs.py")


def registries(bench: Bench, sizes: Sequence[int], per_commit: int) -> Iterator[Race]:
    """Measure registries of so many bundles, each of ten versions, with so many versions in a commit."""
    for bundles in sizes:
        shop = Shop(bench, bundles, per_commit)
        yield shop.run("registry", {"bundles": bundles}, shop.all_entrants())
        shop.drop()


def histories(bench: Bench, sizes: Sequence[tuple[int, int]]) -> Iterator[Race]:
    """Measure registries of so many bundles, with so many versions in a commit: a longer history of the same things."""
    for bundles, per_commit in sizes:
        shop = Shop(bench, bundles, per_commit)
        yield shop.run("history", {"commits": bundles * 10 // per_commit, "bundles": bundles}, shop.fetching())
        shop.drop()


class Shop:
    """One registry, and worlds that have fetched it, whole or without its files, or that have not, or have lost it."""

    def __init__(self, bench: Bench, bundles: int, per_commit: int) -> None:
        self._bench = bench
        self._bundles = bundles
        self._repository = bench.scratch / "registry.git"
        self._names = make_family(self._repository, bundles, per_commit)
        self._pushed = itertools.count()
        self._worlds = {name: bench.world(name) for name in ("whole", "cold", "worn", "sparse", "bare")}
        for name, world in self._worlds.items():
            self._empty(world)
            if name in ("whole", "worn", "sparse"):
                self._fetch(world)
                bench.must(self._command(world, "install", LEAD))

    def drop(self) -> None:
        """Take all away."""
        shutil.rmtree(self._repository)
        for world in self._worlds.values():
            world.drop()

    def run(self, group: str, axes: dict[str, int], entrants: Sequence[Entrant]) -> Race:
        """Run these, few times where they take long, and tell how large things are."""
        whole, sparse = self._worlds["whole"].folder, self._worlds["sparse"].folder
        sizes = {
            "repository": size_of(self._repository),
            "mirror": size_of(whole / "cache" / "registries"),
            "filtered": size_of(sparse / "cache" / "registries"),
            "ledger": size_of(whole / "state" / "ledgers"),
        }
        asked = self._bench.pace
        pace = replace(asked, rounds=min(7, asked.rounds), seconds=min(5, asked.seconds), limit=5 * asked.limit)
        floor = self._bench.floor(self._worlds["whole"])
        return replace(self._bench.run(group, axes, [floor, *entrants], pace), sizes=sizes)

    def fetching(self) -> list[Entrant]:
        """Return first fetches, and a look with nothing to fetch."""
        cold, bare, worn, whole = (self._worlds[name] for name in ("cold", "bare", "worn", "whole"))
        return [
            self._entrant("first", cold, "info", LEAD, ready=lambda: self._forget(cold)),
            self._entrant("filtered-first", bare, "info", LEAD, ready=lambda: self._forget(bare)),
            self._entrant("again", worn, "info", LEAD, ready=lambda: self._forget(worn, "cache")),
            self._entrant("info", whole, "info", LEAD, ready=lambda: self._fetch(whole)),
        ]

    def all_entrants(self) -> list[Entrant]:
        """Return all that is measured of a registry."""
        whole, sparse, bare = (self._worlds[name] for name in ("whole", "sparse", "bare"))

        def empty_and_fetched() -> None:
            self._empty(whole)
            self._fetch(whole)

        def empty_without_files() -> None:
            self._forget(bare)
            self._empty(bare)
            self._fetch(bare)

        search = ("search", TOPICS[0], "--offline")
        found = [
            *self.fetching(),
            self._entrant("news", whole, "info", LEAD, ready=self._push),
            self._entrant("offline", whole, "info", LEAD, "--offline"),
            self._entrant("install", whole, "install", LEAD, ready=empty_and_fetched),
            self._entrant("first-search", whole, *search, ready=lambda: self._forget_summaries(whole)),
            self._entrant("search", whole, *search, ready=lambda: self._search(whole)),
            self._entrant("filtered-news", sparse, "info", LEAD, ready=self._push),
            self._entrant("filtered-install", bare, "install", LEAD, ready=empty_without_files),
            self._entrant("verify", whole, "registry", "verify", str(self._repository)),
        ]
        if self._bundles <= MOST_FOR_A_SITE:
            site = whole.folder / "source" / "site"
            words = ("registry", "site", str(self._repository), "--out", str(site))
            found.append(self._entrant("site", whole, *words, ready=lambda: shutil.rmtree(site, ignore_errors=True)))
            found.append(self._entrant("site-again", whole, *words))
        return found

    def _entrant(self, name: str, world: World, *words: str, ready: Callable[[], object] = lambda: None) -> Entrant:
        shown = " ".join(("agentpkg", *words)).replace(str(self._repository), "URL")
        command = self._command(world, *words)
        return Entrant(name=name, shown=shown.partition(" --out")[0], command=command, ready=ready)

    def _command(self, world: World, *words: str) -> Command:
        return world.command(*AGENTPKG.program, *words)

    def _fetch(self, world: World) -> None:
        """Let a world see what is new, so that nothing is left to fetch when it is measured."""
        self._bench.must(self._command(world, "info", LEAD))

    def _search(self, world: World) -> None:
        """Let a world search once, so that it knows what each bundle says of itself."""
        self._bench.must(self._command(world, "search", TOPICS[0], "--offline"))

    def _forget_summaries(self, world: World) -> None:
        """Forget what each bundle says of itself, as if there had been no search."""
        for path in (world.folder / "cache").rglob("agentpkg-summaries"):
            path.unlink()

    def _push(self) -> None:
        push_family(self._repository, self._names, next(self._pushed))

    def _forget(self, world: World, *parts: str) -> None:
        """Take away what was fetched, and what is known of it; or some of these."""
        for part in parts or ("cache", "state", "home"):
            shutil.rmtree(world.folder / part)
            (world.folder / part).mkdir()

    def _empty(self, world: World) -> None:
        """Begin a project anew: a manifest without bundles."""
        shutil.rmtree(world.project)
        filtered = "filter = true\n" if world.folder.name in ("sparse", "bare") else ""
        registry = f'[registries.default]\nurl = "{self._repository}"\n{filtered}'
        write(world.project / "agentpkg.toml", f'[project]\nhosts = ["claude"]\n\n{registry}\n[bundles]\n')


def graphs(bench: Bench, bundles: int) -> Iterator[Race]:
    """Resolve what is hard to resolve, in one process that tells what each graph took."""
    world = bench.world("graphs")
    command = world.command(bench.python, str(_GRAPHS), str(bundles), str(min(7, bench.pace.rounds)))
    told = json.loads(bench.must(command))
    world.drop()
    records = {
        name: Record(
            shown=f"{name}: {one['outcome']}", samples=[Sample(wall=wall, cpu=wall, peak=0) for wall in one["wall"]]
        )
        for name, one in told.items()
    }
    yield Race(group="resolve", axes={"bundles": bundles}, records=records)
