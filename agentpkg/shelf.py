"""What there is to choose from: the versions of each bundle in the order in which to try them, and which of them fit.

To find what fits, a shelf asks its index for each bundle once, and compares each version with each specifier once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence, Set

    from agentpkg.resolve import Index, Offer


class Shelf:
    """The versions that may be chosen, by bundle, as one resolution sees them. `pins` are those to try first."""

    def __init__(self, index: Index, pins: Mapping[str, str]) -> None:
        self._index = index
        self._pins = pins
        self._ordered: dict[str, list[Offer]] = {}
        self._fitting: dict[tuple[str, str, bool], frozenset[str]] = {}

    def offers(self, bundle: str) -> Sequence[Offer]:
        """Return every version of a bundle as the index has them."""
        return self._index.offers(bundle)

    def matching(
        self, bundle: str, specifiers: Collection[str], barred: Set[str] = frozenset(), *, early: bool = False
    ) -> list[Offer]:
        """Return the versions that fit all the specifiers and are not barred, the one to try first in front.

        Pre-releases are among them only with `early`, or where a specifier names one; yanked ones only where they are
        pinned.
        """
        ordered = self._in_order(bundle)
        early = early or any(map(names_early, specifiers))
        fitting = [self._that_fit(bundle, specifier, early) for specifier in specifiers]
        return [
            offer
            for offer in ordered
            if offer.version not in barred and all(offer.version in versions for versions in fitting)
        ]

    def _in_order(self, bundle: str) -> list[Offer]:
        if bundle not in self._ordered:
            pin = self._pins.get(bundle)
            usable = [one for one in self.offers(bundle) if not one.unfit and (not one.yanked or one.version == pin)]
            usable.sort(key=lambda offer: (offer.version == pin, _order(offer.version)), reverse=True)
            self._ordered[bundle] = usable
        return self._ordered[bundle]

    def _that_fit(self, bundle: str, specifier: str, early: bool) -> frozenset[str]:
        key = bundle, specifier, early
        if key not in self._fitting:
            pin = self._pins.get(bundle)
            versions = [offer.version for offer in self._in_order(bundle)]
            self._fitting[key] = frozenset(one for one in versions if fits(specifier, one, early or one == pin))
        return self._fitting[key]


# Bounded, for what lives longer than one resolution.
@lru_cache(maxsize=100_000)
def fits(specifier: str, version: str, early: bool = True) -> bool:
    """Say whether a version is one of those that a specifier lets in, pre-releases only with `early`."""
    return parse_specifier(specifier).contains(_parse(version), prereleases=early)


@lru_cache(maxsize=10_000)
def names_early(specifier: str) -> bool:
    """Say whether a specifier names a pre-release, and so asks for them."""
    return bool(parse_specifier(specifier).prereleases)


@lru_cache(maxsize=10_000)
def parse_specifier(text: str) -> SpecifierSet:
    """Return a specifier that was checked when it was read."""
    return SpecifierSet(text)


@lru_cache(maxsize=100_000)
def _parse(version: str) -> Version:
    return Version(version)


def _order(version: str) -> Version:
    """Return what versions are ordered by. Those that stand for commits are equal, and stay in the index's order."""
    return _parse(version.partition("+")[0])
