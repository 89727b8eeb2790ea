"""The store of renderings: a few are a file each, many that come together are one, and none is ever a wrong one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from struct import pack
from types import ModuleType
from typing import Any

import pytest

from agentpkg import packs, store
from agentpkg.cache import find_damage, inspect_cache, verify_cache
from agentpkg.store import RenderingStore, cache_folder, state_folder
from tests.support.cli import Cli
from tests.support.registry import Registry

FEW, MANY = 3, 40


@pytest.fixture
def folder() -> Path:
    return cache_folder() / "renderings"


def some(number: int, word: str = "agent") -> dict[str, bytes]:
    """Return renderings by digest, all of the same length."""
    contents = [f"{word} {one:04}\n".encode() for one in range(number)]
    return {hashlib.sha256(content).hexdigest(): content for content in contents}


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def held(folder: Path, renderings: dict[str, bytes]) -> dict[str, bytes]:
    """Return what a new store gives of these renderings."""
    store = RenderingStore(folder)
    return {digest: content for digest in renderings if (content := store.get(digest)) is not None}


def test_folders_that_are_given_by_a_relative_path_are_seen_from_where_the_command_was_given(
    cli: Cli, manifest: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(cli.folder.parent)
    monkeypatch.setenv("AGENTPKG_STATE_DIR", "state")
    monkeypatch.setenv("AGENTPKG_CACHE_DIR", "cache")
    registry.publish("tool", "1.0.0")
    cli.at(cli.folder.parent)("search", "tool", "--project", cli.folder.name)
    assert (cache_folder(), state_folder()) == (cli.folder.parent / "cache", cli.folder.parent / "state")
    assert list((cli.folder.parent / "cache/registries").glob("*.git"))
    monkeypatch.delenv("AGENTPKG_STATE_DIR")
    monkeypatch.delenv("AGENTPKG_CACHE_DIR")
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, "elsewhere")
    assert cache_folder().is_absolute()
    assert state_folder().is_absolute()


@pytest.mark.parametrize(("number", "written"), [(0, 0), (FEW, FEW), (MANY, 1)])
def test_a_few_are_a_file_each_and_many_are_one(folder: Path, number: int, written: int) -> None:
    renderings = some(number)
    RenderingStore(folder).put(renderings.items())
    assert held(folder, renderings) == renderings
    assert len(files(folder)) == written
    info = inspect_cache()
    assert info.renderings == number
    assert info.rendering_bytes == sum(path.stat().st_size for path in files(folder))


def test_what_is_there_is_not_written_again_wherever_it_is(folder: Path) -> None:
    few, many = some(FEW, "other"), some(MANY)
    RenderingStore(folder).put(few.items())
    RenderingStore(folder).put({**few, **many}.items())
    before = {path: path.stat().st_mtime_ns for path in files(folder)}
    assert inspect_cache().renderings == FEW + MANY
    RenderingStore(folder).put({**few, **many}.items())
    assert {path: path.stat().st_mtime_ns for path in files(folder)} == before
    more = some(MANY + FEW)
    RenderingStore(folder).put(more.items())
    assert len(files(folder)) == FEW + 1 + FEW
    assert held(folder, {**few, **more}) == {**few, **more}


def test_whatever_changes_in_a_pack_no_wrong_bytes_are_given(folder: Path) -> None:
    renderings = some(MANY)
    RenderingStore(folder).put(renderings.items())
    [pack] = files(folder)
    whole = pack.read_bytes()
    head = len(whole) - sum(map(len, renderings.values()))
    for place in (0, 7, 8, 70, 72, 80, head - 1, head, head + 3, len(whole) - 1):
        pack.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        left = held(folder, renderings)
        assert left.items() <= renderings.items()
        assert place < head or len(left) == MANY - 1
    for place in (0, head, len(whole) - 1):
        pack.write_bytes(whole[:place])
        assert held(folder, renderings).items() <= renderings.items()


@pytest.mark.parametrize("place", [3, 7, 9, 79, 88, -2])
def test_a_damaged_pack_is_found_and_goes_and_comes_back(folder: Path, place: int) -> None:
    renderings = some(MANY)
    RenderingStore(folder).put(renderings.items())
    [pack] = files(folder)
    assert (find_damage(), verify_cache().renderings) == ((), MANY)
    damaged = bytearray(pack.read_bytes())
    damaged[place] ^= 1
    pack.write_bytes(damaged)
    (told,) = find_damage()
    assert told == f"renderings/packs{pack.name[:11]}"
    assert verify_cache().damaged == (told,)
    assert files(folder) == []
    RenderingStore(folder).put(renderings.items())
    assert held(folder, renderings) == renderings


def test_what_a_run_left_that_was_cut_short_is_no_pack(folder: Path) -> None:
    renderings = some(MANY)
    RenderingStore(folder).put(renderings.items())
    [pack] = files(folder)
    part = pack.rename(pack.with_name(f"{pack.name}.123"))
    assert held(folder, renderings) == {}
    assert len(verify_cache().damaged) == 1
    assert not part.exists()


# Packs are merged


ROUNDS = 40
FEW_PACKS = 6  # each of which is more than twice as large as the one before


def puts(folder: Path, number: int) -> dict[str, bytes]:
    """Put renderings so many times, each time others; return all of them."""
    parts = [some(MANY - one % 5, f"round {one}") for one in range(number)]
    for part in parts:
        RenderingStore(folder).put(part.items())
    return {digest: content for part in parts for digest, content in part.items()}


def test_however_many_come_together_packs_are_few_and_hold_all(folder: Path) -> None:
    renderings = puts(folder, ROUNDS)
    assert held(folder, renderings) == renderings
    assert len(files(folder)) <= FEW_PACKS
    assert inspect_cache().renderings == len(renderings)
    assert verify_cache().damaged == ()
    before = {path: path.stat().st_mtime_ns for path in files(folder)}
    RenderingStore(folder).put(renderings.items())
    assert {path: path.stat().st_mtime_ns for path in files(folder)} == before


def test_a_large_pack_is_not_written_again_for_a_small_one(folder: Path) -> None:
    RenderingStore(folder).put(some(10 * MANY).items())
    [large] = files(folder)
    RenderingStore(folder).put(some(MANY, "other").items())
    assert large in files(folder)
    assert len(files(folder)) == 2


def test_a_damaged_rendering_is_not_taken_along(folder: Path) -> None:
    renderings = some(MANY)
    RenderingStore(folder).put(renderings.items())
    [first] = files(folder)
    first.write_bytes(first.read_bytes()[:-1] + b"!")
    RenderingStore(folder).put(some(MANY, "other").items())
    assert find_damage() == ()
    assert not first.exists()
    assert len(held(folder, renderings)) == MANY - 1
    RenderingStore(folder).put(renderings.items())
    assert held(folder, renderings) == renderings


def test_a_pack_that_cannot_be_read_is_not_merged_and_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    renderings = puts(folder, 1)

    def fail(_: packs.Pack) -> dict[str, bytes]:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(packs.Pack, "read_all", fail)
        puts(folder, 2)
    assert held(folder, renderings) == renderings


def test_a_pack_that_comes_out_of_a_merge_as_it_was_stays(folder: Path) -> None:
    renderings = puts(folder, 1)
    packs.add_pack(folder / "packs", renderings, packs.open_packs(folder / "packs"))
    assert held(folder, renderings) == renderings


def test_a_store_knows_what_was_put_into_it(folder: Path) -> None:
    renderings, kept = some(MANY), RenderingStore(folder)
    assert kept.get(next(iter(renderings))) is None
    kept.put(renderings.items())
    assert {digest: kept.get(digest) for digest in renderings} == renderings


def test_who_listed_packs_before_they_were_merged_still_finds_all(folder: Path) -> None:
    renderings = puts(folder, 1)
    [first] = files(folder)
    early = RenderingStore(folder)
    assert early.get("0" * 64) is None
    puts(folder, 2)
    assert not first.exists()
    assert {digest: early.get(digest) for digest in renderings} == renderings


def test_a_pack_that_goes_before_it_is_opened_is_looked_for_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderings = puts(folder, 1)
    scan = os.scandir

    def overtaken(place: Any) -> Iterator[os.DirEntry[str]]:
        found = list(scan(place))
        monkeypatch.undo()
        monkeypatch.setenv("AGENTPKG_CACHE_DIR", str(folder.parent))
        puts(folder, 2)
        return iter(found)

    monkeypatch.setattr(os, "scandir", overtaken)
    assert held(folder, renderings) == renderings


@pytest.mark.parametrize(("place", "name"), [(packs, "write"), (store, "open_packs")])
def test_of_two_runs_that_merge_at_the_same_time_neither_loses_anything(
    folder: Path, monkeypatch: pytest.MonkeyPatch, place: ModuleType, name: str
) -> None:
    renderings = puts(folder, 3)
    mine, others = some(MANY, "mine"), some(2 * MANY, "others")
    real: Callable[..., Any] = getattr(place, name)

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(place, name, real)
        before = real(*arguments) if name == "open_packs" else None
        RenderingStore(folder).put(others.items())
        return before or real(*arguments)

    monkeypatch.setattr(place, name, overtaken)
    RenderingStore(folder).put(mine.items())
    expected = renderings | mine | others
    assert held(folder, expected) == expected


@pytest.mark.parametrize(("call", "after"), [("replace", 0), ("unlink", 0), ("unlink", 1)])
def test_whenever_a_merge_is_cut_short_all_is_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str, after: int
) -> None:
    large = some(5 * MANY)
    RenderingStore(folder).put(large.items())
    renderings = large | puts(folder, 1)
    assert len(files(folder)) == 2
    real, calls = getattr(os, call), count()

    def stop(*arguments: Any) -> None:
        if next(calls) == after:
            raise KeyboardInterrupt
        real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, stop)
        with pytest.raises(KeyboardInterrupt):
            RenderingStore(folder).put(some(5 * MANY, "stopped").items())
    assert held(folder, renderings) == renderings
    assert verify_cache().damaged == () or call == "replace"
    RenderingStore(folder).put(some(5 * MANY, "again").items())
    assert held(folder, renderings) == renderings
    assert len(files(folder)) == 1


# What is no pack


def head(number: int, *rows: tuple[bytes, int, int]) -> bytes:
    return pack(">Q", number) + b"".join(pack(">64sQQ", *row) for row in rows)


A = b"a" * 64
NO_PACKS = [
    b"", b"[1]\n", b"nonsense, and more of it than a number takes", head(0), head(1), head(2**64 - 1),
    head(2**58, (A, 1, 1)), head(1, (A, 2**64 - 1, 2**64 - 1)), head(1, (A, 0, 2**62)), head(1, (A, 0, 0)),
    head(1, (b"\xff" * 64, 88, 0)), head(1, (A, 0, 0))[:-3],
]  # fmt: skip


@pytest.mark.parametrize("content", NO_PACKS)
def test_what_is_no_pack_is_damaged_and_in_nobodys_way(folder: Path, content: bytes) -> None:
    bad = folder / "packs" / hashlib.sha256(content).hexdigest()
    bad.parent.mkdir(parents=True)
    bad.write_bytes(content)
    (folder / "packs/folder").mkdir()
    assert RenderingStore(folder).get("a" * 64) is None
    renderings = puts(folder, 2)
    assert held(folder, renderings) == renderings
    if bad.exists():  # else it was taken for one, and nothing was found in it
        assert find_damage() == (f"renderings/packs{bad.name[:11]}",)
        assert verify_cache().damaged == (f"renderings/packs{bad.name[:11]}",)
    assert find_damage() == ()


def test_no_command_minds_what_is_no_pack(folder: Path, cli: Cli, manifest: Path, registry: Registry) -> None:
    registry.publish("tool", "1.0.0", tools="[read]")
    cli("install", "tool")
    for content in NO_PACKS:
        bad = folder / "packs" / hashlib.sha256(content).hexdigest()
        bad.parent.mkdir(parents=True, exist_ok=True)
        bad.write_bytes(content)
    agent = manifest.parent / ".claude/agents/tool.md"
    agent.write_text(agent.read_text() + "Mine.\n")
    cli("sync", code=0)
    cli("status", code=0)
    assert len(cli("cache", "verify", "--json").json["damaged"]) == len(NO_PACKS)
    assert cli("cache", "verify", "--json").json["damaged"] == []


def test_a_file_that_was_merged_meanwhile_is_not_damaged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    puts(folder, 1)
    [first] = files(folder)
    puts(folder, 2)
    assert not first.exists()
    assert RenderingStore(folder).is_sound(first)
    monkeypatch.setattr(os, "walk", lambda place: [(place / "packs", [], [first.name])])
    assert RenderingStore(folder).files() == {first: 0}
