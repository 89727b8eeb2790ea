"""What the pages of a catalogue show, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.bundle import Bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """When something came to the registry: the time in seconds since 1970, and the commit that brought it."""

    time: int
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One version of a bundle as the registry holds it, with its files by path.

    `bundle` is None for a version that cannot be read, and `unfit` then says why. `added` is None where git's history
    does not tell.
    """

    version: str
    bundle: Bundle | None
    files: Mapping[str, bytes]
    added: Added | None = None
    yanked: str | None = None
    unfit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostView:
    """What one host makes of a bundle: the files by path, and per agent what was lost.

    `state` is a fidelity's word, or `refused` where the host cannot take the bundle, and `why` says so. `gained` are
    the powers that agents would get there beyond their own, by agent.
    """

    name: str
    title: str
    state: str
    why: str = ""
    notes: tuple[tuple[str, str, str, str], ...] = ()
    gained: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, str]

    @property
    def holds(self) -> bool:
        """Whether the bundle can be installed there without giving an agent more than its author did."""
        return self.state != "refused" and not self.gained


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A bundle as the search knows it.

    `hosts` hold it without widening; `traits` are what its agents cannot do; `gone` says that every version of it was
    yanked, or none can be read.
    """

    name: str
    version: str
    description: str
    keywords: tuple[str, ...]
    agents: tuple[str, ...]
    hosts: tuple[str, ...]
    traits: tuple[str, ...]
    powers: str
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """One power as it is shown: its name, what that means, and how far it reaches (`far`, `some` or `near`)."""

    name: str
    words: str
    reach: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A text of an agent: its own (`host` is empty), or the one that a host gets instead."""

    host: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentView:
    """An agent as it is shown."""

    name: str
    description: str
    model: str
    powers: tuple[Power, ...]
    prompts: tuple[Prompt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """A version as it is listed: `reasons` say how it differs from the one before, each with its level."""

    version: str
    date: str
    commit: str
    digest: str
    yanked: str | None
    unfit: str | None
    before: str
    reasons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A bundle in the picture of what is required: where its box is, and whether the registry has it."""

    name: str
    x: int
    y: int
    width: int
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a bundle requires, as boxes and the lines between them. `left_out` counts bundles that had no room."""

    nodes: tuple[Node, ...]
    lines: tuple[str, ...]
    width: int
    height: int
    words: str
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What stands around a bundle in its registry: what it requires, as a picture too, and what requires it."""

    requires: tuple[tuple[str, str, bool], ...]
    required_by: tuple[str, ...]
    picture: Picture | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BundlePage:
    """All that a bundle's page shows. `shown` is the version that it is about, None if none can be read."""

    name: str
    shown: Bundle | None
    entry: Entry
    date: str
    commit: str
    agents: tuple[AgentView, ...]
    skills: tuple[tuple[str, str, tuple[str, ...]], ...]
    readme: str
    hosts: tuple[HostView, ...]
    versions: tuple[VersionView, ...]
    around: Around


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteInfo:
    """What every page of a site shares.

    `base_url` is where the site will stand (with a slash at the end), empty if nobody said; `registry` is what follows
    `--registry` in commands that install, a URL if `by_url`, else the registry's own name.
    """

    title: str
    description: str
    commit: str
    maker: str
    base_url: str
    registry: str
    by_url: bool
