"""A repository of plain agents, in any host's format and with no bundles, read as if it were a registry.

Each agent counts as a bundle of its own name, in one version for the commit that it was read from: `0.0.0+g<commit>`.
What a project has locked stays on offer as long as its commit can be had, so that only an update moves it; and an agent
whose file has not changed keeps its version, whatever else the repository went through.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from agentpkg.bundle import Bundle, BundleFile, parse_bundle, parse_bundle_file
from agentpkg.errors import ContentRefused, IntegrityError, NetworkError, UsageError
from agentpkg.files import content_digest
from agentpkg.limits import LIMITS
from agentpkg.ranking import meant
from agentpkg.registry_file import RegistryFile
from agentpkg.resolve import Offer
from agentpkg.text import escape
from agentpkg.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Set

    from agentpkg.found import Found
    from agentpkg.mirror import Mirror
    from agentpkg.trees import Entry

_MOST_FILES = 5_000
_MOST_ENTRIES = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """What a project has locked of one agent: version, commit, and the digest of the file that it was read from."""

    version: str
    commit: str
    digest: str


class Collection:
    """The agents of one repository at one commit, as `Registry` offers bundles."""

    def __init__(
        self, name: str, url: str, mirror: Mirror, folder: str, pins: Mapping[str, Pin], fetch: Callable[[str], None]
    ) -> None:
        self.name = name
        self.url = url
        self.mirror = mirror
        self._folder = folder
        self._pins = pins
        self._fetch = fetch
        commit = mirror.head
        if commit is None:
            raise NetworkError(f"registry {name} ({url}) has not been fetched yet", hint="run again without --offline")
        self.commit = commit
        self.about_itself = RegistryFile(name=name, description=f"Agents of {url}")

    @property
    def found(self) -> dict[str, Found]:
        """Every agent by its name here."""
        return self._now[0]

    @property
    def passed_over(self) -> tuple[str, ...]:
        """Why files that might have been agents are none, one line each."""
        return self._now[1]

    @cached_property
    def _now(self) -> tuple[dict[str, Found], tuple[str, ...]]:
        return self._read(self.commit)

    def names(self) -> tuple[str, ...]:
        """Return the name of every agent, sorted."""
        return tuple(sorted(self.found))

    def versions(self, name: str) -> tuple[str, ...]:
        """Return the versions of one agent that can be had, newest first; raise `UsageError` if there is no such."""
        pin, found = self._pins.get(name), self.found.get(name)
        if found is None and pin is None:
            raise UsageError(
                f"there is no agent {name!r} in {self.url}",
                hint=meant(name, self.found, f"agentpkg search --from {self.url} lists those that there are"),
            )
        if pin and found and pin.digest == found.digest:
            return (pin.version,)
        return tuple(version for version in (self._version if found else None, pin.version if pin else None) if version)

    @property
    def _version(self) -> str:
        return f"0.0.0+g{self.commit[:12]}"

    def yanked(self, name: str) -> Mapping[str, str]:  # noqa: ARG002 (as a registry has it)
        """Return no reasons: nothing is ever yanked here."""
        return {}

    def offers(self, name: str) -> tuple[Offer, ...]:
        """Return the versions of one agent, newest first. An agent requires nothing."""
        return tuple(Offer(version=version, requires={}) for version in self.versions(name))

    def holders(self, agents: Set[str]) -> dict[str, set[str]]:
        """Return by agent's name the bundle that holds such an agent: that of its own name."""
        return {name: {name} for name in agents & self.found.keys()}

    def newest(self) -> dict[str, BundleFile]:
        """Return what every agent says about itself."""
        return {name: _about(found, self._version) for name, found in sorted(self.found.items())}

    def load(self, name: str, version: str) -> Bundle:
        """Return one agent as a bundle; its digest is that of the file that it was read from."""
        found = self._find(name, version)
        files = _files(found, version)
        return replace(parse_bundle(files, f"{name} {version}", any_version=True), digest=found.digest)

    def files(self, name: str, version: str) -> dict[str, bytes]:
        """Return the files of the bundle that an agent counts as."""
        return _files(self._find(name, version), version)

    def notes(self, name: str, version: str) -> tuple[str, ...]:
        """Return what of an agent's file was dropped, renamed, or read in another way than it stands."""
        return self._find(name, version).notes

    def _find(self, name: str, version: str) -> Found:
        pin = self._pins.get(name)
        commit = self.commit if version == self._version else pin.commit if pin and pin.version == version else None
        if commit is None:
            raise ContentRefused(f"{name} {version} is not in {self.url}", hint="agentpkg update chooses another")
        if not self.mirror.has(commit):
            self._fetch(commit)
        found = self.found if commit == self.commit else self._read(commit)[0]
        if name not in found:
            raise IntegrityError(
                f"{self.url} holds no agent {name!r} at {commit[:12]}, which is what the lock names",
                hint="agentpkg update takes what the repository holds now",
            )
        return found[name]

    def _read(self, commit: str) -> tuple[dict[str, Found], tuple[str, ...]]:
        """Return the agents of a commit by name, and why other files are none."""
        from agentpkg.found import name_apart

        ids = _candidates(self.mirror, commit, self._folder)
        self.mirror.need(ids.values())
        found, passed = [], []
        for path, one in ids.items():
            try:
                agents, refused = _translated(self.mirror, path, one)
            except ContentRefused as error:
                passed.append(error.message)
            else:
                found += agents
                passed += refused
        return name_apart(found), tuple(passed)


def _candidates(mirror: Mirror, commit: str, folder: str) -> dict[str, str]:
    """Return the ids of the files that may be agents, by path.

    They are those in the folders of hosts and in folders called `agents`; if there is none, and in a subfolder that the
    user names, every markdown file too.
    """
    from agentpkg.places import choose_files

    paths = {
        path: entry.id
        for path, entry in _files_below(mirror, f"{commit}:{folder}", f"{folder}/" if folder else "")
        if entry.is_plain_file
    }
    chosen = {path: paths[path] for path in choose_files(paths, every=bool(folder))}
    if len(chosen) > _MOST_FILES:
        raise ContentRefused(
            f"{len(chosen)} files may be agents, {_MOST_FILES} are read at the most",
            hint="name a folder of the repository: URL#FOLDER",
        )
    return chosen


def _files_below(mirror: Mirror, top: str, prefix: str) -> Iterator[tuple[str, Entry]]:
    """Return all files below a folder, level by level, with their paths; refuse a repository without an end."""
    level = {prefix: mirror.tree(top) or ()}
    seen = 0
    while level:
        seen += sum(map(len, level.values()))
        if seen > _MOST_ENTRIES:
            raise ContentRefused(
                f"the repository holds more than {_MOST_ENTRIES:,} files and folders",
                hint="name a folder of the repository: URL#FOLDER",
            )
        yield from ((f"{path}{one.name}", one) for path, held in level.items() for one in held if not one.is_folder)
        below = {f"{path}{one.name}/": one.id for path, held in level.items() for one in held if one.is_folder}
        trees = mirror.trees(below.values())
        level = {path: trees[one] for path, one in below.items()}


def _translated(mirror: Mirror, path: str, one: str) -> tuple[list[Found], list[str]]:
    """Return the agents in one file, and why others in it could not be read."""
    from agentpkg.foreign_forms import read_agents
    from agentpkg.found import Found

    where = escape(path)
    read = mirror.read(one, LIMITS.file_bytes, where)
    data = read[1] if read else b""
    reading = read_agents(path, data, where)
    if reading.page:
        raise ContentRefused(
            f"{where}: a page without a header of an agent",
            hint="an agent begins with name and description between two lines of ---",
        )
    digest = content_digest({path: data})
    found, refused = [], [*reading.refused]
    for foreign in reading.agents:
        notes = [f"{where}: MCP server {server.name} is dropped: import brings it along" for server in foreign.servers]
        agent = Found(path=path, host=reading.host, agent=foreign.agent, digest=digest, notes=(*foreign.notes, *notes))
        try:
            # What is read is held to the rules for bundles at once, so that only what can be installed is listed.
            parse_bundle(_files(agent, "0.0.0"), where)
        except ContentRefused as error:
            refused.append(error.message)
        else:
            found.append(agent)
    return found, refused


def _files(found: Found, version: str) -> dict[str, bytes]:
    """Return the files of the bundle that an agent counts as. What its file declares beside it is not in it."""
    from agentpkg.found import bundle_files

    return bundle_files(found.agent.name, version, [replace(found, servers=())])


def _about(found: Found, version: str) -> BundleFile:
    return parse_bundle_file(_files(found, version)["bundle.toml"], found.agent.name, any_version=True)
