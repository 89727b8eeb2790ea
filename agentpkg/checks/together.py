"""What only shows when several files of a run are looked at together: one name twice, and one thing said of many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.checks.bundles import LACKS
from agentpkg.findings import Rule
from agentpkg.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agentpkg.checks.subject import Subject
    from agentpkg.findings import Finding

TWICE = Rule(
    code="AP114", level="warning",
    about="two files of one host give their agents the same name",
    remedy="give one of them another name, or take it out",
    why="The host knows an agent by its name and loads one of the two; which one is a matter of chance.",
    wrong="agents/triage.md\nagents/old/triage.md\n(both with name: triage)",
    right="(one file for each name)",
)  # fmt: skip
RULES = (TWICE,)


def check_names(subjects: Iterable[tuple[str, Subject]]) -> Iterator[Finding]:
    """Find agents of one host with one name, each given with the whole path of its file."""
    first: dict[tuple[str, str, str], str] = {}
    for place, subject in subjects:
        folder, name = _folder(place, subject), subject.header.get("name")
        if folder is None or not isinstance(name, str) or not subject.host:
            continue
        other = first.setdefault((subject.host.name, folder, name), subject.path)
        if other != subject.path:
            yield subject.at_key(TWICE, "name", f"{subject.host.title} has another agent {name}, in {other}")


def _folder(place: str, subject: Subject) -> str | None:
    """Return the folder of the project that a host's own file lies in, None if its name there is not that of a key."""
    host = subject.host
    if not host or not subject.placed or "name" not in host.name_keys:
        return None
    befores = [one.partition("{name}")[0] for one in (host.agents, host.user_agents, *host.also_agents)]
    found = [place.rpartition(f"/{before}")[0] for before in befores if f"/{before}" in place]
    return max(found, key=len, default=None)


def told_once(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings with what is the same for several bundles said once, at the first of them."""
    kept: list[Finding] = []
    alike: dict[str, list[Finding]] = {}
    for one in findings:
        if one.rule is not LACKS:
            kept.append(one)
        else:
            alike.setdefault(one.message, []).append(one)
    for message, some in alike.items():
        some.sort(key=lambda one: one.path or "")
        others = len(some) - 1
        more = f", and so {'does' if others == 1 else 'do'} {others} other bundle{'' if others == 1 else 's'}"
        kept.append(replace(some[0], message=message + more) if others else some[0])
    return kept
