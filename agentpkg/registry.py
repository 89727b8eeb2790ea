"""One registry, read out of its bare mirror: versions are listed from git trees, files come as blobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from agentpkg.bundle import (
    MOST_BYTES,
    MOST_BYTES_A_FILE,
    MOST_FILES,
    Bundle,
    BundleFile,
    parse_bundle,
    parse_bundle_file,
)
from agentpkg.errors import ContentRefused, IntegrityError, NetworkError, UsageError, nearest
from agentpkg.fields import parse_toml
from agentpkg.requirement import NAME, is_version
from agentpkg.resolve import Offer
from agentpkg.text import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.git import Mirror


FORMAT = 1
_PLAIN_FILES = ("100644", "100755")


class Registry:
    """One registry at one commit."""

    def __init__(self, name: str, url: str, mirror: Mirror, prefix: str) -> None:
        self.name = name
        self.url = url
        self._mirror = mirror
        self._prefix = prefix
        commit = mirror.head
        if commit is None:
            raise NetworkError(f"registry {name} ({url}) has not been fetched yet", hint="run again without --offline")
        self.commit = commit
        self._check_format()

    def _object(self, path: str) -> str:
        return f"{self.commit}:{self._prefix}{path}"

    def _check_format(self) -> None:
        found = self._mirror.read(self._object("registry.toml"), MOST_BYTES_A_FILE)
        where = f"registry {self.name}: registry.toml"
        if found is None:
            raise ContentRefused(
                f"{self.url} is not a registry: there is no {self._prefix}registry.toml",
                hint=f"set [registries.{self.name}] subfolder if the registry is in a folder of the repository",
            )
        fields = parse_toml(decode(found[1], where), where)
        if fields.number("format") > FORMAT:
            raise ContentRefused(
                f"{where} has format {fields.number('format')}; this agentpkg reads formats up to {FORMAT}",
                hint="upgrade agentpkg",
            )

    def names(self) -> tuple[str, ...]:
        """Return the name of every bundle, sorted."""
        entries = self._mirror.tree(self._object("bundles")) or ()
        return tuple(sorted(entry.name for entry in entries if entry.mode == "40000" and NAME.match(entry.name)))

    def versions(self, name: str) -> tuple[str, ...]:
        """Return every version of a bundle, newest first; raise `UsageError` if there is no such bundle."""
        entries = self._mirror.tree(self._object(f"bundles/{name}"))
        if entries is None:
            raise UsageError(
                f"there is no bundle {name!r} in registry {self.name}",
                hint=nearest(name, self.names(), "agentpkg search lists what there is"),
            )
        versions = [entry.name for entry in entries if entry.mode == "40000" and is_version(entry.name)]
        return tuple(sorted(versions, key=Version, reverse=True))

    def yanked(self, name: str) -> Mapping[str, str]:
        """Return the reasons of a bundle's yanked versions."""
        path = f"bundles/{name}/yanked.toml"
        where = f"registry {self.name}: {path}"
        found = self._mirror.read(self._object(path), MOST_BYTES_A_FILE)
        return parse_toml(decode(found[1], where), where).text_table() if found else {}

    def about(self, name: str, version: str) -> BundleFile:
        """Return what a version's `bundle.toml` says."""
        where = f"{name}/{version}/bundle.toml"
        found = self._mirror.read(self._object(f"bundles/{where}"), MOST_BYTES_A_FILE)
        if found is None:
            raise ContentRefused(f"{where} is missing in registry {self.name}")
        about = parse_bundle_file(found[1], where)
        self._check_place(about.name, about.version, name, version)
        return about

    def offers(self, name: str) -> tuple[Offer, ...]:
        """Return every version of a bundle with what it requires, newest first.

        A version that cannot be read says why, and does not stand in the way of the others.
        """
        yanked = self.yanked(name)
        return tuple(self._offer(name, version, yanked.get(version)) for version in self.versions(name))

    def _offer(self, name: str, version: str, yanked: str | None) -> Offer:
        try:
            return Offer(version=version, requires=self.about(name, version).requires, yanked=yanked)
        except ContentRefused as error:
            return Offer(version=version, requires={}, yanked=yanked, unfit=error.message)

    def load(self, name: str, version: str) -> Bundle:
        """Return a version with all its files, or raise `ContentRefused` for one that is not fit to install."""
        where = f"{name} {version}"
        files: dict[str, bytes] = {}
        self._collect(self._object(f"bundles/{name}/{version}"), "", files, where)
        if not files:
            raise ContentRefused(f"{where} is not in registry {self.name}", hint="agentpkg update chooses another")
        bundle = parse_bundle(files, where)
        self._check_place(bundle.name, bundle.version, name, version)
        return bundle

    def _check_place(self, name: str, version: str, folder_name: str, folder_version: str) -> None:
        if (name, version) != (folder_name, folder_version):
            raise ContentRefused(
                f"registry {self.name}: bundles/{folder_name}/{folder_version} holds {name} {version}",
                hint="whoever owns the registry must put it into its own folder",
            )

    def _collect(self, object_name: str, folder: str, files: dict[str, bytes], where: str) -> None:
        for entry in self._mirror.tree(object_name) or ():
            path = f"{folder}{entry.name}"
            if entry.mode == "40000":
                self._collect(entry.id, f"{path}/", files, where)
                continue
            if entry.mode not in _PLAIN_FILES:
                raise ContentRefused(
                    f"{where}: {path!r} is a link or a submodule", hint="bundles hold plain files only"
                )
            found = self._mirror.read(entry.id, MOST_BYTES_A_FILE)
            if found is None:
                raise IntegrityError(
                    f"the mirror of registry {self.name} is damaged: {path} of {where} is gone",
                    hint=f"delete {self._mirror.path}; it will be fetched again",
                )
            files[path] = found[1]
            if len(files) > MOST_FILES or sum(map(len, files.values())) > MOST_BYTES:
                raise ContentRefused(f"{where}: more than {MOST_FILES} files or {MOST_BYTES} bytes")
