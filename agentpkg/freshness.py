"""How installed versions stand to what their registries hold: what an update would take, and what is newest at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from agentpkg.requirement import check_specifier, is_commit, is_final
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agentpkg.resolve import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Where one bundle is, and where it could be. Versions are None where there is none.

    `current` is the installed version, `wanted` the one that an update takes, `latest` the newest that there is.
    `prerelease` is one that is newer still, where pre-releases do not count. `specifier` is what the manifest asks for,
    None if it does not name the bundle; `required_by` are the bundles that require it. `yanked` says why the current
    version was taken back.
    """

    bundle: str
    current: str | None
    wanted: str | None
    latest: str | None
    prerelease: str | None = None
    specifier: str | None = None
    required_by: tuple[str, ...] = ()
    yanked: str | None = None

    @property
    def outdated(self) -> bool:
        """Whether an update would move it, or there is something newer, or it was yanked."""
        return bool(self.yanked) or any(one not in (None, self.current) for one in (self.wanted, self.latest))


def newest(offers: Sequence[Offer], specifiers: Iterable[str] = (), where: str = "agentpkg.toml") -> str | None:
    """Return the newest version that all specifiers let in, None if there is none; `offers` have the newest first.

    Yanked versions and those that cannot be read do not count, and pre-releases only where a specifier names one.
    Raises `UsageError`, naming `where` it stands, for what is no specifier.
    """
    asked = [_read(text, where) for text in specifiers]
    early = any(one.prereleases for one in asked)
    return next(
        (
            offer.version
            for offer in offers
            if not (offer.yanked or offer.unfit)
            and (early or counts(offer.version))
            and all(one.contains(offer.version, prereleases=True) for one in asked)
        ),
        None,
    )


def _read(text: str, where: str) -> SpecifierSet:
    return SpecifierSet(check_specifier(text, where))


def counts(version: str) -> bool:
    """Say whether a version is one that people get without asking for it: no pre-release."""
    return is_final(version) or is_commit(version)


def look_ahead(
    bundle: str,
    current: str | None,
    wanted: str | None,
    offers: Sequence[Offer],
    asked: Iterable[tuple[str | None, str]],
) -> Outlook:
    """Return how a bundle stands. `asked` are the specifiers for it, each with who asks: a bundle, None the manifest.

    A version that is installed and newer than all that count is the latest, unless it was yanked. Raises `UsageError`
    for what is no specifier.
    """
    specifiers = [*asked]
    versions = [offer.version for offer in offers]
    yanked = next((offer.yanked for offer in offers if offer.version == current), None)
    early = any(_read(text, f"{by or 'agentpkg.toml'}: {bundle}").prereleases for by, text in specifiers)
    fit = [offer for offer in offers if not (offer.yanked or offer.unfit)]
    latest = newest(offers) if not early else next((offer.version for offer in fit), None)
    if current in versions and not yanked and (latest is None or versions.index(current) < versions.index(latest)):
        latest = current
    ahead = next((offer.version for offer in fit), None)
    newer = ahead is not None and ahead != latest and (latest is None or versions.index(ahead) < versions.index(latest))
    return Outlook(
        bundle=bundle,
        current=current,
        wanted=wanted,
        latest=latest,
        prerelease=ahead if newer else None,
        specifier=next((text for by, text in specifiers if by is None), None),
        required_by=tuple(by for by, _ in specifiers if by is not None),
        yanked=yanked,
    )


def choose_pair(outlook: Outlook, offers: Sequence[Offer], given: Sequence[str]) -> tuple[str, str] | None:
    """Return the two versions that somebody wants to see compared, None if there is nothing to compare with.

    `given` are two; or one, to be compared with the installed one (if it is that, or none is, with what is ahead), the
    older first; or none, for what is ahead of the installed one. Ahead is what an update takes, else the latest.
    """
    if len(given) > 1:
        return given[0], given[1]
    ahead = next((one for one in (outlook.wanted, outlook.latest) if one not in (None, outlook.current)), None)
    if not given:
        return (outlook.current, ahead) if outlook.current and ahead else None
    other = outlook.current if outlook.current not in (None, given[0]) else ahead
    if other is None or other == given[0]:
        return None
    places = {offer.version: place for place, offer in enumerate(offers)}
    older, newer = sorted((given[0], other), key=lambda version: -places.get(version, len(places)))
    return older, newer
