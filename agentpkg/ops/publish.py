"""`publish`: a new version of a bundle, from an author's folder into a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.bundle import Bundle, parse_bundle
from agentpkg.errors import IntegrityError, UsageError
from agentpkg.files import with_lf
from agentpkg.limits import MOST_FILES
from agentpkg.project import read_folder
from agentpkg.publishing import Draft, push_change, who_added, write_author_file
from agentpkg.registry import Registry
from agentpkg.release import Release, choose_version, make_release
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from agentpkg.mirror import Mirror
    from agentpkg.ops.session import Options
    from agentpkg.remote import Remote
    from agentpkg.resolve import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How to publish: the version's number chosen by `bump` (None: as written), on a `branch` for review, signed."""

    bump: str | None = None
    branch: str | None = None
    sign: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What came of it: the release, and the commit that it is in, None if nothing was done."""

    release: Release
    commit: str | None


def publish(remote: Remote, folder: Path, wish: Wish, options: Options) -> Published:
    """Publish the bundle in `folder`. The same content under the same version again is a success, and nothing is done.

    Raises `IntegrityError` if the version is taken by other content, `ContentRefused` if it is not fit to be published.
    """
    source = folder / "bundle.toml"
    if not source.is_file():
        raise UsageError(f"there is no bundle.toml in {folder}", hint="name the folder of a bundle")
    limits = remote.source.limits
    written = read_folder(folder, most_files=MOST_FILES, most_bytes=limits.bundle_bytes)
    decided: list[Release] = []

    def decide(mirror: Mirror, head: str | None) -> Draft | None:
        registry = Registry(remote.name, remote.source.url, mirror, remote.prefix, head, limits)
        release = _decide(remote, registry, with_lf(written), wish.bump)
        decided[:] = [release]
        if release.same or options.dry_run:
            return None
        bundle = release.bundle
        place = f"{remote.folder}/{bundle.name}/{bundle.version}"
        return Draft(
            files={f"{place}/{path}": data for path, data in release.files.items()},
            message=_message(release),
        )

    with options.status(f"publishing to {remote.name}"):
        commit = push_change(remote, decide, sign=wish.sign, branch=wish.branch)
    release = decided[0]
    numbered, before = release.files["bundle.toml"], written["bundle.toml"]
    if wish.bump and not options.dry_run and with_lf(written)["bundle.toml"] != numbered:
        write_author_file(source, before, numbered.replace(b"\n", b"\r\n") if b"\r\n" in before else numbered)
    return Published(release=release, commit=commit)


def _decide(remote: Remote, registry: Registry, files: Mapping[str, bytes], bump: str | None) -> Release:
    limits = remote.source.limits
    name = parse_bundle(files, "bundle", limits=limits).name
    names = registry.names()
    offers = registry.offers(name) if name in names else ()

    def load(version: str) -> tuple[Bundle, Mapping[str, bytes]]:
        return registry.load(name, version), registry.files(name, version)

    if bump:
        files = choose_version(files, offers, load, bump, limits)
    release = make_release(files, offers, load, names, registry, limits)
    if release.same:
        return release
    version = release.bundle.version
    if any(offer.version == version for offer in offers):
        remote.complete(registry.mirror)  # who published it, its history tells
        raise _taken(registry, release, offers)
    return release


def _taken(registry: Registry, release: Release, offers: tuple[Offer, ...]) -> IntegrityError:
    name, version = release.bundle.name, release.bundle.version
    who = who_added(registry.mirror, registry.commit, registry.place(name, version) + "/bundle.toml")
    yanked = next((offer.yanked for offer in offers if offer.version == version), None)
    return IntegrityError(
        f"{name} {version} is published already, with other content",
        details=[f"by {who}", *([f"it was yanked: {yanked}"] if yanked else [])],
        hint="a published version never changes; publish the next one: --bump auto",
    )


def _message(release: Release) -> str:
    bundle, comparison = release.bundle, release.comparison
    lines = [f"{bundle.name} {bundle.version}", ""]
    lines += [reason for _, reason in comparison.reasons] or ([] if comparison.before else [bundle.description])
    return "\n".join(lines).rstrip() + "\n"
