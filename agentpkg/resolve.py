"""Resolution: from requirements to one version of every bundle, by resolvelib.

Pure but for the `Index`, which tells the versions of one bundle when it is first asked for. The newest version that
everybody accepts is chosen, except that a lock's pin goes first. Pre-releases are chosen only where a specifier names
one, yanked versions only where they are pinned.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Protocol, TypeAlias

from packaging.specifiers import SpecifierSet
from packaging.version import Version
from resolvelib import AbstractProvider, BaseReporter, ResolutionImpossible, ResolutionTooDeep, Resolver

from agentpkg.errors import AgentpkgError, ContentRefused
from agentpkg.requirement import bundle_id, check_specifier, split_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from resolvelib.structs import Matches, RequirementInformation

_MOST_ROUNDS = 20_000
_MOST_WANTS = 6


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


@dataclass(frozen=True, slots=True)
class _Want:
    """A specifier for one bundle, and the chain of who wants it, from the manifest on."""

    id: str
    specifier: SpecifierSet
    chain: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    id: str
    offer: Offer
    chain: tuple[str, ...] = field(compare=False)


_Wants: TypeAlias = "Mapping[str, Iterator[_Want]]"


def resolve(
    wanted: Mapping[str, str], index: Index, pins: Mapping[str, str], asker: str = "agentpkg.toml"
) -> dict[str, Offer]:
    """Return the chosen version of every bundle that `wanted` (specifiers by id) needs, by id.

    `pins` are versions to prefer; `asker` is who wants it, in messages. Raises `AgentpkgError` with the whole chain of
    who wanted what if nothing fits.
    """
    roots = [
        _Want(bundle, SpecifierSet(check_specifier(text, f"{asker}: {bundle}")), (asker,))
        for bundle, text in sorted(wanted.items())
    ]
    resolver: Resolver[_Want, _Candidate, str] = Resolver(_Provider(index, pins), BaseReporter())
    try:
        result = resolver.resolve(roots, max_rounds=_MOST_ROUNDS)
    except ResolutionImpossible as error:
        raise _explain(tuple(error.causes), index) from None
    except (ResolutionTooDeep, RecursionError):
        raise _too_tangled() from None
    chosen = {bundle: candidate.offer for bundle, candidate in sorted(result.mapping.items())}
    _refuse_unsound(roots, chosen)
    _refuse_cycles(chosen)
    return chosen


def _too_tangled(details: Iterable[str] = ()) -> AgentpkgError:
    return AgentpkgError(
        "the requirements are too tangled to solve", details=details, hint="pin some of them with == in agentpkg.toml"
    )


def _refuse_unsound(roots: Iterable[_Want], chosen: Mapping[str, Offer]) -> None:
    """Raise if the answer leaves out or breaks anything that is wanted.

    After many dead ends resolvelib (1.2.1, its issue 206) forgets now and then who wanted what.
    """
    wants = {(root.id, str(root.specifier)) for root in roots}
    for bundle, offer in chosen.items():
        registry, _ = split_id(bundle)
        wants |= {(bundle_id(registry, name), text) for name, text in offer.requires.items()}
    broken = [
        f"{bundle} {text}".strip()
        for bundle, text in sorted(wants)
        if bundle not in chosen or not _fits(_specifier(text), chosen[bundle].version, True)
    ]
    if broken:
        raise _too_tangled(f"no way was found to have {one}" for one in broken[:_MOST_WANTS])


def _refuse_cycles(chosen: Mapping[str, Offer]) -> None:
    """Raise if a bundle requires itself by way of others: nobody could say which of them is in charge."""
    left = {
        bundle: {bundle_id(split_id(bundle)[0], name) for name in offer.requires} for bundle, offer in chosen.items()
    }
    while free := [bundle for bundle, requires in left.items() if not requires & left.keys()]:
        for bundle in free:
            del left[bundle]
    if left:  # from each of these leads a way to another of them, so every walk comes back to where it was
        walk = [min(left)]
        while (after := min(left[walk[-1]] & left.keys())) not in walk:
            walk.append(after)
        loop = [*walk[walk.index(after) :], after]
        raise ContentRefused(
            "bundles require each other in a circle",
            details=[" → ".join(loop)],
            hint="ask their authors; one of them must require the other no more",
        )


# What a search asks again at every turn; bounded, for what lives longer than one search.
@lru_cache(maxsize=100_000)
def _fits(specifier: SpecifierSet, version: str, prereleases: bool) -> bool:
    return specifier.contains(version, prereleases=prereleases)


@lru_cache(maxsize=10_000)
def _specifier(text: str) -> SpecifierSet:
    return SpecifierSet(text)


@lru_cache(maxsize=100_000)
def _order(version: str) -> Version:
    """Return what versions are ordered by. Those that stand for commits are equal, and stay in the index's order."""
    return Version(version.partition("+")[0])


_VERSION = attrgetter("offer.version")


class _Provider(AbstractProvider["_Want", "_Candidate", str]):
    def __init__(self, index: Index, pins: Mapping[str, str]) -> None:
        self._index = index
        self._pins = pins

    def identify(self, requirement_or_candidate: _Want | _Candidate) -> str:
        return requirement_or_candidate.id

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, _Candidate],  # noqa: ARG002 (resolvelib's signature)
        candidates: Mapping[str, Iterator[_Candidate]],
        information: Mapping[str, Iterator[RequirementInformation[_Want, _Candidate]]],  # noqa: ARG002
        backtrack_causes: Sequence[RequirementInformation[_Want, _Candidate]],
    ) -> tuple[bool, int, str]:
        """Settle what caused the last dead end first, then what leaves the least choice."""
        caused = any(
            identifier in (cause.requirement.id, cause.parent.id if cause.parent else None)
            for cause in backtrack_causes
        )
        return (not caused, sum(1 for _ in candidates[identifier]), identifier)

    def find_matches(
        self, identifier: str, requirements: _Wants, incompatibilities: Mapping[str, Iterator[_Candidate]]
    ) -> Matches[_Candidate]:
        wants = list(requirements[identifier])
        barred = set(map(_VERSION, incompatibilities[identifier]))  # tens of thousands, most of them again and again
        pin = self._pins.get(identifier)
        early = any(want.specifier.prereleases for want in wants)
        fitting = [
            offer
            for offer in self._index.offers(identifier)
            if offer.version not in barred
            and not offer.unfit
            and (not offer.yanked or offer.version == pin)
            and all(_fits(want.specifier, offer.version, early or offer.version == pin) for want in wants)
        ]
        fitting.sort(key=lambda offer: (offer.version == pin, _order(offer.version)), reverse=True)
        chain = wants[0].chain if wants else ()  # after a dead end, what nobody wants any more is asked for too
        return [_Candidate(identifier, offer, chain) for offer in fitting]

    def is_satisfied_by(self, requirement: _Want, candidate: _Candidate) -> bool:
        return _fits(requirement.specifier, candidate.offer.version, True)

    def get_dependencies(self, candidate: _Candidate) -> Iterable[_Want]:
        registry, _ = split_id(candidate.id)
        chain = (*candidate.chain, f"{candidate.id} {candidate.offer.version}")
        return [
            _Want(bundle_id(registry, name), _specifier(text), chain)
            for name, text in sorted(candidate.offer.requires.items())
        ]


def _explain(causes: Sequence[RequirementInformation[_Want, _Candidate]], index: Index) -> AgentpkgError:
    bundle = causes[0].requirement.id
    wants = sorted({cause.requirement for cause in causes}, key=lambda want: (want.id, want.chain))
    offers = index.offers(bundle)
    versions = ", ".join(_describe(offer) for offer in offers[:8])
    more = f" and {len(offers) - 8} older" if len(offers) > 8 else ""
    told = _tell_wants(wants)
    return AgentpkgError(
        f"no version of {bundle} is {'what everybody wants' if len(told) > 1 else 'what is asked for'}",
        details=[*told[:_MOST_WANTS], *([f"and {len(told) - _MOST_WANTS} more"] if len(told) > _MOST_WANTS else [])],
        hint=f"{bundle} has {versions}{more}",
    )


def _tell_wants(wants: Iterable[_Want]) -> list[str]:
    """Return who wants what, one line for all versions of a bundle that want the same."""
    groups: dict[tuple[tuple[str, ...], str, str], list[str]] = {}
    for want in wants:
        *by, last = want.chain
        name, version = last.split(" ") if by else (last, "")  # who asks first is no bundle
        versions = groups.setdefault(((*by, name), want.id, str(want.specifier)), [])
        versions += [version] if version else []
    lines = []
    for (chain, bundle, specifier), versions in groups.items():
        versions.sort(key=Version)
        which = f" {versions[0]}" if versions else ""
        if len(versions) > 1:
            which = f" {versions[0]} to {versions[-1]} ({len(versions)} versions)"
        lines.append(f"{' → '.join(chain)}{which} wants {bundle} {specifier or '(any version)'}")
    return lines


def _describe(offer: Offer) -> str:
    if offer.unfit:
        return f"{offer.version} (cannot be read: {offer.unfit})"
    return f"{offer.version} (yanked)" if offer.yanked else offer.version
