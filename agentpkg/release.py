"""What publishing a bundle would mean, decided: the version that it gets, and why it may not be published.

Pure: what the registry holds comes in as values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from agentpkg.alike import find_alike
from agentpkg.bundle import Bundle, parse_bundle, with_version
from agentpkg.compare import Comparison, compare_bundles
from agentpkg.errors import AgentpkgError, ContentRefused, UsageError
from agentpkg.hosts import HOSTS
from agentpkg.leaks import find_leaks
from agentpkg.limits import LIMITS, Limits
from agentpkg.manifest import HostSettings
from agentpkg.resolve import Index, Offer, resolve
from agentpkg.semver import Level, level_between, next_version, version_before
from agentpkg.targets import Destination, Selection, render_selections
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A version as it would be published.

    `same` says that this very content is published already, as this version. `refused_by` tells by host why it cannot
    hold the bundle. `warnings` are what the author should look at.
    """

    bundle: Bundle
    files: Mapping[str, bytes]
    comparison: Comparison
    same: bool
    refused_by: Mapping[str, str]
    warnings: tuple[str, ...]


def choose_version(
    files: Mapping[str, bytes],
    offers: Sequence[Offer],
    load: Callable[[str], tuple[Bundle, Mapping[str, bytes]]],
    bump: str,
    limits: Limits = LIMITS,
) -> Mapping[str, bytes]:
    """Return the files with the version that `bump` (`auto`, or a level) gives them.

    It is measured on the newest final version. `auto` keeps a version that the author has raised far enough already,
    and takes the published one where nothing else has changed. Raises `ContentRefused` for a level that is too small.
    """
    bundle = parse_bundle(files, "bundle", limits=limits)
    finals = [one for one in offers if not (one.unfit or Version(one.version).is_prerelease)]
    published = [one.version for one in finals if not one.yanked] or [one.version for one in finals]
    if not published:
        return files
    newest = published[0]
    before = load(newest)
    if with_version(files["bundle.toml"], newest) == before[1]["bundle.toml"] and all(
        files.get(path) == before[1].get(path) for path in (files.keys() | before[1].keys()) - {"bundle.toml"}
    ):
        return {**files, "bundle.toml": with_version(files["bundle.toml"], newest)}
    comparison = compare_bundles(before, bundle, files)
    level = comparison.level if bump == "auto" else Level[bump.upper()]
    if level < comparison.level:
        raise _too_small(bundle, newest, comparison, f"--bump {bump}")
    enough = Version(bundle.version) > Version(newest) and level_between(newest, bundle.version) >= level
    taken = {one.version for one in offers}  # for ever, also by one that was yanked
    if bump == "auto" and enough and bundle.version not in taken:
        return files
    version = next_version(newest, level)
    while version in taken:
        version = next_version(version, level)
    return {**files, "bundle.toml": with_version(files["bundle.toml"], version)}


def make_release(
    files: Mapping[str, bytes],
    offers: Sequence[Offer],
    load: Callable[[str], tuple[Bundle, Mapping[str, bytes]]],
    names: Iterable[str],
    index: Index,
    limits: Limits = LIMITS,
) -> Release:
    """Return the release that `files` make up, measured on the version before it.

    `offers` are the versions that the registry has of it, `load` gives one with its files, `names` are all bundles of
    the registry. Raises `ContentRefused` for what is not fit to be published.
    """
    bundle = parse_bundle(files, "bundle", limits=limits)
    leaks = find_leaks(files)
    if leaks:
        raise ContentRefused(
            f"{bundle.name} holds what looks like a secret", details=leaks, hint="take it out, and out of use as well"
        )
    mine = {one.version: one for one in offers}
    if bundle.version in mine:
        there, held = load(bundle.version)
        comparison = compare_bundles((there, held), bundle, files)
        return Release(
            bundle=bundle,
            files=files,
            comparison=comparison,
            same=there.digest == bundle.digest,
            refused_by={},
            warnings=(),
        )
    usable = [one.version for one in offers if not (one.yanked or one.unfit)] or [
        one.version for one in offers if not one.unfit
    ]
    before = version_before(bundle.version, usable) or version_before(
        bundle.version, [one.version for one in offers if not one.unfit]
    )
    comparison = compare_bundles(load(before) if before else None, bundle, files)
    if before and not Version(before).is_prerelease and level_between(before, bundle.version) < comparison.level:
        raise _too_small(bundle, before, comparison, bundle.version)
    _check_requirements(bundle, index)
    refused = _refused_by(bundle)
    if len(refused) == len(HOSTS):
        raise ContentRefused(
            f"no host can hold {bundle.name}",
            details=[f"{host}: {why}" for host, why in list(refused.items())[:8]],
            hint="agentpkg render FOLDER tells more",
        )
    warnings = [] if offers else [f"{bundle.name} looks like {other}" for other in find_alike(bundle.name, names)]
    newer = [one for one in usable if Version(one) > Version(bundle.version)]
    if newer:
        warnings.append(f"{newer[0]} is newer and published already; {bundle.version} will not be the newest version")
    return Release(
        bundle=bundle, files=files, comparison=comparison, same=False, refused_by=refused, warnings=tuple(warnings)
    )


def _too_small(bundle: Bundle, before: str, comparison: Comparison, given: str) -> ContentRefused:
    level = comparison.level
    base = before if not Version(before).is_prerelease else Version(before).base_version
    return ContentRefused(
        f"{bundle.name}: {given} is too small a step from {before}; this is a {level.word} change",
        details=comparison.asking_for(level),
        hint=f"publish it as {next_version(base, level)}, or with --bump auto",
    )


def _check_requirements(bundle: Bundle, index: Index) -> None:
    """Raise unless what the bundle requires can be chosen together, and does not require the bundle in turn."""
    for name in bundle.requires:
        if name == bundle.name:
            raise ContentRefused(f"{bundle.name} requires itself", hint="take it out of [requires]")
    offer = Offer(version=bundle.version, requires=bundle.requires)
    try:
        resolve({bundle.name: f"=={bundle.version}"}, _With(bundle.name, offer, index), {})
    except AgentpkgError as error:
        raise ContentRefused(
            f"{bundle.name} requires what this registry cannot give: {error.message}",
            details=error.details,
            hint=error.hint,
        ) from None


class _With:
    """An index in which one bundle has one version, which need not be published yet."""

    def __init__(self, name: str, offer: Offer, index: Index) -> None:
        self._name = name
        self._offer = offer
        self._index = index

    def offers(self, bundle: str) -> Sequence[Offer]:
        return [self._offer] if bundle == self._name else self._index.offers(bundle)


def _refused_by(bundle: Bundle) -> dict[str, str]:
    """Return why a host cannot hold the bundle, by host."""
    refused = {}
    settings = {name: HostSettings() for name in HOSTS}
    for name in HOSTS:
        selection = Selection(id=bundle.name, bundle=bundle, hosts=(name,), agents=None, renames={})
        destination = Destination(hosts=HOSTS, settings=settings, user=False, used=(name,))
        try:
            render_selections([selection], destination)
        except (ContentRefused, UsageError) as error:
            refused[name] = error.details[0] if error.details else error.message
    return refused
