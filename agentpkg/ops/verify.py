"""`registry verify` and `registry diff`: a registry's repository, read for those who own it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.acceptance import version_of
from agentpkg.bundle import parse_bundle
from agentpkg.compare import Comparison, compare_bundles
from agentpkg.errors import AgentpkgError, ContentRefused, UsageError
from agentpkg.history import fetched, find_commit, list_rewrites
from agentpkg.ops.known import known_sources
from agentpkg.project import find_project
from agentpkg.registry import YANKED, Registry
from agentpkg.requirement import NAME, is_version
from agentpkg.resolve import Offer
from agentpkg.semver import version_before
from agentpkg.sources import git_url, is_location
from agentpkg.trail import counted
from agentpkg.values import dataclass
from agentpkg.verification import Problem, check_requirements, look_alikes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentpkg.bundle import Bundle
    from agentpkg.mirror import Mirror
    from agentpkg.ops.session import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was read of a registry, and what is wrong in it. `alike` are pairs of names that look alike."""

    commit: str
    bundles: int
    versions: int
    problems: tuple[Problem, ...]
    alike: tuple[tuple[str, str], ...]


def verify_registry(where: str, subfolder: str, since: str | None, options: Options) -> Verification:
    """Check everything that the newest commit of a registry holds, and its history from `since` (None: all of it).

    Every version must be a valid bundle in its own folder, unchanged since it was published; what it requires must be
    there; nothing else may stand among them.
    """
    url = _url(where)
    prefix = f"{subfolder}/" if subfolder else ""
    with options.status(f"reading {where}"), fetched(url) as mirror:
        registry = Registry("default", where, mirror, prefix)
        start = find_commit(mirror, url, since) if since else None
        problems = [
            Problem(where=one.path, what=f"was changed after it was published, in commit {one.commit[:12]}")
            for one in list_rewrites(mirror, f"{prefix}bundles", start)
        ]
        problems += _strays(mirror, registry, prefix)
        offers: dict[str, list[Offer]] = {}
        for name in counted(registry.names(), "checking bundles"):
            offers[name] = []
            yanked, versions = _yanked(registry, name, problems), registry.versions(name)
            registry.load_ahead([(name, version) for version in versions])
            for version in versions:
                offers[name].append(_verified(registry, name, version, yanked, problems))
            unknown = sorted(yanked.keys() - set(versions))
            problems += [Problem(where=f"bundles/{name}/{YANKED}", what=f"{one} is no version") for one in unknown]
        problems += check_requirements(offers)
        return Verification(
            commit=registry.commit,
            bundles=len(offers),
            versions=sum(map(len, offers.values())),
            problems=tuple(problems),
            alike=tuple(look_alikes(offers)),
        )


def _url(where: str) -> str:
    """Return the URL for a path or URL; raise `UsageError` for what is only the name of a registry known here."""
    if not (is_location(where) or Path(where).exists()):
        project = find_project(Path.cwd())
        source = None
        with suppress(AgentpkgError):  # a manifest that cannot be read is no concern of those who read a registry
            source = known_sources(project).get(where)
        if source:
            folder = f", with --subfolder {source.subfolder}" if source.subfolder else ""
            raise UsageError(
                f"there is no folder {where}; it is the name of a registry, and a path or url is asked for",
                hint=f"registry {where} is at {git_url(source.url, project.root)}{folder}",
            )
    return git_url(where, Path.cwd())


def _yanked(registry: Registry, name: str, problems: list[Problem]) -> Mapping[str, str]:
    try:
        return registry.yanked(name)
    except ContentRefused as error:
        problems.append(Problem(where=f"bundles/{name}/{YANKED}", what=error.message))
        return {}


def _verified(registry: Registry, name: str, version: str, yanked: Mapping[str, str], problems: list[Problem]) -> Offer:
    try:
        bundle = registry.load(name, version)
    except ContentRefused as error:
        problems.append(Problem(where=f"{name} {version}", what=error.message))
        return Offer(version=version, requires={}, unfit=error.message, yanked=yanked.get(version))
    return Offer(version=version, requires=bundle.requires, yanked=yanked.get(version))


def _strays(mirror: Mirror, registry: Registry, prefix: str) -> Iterator[Problem]:
    """Find what stands among the bundles and is no version: a misspelt number would be without effect, silently."""
    folders = mirror.tree(f"{registry.commit}:{prefix}bundles") or ()
    for bundle in folders:
        if not bundle.is_folder or not NAME.match(bundle.name):
            yield Problem(where=f"bundles/{bundle.name}", what="is no bundle's folder")
            continue
        for entry in mirror.tree(bundle.id) or ():
            if entry.name != YANKED and not (entry.is_folder and is_version(entry.name)):
                yield Problem(where=f"bundles/{bundle.name}/{entry.name}", what="is no version's folder")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a commit adds to a registry over another: versions, each compared with the one before, and yanks in words.

    `rewrites` are paths in versions that were there already, `problems` versions that cannot be read.
    """

    added: tuple[tuple[Bundle, Comparison], ...]
    rewrites: tuple[str, ...]
    yanks: tuple[str, ...]
    problems: tuple[Problem, ...]


def compare_commits(where: str, subfolder: str, span: str, options: Options) -> Proposal:
    """Return what `span` (`BASE..HEAD`) adds to the registry in the repository `where`.

    BASE counts where HEAD left it, so that what others published meanwhile is not told.
    """
    old, dots, new = span.partition("..")
    if not dots or not old or new.startswith("."):
        raise UsageError(f"{span!r} is not BASE..HEAD", hint="write it as origin/main..HEAD")
    url = _url(where)
    prefix = f"{subfolder}/" if subfolder else ""
    with options.status(f"reading {where}"), fetched(url) as mirror:
        head = find_commit(mirror, url, new or "HEAD")
        base = mirror.fork_of(find_commit(mirror, url, old), head)
        before = Registry("default", where, mirror, prefix, base)
        after = Registry("default", where, mirror, prefix, head)
        touched: dict[tuple[str, str], list[str]] = {}
        yanks: list[str] = []
        for path in mirror.changed(base, head, f"{prefix}bundles"):
            version = version_of(path, f"{prefix}bundles")
            if version and is_version(version[1]):
                touched.setdefault(version, []).append(path)
            elif path.endswith(f"/{YANKED}"):
                yanks += _changed_yanks(before, after, path.split("/")[-2])
        return _proposal(before, after, touched, yanks)


def _proposal(
    before: Registry, after: Registry, touched: Mapping[tuple[str, str], list[str]], yanks: list[str]
) -> Proposal:
    added, rewrites, problems = [], [], []
    for (name, version), paths in sorted(touched.items()):
        there = before.versions(name) if name in before.names() else ()
        if version in there:
            rewrites += paths
            continue
        older = version_before(version, there)
        try:
            files = after.files(name, version)
            bundle = parse_bundle(files, f"{name} {version}")
            base = (before.load(name, older), before.files(name, older)) if older else None
        except AgentpkgError as error:
            problems.append(Problem(where=f"{name} {version}", what=error.message))
        else:
            added.append((bundle, compare_bundles(base, bundle, files)))
    return Proposal(added=tuple(added), rewrites=tuple(rewrites), yanks=tuple(yanks), problems=tuple(problems))


def _changed_yanks(before: Registry, after: Registry, name: str) -> Iterator[str]:
    old: Mapping[str, str] = {}
    with suppress(AgentpkgError):
        old = before.yanked(name)
    new = after.yanked(name)
    for version in sorted(old.keys() | new.keys()):
        if version not in old:
            yield f"yanks {name} {version}: {new[version]}"
        elif version not in new:
            yield f"no longer yanks {name} {version}"
        elif old[version] != new[version]:
            yield f"gives another reason for {name} {version}: {new[version]}"
