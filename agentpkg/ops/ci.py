"""`ci`: a workflow that checks a project's agents at every change, and proposes newer ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg import __version__
from agentpkg.errors import EditConflict, UsageError
from agentpkg.workflow import PLACE, workflow
from agentpkg.workshop import add_files

if TYPE_CHECKING:
    from agentpkg.project import Project


def write_workflow(project: Project, *, dry_run: bool = False) -> tuple[str, str, bool]:
    """Write the workflow; return its path, its text, and whether it is new (or with `dry_run` would be).

    Raises `UsageError` for a project without a manifest, or for the home folder, and `EditConflict` if there is another
    file of that name.
    """
    if project.user:
        raise UsageError("a workflow is of a project", hint="leave --global out")
    project.read_manifest()
    text = workflow(__version__)
    file = project.root / PLACE
    if file.exists() and file.read_bytes() != text.encode():
        raise EditConflict(
            f"{PLACE} is there already, and is another",
            hint="compare it with agentpkg ci --print, or move it away",
        )
    new = not file.exists()
    if not dry_run:
        add_files(project.root, {PLACE: text.encode()})
    return PLACE, text, new
