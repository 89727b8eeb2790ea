"""One registry, read out of its bare mirror: versions are listed from git trees, files come as blobs."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.version import Version

from agentpkg.bundle import Bundle, BundleFile, parse_bundle, parse_bundle_file
from agentpkg.errors import ContentRefused, NetworkError, UsageError
from agentpkg.limits import LIMITS, Limits
from agentpkg.objects import damaged
from agentpkg.ranking import meant
from agentpkg.registry_file import parse_registry_file, parse_yanked
from agentpkg.requirement import NAME, is_final, is_version
from agentpkg.resolve import Offer
from agentpkg.trees import parse_tree
from agentpkg.version_folder import read_files_ahead, read_tree, read_trees_ahead

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Set

    from agentpkg.mirror import Mirror
    from agentpkg.trees import Entry


YANKED = "yanked.toml"
_ABOUT = "bundle.toml"


class Registry:
    """One registry at one commit: the mirror's head unless another is given. Nothing beyond `limits` is read."""

    def __init__(
        self,
        name: str,
        url: str,
        mirror: Mirror,
        prefix: str,
        commit: str | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        self.name = name
        self.url = url
        self.mirror = mirror
        self._prefix = prefix
        self._limits = limits
        commit = commit or mirror.head
        if commit is None:
            raise NetworkError(f"registry {name} ({url}) has not been fetched yet", hint="run again without --offline")
        self.commit = commit
        self._held: dict[str, tuple[Entry, ...]] = {}
        self._offers: dict[str, tuple[Offer, ...]] = {}
        self._check_format()

    def _object(self, path: str) -> str:
        return f"{self.commit}:{self._prefix}{path}"

    def _file(self, entry: Entry | None, path: str) -> bytes | None:
        """Return the bytes of the file that an entry names, None if it names none."""
        if entry is None or not entry.is_plain_file:
            return None
        self.mirror.need([entry.id])
        found = self.mirror.read(entry.id, self._limits.file_bytes, f"registry {self.name}: {path}")
        if found is None:
            raise damaged(self.mirror.path, f"{path} at {self.commit[:12]}")
        return found[1]

    def _check_format(self) -> None:
        entries = self.mirror.tree(self._object("")) or ()
        data = self._file(_find(entries, "registry.toml"), "registry.toml")
        where = f"registry {self.name}: registry.toml"
        if data is None:
            raise ContentRefused(
                f"{self.url} is not a registry: there is no {self._prefix}registry.toml",
                hint=f"set [registries.{self.name}] subfolder if the registry is in a folder of the repository;\n"
                "a repository of agents without one is installed from with --from",
            )
        self.about_itself = parse_registry_file(data, where)

    def names(self) -> tuple[str, ...]:
        """Return the name of every bundle, sorted."""
        return tuple(self.folders)

    @cached_property
    def folders(self) -> Mapping[str, str]:
        """The id of every bundle's tree, by its name, sorted."""
        entries = self.mirror.tree(self._object("bundles")) or ()
        return dict(sorted((one.name, one.id) for one in entries if one.is_folder and NAME.match(one.name)))

    def versions(self, name: str) -> tuple[str, ...]:
        """Return every version of a bundle, newest first; raise `UsageError` if there is no such bundle."""
        return tuple(_sorted_versions(self._entries(name)))

    def _entries(self, name: str) -> tuple[Entry, ...]:
        entries = self._entries_if_any(name)
        if entries is None:
            raise UsageError(
                f"there is no bundle {name!r} in registry {self.name}",
                hint=meant(name, self.names(), "agentpkg search lists what there is"),
            )
        return entries

    def _entries_if_any(self, name: str) -> tuple[Entry, ...] | None:
        if name not in self._held:  # one is found by git, without a look at all that there are
            entries = self.mirror.tree(self._object(f"bundles/{name}"))
            if entries is None:
                return None
            self._held[name] = entries
        return self._held[name]

    def _version(self, name: str, version: str) -> Entry | None:
        """Return the folder of a version, None if there is no such version."""
        found = _find(self._entries_if_any(name) or (), version)
        return found if found and found.is_folder else None

    def read_ahead(self, names: Iterable[str]) -> None:
        """Read what `offers` needs of many bundles, all together. Those that there are not are passed over."""
        held = self._hold(names)
        versions = [one.id for one in held if one.is_folder and is_version(one.name)]
        inner = [entry for data in self.mirror.read_ahead(versions).values() for entry in parse_tree(data)]
        entries = (*(one for one in held if one.name == YANKED), *(one for one in inner if one.name == _ABOUT))
        read_files_ahead(self.mirror, entries)

    def load_ahead(self, chosen: Collection[tuple[str, str]]) -> None:
        """Read what `load` needs of many bundles' versions, all together; nothing of one that it will refuse."""
        self._hold(name for name, _ in chosen)
        read_trees_ahead(self.mirror, [entry.id for one in chosen if (entry := self._version(*one))])

    def _hold(self, names: Iterable[str]) -> list[Entry]:
        """Read the folders of many bundles together, and return what stands in those that were not read before."""
        new = {name: self.folders[name] for name in names if name in self.folders and name not in self._held}
        trees = self.mirror.trees(new.values())
        self._held |= {name: trees[tree] for name, tree in new.items()}
        return [entry for name in new for entry in self._held[name]]

    def yanked(self, name: str) -> Mapping[str, str]:
        """Return the reasons of a bundle's yanked versions."""
        entry = _find(self._entries_if_any(name) or (), YANKED)
        return self._parse_yanked(name, self._file(entry, f"bundles/{name}/{YANKED}"))

    def _parse_yanked(self, name: str, data: bytes | None) -> Mapping[str, str]:
        where = f"registry {self.name}: bundles/{name}/{YANKED}"
        return parse_yanked(data, where) if data else {}

    def about(self, name: str, version: str) -> BundleFile:
        """Return what a version's `bundle.toml` says."""
        folder = self._version(name, version)
        entry = _find(self.mirror.tree(folder.id) or (), _ABOUT) if folder else None
        return self._parse_about(name, version, self._file(entry, f"bundles/{name}/{version}/{_ABOUT}"))

    def _parse_about(self, name: str, version: str, data: bytes | None) -> BundleFile:
        where = f"{name}/{version}/{_ABOUT}"
        if data is None:
            raise ContentRefused(
                f"{where} is missing in registry {self.name}",
                hint="ask whoever owns the registry; another version may do",
            )
        about = parse_bundle_file(data, where)
        self._check_place(about.name, about.version, name, version)
        return about

    def offers(self, name: str) -> tuple[Offer, ...]:
        """Return every version of a bundle with what it requires, newest first.

        A version that cannot be read says why, and does not stand in the way of the others.
        """
        if name not in self._offers:
            versions = _sorted_versions(self._entries(name))
            yanked = self.yanked(name)
            files = self._bundle_files(versions.values())
            self._offers[name] = tuple(
                self._offer(name, version, files.get(tree), yanked.get(version)) for version, tree in versions.items()
            )
        return self._offers[name]

    def _bundle_files(self, trees: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of `bundle.toml` by the tree of the version that it lies in, all read together."""
        ids = {
            tree: entry.id
            for tree, entries in self.mirror.trees(trees).items()
            for entry in entries
            if entry.name == _ABOUT and entry.is_plain_file
        }
        self.mirror.need(ids.values())
        found = self.mirror.read_many(ids.values())
        return {tree: found[one] for tree, one in ids.items() if one in found}

    def _offer(self, name: str, version: str, data: bytes | None, yanked: str | None) -> Offer:
        try:
            about = self._parse_about(name, version, data)
        except ContentRefused as error:
            return Offer(version=version, requires={}, yanked=yanked, unfit=error.message)
        return Offer(version=version, requires=about.requires, yanked=yanked)

    def holders(self, agents: Set[str]) -> dict[str, set[str]]:
        """Return by agent's name the bundles of which the newest version that may be installed has such an agent."""
        versions = {name: fit[0][1] for name, fit in self._fit(self.folders).items() if fit}
        inner = self.mirror.trees(versions.values())
        places = {
            name: entry.id
            for name, tree in versions.items()
            for entry in inner.get(tree, ())
            if entry.name == "agents" and entry.is_folder
        }
        files = self.mirror.trees(places.values())
        held: dict[str, set[str]] = {}
        for name, tree in places.items():
            for entry in files.get(tree, ()):
                if entry.name.removesuffix(".md") in agents and entry.name.endswith(".md"):
                    held.setdefault(entry.name.removesuffix(".md"), set()).add(name)
        return held

    def newest(self, names: Collection[str] | None = None) -> dict[str, BundleFile]:
        """Return what the newest version of every bundle, or of some, says about itself, all read together.

        A version that was yanked or cannot be read does not count, and a pre-release only where there is no other.
        """
        waiting: dict[str, list[tuple[str, str]]] = self._fit(self.folders if names is None else names)
        newest: dict[str, BundleFile] = {}
        while waiting:
            files = self._bundle_files(candidates[0][1] for candidates in waiting.values() if candidates)
            for name, candidates in list(waiting.items()):
                if not candidates:
                    del waiting[name]
                    continue
                version, tree = candidates.pop(0)
                with suppress(ContentRefused):
                    newest[name] = self._parse_about(name, version, files.get(tree))
                    del waiting[name]
        return dict(sorted(newest.items()))

    def withdrawn(self, names: Iterable[str]) -> dict[str, tuple[BundleFile, str]]:
        """Return those of some bundles of which every version was yanked: what the newest says, and why."""
        gone = {}
        for name in sorted(names):
            with suppress(ContentRefused):
                versions, reasons = self.versions(name), self.yanked(name)
                if versions and reasons.keys() >= set(versions):
                    gone[name] = (self.about(name, versions[0]), reasons[versions[0]])
        return gone

    def _fit(self, names: Collection[str]) -> dict[str, list[tuple[str, str]]]:
        """Return the versions of bundles that may be installed with their trees, finals first, each newest first."""
        held = self._hold(names)
        read_files_ahead(self.mirror, (entry for entry in held if entry.name == YANKED))
        fit = {}
        for name in names:
            with suppress(ContentRefused):  # nobody knows which of its versions were yanked
                yanked = self.yanked(name)
                found = [one for one in _sorted_versions(self._entries(name)).items() if one[0] not in yanked]
                fit[name] = sorted(found, key=lambda one: not is_final(one[0]))
        return fit

    def load(self, name: str, version: str) -> Bundle:
        """Return a version with all its files, or raise `ContentRefused` for one that is not fit to install."""
        where = f"{name} {version}"
        files = self.files(name, version)
        if not files:
            raise ContentRefused(f"{where} is not in registry {self.name}", hint="agentpkg update chooses another")
        bundle = parse_bundle(files, where, limits=self._limits)
        self._check_place(bundle.name, bundle.version, name, version)
        return bundle

    def files(self, name: str, version: str) -> dict[str, bytes]:
        """Return the files of a version by their path in it, none if there is no such version."""
        folder = self._version(name, version)
        return read_tree(self.mirror, folder.id, f"{name} {version}", self._limits) if folder else {}

    def place(self, name: str, version: str) -> str:
        """Return the path of a version's folder in the repository."""
        return f"{self._prefix}bundles/{name}/{version}"

    def _check_place(self, name: str, version: str, folder_name: str, folder_version: str) -> None:
        if (name, version) != (folder_name, folder_version):
            raise ContentRefused(
                f"registry {self.name}: bundles/{folder_name}/{folder_version} holds {name} {version}",
                hint="whoever owns the registry must put it into its own folder",
            )


def _find(entries: Iterable[Entry], name: str) -> Entry | None:
    return next((one for one in entries if one.name == name), None)


def _sorted_versions(entries: Iterable[Entry]) -> dict[str, str]:
    """Return the ids of the trees of all versions among a bundle's entries, newest first."""
    found = {entry.name: entry.id for entry in entries if entry.is_folder and is_version(entry.name)}
    return {version: found[version] for version in sorted(found, key=Version, reverse=True)}
