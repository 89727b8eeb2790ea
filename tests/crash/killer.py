"""Run one agentpkg command line in this process and kill it, with SIGKILL, at its n-th call that changes the disk.

    python -m tests.crash.killer N [--naive] ARGUMENT...

N 0 kills nothing and prints how many such calls there were. `--naive` puts a writer without a journal in the place of
the real one, so that the sweep can be seen to fail.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from agentpkg.apply import Write
from agentpkg.cli import run
from agentpkg.project import Project

CALLS = ("open", "replace", "rename", "unlink", "rmdir", "mkdir", "fsync")


class Killer:
    """Counts calls below the project and ends the process at the n-th."""

    def __init__(self, at: int, root: str) -> None:
        self.at = at
        self.root = root
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

        setattr(os, name, counted)


def write_naively(project: Project, writes: list[Write]) -> None:
    """Write one file after the other, as most tools do."""
    for write in writes:
        path = project.root / write.path
        if write.after is None:
            os.unlink(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.fsync(descriptor)
            os.write(descriptor, write.after)
            os.close(descriptor)


def main() -> None:
    """Read the command line of this script, and run agentpkg's."""
    at, arguments = int(sys.argv[1]), sys.argv[2:]
    from agentpkg.ops import change

    if arguments[0] == "--naive":
        arguments = arguments[1:]
        change.__dict__["apply_writes"] = write_naively
    killer = Killer(at, os.getcwd())
    for name in CALLS:
        killer.wrap(name)
    code = run(arguments)
    print(f"calls {killer.count}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
