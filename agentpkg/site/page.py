"""From the versions of a bundle to what its page shows."""

from __future__ import annotations

from time import gmtime, strftime
from typing import TYPE_CHECKING

from agentpkg.compare import compare_bundles
from agentpkg.hostfields import grants_everywhere
from agentpkg.requirement import is_final
from agentpkg.semver import version_before
from agentpkg.site.powers import sum_up, tell_power, traits_of
from agentpkg.site.values import AgentView, BundlePage, Entry, Prompt, VersionView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agentpkg.agent import Agent
    from agentpkg.bundle import Bundle
    from agentpkg.grants import Grants
    from agentpkg.site.values import Added, Around, Edition, HostView

_SHORT = 12


def choose_shown(editions: Sequence[Edition]) -> Edition | None:
    """Return the version that a bundle's page is about: the one that an install would choose.

    `editions` are newest first. Where all were yanked it is the newest of them, None where none can be read.
    """
    fit = [one for one in editions if one.bundle]
    return min(fit, key=lambda one: (one.yanked is not None, not is_final(one.version)), default=None)


def make_page(name: str, editions: Sequence[Edition], hosts: tuple[HostView, ...], around: Around) -> BundlePage:
    """Return what the page of a bundle shows; `hosts` are of the version that `choose_shown` names."""
    shown = choose_shown(editions)
    bundle = shown.bundle if shown else None
    return BundlePage(
        name=name,
        shown=bundle,
        entry=_entry(name, shown, hosts),
        date=tell_date(shown.added if shown else None),
        commit=_commit(shown.added if shown else None),
        agents=_agents(bundle) if bundle else (),
        skills=tuple((one.name, one.description, tuple(sorted(one.files))) for one in bundle.skills) if bundle else (),
        readme=shown.files.get("README.md", b"").decode("utf-8", "replace") if shown else "",
        hosts=hosts,
        versions=tuple(_versions(editions)),
        around=around,
    )


def tell_date(added: Added | None) -> str:
    """Return the day of a time, in UTC, as `2026-11-26`; empty where nobody knows."""
    return strftime("%Y-%m-%d", gmtime(added.time)) if added else ""


def _commit(added: Added | None) -> str:
    return added.commit[:_SHORT] if added else ""


def _entry(name: str, shown: Edition | None, hosts: tuple[HostView, ...]) -> Entry:
    bundle = shown.bundle if shown else None
    held = tuple(grants_everywhere(bundle).values()) if bundle else ()
    return Entry(
        name=name,
        version=bundle.version if bundle else "",
        description=bundle.description if bundle else "No version of it can be read.",
        keywords=bundle.keywords if bundle else (),
        agents=tuple(agent.name for agent in bundle.agents) if bundle else (),
        hosts=tuple(host.name for host in hosts if host.holds),
        traits=traits_of(held) if bundle else (),
        powers=sum_up(held) if bundle else "",
        gone=shown is None or shown.yanked is not None,
    )


def _agents(bundle: Bundle) -> tuple[AgentView, ...]:
    grants = grants_everywhere(bundle)
    return tuple(_agent(agent, grants[agent.name]) for agent in bundle.agents)


def _agent(agent: Agent, grants: Grants) -> AgentView:
    order = ("far", "some", "near")
    powers = sorted((tell_power(power) for power in grants), key=lambda one: (order.index(one.reach), one.name))
    return AgentView(
        name=agent.name,
        description=agent.description,
        model=agent.model or "",
        powers=tuple(powers),
        prompts=(
            Prompt(host="", text=agent.body),
            *(Prompt(host=host, text=text) for host, text in sorted(agent.bodies.items())),
        ),
    )


def _versions(editions: Sequence[Edition]) -> Iterator[VersionView]:
    """Yield a row for every version, each compared with the one before it that can be read."""
    by_version = {one.version: one for one in editions if one.bundle}
    for one in editions:
        before = version_before(one.version, by_version) if one.bundle else None
        older = by_version[before] if before else None
        yield VersionView(
            version=one.version,
            date=tell_date(one.added),
            commit=_commit(one.added),
            digest=one.bundle.digest if one.bundle else "",
            yanked=one.yanked,
            unfit=one.unfit,
            before=older.version if older else "",
            reasons=_reasons(older, one) if older else (),
        )


def _reasons(older: Edition, newer: Edition) -> tuple[tuple[str, str], ...]:
    if not (older.bundle and newer.bundle):
        return ()
    found = compare_bundles((older.bundle, {}), newer.bundle, {}).reasons
    return tuple((level.word, reason) for level, reason in found)
