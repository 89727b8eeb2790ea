"""agentpkg, stopped in the middle: by SIGKILL in a process of its own, or by an exception that nothing tidies up after.

    python -m tests.soak.stops [--kill N] [--unlocked] ARGUMENT...

runs one command line, ended by SIGKILL at its N-th call that changes the disk, and, with `--unlocked`, with locks that
keep nobody apart, so that what relies on them can be seen to fail.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

CALLS = ("open", "replace", "rename", "unlink", "rmdir", "mkdir", "fsync")
MOVES = ("replace", "rename", "unlink", "rmdir")  # those that others see at once
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Stopped(BaseException):
    """Stands for a kill: no handler for errors sees it."""


class Counter:
    """Counts calls that change the disk. From the n-th on `stop` is called instead, for those that do not count too."""

    def __init__(self, at: int, stop: Callable[[], None]) -> None:
        self.at = at
        self.count = 0
        self._stop = stop
        self._lock = threading.Lock()

    @property
    def reached(self) -> bool:
        return self.count >= self.at

    def wrapped(self, real: Callable[..., Any], changes: Callable[..., bool], *, counts: bool) -> Callable[..., Any]:
        """Return a function that counts, and calls the real one."""

        def wrapping(*args: Any, **kwargs: Any) -> Any:
            if changes(*args, **kwargs):
                with self._lock:
                    self.count += counts
                if self.reached:
                    self._stop()
            return real(*args, **kwargs)

        return wrapping


def _always(*_: Any, **__: Any) -> bool:
    return True


def _opens_to_write(_: Any, flags: int, *__: Any, **___: Any) -> bool:
    return bool(flags & _WRITES)


def _writes(_: Any, mode: str = "r", *__: Any, **___: Any) -> bool:
    return bool(set(mode) & set("wax+"))


@contextmanager
def stopping(at: int, stop: Callable[[], None], counted: Collection[str] = CALLS) -> Iterator[Counter]:
    """Have `stop` called at the n-th of the calls that are `counted`, and at every later one that changes the disk."""
    counter = Counter(at, stop)
    with ExitStack() as stack:
        for name in CALLS:
            changes = _opens_to_write if name == "open" else _always
            wrapped = counter.wrapped(getattr(os, name), changes, counts=name in counted)
            stack.enter_context(patch.object(os, name, wrapped))
        stack.enter_context(patch.object(io, "open", counter.wrapped(io.open, _writes, counts="open" in counted)))
        yield counter


def raise_stopped() -> None:
    raise Stopped


def _kill_this() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def _no_lock(path: Path, what: str) -> Iterator[None]:
    yield


def main() -> int:
    """Read the command line of this script, and run agentpkg's."""
    arguments = sys.argv[1:]
    at = 0
    if arguments[0] == "--kill":
        at, arguments = int(arguments[1]), arguments[2:]
    if arguments[0] == "--unlocked":
        from agentpkg import exclusive

        exclusive.__dict__["exclusive"] = _no_lock  # before anything else takes it from there
        arguments = arguments[1:]
    from agentpkg.cli import run

    with stopping(at or sys.maxsize, _kill_this):
        return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
