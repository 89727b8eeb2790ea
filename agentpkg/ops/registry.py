"""`registry add`, `remove`, `list`, `show`, `init` and `reset`: the registries that a project or a user knows."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.apply import Write, apply_writes, locked
from agentpkg.errors import IntegrityError, UsageError
from agentpkg.hosts import HOSTS
from agentpkg.manifest import BUILTIN_URL, new_manifest, parse_manifest
from agentpkg.mirror import Mirror
from agentpkg.ops.known import known_sources
from agentpkg.publishing import Draft, make_repository, push_start
from agentpkg.registries import Registries
from agentpkg.registry_tables import RegistrySource, with_registry, without_registry
from agentpkg.remote import Remote
from agentpkg.requirement import DEFAULT_REGISTRY, check_name, split_id
from agentpkg.sources import git_url
from agentpkg.text import check_line
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentpkg.direct import Collection
    from agentpkg.ledger import Ledger
    from agentpkg.ops.session import Options
    from agentpkg.project import Project
    from agentpkg.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A registry that a name can mean here: where it is, and what was seen of it on this machine.

    `tip` is the newest commit that was accepted, None before the first fetch. `mine` says that it stands in the user's
    own manifest and not in the project's.
    """

    name: str
    source: RegistrySource
    tip: str | None
    mine: bool


def list_known(project: Project) -> list[Known]:
    """Return every registry that a name can mean here, the default one first. Nothing is fetched."""
    sources = dict(known_sources(project))
    own = parse_manifest(project.read_manifest(), HOSTS).registries if project.has_manifest else {}
    known = []
    for name in sorted({DEFAULT_REGISTRY, *sources}, key=lambda name: (name != DEFAULT_REGISTRY, name)):
        source = sources.get(name, RegistrySource(url=BUILTIN_URL))
        tip = Remote.of(name, source, project.root).ledger.tip if name in sources else None
        known.append(Known(name=name, source=source, tip=tip, mine=name in sources and name not in own))
    return known


def add_registry(project: Project, name: str, source: RegistrySource, options: Options) -> Registry | Collection | None:
    """Make a registry known to the project, or (`--global`) to the user; return it, fetched unless offline.

    Raises before anything is written if it is no registry, or the name means another one already.
    """
    check_name(name, "registry")

    def with_it(text: str) -> str:
        there = parse_manifest(text, HOSTS).registries.get(name)
        if there is not None and there != source:
            raise UsageError(
                f"{project.manifest} has another registry called {name!r}: {there.url}",
                hint=f"choose another name, or remove that one first: agentpkg registry remove {name}",
            )
        return text if there else with_registry(text, name, source)

    sources = parse_manifest(with_it(_manifest_text(project)), HOSTS).registries
    opened = None if options.offline else Registries(sources, project.root, status=options.status).get(name)
    if not options.dry_run:
        _edit_manifest(project, with_it)
    return opened


def remove_registry(project: Project, name: str, options: Options) -> None:
    """Take a registry out of the manifest; raise `UsageError` if it is not there, or bundles come from it."""

    def without_it(text: str) -> str:
        manifest = parse_manifest(text, HOSTS)
        if name not in manifest.registries:
            raise UsageError(f"there is no registry {name!r} in {project.manifest}", hint="agentpkg registry list")
        users = [bundle for bundle in manifest.requirements if split_id(bundle)[0] == name]
        if users:
            raise UsageError(
                f"{', '.join(users)} {'comes' if len(users) == 1 else 'come'} from registry {name}",
                hint=f"agentpkg remove {' '.join(users)}",
            )
        return without_registry(text, name)

    without_it(project.read_manifest())
    if not options.dry_run:
        _edit_manifest(project, without_it)


def _manifest_text(project: Project) -> str:
    """Return the manifest's text, that of a new one for a user who has none yet."""
    return new_manifest(()) if project.user and not project.has_manifest else project.read_manifest()


def _edit_manifest(project: Project, edit: Callable[[str], str]) -> None:
    """Edit the manifest as it is once nobody else can write it."""
    with locked(project):
        text = _manifest_text(project)
        before = text.encode() if project.has_manifest else None
        apply_writes(project, [Write(path=project.manifest, before=before, after=edit(text).encode())])


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A registry that was begun: where it is, and its first commit."""

    url: str
    commit: str


def start_registry(where: str, name: str, description: str, source: RegistrySource, *, sign: bool | None) -> Started:
    """Begin a registry: in a new bare repository at a path, or in a repository that is there already, at a path or URL.

    Raises `UsageError` if it is a registry already.
    """
    check_name(name, "the registry's name")
    check_line(description, "the description")
    url = git_url(where, Path.cwd())
    place = Path.cwd() / Path(where).expanduser()
    if ":" not in where:
        make_repository(place)
    prefix = f"{source.subfolder}/" if source.subfolder else ""
    files: dict[str, bytes | None] = {f"{prefix}registry.toml": _registry_file(name, description)}
    with tempfile.TemporaryDirectory() as scratch:
        draft = Draft(files=files, message=f"Begin the registry {name}\n")
        commit = push_start(url, source.branch, draft, sign, Mirror(Path(scratch) / "start.git"))
    return Started(url=url, commit=commit)


def _registry_file(name: str, description: str) -> bytes:
    import tomlkit

    document = tomlkit.document()
    document["format"] = 1
    document["name"] = name
    document["description"] = description
    return tomlkit.dumps(document).encode()


def reset_registry(project: Project, name: str, commit: str, options: Options) -> tuple[str | None, str]:
    """Take the history up to `commit` for the right one, and forget what was seen of the registry; return both tips.

    This is the way out where a registry's owner had to rewrite it. Raises `IntegrityError` if the commit is not part of
    what the registry holds now. What the lockfile recorded is not forgotten.
    """
    sources = known_sources(project)
    if name not in sources:
        raise UsageError(f"there is no registry {name!r} to reset", hint="agentpkg registry list")
    remote = Remote.of(name, sources[name], project.root, offline=options.offline)
    with (
        options.status(f"fetching registry {name}"),
        remote.locked() as there,
        remote.fetched_whole(there) as (mirror, new),
    ):
        chosen = mirror.commit_of(commit)
        if chosen is None or not mirror.follows(new, chosen):
            raise IntegrityError(
                f"registry {name} holds no commit {commit} now", hint=f"its newest one is {new}; look at it first"
            )
        before = _tip(remote.ledger)
        if not options.dry_run:
            remote.reset(mirror, chosen)
    return before, chosen


def _tip(ledger: Ledger) -> str | None:
    """Return the newest commit that was accepted, None also where the ledger cannot be read any more."""
    try:
        return ledger.tip
    except IntegrityError:
        return None
