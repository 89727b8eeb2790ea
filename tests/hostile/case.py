"""A hostile input with its harmless twin, and the one way in which every such pair is tried."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.hostile.room import Act, Measured, Room
from tests.support.cli import Result

Build = Callable[[Room], Act]

# Invisible, although Unicode's categories call them letters or marks.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_UNSEEN_CATEGORIES = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the list of hostile inputs, or a variant of one.

    `hostile` and `benign` lay the input down in a room and return the command that meets it. The first must exit with
    `exit` and say everything in `says` (patterns) and nothing of `never`, and nothing of what it `keeps` (places in the
    room) changes; the second exits 0 and changes something. An `exit` of 0 says that the input is harmless as agentpkg
    takes it: hosts then get the same files from both. `megabytes` is how much more memory the first may take than the
    second, in any process, `seconds` how much more time of the processor; 0 leaves it unmeasured.
    """

    number: int
    name: str
    hostile: Build
    benign: Build
    exit: int
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ("project", "outside", "served", "state")
    megabytes: int = 0
    seconds: float = 0

    @property
    def id(self) -> str:
        return f"{self.number} {self.name}"


def run_case(case: Case, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Try both halves of a case, each in a world of its own; raise `AssertionError` where it is not as it must be."""
    fine = _act(case.benign, root / "benign", capsys)
    assert fine.result.code == 0, f"the twin exits {fine.result.code}:\n{fine.result.err}"
    assert fine.before != fine.after, f"the twin changes nothing:\n{fine.result.err}"
    tried = _act(case.hostile, root / "hostile", capsys)
    _check_said(case, tried.result)
    kept = case.keeps if case.exit else ("outside",)
    changed = {path for path in tried.before.keys() | tried.after if tried.before.get(path) != tried.after.get(path)}
    assert not [path for path in changed if path.startswith(kept)], sorted(changed)
    assert case.exit or tried.written == fine.written
    _check_cost(case, tried.result, fine.result)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """What one half of a case gave: what stood before and after it, and what hosts read then."""

    result: Result
    before: dict[str, tuple[int, bytes]]
    after: dict[str, tuple[int, bytes]]
    written: dict[str, bytes]


def _act(build: Build, root: Path, capsys: pytest.CaptureFixture[str]) -> _Tried:
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        room = Room(root, capsys, patch, stack)
        act = build(room)
        before = room.standing()
        result = act()
        return _Tried(result=result, before=before, after=room.standing(), written=room.written())


def _check_cost(case: Case, result: Result, fine: Result) -> None:
    measured = isinstance(result, Measured) and isinstance(fine, Measured)
    assert measured == bool(case.megabytes or case.seconds)
    if isinstance(result, Measured) and isinstance(fine, Measured):
        assert not case.megabytes or result.megabytes - fine.megabytes < case.megabytes, result.megabytes
        assert not case.seconds or result.seconds - fine.seconds < case.seconds, result.seconds


def _check_said(case: Case, result: Result) -> None:
    said = result.out + result.err
    assert result.code == case.exit, f"exit {result.code}, expected {case.exit}:\n{said!a}"
    assert "Traceback" not in said
    raw = [one for one in said if one not in "\n\t" and unseen(one)]
    assert not raw, f"{raw!a} reached the terminal: {said!a}"
    for pattern in case.says:
        assert re.search(pattern, said), f"{pattern!r} is not in {said!a}"
    for word in case.never:
        assert word not in said, f"{word!r} is in {said!a}"


def unseen(sign: str) -> bool:
    """Say whether a character is one that a reader does not see, or that a terminal obeys."""
    return unicodedata.category(sign) in _UNSEEN_CATEGORIES or bool(_UNSEEN.match(sign))
