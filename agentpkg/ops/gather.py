"""What the paths that somebody names mean: folders of bundles, and files that hold agents of some host."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.checks.whole import ABOUT
from agentpkg.errors import AgentpkgError, UsageError
from agentpkg.files import file_digest, is_entry
from agentpkg.lockfile import FILE_NAME, parse_lockfile
from agentpkg.places import choose_files, form_of, is_agents_folder
from agentpkg.values import dataclass, field
from agentpkg.workshop import files_below, read_file

if TYPE_CHECKING:
    from collections.abc import Iterable

_FORMS = (".md", ".toml", ".json", ".jsonc", ".yaml", ".yml", ".roomodes")
_HINT = "name a bundle's folder, a folder with agents, or a file"
_DEEPEST = 6  # folders between a bundle's and a file in it
_PARTS = ("agents", "variants", "skills", ABOUT)


@dataclass(slots=True)
class Gathered:
    """What is to be checked, by absolute path.

    `bundles` are folders, each with the files that somebody named in it, none if all of it is meant. `files` are agents
    of hosts: whether somebody named the file itself, and whether it lies among agents. `passed_over` counts files that
    agentpkg has written.
    """

    bundles: dict[Path, set[str]] = field(default_factory=dict)
    files: dict[Path, tuple[bool, bool]] = field(default_factory=dict)
    passed_over: int = 0


def gather(paths: Iterable[Path]) -> Gathered:
    """Return what is to be checked; raise `UsageError` for a path that is not there, or in which nothing is."""
    gathered = Gathered()
    for path in paths:
        place = Path(os.path.abspath(path))  # noqa: PTH100 (a link keeps its own name)
        if place.is_dir():
            if not _add_folder(place, gathered) and path != Path():
                raise UsageError(f"there is nothing to check in {path}", hint=_HINT)
        elif place.exists():
            _add_file(place, gathered)
        else:
            raise UsageError(f"there is no {path}", hint=_HINT)
    return gathered


def _add_file(place: Path, gathered: Gathered) -> None:
    """Add one file: with the bundle around it if it is a part of one, else as an agent of some host."""
    for folder in (*place.parents,)[:_DEEPEST]:
        inner = place.relative_to(folder)
        if inner.parts[0] in _PARTS and (folder / ABOUT).is_file():
            if gathered.bundles.get(folder) != set():
                gathered.bundles.setdefault(folder, set()).add(inner.as_posix())
            return
    gathered.files[place] = (True, True)


def _add_folder(place: Path, gathered: Gathered) -> bool:
    """Add all bundles and agents below a folder, and say whether there is any."""
    paths = files_below(place)
    bundles = [path.removesuffix(ABOUT) for path in paths if path == ABOUT or path.endswith(f"/{ABOUT}")]
    gathered.bundles.update({place / bundle: set() for bundle in bundles})
    if "" in bundles:
        return True
    written, prefix = written_in(place), prefix_of(place)
    others = (".agentpkg/", *bundles)
    rest = {f"{prefix}{path}": path for path in paths if path.endswith(_FORMS) and not path.startswith(others)}
    chosen = choose_files(rest)
    for path in chosen:
        known = written.get(rest[path])
        if known is not None and (not known or _digest(place / rest[path]) in known):
            gathered.passed_over += 1
        else:
            among = form_of(path) is not None or any(map(is_agents_folder, path.split("/")[:-1]))
            gathered.files.setdefault(place / rest[path], (False, among))
    return bool(bundles or chosen)


def _digest(place: Path) -> str:
    try:
        return file_digest(read_file(place))
    except (AgentpkgError, OSError):
        return ""


def refuse_place(folder: Path) -> None:
    """Raise `UsageError` for a folder in which some host would take the agents of bundles for its own."""
    whole = Path(os.path.realpath(folder)).as_posix()
    if form_of(f"{whole}/bundle/agents/agent.md"):
        raise UsageError(
            f"a host reads agents in {folder}, and would load those of bundles there", hint="name another folder"
        )


def prefix_of(folder: Path) -> str:
    """Return the folders above that tell whose agents a folder holds, with a slash after each: from a dot folder on."""
    parts = Path(os.path.realpath(folder)).parts[1:]
    dotted = [number for number, part in enumerate(parts) if part.startswith(".")]
    return "".join(f"{part}/" for part in parts[dotted[-1] if dotted else -1 :])


def written_in(folder: Path) -> dict[str, set[str]]:
    """Return the files below a folder that the nearest lockfile upwards has, with the digests that it knows of each.

    There are none where there is no lockfile that can be read.
    """
    place = Path(os.path.realpath(folder))
    home = next((one for one in (place, *place.parents) if (one / FILE_NAME).is_file()), None)
    if home is None:
        return {}
    try:
        files = parse_lockfile((home / FILE_NAME).read_text(encoding="utf-8")).files
    except (OSError, ValueError, AgentpkgError):
        return {}
    below = place.relative_to(home).as_posix()
    prefix = "" if below == "." else f"{below}/"
    written: dict[str, set[str]] = {}
    for path, locked in files.items():
        if path.startswith(prefix):
            known = written.setdefault(path.partition("#")[0].removeprefix(prefix), set())
            known.update(one for one in (locked.sha256, locked.kept) if one and not is_entry(path))
    return written
