"""Whether a registry is what a registry must be, decided from what it holds. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.alike import alike_keys, find_alike
from agentpkg.errors import AgentpkgError
from agentpkg.resolve import resolve
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from agentpkg.resolve import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong in a registry, and where: a path in the repository, or a bundle and version."""

    where: str
    what: str


def check_requirements(offers: Mapping[str, Sequence[Offer]]) -> list[Problem]:
    """Return a problem for every version that requires what the registry does not have.

    Of every bundle the newest version is resolved as an install would, circles included.
    """
    problems = []
    index = _Held(offers)
    for name, versions in sorted(offers.items()):
        for offer in versions:
            missing = [other for other in sorted(offer.requires) if other not in offers]
            problems += [
                Problem(where=f"{name} {offer.version}", what=f"requires {other}, of which there is no version")
                for other in missing
            ]
        newest = next((offer for offer in versions if not (offer.yanked or offer.unfit)), None)
        if newest and newest.requires and all(other in offers for other in newest.requires):
            try:
                resolve({name: f"=={newest.version}"}, index, {})
            except AgentpkgError as error:
                what = "; ".join([error.message, *error.details])
                problems.append(Problem(where=f"{name} {newest.version}", what=what))
    return problems


class _Held:
    """An index of what is held in memory."""

    def __init__(self, offers: Mapping[str, Sequence[Offer]]) -> None:
        self._offers = offers

    def offers(self, bundle: str) -> Sequence[Offer]:
        if bundle not in self._offers:
            raise AgentpkgError(f"there is no bundle {bundle!r}", hint="its folder is bundles/NAME in the registry")
        return self._offers[bundle]


def look_alikes(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the pairs of names that a reader takes for each other."""
    by_key: dict[str, list[str]] = {}
    pairs = []
    for name in sorted(names):
        keys = alike_keys(name)
        pairs += [(one, name) for one in find_alike(name, {one for key in keys for one in by_key.get(key, ())})]
        for key in keys:
            by_key.setdefault(key, []).append(name)
    return sorted(pairs)
