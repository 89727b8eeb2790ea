"""Targets: every file that a project should hold, from the bundles chosen for it.

Here the renderings of all bundles meet: two that want one path are refused, and so is a rendering whose agent would
hold more than its author gave it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused, UsageError
from agentpkg.files import file_digest
from agentpkg.grants import Grants, name_powers
from agentpkg.hostfields import host_powers
from agentpkg.losses import Fidelity, Note, worst_by_field
from agentpkg.narrowing import check_overrides, limits_left, narrow
from agentpkg.overlap import Overlap, Placed, find_overlaps
from agentpkg.render import render_agent
from agentpkg.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agentpkg.agent import Agent
    from agentpkg.bundle import Bundle
    from agentpkg.hosts.base import Host
    from agentpkg.manifest import HostSettings
    from agentpkg.overrides import Override
    from agentpkg.requirement import Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A chosen bundle and what of it a project takes: the hosts, the agents (None: all), and their new names.

    `overrides` are what the project sets of the agents; they are never more than the bundle gives.
    """

    id: str
    bundle: Bundle
    hosts: tuple[str, ...]
    agents: tuple[str, ...] | None
    renames: Mapping[str, str]
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One file as it should be: bytes with LF line endings, their SHA-256, and where they come from.

    `item` is the path of the source below the bundle's folder; `hosts` are those that read the file.
    """

    content: bytes
    sha256: str
    bundle: str
    item: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The targets by path, every agent's rendering, the powers of every agent by bundle, and what else reads them."""

    targets: Mapping[str, Target]
    placed: tuple[Placed, ...]
    grants: Mapping[str, Mapping[str, Grants]]
    overlaps: tuple[Overlap, ...]

    def losses(self) -> dict[str, dict[str, dict[str, dict[str, str]]]]:
        """Return by bundle, agent and host the fields that are not carried exactly, and how they fare."""
        notes: dict[tuple[str, str, str], list[Note]] = {}
        for one in self.placed:
            notes.setdefault((one.bundle, one.rendering.agent, one.rendering.host), []).extend(one.rendering.notes)
        for overlap in self.overlaps:
            notes.setdefault((overlap.bundle, overlap.agent, overlap.host), []).append(overlap.note)
        losses: dict[str, dict[str, dict[str, dict[str, str]]]] = {bundle: {} for bundle in self.grants}
        for (bundle, agent, host), of in notes.items():
            if of:
                losses[bundle].setdefault(agent, {})[host] = worst_by_field(of)
        return losses


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where renderings go: the hosts by name, the project's settings for them, and whether into the user's home.

    `used` are the names of the hosts that the project is worked on with.
    """

    hosts: Mapping[str, Host]
    settings: Mapping[str, HostSettings]
    user: bool
    used: tuple[str, ...] = ()

    def host(self, name: str) -> Host:
        """Return a host as it is here: for the user's home, without the settings that it has in a project."""
        host = self.hosts[name]
        local = host.settings and not host.settings.file.startswith("~")
        return replace(host, settings=None) if self.user and local else host

    def agent_path(self, host: Host, name: str) -> str:
        """Return the path of an agent's file for `host`."""
        return (host.user_agents if self.user else host.agents).format(name=name)

    def skill_path(self, host: Host, name: str) -> str | None:
        """Return the path of a skill's folder for `host`, None if it reads no skills."""
        template = host.user_skills if self.user else host.skills
        return template.format(name=name) if template else None


def assign_hosts(
    requirements: Mapping[str, Requirement], requires: Mapping[str, Iterable[str]], project_hosts: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """Return the hosts of every bundle in `requires` (what each requires, by id).

    A requirement's own hosts hold for it; a bundle that is only required goes wherever those that require it go.
    """
    hosts: dict[str, set[str]] = {bundle: set() for bundle in requires}
    for bundle, requirement in requirements.items():
        hosts[bundle] = set(project_hosts if requirement.hosts is None else requirement.hosts)
    waiting = list(requirements)
    while waiting:
        parent = waiting.pop()
        for bundle in requires[parent]:
            if bundle not in requirements and not hosts[parent] <= hosts[bundle]:
                hosts[bundle] |= hosts[parent]
                waiting.append(bundle)
    return {bundle: tuple(sorted(names)) for bundle, names in hosts.items()}


def render_selections(selections: Iterable[Selection], destination: Destination, *, strict: bool = True) -> Rendered:
    """Return all that the selections put into a project.

    Raises `ContentRefused` for two files that want one path, and (if `strict`) for renderings that would widen powers,
    all named.
    """
    targets: dict[str, Target] = {}
    placed: list[Placed] = []
    grants: dict[str, Mapping[str, Grants]] = {}
    for selection in selections:
        agents = _selected_agents(selection)
        check_overrides(selection.id, selection.bundle, selection.overrides, destination.hosts)
        given = {agent.name: selection.bundle.grants_of(agent) for agent in agents}
        skills = _skills_of(selection) if agents else {}  # whose powers they are
        own: list[Placed] = []
        for host in (destination.host(name) for name in selection.hosts):
            for agent in agents:
                one = _place(agent, given[agent.name], selection, host, destination)
                own.append(one)
                _add(targets, one.path, _target(one.rendering.content, selection, f"agents/{agent.name}.md", host.name))
            _add_skills(targets, skills, host, destination)
        placed += own
        grants[selection.id] = _grants(selection, agents, given, own, destination.hosts)
    _refuse_files_as_folders(targets)
    if strict:
        _refuse_widening(placed, destination.settings)
    used = [destination.hosts[name] for name in destination.used]
    return Rendered(
        targets=dict(sorted(targets.items())),
        placed=tuple(placed),
        grants=grants,
        overlaps=find_overlaps(placed, used, destination.user),
    )


def _place(agent: Agent, given: Grants, selection: Selection, host: Host, destination: Destination) -> Placed:
    """Return an agent's rendering for a host, as overrides leave it there and under its new name.

    `given` is what its bundle gives it.
    """
    bundle = selection.bundle
    narrowed = narrow(selection.id, bundle, agent, host, selection.overrides)
    held = given if narrowed.tools == agent.tools else bundle.grants_of(narrowed)
    name = _new_name(agent, selection)
    if name != agent.name:
        narrowed = replace(narrowed, name=name)
    powers = host_powers(narrowed, host)
    if powers:
        held = held.with_powers(powers)
    rendering = render_agent(narrowed, held, host, destination.settings[host.name], bundle.servers_of(narrowed))
    lost = _lost_skills(selection, host, destination)
    if lost:
        rendering = replace(rendering, notes=(*rendering.notes, *lost))
    return Placed(bundle=selection.id, path=destination.agent_path(host, name), held=held, rendering=rendering)


def _grants(
    selection: Selection,
    agents: Iterable[Agent],
    given: Mapping[str, Grants],
    own: Iterable[Placed],
    hosts: Mapping[str, Host],
) -> dict[str, Grants]:
    """Return by agent what it holds on all its hosts together, and what its bundle gives it where there is no host.

    Its limits are those of every host, used or not: one that is lifted while a host is away is seen all the same.
    """
    held = {_new_name(agent, selection): [] if selection.hosts else [given[agent.name].powers] for agent in agents}
    for one in own:
        held[one.rendering.agent].append(one.held.powers)
    limits = {_new_name(agent, selection): limits_left(agent, selection.overrides, hosts) for agent in agents}
    return {agent: Grants(frozenset().union(*powers), limits[agent]) for agent, powers in held.items()}


def _lost_skills(selection: Selection, host: Host, destination: Destination) -> list[Note]:
    lost = [one.name for one in selection.bundle.skills if destination.skill_path(host, one.name) is None]
    return [Note("skills", Fidelity.NARROWED, f"the host reads no skills: {', '.join(lost)}")] if lost else []


def _skills_of(selection: Selection) -> dict[str, dict[str, Target]]:
    """Return by skill and path in it what every host that reads skills gets."""
    return {
        skill.name: {
            path: _target(content, selection, f"skills/{skill.name}/{path}") for path, content in skill.files.items()
        }
        for skill in selection.bundle.skills
    }


def _add_skills(
    targets: dict[str, Target], skills: Mapping[str, Mapping[str, Target]], host: Host, destination: Destination
) -> None:
    for name, files in skills.items():
        folder = destination.skill_path(host, name)
        if folder:
            for path, target in files.items():
                _add(targets, f"{folder}/{path}", replace(target, hosts=(host.name,)))


def _selected_agents(selection: Selection) -> list[Agent]:
    names = {agent.name for agent in selection.bundle.agents}
    for name in (*(selection.agents or ()), *selection.renames):
        if name not in names:
            raise UsageError(
                f"{selection.id} {selection.bundle.version} has no agent {name!r}",
                hint=f"it has: {', '.join(sorted(names))}",
            )
    return [agent for agent in selection.bundle.agents if selection.agents is None or agent.name in selection.agents]


def _new_name(agent: Agent, selection: Selection) -> str:
    return selection.renames.get(agent.name, agent.name)


def _target(content: bytes, selection: Selection, item: str, *hosts: str) -> Target:
    return Target(content=content, sha256=file_digest(content), bundle=selection.id, item=item, hosts=hosts)


def _add(targets: dict[str, Target], path: str, target: Target) -> None:
    """Add a target; several hosts, or several bundles, may want the same bytes at one path."""
    there = targets.get(path)
    if there and there.sha256 != target.sha256:
        name = target.item.split("/")[1].removesuffix(".md")
        raise ContentRefused(
            f"two files want {path}: {there.item} of {there.bundle} and {target.item} of {target.bundle}",
            hint=f"give one of them another name: agentpkg install {target.bundle} --as {name}=NEW-NAME"
            if target.item.startswith("agents/")
            else f"skills keep their names; leave one of the two bundles out for {', '.join(target.hosts)}",
        )
    if there:
        hosts = tuple(dict.fromkeys((*there.hosts, *target.hosts)))
        target = replace(there, hosts=hosts)
    targets[path] = target


def _refuse_files_as_folders(targets: Mapping[str, Target]) -> None:
    for path, target in targets.items():
        parts = path.split("/")
        above = next((one for one in ("/".join(parts[:end]) for end in range(1, len(parts))) if one in targets), None)
        if above:
            raise ContentRefused(
                f"{above} would be a file of {targets[above].bundle} and a folder of {target.bundle}",
                hint="skills keep their names; leave one of the two bundles out",
            )


def _refuse_widening(placed: Iterable[Placed], settings: Mapping[str, HostSettings]) -> None:
    refused = [one for one in placed if one.rendering.gained and not settings[one.rendering.host].widening]
    if not refused:
        return
    host, bundle = refused[0].rendering.host, refused[0].bundle
    raise ContentRefused(
        "a host cannot hold back what an agent must not do",
        details=[
            f"{one.bundle}: {one.rendering.agent} on {one.rendering.host} would gain "
            f"{name_powers(one.rendering.gained)}"
            for one in refused
        ],
        hint=f"leave the host out: install {bundle} with --host, or set its hosts in agentpkg.toml\n"
        f'or accept it: [hosts.{host}] widening = "allow" in agentpkg.toml',
    )
