"""Run one agentpkg command line in this process and kill it, with SIGKILL, at its n-th call that changes the disk.

    python -m tests.crash.killer N MUTANT ARGUMENT...

N 0 kills nothing and prints how many such calls there were. MUTANT is one of `mutants.py`, or `none`. Where strace is,
`strace.py` does this from outside, call by call; this one needs nothing, and is quick.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from agentpkg.cli import run
from tests.crash.mutants import MUTANTS

CALLS = ("open", "replace", "rename", "unlink", "rmdir", "mkdir", "fsync")


class Killer:
    """Counts calls that change the disk, and ends the process at the n-th."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.count = 0
        self._lock = threading.Lock()

    def wrap(self, name: str) -> None:
        real: Callable[..., Any] = getattr(os, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            if not (name == "open" and len(args) > 1 and not args[1] & (os.O_WRONLY | os.O_CREAT | os.O_RDWR)):
                with self._lock:
                    self.count += 1
                    if self.count == self.at:
                        os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)

        if real in os.supports_dir_fd:  # which asks for the call itself
            os.supports_dir_fd.add(counted)
        setattr(os, name, counted)


def main() -> None:
    """Read the command line of this script, and run agentpkg's."""
    at, mutant, *arguments = sys.argv[1:]
    if mutant != "none":
        MUTANTS[mutant]()
    killer = Killer(int(at))
    for name in CALLS:
        killer.wrap(name)
    code = run(arguments)
    print(f"calls {killer.count}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
