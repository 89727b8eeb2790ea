"""`tree` and `why`: who asks for what, as manifest and lockfile have it. No registry is read, nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.errors import AgentpkgError, UsageError, nearest
from agentpkg.files import CONFLICT_SUFFIX, file_of
from agentpkg.graph import Graph, Link, find_chains, make_graph, shortest_chain
from agentpkg.ops.session import Options, check_not_interrupted, open_session, why_unsettled
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agentpkg.lockfile import LockedFile, Lockfile
    from agentpkg.project import Project

_MOST_CHAINS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """The graph of a project, and why the lockfile is not what the manifest asks for (None: it is)."""

    graph: Graph
    unsettled: str | None


def read_graph(project: Project, names: Iterable[str]) -> Installed:
    """Return what is installed; raise `UsageError` if one of the names is no bundle that is."""
    check_not_interrupted(project)
    session = open_session(project, Options())
    graph = make_graph(session.manifest.requirements, session.lock.bundles)
    known = {*graph.versions, *graph.roots}
    for name in names:
        if name not in known:
            raise UsageError(f"{name} is not installed", hint=nearest(name, known, "agentpkg list shows what is"))
    return Installed(graph=graph, unsettled=why_unsettled(session))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a bundle is here: the ways to it from the manifest, shortest first; none if nothing needs it.

    `others` is how many more ways there are, as far as they were counted (`uncounted`: not all were). `files` are those
    of the bundle that were asked about, by path.
    """

    bundle: str
    chains: tuple[tuple[Link, ...], ...]
    others: int
    uncounted: bool
    files: Mapping[str, LockedFile]


def find_reasons(project: Project, asked: str, path: str | None, *, every: bool) -> tuple[Graph, tuple[Reason, ...]]:
    """Return why something is in the project: a reason for the bundle, and each bundle that gave a file of it.

    `asked` is a bundle's id, or what an agent or a skill is called here; `path` is what it is as a path below the
    project, None if it can be none: a file, an entry of one, or a folder. `every`: all ways, not the shortest alone.
    Raises `AgentpkgError` for what no bundle put there.
    """
    check_not_interrupted(project)
    session = open_session(project, Options())
    lock, graph = session.lock, make_graph(session.manifest.requirements, session.lock.bundles)
    files = {name: file for name, file in lock.files.items() if _is_of(name, path) or _called(lock, file) == asked}
    bundles = dict.fromkeys([*([asked] if asked in graph.versions else []), *(one.bundle for one in files.values())])
    if not bundles:
        raise _unknown(project, graph, lock, asked, path)
    whole = {name: file for name, file in lock.files.items() if file.bundle == asked}
    return graph, tuple(_reason(graph, bundle, whole if bundle == asked else files, every=every) for bundle in bundles)


def _is_of(name: str, path: str | None) -> bool:
    """Say whether a path of the lock is what was asked about, in it, or waits beside it."""
    if path is None:
        return False
    path = path.removesuffix(CONFLICT_SUFFIX)
    return path in (name, file_of(name)) or name.startswith(f"{path}/")


def _called(lock: Lockfile, file: LockedFile) -> str:
    """Return what the agent or the skill that a file is of is called in this project."""
    kind, name, *_ = file.item.split("/")
    wanted = lock.bundles[file.bundle].wanted if file.bundle in lock.bundles else None
    stem = name.removesuffix(".md")
    return wanted.renames.get(stem, stem) if wanted and kind == "agents" else stem


def _reason(graph: Graph, bundle: str, files: Mapping[str, LockedFile], *, every: bool) -> Reason:
    chains, uncounted = find_chains(graph, bundle, _MOST_CHAINS)
    shortest = shortest_chain(graph, bundle)
    shown = chains if every else (shortest,) if shortest else ()
    return Reason(
        bundle=bundle,
        chains=shown,
        others=len(chains) - len(shown),
        uncounted=uncounted,
        files={name: file for name, file in files.items() if file.bundle == bundle},
    )


def _unknown(project: Project, graph: Graph, lock: Lockfile, asked: str, path: str | None) -> AgentpkgError:
    if asked in graph.roots:
        return AgentpkgError(f"{asked} is not installed yet", hint="agentpkg.toml asks for it: agentpkg sync")
    if path is not None and (project.root / path).is_file():
        return AgentpkgError(f"no bundle wrote {path}", hint="agentpkg adopt PATH looks after agents that are there")
    known = {*graph.versions, *(_called(lock, file) for file in lock.files.values())}
    return AgentpkgError(
        f"{asked} is not installed", hint=nearest(asked, known, "agentpkg list shows what is; so does agentpkg tree")
    )
