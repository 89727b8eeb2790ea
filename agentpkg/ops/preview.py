"""`render` and `convert`: what bundles, and agent files of any host, become at each host. Nothing is installed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.bundle import parse_bundle
from agentpkg.errors import ApprovalNeeded, ContentRefused, UsageError
from agentpkg.files import is_entry
from agentpkg.grants import name_powers
from agentpkg.hosts import HOSTS, get_host
from agentpkg.limits import LIMITS, MOST_FILES
from agentpkg.ops.inspect import get_info
from agentpkg.ops.session import open_session
from agentpkg.project import read_folder
from agentpkg.requirement import parse_requirement
from agentpkg.shared import write_entries
from agentpkg.targets import Destination, Rendered, Selection, render_selections
from agentpkg.values import dataclass, replace
from agentpkg.workshop import add_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from agentpkg.bundle import Bundle
    from agentpkg.ops.session import Options, Session
    from agentpkg.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What was read becomes this, and `notes` tell what of files in another format was read in another way."""

    rendered: Rendered
    notes: tuple[str, ...] = ()


def preview(project: Project, source: str, hosts: tuple[str, ...], options: Options) -> Preview:
    """Return what a bundle (by its name in a registry, or its folder) or an agent file becomes at `hosts`.

    None are the project's. Agents that a host could not hold back are in it, and widened.
    """
    session = open_session(project, options, None if project.has_manifest else "")
    names = tuple(dict.fromkeys(get_host(name).name for name in hosts)) or session.manifest.hosts
    if not names:
        raise UsageError("there is no host to render for", hint="name one with --host")
    selections, notes = _select(session, source)
    return Preview(rendered=render_for(session, selections, names), notes=notes)


def preview_all(project: Project, source: str, options: Options) -> tuple[dict[str, Rendered], dict[str, str]]:
    """Return what a bundle or an agent file becomes at every host, and why a host cannot take it, by host."""
    session = open_session(project, options, None if project.has_manifest else "")
    selections, _ = _select(session, source)
    rendered, refused = {}, {}
    for name in HOSTS:
        try:
            rendered[name] = render_for(session, selections, (name,))
        except ContentRefused as error:
            refused[name] = error.message
    return rendered, refused


def convert(
    project: Project, paths: Iterable[Path], written_for: str | None, to: tuple[str, ...], options: Options
) -> Preview:
    """Return what the agents in files and folders, written for one host, become at others.

    Raises `ContentRefused` if a file cannot be read, and `ApprovalNeeded` if an agent would gain powers that nobody
    approved.
    """
    session = open_session(project, options, None if project.has_manifest else "")
    selections, notes = _select_files(paths, written_for)
    names = tuple(dict.fromkeys(get_host(name).name for name in to))
    rendered = render_for(session, selections, names)
    gained = [one.rendering for one in rendered.placed if one.rendering.gained]
    if gained and not options.accept_grants:
        raise ApprovalNeeded(
            "a host cannot hold back what an agent must not do",
            details=[f"{one.agent} on {one.host} would gain {name_powers(one.gained)}" for one in gained],
            hint="--accept-grants writes it all the same",
        )
    return Preview(rendered=rendered, notes=(*notes, *_left_out(selections, names)))


def _left_out(selections: Iterable[Selection], names: tuple[str, ...]) -> Iterator[str]:
    """Tell the fields that hold for a host only which is not written for."""
    for selection in selections:
        for agent in selection.bundle.agents:
            for host, fields in agent.host_fields.items():
                if host not in names:
                    yield f"{agent.name}: left out, since they hold for {host} only: {', '.join(sorted(fields))}"


def write_files(out: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a folder; raise `EditConflict` if something else stands where one would go."""
    add_files(out, files)


def agents_of(rendered: Rendered) -> Mapping[str, bytes]:
    """Return the bytes of the agents' files alone, as `files_of` does of all."""
    targets = {path: one for path, one in rendered.targets.items() if one.item.startswith("agents/")}
    return files_of(replace(rendered, targets=targets))


def files_of(rendered: Rendered) -> Mapping[str, bytes]:
    """Return the bytes of every file by its path in a project that has none of them yet."""
    files: dict[str, bytes] = {}
    shared: dict[str, dict[str, bytes | None]] = {}
    for path, target in rendered.targets.items():
        file, _, name = path.partition("#")
        if is_entry(path):
            shared.setdefault(file, {})[name] = target.content
        else:
            files[path] = target.content
    return files | {file: write_entries(None, entries) or b"" for file, entries in shared.items()}


def render_for(session: Session, selections: list[Selection], names: tuple[str, ...]) -> Rendered:
    """Return what selections become at these hosts, whatever hosts they have, by the project's settings."""
    return render_selections(
        [replace(one, hosts=names) for one in selections],
        Destination(
            hosts=HOSTS,
            settings={name: session.manifest.settings_of(name) for name in HOSTS},
            user=session.project.user,
            used=tuple(dict.fromkeys((*names, *session.manifest.hosts))),
        ),
        strict=False,
    )


def _select(session: Session, source: str) -> tuple[list[Selection], tuple[str, ...]]:
    path = Path(source)
    if not (source.startswith((".", "/", "~")) or (source and path.exists())):
        return [_selection(_find(session, source))], ()
    folder = path.parent.parent
    if path.is_dir() and (path / "bundle.toml").is_file():
        return [_selection(_read(path))], ()
    if path.parent.name == "agents" and (folder / "bundle.toml").is_file():
        return [_selection(_read(folder), path.stem)], ()
    return _select_files([path], None)


def _select_files(paths: Iterable[Path], written_for: str | None) -> tuple[list[Selection], tuple[str, ...]]:
    """Return the agents in files of any host, each as a bundle of its own, and what was read in another way."""
    from agentpkg.importing import make_drafts
    from agentpkg.ops.import_ import read_all

    intake = read_all(paths, written_for)
    drafts, unfit = make_drafts(intake.found, None)
    refused = [*intake.refused, *unfit]
    if refused or not drafts:
        raise ContentRefused(
            "there is no agent in it" if not refused else f"{refused[0][0]} cannot be read as an agent",
            details=[f"{file}: {why.removeprefix(f'{file}: ')}" for file, why in refused],
            hint="agentpkg import tells what it can read, and imports it",
        )
    notes = tuple(note for draft in drafts for one in draft.found for note in one.notes)
    return [_selection(parse_bundle(draft.files, draft.name)) for draft in drafts], notes


def _selection(bundle: Bundle, agent: str | None = None) -> Selection:
    return Selection(id=bundle.name, bundle=bundle, hosts=(), agents=(agent,) if agent else None, renames={})


def _find(session: Session, text: str) -> Bundle:
    asked = parse_requirement(text)
    registries = session.registries(fresh=True)
    return get_info(registries, asked, registries.of(asked.id).url).bundle


def _read(folder: Path) -> Bundle:
    files = read_folder(folder, most_files=MOST_FILES, most_bytes=LIMITS.bundle_bytes)
    return parse_bundle(files, folder.resolve().name)
