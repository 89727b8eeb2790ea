"""Files of one agent, joined: the bundles of a project itself that agents make which stand in it already.

What differs from host to host stays different, and no agent holds more than any of its files gives it.
"""

from __future__ import annotations

from itertools import chain, count
from typing import TYPE_CHECKING

from agentpkg.adoption import Adopted, AgentFile, Left, likeness, render_adopted, sides_of, why_not
from agentpkg.bundle import Bundle, parse_bundle
from agentpkg.emit import quoted
from agentpkg.errors import ContentRefused
from agentpkg.found import Found, bundle_files
from agentpkg.grants import Grants, name_powers
from agentpkg.importing import VERSION
from agentpkg.values import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from agentpkg.targets import Destination

_LONGEST_NAME = 50


def make_local(
    found: Mapping[str, Found], files: Mapping[str, AgentFile], taken: Collection[str], destination: Destination
) -> tuple[list[Adopted], list[Left]]:
    """Return the bundles that agents make, one for each, and those which their own host could not hold.

    `found` are the agents by path, each under the name of its file; `taken` are names that no bundle may have. Files of
    one name are one agent where the powers of one of them are held by all, and every host can hold the agent to these;
    else each gets a bundle of its own.
    """
    groups: dict[str, list[list[Found]]] = {}
    left = []
    for path, one in sorted(found.items(), key=lambda item: (item[1].agent.name, _order(item[0], found))):
        try:
            why = why_not(_parse(one.agent.name, [one]), [one.host], [one.agent.name], destination)
        except ContentRefused as error:
            why = error.message
        if why:
            left.append(Left(path=path, why=why))
            continue
        clusters = groups.setdefault(one.agent.name, [])
        near = next((cluster for cluster in clusters if _fit([*cluster, one], destination)), None)
        if near is None:
            clusters.append([one])
        else:
            near.append(one)
    names = _names(groups, taken)
    return [_local(name, [cluster], files, destination) for name, cluster in names.items()], left


def make_one(
    name: str, found: Iterable[Adopted], read: Mapping[str, Found], files: Mapping[str, AgentFile], to: Destination
) -> Adopted:
    """Return one bundle with the agents of several local ones; raise `ContentRefused` where hosts could not hold it."""
    clusters = [[read[path] for path in one.likeness] for one in found]
    names = [cluster[0].agent.name for cluster in clusters]
    twice = sorted({one for one in names if names.count(one) > 1})
    hosts, agents = sides_of(files[one.path] for cluster in clusters for one in cluster)
    whole = _parse(name, *clusters) if not twice else None
    why = why_not(whole, hosts, agents, to) if whole else f"{twice[0]} may use other tools on one host than on another"
    if why:
        raise ContentRefused(f"these agents cannot be one bundle: {why}", hint="leave --bundle out: one for each agent")
    return _local(name, clusters, files, to)


def _order(path: str, found: Mapping[str, Found]) -> tuple[int, str]:
    """Return what files of one agent are sorted by: the prompt that most of them have comes first."""
    one = found[path].agent
    same = sum(other.agent.body == one.body for other in found.values() if other.agent.name == one.name)
    return -same, path


def _names(groups: Mapping[str, Sequence[list[Found]]], taken: Collection[str]) -> dict[str, list[Found]]:
    """Return agents by the names of their bundles: the first of a name has it, all others add their host."""
    names: dict[str, list[Found]] = {}
    for name, (first, *_) in groups.items():
        names[_free_name([name], name, "local", {*taken, *names})] = first
    for name, (_, *others) in groups.items():
        for cluster in others:
            names[_free_name([], name, cluster[0].host, {*taken, *names})] = cluster
    return names


def _free_name(best: list[str], name: str, word: str, used: Collection[str]) -> str:
    """Return one of the `best` names if it is free, else the name with a word, and a number where that is not free."""
    words = (word if number == 1 else f"{word}-{number}" for number in count(1))
    more = (f"{name[: _LONGEST_NAME - 1 - len(one)].rstrip('-')}-{one}" for one in words)
    return next(one for one in chain(best, more) if one not in used)


def _fit(group: Sequence[Found], destination: Destination) -> bool:
    """Say whether files can be one agent: the powers of one are held by all, and every host can hold it to these."""
    servers = {frozenset(server.power for server in one.servers) for one in group}
    if _narrowest(group) is None or len(servers) > 1:
        return False
    name = group[0].agent.name
    try:
        return why_not(_parse(name, group), [one.host for one in group], [name], destination) is None
    except ContentRefused:
        return False


def _narrowest(group: Sequence[Found]) -> Found | None:
    """Return the file whose powers all others hold too, None if there is no such."""
    held = {id(one): Grants.of(one.agent.tools) for one in group}
    return next((one for one in group if not any(held[id(one)].beyond(held[id(other)]) for other in group)), None)


def _parse(name: str, *groups: Sequence[Found]) -> Bundle:
    return parse_bundle(_files(name, groups), name)


def _files(name: str, groups: Iterable[Sequence[Found]]) -> dict[str, bytes]:
    """Return the files of a bundle with one agent for each group, and a variant where a host has another prompt."""
    joined = [_joined(group) for group in groups]
    files = bundle_files(name, VERSION, joined)
    for one in joined:
        for host, body in sorted(one.agent.bodies.items()):
            header = f"---\ndescription: {quoted(one.agent.description)}\n---\n" if body.startswith("---") else ""
            files[f"variants/{host}/{one.agent.name}.md"] = f"{header}{body}".encode()
    return files


def _joined(group: Sequence[Found]) -> Found:
    """Return files of one name as one agent: what differs on a host stands under that host."""
    first, narrowest = group[0], _narrowest(group) or group[0]
    fields = {}
    for one in group:
        own = dict(one.agent.host_fields.get(one.host, {}))
        if one.agent.description != first.agent.description:
            own["description"] = one.agent.description
        if one.agent.model != first.agent.model:
            own["model"] = one.agent.model or "inherit"
        if own:
            fields[one.host] = own
    bodies = {one.host: one.agent.body for one in group if one.agent.body != first.agent.body}
    agent = replace(first.agent, tools=narrowest.agent.tools, host_fields=fields, bodies=bodies)
    servers = {server.name: server for one in reversed(group) for server in one.servers}
    other = [
        f"{one.path}: its prompt is not that of {first.path}, and stands in variants/{one.host}/{agent.name}.md"
        for one in group
        if one.host in bodies
    ]
    notes = (*(note for one in group for note in one.notes), *other, *_narrowed(group, narrowest))
    return replace(first, agent=agent, servers=tuple(servers.values()), notes=notes)


def _narrowed(group: Sequence[Found], narrowest: Found) -> Iterator[str]:
    held = Grants.of(narrowest.agent.tools)
    for one in group:
        more = Grants.of(one.agent.tools).beyond(held)
        if more:
            yield (
                f"{one.path}: may also use {name_powers(more)}; in the bundle the agent may use what {narrowest.path} "
                "lets it, and the file stays as it is"
            )


def _local(
    name: str, groups: Sequence[Sequence[Found]], files: Mapping[str, AgentFile], destination: Destination
) -> Adopted:
    content = _files(name, groups)
    bundle = parse_bundle(content, name)
    own = [files[one.path] for group in groups for one in group]
    hosts, agents = sides_of(own)
    targets = render_adopted(bundle, hosts, agents, destination).targets
    return Adopted(
        id=name,
        bundle=bundle,
        hosts=hosts,
        agents=agents,
        likeness={file.path: likeness(file.content, targets[file.path].content) for file in own},
        notes=tuple(note for group in groups for note in _joined(group).notes),
        files=content,
    )


def named_by_file(found: Found, name: str) -> Found:
    """Return an agent under the name of its file, which is what every host's copy is called here."""
    if found.agent.name == name:
        return found
    note = f"{found.path}: the header calls it {found.agent.name}; it is {name} here, as its file is called"
    return replace(found, agent=replace(found.agent, name=name), notes=(*found.notes, note))
