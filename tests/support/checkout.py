"""A project as git lays it on another machine, with that machine's home, cache and way with line endings."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.registry import git


def commit(folder: Path, attributes: str = "") -> None:
    """Commit all that is in a folder, with these lines more in `.gitattributes`."""
    with (folder / ".gitattributes").open("a") as file:
        file.write(attributes)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "as it is")


@contextmanager
def checked_out(origin: Path, autocrlf: str, cli: Cli) -> Iterator[Cli]:
    """Clone `origin` as somebody with this `core.autocrlf` has it, and work there with nothing cached."""
    machine = Path(f"{origin}-elsewhere")
    folder = machine / "project"
    (machine / "home").mkdir(parents=True)
    git(machine, "clone", "-q", "-c", f"core.autocrlf={autocrlf}", str(origin), "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(machine / "home"))
        patch.setenv("USERPROFILE", str(machine / "home"))
        patch.setenv("AGENTPKG_CACHE_DIR", str(machine / "cache"))
        yield cli.at(folder)
    shutil.rmtree(machine)


def unix(content: bytes) -> bytes:
    """Return a file's bytes with LF line endings."""
    return content.replace(b"\r\n", b"\n")


def windows(content: bytes) -> bytes:
    """Return a file's bytes with CRLF line endings."""
    return unix(content).replace(b"\n", b"\r\n")
