"""What bundles say of themselves, kept beside the mirror: only what changed is read again, and no file is believed."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agentpkg import __version__
from agentpkg.objects import Reader
from agentpkg.ops.search import search
from agentpkg.registries import Registries
from agentpkg.registry_tables import RegistrySource
from agentpkg.store import cache_folder
from agentpkg.summaries import FILE, read_summaries
from tests.support.cli import Cli
from tests.support.registry import Registry, write_bundle

BUNDLES = tuple(f"tool-{chr(97 + number)}" for number in range(20))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry of some bundles, in two versions each, that every test gets a copy of."""
    registry = Registry(tmp_path_factory.mktemp("filled") / "registry").start()
    for name in BUNDLES:
        for version in ("1.0.0", "1.1.0"):
            write_bundle(registry.folder / "bundles" / name / version, name, version)
    return registry.commit().path


@pytest.fixture
def shelf(registry: Registry, filled: Path) -> Registry:
    """A registry of some bundles."""
    shutil.copytree(filled, registry.path, dirs_exist_ok=True)
    return registry


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The objects that git is asked for."""
    names: list[str] = []
    real = Reader.read_many

    def watch(self: Reader, wanted: list[str], most: int) -> object:
        wanted = list(wanted)
        names.extend(wanted)
        return real(self, wanted, most)

    monkeypatch.setattr(Reader, "read_many", watch)
    return names


def find(registry: Registry, root: Path, *, offline: bool = False) -> dict[str, tuple[str, str, str | None]]:
    registries = Registries({"default": RegistrySource(url=registry.url)}, root, offline=offline)
    return {one.id: (one.version, one.description, one.yanked) for one in search(registries, [])}


def path() -> Path:
    [found] = (cache_folder() / "registries").glob("*.git")
    return found / FILE


def test_what_has_not_changed_is_not_read_again(shelf: Registry, tmp_path: Path, asked: list[str]) -> None:
    first = find(shelf, tmp_path)
    assert list(first) == list(BUNDLES)
    many = len(asked)
    asked.clear()
    assert find(shelf, tmp_path, offline=True) == first
    assert len(asked) <= 3 < 3 * len(BUNDLES) < many  # registry.toml, and the list of bundles


def test_what_has_changed_is_read(shelf: Registry, tmp_path: Path, asked: list[str]) -> None:
    before = find(shelf, tmp_path)
    shelf.publish("tool-c", "1.2.0").yank("tool-d", "1.1.0").publish("zebra")
    (shelf.folder / "bundles/tool-f/yanked.toml").write_text('"1.0.0" = "old"\n"1.1.0" = "bad"\n')
    shelf.commit()
    Registries({"default": RegistrySource(url=shelf.url)}, tmp_path).get("default")
    asked.clear()
    now = find(shelf, tmp_path, offline=True)
    assert {name: one for name, one in now.items() if before.get(name) != one} == {
        "tool-c": ("1.2.0", "The tool-c bundle.", None),
        "tool-d": ("1.0.0", "The tool-d bundle.", None),
        "tool-f": ("1.1.0", "The tool-f bundle.", "bad"),
        "zebra": ("1.0.0", "The zebra bundle.", None),
    }
    assert now.keys() == {*BUNDLES, "zebra"}
    assert len(asked) < 30 < len(BUNDLES) * 2
    assert find(shelf, tmp_path, offline=True) == now


def test_a_bundle_that_cannot_be_read_is_not_read_again(shelf: Registry, tmp_path: Path, asked: list[str]) -> None:
    folder = write_bundle(shelf.folder / "bundles/wrong/1.0.0", "wrong")
    (folder / "bundle.toml").write_text("nothing = [\n")
    shelf.commit()
    assert list(find(shelf, tmp_path)) == list(BUNDLES)
    asked.clear()
    assert list(find(shelf, tmp_path, offline=True)) == list(BUNDLES)
    assert len(asked) <= 3


def lines_of(said: object, *, version: str = __version__) -> bytes:
    """Return a file that says so, with the right digest."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return f"agentpkg summaries {version} {hashlib.sha256(body).hexdigest()}\n".encode() + body


def tree_of(place: Path, name: str) -> str:
    kept = read_summaries(place)
    assert kept
    return kept[name][0]


Bend = Callable[[Path], bytes]
LIE: list[object] = ["9.0.0", "a lie", [], None]
DAMAGED: dict[str, Bend] = {
    "empty": lambda place: b"",
    "cut short": lambda place: place.read_bytes()[:-10],
    "one bit": lambda place: place.read_bytes().replace(b"The tool-a", b"The tool-!"),
    "no text": lambda place: b"\xff\xfe\0",
    "a list": lambda place: lines_of([1, 2]),
    "a number": lambda place: lines_of(5),
    "no tree": lambda place: lines_of({"tool-a": LIE}),
    "no version": lambda place: lines_of({"tool-a": [tree_of(place, "tool-a"), ["../..", "a lie", [], None]]}),
    "no keywords": lambda place: lines_of({"tool-a": [tree_of(place, "tool-a"), ["9.0.0", "a lie", "abc", None]]}),
    "no description": lambda place: lines_of({"tool-a": [tree_of(place, "tool-a"), ["9.0.0", {}, [], None]]}),
    "a reason that is none": lambda place: lines_of({"tool-a": [tree_of(place, "tool-a"), ["9.0.0", "x", [], 1]]}),
    "too deep": lambda place: lines_of(b"[" * 100_000),
}
OTHERS: dict[str, Bend] = {
    "of another folder": lambda place: lines_of({"tool-a": [tree_of(place, "tool-b"), LIE]}),
    "of another agentpkg": lambda place: lines_of({"tool-a": [tree_of(place, "tool-a"), LIE]}, version="0.0.1"),
    "of a bundle that there is not": lambda place: lines_of({"nobody": [tree_of(place, "tool-a"), LIE]}),
}


@pytest.mark.parametrize("bent", [*DAMAGED, *OTHERS])
def test_a_file_that_is_damaged_or_of_something_else_says_nothing(shelf: Registry, tmp_path: Path, bent: str) -> None:
    found = find(shelf, tmp_path)
    good = path().read_bytes()
    path().write_bytes({**DAMAGED, **OTHERS}[bent](path()))
    assert (read_summaries(path()) is None) == (bent in DAMAGED)
    assert find(shelf, tmp_path, offline=True) == found
    assert path().read_bytes() == good


def test_nothing_is_installed_by_it(cli: Cli, project: Path, manifest: Path, shelf: Registry) -> None:
    cli("search", "tool-a")
    path().write_bytes(lines_of({"tool-a": [tree_of(path(), "tool-a"), LIE]}))
    assert "a lie" in cli("search", "tool-a").out
    assert "+ tool-a 1.1.0 installed" in cli("install", "tool-a").out


def test_where_it_cannot_be_written_all_is_read(shelf: Registry, tmp_path: Path) -> None:
    found = find(shelf, tmp_path)
    path().unlink()
    path().mkdir()
    assert find(shelf, tmp_path, offline=True) == found
    assert list(path().parent.glob(f"{FILE}.*")) == []


def test_the_cache_knows_it(cli: Cli, manifest: Path, shelf: Registry) -> None:
    cli("info", "tool-a")
    [size] = cli("cache", "info", "--json").json["mirrors"].values()
    cli("search", "tool-a")
    assert list(cli("cache", "info", "--json").json["mirrors"].values()) == [size + path().stat().st_size]
    assert cli("cache", "verify", "--json").json["damaged"] == []
    name = path().parent.name
    path().write_bytes(path().read_bytes()[:-1])
    assert cli("cache", "verify", "--json").json["damaged"] == [f"{name}/{FILE}"]
    assert not path().exists()
    assert cli("cache", "verify", "--json").json["damaged"] == []
    cli("search", "tool-a")
    cli("cache", "clean")
    assert not list(cache_folder().rglob(FILE))
