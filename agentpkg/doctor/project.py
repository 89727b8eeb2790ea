"""The project: what keeps its agents from being what somebody asked for, here or with the others who share it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.doctor import Diagnosis, listed
from agentpkg.drift import State
from agentpkg.grants import name_powers
from agentpkg.losses import Fidelity
from agentpkg.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from agentpkg.doctor import Level
    from agentpkg.drift import Drifted
    from agentpkg.overlap import Overlap


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """What git makes of paths of a project: those that it leaves out, and those that it knows. None: nobody can say."""

    ignored: frozenset[str]
    known: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A file that a host reads under the name of an agent of the project: at `path`, below the home folder (`user`).

    `wins` says whether the host takes it instead of the project's, None where nobody knows.
    """

    host: str
    agent: str
    path: str
    user: bool
    wins: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How a project stands.

    `unreadable` says why manifest or lock cannot be read, `unsettled` why the lock does not fit. `tracked` is None for
    a project without git. `widened` are the powers by path that edits brought and nobody approved. `off` are settings
    that switch agents off: where each stands, and in words. `left` are files that wait beside others.
    """

    manifest: str
    lock: str
    state: str
    has_manifest: bool = True
    has_lock: bool = True
    has_state: bool = True
    unreadable: str | None = None
    interrupted: bool = False
    torn: bool = False
    unsettled: str | None = None
    files: tuple[Drifted, ...] = ()
    tracked: Tracked | None = None
    overlaps: tuple[Overlap, ...] = ()
    widened: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rivals: tuple[Rival, ...] = ()
    off: tuple[tuple[str, str], ...] = ()
    left: tuple[str, ...] = ()


def examine_project(facts: Condition) -> Iterator[Diagnosis]:
    """Yield what is well and what is wrong with a project."""
    yield from _of_state(facts)
    yield from _of_files(facts)
    if facts.tracked:
        yield from _of_tracking(facts, facts.tracked)
    yield from _of_overlaps(facts.overlaps)
    for rival in facts.rivals:
        yield from _of_rival(rival)
    for place, told in facts.off:
        yield _of("switched-off", "warning", told, place, "take the setting out, or the host has no such agent")


def _of_state(facts: Condition) -> Iterator[Diagnosis]:
    if not facts.has_manifest:
        yield _of("manifest", "note", f"there is no {facts.manifest}", remedy="agentpkg init makes one")
    if facts.interrupted:
        told = "an earlier run was cut short, and waits to be finished"
        yield _of("interrupted", "problem", told, f"{facts.state}/journal.json", "agentpkg sync finishes it")
    if facts.unreadable:
        yield _of("unreadable", "problem", facts.unreadable, remedy="mend it, or restore it from version control")
    elif facts.torn:
        told = "the lockfile holds both sides of a merge"
        yield _of("torn", "problem", told, facts.lock, "agentpkg sync chooses anew and writes it whole")
    elif facts.unsettled:
        yield _of("unsettled", "problem", facts.unsettled, facts.lock, "agentpkg sync makes the lockfile fit")
    elif facts.has_lock:
        yield _of("lock", "ok", "manifest and lockfile fit", facts.lock)


def _of_files(facts: Condition) -> Iterator[Diagnosis]:
    waiting = [file for file in facts.files if not file.settled]
    if waiting:
        counts = {state: sum(file.state is state for file in waiting) for state in State}
        told = ", ".join(f"{number} {state.value}" for state, number in counts.items() if number)
        where = listed(file.path for file in waiting)
        yield _of("drift", "warning", f"files are not as the lockfile has them: {told}", where, "agentpkg status")
    elif facts.files:
        number = len(facts.files)
        told = f"{number} files are as the lockfile has them" if number > 1 else "1 file is as the lockfile has it"
        yield _of("drift", "ok", told)
    for path, powers in facts.widened.items():
        told = f"an edit gives the agent {name_powers(powers)}, which nobody approved"
        yield _of("widened", "warning", told, path, "agentpkg diff shows the edit; take out what is not meant")
    if facts.left:
        told = "a newer version waits beside a file that was edited"
        remedy = "join the two and run agentpkg keep on the file, or delete what waits"
        yield _of("left", "warning", told, listed(facts.left), remedy)


def _of_tracking(facts: Condition, tracked: Tracked) -> Iterator[Diagnosis]:
    known = tracked.known or frozenset()
    lost = sorted(file.path for file in facts.files if file.path.partition("#")[0] in tracked.ignored - known)
    if lost:
        told = f"git ignores {len(lost)} of the files that agents stand in: who clones the project does not get them"
        remedy = "take them out of .gitignore, or have everybody run agentpkg sync after a clone"
        yield _of("ignored", "warning", told, listed(lost), remedy)
    for path, there in ((facts.manifest, facts.has_manifest), (facts.lock, facts.has_lock)):
        if there and path in tracked.ignored - known:
            told = "git ignores it: others get other versions, and powers that nobody here approved"
            yield _of("lock-ignored", "warning", told, path, f"take {path} out of .gitignore, and commit it")
        elif there and tracked.known is not None and path not in known:
            yield _of("untracked", "note", "git does not know it yet", path, f"git add {path}")
    below = sorted(path for path in known if path.startswith(f"{facts.state}/"))
    if below:
        told = "git tracks what only this machine needs"
        remedy = f"git rm -r --cached {facts.state}, and ignore it"
        yield _of("state-tracked", "warning", told, listed(below), remedy)
    elif facts.has_state and f"{facts.state}/" not in tracked.ignored:
        told = "git does not ignore what only this machine needs"
        yield _of("state-shown", "warning", told, facts.state, f"add {facts.state}/ to .gitignore")


def _of_overlaps(overlaps: Iterable[Overlap]) -> Iterator[Diagnosis]:
    together: dict[tuple[str, str, bool], list[str]] = {}
    for one in overlaps:
        key = (one.host, one.note.detail, one.note.fidelity is Fidelity.WIDENED)
        together.setdefault(key, []).append(one.agent)
    for (host, detail, wide), agents in together.items():
        told = f"{detail}: {listed(agents)}"
        remedy = "give it a copy of its own: add it to the hosts of the project" if wide else None
        yield _of("overlap", "warning" if wide else "note", told, host, remedy)


def _of_rival(rival: Rival) -> Iterator[Diagnosis]:
    if rival.wins is False:
        return
    place = f"~/{rival.path}" if rival.user else rival.path
    words = "wins over the project's" if rival.wins else "has its name, and either may win"
    told = f"{rival.host} reads {place} as well, which {words}: {rival.agent}"
    yield _of("shadowed", "warning", told, place, "rename one, or take it away; agentpkg install --as renames ours")


def _of(code: str, level: Level, what: str, where: str | None = None, remedy: str | None = None) -> Diagnosis:
    return Diagnosis(group="project", code=code, level=level, what=what, where=where, remedy=remedy)
