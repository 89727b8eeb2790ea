"""Run one command, and write what it took of time and memory, and all that it started, to a file.

    python -m tests.hostile.measured FILE COMMAND…

A process of its own, because a child counts what its parent held when it was born.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path


def main(report: str, *command: str) -> int:
    """Run the command; report the seconds of processor time of all, and the megabytes of the largest process."""
    code = subprocess.run(command, check=False).returncode
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1024**2 if sys.platform == "darwin" else 1024
    data = {"seconds": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss / unit}
    Path(report).write_text(json.dumps(data))
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
