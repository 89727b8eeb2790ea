"""Resolution: from requirements to one version of every bundle.

Pure but for the `Index`, which tells the versions of one bundle when it is first asked for. The newest version that
everybody accepts is chosen, except that a lock's pin goes first. Pre-releases are chosen only where a specifier names
one, yanked versions only where they are pinned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from agentpkg.errors import AgentpkgError, ContentRefused
from agentpkg.requirement import bundle_id, check_specifier, split_id
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from agentpkg.shelf import Shelf

_MOST_TOLD = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One version that a registry holds, with what it requires (names within the same registry).

    `yanked` says why it was taken back, `unfit` why it cannot be read.
    """

    version: str
    requires: Mapping[str, str]
    yanked: str | None = None
    unfit: str | None = None


class Index(Protocol):
    """What the resolver asks of the registries."""

    def offers(self, bundle: str) -> Sequence[Offer]:
        """Return every version of the bundle with this id, newest first; raise if there is no such bundle."""


def requires_of(bundle: str, offer: Offer) -> dict[str, str]:
    """Return what a version of a bundle requires, specifiers by id, in the order of names."""
    registry, _ = split_id(bundle)
    return {bundle_id(registry, name): specifier for name, specifier in sorted(offer.requires.items())}


def resolve(
    wanted: Mapping[str, str],
    index: Index,
    pins: Mapping[str, str],
    asker: str = "agentpkg.toml",
    others: Mapping[str, str] | None = None,
) -> dict[str, Offer]:
    """Return the chosen version of every bundle that `wanted` (specifiers by id) needs, by id.

    `pins` are versions to prefer; `asker` is who wants it, in messages, but for those by id of which `others` says who
    does. Raises `AgentpkgError` with the whole chain of who wanted what if nothing fits.
    """
    from agentpkg.shelf import Shelf

    others = others or {}
    for bundle, text in sorted(wanted.items()):
        check_specifier(text, f"{others.get(bundle, asker)}: {bundle}")
    chosen = dict(sorted(_find(wanted, Shelf(index, pins), asker, others).items()))
    _refuse_cycles(chosen)
    return chosen


def _find(wanted: Mapping[str, str], shelf: Shelf, asker: str, others: Mapping[str, str]) -> dict[str, Offer]:
    """Return an answer that keeps to all that is wanted; what takes more work comes later.

    Nothing of resolvelib is imported before a dead end.
    """
    from agentpkg.walk import walk

    try:
        found = walk(wanted, shelf)
        if found is None:
            from agentpkg.backtrack import search

            found = search(wanted, shelf, asker, others)
        _refuse_unsound(wanted, found)
    except Unsolved:
        from agentpkg.thorough import search_thoroughly

        found = search_thoroughly(wanted, shelf)
        if found is None:
            raise
    return found


class Unsolved(AgentpkgError):
    """No way was found to have all that is wanted."""


def too_tangled(details: Iterable[str] = ()) -> Unsolved:
    """Return the error that says only that no way was found."""
    return Unsolved(
        "the requirements are too tangled to solve", details=details, hint="pin some of them with == in agentpkg.toml"
    )


def _refuse_unsound(wanted: Mapping[str, str], chosen: Mapping[str, Offer]) -> None:
    """Raise if the answer leaves out or breaks anything that is wanted.

    resolvelib (1.2.1, its issue 206) forgets now and then who wanted what, and so does the walk, which goes its way.
    """
    from agentpkg.shelf import fits

    wants = {*wanted.items()}
    for bundle, offer in chosen.items():
        wants.update(requires_of(bundle, offer).items())
    broken = [
        f"{bundle} {text}".strip()
        for bundle, text in sorted(wants)
        if bundle not in chosen or not fits(text, chosen[bundle].version)
    ]
    if broken:
        raise too_tangled(f"no way was found to have {one}" for one in broken[:_MOST_TOLD])


def _refuse_cycles(chosen: Mapping[str, Offer]) -> None:
    """Raise if a bundle requires itself by way of others: nobody could say which of them is in charge."""
    left = {bundle: set(requires_of(bundle, offer)) for bundle, offer in chosen.items()}
    askers: dict[str, list[str]] = {}
    for bundle, requires in left.items():
        for other in requires:
            askers.setdefault(other, []).append(bundle)
    free = [bundle for bundle, requires in left.items() if not requires]
    while free:
        gone = free.pop()
        del left[gone]
        for asker in askers.get(gone, ()):
            left[asker].discard(gone)
            free += [] if left[asker] else [asker]
    if left:  # from each of these leads a way to another of them, so every walk comes back to where it was
        walk = [min(left)]
        while (after := min(left[walk[-1]])) not in walk:
            walk.append(after)
        loop = [*walk[walk.index(after) :], after]
        raise ContentRefused(
            "bundles require each other in a circle",
            details=[" → ".join(loop)],
            hint="ask their authors; one of them must require the other no more",
        )
