"""git, fenced: nothing of a registry, a URL or the environment ever runs, and nothing is checked out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.hostile.attacks import ATTACKS, Trial, mark
from tests.hostile.room import Room
from tests.support.registry import BODY

pytestmark = pytest.mark.hostile


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_what_plain_git_falls_for_runs_nothing_here(
    attack: Callable[[Room], Trial],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tally: Callable[[str, int], None],
) -> None:
    with ExitStack() as stack:
        room = Room(tmp_path / "room", capsys, monkeypatch, stack)
        room.registry.publish("tool")
        trial = attack(room)
        trial.plain()
        assert mark(room).exists(), "the attack does not work at all"
        mark(room).unlink()
        result = trial.ours()
        assert result.code == trial.code, result.err
        assert list(room.outside.iterdir()) == []
    tally("attacks on git", 1)


def test_nothing_is_checked_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file of a registry stands in the cache as it is, but in git's objects and in the renderings."""
    with ExitStack() as stack:
        room = Room(tmp_path / "room", capsys, monkeypatch, stack)
    mirrors = [path for path in (room.root / "cache/registries").rglob("*") if path.is_file()]
    assert mirrors
    assert not [path for path in mirrors if path.suffix in (".md", ".toml") or BODY.encode() in path.read_bytes()]
