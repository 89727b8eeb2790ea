"""Locks that keep two runs of agentpkg apart: the kernel's, so that each ends with the process that holds it.

Who holds one stands in a file beside it. That is read for the message to those who waited in vain, and for nothing
else.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from contextlib import contextmanager, suppress
from itertools import takewhile
from typing import TYPE_CHECKING

from agentpkg.errors import Busy, DiskError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

_WAIT = "AGENTPKG_WAIT"
_SECONDS = "60"
_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
_WORD = re.compile(r"[a-z][a-z0-9-]{0,49}")
_HOLDER = re.compile(r"([1-9][0-9]{0,9}) (agentpkg( [a-z][a-z0-9-]{0,49}){0,2})\n")
_NO_LOCKS = frozenset([errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP])


@contextmanager
def exclusive(path: Path, what: str, *, patient: bool = True) -> Iterator[None]:
    """Hold the lock in the file `path`, made if need be, of what messages call `what`.

    Others are waited for, a minute or as many seconds as `AGENTPKG_WAIT` says, and not at all unless `patient`. Raises
    `Busy` when the wait is over, and `DiskError` where the file system refuses or knows no locks: nothing is ever done
    without one.
    """
    with _take(path, what, _patience() if patient else "0"):
        holder = _holder_file(path)
        try:
            with suppress(OSError):  # it is for a message only
                holder.write_text(f"{os.getpid()} {_command()}\n")
            yield
        finally:
            with suppress(OSError):
                holder.unlink(missing_ok=True)


def _take(path: Path, what: str, wait: str) -> AbstractContextManager[object]:
    from filelock import FileLock, Timeout

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(path, fallback_to_soft=False).acquire(timeout=float(wait))
    except Timeout:
        raise Busy(
            f"{_name_holder(path)} is working on {what}, and did not end in {wait} seconds",
            hint=f"wait for it to end, and run the command again; {_WAIT}=SECONDS waits longer",
        ) from None
    except OSError as error:
        hint = "make room or fix the permissions, then run the command again"
        if error.errno in _NO_LOCKS:
            hint = "this file system has no locks, so two runs could not be kept apart; agentpkg needs one that has"
        raise DiskError(f"cannot lock {what} by {path}: {error.strerror or error}", hint=hint) from error


def _patience() -> str:
    """Return how many seconds to wait for somebody else, as they are written."""
    wait = os.environ.get(_WAIT) or _SECONDS
    if not _NUMBER.fullmatch(wait):
        raise UsageError(
            f"{_WAIT} is {wait!r}, and no number of seconds", hint="0 does not wait at all; without it, it is a minute"
        )
    return wait


def _command() -> str:
    """Return the command that this process runs: its name alone, as the rest may hold what is nobody's business."""
    return " ".join(["agentpkg", *takewhile(_WORD.fullmatch, sys.argv[1:3])])


def _holder_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.holder")


def _name_holder(path: Path) -> str:
    """Return in words who holds a lock, as far as that is known. The file may be a leftover of a killed process."""
    try:
        with _holder_file(path).open(encoding="ascii", errors="replace") as file:
            said = _HOLDER.fullmatch(file.read(200))
    except OSError:
        said = None
    if said is None or not _is_alive(int(said[1])):
        return "another agentpkg"
    return f"process {said[1]} ({said[2]})"


def _is_alive(process: int) -> bool:
    if os.name != "posix":  # where asking would end the process
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        pass
    return True
