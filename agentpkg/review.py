"""Review of a change: powers that nobody has approved, and losses that the user does not put up with.

What was approved is in the lockfile, and counts as far as the content that the lockfile names by its digest bears it
out. So a hand that writes powers into the lockfile approves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.errors import ApprovalNeeded, ContentRefused
from agentpkg.grants import Grants, name_powers
from agentpkg.lifts import find_lifted_limits, find_lifted_tools, find_widened
from agentpkg.lockfile import FILE_NAME, LEVELS
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Set

    from agentpkg.lockfile import LockedBundle, Lockfile, Losses

_MOST_LOSSES = 20
_WIDENED = "what this host cannot hold back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What one bundle would gain, for somebody to say yes or no to: a yes holds for this very content and no other.

    `before` is the approved version, None for a bundle that nobody asked for. `powers` has the agents that gain, each
    with what. `moved` is the place that the bundle came from and the one that it would come from. `unproved` are powers
    that the lockfile has as approved and that the content which it names does not hold; None where that content cannot
    be read, so that nothing counts as approved.
    """

    bundle: str
    before: str | None
    after: str
    digest: str
    powers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    moved: tuple[str, str] | None = None
    unproved: tuple[str, ...] | None = ()

    def lines(self) -> Iterator[str]:
        """Return the lines of a message that tell it."""
        step = f"{self.bundle} {self.after}"
        if self.before not in (None, self.after):
            step = f"{self.bundle} {self.before} → {self.after}"
        if self.moved:
            yield f"{step} would come from {self.moved[1]}, and no longer from {self.moved[0]}"
        if self.unproved is None:
            content = f"what {FILE_NAME} has as {self.before}"
            yield f"{step}: {content} cannot be read, so nothing of it counts as approved"
        elif self.unproved:
            yield f"{step}: {FILE_NAME} approves what {self.before} does not hold: {name_powers(self.unproved)}"
        agents: dict[tuple[str, ...], list[str]] = {}
        for agent, powers in self.powers:
            agents.setdefault(powers, []).append(agent)
        for powers, names in agents.items():
            told = f"{', '.join(names)} would {'hold' if self.before is None else 'gain'} {name_powers(powers)}"
            yield f"{step} is new, and nobody here named it: {told}" if self.before is None else f"{step}: {told}"


def _how_to_approve(first: Gain) -> str:
    """Return what to do about gains: how to see the first of them, how to say yes, and the other way for a new one."""
    lines = [
        "run the command again with --accept-grants to approve it; with --dry-run, too, it shows the plan and no more"
    ]
    if first.before is None:
        lines.insert(0, f"agentpkg info {first.bundle}@{first.after} shows what comes")
        lines.append(f"or name what is new: agentpkg install {first.bundle}")
    elif first.before != first.after and not first.moved:
        lines.insert(0, f"agentpkg diff {first.bundle} {first.before} {first.after} shows the change")
    else:
        lines.insert(0, f"agentpkg info {first.bundle} shows what it is")
    return "\n".join(lines)


class PowersGained(ApprovalNeeded):
    """Nobody has approved these gains."""

    def __init__(self, gains: tuple[Gain, ...]) -> None:
        super().__init__(
            "agents would gain powers that nobody has approved"
            if any(gain.powers or gain.before is None for gain in gains)
            else "bundles would come from another place, and nobody has approved that",
            details=[line for gain in gains for line in gain.lines()],
            hint=_how_to_approve(gains[0]),
        )
        self.gains = gains


def find_gains(
    approved: Mapping[str, LockedBundle],
    wanted: Mapping[str, LockedBundle],
    proof: Mapping[str, Mapping[str, Grants]],
    named: Set[str] = frozenset(),
    project_hosts: tuple[str, ...] = (),
) -> tuple[Gain, ...]:
    """Return every gain of the bundles of one lockfile over those of another, but for those that are `named`.

    `proof` are, by bundle and agent, the powers that the content of the approved version really holds; a bundle whose
    content cannot be read is not in it. An agent is measured against its own approved powers, an agent that is new in
    its bundle against those of all the bundle's agents together. What overrides no longer hold back is a gain on each
    host by itself: `project_hosts` are those that bundles go to where their requirement does not say.
    """
    gains = (
        _gain(
            bundle, approved.get(bundle), now, proof.get(bundle), _where_lifted(bundle, approved, wanted, project_hosts)
        )
        for bundle, now in sorted(wanted.items())
        if bundle not in named
    )
    return tuple(gain for gain in gains if gain.before is None or gain.powers or gain.moved)


def find_widenings(before: Lockfile, after: Lockfile, allowed: Iterable[str]) -> tuple[Gain, ...]:
    """Return as gains the renderings of `after`, and not of `before`, of which the host cannot hold the agent back.

    `allowed` are the hosts of which the manifest allows that.
    """
    return tuple(
        Gain(
            bundle=bundle,
            before=before.bundles[bundle].version if bundle in before.bundles else after.bundles[bundle].version,
            after=after.bundles[bundle].version,
            digest=after.bundles[bundle].digest,
            powers=tuple((f"{agent} on {host}", (_WIDENED,)) for agent, host in places),
        )
        for bundle, places in find_widened(before, after, allowed).items()
    )


def _gain(
    bundle: str,
    before: LockedBundle | None,
    now: LockedBundle,
    proof: Mapping[str, Grants] | None,
    hosts: Iterable[str] | None,
) -> Gain:
    agents = {
        agent: Grants(frozenset(powers), frozenset(now.limits.get(agent, ())))
        for agent, powers in sorted(now.grants.items())
    }
    if before is None:
        powers = tuple((agent, tuple(held)) for agent, held in agents.items())
        return Gain(bundle=bundle, before=None, after=now.version, digest=now.digest, powers=powers)
    held, unproved = _proved(before, proof)
    together, less = Grants.together(held.values()), find_lifted_limits(before, now)
    names = {new: old for old, new in _renames(now).items()}
    gained = {
        agent: tuple(sorted({*powers.beyond(held.get(names.get(agent, agent), together)), *less[agent]}))
        for agent, powers in agents.items()
    }
    return Gain(
        bundle=bundle,
        before=before.version,
        after=now.version,
        digest=now.digest,
        powers=(
            *((agent, powers) for agent, powers in gained.items() if powers),
            *(() if hosts is None else _lifted(before, now, hosts, gained)),
        ),
        moved=(before.registry, now.registry) if before.registry != now.registry else None,
        unproved=unproved,
    )


def _where_lifted(
    bundle: str,
    approved: Mapping[str, LockedBundle],
    wanted: Mapping[str, LockedBundle],
    project_hosts: tuple[str, ...],
) -> tuple[str, ...] | None:
    """Return the hosts of a bundle whose overrides are not those of before, and may hold back less; else None."""
    if bundle not in approved or all(one.overrides == wanted[bundle].overrides for one in approved[bundle].sides):
        return None
    from agentpkg.targets import assign_hosts

    requirements = {key: one.wanted for key, one in wanted.items() if one.wanted}
    requires = {key: wanted.keys() & one.requires.keys() for key, one in wanted.items()}
    return assign_hosts(requirements, requires, project_hosts)[bundle]


def _lifted(
    before: LockedBundle, now: LockedBundle, hosts: Iterable[str], gained: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Return by agent and host the powers that overrides held back there and do no longer, beyond what is `gained`."""
    for agent, host, powers in find_lifted_tools(before, now, hosts):
        lifted = tuple(power for power in powers if power not in gained[agent])
        if lifted:
            yield f"{agent} on {host}", lifted


def _proved(
    before: LockedBundle, proof: Mapping[str, Grants] | None
) -> tuple[dict[str, Grants], tuple[str, ...] | None]:
    """Return what counts as approved, by the agents' own names, and what the lockfile has beyond that.

    An agent's own name is the one that its author gave it: by what it is called here, a lockfile could make one agent
    pass for another.
    """
    if proof is None:
        return {}, None
    renames, approved, unproved = _renames(before), {}, set()
    chosen = before.wanted.agents if before.wanted else None
    for agent, content in proof.items():
        powers = before.grants.get(renames.get(agent, agent))
        if powers is not None and (chosen is None or agent in chosen):
            approved[agent] = Grants(frozenset(filter(content.covers, powers)), content.limits)
            unproved.update(set(powers) - approved[agent].powers)
    return approved, tuple(sorted(unproved))


def _renames(locked: LockedBundle) -> Mapping[str, str]:
    return locked.wanted.renames if locked.wanted else {}


def refuse_losses(losses: Mapping[str, Losses | None], level: str | None, *, told: bool = False) -> None:
    """Raise `ContentRefused` if an agent is carried to a host no better than `level` says; None puts up with all.

    `losses` are by bundle, None where they are not known, which is no better. `told`: the command's JSON document tells
    of them already.
    """
    if level is None:
        return
    bad = LEVELS[LEVELS.index(level) :]
    found = [
        f"{bundle}: {agent} on {host}: {field} {fidelity}"
        for bundle, agents in sorted(losses.items())
        for agent, hosts in sorted((agents or {}).items())
        for host, fields in sorted(hosts.items())
        for field, fidelity in sorted(fields.items())
        if fidelity in bad
    ]
    found += [f"{bundle}: {FILE_NAME} does not say" for bundle, agents in sorted(losses.items()) if agents is None]
    if found:
        more = len(found) - _MOST_LOSSES
        raise ContentRefused(
            f"hosts do not hold every agent well enough for --fail-on {level}",
            details=[*found[:_MOST_LOSSES], *([f"and {more} more"] if more > 0 else [])],
            hint="agentpkg render BUNDLE --host HOST tells what is lost",
            told=told,
        )
