"""A git command that goes on by itself, and a command of ours that ends what it started before it ends itself."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager, suppress
from threading import Event, Thread, current_thread, main_thread
from time import monotonic
from typing import TYPE_CHECKING

from agentpkg.git import LATE, SECONDS, failure, note_run, start

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_GRACE = 2  # seconds that what is stopped has to tidy up


class Apart:
    """A git command that goes on by itself, while others do. It has no terminal, so that two never ask at once."""

    def __init__(self, folder: Path, *arguments: str, settings: Mapping[str, str] | None = None) -> None:
        self._words = arguments
        self._folder = folder
        self._stopped = False
        self._began = monotonic()
        self._process = start(folder, *arguments, settings=settings, apart=True)
        self._said = (b"", b"")
        self._silent = Event()
        Thread(target=self._hear, daemon=True).start()

    def _hear(self) -> None:
        self._said = self._process.communicate()
        self._silent.set()

    def ended(self, within: float) -> bool:
        """Say whether it has ended, or does so `within` seconds. After `SECONDS` in all it is stopped."""
        left = max(0, self._began + SECONDS - monotonic())
        if not self._silent.wait(min(within, left)) and within >= left:
            self.stop()
        return self._stopped or self._silent.is_set()

    def finish(self) -> None:
        """Wait until it has ended; raise `GitFailed` if it failed, or was stopped."""
        while not self.ended(SECONDS):
            pass
        status = self._process.returncode
        note_run(self._words, self._folder, status, self._began)
        if status or self._stopped:
            printed, error = self._said
            said = LATE.format(SECONDS) if self._stopped else error.decode("utf-8", "backslashreplace")
            raise failure(self._words[0], said, printed)

    def stop(self) -> None:
        """End it, with all that it started, if it has not ended yet; by force, where it takes longer than a moment."""
        self._send(signal.SIGTERM)
        try:
            self._silent.wait(_GRACE)
        finally:
            self._send(signal.SIGKILL)

    def _send(self, sign: signal.Signals) -> None:
        if not self._silent.is_set():
            self._stopped = True
            with suppress(ProcessLookupError, PermissionError):  # it has just ended
                os.killpg(self._process.pid, sign)


class _Ended(BaseException):
    """A signal ends this process."""


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Have a signal that ends this process do so once the context has been left, which is what it does first.

    What runs apart is in a session of its own, which neither a closed terminal nor `timeout` reaches. A signal that
    somebody takes or ignores stays as it is, and so do all where this is not the main thread.
    """

    def leave(number: int, _: object) -> None:
        raise _Ended(number)

    asked = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT) if current_thread() is main_thread() else ()
    ours = [one for one in asked if signal.getsignal(one) is signal.SIG_DFL]
    came = None
    try:
        for one in ours:
            signal.signal(one, leave)
        yield
    except _Ended as ended:
        came = ended.args[0]
    finally:
        for one in ours:
            signal.signal(one, signal.SIG_DFL)
    if came is not None:
        os.kill(os.getpid(), came)
