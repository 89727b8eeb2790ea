"""What goes on, on a terminal: one line that comes when something takes long, and goes when it is done.

It stands still but for its numbers, so that what git asks for on the same terminal, a password say, can be read.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, TextIO

from agentpkg.layout import cut_to
from agentpkg.terminal import Role, Styled, has_colour, show, width

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event, Lock, Thread

DELAY = 0.5  # seconds that a run may take before anything is shown
_EVERY = 0.1  # seconds between two looks
_BACK = "\r\x1b[K"


class Progress:
    """Shows on `stream` the step that a run is at, once it has taken `delay` seconds by the `clock`.

    With `watch`, a thread looks now and then from the first step on; it does not keep the run from ending.
    """

    takes_notes = False

    def __init__(
        self, stream: TextIO, *, clock: Callable[[], float] = monotonic, delay: float = 0.0, watch: bool = False
    ) -> None:
        from threading import Event, Lock

        self._stream = stream
        self._clock = clock
        self._delay = delay
        self._watch = watch
        self._began: float | None = None
        self._steps: list[tuple[str, int | None, int]] = []
        self._shown = ""
        self._colour = has_colour(stream)  # once: the environment is another one while git is started
        self._lock: Lock = Lock()
        self._over: Event = Event()
        self._thread: Thread | None = None

    def note(self, text: str) -> None:
        """Show nothing of it: it is for those who ask with `--verbose`."""

    def begin(self, what: str, total: int | None) -> None:
        """Take the step for the one that the run is at."""
        with self._lock:
            self._steps.append((what, total, 0))
            if self._began is None:
                self._began = self._clock()
        if self._watch and self._thread is None:
            self._start()
        self.look()

    def advance(self) -> None:
        """Count one thing more; it is shown with the next look."""
        with self._lock:
            what, total, done = self._steps[-1]
            self._steps[-1] = (what, total, done + 1)

    def end(self) -> None:
        """Go back to the step around this one; where there is none, the line goes."""
        with self._lock:
            self._steps.pop()
            if not self._steps and not self._over.is_set():
                self._write("")
        self.look()

    def look(self) -> None:
        """Show the step that the run is at, if it has taken long enough."""
        with self._lock:
            late = self._began is not None and self._clock() - self._began >= self._delay
            if self._steps and late and not self._over.is_set():
                what, total, done = self._steps[-1]
                text = f"{what}: {done} of {total}" if total else what
                self._write(cut_to(f"{text} …", (width(self._stream) or 80) - 1))

    def erase(self) -> None:
        """Make room for a line of others."""
        with self._lock:
            self._write("")

    def _write(self, text: str) -> None:
        if text != self._shown:
            self._stream.write(
                (_BACK if self._shown else "") + show(self._stream, Styled(text, Role.DIM), colour=self._colour)
            )
            self._stream.flush()
            self._shown = text

    def _start(self) -> None:
        from threading import Thread

        self._thread = Thread(target=self._keep_looking, name="progress", daemon=True)
        self._thread.start()

    def _keep_looking(self) -> None:
        while not self._over.wait(_EVERY):
            self.look()

    def stop(self) -> None:
        """Take the line away, and look no more."""
        self._over.set()
        if self._thread:
            self._thread.join()
        self.erase()
