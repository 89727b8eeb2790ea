"""`import`: agents from files of any host, as bundles."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused, EditConflict, UsageError
from agentpkg.hosts import get_host
from agentpkg.importing import Draft, Intake, Source, make_drafts, take_in
from agentpkg.ops.gather import prefix_of, refuse_place, written_in
from agentpkg.places import choose_files
from agentpkg.requirement import check_name
from agentpkg.trail import counted
from agentpkg.values import dataclass
from agentpkg.workshop import files_below, is_there, read_beside, read_file, write_new

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A bundle that was made: its draft, its folder, and whether it had to be written (False: it was there just so)."""

    draft: Draft
    folder: Path
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did: the bundles made, the files that could not be read or whose bundle could not be written.

    `refused` and `conflicts` are pairs of a file or folder and the reason; `pages` are files that hold no agent.
    """

    made: tuple[Made, ...]
    refused: tuple[tuple[str, str], ...]
    conflicts: tuple[tuple[str, str], ...]
    pages: tuple[str, ...]


def import_agents(
    paths: Iterable[Path], to: Path, *, bundle: str | None, written_for: str | None, dry_run: bool
) -> Imported:
    """Make bundles below `to` of the agents in files and folders: one called `bundle`, or (None) one for each agent."""
    if bundle:
        check_name(bundle, "--bundle")
    refuse_place(to)
    intake = read_all(paths, written_for)
    if not (intake.found or intake.refused or intake.pages):
        raise UsageError(
            "there is no agent in what was named",
            hint="name a file, or the folder that holds agents; bundles, and what agentpkg wrote, are passed over",
        )
    drafts, unfit = make_drafts(intake.found, bundle)
    made, conflicts = [], []
    for draft in counted(drafts, "writing bundles"):
        folder = to / draft.name
        try:
            new = not is_there(folder, draft.files) if dry_run else write_new(folder, draft.files)
        except EditConflict as error:
            conflicts.append((str(folder), error.message))
        else:
            made.append(Made(draft=draft, folder=folder, new=new))
    return Imported(made=tuple(made), refused=(*intake.refused, *unfit), conflicts=tuple(conflicts), pages=intake.pages)


def read_all(paths: Iterable[Path], written_for: str | None) -> Intake:
    """Return the agents in files and folders; raise `UsageError` for a path that is not there."""
    host = get_host(written_for).name if written_for else None
    sources = {os.path.realpath(source.where): source for path in paths for source in _sources(path)}  # each file once
    return take_in(counted(sources.values(), "reading files"), host)


def _sources(path: Path) -> Iterator[Source]:
    """Return the files at a path that may hold agents: the file itself, or those below a folder."""
    if not path.exists():
        raise UsageError(f"there is no {path}", hint="name a file, or the folder that holds agents")
    root = path if path.is_dir() else path.parent
    prefix = prefix_of(root)
    base = Path(os.path.realpath(root)).parents[prefix.count("/") - 1] if prefix else root
    names = files_below(root) if path.is_dir() else _files_beside(path)
    paths = frozenset(f"{prefix}{name}" for name in names)

    def read(one: str) -> bytes:
        return read_file(root / one[len(prefix) :])

    named = not path.is_dir()
    ours = {f"{prefix}{one}" for one in written_in(root)}
    new = (one for one in paths if one not in ours and not _in_bundle(one, paths))
    chosen = (f"{prefix}{path.name}",) if named else choose_files(new)
    for one in chosen:
        where = (root / one[len(prefix) :]).as_posix()
        beside = partial(read_beside, base, one, top=prefix.partition("/")[0])
        yield Source(where=where, path=one, paths=paths, read=read, beside=beside, named=named)


def _in_bundle(path: str, paths: frozenset[str]) -> bool:
    """Say whether a file is part of a bundle already: what was imported once is not imported again."""
    folders = path.split("/")[:-1]
    return any("/".join([*folders[:end], "bundle.toml"]) in paths for end in range(len(folders) + 1))


def _files_beside(path: Path) -> tuple[str, ...]:
    """Return the files of the folder that a file lies in: itself alone, if those are too many to look at."""
    try:
        return files_below(path.parent)
    except ContentRefused:
        return (path.name,)
