"""A world for one half of a case: a registry and a project, a home, a cache and a folder for state of their own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agentpkg.cli import run
from agentpkg.registries import Registries
from agentpkg.registry_tables import RegistrySource
from tests.support.cli import Result
from tests.support.registry import Registry, git

ROOT = Path(__file__).parents[2]
Act = Callable[[], Result]
# What a run may leave in a project without having changed it: the lock that keeps two runs apart.
_LOCKING = {".agentpkg", ".agentpkg/lock", ".agentpkg/.gitignore"}


_AGENTPKG = (sys.executable, "-m", "agentpkg")


@dataclass(frozen=True)
class Measured(Result):
    """What one command line gave, and what it took: seconds of the processor, megabytes of the largest process."""

    seconds: float
    megabytes: float


@dataclass
class Room:
    """A registry with the bundle `base` at `registry`, and a project that has it installed for Claude Code."""

    root: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    stack: ExitStack
    registry: Registry = field(init=False)

    def __post_init__(self) -> None:
        for name in ("home", "outside"):
            (self.root / name).mkdir(parents=True)
        for variable, name in (("HOME", "home"), ("AGENTPKG_CACHE_DIR", "cache"), ("AGENTPKG_STATE_DIR", "state")):
            self.monkeypatch.setenv(variable, str(self.root / name))
        self.monkeypatch.setattr("sys.stdin", io.StringIO())
        self.registry = Registry(self.root / "registry").start().publish("base")
        git(self.registry.path, "config", "uploadpack.allowFilter", "true")
        git(self.root, "init", "-q", "project")
        self.write("agentpkg.toml", self.manifest(self.registry.url))
        done = self.command("install", "base")()
        assert done.code == 0, done.err

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def outside(self) -> Path:
        """A folder that no command has any business with."""
        return self.root / "outside"

    @property
    def served(self) -> Path:
        """A folder for repositories that a command may push to."""
        return self.root / "served"

    def manifest(self, url: str, bundles: str = "", more: str = "") -> str:
        """Return the text of a manifest with this default registry."""
        return f'[project]\nhosts = ["claude"]\n[registries.default]\nurl = "{url}"\n{more}[bundles]\n{bundles}'

    def write(self, path: str, text: str | bytes) -> None:
        """Write a file of the project."""
        target = self.project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())

    def edit(self, path: str, old: str, new: str) -> None:
        """Put other text into a file of the project, as a person or an attacker would."""
        text = (self.project / path).read_text()
        assert old in text, f"{path} does not hold {old!r}:\n{text}"
        self.write(path, text.replace(old, new))

    def fetch(self, url: str = "", *, filtered: bool = True) -> None:
        """Fetch what a registry holds now, as any earlier command would have; unless told, into another mirror.

        Then the command still has something to fetch, but the ledger, which both share, holds it already.
        """
        source = RegistrySource(url=url or self.registry.url, filtered=filtered)
        Registries({"default": source}, self.project).get("default")

    def command(self, *arguments: str) -> Act:
        """Return one command line, to be run in this process."""

        def act() -> Result:
            self.monkeypatch.chdir(self.project)
            self.capsys.readouterr()
            code = run(list(arguments))
            return Result(code, *self.capsys.readouterr())

        return act

    def process(self, *arguments: str, env: Mapping[str, str] | None = None, shell: str = '"$@"') -> Act:
        """Return one command line, to be run in a process of its own, by a line of shell that may do more about it."""

        return lambda: self._start(["/bin/sh", "-c", shell, "sh", *_AGENTPKG, *arguments], env or {})

    def measured(self, *arguments: str) -> Act:
        """Return one command line, to be run in a process of its own, with what it and all below it took."""

        def act() -> Measured:
            report = self.root / "measured.json"
            words = [sys.executable, "-m", "tests.hostile.measured", str(report), *_AGENTPKG, *arguments]
            done = self._start(words, {})
            return Measured(done.code, done.out, done.err, **json.loads(report.read_text()))

        return act

    def _start(self, words: list[str], env: Mapping[str, str]) -> Result:
        world = {**os.environ, "PYTHONPATH": str(ROOT), **env}
        done = subprocess.run(
            words, cwd=self.project, env=world, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def standing(self) -> dict[str, tuple[int, bytes]]:
        """Return mode and content of all that an attack must leave as it is: project, ledgers, and the outside."""
        found = {}
        for place in (self.project, self.outside, self.served, self.root / "state/ledgers"):
            for path in sorted(place.rglob("*")):
                if path.relative_to(place).as_posix() not in _LOCKING:
                    found[path.relative_to(self.root).as_posix()] = (path.lstat().st_mode, _content(path))
        return found

    def written(self) -> dict[str, bytes]:
        """Return what hosts read of the project."""
        own = ("agentpkg.toml", "agentpkg.lock")
        paths = [path for path in sorted(self.project.rglob("*")) if path.is_file() and path.name not in own]
        named = {path.relative_to(self.project).as_posix(): path for path in paths}
        return {name: path.read_bytes() for name, path in named.items() if not name.startswith((".git/", ".agentpkg/"))}


def _content(path: Path) -> bytes:
    if path.is_symlink():
        return os.fsencode(os.readlink(path))
    return path.read_bytes() if path.is_file() else b""
