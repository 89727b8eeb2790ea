"""Looking at a whole folder at once."""

from __future__ import annotations

from pathlib import Path


def contents(root: Path) -> dict[str, bytes]:
    """Return every file below `root` with its bytes, but for git's and agentpkg's own state."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.relative_to(root).parts[0] not in (".git", ".agentpkg")
    }


def stamps(root: Path) -> dict[str, tuple[int, int]]:
    """Return size and modification time of everything below `root`, folders and agentpkg's own state included."""
    return {
        path.relative_to(root).as_posix(): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in sorted(root.rglob("*"))
        if ".git" not in path.relative_to(root).parts
    }
