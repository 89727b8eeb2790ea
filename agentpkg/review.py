"""Review of a change: powers that nobody has approved, and losses that the user does not put up with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentpkg.errors import ApprovalNeeded, ContentRefused
from agentpkg.grants import Grants, name_powers
from agentpkg.lockfile import FILE_NAME, LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set

    from agentpkg.lockfile import LockedBundle, Losses

_MOST_LOSSES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What one agent would gain: `before` is the approved version, None for a bundle that nobody asked for."""

    bundle: str
    before: str | None
    after: str
    agent: str
    powers: tuple[str, ...]


def find_gains(
    approved: Mapping[str, LockedBundle],
    grants: Mapping[str, Mapping[str, Grants]],
    versions: Mapping[str, str],
    named: Set[str],
) -> tuple[Gain, ...]:
    """Return every gain over what the lock approved, for bundles that are not `named` and so approved just now.

    An agent is measured against its own approved powers, an agent that is new in its bundle against those of all the
    bundle's agents together.
    """
    gains = []
    for bundle, agents in grants.items():
        if bundle in named:
            continue
        before = approved.get(bundle)
        for agent, held in agents.items():
            beyond = held.beyond(_approved_for(agent, before)) if before else tuple(held)
            if beyond or not before:
                gains.append(
                    Gain(
                        bundle=bundle,
                        before=before.version if before else None,
                        after=versions[bundle],
                        agent=agent,
                        powers=beyond,
                    )
                )
    return tuple(gains)


def _approved_for(agent: str, before: LockedBundle) -> Grants:
    if agent in before.grants:
        return Grants(frozenset(before.grants[agent]))
    return Grants(frozenset(power for powers in before.grants.values() for power in powers))


def refuse(gains: Iterable[Gain]) -> ApprovalNeeded:
    """Return the error that lists `gains` and says how to approve them."""
    return ApprovalNeeded(
        "agents would gain powers that nobody has approved",
        details=[_tell(gain) for gain in gains],
        hint="read the change, then run the command again with --accept-grants",
    )


def _tell(gain: Gain) -> str:
    powers = name_powers(gain.powers)
    if gain.before is None:
        return f"{gain.bundle} {gain.after} is new, and nobody named it: {gain.agent} would hold {powers}"
    return f"{gain.bundle} {gain.before} → {gain.after}: {gain.agent} would gain {powers}"


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
