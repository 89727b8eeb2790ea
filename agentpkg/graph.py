"""The installed graph: which bundle asks for which, from the manifest on, as the lockfile has it.

A lockfile is a file like any other, so the graph may have circles, ends that lead nowhere, and any depth: all of this
comes to an end on each, and none of it calls itself. Nothing heavy is imported.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from agentpkg.manifest import FILE_NAME
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from agentpkg.lockfile import LockedBundle
    from agentpkg.requirement import Requirement

_MOST_STEPS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Bundles by id: what of each the lockfile holds (`versions`), the manifest asks for (`roots`), and each requires.

    Of a root and of what is required there is the specifier. `paths` are the folders of bundles of the project.
    """

    versions: Mapping[str, str]
    roots: Mapping[str, str]
    requires: Mapping[str, Mapping[str, str]]
    paths: Mapping[str, str]

    def reached(self) -> set[str]:
        """Return every bundle that the manifest leads to, whether the lockfile holds it or not."""
        reached: set[str] = set()
        waiting = list(self.roots)
        while waiting:
            bundle = waiting.pop()
            if bundle not in reached:
                reached.add(bundle)
                waiting += self.requires.get(bundle, ())
        return reached

    def name(self, link: Link, *, asks: bool = False) -> str:
        """Return a bundle with its version and the specifier that asks for it, with `asks` that it asks with."""
        if link.bundle is None:
            name = FILE_NAME
        else:
            version = self.versions.get(link.bundle)
            name = f"{link.bundle} {version}" if version else f"{link.bundle}, not installed"
        if link.specifier is None:
            return name
        if asks:
            return f"{name} wants {link.specifier or 'any version'}"
        path = self.paths.get(link.bundle or "") if link.bundle in self.roots else None
        return f"{name} ({path or link.specifier or 'any'})"

    def missing(self) -> tuple[str, ...]:
        """Return what is needed and not in the lockfile."""
        return tuple(sorted(self.reached() - self.versions.keys()))

    def unneeded(self) -> tuple[str, ...]:
        """Return what is in the lockfile and nothing needs."""
        return tuple(sorted(self.versions.keys() - self.reached()))


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """A bundle, or the manifest (`bundle` None), met by way of another one: with the specifier between the two.

    `specifier` is None where nothing asks: at the top of a tree.
    """

    bundle: str | None
    specifier: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a tree. `lasts` says level by level, from the top, whether no sibling follows there.

    `repeated`: what is below it stands below an earlier row.
    """

    link: Link
    lasts: tuple[bool, ...]
    repeated: bool


def make_graph(requirements: Mapping[str, Requirement], locked: Mapping[str, LockedBundle]) -> Graph:
    """Return the graph of what a manifest asks for and a lockfile holds."""
    return Graph(
        versions={bundle: one.version for bundle, one in sorted(locked.items())},
        roots={bundle: one.specifier for bundle, one in sorted(requirements.items())},
        requires={bundle: dict(sorted(one.requires.items())) for bundle, one in sorted(locked.items())},
        paths={bundle: one.path for bundle, one in sorted(requirements.items()) if one.path is not None},
    )


def lay_out(graph: Graph, *, invert: bool = False, names: Iterable[str] = ()) -> Iterator[Row]:
    """Return the rows of the tree below the manifest, or below the bundles that are named.

    With `invert` it grows the other way: from what is named, or all that requires nothing, to what asks for it.
    """
    named = [*names]
    if invert:
        askers = _askers(graph)
        ends = named or [bundle for bundle in graph.versions if not graph.requires.get(bundle)]
        yield from _grow((Link(bundle, None) for bundle in ends), lambda bundle: askers.get(bundle, ()))
        return
    tops = [Link(bundle, graph.roots.get(bundle)) for bundle in named or graph.roots]
    yield from _grow(tops, lambda bundle: [Link(*one) for one in graph.requires.get(bundle, {}).items()])


def _askers(graph: Graph) -> dict[str, list[Link]]:
    """Return for each bundle who asks for it, the manifest first."""
    askers = {bundle: [Link(None, specifier)] for bundle, specifier in graph.roots.items()}
    for bundle, requires in graph.requires.items():
        for other, specifier in requires.items():
            askers.setdefault(other, []).append(Link(bundle, specifier))
    return askers


def _grow(tops: Iterable[Link], below: Callable[[str], Sequence[Link]]) -> Iterator[Row]:
    seen: set[str] = set()
    waiting: list[tuple[Link, tuple[bool, ...]]] = [(link, ()) for link in reversed([*tops])]
    while waiting:
        link, lasts = waiting.pop()
        links = below(link.bundle) if link.bundle is not None else ()
        repeated = bool(links) and link.bundle in seen
        yield Row(link=link, lasts=lasts, repeated=repeated)
        if link.bundle is not None and not repeated:
            seen.add(link.bundle)
            waiting += [(one, (*lasts, place == 0)) for place, one in enumerate(reversed(links))]


def shortest_chain(graph: Graph, bundle: str) -> tuple[Link, ...]:
    """Return the shortest way from the manifest to a bundle, which is its last link; empty if there is none."""
    came: dict[str, Link | None] = dict.fromkeys(graph.roots)
    waiting = deque(graph.roots)
    while waiting and bundle not in came:
        parent = waiting.popleft()
        for other, specifier in graph.requires.get(parent, {}).items():
            if other not in came:
                came[other] = Link(parent, specifier)
                waiting.append(other)
    if bundle not in came:
        return ()
    chain: list[Link] = []
    at = bundle
    while (link := came[at]) is not None and link.bundle is not None:
        chain.append(Link(at, link.specifier))
        at = link.bundle
    return (Link(at, graph.roots[at]), *reversed(chain))


def find_chains(graph: Graph, bundle: str, most: int) -> tuple[tuple[tuple[Link, ...], ...], bool]:
    """Return the ways from the manifest to a bundle, shortest first, and whether there are more than these.

    None goes through a bundle twice. There may be very many: `most` are returned, and only so many steps are taken.
    """
    askers, reached = _askers(graph), graph.reached()
    found: list[tuple[Link, ...]] = []
    waiting: list[tuple[str, tuple[Link, ...]]] = [(bundle, ())]
    steps = 0
    while waiting:
        if len(found) > most or steps > _MOST_STEPS:
            break
        at, chain = waiting.pop()
        passed = {at, *(one.bundle for one in chain)}
        for link in reversed(askers.get(at, ())):
            steps += 1
            if link.bundle is None:
                found.append((Link(at, link.specifier), *chain))
            elif link.bundle in reached and link.bundle not in passed:
                waiting.append((link.bundle, (Link(at, link.specifier), *chain)))
    ordered = sorted(found, key=lambda chain: (len(chain), [one.bundle or "" for one in chain]))
    return tuple(ordered[:most]), len(found) > most or bool(waiting)
