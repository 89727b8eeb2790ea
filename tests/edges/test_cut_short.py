"""A mirror after a run that was cut short: what it left stops nobody, and no part of a mirror is taken for one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from agentpkg.remote import mirror_lock, throw_away
from agentpkg.store import cache_folder
from tests.support.cli import Cli
from tests.support.registry import Registry


def mirror() -> Path:
    [path] = (cache_folder() / "registries").glob("*.git")
    return path


@pytest.fixture
def used(cli: Cli, manifest: Path, registry: Registry) -> Registry:
    """A registry that has a mirror, and something new."""
    registry.publish("tool")
    cli("install", "tool")
    return registry.publish("tool", "1.1.0")


@pytest.mark.parametrize(
    ("left", "text"),
    [
        ("refs/agentpkg/draft", "1" * 40 + "\n"),
        ("refs/agentpkg/incoming", "1" * 40 + "\n"),
        ("refs/agentpkg/draft", ""),
        ("refs/agentpkg/head.lock", ""),
        ("refs/agentpkg/incoming.lock", ""),
        ("HEAD.lock", ""),
        ("packed-refs.lock", ""),
        ("shallow.lock", ""),
    ],
)
def test_what_a_run_left_in_a_mirror_stops_nobody(cli: Cli, used: Registry, left: str, text: str) -> None:
    """Its git may have been stopped with it, or have gone on without it, into a mirror that others took away."""
    (mirror() / left).write_text(text)
    assert "~ tool 1.0.0 -> 1.1.0" in cli("update").out
    assert not (mirror() / left).exists() or left.endswith("incoming")


def test_a_mirror_is_gone_at_once_or_not_at_all(used: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    path, calls = mirror(), []

    def stop_at_the_second(*_: object, **__: object) -> None:
        calls.append(True)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt), mirror_lock(path):
        throw_away(path)
    assert not path.exists()
    assert path.with_suffix(".gone").is_dir()


@pytest.fixture
def half_gone(cli: Cli, used: Registry) -> Path:
    """A mirror that a run was taking away when it was cut short."""
    path = mirror()
    os.replace(path, path.with_suffix(".gone"))
    return path


def test_what_is_left_of_a_mirror_that_went_is_not_taken_for_one(cli: Cli, half_gone: Path) -> None:
    assert cli("cache", "info", "--json").json["mirrors"] == {}
    assert "~ tool 1.0.0 -> 1.1.0" in cli("update").out


def test_the_cache_is_cleaned_of_what_is_left_too(cli: Cli, half_gone: Path) -> None:
    cli("cache", "clean")
    assert {path.suffix for path in half_gone.parent.iterdir()} == {".lock"}
