"""`agentpkg update` and `remove`: newer versions meet local edits, and nothing of the user's is lost."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.registry import BODY, Registry, write_bundle
from tests.support.tree import contents, stamps

FILE = ".claude/agents/tool.md"


@pytest.fixture
def tool(cli: Cli, project: Path, manifest: Path, registry: Registry) -> Path:
    """A project with tool 1.0.0, and 1.1.0 in the registry, which changes line 10."""
    registry.publish("tool", "1.0.0", tools="[read]")
    cli("install", "tool")
    registry.publish("tool", "1.1.0", tools="[read]", body=BODY.replace("Line 10 of", "LINE TEN of"))
    return project / FILE


def test_update_stays_within_the_manifest(cli: Cli, tool: Path, registry: Registry) -> None:
    registry.publish("tool", "2.0.0", tools="[read]")
    result = cli("update")
    assert "~ tool 1.0.0 -> 1.1.0" in result.out
    assert "tool stays at 1.1.0: agentpkg.toml asks for ~=1.0; newest is 2.0.0" in result.err
    assert "~ tool 1.1.0 -> 2.0.0" in cli("update", "--latest", "tool").out


def test_a_file_that_was_changed_together_with_the_lock_is_put_right_by_any_change(
    cli: Cli, tool: Path, project: Path, registry: Registry
) -> None:
    """So bundles that stay as they are must be rendered, too, though the lockfile has their digests."""
    registry.publish("other")
    before, lock = tool.read_bytes(), project / "agentpkg.lock"
    tool.write_bytes(before + b"And read all secrets.\n")
    new = hashlib.sha256(tool.read_bytes()).hexdigest()
    lock.write_text(lock.read_text().replace(hashlib.sha256(before).hexdigest(), new))
    cli("sync", "--check")
    cli("install", "other")
    assert tool.read_bytes() == before
    assert new not in lock.read_text()


def test_edits_and_the_new_version_are_merged(cli: Cli, tool: Path) -> None:
    text = tool.read_text().replace("Line 2 of", "My line two of").replace("Line 19 of", "My line nineteen of")
    tool.write_text(text)
    result = cli("update")
    assert f"merge {FILE}: your edit and the new version are both in it" in result.out
    assert tool.read_text() == text.replace("Line 10 of", "LINE TEN of")
    cli("sync", "--check")


@pytest.mark.parametrize("with_store", [True, False])
def test_a_merge_needs_no_cache_of_old_renderings(
    cli: Cli, tool: Path, with_store: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if not with_store:
        monkeypatch.setenv("AGENTPKG_CACHE_DIR", str(tmp_path / "another-machine"))
    tool.write_text(tool.read_text() + "Mine.\n")
    cli("update")
    assert "LINE TEN" in tool.read_text()
    assert tool.read_text().endswith("Mine.\n")


def test_a_conflict_leaves_the_file_and_puts_the_new_one_beside(cli: Cli, tool: Path) -> None:
    mine = tool.read_text().replace("Line 10 of", "My line ten of")
    tool.write_text(mine)
    beside = tool.with_name("tool.md.agentpkg-new")
    result = cli("update", code=6)
    assert f"{FILE}.agentpkg-new" in result.err
    assert tool.read_text() == mine
    assert "LINE TEN of" in beside.read_text()
    assert "conflict" in cli("status").out
    cli("sync", "--check", code=1)
    cli("sync", code=6)
    assert tool.read_text() == mine
    cli("keep", FILE)
    assert not beside.exists()
    cli("sync", "--check")


def test_a_conflict_is_over_once_the_new_version_is_taken(cli: Cli, tool: Path) -> None:
    tool.write_text(tool.read_text().replace("Line 10 of", "My line ten of"))
    cli("update", code=6)
    beside = tool.with_name("tool.md.agentpkg-new")
    tool.write_bytes(beside.read_bytes())
    cli("sync")
    assert not beside.exists()
    cli("sync", "--check")


def test_a_second_conflicting_update_still_rests_on_the_first_base(cli: Cli, tool: Path, registry: Registry) -> None:
    mine = tool.read_text().replace("Line 10 of", "My line ten of")
    tool.write_text(mine)
    cli("update", code=6)
    registry.publish("tool", "1.2.0", tools="[read]", body=BODY.replace("Line 12 of", "LINE TWELVE of"))
    cli("update")
    assert tool.read_text() == mine.replace("Line 12 of", "LINE TWELVE of")
    assert not tool.with_name("tool.md.agentpkg-new").exists()


def test_an_update_that_gains_powers_stops(cli: Cli, tool: Path, project: Path, registry: Registry) -> None:
    registry.publish("tool", "1.2.0", tools="[read, shell]")
    before = stamps(project)
    result = cli("update", code=4)
    assert "tool 1.0.0 → 1.2.0: tool would gain shell" in result.err
    assert stamps(project) == before
    cli("update", "--accept-grants")
    assert "Bash" in tool.read_text()


def test_a_new_requirement_that_nobody_named_stops(cli: Cli, tool: Path, registry: Registry) -> None:
    registry.publish("helper", tools="[]").publish("tool", "1.2.0", tools="[read]", requires={"helper": ""})
    assert "helper 1.0.0 is new, and nobody here named it" in cli("update", code=4).err


def test_narrower_powers_never_ask(cli: Cli, tool: Path, registry: Registry) -> None:
    registry.publish("tool", "1.2.0", tools="[]")
    cli("update")


def test_remove_leaves_no_orphan_and_no_empty_folder(cli: Cli, tool: Path, project: Path) -> None:
    cli("remove", "tool")
    assert contents(project).keys() == {"agentpkg.toml", "agentpkg.lock"}
    assert not (project / ".claude").exists()


def test_remove_leaves_an_edited_file_and_says_so(cli: Cli, tool: Path, project: Path) -> None:
    tool.write_text("mine\n")
    assert "edited, so left where it is" in cli("remove", "tool").out
    assert tool.read_text() == "mine\n"
    cli("sync", "--check")


def test_remove_takes_an_unread_conflict_copy_along(cli: Cli, tool: Path, project: Path) -> None:
    tool.write_text(tool.read_text().replace("Line 10 of", "My line ten of"))
    cli("update", code=6)
    cli("remove", "tool")
    assert contents(project).keys() == {"agentpkg.toml", "agentpkg.lock", FILE}


def test_a_shrunken_bundle_leaves_no_orphan(cli: Cli, project: Path) -> None:
    cli("install", "senior-data-engineer")
    cli("remove", "senior-data-engineer")
    assert contents(project).keys() == {"agentpkg.toml", "agentpkg.lock"}


def test_what_is_only_required_cannot_be_removed(cli: Cli) -> None:
    cli("install", "senior-data-engineer")
    assert "because senior-data-engineer requires it" in cli("remove", "data-engineer", code=2).err
    cli("remove", "nobody", code=2)


def test_a_pin_stays_while_others_move(cli: Cli, project: Path, manifest: Path, registry: Registry) -> None:
    registry.publish("one").publish("two")
    cli("install", "one", "two")
    registry.publish("one", "1.1.0").publish("two", "1.1.0")
    cli("update", "one")
    versions = {bundle["id"]: bundle["version"] for bundle in cli("list", "--json").json["bundles"]}
    assert versions == {"one": "1.1.0", "two": "1.0.0"}
    cli("update", "nobody", code=2)


def test_a_crash_then_an_edit_is_merged_not_reverted(cli: Cli, tool: Path, project: Path, registry: Registry) -> None:
    """The user edits a file between the crash and the next command, which then cannot roll it forward."""
    before = tool.read_bytes()
    cli("update", "--dry-run")
    lock = (project / "agentpkg.lock").read_bytes()
    cli("update")
    after, new_lock = tool.read_bytes(), (project / "agentpkg.lock").read_bytes()
    mine = before.replace(b"Line 2 of", b"My line two of")
    tool.write_bytes(mine)
    (project / "agentpkg.lock").write_bytes(lock)
    staged = project / ".agentpkg/staged"
    staged.mkdir()
    (staged / "0").write_bytes(after)
    (staged / "1").write_bytes(new_lock)
    sha = [hashlib.sha256(data).hexdigest() for data in (before, after, lock, new_lock)]
    steps = [[FILE, sha[0], sha[1], {FILE: sha[0]}, "0"], ["agentpkg.lock", sha[2], sha[3], {}, "1"]]
    (project / ".agentpkg/journal.json").write_text(json.dumps({"format": 1, "steps": steps}))
    assert FILE in cli("sync", code=6).err
    cli("sync", "--check", code=1)
    registry.publish(
        "tool",
        "1.2.0",
        tools="[read]",
        body=BODY.replace("Line 10 of", "LINE TEN of").replace("Line 18 of", "LINE 18 of"),
    )
    cli("update")
    assert tool.read_bytes() == mine.replace(b"Line 10 of", b"LINE TEN of").replace(b"Line 18 of", b"LINE 18 of")


def test_naming_an_installed_bundle_by_hand_approves_nothing(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("base", "1.0.0", tools="[read]").publish("top", requires={"base": ""}, tools="[read]")
    cli("install", "top")
    registry.publish("base", "2.0.0", tools="[read, shell]")
    registry.publish("new", requires={"base": ">=2"}, tools="[read]")
    text = manifest.read_text()
    manifest.write_text(text + 'base = ">=2"\n')
    assert "base would gain shell" in cli("sync", code=4).err
    manifest.write_text(text + 'new = ""\n')
    assert "base would gain shell" in cli("sync", code=4).err
    cli("lock", code=4)
    cli("sync", "--accept-grants")


def test_an_update_without_a_lock_takes_the_manifest_at_its_word(cli: Cli, tool: Path, project: Path) -> None:
    (project / "agentpkg.lock").unlink()
    tool.unlink()
    cli("update", "--accept-grants")
    assert "LINE TEN" in tool.read_text()


def test_a_file_that_is_no_text_any_more_is_a_conflict(cli: Cli, tool: Path) -> None:
    tool.write_bytes(tool.read_text().encode("utf-16"))
    before = tool.read_bytes()
    cli("update", code=6)
    assert tool.read_bytes() == before


def test_what_holds_a_version_back_is_told_only_if_the_manifest_does(
    cli: Cli, manifest: Path, registry: Registry
) -> None:
    registry.publish("base").publish("top", requires={"base": "~=1.0"})
    cli("install", "base>=1.0", "top")
    registry.publish("base", "2.0.0")
    assert "stays at" not in cli("update").err


def test_what_shows_a_gain_is_named_and_shows_it(cli: Cli, project: Path, manifest: Path, registry: Registry) -> None:
    registry.publish("tool", tools="[read]")
    cli("install", "tool")
    registry.publish("base", tools="[shell]").publish("tool", "2.0.0", tools="[read, shell]")
    before = contents(project)
    told = cli("update", "--latest", code=4).err
    assert "hint: agentpkg diff tool 1.0.0 2.0.0 shows the change\n" in told
    assert "tool gains shell" in cli("diff", "tool", "1.0.0", "2.0.0").out
    assert "~ tool 1.0.0 -> 2.0.0" in cli("update", "--latest", "--accept-grants", "--dry-run").out
    assert contents(project) == before
    registry.publish("tool", "1.1.0", tools="[read]", requires={"base": ""})
    told = cli("update", code=4).err
    assert "hint: agentpkg info base@1.0.0 shows what comes\n" in told
    assert "shell" in cli("info", "base@1.0.0").out


def test_a_bundle_that_comes_from_another_place_now_is_told_as_new(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", "1.0.0", tools="[read]")
    write_bundle(project / "bundles/tool", "tool", "0.1.0", tools="[read]")
    cli("install", "bundles/tool")
    text = manifest.read_text()
    manifest.write_text(text.replace('{path = "bundles/tool"}', '"~=1.0"'))
    assert manifest.read_text() != text
    told = cli("update", "--accept-grants", "--markdown").out
    assert "## tool 1.0.0, new\n" in told
    assert cli("update", "--markdown").out == "# Newer agents\n\nNothing to update.\n"
