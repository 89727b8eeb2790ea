"""A world in which a page is run: nobody's home, an empty cache, no network, and a folder that is shown as `/tmp`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 120
_HOME = "/home/ann"
_GITCONFIG = """\
[user]
\tname = Ann Ames
\temail = ann@acme.example
[init]
\tdefaultBranch = main
[advice]
\tdefaultBranchName = false
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command printed, on both streams as a terminal shows them, and its exit code."""

    output: tuple[str, ...]
    code: int


class World:
    """Runs commands one after the other, as one shell would, below the folder `base`."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.folder = base
        self._number = 0

    @property
    def home(self) -> Path:
        return self.base / "home"

    def begin(self, name: str) -> None:
        """Begin anew, in an empty git repository that is shown as `/tmp/NAME`."""
        for folder in (self.base / "tmp", self.home):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        (self.home / ".gitconfig").write_text(_GITCONFIG, encoding="utf-8")
        self.folder = self.base / "tmp" / name
        self.folder.mkdir()
        self.run("git init --quiet .")

    def write(self, path: str, text: str) -> None:
        """Write a file that a page shows; its path is seen from the folder in which the last command ended."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def environment(self) -> dict[str, str]:
        """Return the environment of every command."""
        git = shutil.which("git") or "git"
        return {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(Path(git).parent), "/usr/bin", "/bin"]),
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "https_proxy": "http://127.0.0.1:9",  # where nobody listens
            "PYTHONUNBUFFERED": "1",  # both streams in the order in which a terminal would show them
        }

    def run(self, command: str) -> Ran:
        """Run a command, in the folder in which the one before ended."""
        where = self.base / "where"
        script = f"{command.replace('/tmp/', f'{self.base}/tmp/')}\nstatus=$?\npwd > '{where}'\nexit $status\n"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=_SECONDS,
        )
        self.folder = Path(where.read_text(encoding="utf-8").strip())
        return Ran(output=tuple(self.shown(done.stdout.decode()).splitlines()), code=done.returncode)

    def shown(self, text: str) -> str:
        """Return text with the paths that a page shows."""
        return text.replace(str(self.home), _HOME).replace(f"{self.base}/tmp", "/tmp")
