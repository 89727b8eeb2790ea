"""`check`: what an author should look at in bundles, and in agents of any host, before others get them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.bundle import parse_bundle_file
from agentpkg.checks import form
from agentpkg.checks.mend import mend
from agentpkg.checks.prompt import estimate_tokens
from agentpkg.checks.whole import ABOUT, check_bundle, check_file, names_in
from agentpkg.errors import AgentpkgError, ContentRefused
from agentpkg.findings import Finding, in_order
from agentpkg.limits import LIMITS, MOST_FILES
from agentpkg.ops.gather import gather
from agentpkg.places import form_of
from agentpkg.project import read_folder
from agentpkg.workshop import read_file, replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set

    from agentpkg.checks.subject import Subject
    from agentpkg.checks.whole import Names
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


def check(paths: Iterable[Path], *, ignore: Set[str], fix: bool) -> Checked:
    """Check all that `paths` name, but for rules to `ignore`; with `fix`, mend first what can be without a person.

    Raises `UsageError` for a path that is not there, or in which there is nothing to check.
    """
    gathered = gather(paths)
    mended, published = _mend_all(gathered) if fix else ([], [])
    findings: list[Finding] = []
    subjects: list[Subject] = []
    files = 0
    for folder, named in sorted(gathered.bundles.items()):
        found, seen = _look_at_bundle(folder, gathered)
        only = {_shown(folder / path) for path in named}
        findings += [one for one in found if not only or one.path in only]
        subjects += [one for one in seen if not only or one.path in only]
    for place, (named_itself, among) in sorted(gathered.files.items()):
        found, seen = _look_at_file(place, named=named_itself, among=among)
        files += bool(found or seen)
        findings += found
        subjects += seen
    return Checked(
        findings=in_order(one for one in findings if one.rule.code not in ignore),
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
    return check_bundle(where, files, lambda name: _required(name, folder, gathered))


def _required(name: str, folder: Path, gathered: Gathered) -> Names | None:
    """Return the names in a bundle that another requires, if it lies beside it, in the same registry, or is checked."""
    places = [folder.parent / name, *(folder.parent.parent / name).glob("*")]
    places += [one for one in gathered.bundles if name in (one.name, one.parent.name)]
    found = [place for place in places if _is_called(place, name)]
    paths = {
        path.relative_to(place).as_posix()
        for place in found
        for part in ("agents", "skills")
        for path in (place / part).rglob("*.md")
    }
    return names_in(paths) if found else None


def _is_called(folder: Path, name: str) -> bool:
    try:
        return parse_bundle_file((folder / ABOUT).read_bytes(), ABOUT).name == name
    except (AgentpkgError, OSError):
        return False


def _look_at_file(place: Path, *, named: bool, among: bool) -> tuple[list[Finding], list[Subject]]:
    path = _shown(place)
    try:
        data = read_file(place)
    except (AgentpkgError, OSError) as error:
        found = [Finding(rule=form.UNREADABLE, path=path, message=_told(error).removeprefix(f"{place} "))]
        return (found if among else []), []

    def beside(inner: str) -> bytes | None:
        try:
            return read_file(place.parent / inner)
        except (AgentpkgError, OSError):
            return None

    findings, subjects = check_file(path, data, place.as_posix(), beside, named=named)
    if not among and not any("name" in one.header for one in subjects):
        return [], []  # a page of some other kind, which has a description too
    return findings, subjects


def _told(error: AgentpkgError | OSError) -> str:
    return error.message if isinstance(error, AgentpkgError) else f"cannot be read: {error.strerror}"


def _mend_all(gathered: Gathered) -> tuple[list[tuple[str, str]], list[str]]:
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
        there = form_of(place.as_posix())
        is_page = not itself and not _look_at_file(place, named=False, among=among)[1]
        if not is_page and (there.form == "markdown" if there else place.suffix == ".md"):
            mended += _mend(place, canonical=False, escapes=there is None or there.dialect == "yaml")
    return mended, published


def _parts(folder: Path) -> Iterator[Path]:
    for part in ("agents", "variants", "skills"):
        yield from sorted(path for path in (folder / part).rglob("*.md") if path.is_file() and not path.is_symlink())


def _mend(place: Path, *, canonical: bool, escapes: bool = True) -> Iterator[tuple[str, str]]:
    try:
        data = read_file(place)
        done = mend(data, canonical=canonical, escapes=escapes)
        if done.done:
            replace_file(place, done.data)
    except ContentRefused:
        return  # what cannot be read, or is a link, is told by the check
    yield from ((_shown(place), what) for what in done.done)
