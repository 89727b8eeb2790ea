"""How much a run says, beside errors and the data that was asked for: nothing, what matters, or all that it does."""

from __future__ import annotations

import os
import sys
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING

from agentpkg import __version__, trail
from agentpkg.terminal import Role, Styled, can_move, show

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from agentpkg.progress import Progress


class Loudness(Enum):
    """What `--quiet` and `--verbose` choose."""

    QUIET = "quiet"
    NORMAL = "normal"
    VERBOSE = "verbose"


class _Run:
    """What is true of the run that goes on in this process: there is one at a time."""

    loudness = Loudness.NORMAL
    arguments: Sequence[str] = ()
    began = 0.0
    progress: Progress | None = None


def begin(arguments: Sequence[str]) -> None:
    """Begin a run, which says what matters and shows progress if there is a terminal for it."""
    _Run.loudness, _Run.arguments, _Run.began = Loudness.NORMAL, arguments, monotonic()
    _listen()


def choose(loudness: Loudness) -> None:
    """Let the run say as much as that from now on."""
    if _Run.loudness is loudness:
        return
    _Run.loudness = loudness
    _listen()
    if loudness is Loudness.VERBOSE:
        _introduce()


def chosen() -> Loudness:
    """Return how much the run says."""
    return _Run.loudness


def is_quiet() -> bool:
    """Say whether nothing is told but errors, and what was asked for."""
    return _Run.loudness is Loudness.QUIET


def make_room() -> None:
    """Take away what shows progress, before a line of others is written."""
    if _Run.progress:
        _Run.progress.erase()


def finish() -> None:
    """End the run; nothing is shown after that."""
    trail.listen()
    if _Run.progress:
        _Run.progress.stop()
        _Run.progress = None


def _listen() -> None:
    finish()
    if _Run.loudness is Loudness.VERBOSE:
        trail.listen(Teller(sys.stderr, _Run.began))
    elif _Run.loudness is Loudness.NORMAL and can_move(sys.stderr):
        from agentpkg.progress import DELAY, Progress

        _Run.progress = Progress(sys.stderr, delay=DELAY, watch=True)
        trail.listen(_Run.progress)


def _introduce() -> None:
    """Note what a report of a bug needs first: versions, the command line, and the settings that count."""
    from agentpkg.credentials import hide_but_host

    python = ".".join(map(str, sys.version_info[:3]))
    trail.note(f"agentpkg {__version__}, Python {python} on {sys.platform}, in {os.getcwd()}")
    trail.note(f"arguments: {' '.join(_Run.arguments)}")
    for name in sorted(os.environ):
        if name.lower() == "no_proxy" or name.startswith("AGENTPKG_"):
            trail.note(f"{name}={os.environ[name]}")
        elif name.lower().endswith("_proxy"):
            trail.note(f"{name}={hide_but_host(os.environ[name])}")


class Teller:
    """Writes what goes on to `stream`, each line with the seconds since the run began. Steps are told at both ends."""

    takes_notes = True

    def __init__(self, stream: TextIO, began: float) -> None:
        self._stream = stream
        self._began = began
        self._steps: list[tuple[str, float, int]] = []

    def note(self, text: str) -> None:
        """Write a line, without what may be secret."""
        from agentpkg.credentials import hide_secrets

        line = f"[{monotonic() - self._began:7.3f}] {'  ' * len(self._steps)}{hide_secrets(text)}"
        self._stream.write(show(self._stream, Styled(line.replace("\n", "\\n"), Role.DIM)) + "\n")

    def begin(self, what: str, total: int | None) -> None:
        """Write that a step begins."""
        self.note(what if total is None else f"{what} ({total})")
        self._steps.append((what, monotonic(), 0))

    def advance(self) -> None:
        """Count one thing more."""
        what, began, done = self._steps[-1]
        self._steps[-1] = (what, began, done + 1)

    def end(self) -> None:
        """Write how long the step took, and how many things it did."""
        what, began, done = self._steps.pop()
        self.note(f"{what}: {f'{done} in ' if done else ''}{monotonic() - began:.3f} s")
