"""A world: what one tool has for itself while it is measured. It can be kept as it is, and be put back."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Command

_PARTS = ("project", "source", "home", "cache", "state")
GRAIN = 2.1  # seconds, until a file's time stamp says for sure that it has not changed since
_RECORDS = {".git", ".agentpkg"}
_NOBODY = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A folder with a project, a source of agents, a home and a cache that nothing else uses."""

    folder: Path

    @property
    def project(self) -> Path:
        """The folder of the project, a git repository."""
        return self.folder / "project"

    @property
    def source(self) -> Path:
        """Where agents come from, for a tool that takes them from outside the project."""
        return self.folder / "source"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a command in this world: this and nothing else. What asks the network finds nobody."""
        home = str(self.folder / "home")
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": home,
            "XDG_CACHE_HOME": f"{home}/.cache",
            "XDG_CONFIG_HOME": f"{home}/.config",
            "AGENTPKG_CACHE_DIR": str(self.folder / "cache"),
            "AGENTPKG_STATE_DIR": str(self.folder / "state"),
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), _NOBODY),
        }

    def begin(self) -> None:
        """Make it anew, empty."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for part in _PARTS:
            (self.folder / part).mkdir(parents=True)
        subprocess.run(["git", "init", "-q"], cwd=self.project, check=True)

    def command(self, *argv: str) -> Command:
        """Return a command line that is run in the project."""
        return Command(argv=argv, folder=self.project, environment=self.environment)

    def keep(self, name: str) -> None:
        """Remember how all stands, under a name."""
        shutil.copytree(self.folder, self.kept(name), symlinks=True)

    def put_back(self, name: str, *, but: tuple[str, ...] = ()) -> None:
        """Make it stand as it was under a name, but for some of its parts."""
        for part in _PARTS:
            if part not in but:
                shutil.rmtree(self.folder / part)
                shutil.copytree(self.kept(name) / part, self.folder / part, symlinks=True)

    def drop(self) -> None:
        """Take it away, with all that was remembered."""
        for path in self.folder.parent.glob(f"{self.folder.name}*"):
            shutil.rmtree(path)

    def digest(self) -> str:
        """Return a digest of all files of the project but git's, and what we remember of the rest (`.agentpkg`)."""
        whole = hashlib.sha256()
        for path in sorted(self.project.rglob("*")):
            if path.is_file() and _RECORDS.isdisjoint(path.relative_to(self.project).parts):
                whole.update(f"{path}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
        return whole.hexdigest()

    def kept(self, name: str) -> Path:
        """Return where it is remembered under a name."""
        return self.folder.with_name(f"{self.folder.name}.{name}")


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files below a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())
