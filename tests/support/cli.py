"""Running the command line inside the test's process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agentpkg.cli import run
from tests.support.schemas import check_files, check_printed


@dataclass(frozen=True)
class Result:
    """What one command line gave: exit code, data and talk."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Cli:
    """The command line, run in `folder`."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, *arguments: str, code: int = 0) -> Result:
        """Run one command line; fail unless it exits with `code`, and what it prints and writes is as promised."""
        self.monkeypatch.chdir(self.folder)
        self.capsys.readouterr()
        status = run(list(arguments))
        out, err = self.capsys.readouterr()
        assert status == code, f"agentpkg {' '.join(arguments)} exited {status}\n{out}\n{err}"
        check_printed(arguments, out)
        if status == 0:
            check_files(self.folder, Path.home() / ".agentpkg")
        return Result(status, out, err)

    def at(self, folder: Path) -> Cli:
        return Cli(folder, self.capsys, self.monkeypatch)
