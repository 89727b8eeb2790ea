"""`filter = true`: a mirror of a large registry holds commits and trees, and files only once they were needed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from agentpkg import git as git_door
from agentpkg import mirror
from agentpkg.errors import IntegrityError, NetworkError
from agentpkg.registries import Registries
from agentpkg.registry_tables import RegistrySource
from agentpkg.store import cache_folder
from tests.support.cli import Cli
from tests.support.registry import Registry, agent_text, git, introduce, make_bare, write_bundle
from tests.support.tree import contents

BUNDLES = 5


@pytest.fixture
def bare(registry: Registry, tmp_path: Path) -> Path:
    """A server's registry of some bundles in two versions each."""
    for number in range(BUNDLES):
        for version in ("1.0.0", "1.1.0"):
            registry.publish(f"tool-{number}", version, body=f"{number} {version}")
    return serve(registry, tmp_path / "shelf.git")


def serve(registry: Registry, path: Path, *, filters: bool = True) -> Path:
    make_bare(registry, path)
    git(path, "config", "uploadpack.allowFilter", str(filters).lower())
    git(path, "config", "uploadpack.allowAnySHA1InWant", "true")
    return path


@pytest.fixture
def filtered(cli: Cli, project: Path, bare: Path) -> Path:
    """A project whose default registry is filtered."""
    text = f'[project]\nhosts = ["claude"]\n[registries.default]\nurl = "{bare}"\nfilter = true\n[bundles]\n'
    (project / "agentpkg.toml").write_text(text)
    return project


@pytest.fixture
def fetches(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The fetches that were made, each as its first word after the options."""
    made: list[str] = []
    run = git_door.run

    def count(folder: Path, *arguments: str, **more: object) -> object:
        if arguments[0] == "fetch":
            made.append(arguments[-1])
        return run(folder, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(mirror, "run", count)
    return made


def path() -> Path:
    [found] = (cache_folder() / "registries").glob("*.git")
    return found


def blobs() -> int:
    """Return how many files the mirror holds."""
    words = ["git", "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"]
    done = subprocess.run(words, cwd=path(), check=True, capture_output=True, text=True)
    return done.stdout.split().count("blob")


def opened(url: Path, root: Path, *, offline: bool = False, filtered: bool = True) -> Registries:
    source = RegistrySource(url=str(url), filtered=filtered)
    registries = Registries({"default": source}, root, offline=offline)
    registries.get("default")
    return registries


def test_a_fetch_brings_no_file_but_the_one_that_says_that_it_is_a_registry(bare: Path, tmp_path: Path) -> None:
    names = opened(bare, tmp_path).get("default").names()
    assert len(names) == BUNDLES
    assert blobs() == 1


def test_a_whole_mirror_holds_everything(bare: Path, tmp_path: Path) -> None:
    """So that the test before this one can fail."""
    opened(bare, tmp_path, filtered=False)
    assert blobs() > 2 * BUNDLES


def test_what_is_needed_comes_in_few_fetches(cli: Cli, filtered: Path, fetches: list[str]) -> None:
    cli("search")
    assert len(fetches) <= 3  # the history, registry.toml, and the newest bundle.toml of all bundles together
    fetches.clear()
    cli("install", "tool-1")
    assert len(fetches) <= 3  # the history, the bundle.toml of every version, and the files of the chosen one
    assert b"1 1.1.0" in (filtered / ".claude/agents/tool-1.md").read_bytes()
    assert blobs() < 2 * BUNDLES + 4
    fetches.clear()
    cli("install", "tool-1")
    assert len(fetches) <= 1
    cli("sync", "--check")


def test_an_update_brings_what_is_new(cli: Cli, filtered: Path, registry: Registry, bare: Path) -> None:
    cli("install", "tool-1")
    registry.publish("tool-1", "1.2.0", body="Newest.")
    git(registry.path, "push", "-q", str(bare), "main")
    assert "~ tool-1 1.1.0 -> 1.2.0" in cli("update").out
    assert b"Newest." in (filtered / ".claude/agents/tool-1.md").read_bytes()


def test_offline_opens_nothing_and_says_what_is_missing(
    cli: Cli, filtered: Path, bare: Path, fetches: list[str]
) -> None:
    cli("install", "tool-1")
    bare.rename(bare.with_name("away.git"))
    fetches.clear()
    before = contents(filtered)
    cli("install", "tool-1", "--offline")
    error = cli("install", "tool-2", "--offline", code=8).err
    assert "2 of the files that are needed of registry default" in error
    assert "have not been fetched yet" in error
    assert "run again without --offline" in error
    assert fetches == []
    assert contents(filtered) == before
    assert "could not fetch" in cli("install", "tool-2", code=8).err


def test_no_read_fetches_by_itself(bare: Path, tmp_path: Path) -> None:
    """git would, of a partial clone whose configuration says so; ours says it for one fetch alone."""
    opened(bare, tmp_path)
    held = blobs()
    name = git(bare, "rev-parse", "main:bundles/tool-1/1.0.0/bundle.toml").strip()
    done = subprocess.run(["git", "cat-file", "-p", name], cwd=path(), capture_output=True, check=False)
    assert done.returncode != 0
    assert blobs() == held
    assert "promisor" not in (path() / "config").read_text()


def test_a_server_that_does_not_filter_sends_everything(
    registry: Registry, bare: Path, tmp_path: Path, cli: Cli, filtered: Path
) -> None:
    git(bare, "config", "uploadpack.allowFilter", "false")
    git(bare, "config", "uploadpack.allowAnySHA1InWant", "false")
    cli("install", "tool-1")
    assert b"1 1.1.0" in (filtered / ".claude/agents/tool-1.md").read_bytes()
    registry.publish("tool-1", "1.2.0", body="Newest.")
    git(registry.path, "push", "-q", str(bare), "main")
    cli("update")
    cli("install", "tool-2", "--offline")


def test_a_server_that_stopped_filtering_still_serves(cli: Cli, filtered: Path, bare: Path) -> None:
    cli("install", "tool-1")
    git(bare, "config", "uploadpack.allowFilter", "false")
    cli("install", "tool-2")
    assert b"2 1.1.0" in (filtered / ".claude/agents/tool-2.md").read_bytes()


def rewrite(registry: Registry) -> None:
    (registry.folder / "bundles/tool-1/1.0.0/agents/tool-1.md").write_text(agent_text("tool-1", body="evil"))
    registry.commit()


def delete(registry: Registry) -> None:
    registry.delete("bundles/tool-1/1.0.0")


def move_back(registry: Registry) -> None:
    git(registry.path, "reset", "-q", "--hard", "HEAD~1")


@pytest.mark.parametrize("attack", [rewrite, delete, move_back])
def test_the_past_is_held_to_without_its_files(
    registry: Registry, bare: Path, tmp_path: Path, attack: Callable[[Registry], None]
) -> None:
    before = opened(bare, tmp_path).get("default").commit
    attack(registry)
    git(registry.path, "push", "-q", "-f", str(bare), "main")
    with pytest.raises(IntegrityError):
        opened(bare, tmp_path)
    assert opened(bare, tmp_path, offline=True).get("default").commit == before


def test_publishing_needs_no_file_of_others(cli: Cli, filtered: Path, bare: Path, tmp_path: Path) -> None:
    introduce()
    mine = write_bundle(tmp_path / "mine", "mine", requires={"tool-1": "~=1.0"})
    cli("publish", str(mine))
    assert blobs() < 2 * BUNDLES
    write_bundle(tmp_path / "mine", "mine", "1.0.1", requires={"tool-1": "~=1.0"}, body="Other.")
    cli("publish", str(mine))
    cli("yank", "tool-1", "1.0.0", "--reason", "x")
    cli("update")
    cli("install", "mine")
    cli("registry", "verify", str(bare))
    assert git(bare, "fsck", "--strict", "--full") == ""


def test_what_was_never_fetched_is_no_damage(cli: Cli, filtered: Path) -> None:
    cli("install", "tool-1")
    assert cli("cache", "verify", "--json").json["damaged"] == []
    introduce()
    cli("publish", str(write_bundle(filtered.parent / "mine", "mine")))
    assert cli("cache", "verify", "--json").json["damaged"] == []


def test_a_filtered_mirror_that_is_damaged_heals(cli: Cli, filtered: Path) -> None:
    cli("install", "tool-1")
    for pack in path().rglob("*.pack"):
        pack.chmod(0o644)
        data = bytearray(pack.read_bytes())
        data[len(data) // 2] ^= 0xFF
        pack.write_bytes(data)
    assert len(cli("cache", "verify", "--json").json["damaged"]) == 1
    cli("install", "tool-2")
    assert b"2 1.1.0" in (filtered / ".claude/agents/tool-2.md").read_bytes()


def test_a_registry_that_cannot_be_reached_any_more_says_so_for_files_too(bare: Path, tmp_path: Path) -> None:
    registries = opened(bare, tmp_path)
    bare.rename(bare.with_name("away.git"))
    with pytest.raises(NetworkError, match="could not fetch files of"):
        registries.load("tool-1", "1.0.0")


@pytest.mark.parametrize("how", ["files", "folders", "depth", "link"])
def test_nothing_is_fetched_of_what_no_bundle_may_hold(
    cli: Cli, filtered: Path, registry: Registry, bare: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And how often something is looked at does not grow with what it holds."""
    folder = write_bundle(registry.folder / "bundles/heap/1.0.0", "heap") / "more"
    paths = {
        "files": [f"{number}" for number in range(501)],
        "folders": [f"{number}/{number}" for number in range(501)],
        "depth": ["/".join("x" * 60)],
        "link": ["plain"],
    }
    for path in paths[how]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)
    if how == "link":
        (folder / "link").symlink_to("plain")
    registry.commit()
    git(registry.path, "push", "-q", str(bare), "main")
    looks: list[list[str]] = []
    real = mirror.Mirror.read_ahead

    def watch(self: mirror.Mirror, ids: Iterable[str]) -> dict[str, bytes]:
        looks.append(list(ids))
        return real(self, looks[-1])

    monkeypatch.setattr(mirror.Mirror, "read_ahead", watch)
    assert "heap 1.0.0: " in cli("install", "heap", code=3).err
    assert blobs() == 2  # what says that it is a registry, and what it requires
    assert sum(len(ids) for ids in looks) < 25
