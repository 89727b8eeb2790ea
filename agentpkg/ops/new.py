"""`new`: the folder of a bundle for an author to start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.bundle import parse_bundle
from agentpkg.ops.gather import refuse_place
from agentpkg.requirement import check_name
from agentpkg.scaffold import scaffold
from agentpkg.workshop import write_new

if TYPE_CHECKING:
    from pathlib import Path


def new(name: str, to: Path, description: str | None) -> tuple[Path, tuple[str, ...]]:
    """Make the folder of a new bundle below `to`; return it, and the paths of its files.

    Raises `UsageError` for what is no name, `ContentRefused` for a description that no bundle may have, and
    `EditConflict` if something else is there.
    """
    check_name(name, "NAME")
    refuse_place(to)
    files = scaffold(name, description)
    parse_bundle(files, name)
    write_new(to / name, files)
    return to / name, tuple(sorted(files))
