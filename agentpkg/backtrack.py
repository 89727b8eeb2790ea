"""What resolvelib is asked where the way to an answer meets a dead end, and how to tell that there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version
from resolvelib import AbstractProvider, BaseReporter, ResolutionImpossible, ResolutionTooDeep, Resolver

from agentpkg.resolve import Unsolved, requires_of, too_tangled
from agentpkg.shelf import fits, parse_specifier
from agentpkg.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from resolvelib.structs import Matches, RequirementInformation

    from agentpkg.resolve import Offer
    from agentpkg.shelf import Shelf

_MOST_ROUNDS = 20_000
# Questions, and what resolvelib (1.2.1) holds against their answers: that doubles at dead ends until memory is full.
_MOST_WORK = 50_000
_MOST_WANTS = 6


@dataclass(frozen=True, slots=True)
class _Want:
    """A specifier for one bundle, and the chain of who wants it, from the manifest on."""

    id: str
    specifier: str
    chain: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    id: str
    offer: Offer
    chain: tuple[str, ...] = field(compare=False)


def search(
    wanted: Mapping[str, str], shelf: Shelf, asker: str, others: Mapping[str, str] | None = None
) -> dict[str, Offer]:
    """Return the chosen version of every bundle that `wanted` (specifiers by id) needs.

    Raises `Unsolved` with the whole chain of who wanted what where nothing fits; who wants it is `asker`, but
    for those by id of which `others` says so.
    """
    others = others or {}
    roots = [_Want(bundle, text, (others.get(bundle, asker),)) for bundle, text in sorted(wanted.items())]
    resolver: Resolver[_Want, _Candidate, str] = Resolver(_Provider(shelf), BaseReporter())
    try:
        result = resolver.resolve(roots, max_rounds=_MOST_ROUNDS)
    except ResolutionImpossible as error:
        raise _explain(tuple(error.causes), shelf) from None
    except (ResolutionTooDeep, RecursionError):
        raise too_tangled() from None
    return {bundle: candidate.offer for bundle, candidate in result.mapping.items()}


class _Provider(AbstractProvider["_Want", "_Candidate", str]):
    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._work = 0

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
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[_Want]],
        incompatibilities: Mapping[str, Iterator[_Candidate]],
    ) -> Matches[_Candidate]:
        wants, barred_by = list(requirements[identifier]), list(incompatibilities[identifier])
        self._work += 1 + len(barred_by)
        if self._work > _MOST_WORK:
            raise ResolutionTooDeep(self._work)
        barred = {candidate.offer.version for candidate in barred_by}
        chain = wants[0].chain if wants else ()  # after a dead end, what nobody wants any more is asked for too
        offers = self._shelf.matching(identifier, {want.specifier for want in wants}, barred)
        return [_Candidate(identifier, offer, chain) for offer in offers]

    def is_satisfied_by(self, requirement: _Want, candidate: _Candidate) -> bool:
        return fits(requirement.specifier, candidate.offer.version)

    def get_dependencies(self, candidate: _Candidate) -> Iterable[_Want]:
        chain = (*candidate.chain, f"{candidate.id} {candidate.offer.version}")
        return [_Want(bundle, text, chain) for bundle, text in requires_of(candidate.id, candidate.offer).items()]


def _explain(causes: Sequence[RequirementInformation[_Want, _Candidate]], shelf: Shelf) -> Unsolved:
    bundle = causes[0].requirement.id
    wants = sorted({cause.requirement for cause in causes}, key=lambda want: (want.id, want.chain))
    offers = shelf.offers(bundle)
    versions = ", ".join(_describe(offer) for offer in offers[:8])
    more = f" and {len(offers) - 8} older" if len(offers) > 8 else ""
    told = _tell_wants(wants)
    return Unsolved(
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
        versions = groups.setdefault(((*by, name), want.id, str(parse_specifier(want.specifier))), [])
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
