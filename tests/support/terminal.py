"""A pseudo-terminal with a program on it: what it shows is waited for, and keys are typed."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENTER, DOWN, SPACE, TAB, LEAVE = "\r", "\x1b[B", " ", "\t", "\x03"
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[=>]|\r")
_PATIENCE = 30.0  # seconds, on a machine that is busy with something else


class Terminal:
    """One command line of agentpkg, or of another `program`, on a terminal of 120 columns."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        program: tuple[str, ...] = (sys.executable, "-m", "agentpkg"),
        **environment: str,
    ) -> None:
        import fcntl
        import pty
        import struct
        import termios

        def begin() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # ctrl-c has to reach it,
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # also where what runs the tests ignores that

        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self._process = subprocess.Popen(
            [*program, *arguments],
            cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            preexec_fn=begin,  # noqa: PLW1509 (before it runs, nothing else can)
            env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", **environment},
        )  # fmt: skip
        os.close(theirs)
        self._seen = 0
        self.raw = ""

    @property
    def screen(self) -> str:
        """All that was shown, without what moves the cursor or colours it."""
        return _CONTROL.sub("", self.raw)

    def see(self, text: str) -> None:
        """Wait until `text` is shown, after what was waited for before."""
        self.wait(lambda: text in self.screen[self._seen :], f"{text!r} was not shown")
        self._seen = self.screen.index(text, self._seen) + len(text)

    def wait(self, shown: Callable[[], bool], what: str = "what was waited for was not shown") -> None:
        """Wait until the screen is as `shown` wants it."""
        until = time.monotonic() + _PATIENCE
        while not shown():
            assert time.monotonic() < until, f"{what} in:\n{self.screen}"
            assert self._read(0.1) or shown(), f"{what} in:\n{self.screen}"

    def type(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            os.write(self._ours, key.encode())

    def end(self) -> int:
        """Wait for the command to end, and return its exit code."""
        while self._read(_PATIENCE):
            pass
        os.close(self._ours)
        return self._process.wait(timeout=_PATIENCE)

    def close(self) -> None:
        """End whatever still runs, and hang up."""
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def _read(self, patience: float) -> bool:
        """Take in what is shown within some seconds; return False at the end."""
        if not select.select([self._ours], [], [], patience)[0]:
            return patience < _PATIENCE
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # how Linux says that the other end is closed
            return False
        self.raw += data.decode(errors="replace")
        return bool(data)
