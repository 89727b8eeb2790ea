"""Where every run begins: a sync that has nothing to do ends here, and everything else goes to the command line."""

from __future__ import annotations

import gc
import os
import sys

from agentpkg import INTERRUPTED, LOCK, MANIFEST, STATE
from agentpkg.settled import NOTHING_TO_DO, is_settled

_QUIET = ("-q", "--quiet")
_MOST_OBJECTS = 100_000  # that come before a look for garbage; importing alone makes many, and none of them is any


def main() -> None:
    """Run the command line and exit."""
    gc.set_threshold(_MOST_OBJECTS)
    try:
        if not _has_nothing_to_do(sys.argv[1:]):
            from agentpkg.cli import main as run

            run()
    except KeyboardInterrupt:  # before the command line is there to take it, or after it has ended
        os._exit(INTERRUPTED)


def _has_nothing_to_do(arguments: list[str]) -> bool:
    """Say whether this is `sync`, or `sync --check`, in a project where all is as it should be, and print so.

    A file that was looked at before need not be read for that, nor the library of the command line be loaded. Whatever
    is not exactly that goes the usual way, in which the same is found.
    """
    words = [word for word in arguments if word not in _QUIET]
    said = NOTHING_TO_DO.get(tuple(words))
    if said is None or "_AGENTPKG_COMPLETE" in os.environ or not is_settled("", STATE, MANIFEST, LOCK):
        return False
    if words == arguments:
        try:
            os.write(1, f"{said}\n".encode())
        except OSError:  # nobody reads it
            return False
    return True


if __name__ == "__main__":
    main()
