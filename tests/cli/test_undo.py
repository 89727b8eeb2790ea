"""`agentpkg undo`: the last command is taken back byte for byte, or nothing is."""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agentpkg import apply
from agentpkg.files import DiskFile, file_digest
from agentpkg.hosts import HOSTS
from agentpkg.lockfile import Lockfile
from agentpkg.manifest import parse_manifest
from agentpkg.ops.session import Options
from agentpkg.ops.undo import check_approved, is_known
from agentpkg.project import find_project
from agentpkg.review import PowersGained
from agentpkg.undo import Cause, Kept, Record, place_record, read_record, stage_record
from tests.support.cli import Cli, Result
from tests.support.registry import BODY, Registry, agent_text
from tests.unit.builders import a_locked_bundle

RECORD = ".agentpkg/undo"
TOOL = ".claude/agents/tool.md"
MODES = "customModes:\r\n- slug: theirs\r\n  name: Theirs\r\n  roleDefinition: Text.\r\n  groups: [read]\r\n# end\r\n"
posix = pytest.mark.skipif(os.name != "posix", reason="permissions are told in POSIX terms")
Snapshot = dict[str, tuple[int, bytes] | None]


def look(root: Path) -> Snapshot:
    """Return every file below `root` with permissions and bytes, and every folder; not what is this machine's alone."""
    found: Snapshot = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        mine = name.startswith((".git/", ".local", ".cache", ".agentpkg/state")) or name in (".git", ".agentpkg")
        if mine or name in (RECORD, ".agentpkg/lock", ".agentpkg/.gitignore"):
            continue
        found[name] = (stat.S_IMODE(path.stat().st_mode), path.read_bytes()) if path.is_file() else None
    return found


@pytest.fixture
def world(registry: Registry) -> Registry:
    """A registry with team 1.0.0 and 1.1.0, in which every agent changes but one that goes, and solo."""
    names = ("ana", "ben", "cid", "dee", "eve")
    skill = {"skills/look/SKILL.md": "---\nname: look\ndescription: Looks.\n---\nLook.\n"}
    old = {f"agents/{name}.md": agent_text(name, tools="[read]") for name in names}
    registry.publish("team", "1.0.0", files={**old, **skill, "skills/look/run.sh": "echo 1\n"})
    registry.publish("solo", tools="[read]")
    return registry


def publish_next(registry: Registry) -> None:
    body = BODY.replace("Line 10 of", "LINE TEN of")
    new = {f"agents/{name}.md": agent_text(name, body=body, tools="[read]") for name in ("ana", "ben", "cid", "dee")}
    registry.publish("team", "1.1.0", files=new)


@pytest.fixture(params=["project", "home"])
def everywhere(request: pytest.FixtureRequest, cli: Cli, world: Registry) -> tuple[Path, Callable[..., Result]]:
    """A project, or a home, in which files of team are edited, kept, deleted, of other line endings or permissions."""
    home = request.param == "home"
    root = Path.home() if home else cli.folder
    flags = ("--global",) if home else ()
    manifest = root / (".agentpkg/agentpkg.toml" if home else "agentpkg.toml")
    manifest.parent.mkdir(exist_ok=True)
    manifest.write_text(
        f'[project]\nhosts = ["claude", "zoo"]\n[hosts.zoo]\nwidening = "allow"\n'
        f'[registries.default]\nurl = "{world.url}"\n'
    )
    if not home:
        (root / ".roomodes").write_bytes(MODES.encode())

    def run(*arguments: str, code: int = 0) -> Result:
        return cli.at(root)(*arguments, *flags, code=code)

    run("install", "team")
    publish_next(world)
    agents = root / ".claude/agents"
    (agents / "ana.md").write_text((agents / "ana.md").read_text().replace("Line 2 of", "My line two of"))
    (agents / "ben.md").write_bytes((agents / "ben.md").read_bytes().replace(b"\n", b"\r\n"))
    (agents / "cid.md").write_text((agents / "cid.md").read_text().replace("Line 10 of", "My line ten of"))
    (agents / "mine.md").write_text("Mine.\n")
    (agents / "dee.md").unlink()
    (agents / "eve.md").chmod(0o444)
    (root / ".claude/skills/look/run.sh").chmod(0o755)
    run("keep", ".claude/agents/dee.md")
    return root, run


@posix
def test_every_byte_comes_back_and_goes_again(everywhere: tuple[Path, Callable[..., Result]]) -> None:
    root, run = everywhere
    for command, code in (("install solo", 0), ("update", 6), ("remove team", 0), ("sync --keep-deleted", 0)):
        if command.startswith("sync"):
            (root / ".claude/agents/ben.md").unlink()
        before = look(root)
        run(*command.split(), code=code)
        after = look(root)
        assert before != after
        if command == "update":
            check_update(root, after)
        run("undo", "--dry-run", "--accept-grants")
        assert look(root) == after
        assert "agentpkg undo brings it back" in run("undo", "--accept-grants").err
        assert look(root) == before
        assert "agentpkg undo takes it back" in run("undo", "--accept-grants").err
        assert look(root) == after
        run("undo", "--accept-grants")
        assert look(root) == before


def check_update(root: Path, after: Snapshot) -> None:
    """Fail unless the update meets what it is for."""
    assert ".claude/agents/cid.md.agentpkg-new" in after
    assert ".claude/agents/eve.md" not in after
    assert ".claude/agents/dee.md" not in after
    assert b"My line two of" in (root / ".claude/agents/ana.md").read_bytes()
    assert b"LINE TEN of the prompt.\r\n" in (root / ".claude/agents/ben.md").read_bytes()
    if root != Path.home():
        shared = (root / ".roomodes").read_bytes()
        assert b"slug: theirs\r\n" in shared
        assert b"LINE TEN" in shared


@pytest.fixture
def tool(cli: Cli, project: Path, manifest: Path, registry: Registry) -> Registry:
    """A project with tool 1.0.0, which may use a shell, and 1.1.0 in the registry, which may not."""
    registry.publish("tool", "1.0.0", tools="[read, shell]")
    cli("install", "tool")
    return registry.publish("tool", "1.1.0", tools="[read]")


def test_a_project_that_began_with_the_command_is_empty_again(
    cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["agentpkg", "-q", "install", "data-engineer", "--host", "claude"])
    cli("install", "data-engineer", "--host", "claude", "--offline")
    result = cli("undo")
    assert result.out.splitlines()[0] == "taken back: agentpkg install data-engineer"
    assert result.out.splitlines()[2:] == [
        "  delete .claude/agents/data-engineer.md",
        "  delete agentpkg.toml",
        "  delete agentpkg.lock",
    ]
    assert look(project) == {}
    assert cli("undo", "--dry-run").out.startswith("would be brought back: agentpkg install data-engineer\n+ ")


def test_the_document_says_the_same(cli: Cli, project: Path, tool: Registry) -> None:
    result = cli("undo", "--json").json
    assert (result["changed"], result["back"], result["left"], result["accepted"]) == (True, False, [], [])
    assert result["bundles"] == [{"id": "tool", "before": "1.0.0", "after": None, "grants": {}}]
    assert {"path": TOOL, "action": "delete"} in result["files"]


def test_keep_lock_and_the_edit_of_a_manifest_are_commands_too(cli: Cli, project: Path, tool: Registry) -> None:
    for command in (("registry", "add", "other", "https://git.example/a.git", "--offline"), ("lock",), ("keep", TOOL)):
        (project / TOOL).write_text((project / TOOL).read_text() + "Mine.\n")
        before = look(project)
        if command == ("lock",):
            text = (project / "agentpkg.toml").read_text().replace('hosts = ["claude"]', 'hosts = ["claude", "codex"]')
            (project / "agentpkg.toml").write_text(text)
            before = look(project)
        cli(*command)
        assert look(project) != before
        cli("undo")
        assert look(project) == before


def test_where_something_changed_since_nothing_is_undone(cli: Cli, project: Path, tool: Registry) -> None:
    cli("update")
    (project / TOOL).write_text("Mine.\n")
    before = look(project)
    for arguments in (("undo",), ("undo", "--dry-run"), ("undo", "--accept-grants")):
        result = cli(*arguments, code=6)
        assert result.err.splitlines()[:2] == [
            "error: files changed since the last command; nothing was undone",
            f"  {TOOL}",
        ]
        assert look(project) == before


def test_a_link_in_the_place_of_a_file_is_a_change(cli: Cli, project: Path, tool: Registry) -> None:
    copy = project / "copy"
    shutil.move(project / TOOL, copy)
    (project / TOOL).symlink_to(copy)
    cli("undo", code=6)
    assert copy.exists()


def test_a_link_is_no_file_without_a_byte() -> None:
    kept = Kept(path=TOOL, before=b"", after=None)
    assert is_known(kept, DiskFile(content=b"", sha256=file_digest(b"")))
    assert not is_known(kept, DiskFile(content=b"", sha256="", odd="a link"))


def test_what_somebody_deleted_that_would_go_is_no_hindrance(cli: Cli, project: Path, tool: Registry) -> None:
    (project / TOOL).unlink()
    assert f"delete {TOOL}" not in cli("undo").out
    assert not (project / "agentpkg.lock").exists()


def test_what_somebody_put_back_by_hand_is_no_hindrance(cli: Cli, project: Path, tool: Registry) -> None:
    old = (project / TOOL).read_bytes()
    before = look(project)
    cli("update")
    (project / TOOL).write_bytes(old)
    cli("undo", "--accept-grants")
    assert look(project) == before


def test_powers_that_come_back_need_a_yes(cli: Cli, project: Path, tool: Registry) -> None:
    before = look(project)
    cli("update")
    after = look(project)
    for arguments in (("undo",), ("undo", "--yes"), ("undo", "--dry-run")):
        result = cli(*arguments, code=4)
        assert "tool 1.1.0 → 1.0.0: tool would gain shell" in result.err
        assert look(project) == after
    assert "accepted: tool 1.1.0 → 1.0.0: tool would gain shell" in cli("undo", "--accept-grants").out
    assert look(project) == before
    cli("undo")
    assert look(project) == after


def test_a_bundle_that_the_manifest_names_comes_back_with_its_powers_shown(cli: Cli, tool: Registry) -> None:
    cli("remove", "tool")
    assert "    tool may use: read, shell" in cli("undo").out


def test_what_such_a_bundle_requires_comes_along(cli: Cli, project: Path, tool: Registry) -> None:
    tool.publish("lead", requires={"base": ""}, tools="[read]").publish("base", tools="[shell]")
    cli("install", "lead")
    before = look(project)
    cli("remove", "lead")
    cli("undo")
    assert look(project) == before


def test_a_bundle_that_nobody_names_any_more_needs_a_yes(cli: Cli, project: Path, tool: Registry) -> None:
    manifest = project / "agentpkg.toml"
    manifest.write_text(manifest.read_text().replace('tool = "~=1.0"\n', ""))
    cli("sync")
    assert "tool would hold read, shell" in cli("undo", code=4).err
    cli("undo", "--accept-grants")
    assert (project / TOOL).exists()


def test_a_bundle_that_another_no_longer_requires_needs_a_yes(cli: Cli, project: Path, tool: Registry) -> None:
    tool.publish("lead", "1.0.0", requires={"base": ""}, tools="[read]").publish("base", tools="[shell]")
    cli("install", "lead")
    tool.publish("lead", "1.1.0", tools="[read]")
    cli("update", "lead")
    assert "base would hold shell" in cli("undo", code=4).err


def test_no_bundle_takes_the_place_of_its_namesake_unasked() -> None:
    old = Lockfile(bundles={"tool": a_locked_bundle({"tool": ("shell",)})})
    manifest = parse_manifest('[project]\nhosts = ["claude"]\n[bundles]\ntool = "~=1.0"\n', HOSTS)
    namesake = Lockfile(bundles={"acme/tool": a_locked_bundle({"tool": ("read",)})})
    with pytest.raises(PowersGained, match="gain powers"):
        check_approved(namesake, old, manifest, frozenset(), Options())
    assert check_approved(Lockfile(), old, manifest, frozenset(), Options()) == ()


def test_there_is_nothing_to_undo_where_nothing_was_done(cli: Cli, project: Path) -> None:
    assert "there is nothing to undo in" in cli("undo", code=1).err
    assert not (project / ".agentpkg").exists()
    assert "error" in cli("undo", "--json", code=1).json


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def test_a_record_that_is_damaged_undoes_nothing(cli: Cli, project: Path, tool: Registry) -> None:
    before, whole = look(project), (project / RECORD).read_bytes()
    flipped = whole[:-1] + bytes([whole[-1] ^ 1])
    for data in (flipped, whole[:-1], whole + b"\n", b"", whole[65:], b"-" * 64 + whole[64:]):
        (project / RECORD).write_bytes(data)
        assert "is damaged, or was not made by you in this folder on this machine" in cli("undo", code=1).err
        assert look(project) == before
    (project / RECORD).write_bytes(whole)
    cli("undo")


def test_a_record_that_came_along_undoes_nothing(
    cli: Cli, project: Path, tool: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in another folder, nor on another machine, though every file is as the record has it."""
    clone = tmp_path / "clone"
    shutil.copytree(project, clone)
    before = look(clone)
    assert "was not made by you" in cli.at(clone)("undo", code=1).err
    assert look(clone) == before
    with monkeypatch.context() as patch:
        patch.setenv("AGENTPKG_STATE_DIR", str(tmp_path / "another-machine"))
        assert "was not made by you" in cli("undo", code=1).err
        assert look(project) == before
    cli("undo")


@pytest.mark.parametrize("kind", ["link", "folder"])
def test_a_record_that_is_no_file_is_refused(
    cli: Cli, project: Path, tool: Registry, tmp_path: Path, kind: str
) -> None:
    """Not even one that leads to a sound record, and before anything is decided by it or staged for another."""
    sound = tmp_path / "sound"
    shutil.move(project / RECORD, sound)
    (project / RECORD).symlink_to(sound) if kind == "link" else (project / RECORD).mkdir()
    before = look(project)
    cli("undo", code=3)
    cli("update", code=3)
    assert look(project) == before


def test_no_record_reaches_what_is_not_agentpkgs(cli: Cli, project: Path, tool: Registry) -> None:
    """Not even one with a seal."""
    settings = project / ".claude/settings.json"
    for path in (".claude/settings.json", "../outside", ".git/hooks/post-checkout"):
        kept = Kept(path=path, before=b"evil", after=None)
        (project / ".agentpkg/staged").mkdir(exist_ok=True)
        stage_record(find_project(project), Record(cause=Cause(words="install"), files=(kept,)))
        shutil.move(project / ".agentpkg/staged/undo", project / RECORD)
        assert "is not a place for an agent or a skill" in cli("undo", code=3).err
        assert not settings.exists()


@posix
def test_without_a_folder_for_the_key_the_command_happens_and_cannot_be_undone(
    cli: Cli, project: Path, tool: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AGENTPKG_STATE_DIR", str(tmp_path / "file/below"))
    (project / TOOL).write_text((project / TOOL).read_text() + "Mine.\n")
    cli("keep", TOOL)
    before = look(project)
    assert "was not made by you" in cli("undo", code=1).err
    assert look(project) == before


@posix
def test_key_and_record_are_for_the_user_alone(cli: Cli, project: Path, tool: Registry) -> None:
    (key,) = Path.home().rglob("undo.key")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (key, project / RECORD)] == [0o600, 0o600]
    assert not key.is_relative_to(project)


def test_a_key_that_was_cut_short_is_made_anew(cli: Cli, project: Path, tool: Registry) -> None:
    (key,) = Path.home().rglob("undo.key")
    key.write_bytes(b"")
    assert "was not made by you" in cli("undo", code=1).err
    (project / TOOL).write_text((project / TOOL).read_text() + "Mine.\n")
    cli("keep", TOOL)
    assert len(key.read_bytes()) == 32
    cli("undo")


def test_a_run_that_was_cut_short_is_finished_first(
    cli: Cli, project: Path, tool: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = look(project)
    with monkeypatch.context() as patch:
        patch.setattr(apply, "_roll_forward", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        cli("update", code=130)
    assert "an earlier run was cut short" in cli("undo", "--dry-run", code=1).err
    cli("undo", "--accept-grants")
    assert look(project) == before


@pytest.mark.parametrize("placed", [False, True])
def test_what_is_recorded_outlives_a_run_that_is_cut_short(
    cli: Cli, project: Path, tool: Registry, monkeypatch: pytest.MonkeyPatch, placed: bool
) -> None:
    """Before its record is in place, and between that and the end of the journal."""
    before = look(project)

    def cut(state: Path) -> None:
        if placed:
            place_record(state)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(apply, "place_record", cut)
        cli("update", code=130)
    cli("sync")
    cli("undo", "--accept-grants")
    assert look(project) == before


def test_what_is_edited_while_an_undo_waits_rests_on_what_it_was_made_of(
    cli: Cli, project: Path, tool: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("update")
    path, newer = project / TOOL, (project / TOOL).read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(apply, "_roll_forward", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        cli("undo", "--accept-grants", code=130)
    path.write_bytes(newer + b"Mine.\n")
    assert TOOL in cli("sync", code=6).err
    assert path.read_bytes() == newer + b"Mine.\n"
    lock = json.loads((project / "agentpkg.lock").read_text())
    assert (lock["bundles"]["tool"]["version"], lock["files"][TOOL]["base"]) == ("1.0.0", file_digest(newer))


def test_only_the_last_command_is_taken_back(cli: Cli, project: Path, tool: Registry) -> None:
    tool.publish("other", tools="[read]")
    before = look(project)
    cli("install", "other")
    cli("install", "other")  # changes nothing, so it is none
    cli("undo")
    assert look(project) == before


def test_folders_of_bundles_stay_and_are_told(cli: Cli, project: Path, manifest: Path) -> None:
    path = project / ".claude/agents/ana.md"
    path.parent.mkdir(parents=True)
    path.write_text("---\nname: ana\ndescription: Use ana.\ntools: Read\n---\nText.\n")
    before = look(project)
    cli("adopt")
    result = cli("undo")
    assert "bundles/ana stays: undo takes away no bundle's folder" in result.err
    after = look(project)
    assert {name: file for name, file in after.items() if not name.startswith("bundles")} == before
    assert (project / "bundles/ana/bundle.toml").exists()
    assert "stays" not in cli("undo").err
    assert json.loads((project / "agentpkg.lock").read_text())["bundles"].keys() == {"ana"}
    assert cli("undo", "--json").json["left"] == ["bundles/ana"]


def cut_short(patch: pytest.MonkeyPatch, cli: Cli, *arguments: str) -> None:
    """Run a command that is ended just after its journal is in place."""
    with patch.context() as inner:
        inner.setattr(apply, "_roll_forward", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        cli(*arguments, code=130)


def test_an_undo_that_was_cut_short_and_is_asked_for_again_is_finished_and_no_more(
    cli: Cli, project: Path, tool: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In both directions; and what it then takes back is what it did."""
    before = look(project)
    cli("update")
    after = look(project)
    cut_short(monkeypatch, cli, "undo", "--accept-grants")
    result = cli("undo")
    told = "which an undo before began; nothing else was done"
    assert result.out == f"finished: taking back {words(project)}, {told}\n"
    assert "agentpkg undo brings it back" in result.err
    assert look(project) == before
    cut_short(monkeypatch, cli, "undo")
    result = cli("undo", "--json")
    assert (result.json["changed"], result.json["back"], result.json["files"]) == (True, True, [])
    assert look(project) == after
    cli("undo", "--accept-grants")
    assert look(project) == before


def words(project: Path) -> str:
    """Return the command that the record names: under the tests it is that of the test run."""
    return f"agentpkg {json.loads((project / RECORD).read_bytes().splitlines()[1])['words']}".rstrip()


def test_folders_that_were_there_before_the_command_stay(
    cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though they are empty, and also where the undo was cut short: `init` finds a host by them."""
    (project / ".claude").mkdir()
    cli("install", "data-engineer", "--offline")
    after = look(project)
    cli("undo")
    assert look(project) == {".claude": None}
    cli("undo", "--accept-grants")
    assert look(project) == after
    cut_short(monkeypatch, cli, "undo")
    cli("undo")
    assert look(project) == {".claude": None}


def test_a_record_without_folders_is_one_all_the_same(cli: Cli, project: Path) -> None:
    (project / ".claude").mkdir()
    cli("install", "data-engineer", "--offline")
    record = replace(read_record(find_project(project)), folders=None)
    (project / ".agentpkg/staged").mkdir()
    stage_record(find_project(project), record)
    place_record(project / ".agentpkg")
    cli("undo")
    assert look(project) == {}


def test_nothing_is_brought_back_that_needs_a_folder_which_is_gone(cli: Cli, project: Path, manifest: Path) -> None:
    path = project / ".claude/agents/ana.md"
    path.parent.mkdir(parents=True)
    path.write_text("---\nname: ana\ndescription: Use ana.\ntools: Read\n---\nText.\n")
    cli("adopt")
    cli("undo")
    shutil.move(project / "bundles/ana", project / "elsewhere")
    before = look(project)
    result = cli("undo", code=6)
    assert "made are gone; nothing was brought back\n  bundles/ana\n" in result.err
    assert look(project) == before
    shutil.move(project / "elsewhere", project / "bundles/ana")
    cli("undo")
    shutil.rmtree(project / "bundles/ana")
    assert "stays" not in cli("undo").err


def test_what_is_adopted_anew_after_an_undo_says_what_is_in_the_way(cli: Cli, project: Path, manifest: Path) -> None:
    path = project / ".claude/agents/ana.md"
    path.parent.mkdir(parents=True)
    path.write_text("---\nname: ana\ndescription: Use ana.\ntools: Read\n---\nText.\n")
    cli("adopt")
    cli("undo")
    path.write_text(path.read_text() + "More.\n")
    assert "(an adopt that was undone leaves its folders)" in cli("adopt", code=6).err


def test_a_pin_and_an_override_are_taken_back(cli: Cli, project: Path, tool: Registry) -> None:
    for command in (("pin", "tool"), ("override", "tool", "--tools", "read"), ("unpin", "tool")):
        before = look(project)
        cli(*command)
        after = look(project)
        assert before != after
        if command[0] == "override":
            assert "would gain shell" in cli("undo", code=4).err
            assert look(project) == after
        cli("undo", "--accept-grants")
        assert look(project) == before
        cli("undo", "--accept-grants")
        assert look(project) == after


def test_a_widened_rendering_does_not_come_back_unasked(
    cli: Cli, project: Path, manifest: Path, world: Registry
) -> None:
    base = manifest.read_text()
    wide = base.replace('["claude"]', '["claude", "codex"]') + '\n[hosts.codex]\nwidening = "allow"\n'
    manifest.write_text(wide)
    cli("install", "solo")
    installed = manifest.read_text()
    manifest.write_text(installed.replace('["claude", "codex"]', '["claude"]').partition("\n[hosts.codex]")[0] + "\n")
    cli("sync")
    before = look(project)
    assert "solo 1.0.0: solo on codex would gain what this host cannot hold back" in cli("undo", "--yes", code=4).err
    assert look(project) == before
    manifest.write_text(installed)
    cli("undo")
    assert (project / ".codex/agents/solo.toml").exists()
