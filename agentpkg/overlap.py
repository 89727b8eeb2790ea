"""Overlaps: hosts that read files which were written for another host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.grants import EVERYTHING
from agentpkg.losses import Fidelity, Note
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from agentpkg.grants import Grants
    from agentpkg.hosts.base import AlsoRead, Host
    from agentpkg.render import Rendering


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A rendering, the bundle that it is of, the path that it goes to, and the powers that the agent holds there."""

    bundle: str
    path: str
    held: Grants
    rendering: Rendering


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """What `host` makes of an agent's file that was written for another host."""

    bundle: str
    agent: str
    host: str
    note: Note


def find_overlaps(placed: Sequence[Placed], used: Iterable[Host], user: bool) -> tuple[Overlap, ...]:
    """Return what those of the `used` hosts that read each other's files make of them.

    `user` says that the paths are below the home folder. A host that has a copy of its own, and takes that one, is no
    overlap: agents have one name everywhere.
    """
    own = {(one.rendering.agent, one.rendering.host) for one in placed}
    at: dict[str, dict[str, list[int]]] = {}
    for number, one in enumerate(placed):
        at.setdefault(one.rendering.agent, {}).setdefault(one.path, []).append(number)
    overlaps = [
        Overlap(bundle=one.bundle, agent=one.rendering.agent, host=host.name, note=note)
        for host in used
        for one in (placed[number] for number in _looked_at(host, at, user))
        for note in _notes(
            one,
            host,
            has_own=(one.rendering.agent, host.name) in own,
            free=one.held.covers(EVERYTHING),
            user=user,
        )
    ]
    return tuple(dict.fromkeys(overlaps))


def _looked_at(host: Host, at: Mapping[str, Mapping[str, list[int]]], user: bool) -> list[int]:
    """Return the numbers, in their order, of what stands where `host` looks for it; `at` has them by agent and path.

    So that each host looks at its own few places, and not at all that was written for all others.
    """
    skills = host.user_skills if user else host.skills
    templates = [
        *(also.agents for also in host.also_reads),
        *([f"{skills}/SKILL.md"] if skills and host.native else []),
    ]
    paths = dict.fromkeys(templates)
    return sorted(
        number
        for agent, by_path in at.items()
        for template in paths
        for number in by_path.get(template.format(name=agent), ())
    )


def _notes(one: Placed, host: Host, *, has_own: bool, free: bool, user: bool) -> Iterator[Note]:
    agent, path = one.rendering.agent, one.path
    for also in host.also_reads:
        if path == also.agents.format(name=agent) and (also.user or not user) and not has_own:
            yield _note(also, free=free)
    skills = host.user_skills if user else host.skills
    if skills and host.native and path == f"{skills.format(name=agent)}/SKILL.md":
        yield Note("overlap", Fidelity.APPROXIMATED, "finds it as a skill, too")


def _note(also: AlsoRead, *, free: bool) -> Note:
    path = also.agents.format(name="NAME")
    if also.restricts or free:
        return Note("overlap", Fidelity.APPROXIMATED, f"was not chosen, and loads {path} all the same")
    return Note("overlap", Fidelity.WIDENED, f"was not chosen, and loads {path} all the same, with every tool")
