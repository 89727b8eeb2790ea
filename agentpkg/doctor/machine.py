"""The machine: what agentpkg needs of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.doctor import Diagnosis, listed
from agentpkg.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentpkg.doctor import Level

LOW = 200 * 1024 * 1024  # bytes: less is told, and far less stops a run in its middle
EMPTY = 10 * 1024 * 1024
OLDEST_FOR_SIGNERS = (2, 34)  # the first git that verifies signatures by ssh keys
MOST_AHEAD = 24 * 60 * 60.0  # seconds: a zone that is set wrong is told by nobody
_GIT = "install git {}.{} or newer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What is so on this machine.

    `git` is the version of git as it tells it, None where it tells none, and `no_git` says why; `oldest_git` is the
    oldest that will do, and `signers` whether a registry has some, which need a newer one. `unwritable` says why the
    cache cannot be written. `damaged` are names in the cache, None where nobody looked. `free` are bytes by what lies
    there. `caseless`: the project's file system does not tell case apart. `ahead` is by how many seconds a file of the
    project is newer than the clock.
    """

    python: str
    agentpkg: str
    git: str | None
    no_git: str = "git is not installed, or not on the PATH"
    oldest_git: tuple[int, int]
    signers: bool = False
    cache: str
    cache_bytes: int = 0
    unwritable: str | None = None
    damaged: tuple[str, ...] | None = ()
    free: Mapping[str, int] = field(default_factory=dict)
    caseless: bool = False
    ahead: float = 0


def examine_machine(facts: Machine) -> Iterator[Diagnosis]:
    """Yield what is well and what is wrong with a machine."""
    yield _of("versions", "ok", f"agentpkg {facts.agentpkg} on Python {facts.python}")
    yield _of_git(facts)
    yield from _of_cache(facts)
    for where, free in facts.free.items():
        if free < LOW:
            level: Level = "problem" if free < EMPTY else "warning"
            yield _of("disk", level, f"{size(free)} are left on the disk", where, "make room")
    if facts.caseless:
        told = "the file system does not tell case apart: of two files whose names differ in that alone, one is lost"
        yield _of("case", "note", told, remedy="give agents names that differ in more; agentpkg refuses the others")
    if facts.ahead > MOST_AHEAD:
        told = f"a file of the project is from {facts.ahead / 3600:.0f} hours ahead of the clock"
        remedy = "set the clock: servers and signatures are believed by it"
        yield _of("clock", "warning", told, remedy=remedy)


def _of_git(facts: Machine) -> Diagnosis:
    hint = _GIT.format(*facts.oldest_git)
    if facts.git is None:
        return _of("git", "problem", facts.no_git, remedy=hint)
    found = tuple(int(number) for number in re.findall(r"\d{1,9}", facts.git)[:2])
    if found < facts.oldest_git:
        return _of("git", "problem", f"git {facts.git} is too old", remedy=hint)
    if facts.signers and found < OLDEST_FOR_SIGNERS:
        told = f"git {facts.git} is too old to verify signatures, and a registry has signers"
        return _of("git", "problem", told, remedy=_GIT.format(*OLDEST_FOR_SIGNERS))
    return _of("git", "ok", f"git {facts.git}")


def _of_cache(facts: Machine) -> Iterator[Diagnosis]:
    if facts.unwritable:
        remedy = "make it yours, or name another folder in AGENTPKG_CACHE_DIR"
        yield _of("cache", "problem", f"the cache cannot be written: {facts.unwritable}", facts.cache, remedy)
    else:
        yield _of("cache", "ok", f"the cache holds {size(facts.cache_bytes)}", facts.cache)
    if facts.damaged is None:
        yield _of("damage", "note", "the cache was not read", facts.cache, "agentpkg cache verify reads it")
    elif facts.damaged:
        told = f"damaged in the cache: {listed(facts.damaged)}"
        remedy = "agentpkg cache verify takes it away, and the next run has it anew"
        yield _of("damage", "warning", told, facts.cache, remedy)


def _of(code: str, level: Level, what: str, where: str | None = None, remedy: str | None = None) -> Diagnosis:
    return Diagnosis(group="machine", code=code, level=level, what=what, where=where, remedy=remedy)


def size(number: int) -> str:
    """Return a number of bytes as a person reads it."""
    amount = float(number)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit in ("bytes", "kB") else f"{amount:.1f} {unit}"
