"""A registry that is fetched for the first time: its newest state alone, and its history where that is needed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agentpkg import git as git_door
from agentpkg.errors import IntegrityError, NetworkError
from agentpkg.git import GitFailed
from agentpkg.ledger import Ledger, Record
from agentpkg.mirror import Mirror
from agentpkg.registries import Registries
from agentpkg.registry_tables import RegistrySource
from agentpkg.store import cache_folder, state_folder
from tests.support.cli import Cli
from tests.support.registry import Registry, git, introduce, make_bare, write_bundle

COMMITS = 12


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with some history, that every test gets a copy of."""
    registry = Registry(tmp_path_factory.mktemp("grown") / "registry").start()
    for number in range(COMMITS - 1):
        registry.publish("tool", f"1.{number}.0")
    return registry.path


@pytest.fixture
def old(registry: Registry, grown: Path) -> Registry:
    """A registry with some history."""
    shutil.copytree(grown, registry.path, dirs_exist_ok=True)
    return registry


def fetch(registry: Registry, root: Path, *, offline: bool = False) -> Mirror:
    return Registries({"default": RegistrySource(url=registry.url)}, root, offline=offline).get("default").mirror


def commits(mirror: Mirror) -> int:
    return int(git(mirror.path, "rev-list", "--count", "refs/agentpkg/head"))


def objects(mirror: Mirror) -> int:
    words = ["git", "cat-file", "--batch-all-objects", "--batch-check=x"]
    return len(subprocess.run(words, cwd=mirror.path, check=True, capture_output=True).stdout.split())


def record() -> Record:
    [path] = (state_folder() / "ledgers").glob("*.txt")
    found = Ledger(path).read()
    assert found
    return found


def test_the_first_fetch_brings_the_newest_commit_and_every_version(old: Registry, tmp_path: Path) -> None:
    mirror = fetch(old, tmp_path)
    assert commits(mirror) == 1
    assert not mirror.whole
    assert set(record().seen) == {("tool", f"1.{number}.0") for number in range(COMMITS - 1)}
    assert record().root is None


def test_what_it_brings_does_not_grow_with_the_history(old: Registry, tmp_path: Path) -> None:
    newest = git(old.path, "rev-list", "--objects", "--no-walk", "HEAD").splitlines()
    assert objects(fetch(old, tmp_path)) == len(newest)
    assert len(newest) < len(git(old.path, "rev-list", "--objects", "HEAD").splitlines()) - COMMITS


def test_a_later_fetch_goes_on_from_there(old: Registry, tmp_path: Path) -> None:
    fetch(old, tmp_path)
    old.publish("other").publish("third")
    mirror = fetch(old, tmp_path)
    assert commits(mirror) == 3
    assert ("third", "1.0.0") in record().seen


def amend(registry: Registry) -> None:
    (registry.folder / "bundles/tool/1.3.0/README.md").write_text("x\n")
    git(registry.path, "add", "-A")
    git(registry.path, "commit", "-q", "--amend", "-m", "another")


def change(registry: Registry) -> None:
    (registry.folder / "bundles/tool/1.3.0/README.md").write_text("x\n")
    registry.commit()


def go_back(registry: Registry) -> None:
    git(registry.path, "reset", "-q", "--hard", "HEAD~3")


def fork(registry: Registry) -> None:
    go_back(registry)
    registry.publish("other")


def begin_anew(registry: Registry) -> None:
    git(registry.path, "checkout", "-q", "--orphan", "fresh")
    registry.commit("orphan")
    git(registry.path, "branch", "-q", "-M", "main")


@pytest.mark.parametrize("attack", [amend, change, go_back, fork, begin_anew])
@pytest.mark.parametrize("forgotten", [False, True], ids=["mirror", "no mirror"])
def test_nothing_seen_can_change_without_a_history_either(
    old: Registry, tmp_path: Path, attack: Callable[[Registry], None], *, forgotten: bool
) -> None:
    seen, head = record_of(old, tmp_path), git(old.path, "rev-parse", "HEAD").strip()
    if forgotten:
        (cache_folder() / "registries").rename(tmp_path / "away")
    attack(old)
    with pytest.raises(IntegrityError, match=r"history was rewritten|changed or vanished"):
        fetch(old, tmp_path)
    assert record() == seen
    if not forgotten:
        assert fetch(old, tmp_path, offline=True).head == head


def record_of(registry: Registry, root: Path) -> Record:
    fetch(registry, root)
    return record()


def test_a_mirror_that_was_lost_is_fetched_with_the_history_that_it_must_go_on_from(
    old: Registry, tmp_path: Path
) -> None:
    fetch(old, tmp_path)
    (cache_folder() / "registries").rename(tmp_path / "away")
    old.publish("other")
    mirror = fetch(old, tmp_path)
    assert mirror.whole
    assert commits(mirror) == COMMITS + 1


def test_a_merge_of_what_began_before_is_no_rewriting(old: Registry, tmp_path: Path) -> None:
    git(old.path, "checkout", "-q", "-b", "side", "HEAD~4")
    old.publish("other")
    git(old.path, "checkout", "-q", "main")
    fetch(old, tmp_path)
    git(old.path, "merge", "-q", "--no-ff", "-m", "merge", "side")
    mirror = fetch(old, tmp_path)
    assert ("other", "1.0.0") in record().seen
    assert mirror.head == git(old.path, "rev-parse", "HEAD").strip()


def test_reset_goes_to_a_commit_that_was_never_fetched(cli: Cli, manifest: Path, old: Registry) -> None:
    cli("install", "tool")
    commit = git(old.path, "rev-parse", "HEAD~3").strip()
    cli("registry", "reset", "default", "--to", commit)
    assert (record().tip, record().root) == (commit, git(old.path, "rev-list", "--max-parents=0", "HEAD").strip())


def begin_anew_and_forget(registry: Registry) -> str:
    """Make the registry anew, so that nobody can fetch any more what it held; return its commit."""
    begin_anew(registry)
    git(registry.path, "reflog", "expire", "--expire=now", "--all")
    git(registry.path, "gc", "-q", "--prune=now")
    return git(registry.path, "rev-parse", "HEAD").strip()


def test_reset_goes_to_a_history_that_no_longer_has_what_was_fetched(
    cli: Cli, manifest: Path, old: Registry, tmp_path: Path
) -> None:
    """What is refused, or only shown, leaves the mirror as it was."""
    cli("install", "tool")
    mirror = fetch(old, tmp_path)
    head, new = mirror.head, begin_anew_and_forget(old)
    assert f"agentpkg registry reset default --to {new}" in cli("update", code=5).err
    cli("registry", "reset", "default", "--to", new, "--dry-run")
    cli("registry", "reset", "default", "--to", "0" * 40, code=5)
    assert (mirror.head, mirror.whole) == (head, False)
    assert [path.name for path in mirror.path.parent.iterdir() if path.is_dir()] == [mirror.path.name]
    cli("registry", "reset", "default", "--to", new)
    assert (record().tip, record().root) == (new, new)
    assert (mirror.head, mirror.whole) == (new, True)
    assert [path.name for path in mirror.path.parent.iterdir() if path.is_dir()] == [mirror.path.name]
    cli("update")


def test_what_a_reset_that_was_cut_short_left_is_no_mirror(cli: Cli, manifest: Path, old: Registry) -> None:
    cli("install", "tool")
    [path] = (cache_folder() / "registries").glob("*.git")
    beside = path.with_suffix(".whole")
    beside.mkdir()
    (beside / "HEAD").write_text("nothing\n")
    cli("cache", "verify")
    assert beside.is_dir()
    new = begin_anew_and_forget(old)
    cli("registry", "reset", "default", "--to", new)
    assert not beside.exists()
    shutil.copytree(path, beside)
    cli("cache", "clean")
    assert not list(path.parent.glob("*.whole"))


def test_a_history_that_was_rewritten_is_told_as_such_also_where_signatures_are_asked_for(
    old: Registry, tmp_path: Path
) -> None:
    fetch(old, tmp_path)
    begin_anew_and_forget(old)
    signed = {"default": RegistrySource(url=old.url, signers="signers")}
    with pytest.raises(IntegrityError, match="its history was rewritten"):
        Registries(signed, tmp_path).get("default")


def test_only_what_may_be_another_repository_is_told_to_be_one(cli: Cli, manifest: Path, old: Registry) -> None:
    told = "it may be another repository: the first commit of what was seen was never fetched"
    cli("install", "tool")
    old.publish("other")
    cli("update")
    git(old.path, "commit", "-q", "--amend", "-m", "another message")
    said = cli("update", code=5).err
    assert "no version that was seen has changed" in said
    assert told not in said
    begin_anew(old)
    assert f"  no version that was seen has changed\n  {told}\n" in cli("update", code=5).err


def test_publishing_says_who_published_before_the_first_fetch(
    cli: Cli, manifest: Path, old: Registry, tmp_path: Path
) -> None:
    bare = make_bare(old, tmp_path / "bare.git")
    manifest.write_text(manifest.read_text().replace(old.url, str(bare)))
    assert str(bare) in manifest.read_text()
    introduce()
    cli("install", "tool")
    folder = write_bundle(tmp_path / "tool", "tool", "1.0.0", body="Other.")
    added = git(old.path, "log", "-1", "--diff-filter=A", "--format=%H", "--", "bundles/tool/1.0.0").strip()
    assert added != git(old.path, "rev-parse", "HEAD").strip()
    assert f"by Test <test@example.com> in {added[:7]}" in cli("publish", str(folder), code=5).err
    cli("publish", str(write_bundle(tmp_path / "new", "new")))
    assert git(bare, "fsck", "--strict") == ""
    assert git(bare, "rev-list", "--count", "main").strip() == str(COMMITS + 1)


def test_a_publisher_pushes_from_what_has_no_history(cli: Cli, manifest: Path, old: Registry, tmp_path: Path) -> None:
    bare = make_bare(old, tmp_path / "bare.git")
    manifest.write_text(manifest.read_text().replace(old.url, str(bare)))
    introduce()
    cli("publish", str(write_bundle(tmp_path / "new", "new")))
    [path] = (cache_folder() / "registries").glob("*.git")
    assert not Mirror(path).whole
    assert git(bare, "rev-list", "--count", "main").strip() == str(COMMITS + 1)
    assert cli("cache", "verify", "--json").json["damaged"] == []


def test_a_history_is_not_fetched_offline(old: Registry, tmp_path: Path) -> None:
    path = fetch(old, tmp_path).path
    with pytest.raises(NetworkError, match="has not been fetched yet"):
        Mirror(path).complete(old.url, "HEAD")


def test_what_stays_without_a_history_is_not_taken_for_whole(old: Registry, tmp_path: Path) -> None:
    mirror = fetch(old, tmp_path)
    git(tmp_path, "clone", "-q", "--depth", "1", old.path.as_uri(), "shallow")
    old.path.rename(tmp_path / "away")
    (tmp_path / "shallow").rename(old.path)
    with pytest.raises(NetworkError, match="does not have the whole history"):
        mirror.complete(old.url, "HEAD")


def test_a_server_that_sends_all_or_nothing_sends_all(
    old: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = git_door.run

    def without_depth(folder: Path, *words: str, **more: object) -> object:
        if "--depth=1" in words:
            raise GitFailed("no", details=["git: fatal: dumb http transport does not support shallow"], output="")
        return run(folder, *words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("agentpkg.mirror.run", without_depth)
    mirror = fetch(old, tmp_path)
    assert mirror.whole
    assert commits(mirror) == COMMITS
