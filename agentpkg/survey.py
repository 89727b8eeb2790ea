"""Every text in a project that some host may read, whoever wrote it."""

from __future__ import annotations

import os
import stat
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.files import NOT_OURS
from agentpkg.hosts import HOSTS
from agentpkg.places import forms_of, is_agent_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from agentpkg.files import DiskFile

_TEXTS = (
    ".md", ".mdc", ".mdx", ".markdown", ".txt", ".toml", ".json", ".jsonc", ".yaml", ".yml",
    ".py", ".sh", ".js", ".mjs", ".ts", ".rb", ".ps1",
)  # fmt: skip
_PAGES = (".md", ".mdc", ".mdx", ".markdown")
_MOST_BYTES = 4 * 1024 * 1024
_MOST_FILES = 20_000
_OF_OTHERS = NOT_OURS | {"venv", "env", "vendor", "dist", "build", "target", "site-packages", "out", "tmp"}
_GLANCE_DEPTH = 4
_GLANCE_FILES = 3_000


def find_texts(root: Path, disk: Mapping[str, DiskFile], *, user: bool) -> Iterator[tuple[str, bytes | None]]:
    """Return path and bytes of all texts in the folders of all hosts, and of pages and dot files at a project's top.

    The bytes are None for what cannot be read, or is too large to be an agent, and for a folder with too many files.
    Of the home folder (`user`) only the folders of agents and skills are looked at: hosts keep much else beside them.
    What `disk` holds of plain files is not read again.
    """
    found = {one for one in _shared(user) if (root / one).exists()}
    for folder in _folders(user):
        below = set(islice(_below(root, folder), _MOST_FILES + 1))
        if len(below) > _MOST_FILES:
            yield folder, None
        found |= below
    for path in sorted(found if user else {*found, *_at_top(root)}):
        known = disk.get(path)
        data = known.content if known and not known.odd else _read(root / path)
        if data is None or path.lower().endswith(_TEXTS) or b"\0" not in data:  # else no text, and of no known kind
            yield path, data


def find_agent_files(root: Path, *, user: bool) -> tuple[str, ...]:
    """Return the paths of all files where some host looks for agents, sorted. Links to folders are not followed.

    A file in which a host keeps all its agents is one of them.
    """
    forms = [form for host in HOSTS.values() if host.native for form in forms_of(host)]
    found = set()
    for form in forms:
        for template in (form.user_agents if user else form.agents, *form.also_agents):
            before, shared, _ = template.partition("#")
            if shared:
                found |= {before} if os.path.lexists(root / before) else set()
                continue
            folder = template.partition("{name}")[0].rpartition("/")[0]
            for place, _, names in islice(os.walk(root / folder), _MOST_FILES):
                found |= {(Path(place) / name).relative_to(root).as_posix() for name in names}
    return tuple(sorted(path for path in found if is_agent_file(path)))


def look_over(root: Path) -> tuple[str, ...]:
    """Return what a project is made of at a glance: paths of its upper files and folders, not all where there are many.

    Left out are links, and folders that hold what others made: dependencies, builds, environments.
    """
    found: list[str] = []
    for place, inner, names in os.walk(root):
        below = Path(place).relative_to(root)
        inner[:] = sorted(name for name in inner if not (name.startswith(".") or name in _OF_OTHERS))
        if below == Path() and (root / ".github").is_dir():
            inner.append(".github")
        found += [
            (below / name).as_posix() for name in (*inner, *sorted(names)) if not (Path(place) / name).is_symlink()
        ]
        if len(below.parts) + 1 >= _GLANCE_DEPTH:
            inner.clear()
        if len(found) > _GLANCE_FILES:
            break
    return tuple(found[:_GLANCE_FILES])


def read_texts(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """Return the texts of files, by path; left out are those that cannot be read, or are very large."""
    texts = {path: _read(root / path) for path in paths}
    return {path: data.decode(errors="replace") for path, data in texts.items() if data is not None}


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


def _at_top(root: Path) -> Iterator[str]:
    """Return the pages and the dot files at the top of a project: many a host keeps its rules in one."""
    for name in os.listdir(root):
        if name.lower().endswith(_PAGES) or (name.startswith(".") and (root / name).is_file()):
            yield name


def _below(root: Path, folder: str) -> Iterator[str]:
    """Return the texts below a folder, and all files of skills. Links are followed, as hosts do, but not in circles."""
    seen = set()
    for place, inner, names in os.walk(root / folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            inner[:] = []
            continue
        seen.add(real)
        if Path(place) == root / folder:
            inner[:] = [name for name in inner if name not in NOT_OURS]
        for name in names:
            path = (Path(place) / name).relative_to(root).as_posix()
            if name.lower().endswith(_TEXTS) or "/skills/" in path:
                yield path


def _read(path: Path) -> bytes | None:
    """Return a file's bytes. A link is followed: the host that reads it does so too."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
            return None
        return path.read_bytes()
    except OSError:
        return None
