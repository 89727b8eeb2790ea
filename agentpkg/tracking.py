"""What git makes of the files of a project: which it leaves out, and which it knows.

git never runs in a project's own repository, whose configuration may name programs to start. It runs in a scratch
repository that has the project for its work tree, a copy of the index, and what `.git/info/exclude` leaves out.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.doctor.project import Tracked
from agentpkg.errors import AgentpkgError
from agentpkg.git import GitFailed, run

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_BYTES = 256 * 1024 * 1024  # of an index that is looked at
_POINTER = "gitdir: "


def look_at_tracking(root: Path, paths: Iterable[str], state: str) -> Tracked | None:
    """Return what git makes of `paths` below `root`, and of all in the folder `state`; None where there is no git.

    What cannot be found out, since the repository has another form, is left out.
    """
    top = next((folder for folder in (root, *root.parents) if os.path.lexists(folder / ".git")), None)
    if top is None:
        return None
    prefix = "" if top == root else f"{root.relative_to(top).as_posix()}/"
    wanted = [*paths, f"{state}/"]
    with tempfile.TemporaryDirectory(prefix="agentpkg-") as name:
        scratch = Path(name) / ".git"
        try:
            run(Path(name), "init", "--quiet", "--template=", ".")
            _borrow(top / ".git", scratch)
            ignored = _ignored(scratch, top, [prefix + path for path in wanted])
        except AgentpkgError:
            return None
        known = _known(scratch, top)
    return Tracked(
        ignored=frozenset(path for path in wanted if prefix + path in ignored),
        known=None
        if known is None
        else frozenset(path.removeprefix(prefix) for path in known if path.startswith(prefix)),
    )


def _borrow(theirs: Path, scratch: Path) -> None:
    """Copy what says which files git knows and leaves out into the scratch repository."""
    with suppress(OSError, UnicodeDecodeError):
        if theirs.is_file():  # a work tree of a repository that lies elsewhere
            text = theirs.read_text(encoding="utf-8").strip()
            theirs = theirs.parent / text.removeprefix(_POINTER)
    common = theirs
    with suppress(OSError, UnicodeDecodeError):
        common = theirs / (theirs / "commondir").read_text(encoding="utf-8").strip()
    (scratch / "info").mkdir(exist_ok=True)
    for source, target in ((theirs / "index", "index"), (common / "info" / "exclude", "info/exclude")):
        with suppress(OSError):
            if source.is_file() and source.stat().st_size <= _MOST_BYTES:
                shutil.copyfile(source, scratch / target)


def _ignored(scratch: Path, top: Path, paths: list[str]) -> set[str]:
    asked = "".join(f"{path}\0" for path in paths).encode()
    arguments = (f"--work-tree={top}", "check-ignore", "--no-index", "-z", "--stdin")
    _, output = run(scratch, *arguments, bare=True, stdin=asked, allowed=(0, 1))
    return _split(output)


def _known(scratch: Path, top: Path) -> set[str] | None:
    try:
        _, output = run(scratch, f"--work-tree={top}", "ls-files", "-z", "--full-name", bare=True)
    except GitFailed:
        return None
    return _split(output)


def _split(output: bytes) -> set[str]:
    return set(output.decode("utf-8", "surrogateescape").split("\0")) - {""}
