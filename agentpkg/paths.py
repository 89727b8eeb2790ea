"""Paths below a project, as they stand in a lock, a journal or a plan: `/` between components, never leaving."""

from __future__ import annotations


def is_inside(path: str) -> bool:
    """Say whether `path` names a file below a project on every system: relative, no `..`, no drive, no backslash."""
    return all(part not in ("", ".", "..") for part in path.split("/")) and not any(sign in path for sign in "\\:\0")
