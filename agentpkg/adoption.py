"""Adoption, decided: agent files that stand in a project already, and which version of a bundle they are of.

A file is of a registry's bundle where it is what one of its versions gives, or close to that; of what is left,
`agentpkg.joining` makes bundles of the project itself. Nothing here changes a file.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused, UsageError
from agentpkg.files import file_digest
from agentpkg.grants import name_powers
from agentpkg.requirement import check_name
from agentpkg.targets import Rendered, Selection, render_selections
from agentpkg.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agentpkg.bundle import Bundle
    from agentpkg.hosts.base import Host
    from agentpkg.targets import Destination, Target

EXACT = 1.0
CLOSE = 0.6  # of the words of two texts, in their order: below, they have little more than their subject in common
_NEARLY = 0.99  # the most that two texts can have in common which are not the same
_MOST_PAIRS = 2_000_000
_LONGEST_NAME = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFile:
    """A file, or an entry of a shared one, that stands where a host reads the agent `name`. `sha256` is over LF."""

    path: str
    host: str
    name: str
    content: bytes
    sha256: str

    @classmethod
    def of(cls, path: str, place: tuple[str, str], content: bytes) -> AgentFile:
        """Return the file at `path`, where `place` is its host and the agent's name."""
        return cls(path=path, host=place[0], name=place[1], content=content, sha256=file_digest(content))


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """A bundle of which files are: its content, the hosts and agents that are there, and how like it each file is.

    `files` of a bundle that the project gets are those of its folder, None for a bundle of a registry. `more` are the
    hosts that get its agents beside those where they stand.
    """

    id: str
    bundle: Bundle
    hosts: tuple[str, ...]
    agents: tuple[str, ...]
    likeness: Mapping[str, float]
    notes: tuple[str, ...] = ()
    files: Mapping[str, bytes] | None = None
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A file that is left alone, and why. `harmless`: it is no agent at all."""

    path: str
    why: str
    harmless: bool = False


def place_of(path: str, hosts: Mapping[str, Host], *, user: bool) -> tuple[str, str] | None:
    """Return host and name of the agent that would be written to `path`, None for a path where none ever is."""
    for host in hosts.values():
        template = host.user_agents if user else host.agents
        before, after = template.split("{name}")
        match = re.fullmatch(rf"{re.escape(before)}([^/#]+){re.escape(after)}", path)
        if host.native and match:
            return host.name, match[1]
    return None


def likeness(mine: bytes, theirs: bytes) -> float:
    """Return how much of two texts is the same, from 0 to `EXACT`, which only texts with the same lines have.

    Words are compared in their order, or lines where there are too many words, or neither's order where it would take
    too long: texts of one word over and over.
    """
    if file_digest(mine) == file_digest(theirs):
        return EXACT
    from difflib import SequenceMatcher

    ratio = 0.0
    for split in (bytes.split, bytes.splitlines):
        one, other = split(mine), split(theirs)
        matcher = SequenceMatcher(None, one, other, autojunk=False)
        ratio = matcher.quick_ratio()
        if ratio < CLOSE:
            return 0.0
        if _pairs(one, other) < _MOST_PAIRS:
            ratio = matcher.ratio()
            break
    return min(ratio, _NEARLY)


def _pairs(one: list[bytes], other: list[bytes]) -> int:
    """Return how many places of two texts have the same word, which is how long it takes to compare them."""
    counts = Counter(other)
    return sum(number * counts[word] for word, number in Counter(one).items())


def compare_with(bundle: Bundle, files: Iterable[AgentFile], destination: Destination) -> dict[str, float]:
    """Return by path how like files are to what a version gives their hosts.

    Left out are those that are not even close, and those whose host could not load the agent, or not hold it back.
    """
    agents = {agent.name for agent in bundle.agents}
    found = {}
    for file in files:
        if file.name in agents and why_not(bundle, [file.host], [file.name], destination) is None:
            target = render_adopted(bundle, [file.host], [file.name], destination).targets[file.path]
            like = likeness(file.content, target.content)
            if like >= CLOSE:
                found[file.path] = like
    return found


def why_not(bundle: Bundle, hosts: Iterable[str], agents: Iterable[str], destination: Destination) -> str | None:
    """Return why these hosts could not hold these agents of a bundle, None if they can."""
    try:
        rendered = render_adopted(bundle, hosts, agents, destination)
    except ContentRefused as error:
        return error.message
    for placed in rendered.placed:
        one = placed.rendering
        if one.gained and not destination.settings[one.host].widening:
            accept = f'[hosts.{one.host}] widening = "allow" in agentpkg.toml accepts that'
            return f"{one.host} cannot hold {one.agent} back from {name_powers(one.gained)}; {accept}"
    return None


def spread(one: Adopted, hosts: Iterable[str], destination: Destination) -> Adopted:
    """Return a bundle that goes to all of these hosts which can hold its agents, with a note on each that cannot."""
    why = {host: why_not(one.bundle, [host], one.agents, destination) for host in hosts if host not in one.hosts}
    notes = [f"not written for {host}: {reason}" for host, reason in why.items() if reason]
    return replace(one, more=tuple(host for host in why if not why[host]), notes=(*one.notes, *notes))


def render_adopted(bundle: Bundle, hosts: Iterable[str], agents: Iterable[str], destination: Destination) -> Rendered:
    """Return what some agents of a bundle become at hosts, also where one could not hold them back."""
    selection = Selection(id=bundle.name, bundle=bundle, hosts=tuple(hosts), agents=tuple(agents), renames={})
    return render_selections([selection], destination, strict=False)


def best_version(found: Iterable[tuple[Bundle, Mapping[str, float]]]) -> tuple[Bundle, Mapping[str, float]] | None:
    """Return the version that most files are exactly of, then the one that they are most like; of several the first."""
    return max(found, key=lambda one: rank(one[1]), default=None)


def rank(found: Mapping[str, float]) -> tuple[int, float]:
    """Return what versions, and bundles, are compared by: how many files are exactly theirs, and how like all are."""
    return sum(like == EXACT for like in found.values()), sum(found.values())


def take_bundle(
    bundle: tuple[str, Bundle], found: Mapping[str, float], files: Mapping[str, AgentFile], destination: Destination
) -> Adopted | str:
    """Return a registry's bundle as the one of these files, or why it cannot be: it would bring more than is there."""
    own_id, content = bundle
    hosts, agents = sides_of(files[path] for path in found)
    if content.requires:
        return f"{own_id} {content.version} requires {', '.join(sorted(content.requires))}"
    why = why_not(content, hosts, agents, destination)
    if why:
        return f"{own_id} {content.version}: {why}"
    return Adopted(id=own_id, bundle=content, hosts=hosts, agents=agents, likeness=found)


def sides_of(files: Iterable[AgentFile]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the hosts and the agents of files, each sorted."""
    pairs = [(file.host, file.name) for file in files]
    return tuple(sorted({host for host, _ in pairs})), tuple(sorted({name for _, name in pairs}))


def targets_of(one: Adopted, destination: Destination) -> Mapping[str, Target]:
    """Return the files that a bundle gives the hosts where its agents are, by path."""
    return render_adopted(one.bundle, one.hosts, one.agents, destination).targets


def why_no_name(name: str) -> str | None:
    """Return why an agent cannot be called so, None if it can."""
    try:
        check_name(name, "its name")
    except UsageError as error:
        return f"{error.message}: {error.hint}; rename the file, and adopt it then"
    return None
