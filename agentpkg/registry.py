"""One registry, read out of its bare mirror: versions are listed from git trees, files come as blobs."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from packaging.version import Version

from agentpkg.bundle import Bundle, BundleFile, parse_bundle, parse_bundle_file
from agentpkg.errors import ContentRefused, NetworkError, UsageError
from agentpkg.git import damaged
from agentpkg.limits import LIMITS, MOST_FILES, Limits
from agentpkg.ranking import meant
from agentpkg.registry_file import parse_registry_file, parse_yanked
from agentpkg.requirement import NAME, is_final, is_version
from agentpkg.resolve import Offer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set

    from agentpkg.mirror import Mirror
    from agentpkg.trees import Entry


YANKED = "yanked.toml"
PLAIN_FILES = ("100644", "100755")
_MOST_FOLDERS = 16


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
        self._check_format()

    def _object(self, path: str) -> str:
        return f"{self.commit}:{self._prefix}{path}"

    def _file(self, path: str) -> bytes | None:
        """Return the bytes of one file, None if there is none."""
        folder, _, name = path.rpartition("/")
        entry = next((one for one in self.mirror.tree(self._object(folder)) or () if one.name == name), None)
        if entry is None or entry.mode not in PLAIN_FILES:
            return None
        self.mirror.need([entry.id])
        found = self.mirror.read(entry.id, self._limits.file_bytes, f"registry {self.name}: {path}")
        if found is None:
            raise damaged(self.mirror.path, f"{path} at {self.commit[:12]}")
        return found[1]

    def _check_format(self) -> None:
        data = self._file("registry.toml")
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
        return tuple(sorted(self._folders()))

    def _folders(self) -> dict[str, str]:
        """Return the id of every bundle's tree, by its name."""
        entries = self.mirror.tree(self._object("bundles")) or ()
        return {entry.name: entry.id for entry in entries if entry.is_folder and NAME.match(entry.name)}

    def versions(self, name: str) -> tuple[str, ...]:
        """Return every version of a bundle, newest first; raise `UsageError` if there is no such bundle."""
        return tuple(_sorted_versions(self._entries(name)))

    def _entries(self, name: str) -> tuple[Entry, ...]:
        entries = self.mirror.tree(self._object(f"bundles/{name}"))
        if entries is None:
            raise UsageError(
                f"there is no bundle {name!r} in registry {self.name}",
                hint=meant(name, self.names(), "agentpkg search lists what there is"),
            )
        return entries

    def yanked(self, name: str) -> Mapping[str, str]:
        """Return the reasons of a bundle's yanked versions."""
        data = self._file(f"bundles/{name}/{YANKED}")
        return self._parse_yanked(name, data)

    def _parse_yanked(self, name: str, data: bytes | None) -> Mapping[str, str]:
        where = f"registry {self.name}: bundles/{name}/{YANKED}"
        return parse_yanked(data, where) if data else {}

    def about(self, name: str, version: str) -> BundleFile:
        """Return what a version's `bundle.toml` says."""
        data = self._file(f"bundles/{name}/{version}/bundle.toml")
        return self._parse_about(name, version, data)

    def _parse_about(self, name: str, version: str, data: bytes | None) -> BundleFile:
        where = f"{name}/{version}/bundle.toml"
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
        entries = self._entries(name)
        versions = _sorted_versions(entries)
        yanked = self.yanked(name) if any(entry.name == YANKED for entry in entries) else {}
        files = self._bundle_files(versions.values())
        return tuple(
            self._offer(name, version, files.get(tree), yanked.get(version)) for version, tree in versions.items()
        )

    def _bundle_files(self, trees: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of `bundle.toml` by the tree of the version that it lies in, all read together."""
        ids = {
            tree: entry.id
            for tree, entries in self.mirror.trees(trees).items()
            for entry in entries
            if entry.name == "bundle.toml" and entry.mode in PLAIN_FILES
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
        fit = {}
        folders = self._folders()
        trees = self.mirror.trees(folders.values())
        for name, tree in folders.items():
            with suppress(ContentRefused):  # nobody knows which of its versions were yanked
                fit[name] = next(iter(self._fit(name, trees.get(tree, ()))), None)
        versions = {name: one[1] for name, one in fit.items() if one}
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

    def newest(self) -> dict[str, BundleFile]:
        """Return what the newest version of every bundle says about itself, all read together.

        A version that was yanked or cannot be read does not count, and a pre-release only where there is no other.
        """
        folders = self._folders()
        trees = self.mirror.trees(folders.values())
        waiting: dict[str, list[tuple[str, str]]] = {}
        for name, tree in folders.items():
            with suppress(ContentRefused):  # nobody knows which of its versions were yanked
                waiting[name] = self._fit(name, trees.get(tree, ()))
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

    def withdrawn(self, others: Set[str]) -> dict[str, tuple[BundleFile, str]]:
        """Return the bundles of which every version was yanked, but for `others`: what the newest says, and why."""
        gone = {}
        for name in sorted(self._folders().keys() - others):
            with suppress(ContentRefused):
                versions, reasons = self.versions(name), self.yanked(name)
                if versions and reasons.keys() >= set(versions):
                    gone[name] = (self.about(name, versions[0]), reasons[versions[0]])
        return gone

    def _fit(self, name: str, entries: tuple[Entry, ...]) -> list[tuple[str, str]]:
        """Return the versions that may be installed with their trees, finals first, each newest first."""
        yanked = self.yanked(name) if any(entry.name == YANKED for entry in entries) else {}
        fit = [one for one in _sorted_versions(entries).items() if one[0] not in yanked]
        return sorted(fit, key=lambda one: not is_final(one[0]))

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
        return read_tree(self.mirror, self._object(f"bundles/{name}/{version}"), f"{name} {version}", self._limits)

    def place(self, name: str, version: str) -> str:
        """Return the path of a version's folder in the repository."""
        return f"{self._prefix}bundles/{name}/{version}"

    def _check_place(self, name: str, version: str, folder_name: str, folder_version: str) -> None:
        if (name, version) != (folder_name, folder_version):
            raise ContentRefused(
                f"registry {self.name}: bundles/{folder_name}/{folder_version} holds {name} {version}",
                hint="whoever owns the registry must put it into its own folder",
            )


def _sorted_versions(entries: Iterable[Entry]) -> dict[str, str]:
    """Return the ids of the trees of all versions among a bundle's entries, newest first."""
    found = {entry.name: entry.id for entry in entries if entry.is_folder and is_version(entry.name)}
    return {version: found[version] for version in sorted(found, key=Version, reverse=True)}


def read_tree(mirror: Mirror, object_name: str, where: str, limits: Limits) -> dict[str, bytes]:
    """Return all files below a folder by their path in it, none if there is no such folder.

    Raises `ContentRefused`, before anything large is read, for what no bundle may hold.
    """
    ids: dict[str, str] = {}
    _collect(mirror, object_name, "", ids, [], where)
    mirror.need(ids.values())
    files: dict[str, bytes] = {}
    for path, one in ids.items():
        found = mirror.read(one, limits.file_bytes, f"{where}: {path}")
        if found is None:
            raise damaged(mirror.path, f"{path} of {where}")
        files[path] = found[1]
        if sum(map(len, files.values())) > limits.bundle_bytes:
            raise ContentRefused(
                f"{where}: larger than {limits.bundle_bytes:,} bytes",
                hint="max_bundle_bytes in [registries.NAME] allows more",
            )
    return files


def _collect(
    mirror: Mirror, object_name: str, folder: str, ids: dict[str, str], folders: list[str], where: str
) -> None:
    """Add the ids of all files below a folder, by their path, and the paths of the folders in it."""
    for entry in mirror.tree(object_name) or ():
        path = f"{folder}{entry.name}"
        if entry.is_folder:
            folders.append(path)
            if len(folders) <= MOST_FILES and path.count("/") <= _MOST_FOLDERS:
                _collect(mirror, entry.id, f"{path}/", ids, folders, where)
        elif entry.mode not in PLAIN_FILES:
            raise ContentRefused(f"{where}: {path!r} is a link or a submodule", hint="bundles hold plain files only")
        else:
            ids[path] = entry.id
        if max(len(ids), len(folders)) > MOST_FILES or path.count("/") > _MOST_FOLDERS:
            raise ContentRefused(
                f"{where}: more than {MOST_FILES} files, or too many folders", hint="ask whoever owns the registry"
            )
