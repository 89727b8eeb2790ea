"""Every text in a project that some host may read, whoever wrote it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.hosts import HOSTS

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEXTS = (
    ".md",
    ".mdc",
    ".mdx",
    ".txt",
    ".toml",
    ".json",
    ".jsonc",
    ".yaml",
    ".yml",
    ".py",
    ".sh",
    ".js",
    ".ts",
    ".ps1",
)
_OTHERS = frozenset(["node_modules", ".git", "__pycache__"])
_MOST_BYTES = 4 * 1024 * 1024


def find_texts(root: Path, *, user: bool) -> Iterator[tuple[str, bytes | None]]:
    """Return path and bytes of all texts in the folders of all hosts, and of the pages at the top of a project.

    The bytes are None for what cannot be read, or is too large to be an agent. Of the home folder (`user`) only the
    folders of agents and skills are looked at: hosts keep much else beside them there.
    """
    found = {one for folder in _folders(user) for one in _below(root, folder)}
    found |= {one for one in _shared(user) if (root / one).exists()}
    for path in sorted(found if user else {*found, *_pages(root)}):
        yield path, _read(root / path)


def _folders(user: bool) -> set[str]:
    """Return the folders to look in: all of a host's own folder, which has a dot in front; else only that of agents."""
    folders = set()
    for host in HOSTS.values():
        own = (host.user_agents, host.user_skills) if user else (host.agents, host.skills, *host.also_agents)
        for template in own:
            folder = (template or "").partition("{name}")[0].rpartition("/")[0]
            top = folder.partition("/")[0]
            folders.add(top if top.startswith(".") and not user else folder)
    return folders - {""}


def _shared(user: bool) -> set[str]:
    """Return the files in which some host keeps all agents."""
    templates = (host.user_agents if user else host.agents for host in HOSTS.values())
    return {template.partition("#")[0] for template in templates if "#" in template}


def _pages(root: Path) -> Iterator[str]:
    for name in os.listdir(root):
        if name.lower().endswith(_TEXTS[:3]):
            yield name


def _below(root: Path, folder: str) -> Iterator[str]:
    for place, inner, names in os.walk(root / folder):
        inner[:] = [name for name in inner if name not in _OTHERS]
        for name in names:
            if name.lower().endswith(_TEXTS):
                yield (Path(place) / name).relative_to(root).as_posix()


def _read(path: Path) -> bytes | None:
    """Return a file's bytes. A link is followed: the host that reads it does so too."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
            return None
        return path.read_bytes()
    except OSError:
        return None
