"""`check`: what an author should look at in bundles, and in agents of any host, before others get them."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.checks import form
from agentpkg.checks.hostfile import Origin
from agentpkg.checks.mend import mend
from agentpkg.checks.together import check_names, told_once
from agentpkg.checks.whole import ABOUT, check_bundle, check_file
from agentpkg.cost import estimate_tokens
from agentpkg.errors import AgentpkgError, ContentRefused
from agentpkg.findings import Finding, in_order
from agentpkg.hosts import get_host
from agentpkg.limits import LIMITS, MOST_FILES
from agentpkg.ops.around import names_required, targets_of
from agentpkg.ops.gather import gather
from agentpkg.project import read_folder, why_in_the_way
from agentpkg.trail import counted
from agentpkg.values import dataclass
from agentpkg.workshop import read_beside, read_file, replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set

    from agentpkg.checks.subject import Subject
    from agentpkg.ops.gather import Gathered


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The estimated tokens of one agent: its description, which hosts always hold ready, and its prompt."""

    path: str
    agent: str
    description: int
    prompt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check found, how much it looked at, and what was mended, as pairs of a file and what was done.

    `published` are bundles that were not mended, because a published version never changes; `passed_over` is the number
    of files that agentpkg has written.
    """

    findings: tuple[Finding, ...]
    agents: tuple[Cost, ...]
    bundles: int
    files: int
    mended: tuple[tuple[str, str], ...]
    published: tuple[str, ...]
    passed_over: int


def check(paths: Iterable[Path], *, ignore: Set[str], fix: bool, written_for: str | None = None) -> Checked:
    """Check all that `paths` name, but for rules to `ignore`; with `fix`, mend first what can be without a person.

    `written_for` is the host that files outside of bundles are for; detected without. Raises `UsageError` for a path
    that is not there, or in which there is nothing to check, and for a host that there is not.
    """
    host = get_host(written_for).name if written_for else None
    gathered = gather(paths)
    mended, published = _mend_all(gathered, host) if fix else ([], [])
    findings: list[Finding] = []
    subjects: list[Subject] = []
    placed: list[tuple[str, Subject]] = []
    files = 0
    for folder, named in counted(sorted(gathered.bundles.items()), "checking bundles"):
        found, seen = _look_at_bundle(folder, gathered)
        only = {_shown(folder / path) for path in named}
        findings += [one for one in found if not only or one.path in only]
        subjects += [one for one in seen if not only or one.path in only]
    for place, (named_itself, among) in counted(sorted(gathered.files.items()), "checking files"):
        found, seen = _look_at_file(place, named=named_itself, among=among, written_for=host)
        files += bool(found or seen)
        findings += found
        subjects += seen
        placed += [(place.as_posix(), one) for one in seen]
    findings += check_names(placed)
    return Checked(
        findings=in_order(told_once(one for one in findings if one.rule.code not in ignore)),
        agents=tuple(_cost(one) for one in subjects if one.agent and not one.variant),
        bundles=len(gathered.bundles),
        files=files,
        mended=tuple(mended),
        published=tuple(published),
        passed_over=gathered.passed_over,
    )


def _shown(place: Path) -> str:
    """Return a path as somebody would write it from where they stand."""
    try:
        return Path(os.path.relpath(place)).as_posix()
    except ValueError:  # another drive
        return place.as_posix()


def _cost(subject: Subject) -> Cost:
    agent = subject.agent
    return Cost(
        path=subject.path,
        agent=agent.name if agent else "",
        description=estimate_tokens(agent.description if agent else ""),
        prompt=estimate_tokens(subject.body),
    )


def _look_at_bundle(folder: Path, gathered: Gathered) -> tuple[list[Finding], list[Subject]]:
    where = _shown(folder)
    try:
        files = read_folder(folder, most_files=MOST_FILES, most_bytes=LIMITS.bundle_bytes)
    except (AgentpkgError, OSError) as error:
        path = _shown(folder / ABOUT)
        return [Finding(rule=form.UNREADABLE, path=path, message=_told(error))], []
    return check_bundle(where, files, lambda name: names_required(name, folder, gathered), targets_of(folder))


def _look_at_file(
    place: Path, *, named: bool, among: bool, written_for: str | None
) -> tuple[list[Finding], list[Subject]]:
    path = _shown(place)
    try:
        data = read_file(place)
    except (AgentpkgError, OSError) as error:
        found = [Finding(rule=form.UNREADABLE, path=path, message=_told(error).removeprefix(f"{place} "))]
        return (found if among else []), []

    whole = Path(os.path.realpath(place))
    beside = partial(read_beside, Path(whole.anchor), whole.relative_to(whole.anchor).as_posix())
    origin = Origin(place=place.as_posix(), beside=beside, named=named, written_for=written_for)
    findings, subjects = check_file(path, data, origin)
    if not among and not any("name" in one.header for one in subjects):
        return [], []  # a page of some other kind, which has a description too
    return findings, subjects


def _told(error: AgentpkgError | OSError) -> str:
    return error.message if isinstance(error, AgentpkgError) else f"cannot be read: {error.strerror}"


def _mend_all(gathered: Gathered, written_for: str | None) -> tuple[list[tuple[str, str]], list[str]]:
    """Mend all files, and return what was done to which, and the bundles that must not change."""
    mended: list[tuple[str, str]] = []
    published = []
    for folder, named in sorted(gathered.bundles.items()):
        if (folder.parent.parent.parent / "registry.toml").is_file():
            published.append(_shown(folder))
            continue
        for place in _parts(folder):
            inner = place.relative_to(folder).as_posix()
            if not named or inner in named:
                mended += _mend(place, canonical=inner.startswith("agents/"))
    for place, (itself, among) in sorted(gathered.files.items()):
        for one in _look_at_file(place, named=itself, among=among, written_for=written_for)[1]:
            if one.host and one.host.form == "markdown":
                mended += _mend(place, canonical=False, escapes=not one.placed or one.host.dialect == "yaml")
    return mended, published


def _parts(folder: Path) -> Iterator[Path]:
    for part in ("agents", "variants", "skills"):
        for path in sorted((folder / part).rglob("*.md")):
            above = path.parent.relative_to(folder).as_posix()
            if path.is_file() and not path.is_symlink() and why_in_the_way(folder, above) is None:
                yield path


def _mend(place: Path, *, canonical: bool, escapes: bool = True) -> Iterator[tuple[str, str]]:
    try:
        data = read_file(place)
        done = mend(data, canonical=canonical, escapes=escapes)
        if done.done:
            replace_file(place, done.data)
    except ContentRefused:
        return  # what cannot be read, or is a link, is told by the check
    yield from ((_shown(place), what) for what in done.done)
