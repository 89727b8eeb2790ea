"""`ci`: a workflow that checks a project's agents at every change, and proposes newer ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg import __version__
from agentpkg.errors import EditConflict, UsageError
from agentpkg.files import with_lf
from agentpkg.project import find_repository
from agentpkg.workflow import workflow
from agentpkg.workshop import add_files

if TYPE_CHECKING:
    from pathlib import Path

    from agentpkg.project import Project


def workflow_for(project: Project) -> tuple[Path, str, str]:
    """Return the top of the project's repository, and path below it and text of the workflow."""
    top = find_repository(project.root) or project.root
    path, text = workflow(__version__, project.root.relative_to(top).as_posix().removeprefix("."))
    return top, path, text


def write_workflow(project: Project, *, dry_run: bool = False) -> tuple[str, bool]:
    """Write the workflow at the repository's top; return its path there, and whether it is new.

    Raises `UsageError` for a project without a manifest, or for the home folder, and `EditConflict` if there is another
    file of that name.
    """
    if project.user:
        raise UsageError("a workflow is of a project", hint="leave --global out")
    project.read_manifest()
    top, path, text = workflow_for(project)
    if not (top / path).exists():
        if not dry_run:
            add_files(top, {path: text.encode()})
        return path, True
    if with_lf({path: (top / path).read_bytes()}) != {path: text.encode()}:
        raise EditConflict(
            f"{path} is there already, and is another", hint="compare it with agentpkg ci --print, or move it away"
        )
    return path, False
