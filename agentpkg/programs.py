"""Where programs are looked for: on the PATH, in absolute folders, and in none that lies in the project.

What is in a project came from somewhere, and would run under the user's name. So would what lies in whatever folder
somebody is in, which is what a relative folder of the PATH means.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path


class _Run:
    """What is true of the run that goes on in this process: there is one at a time."""

    project: Path | None = None


def keep_out_of(root: Path) -> None:
    """Run no git that lies in this project from now on.

    One that holds the user's home folder is none for this: programs of the user's own lie below it.
    """
    _Run.project = None if Path.home().resolve().is_relative_to(root.resolve()) else root


def kept_out_of() -> Path | None:
    """Return the project from which no git is run, None where there is no such project."""
    return _Run.project


def folders_outside(project: Path | None) -> tuple[str, ...]:
    """Return the folders of the PATH that count: absolute ones outside of a project."""
    return _outside(_folders(), project)


@cache  # each git that is run asks for it, and each folder costs a look at every folder above it
def _outside(folders: tuple[str, ...], project: Path | None) -> tuple[str, ...]:
    return tuple(folder for folder in folders if not _is_in(folder, project))


def find(command: str, project: Path | None) -> tuple[str | None, str | None]:
    """Return the program that a command starts, and the one that it would start if that did not lie in `project`."""
    import shutil

    searched = (_folders(), folders_outside(project))
    first, place = (shutil.which(command, path=os.pathsep.join(folders)) for folders in searched)
    if first and not Path(first).is_absolute():  # where a system looks into the folder that somebody is in before all
        return None, first
    if first and (first != place or _is_in(first, project)):
        return (None if place and _is_in(place, project) else place), first
    return place, None


def _folders() -> tuple[str, ...]:
    return tuple(folder for folder in os.get_exec_path() if Path(folder).is_absolute())


def _is_in(path: str, project: Path | None) -> bool:
    """Say whether a file or folder is in the project, by its path or by where its links lead."""
    if project is None:
        return False
    roots = (project, project.resolve())
    return any(Path(one).is_relative_to(root) for one in (path, os.path.realpath(path)) for root in roots)
