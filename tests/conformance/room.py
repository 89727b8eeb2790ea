"""The room that a client runs in: a home of its own, a project, servers to talk to, and nothing of the outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias

from tests.conformance.mcp import WORD
from tests.conformance.pins import HERE, Pin

_File: TypeAlias = "int | IO[bytes]"
# A client that reaches for the outside all the same finds a proxy that is not there.
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
_NEAR = "127.0.0.1,localhost"
_NO_WAY_OUT = {**dict.fromkeys(_PROXIES, "http://127.0.0.1:9"), "NO_PROXY": _NEAR, "no_proxy": _NEAR}
SECONDS = 180  # that a client may take for all agents of the suite
SECRET = WORD  # what every environment variable holds that a server of the suite asks for


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """An MCP server: the tools it offers, and the variables without which it ends at once."""

    name: str
    tools: tuple[str, ...]
    needs: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        """What starts it over standard input and output."""
        return [sys.executable, "-I", str(HERE / "mcp.py"), ",".join(self.needs), *self.tools]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that it needs, with what it wants to see there."""
        return dict.fromkeys(self.needs, SECRET)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a process ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """The end of what it said, to tell a person why it failed."""
        return f"exit {self.code}: {(self.err.strip() or self.out.strip())[-1500:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Where a client runs. `agents` are the names of the agents in `project`.

    `servers` are the MCP servers that go into the client's own settings; others stand in agents' files. `environment`
    holds the variables that servers ask for.
    """

    pin: Pin
    project: Path
    home: Path
    agents: tuple[str, ...]
    servers: tuple[Server, ...] = ()
    environment: Mapping[str, str]

    def find(self, pattern: str) -> Path:
        """Return the file of the installed client that the pattern names, the last if several do."""
        found = sorted(self.pin.folder.glob(pattern))
        if not found:
            raise FileNotFoundError(f"{self.pin.title} {self.pin.version} has no {pattern}")
        return found[-1]

    def variables(self, more: Mapping[str, str]) -> dict[str, str]:
        """Return the whole environment of the client: nothing of the person's own but where programs are."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        own = {"HOME": str(self.home), "TERM": "dumb", "NO_COLOR": "1", "CI": "1"}
        return {**kept, **own, **_NO_WAY_OUT, **self.environment, **more}

    def start(self, command: list[str], more: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start the client in the project, in a process group of its own, with pipes to talk through."""
        return self._open(command, more, subprocess.PIPE, subprocess.PIPE)

    def call(self, command: list[str], more: Mapping[str, str], said: str = "", seconds: float = SECONDS) -> Finished:
        """Run the client to its end, say `said` on its input, and leave nothing of it running."""
        # Into files: some clients end before a pipe has taken all that they wrote.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = self._open(command, more, out, err)
            try:
                process.communicate(said.encode(), timeout=seconds)
            except subprocess.TimeoutExpired:
                err.write(f"\nstopped after {seconds:.0f} seconds".encode())
            finally:
                end(process)
            return Finished(code=process.returncode, out=_text(out), err=_text(err))

    def _open(self, command: list[str], more: Mapping[str, str], out: _File, err: _File) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=self.project,
            env=self.variables(more),
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop a process and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
