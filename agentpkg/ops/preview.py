"""`render`: what a bundle becomes at each host. Nothing here writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.bundle import parse_bundle
from agentpkg.errors import UsageError
from agentpkg.hosts import HOSTS, get_host
from agentpkg.limits import LIMITS, MOST_FILES
from agentpkg.ops.inspect import get_info
from agentpkg.ops.session import open_session
from agentpkg.project import read_folder
from agentpkg.requirement import parse_requirement
from agentpkg.targets import Destination, Rendered, Selection, render_selections

if TYPE_CHECKING:
    from agentpkg.bundle import Bundle
    from agentpkg.ops.session import Options, Session
    from agentpkg.project import Project


def preview(project: Project, source: str, hosts: tuple[str, ...], options: Options) -> Rendered:
    """Return what a bundle, by its name in a registry or by its folder, becomes at `hosts` (none: the project's).

    Agents that a host could not hold back are in it, and widened.
    """
    session = open_session(project, options, None if project.has_manifest else "")
    names = tuple(dict.fromkeys(get_host(name).name for name in hosts)) or session.manifest.hosts
    if not names:
        raise UsageError("there is no host to render for", hint="name one with --host")
    bundle = (
        _read(Path(source))
        if source.startswith((".", "/", "~")) or (source and Path(source).is_dir())
        else _find(session, source)
    )
    return render_selections(
        [Selection(id=bundle.name, bundle=bundle, hosts=names, agents=None, renames={})],
        Destination(
            hosts=HOSTS,
            settings={name: session.manifest.settings_of(name) for name in HOSTS},
            user=project.user,
            used=tuple(dict.fromkeys((*names, *session.manifest.hosts))),
        ),
        strict=False,
    )


def _find(session: Session, text: str) -> Bundle:
    asked = parse_requirement(text)
    registries = session.registries(fresh=True)
    return get_info(registries, asked, registries.get(asked.registry).url).bundle


def _read(folder: Path) -> Bundle:
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", hint="name a folder that holds a bundle.toml")
    files = read_folder(folder, most_files=MOST_FILES, most_bytes=LIMITS.bundle_bytes)
    return parse_bundle(files, folder.resolve().name)
