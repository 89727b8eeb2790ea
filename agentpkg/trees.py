"""git's trees as values: their entries, and in what two of them differ."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ENTRY = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)
_PLAIN_FILES = ("100644", "100755")
_BETWEEN = 22  # bytes of an entry beside mode and name


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a tree: its name, its mode as git writes it (`100644`, `40000`, …), and the object's id."""

    name: str
    mode: str
    id: str

    @property
    def is_folder(self) -> bool:
        """Whether the entry is a folder."""
        return self.mode == "40000"

    @property
    def is_plain_file(self) -> bool:
        """Whether the entry is a file, and no link or submodule."""
        return self.mode in _PLAIN_FILES


def parse_tree(data: bytes) -> tuple[Entry, ...]:
    """Return the entries of a tree object."""
    found = _ENTRY.findall(data)
    if sum(len(mode) + len(name) + _BETWEEN for mode, name, _ in found) != len(data):
        raise ValueError(data)
    return tuple(Entry(name.decode("utf-8", "backslashreplace"), mode.decode(), one.hex()) for mode, name, one in found)


class TreeDiff:
    """Compares two folders of a registry's bundles, and looks at nothing that is the same. `read` gives entries."""

    def __init__(self, read: Callable[[str], tuple[Entry, ...] | None]) -> None:
        self._read = read

    def changed(self, old: str, new: str, path: str, *, levels: int) -> Iterator[str]:
        """Return the paths that differ between two folders of `levels` levels above those of versions."""
        for name, one, other in self._pairs(old, new):
            if levels and any(side and side.is_folder for side in (one, other)):
                yield from (f"{path}{name}" for side in (one, other) if side and not side.is_folder)
                yield from self.changed(_folder_id(one), _folder_id(other), f"{path}{name}/", levels=levels - 1)
            else:
                yield from self._in_version(one, other, f"{path}{name}", set())

    def _in_version(
        self, one: Entry | None, other: Entry | None, path: str, seen: set[tuple[str, str]]
    ) -> Iterator[str]:
        """Return the paths in which two entries differ; of the same difference in two places only the first."""
        if not (one and other and one.is_folder and other.is_folder):
            yield from sorted({f"{path}{'/' * side.is_folder}" for side in (one, other) if side})
        elif (one.id, other.id) not in seen:
            seen.add((one.id, other.id))
            for name, *pair in self._pairs(one.id, other.id):
                yield from self._in_version(pair[0], pair[1], f"{path}/{name}", seen)

    def _pairs(self, old: str, new: str) -> Iterator[tuple[str, Entry | None, Entry | None]]:
        """Return the names of which two folders, or no folder where the name is empty, have another entry."""
        before, after = ({entry.name: entry for entry in (self._read(one) if one else ()) or ()} for one in (old, new))
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                yield name, before.get(name), after.get(name)


def _folder_id(entry: Entry | None) -> str:
    return entry.id if entry and entry.is_folder else ""
