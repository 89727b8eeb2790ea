"""The journal: a whole change, named on disk before any of it happens, and the writing that survives a power cut."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentpkg.errors import IntegrityError
from agentpkg.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A `Write` as the journal has it: digests instead of bytes, and the number of the staged file."""

    path: str
    before: str | None
    after: str | None
    bases: Mapping[str, str]
    staged: str


def write_synced(path: Path, content: bytes) -> None:
    """Write a file, and return only once its bytes are on the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o666)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def sync_folder(path: Path) -> None:
    """Return only once the folder's entries are on the disk. On Windows there is no way to ask for that."""
    if os.name == "posix":
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_journal(state: Path, steps: list[Step]) -> None:
    """Put the journal in place: from here on the change will happen."""
    data = {
        "format": 1,
        "steps": [[step.path, step.before, step.after, dict(step.bases), step.staged] for step in steps],
    }
    write_synced(state / "journal.part", json.dumps(data).encode())
    os.replace(state / "journal.part", state / "journal.json")
    sync_folder(state)


def read_journal(path: Path) -> list[Step]:
    """Return the steps of a journal, or raise `IntegrityError` for one that is damaged."""
    try:
        fields = Fields(json.loads(path.read_bytes()), "journal", IntegrityError)
        rows = fields.raw("steps")
        steps = [_read_step(row) for row in rows] if isinstance(rows, list) else None
    except (ValueError, KeyError):
        steps = None
    if steps is None:
        raise IntegrityError(f"{path} is damaged", hint="delete it and run agentpkg sync; compare with version control")
    return steps


def _read_step(row: object) -> Step:
    match row:
        case [str(path), None | str() as before, None | str() as after, {**bases}, str(staged)] if (
            path and staged.isdigit() and all(isinstance(one, str) for pair in bases.items() for one in pair)
        ):
            rests = {str(one): str(base) for one, base in bases.items()}
            return Step(path=path, before=before, after=after, bases=rests, staged=staged)
    raise ValueError("a step is a path, two digests, those that it rests on, and a number")
