"""Registries: reading bundle versions out of bare mirrors in the cache.

A registry is only ever read: versions are listed from git trees, files come as blobs through one process. What was
fetched counts only after a check that no published version changed or vanished.
"""

from __future__ import annotations

import hashlib
import shutil
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from agentpkg.bundle import MOST_BYTES, MOST_BYTES_A_FILE, Bundle, BundleFile, parse_bundle, parse_bundle_file
from agentpkg.errors import AgentpkgError, Busy, ContentRefused, IntegrityError, NetworkError, UsageError
from agentpkg.fields import parse_toml
from agentpkg.git import Mirror
from agentpkg.manifest import BUILTIN_URL
from agentpkg.requirement import DEFAULT_REGISTRY, NAME, is_version, split_id
from agentpkg.resolve import Offer
from agentpkg.sources import git_url
from agentpkg.store import cache_folder
from agentpkg.text import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from agentpkg.manifest import RegistrySource

FORMAT = 1
_MOST_FILES = 500
_LOCK_SECONDS = 60
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
            raise UsageError(f"there is no bundle {name!r} in registry {self.name}", hint=self._nearest(name))
        versions = [entry.name for entry in entries if entry.mode == "40000" and is_version(entry.name)]
        return tuple(sorted(versions, key=Version, reverse=True))

    def _nearest(self, name: str) -> str:
        from difflib import get_close_matches

        near = get_close_matches(name, self.names(), n=3, cutoff=0.6)
        return f"did you mean {' or '.join(near)}?" if near else "agentpkg search lists what there is"

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
            if len(files) > _MOST_FILES or sum(map(len, files.values())) > MOST_BYTES:
                raise ContentRefused(f"{where}: more than {_MOST_FILES} files or {MOST_BYTES} bytes")


class Registries:
    """All registries that a project can name, each opened when it is first asked for. An `Index` for the resolver.

    `status` shows that something takes its time; `fresh` says to fetch before reading, `offline` never to.
    """

    def __init__(
        self,
        sources: Mapping[str, RegistrySource],
        root: Path,
        *,
        fresh: bool = True,
        offline: bool = False,
        status: Callable[[str], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._sources = sources
        self._root = root
        self._fresh = fresh
        self._offline = offline
        self._status = status
        self._open: dict[str, Registry] = {}

    def get(self, name: str) -> Registry:
        """Return the registry called `name`, fetched if need be."""
        if name not in self._open:
            if name not in self._sources and name != DEFAULT_REGISTRY:
                raise UsageError(f"there is no registry {name!r}", hint=f"add [registries.{name}] to agentpkg.toml")
            self._open[name] = self._remote(name) if name in self._sources else _builtin()
        return self._open[name]

    def all(self) -> tuple[Registry, ...]:
        """Return every registry, the default one first."""
        names = sorted({DEFAULT_REGISTRY, *self._sources}, key=lambda name: (name != DEFAULT_REGISTRY, name))
        return tuple(self.get(name) for name in names)

    def offers(self, bundle: str) -> tuple[Offer, ...]:
        """Return every version of the bundle with this id, newest first."""
        registry, name = split_id(bundle)
        return self.get(registry).offers(name)

    def load(self, bundle: str, version: str) -> Bundle:
        """Return one version of the bundle with this id."""
        registry, name = split_id(bundle)
        if not self._fresh and not self._offline and version not in self.get(registry).versions(name):
            self._fresh = True  # what was fetched before does not hold it: look again, once
            self._open.clear()
        return self.get(registry).load(name, version)

    def _remote(self, name: str) -> Registry:
        source = self._sources[name]
        url = git_url(source.url, self._root)
        key = hashlib.sha256(f"{url}\0{source.branch or ''}\0{source.subfolder}".encode()).hexdigest()[:24]
        mirror = Mirror(cache_folder() / "registries" / f"{key}.git")
        prefix = f"{source.subfolder}/" if source.subfolder else ""
        damaged = mirror.damaged
        if not self._offline and (self._fresh or damaged or mirror.head is None):
            with self._status(f"fetching registry {name}"), _locked(mirror.path):
                if damaged:
                    mirror = _new_mirror(mirror.path)
                _refresh(mirror, name, url, source.branch, prefix)
        return Registry(name, source.url, mirror, prefix)


def _refresh(mirror: Mirror, name: str, url: str, branch: str | None, prefix: str) -> None:
    """Fetch, and accept what came only if every version that was there is still there, unchanged."""
    old, new = mirror.head, mirror.fetch(url, branch)
    if old and old != new:
        changed = mirror.changed(old, new, f"{prefix}bundles")
        if changed is None:
            raise IntegrityError(
                f"registry {name}: its history was rewritten ({old[:12]} is no longer part of {new[:12]})",
                hint="ask whoever owns the registry; nothing was changed here",
            )
        rewritten = _rewritten(mirror, old, changed, prefix)
        if rewritten:
            raise IntegrityError(
                f"registry {name}: a published version changed or vanished",
                details=rewritten[:10],
                hint="ask whoever owns the registry; nothing was changed here",
            )
    if old != new:
        mirror.accept(new)


def _rewritten(mirror: Mirror, old: str, changed: tuple[str, ...], prefix: str) -> list[str]:
    """Return the changed paths that lie in a version that was there before."""
    published: dict[str, bool] = {}
    rewritten = []
    for path in changed:
        name, _, inner = path.removeprefix(f"{prefix}bundles/").partition("/")
        version = f"{prefix}bundles/{name}/{inner.partition('/')[0]}"
        if "/" in inner:
            if version not in published:
                published[version] = mirror.tree(f"{old}:{version}") is not None
            if published[version]:
                rewritten.append(path)
    return rewritten


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of one mirror; another process waits for it, and gives up after a minute."""
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path.with_suffix(".lock"), timeout=_LOCK_SECONDS):
            yield
    except Timeout:
        raise Busy(f"another agentpkg has been using {path.name} for {_LOCK_SECONDS} seconds") from None


def _new_mirror(path: Path) -> Mirror:
    """Return an empty mirror in the place of one that is of no use."""
    shutil.rmtree(path, ignore_errors=True)
    return Mirror(path)


def _builtin() -> Registry:
    """Return the registry that ships with agentpkg, laid down as a git repository the first time."""
    folder = _builtin_folder()
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
    key = hashlib.sha256(
        b"".join(f"{path}\0".encode() + hashlib.sha256(data).digest() for path, data in files.items())
    ).hexdigest()[:24]
    mirror = Mirror(cache_folder() / "registries" / f"builtin-{key}.git")
    if mirror.head is None or mirror.damaged:
        with _locked(mirror.path):
            if mirror.head is None or mirror.damaged:
                mirror = _new_mirror(mirror.path)  # a run that was cut short may have left one
                mirror.store(files, "The registry that ships with agentpkg")
    return Registry(DEFAULT_REGISTRY, BUILTIN_URL, mirror, "")


def _builtin_folder() -> Path:
    package = Path(__file__).parent
    for folder in (package / "_registry", package.parent / "registry"):
        if (folder / "registry.toml").is_file():
            return folder
    raise AgentpkgError("the registry that ships with agentpkg is missing", hint="install agentpkg again")
