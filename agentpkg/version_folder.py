"""The folder of a version in a mirror, as files: nothing is read of one that no bundle may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused
from agentpkg.limits import MOST_FILES
from agentpkg.objects import damaged
from agentpkg.trees import parse_tree

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from agentpkg.limits import Limits
    from agentpkg.mirror import Mirror
    from agentpkg.trees import Entry

_MOST_FOLDERS = 16


def read_tree(mirror: Mirror, object_name: str, where: str, limits: Limits) -> dict[str, bytes]:
    """Return all files below a folder by their path in it, none if there is no such folder.

    Raises `ContentRefused`, before anything large is read, for what no bundle may hold.
    """
    ids: dict[str, str] = {}
    _collect(mirror, object_name, "", ids, [], where)
    mirror.need(ids.values())
    files: dict[str, bytes] = {}
    for path, one in ids.items():
        found = mirror.read(one, limits.file_bytes, f"{where}: {path}")
        if found is None:
            raise damaged(mirror.path, f"{path} of {where}")
        files[path] = found[1]
        if sum(map(len, files.values())) > limits.bundle_bytes:
            raise ContentRefused(
                f"{where}: larger than {limits.bundle_bytes:,} bytes",
                hint="max_bundle_bytes in [registries.NAME] allows more",
            )
    return files


def _collect(
    mirror: Mirror, object_name: str, folder: str, ids: dict[str, str], folders: list[str], where: str
) -> None:
    """Add the ids of all files below a folder, by their path, and the paths of the folders in it."""
    for entry in mirror.tree(object_name) or ():
        path = f"{folder}{entry.name}"
        if entry.is_folder:
            folders.append(path)
            if len(folders) <= MOST_FILES and path.count("/") <= _MOST_FOLDERS:
                _collect(mirror, entry.id, f"{path}/", ids, folders, where)
        elif not entry.is_plain_file:
            raise ContentRefused(f"{where}: {path!r} is a link or a submodule", hint="bundles hold plain files only")
        else:
            ids[path] = entry.id
        if max(len(ids), len(folders)) > MOST_FILES or path.count("/") > _MOST_FOLDERS:
            raise ContentRefused(
                f"{where}: more than {MOST_FILES} files, or too many folders", hint="ask whoever owns the registry"
            )


def read_trees_ahead(mirror: Mirror, trees: Iterable[str]) -> None:
    """Read what `read_tree` needs of many folders, all together; nothing of one that it will refuse."""
    level = {tree: [tree] for tree in trees}
    inner: dict[str, list[Entry]] = {tree: [] for tree in level}
    for _ in range(_MOST_FOLDERS + 1):
        found = mirror.read_ahead(one for ids in level.values() for one in ids)
        new = {tree: _entries_of(found, ids) for tree, ids in level.items()}
        for tree, entries in new.items():
            inner[tree] += entries
        folders = {tree: [one.id for one in entries if one.is_folder] for tree, entries in new.items()}
        level = {tree: ids for tree, ids in folders.items() if ids and _may_hold(inner[tree])}
    fit = [entries for tree, entries in inner.items() if tree not in level and _may_hold(entries)]
    read_files_ahead(mirror, (one for entries in fit for one in entries))


def read_files_ahead(mirror: Mirror, entries: Iterable[Entry]) -> None:
    """Read the files among these entries, all together."""
    ids = [entry.id for entry in entries if entry.is_plain_file]
    mirror.need(ids)
    mirror.read_ahead(ids)


def _entries_of(trees: Mapping[str, bytes], ids: Iterable[str]) -> list[Entry]:
    """Return what stands in some folders of a version, or more of it than any version may hold."""
    entries: list[Entry] = []
    for one in ids:
        if len(entries) <= 2 * MOST_FILES:  # files and folders
            entries += parse_tree(trees.get(one, b""))
    return entries


def _may_hold(entries: Collection[Entry]) -> bool:
    """Say whether a version may hold all of these files and folders."""
    files = [one for one in entries if not one.is_folder]
    folders = sum(one.is_folder for one in entries)
    return max(len(files), folders) <= MOST_FILES and all(one.is_plain_file for one in files)
