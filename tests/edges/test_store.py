"""The store of renderings: a few are a file each, many that come together are one, and none is ever a wrong one."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from agentpkg.cache import find_damage, inspect_cache, verify_cache
from agentpkg.store import RenderingStore, cache_folder

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
    head = whole.index(b"\n") + 1
    for place in (0, 5, head - 2, head - 1, head, head + 3, len(whole) - 1):
        pack.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        left = held(folder, renderings)
        assert left.items() <= renderings.items()
        assert len(left) == (0 if place < head else MANY - 1)
    for place in (0, head, len(whole) - 1):
        pack.write_bytes(whole[:place])
        assert held(folder, renderings).items() <= renderings.items()


@pytest.mark.parametrize("place", [3, -2])
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
