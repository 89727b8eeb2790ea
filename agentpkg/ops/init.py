"""`init`: a manifest for a project, with the hosts that it is seen to use, and what else would be of use to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.apply import Write, apply_writes, locked
from agentpkg.errors import AgentpkgError, UsageError
from agentpkg.hosts import FALLBACK, HOSTS
from agentpkg.manifest import new_manifest
from agentpkg.ops.known import start_manifest
from agentpkg.ops.session import Options, open_session
from agentpkg.project import detect_hosts
from agentpkg.requirement import bundle_id
from agentpkg.traits import DEPENDENCY_FILES, Candidate, find_traits, propose
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    from agentpkg.project import Project
    from agentpkg.registries import Registries
    from agentpkg.traits import Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a project could do next: bundles that fit what it is, and files of agents that nobody looks after."""

    proposals: tuple[Proposal, ...]
    agents: tuple[str, ...]


def propose_hosts(root: Path) -> tuple[tuple[str, ...], bool]:
    """Return the hosts that a project is seen to use, and whether any was; without one, the one most people use."""
    found = detect_hosts(root, {name: host.marks for name, host in HOSTS.items()})
    return (found, True) if found else ((FALLBACK,), False)


def look_ahead(project: Project, registries: Registries, options: Options) -> Outlook:
    """Return what fits a project that has no manifest yet. A registry out of reach is passed over, and told."""
    from agentpkg.ops.unowned import find_unowned
    from agentpkg.survey import look_over, read_texts

    session = open_session(project, options, new_manifest(()))
    agents = tuple(file.path for file in find_unowned(session, ())[0])
    if project.user:
        return Outlook(proposals=(), agents=agents)
    paths = look_over(project.root)
    texts = read_texts(project.root, (path for path in paths if path.rpartition("/")[2] in DEPENDENCY_FILES))
    traits = find_traits(paths, texts)
    proposals = propose(traits, _candidates(registries, options)) if traits else []
    return Outlook(proposals=tuple(proposals), agents=agents)


def _candidates(registries: Registries, options: Options) -> list[Candidate]:
    found = []
    for name in registries.names:
        try:
            newest = registries.get(name).newest()
        except AgentpkgError as error:
            options.tell(f"{name} is passed over: {error.message}")
            continue
        found += [
            Candidate(
                id=bundle_id(name, one), version=about.version, description=about.description, keywords=about.keywords
            )
            for one, about in newest.items()
        ]
    return found


def check_no_manifest(project: Project) -> None:
    """Raise `UsageError` if the project has a manifest."""
    if project.has_manifest:
        here = " --global" if project.user else ""
        raise UsageError(
            f"{project.root / project.manifest} is there already",
            hint=f"edit its [project] hosts, then run agentpkg sync{here}",
        )


def init(project: Project, hosts: tuple[str, ...], *, dry_run: bool = False) -> str:
    """Write a manifest that names `hosts`, and return its text; raise `UsageError` if there is one already."""
    check_no_manifest(project)
    text = start_manifest(project, hosts)
    if not dry_run:
        with locked(project):
            apply_writes(project, [Write(path=project.manifest, before=None, after=text.encode())])
    return text
