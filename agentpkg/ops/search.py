"""`search`: bundles by what they say of themselves, in all registries. Only a cache is written, of summaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.direct import Collection
from agentpkg.ranking import MOST_NEAR, near, rank
from agentpkg.requirement import bundle_id, split_id
from agentpkg.sources import registry_name
from agentpkg.summaries import Summary, summaries
from agentpkg.trail import step
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from agentpkg.bundle import BundleFile
    from agentpkg.ops.session import Options
    from agentpkg.registries import Registries
    from agentpkg.registry import Registry
    from agentpkg.registry_tables import RegistrySource


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One bundle that a search found, with its newest version and what that says about itself.

    `yanked` says why that version was taken back, where every version was; None where there is one to be had.
    """

    id: str
    version: str
    description: str
    keywords: tuple[str, ...]
    yanked: str | None = None


def search(registries: Registries, words: Sequence[str]) -> list[Found]:
    """Return the bundles of all registries in whose name, description or keywords every word stands, best first.

    Bundles of which every version was yanked come last.
    """
    return _ranked((one for registry in registries.all() for one in _all_of(registry)), words)


def _all_of(registry: Registry | Collection) -> Iterator[Found]:
    with step(f"reading registry {registry.name}"):
        if isinstance(registry, Collection):
            yield from (_found(bundle_id(registry.name, name), about) for name, about in registry.newest().items())
        else:
            yield from (_found(bundle_id(registry.name, name), one) for name, one in summaries(registry).items())


def _found(bundle: str, said: BundleFile | Summary) -> Found:
    yanked = said.yanked if isinstance(said, Summary) else None
    return Found(id=bundle, version=said.version, description=said.description, keywords=said.keywords, yanked=yanked)


def _ranked(all_there_are: Iterable[Found], words: Sequence[str]) -> list[Found]:
    ranked = [(rank(words, one.id, one.description, one.keywords), one) for one in all_there_are]
    fitting = [(one.yanked is not None, place, one.id, one) for place, one in ranked if place is not None]
    return [one for *_, one in sorted(fitting, key=lambda found: found[:3])]


def suggest(registries: Registries, words: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of bundles that somebody may have meant who found nothing, the likeliest first."""
    known: dict[str, list[str]] = {}
    for registry in registries.all():
        for name in registry.names():
            known.setdefault(name, []).append(bundle_id(registry.name, name))
    asked = ["-".join(words), *words] if len(words) > 1 else words
    likely = dict.fromkeys(one for word in asked for one in near(split_id(word)[1] if "/" in word else word, known))
    return tuple(bundle for name in likely for bundle in known[name])[:MOST_NEAR]


def search_agents(
    source: RegistrySource, root: Path, words: Sequence[str], options: Options
) -> tuple[list[Found], tuple[str, ...]]:
    """Return the agents of a repository in whose name or description every word stands, and why files are none."""
    from agentpkg.registries import Registries

    name = registry_name(source.url)
    opened = Registries({name: source}, root, offline=options.offline, status=options.status, tell=options.tell).get(
        name
    )
    with step(f"reading {source.url}"):
        found = _ranked((_found(one, of) for one, of in opened.newest().items()), words)
    return found, opened.passed_over if isinstance(opened, Collection) else ()
