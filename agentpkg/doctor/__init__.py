"""What `doctor` makes of facts about a machine and a project: findings, decided from values alone.

Each module holds the facts of one group, as values, and functions from them to findings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

Group = Literal["machine", "registries", "hosts", "project"]
Level = Literal["ok", "note", "warning", "problem"]
GROUPS: tuple[Group, ...] = ("machine", "registries", "hosts", "project")
LEVELS: tuple[Level, ...] = ("ok", "note", "warning", "problem")


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One finding: its group and a stable code, how grave it is, what was found, where, and what to do about it.

    `where` is a file below the project, a folder, or a name; None where the finding is of no place. `remedy` is None
    where nothing has to be done.
    """

    group: Group
    code: str
    level: Level
    what: str
    where: str | None = None
    remedy: str | None = None


def is_well(findings: Iterable[Diagnosis]) -> bool:
    """Say whether there is no problem among findings."""
    return all(one.level != "problem" for one in findings)


def listed(names: Iterable[str], most: int = 6) -> str:
    """Return names in a line, the first few where there are many."""
    unique = list(dict.fromkeys(names))
    more = len(unique) - most
    return ", ".join(unique[:most]) + (f" and {more} more" if more > 0 else "")
