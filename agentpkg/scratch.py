"""Scratch folders that a client runs in: a project with a repository of its own, a home folder, a temporary one."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# So that a client that looks for the repository around it ends its search here, wherever scratch folders lie.
_REPOSITORY = {"HEAD": "ref: refs/heads/main\n", "config": "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The scratch folders that a client runs in."""

    project: Path
    home: Path
    temporary: Path

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders as a client may name them."""
        return str(self.project), str(self.home)

    def fill(self, text: str) -> str:
        """Return a text with the scratch folders in it."""
        return text.replace("{project}", str(self.project)).replace("{home}", str(self.home))


@contextmanager
def scratch() -> Iterator[Room]:
    """Give folders that are gone, with all that is in them, when the context ends."""
    with tempfile.TemporaryDirectory(prefix="agentpkg-", ignore_cleanup_errors=True) as name:
        top = Path(name).resolve()
        room = Room(project=top / "project", home=top / "home", temporary=top / "tmp")
        for folder in (room.project / ".git" / "objects", room.project / ".git" / "refs", room.home, room.temporary):
            folder.mkdir(parents=True)
        put(room.project / ".git", {path: text.encode() for path, text in _REPOSITORY.items()})
        yield room


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder, by their paths below it."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
