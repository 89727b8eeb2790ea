"""The registries that a name can mean in a project: can they be reached, and are they to be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.doctor import Diagnosis
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentpkg.doctor import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What is so about one registry.

    `mine`: it stands in the user's own manifest and not in the project's. `shipped`: it comes with agentpkg. `asked`:
    its server was, and `unreachable` is what came of that. `fetched` is the day of the newest change that is here, None
    before the first fetch. `distrust` says why it is not to be believed. `signed`: the project names who may sign.
    """

    name: str
    url: str
    mine: bool = False
    shipped: bool = False
    asked: bool = True
    unreachable: str | None = None
    fetched: str | None = None
    distrust: str | None = None
    signed: bool = False


def examine_registry(facts: Reach) -> Iterator[Diagnosis]:
    """Yield what is well and what is wrong with a registry."""
    if facts.shipped:
        yield _of(facts, "registry", "ok", "ships with agentpkg")
        return
    here = f"the newest change here is of {facts.fetched}" if facts.fetched else "nothing of it is here yet"
    told = f"{'yours, ' if facts.mine else ''}{'signed, ' if facts.signed else ''}{here}"
    if not facts.asked:
        yield _of(facts, "registry", "note", f"not asked; {told}", "without --offline and --quick it is")
    elif facts.unreachable:
        level: Level = "warning" if facts.mine else "problem"
        remedy = "look at the address, the network and your rights: git ls-remote on the address says more"
        yield _of(facts, "unreachable", level, f"cannot be reached: {facts.unreachable}", remedy)
    else:
        yield _of(facts, "registry", "ok", f"answers; {told}")
    if facts.distrust:
        remedy = "ask whoever owns the registry before you install from it"
        yield _of(facts, "trust", "problem", facts.distrust, remedy)


def _of(facts: Reach, code: str, level: Level, what: str, remedy: str | None = None) -> Diagnosis:
    where = f"{facts.name} ({facts.url})"
    return Diagnosis(group="registries", code=code, level=level, what=what, where=where, remedy=remedy)
