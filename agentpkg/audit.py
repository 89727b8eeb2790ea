"""The rules of `audit`, and what breaks them: decided from values, without a look at disk or registries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.drift import State
from agentpkg.findings import Finding, Rule
from agentpkg.grants import Grants, name_powers
from agentpkg.hidden import describe, find_hidden
from agentpkg.hosts import is_place
from agentpkg.lockfile import FILE_NAME, NO_RENDERING
from agentpkg.text import place_of
from agentpkg.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from agentpkg.drift import Drifted
    from agentpkg.lockfile import LockedBundle, Lockfile, Losses
    from agentpkg.targets import Rendered

LOCK = Rule(
    code="lock", level="error", exit_code=5,
    about="the manifest or the lockfile cannot be used",
    remedy="restore it from version control",
)  # fmt: skip
PLACE = Rule(
    code="place", level="error", exit_code=5,
    about="the lockfile names a file that agentpkg has no business with",
    remedy="somebody changed agentpkg.lock by hand; restore it from version control",
)  # fmt: skip
CONTENT = Rule(
    code="content", level="error", exit_code=5,
    about="a locked version is not, or is no longer, what its registry holds",
    remedy="ask whoever owns the registry; agentpkg update takes another version",
)  # fmt: skip
RENDERING = Rule(
    code="rendering", level="error", exit_code=5,
    about="the lockfile vouches for bytes that the locked version does not give",
    remedy="somebody changed agentpkg.lock by hand; restore it, or delete it and run agentpkg sync",
)  # fmt: skip
REGISTRY = Rule(
    code="registry", level="error", exit_code=5,
    about="a registry is not what this machine has seen of it before, or not signed as the project asks",
    remedy="ask whoever owns the registry",
)  # fmt: skip
APPROVAL = Rule(
    code="approval", level="error", exit_code=4,
    about="the powers that the lockfile has as approved are not those that the locked version holds",
    remedy="agentpkg info NAME shows what it holds; agentpkg lock --accept-grants approves that, and no more",
)  # fmt: skip
HIDDEN = Rule(
    code="hidden-text", level="error", exit_code=3,
    about="a file that hosts read holds characters that cannot be seen",
    remedy="take them out; a model reads what you do not see",
)  # fmt: skip
UNREACHABLE = Rule(
    code="unreachable", level="error", exit_code=8,
    about="a registry could not be asked, so that nothing of it was checked",
    remedy="run the command again, with the network",
)  # fmt: skip
JOURNAL = Rule(
    code="journal", level="error", exit_code=1,
    about="an earlier run was cut short",
    remedy="run agentpkg sync, which finishes it",
)  # fmt: skip
UNSETTLED = Rule(
    code="unsettled", level="error", exit_code=1,
    about="manifest and lockfile do not fit",
    remedy="run agentpkg sync",
)  # fmt: skip
DRIFT = Rule(
    code="drift", level="error", exit_code=1,
    about="a file is not as the lockfile has it",
    remedy="agentpkg status says what to do",
)  # fmt: skip
YANKED = Rule(
    code="yanked", level="error", exit_code=1,
    about="an installed version was yanked",
    remedy="agentpkg update takes another version",
)  # fmt: skip
UNCHECKED = Rule(
    code="unchecked", level="warning",
    about="something could not be checked",
    remedy="look at it yourself",
)  # fmt: skip
KEPT = Rule(
    code="kept", level="note",
    about="an edit of a written file was accepted, and stands in the place of what its author published",
    remedy="agentpkg diff shows it",
)  # fmt: skip
RULES = (
    LOCK, PLACE, CONTENT, RENDERING, REGISTRY, APPROVAL, HIDDEN, UNREACHABLE, JOURNAL, UNSETTLED, DRIFT, YANKED,
    UNCHECKED, KEPT,
)  # fmt: skip
_MOST_IN_A_FILE = 5
_DRIFTED = {
    State.EDITED: "is edited",
    State.MISSING: "is missing",
    State.CONFLICT: "is edited, and a newer version waits",
    State.OUTDATED: "is outdated",
    State.ADDED: f"is not in {FILE_NAME}, and lies in a folder of a skill that is",
    State.BLOCKED: "is no plain file",
}


def exit_code(findings: Iterable[Finding]) -> int:
    """Return the exit code of the gravest finding, by the order of `RULES`; 0 if there are only warnings and notes."""
    codes = {finding.rule.exit_code for finding in findings}
    return next((rule.exit_code for rule in RULES if rule.exit_code in codes), 0)


def check_text(path: str, data: bytes) -> Iterator[Finding]:
    """Find what cannot be seen in a file, the first few places of it."""
    text = data.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    places = [*find_hidden(text)]
    for number, place in enumerate(places):
        line, column = place_of(text, place)
        if number == _MOST_IN_A_FILE:
            more = f"and {len(places) - number} more in this file"
            yield Finding(rule=HIDDEN, path=path, line=line, column=column, message=more)
            return
        byte = ord(text[place]) - 0xDC00
        what = f"byte 0x{byte:02X}, which is not UTF-8" if 0x80 <= byte <= 0xFF else describe(text[place])
        yield Finding(rule=HIDDEN, path=path, line=line, column=column, message=f"holds {what}")


def check_name(path: str) -> Iterator[Finding]:
    """Find a file whose own name holds what cannot be seen."""
    place = next(find_hidden(path), None)
    if place is not None:
        yield Finding(rule=HIDDEN, path=path, message=f"its name holds {describe(path[place])}")


def check_places(lock: Lockfile, *, user: bool) -> Iterator[Finding]:
    """Find files of the lock that no host reads an agent or a skill from."""
    for path in lock.files:
        if not is_place(path, user=user):
            yield Finding(rule=PLACE, path=path, message=f"{FILE_NAME} names it, and no host reads agents there")


def check_drift(files: Iterable[Drifted]) -> Iterator[Finding]:
    """Find files that are not as the lock has them, and those where an edit was accepted."""
    for file in files:
        if file.state is State.KEPT:
            yield Finding(rule=KEPT, path=file.path, message="holds an accepted edit")
        elif not file.settled:
            yield Finding(rule=DRIFT, path=file.path, message=_DRIFTED[file.state])


def check_approval(bundle: str, locked: LockedBundle, held: Mapping[str, Grants]) -> Iterator[Finding]:
    """Find what the lock approves beyond what the locked version holds, and what that holds beyond what is approved."""
    step = f"{bundle} {locked.version}"
    for agent in sorted(locked.grants.keys() | held.keys()):
        content = held.get(agent, Grants(frozenset()))
        powers = Grants(frozenset(locked.grants.get(agent, ())))
        approved = replace(powers, limits=frozenset(locked.limits.get(agent, ())))
        # An older lockfile may not name all limits; then the content counts.
        beyond, more = replace(powers, limits=content.limits).beyond(content), content.beyond(approved)
        if beyond:
            told = f"{step}: {agent} is approved for {name_powers(beyond)}, which that version does not hold"
            yield Finding(rule=APPROVAL, path=FILE_NAME, message=told)
        if more:
            told = f"{step}: {agent} holds {name_powers(more)}, which nobody has approved"
            yield Finding(rule=APPROVAL, path=FILE_NAME, message=told)


def check_renderings(lock: Lockfile, rendered: Rendered) -> Iterator[Finding]:
    """Find files for which the lock has another digest than the locked versions give, and files that it leaves out."""
    for path, locked in lock.files.items():
        target = rendered.targets.get(path)
        if locked.sha256 == NO_RENDERING and target is None:
            continue  # it is to go, and is told as drift until then
        if target is None or (target.sha256, target.bundle) != (locked.sha256, locked.bundle):
            version = f" {lock.bundles[locked.bundle].version}" if locked.bundle in lock.bundles else ""
            told = f"{FILE_NAME} has a digest that {locked.bundle}{version} does not give"
            yield Finding(rule=RENDERING, path=path, message=told)
    for path in rendered.targets.keys() - lock.files.keys():
        yield Finding(rule=RENDERING, path=path, message=f"{FILE_NAME} leaves it out")


def check_hosts(lock: Lockfile, rendered: Rendered) -> Iterator[Finding]:
    """Find hosts that files are written for and of which the lock does not say how."""
    for name in sorted({one.rendering.host for one in rendered.placed} - lock.hosts.keys()):
        yield Finding(rule=RENDERING, path=FILE_NAME, message=f"does not say how {name} was written for")


def check_losses(lock: Lockfile, losses: Mapping[str, Losses]) -> Iterator[Finding]:
    """Find bundles of which the lock tells other losses than the locked versions have."""
    for bundle, locked in lock.bundles.items():
        if locked.losses is not None and locked.losses != losses[bundle]:
            told = f"{bundle} {locked.version} is carried to hosts in another way than {FILE_NAME} says"
            yield Finding(rule=RENDERING, path=FILE_NAME, message=told)
