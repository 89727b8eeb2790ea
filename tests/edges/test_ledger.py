"""What was seen of a registry can never change unnoticed: the ledger, and what it holds later fetches to."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agentpkg.errors import DiskError, IntegrityError
from agentpkg.ledger import Ledger
from agentpkg.mirror import Mirror
from agentpkg.registries import Registries
from agentpkg.registry_tables import RegistrySource
from agentpkg.remote import Remote
from agentpkg.store import cache_folder, state_folder
from tests.support.cli import Cli
from tests.support.registry import Registry, agent_text, git
from tests.support.tree import contents


def ledger() -> Path:
    [path] = (state_folder() / "ledgers").glob("*.txt")
    return path


def mirror_head() -> str | None:
    heads = [Mirror(path).head for path in (cache_folder() / "registries").glob("*.git")]
    return heads[0] if heads else None


def kept(project: Path) -> tuple[object, ...]:
    """Return all that an attack must leave as it is: the project, the ledger, and what the mirror gives out."""
    ledgers = {path.name: path.read_bytes() for path in (state_folder() / "ledgers").glob("*")}
    return contents(project), ledgers, mirror_head()


def rewrite(registry: Registry) -> None:
    (registry.folder / "bundles/tool/1.0.0/agents/tool.md").write_text(agent_text("tool", body="evil"))
    registry.commit()


def rewrite_in_a_subtle_way(registry: Registry) -> None:
    (registry.folder / "bundles/tool/1.0.0/agents/tool.md").chmod(0o755)
    registry.commit()


def delete_a_version(registry: Registry) -> None:
    registry.delete("bundles/tool/1.0.0")


def delete_a_bundle(registry: Registry) -> None:
    registry.delete("bundles/other")


def delete_all(registry: Registry) -> None:
    registry.delete("bundles")


def rename_a_bundle(registry: Registry) -> None:
    (registry.folder / "bundles/tool").rename(registry.folder / "bundles/tool-of-eve")
    registry.commit()


def add_a_file(registry: Registry) -> None:
    (registry.folder / "bundles/tool/1.0.0/agents/evil.md").write_text(agent_text("evil"))
    registry.commit()


def put_a_file_in_its_place(registry: Registry) -> None:
    registry.delete("bundles/tool/1.0.0")
    (registry.folder / "bundles/tool/1.0.0").write_text("x\n")
    registry.commit()


def put_a_link_in_its_place(registry: Registry) -> None:
    (registry.folder / "bundles/tool/1.0.0").rename(registry.folder / "elsewhere")
    (registry.folder / "bundles/tool/1.0.0").symlink_to("../../elsewhere")
    registry.commit()


def hide_it_in_a_merge(registry: Registry) -> None:
    git(registry.path, "checkout", "-q", "-b", "side")
    registry.publish("third")
    git(registry.path, "checkout", "-q", "main")
    registry.publish("fourth")
    git(registry.path, "merge", "-q", "--no-ff", "--no-commit", "side")
    rewrite(registry)


def move_the_branch_back(registry: Registry) -> None:
    git(registry.path, "reset", "-q", "--hard", "HEAD~1")


def move_the_branch_aside(registry: Registry) -> None:
    git(registry.path, "reset", "-q", "--hard", "HEAD~1")
    registry.publish("another")


def begin_anew(registry: Registry) -> None:
    git(registry.path, "checkout", "-q", "--orphan", "fresh")
    registry.commit("orphan")
    git(registry.path, "branch", "-q", "-M", "main")


def put_another_repository_there(registry: Registry) -> None:
    shutil.rmtree(registry.path)
    Registry(registry.path).start().publish("tool", body="evil")


ATTACKS: tuple[Callable[[Registry], None], ...] = (
    rewrite, rewrite_in_a_subtle_way, delete_a_version, delete_a_bundle, delete_all, rename_a_bundle, add_a_file,
    put_a_file_in_its_place, put_a_link_in_its_place, hide_it_in_a_merge, move_the_branch_back,
    move_the_branch_aside, begin_anew, put_another_repository_there,
)  # fmt: skip


@pytest.fixture
def seen(cli: Cli, project: Path, manifest: Path, registry: Registry) -> Registry:
    """A registry with two bundles of which one is installed: all of it has been seen."""
    registry.publish("tool").publish("other")
    cli("install", "tool")
    return registry


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_nothing_seen_can_change(cli: Cli, project: Path, seen: Registry, attack: Callable[[Registry], None]) -> None:
    """Nor does it where the ledger is lost, or the mirror."""
    attack(seen)
    assert_refused(cli, project)
    cli("install", "other", "--offline")
    cli("remove", "other")
    known = ledger().read_bytes()
    place = ledger()
    place.unlink()
    assert_refused(cli, project)
    place.write_bytes(known)
    cli("cache", "clean")
    assert mirror_head() is None
    assert_refused(cli, project)


def assert_refused(cli: Cli, project: Path) -> None:
    before = kept(project)
    error = cli("update", code=5).err
    assert "error: registry default: " in error
    assert "agentpkg registry reset default --to " in error
    assert kept(project) == before
    cli("install", "other", code=5)
    cli("registry", "show", "default", code=5)
    assert kept(project) == before


def test_what_is_no_attack_passes(cli: Cli, project: Path, seen: Registry) -> None:
    """The twin of the attacks: whatever touches no version that was seen."""
    seen.publish("tool", "1.0.1").publish("third").yank("tool", "1.0.1").yank("tool", "1.0.1", "again")
    for path in (
        "README.md",
        "bundles/README.md",
        "bundles/tool/README.md",
        "bundles/My Notes/to do/x/y.txt",
        "ü/ü/ü/ü",
    ):
        (seen.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (seen.folder / path).write_text("x\n")
    seen.commit("more")
    cli("update")
    for path in (
        "README.md",
        "bundles/README.md",
        "bundles/tool/README.md",
        "bundles/My Notes/to do/x/y.txt",
        "ü/ü/ü/ü",
    ):
        (seen.folder / path).write_text("y\n")
    seen.commit("other")
    git(seen.path, "checkout", "-q", "-b", "side", "HEAD~3")
    (seen.folder / "SIDE.md").write_text("x\n")
    seen.commit("side")
    git(seen.path, "checkout", "-q", "main")
    git(seen.path, "merge", "-q", "--no-ff", "-m", "merge", "side")
    cli("update")
    assert Ledger(ledger()).tip == mirror_head() == git(seen.path, "rev-parse", "HEAD").strip()


def test_the_details_say_what_changed(cli: Cli, seen: Registry) -> None:
    rewrite(seen)
    assert "  bundles/tool/1.0.0/agents/tool.md\n" in cli("update", code=5).err
    git(seen.path, "reset", "-q", "--hard", "HEAD~1")
    cli("update")
    cli("registry", "reset", "default", "--to", git(seen.path, "rev-parse", "HEAD").strip())
    begin_anew(seen)
    assert "it is another repository: its first commit is " in cli("update", code=5).err


def test_another_repository_is_refused_also_where_the_first_commit_was_never_fetched(cli: Cli, seen: Registry) -> None:
    assert Ledger(ledger()).read() is not None
    begin_anew(seen)
    error = cli("update", code=5).err
    assert "its history was rewritten" in error
    assert "its first commit" not in error


def test_a_history_that_was_rewritten_without_a_change_of_versions_is_told_as_such(cli: Cli, seen: Registry) -> None:
    git(seen.path, "commit", "-q", "--amend", "-m", "another message")
    assert "no version that was seen has changed" in cli("update", code=5).err
    (seen.folder / "bundles/tool/1.0.0/README.md").write_text("x\n")
    seen.delete("bundles/other")
    error = cli("update", code=5).err
    assert "  other 1.0.0 vanished\n  tool 1.0.0 changed\n" in error


def test_reset_is_the_way_out_and_the_lock_still_holds(cli: Cli, project: Path, seen: Registry) -> None:
    before = contents(project)
    rewrite(seen)
    good, evil = git(seen.path, "rev-parse", "HEAD~1", "HEAD").split()
    cli("update", code=5)
    old = ledger().read_bytes()
    assert (
        f"would be reset from {good[:12]} to {evil[:12]}"
        in cli("registry", "reset", "default", "--to", evil, "--dry-run").out
    )
    assert ledger().read_bytes() == old
    assert mirror_head() == good
    data = cli("registry", "reset", "default", "--to", evil[:12], "--json").json
    assert data == {"format": 1, "name": "default", "before": good, "after": evil, "dry_run": False}
    assert mirror_head() == Ledger(ledger()).tip == evil
    error = cli("update", code=5).err
    assert "tool 1.0.0 is not what the lock recorded" in error
    assert contents(project) == before
    seen.publish("tool", "1.0.1")
    assert "1.0.0 cannot be read, so nothing of it counts as approved" in cli("update", code=4).err
    cli("update", "--accept-grants")
    assert cli("list", "--json").json["bundles"][0]["version"] == "1.0.1"


@pytest.mark.parametrize("commit", ["0" * 40, "deadbeef", "HEAD", "--upload-pack=x", "HEAD~1", "refs/heads/nope"])
def test_reset_goes_only_to_what_the_registry_holds(cli: Cli, project: Path, seen: Registry, commit: str) -> None:
    before = kept(project)
    cli("registry", "reset", "default", "--to", commit, code=5)
    assert kept(project) == before


def test_reset_does_not_go_back_to_what_the_owner_took_back(cli: Cli, project: Path, seen: Registry) -> None:
    taken_back = git(seen.path, "rev-parse", "HEAD").strip()
    move_the_branch_aside(seen)
    before = kept(project)
    assert "holds no commit" in cli("registry", "reset", "default", "--to", taken_back, code=5).err
    assert kept(project) == before


def test_a_crash_between_ledger_and_mirror_is_made_good(
    cli: Cli, project: Path, seen: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = mirror_head()
    seen.publish("third")

    def crash(self: Mirror, commit: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Mirror, "accept", crash)
        cli("update", code=130)
    assert Ledger(ledger()).tip != mirror_head() == before
    cli("sync", "--check")
    cli("install", "third")
    assert Ledger(ledger()).tip == mirror_head() != before


def test_after_that_crash_the_registry_cannot_go_back(
    cli: Cli, project: Path, seen: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen.publish("third")

    def crash(self: Mirror, commit: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Mirror, "accept", crash)
        cli("update", code=130)
    move_the_branch_aside(seen)
    before = kept(project)
    cli("update", code=5)
    assert kept(project) == before


def test_a_version_is_seen_by_every_branch_for_itself(registry: Registry, tmp_path: Path) -> None:
    registry.publish("tool")
    git(registry.path, "branch", "next")
    for branch in ("main", "next"):
        source = RegistrySource(url=registry.url, branch=branch)
        Registries({"default": source}, tmp_path).get("default")
    rewrite(registry)
    Registries({"default": RegistrySource(url=registry.url, branch="next")}, tmp_path).get("default")
    with pytest.raises(IntegrityError):
        Registries({"default": RegistrySource(url=registry.url, branch="main")}, tmp_path).get("default")


A, B, C = ("a" * 40, "b" * 40, "c" * 40)
WHOLE = f"agentpkg ledger 1\nroot {A}\nseen tool 1.0.0 {B}\ntip {B}\n"


@pytest.mark.parametrize(
    "torn",
    ["", "t", "tip", f"tip {C[:20]}", f"seen other 1.0.0 {C}", f"seen other 1.0.0 {C}\ntip {C}"[:-1], "\0" * 4096],
    ids=lambda torn: ascii(torn[:20]),
)
def test_a_line_that_was_cut_short_does_not_count_and_is_written_over(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "ledger.txt"
    path.write_text(WHOLE + torn)
    assert Ledger(path).tip == B
    Ledger(path).add({("third", "1.0.0"): C}, C)
    record = Ledger(path).read()
    assert record is not None
    assert (record.root, record.tip, record.seen["third", "1.0.0"]) == (A, C, C)
    assert "\0" not in path.read_text()


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "\0", "\0" * 4096, "agentpkg", "agentpkg ledger 1", "agentpkg ledger 2\n", f"tip {A}\n",
        "\0" + WHOLE, WHOLE.replace("\n", "\r\n"),
    ],
    ids=lambda text: ascii(text[:20]),
)  # fmt: skip
def test_a_file_that_is_no_ledger_is_never_taken_for_an_empty_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ledger.txt"
    path.write_bytes(text.encode())
    for ask in (Ledger(path).read, lambda: Ledger(path).tip, lambda: Ledger(path).signed):
        with pytest.raises(IntegrityError, match="is damaged") as caught:
            ask()
        assert "registry reset" in (caught.value.hint or "")


@pytest.mark.parametrize("line", ["tip", "tip a b", f"seen tool {A}", "rubbish", "\0\0\0", "signed x", " ", ""])
def test_a_line_that_is_none_is_damage(tmp_path: Path, line: str) -> None:
    path = tmp_path / "ledger.txt"
    path.write_text(WHOLE + f"{line}\n")
    with pytest.raises(IntegrityError, match="is damaged"):
        Ledger(path).read()


def test_there_is_none_yet(tmp_path: Path) -> None:
    none = Ledger(tmp_path / "none/ledger.txt")
    assert (none.tip, none.signed, none.read()) == (None, None, None)
    with pytest.raises(DiskError):
        none.add_signed(A, B)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    one = Ledger(tmp_path / "deep/er/ledger.txt")
    one.begin(A, {("tool", "1.0.0"): B, ("aa", "2.0.0rc1"): C}, B)
    assert one.path.read_text() == (
        f"agentpkg ledger 1\nroot {A}\nseen aa 2.0.0rc1 {C}\nseen tool 1.0.0 {B}\ntip {B}\n"
    )
    one.add_signed(B, C)
    one.add({}, C)
    assert (one.tip, one.signed) == (C, (B, C))
    one.begin(C, {}, A)
    assert one.signed is None
    assert [path.name for path in one.path.parent.iterdir()] == ["ledger.txt"]


@pytest.mark.parametrize("text", ["\0" * 900, "", "garbage\n", WHOLE + "rubbish\n"])
def test_a_damaged_ledger_stops_everything_until_it_is_begun_anew(
    cli: Cli, project: Path, seen: Registry, text: str
) -> None:
    ledger().write_text(text)
    before = kept(project)
    cli("update", code=5)
    cli("registry", "list", code=0 if "rubbish" in text else 5)
    assert kept(project) == before
    head = git(seen.path, "rev-parse", "HEAD").strip()
    cli("registry", "reset", "default", "--to", head)
    cli("update")
    assert Ledger(ledger()).tip == head


def test_a_folder_for_state_that_cannot_be_written(
    cli: Cli, project: Path, manifest: Path, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.publish("tool")
    (tmp_path / "file").write_text("x\n")
    monkeypatch.setenv("AGENTPKG_STATE_DIR", str(tmp_path / "file"))
    before = contents(project)
    assert "cannot " in cli("install", "tool", code=9).err
    assert contents(project) == before
    assert mirror_head() is None


def test_two_names_of_one_registry_share_what_was_seen(registry: Registry, tmp_path: Path) -> None:
    """By path and by URL it is the same."""
    forms = [registry.url, registry.path.as_uri(), f"{tmp_path}/./registry/../registry"]
    keys = {Remote.of("x", RegistrySource(url=form), tmp_path).key for form in forms}
    assert len(keys) == 1


def test_git_agrees_that_the_attacks_are_descendants(seen: Registry) -> None:
    """So the attacks that add a commit pass git's own checks, and the tests above can fail."""
    before = git(seen.path, "rev-parse", "HEAD").strip()
    rewrite(seen)
    git(seen.path, "merge-base", "--is-ancestor", before, "HEAD")


def test_a_mirror_without_files_is_held_to_the_same_ledger(cli: Cli, seen: Registry, project: Path) -> None:
    rewrite(seen)
    manifest = project / "agentpkg.toml"
    manifest.write_text(manifest.read_text().replace(f'url = "{seen.url}"', f'url = "{seen.url}"\nfilter = true'))
    assert "filter = true" in manifest.read_text()
    assert "a published version changed or vanished" in cli("update", code=5).err


def test_a_repository_that_became_shallow_is_not_taken_for_what_it_was(
    cli: Cli, seen: Registry, project: Path, tmp_path: Path
) -> None:
    import shutil

    seen.publish("tool", "1.9.0")
    git(tmp_path, "clone", "-q", "--depth", "1", seen.path.as_uri(), str(tmp_path / "shallow"))
    shutil.rmtree(seen.path)
    (tmp_path / "shallow").rename(seen.path)
    result = cli("update", code=8)
    assert "git fetch --unshallow" in result.err
