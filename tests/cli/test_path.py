"""Bundles of the project itself: found by a path in the manifest, noticed when they change, held to approvals."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.support.registry import BODY, Registry, agent_text, write_bundle
from tests.support.tree import contents, stamps

FOLDER = "bundles/tool"
FILE = ".claude/agents/tool.md"


@pytest.fixture
def folder(project: Path, manifest: Path) -> Path:
    """A bundle in the project, which the manifest names."""
    add_line(manifest, 'tool = { path = "bundles/tool" }')
    return write_bundle(project / FOLDER, "tool", "1.0.0", tools="[read]")


@pytest.fixture
def tool(cli: Cli, folder: Path) -> Path:
    """The same, installed."""
    cli("sync")
    return folder


def add_line(manifest: Path, line: str) -> None:
    manifest.write_text(f"{manifest.read_text()}{line}\n")


def locked(project: Path, bundle: str = "tool") -> Any:
    return json.loads((project / "agentpkg.lock").read_text())["bundles"][bundle]


def refused(cli: Cli, *arguments: str, code: int) -> str:
    """Run a command that must fail, see that nothing changed, and return what it says."""
    before = contents(cli.folder)
    told = cli(*arguments, code=code).err
    assert contents(cli.folder) == before
    return told


def test_a_bundle_of_the_project_is_rendered_and_locked(cli: Cli, project: Path, tool: Path) -> None:
    assert BODY in (project / FILE).read_text()
    found = locked(project)
    assert (found["registry"], found["version"], found["commit"]) == ("path::bundles/tool", "1.0.0", "none")
    assert found["wanted"] == {"path": "bundles/tool", "version": ""}
    assert found["grants"] == {"tool": ["read"]}
    before = stamps(project)
    assert cli("sync").out == "nothing to do\n"
    assert cli("sync", "--check").out == "in sync\n"
    cli("sync", "--frozen")
    assert stamps(project) == before


def test_the_lock_is_the_same_on_every_machine(cli: Cli, project: Path, tool: Path, tmp_path: Path) -> None:
    other = shutil.copytree(project, tmp_path / "elsewhere" / "project")
    assert cli.at(other)("sync").out == "nothing to do\n"
    (other / "agentpkg.lock").unlink()
    shutil.rmtree(other / ".claude")
    cli.at(other)("sync")
    assert contents(other) == contents(project)


def test_a_change_of_the_folder_is_noticed_and_rendered_again(cli: Cli, project: Path, tool: Path) -> None:
    write_bundle(tool, "tool", "1.0.0", tools="[read]", body=f"{BODY}\nMore.")
    assert "bundles/tool, which tool comes from, has changed" in refused(cli, "sync", "--check", code=1)
    assert "has changed" in refused(cli, "sync", "--frozen", code=5)
    assert "has changed" in refused(cli, "install", "tool", "--frozen", code=5)
    assert "bundles/tool, which tool comes from, has changed: run agentpkg sync" in cli("status").out
    assert cli("sync", "--dry-run").out == f"  update {FILE}\n  update agentpkg.lock\n"
    cli("sync")
    assert "More." in (project / FILE).read_text()
    assert cli("sync").out == "nothing to do\n"


def test_a_file_that_is_added_to_the_folder_is_a_change_as_well(cli: Cli, tool: Path) -> None:
    (tool / "README.md").write_text("About it.\n")
    refused(cli, "sync", "--check", code=1)
    cli("sync")
    cli("sync", "--check")


def test_an_edit_is_merged_with_a_change_of_the_folder(cli: Cli, project: Path, tool: Path) -> None:
    file = project / FILE
    file.write_text(file.read_text().replace("Line 1 of", "My line 1 of"))
    write_bundle(tool, "tool", "1.0.0", tools="[read]", body=BODY.replace("Line 20", "Its line 20"))
    cli("sync")
    assert "My line 1 of" in file.read_text()
    assert "Its line 20 of" in file.read_text()
    cli("sync", "--check")


def test_an_edit_of_the_same_line_waits_for_a_person(cli: Cli, project: Path, tool: Path) -> None:
    file = project / FILE
    file.write_text(file.read_text().replace("Line 1 of", "My line 1 of"))
    write_bundle(tool, "tool", "1.0.0", tools="[read]", body=BODY.replace("Line 1 of", "Its line 1 of"))
    cli("sync", code=6)
    assert "My line 1 of" in file.read_text()
    assert "Its line 1 of" in (project / f"{FILE}.agentpkg-new").read_text()


def test_line_endings_of_a_checkout_are_no_change(cli: Cli, project: Path, tool: Path) -> None:
    for path in tool.rglob("*.*"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = stamps(project)
    assert cli("sync").out == "nothing to do\n"
    cli("audit")
    (project / "agentpkg.lock").unlink()
    cli("sync")
    assert stamps(project)[FILE] == before[FILE]


def test_another_version_is_taken_as_it_is(cli: Cli, project: Path, tool: Path) -> None:
    write_bundle(tool, "tool", "2.0.0rc1", tools="[read]")
    assert "~ tool 1.0.0 -> 2.0.0rc1" in cli("sync").out
    assert locked(project)["version"] == "2.0.0rc1"
    cli("sync", "--check")


def test_a_version_that_does_not_fit_is_refused(cli: Cli, manifest: Path, tool: Path) -> None:
    manifest.write_text(manifest.read_text().replace('"bundles/tool"', '"bundles/tool", version = "~=1.0"'))
    cli("sync")
    write_bundle(tool, "tool", "2.0.0", tools="[read]")
    assert "tool has 2.0.0" in refused(cli, "sync", code=1)


def test_hosts_agents_and_other_names_go_with_a_path(cli: Cli, project: Path, manifest: Path) -> None:
    files = {f"agents/{name}.md": agent_text(name, tools="[read]") for name in ("one", "two")}
    write_bundle(project / "more/pair", "pair", files=files)
    limits = 'hosts = ["copilot"], agents = ["two"], as = { two = "deux" }'
    add_line(manifest, f'pair = {{ path = "more/pair", {limits} }}')
    cli("sync")
    assert (project / ".github/agents/deux.agent.md").is_file()
    assert not (project / ".claude").exists()
    assert cli("sync").out == "nothing to do\n"


def test_what_a_local_bundle_requires_comes_from_the_registry_of_its_id(
    cli: Cli, project: Path, registry: Registry, folder: Path
) -> None:
    registry.publish("base", tools="[read]")
    write_bundle(folder, "tool", requires={"base": "~=1.0"}, tools="[read]")
    told = refused(cli, "sync", code=4)  # the registry is a folder of this machine, which no manifest can vouch for
    assert "base 1.0.0 is new, and nobody here named it" in told
    assert "tool" not in told.split("base 1.0.0 is new")[0]
    cli("sync", "--accept-grants")
    assert locked(project, "base")["registry"] == registry.url
    assert cli("sync").out == "nothing to do\n"


def test_a_required_bundle_that_the_manifest_has_by_path_comes_from_there(
    cli: Cli, project: Path, manifest: Path, registry: Registry, folder: Path
) -> None:
    registry.publish("lead", requires={"tool": ">=1"}, tools="[read]").publish("tool", "1.9.0", tools="[read]")
    cli("install", "lead")
    assert locked(project)["version"] == "1.0.0"
    assert locked(project)["registry"] == "path::bundles/tool"
    write_bundle(folder, "tool", "0.9.0", tools="[read]")
    assert "lead 1.0.0 wants tool >=1" in refused(cli, "sync", code=1)


def test_a_bundle_that_leaves_its_path_comes_from_the_registry_again(
    cli: Cli, project: Path, registry: Registry, folder: Path
) -> None:
    registry.publish("lead", requires={"tool": ">=1"}, tools="[read]").publish("tool", "1.9.0", tools="[read]")
    cli("install", "lead")
    told = refused(cli, "remove", "tool", code=4)
    assert f"tool 1.0.0 → 1.9.0 would come from {registry.url}, and no longer from path::bundles/tool" in told
    cli("remove", "tool", "--accept-grants")
    assert (locked(project)["version"], locked(project)["registry"]) == ("1.9.0", registry.url)


def test_a_bundle_of_another_registry_can_lie_in_the_project(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    manifest.write_text(
        f'[project]\nhosts = ["claude"]\n[registries.acme]\nurl = "{registry.url}"\n'
        '[bundles]\n"acme/tool" = { path = "bundles/tool" }\n'
    )
    write_bundle(project / FOLDER, "tool", tools="[read]")
    cli("sync")
    assert locked(project, "acme/tool")["registry"] == "path::bundles/tool"
    assert "acme/tool  1.0.0  bundles/tool" in cli("list").out


@pytest.mark.parametrize(
    "path",
    [
        "", ".", "..", "../tool", "bundles/../tool", "./bundles/tool", "bundles//tool", "bundles/tool/",
        "/bundles/tool",
        "C:/tool", "bundles\\\\tool", "bundles/t\\u00f6ol", "bundles/tool ", "bundles/tool.", "bundles/nul", "~/tool",
        "https://git.acme.example/agents.git", "bundles/tool#x",
    ],
)  # fmt: skip
def test_a_path_that_is_no_folder_below_the_project_is_refused(cli: Cli, manifest: Path, path: str) -> None:
    add_line(manifest, f'tool = {{ path = "{path}" }}')
    told = refused(cli, "sync", code=2)
    assert "is not a folder below the project" in told
    assert "[registries.NAME]" in told


def _gone(folder: Path) -> None:
    shutil.rmtree(folder)


def _a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("no folder\n")


def _a_link(folder: Path) -> None:
    folder.rename(folder.with_name("real"))
    folder.symlink_to("real")


def _below_a_link(folder: Path) -> None:
    folder.parent.rename(folder.parent.with_name("real"))
    folder.parent.symlink_to("real")


def _another_case(folder: Path) -> None:
    folder.with_name("Tool").mkdir()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_gone, "there is no folder bundles/tool"),
        (_a_file, "bundles/tool is not a folder"),
        (_a_link, "bundles/tool is a symbolic link"),
        (_below_a_link, "bundles is a symbolic link"),
        (_another_case, "it is called bundles/Tool"),
    ],
)
def test_a_folder_that_is_not_there_is_told_and_nothing_changes(cli: Cli, tool: Path, spoil: Any, told: str) -> None:
    spoil(tool)
    assert told in refused(cli, "sync", code=2)
    assert told in refused(cli, "update", code=2)
    assert told in refused(cli, "sync", "--check", code=1)
    assert told in refused(cli, "sync", "--frozen", code=5)
    assert told in cli("status").out
    assert "tool" in cli("list").out


def test_a_folder_that_cannot_be_read_is_no_empty_one(cli: Cli, tool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tool / "README.md").write_text("About it.\n")
    before = contents(cli.folder)
    scandir = os.scandir

    def refuse(place: Any) -> Any:
        if str(place).endswith("agents"):
            raise PermissionError(errno.EACCES, "Permission denied", str(place))
        return scandir(place)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        assert f"cannot read {tool / 'agents'}" in cli("sync", code=9).err
    assert contents(cli.folder) == before


def test_a_link_in_the_folder_is_refused(cli: Cli, tool: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("Secret.\n")
    (tool / "README.md").symlink_to(tmp_path / "secret.md")
    assert "README.md is a symbolic link" in refused(cli, "sync", code=3)


def test_a_bundle_of_another_name_is_refused(cli: Cli, tool: Path) -> None:
    write_bundle(tool, "other", files={"agents/tool.md": agent_text("tool", tools="[read]")})
    assert "bundles/tool holds the bundle other, and agentpkg.toml calls it tool" in refused(cli, "sync", code=3)


@pytest.mark.parametrize("path", ["../tool", "/etc", "bundles/../../tool"])
def test_a_lock_that_names_a_folder_elsewhere_is_refused(cli: Cli, project: Path, tool: Path, path: str) -> None:
    lock = project / "agentpkg.lock"
    lock.write_text(lock.read_text().replace('"path::bundles/tool"', f'"path::{path}"'))
    for command in (["sync"], ["status"], ["update"], ["remove", "tool"]):
        assert "is not a folder below the project" in refused(cli, *command, code=3)


def test_only_the_path_of_the_manifest_is_ever_read(cli: Cli, project: Path, tool: Path) -> None:
    write_bundle(project / "other/tool", "tool", tools="[read, shell]")
    lock = project / "agentpkg.lock"
    lock.write_text(lock.read_text().replace("bundles/tool", "other/tool"))
    assert "would come from path::bundles/tool, and no longer from path::other/tool" in refused(cli, "sync", code=4)
    cli("sync", "--accept-grants")
    assert "Bash" not in (project / FILE).read_text()


# Powers


def test_a_change_of_the_folder_that_gains_powers_stops(cli: Cli, project: Path, tool: Path) -> None:
    write_bundle(tool, "tool", "1.0.0", tools="[read, shell]")
    told = refused(cli, "sync", code=4)
    assert "tool 1.0.0: tool would gain shell" in told
    assert "cannot be read" not in told
    refused(cli, "update", "--yes", code=4)
    cli("sync", "--accept-grants")
    assert locked(project)["grants"] == {"tool": ["read", "shell"]}
    write_bundle(tool, "tool", "1.0.0", tools="[read]")
    cli("sync")
    write_bundle(tool, "tool", "1.1.0", tools="[read, shell]")
    assert "tool 1.0.0 → 1.1.0: tool would gain shell" in refused(cli, "sync", code=4)
    cli("install", "tool")


def test_an_agent_under_another_name_here_is_measured_on_itself(cli: Cli, manifest: Path, tool: Path) -> None:
    manifest.write_text(manifest.read_text().replace('"bundles/tool"', '"bundles/tool", as = { tool = "mine" }'))
    cli("sync")
    write_bundle(tool, "tool", "1.0.0", tools="[read]", body="Other.\n")
    cli("sync")
    write_bundle(tool, "tool", "1.0.0", tools="[read, shell]", body="Other.\n")
    assert "mine would gain shell" in refused(cli, "sync", code=4)


def test_one_agent_under_another_name_does_not_answer_for_its_neighbour(
    cli: Cli, project: Path, manifest: Path
) -> None:
    def write(one: str) -> None:
        files = {
            "agents/one.md": agent_text("one", tools=one),
            "agents/two.md": agent_text("two", tools="[read, shell]"),
        }
        write_bundle(project / "bundles/pair", "pair", files=files)

    write("[read]")
    add_line(manifest, 'pair = { path = "bundles/pair", as = { one = "uno" } }')
    cli("sync")
    write("[read, shell]")
    assert "uno would gain shell" in refused(cli, "sync", code=4)


def test_what_a_lock_says_of_a_registry_is_no_word_on_a_folder(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", "1.0.0", tools="[read]")
    cli("install", "tool")
    lock = project / "agentpkg.lock"
    forged = json.loads(lock.read_text())
    forged["bundles"]["tool"]["grants"]["tool"] = ["read", "shell"]
    lock.write_text(json.dumps(forged))
    write_bundle(project / FOLDER, "tool", tools="[read, shell]")
    manifest.write_text(manifest.read_text().replace('"~=1.0"', '{ path = "bundles/tool" }'))
    assert "tool would gain read, shell" in refused(cli, "sync", code=4)


def test_a_bundle_that_moves_from_a_registry_into_the_project_is_asked_about(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", "1.0.0", tools="[read]")
    cli("install", "tool")
    shutil.copytree(registry.path / "bundles/tool/1.0.0", project / FOLDER)
    manifest.write_text(manifest.read_text().replace('"~=1.0"', '{ path = "bundles/tool" }'))
    told = refused(cli, "sync", code=4)
    assert f"tool 1.0.0 would come from path::bundles/tool, and no longer from {registry.url}" in told
    assert "would gain" not in told  # the content is the same to a byte
    cli("sync", "--accept-grants")
    assert cli("sync").out == "nothing to do\n"


def test_what_a_lock_says_of_a_folder_counts_for_nothing_once_the_bundle_comes_from_elsewhere(
    cli: Cli, project: Path, manifest: Path, registry: Registry, tool: Path
) -> None:
    registry.publish("tool", "1.0.0", tools="[read, shell]")
    lock = project / "agentpkg.lock"
    forged = json.loads(lock.read_text())
    forged["bundles"]["tool"]["grants"]["tool"] = ["read", "shell"]
    lock.write_text(json.dumps(forged))
    manifest.write_text(manifest.read_text().replace('{ path = "bundles/tool" }', '"~=1.0"'))
    told = refused(cli, "sync", code=4)
    assert f"tool 1.0.0 would come from {registry.url}, and no longer from path::bundles/tool" in told
    assert "tool would gain read, shell" in told


def test_a_bundle_that_moves_within_the_project_is_asked_about(cli: Cli, manifest: Path, tool: Path) -> None:
    shutil.copytree(tool, tool.parent.with_name("elsewhere") / "tool")
    manifest.write_text(manifest.read_text().replace("bundles/tool", "elsewhere/tool"))
    assert "would come from path::elsewhere/tool, and no longer from path::bundles/tool" in refused(cli, "sync", code=4)


def test_a_namesake_of_what_is_installed_is_not_named_by_its_line(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", "1.0.0", tools="[read]")
    cli("install", "tool")
    write_bundle(project / FOLDER, "tool", tools="[read, shell]")
    text = manifest.read_text().replace('tool = "~=1.0"', '"acme/tool" = { path = "bundles/tool" }')
    manifest.write_text(f'{text}[registries.acme]\nurl = "https://git.acme.example/agents.git"\n')
    assert "acme/tool 1.0.0 is new, and nobody here named it" in refused(cli, "sync", code=4)


# Every command


def test_audit_finds_what_is_wrong_about_it(cli: Cli, project: Path, tool: Path) -> None:
    assert cli("audit").out.startswith("all is well: 1 bundle ")
    write_bundle(tool, "tool", "1.0.1", tools="[read, shell]")
    found = {one["code"]: one["message"] for one in cli("audit", "--json", code=1).json["findings"]}
    assert found.keys() == {"unsettled", "unchecked"}
    assert "has changed" in found["unsettled"]
    shutil.rmtree(tool)
    assert "error[content] tool 1.0.0: bundle tool has the path bundles/tool" in cli("audit", code=5).out


def test_audit_asks_no_registry_for_what_lies_in_the_project(cli: Cli, manifest: Path, tool: Path) -> None:
    text = manifest.read_text()
    manifest.write_text(text.replace(text.split('url = "')[1].split('"')[0], "https://127.0.0.1:1/nothing.git"))
    cli("audit")


def test_audit_finds_powers_that_a_hand_wrote_into_the_lock(cli: Cli, project: Path, tool: Path) -> None:
    lock = project / "agentpkg.lock"
    forged = json.loads(lock.read_text())
    forged["bundles"]["tool"]["grants"]["tool"] = ["read", "shell"]
    lock.write_text(json.dumps(forged))
    assert "approved for shell, which that version does not hold" in cli("audit", code=4).out


def test_list_info_and_render_show_it(cli: Cli, tool: Path) -> None:
    assert cli("list").out == "tool  1.0.0  bundles/tool  claude\n"
    assert cli("list", "--json").json["bundles"][0]["path"] == "bundles/tool"
    told = cli("info", "tool").out
    assert "path::bundles/tool" in told
    assert "agent tool may use: read" in told
    assert cli("render", "tool", "--json").json["renderings"][0]["agent"] == "tool"


def test_update_reads_it_and_leaves_its_requirement_alone(cli: Cli, manifest: Path, tool: Path) -> None:
    text = manifest.read_text()
    write_bundle(tool, "tool", "3.0.0", tools="[read]")
    assert "~ tool 1.0.0 -> 3.0.0" in cli("update", "--latest", "tool").out
    assert manifest.read_text() == text
    assert cli("update").out == "nothing to do\n"


def test_update_latest_goes_beyond_its_version(cli: Cli, manifest: Path, tool: Path) -> None:
    manifest.write_text(manifest.read_text().replace('"bundles/tool"', '"bundles/tool", version = "~=1.0"'))
    cli("sync")
    write_bundle(tool, "tool", "3.0.0", tools="[read]")
    cli("update", "--latest")
    assert 'tool = {path = "bundles/tool", version = "~=3.0"}' in manifest.read_text()


def test_install_of_its_name_keeps_the_path(cli: Cli, manifest: Path, tool: Path) -> None:
    cli("install", "tool", "--host", "copilot")
    assert 'tool = {path = "bundles/tool", hosts = ["copilot"]}' in manifest.read_text()


def test_lock_moves_on_and_sync_writes(cli: Cli, project: Path, tool: Path) -> None:
    write_bundle(tool, "tool", "1.0.0", tools="[read]", body="Other.\n")
    cli("lock")
    assert "Other." not in (project / FILE).read_text()
    assert f"outdated  {FILE}" in cli("status").out
    cli("sync")
    assert "Other." in (project / FILE).read_text()


def test_diff_shows_an_edit_also_where_the_cache_is_lost(cli: Cli, project: Path, tool: Path) -> None:
    shutil.rmtree(os.environ["AGENTPKG_CACHE_DIR"])
    (project / FILE).write_text((project / FILE).read_text() + "Mine.\n")
    assert "+Mine." in cli("diff").out


def test_remove_takes_what_was_written_and_leaves_the_folder(cli: Cli, project: Path, tool: Path) -> None:
    there = contents(tool)
    cli("remove", "tool")
    assert not (project / ".claude").exists()
    assert contents(tool) == there


def test_one_whose_folder_is_gone_can_be_removed(cli: Cli, project: Path, tool: Path) -> None:
    shutil.rmtree(tool)
    cli("remove", "tool")
    assert not (project / ".claude").exists()


def test_a_changed_bundle_keeps_no_other_from_being_merged_without_a_cache(
    cli: Cli, project: Path, registry: Registry, tool: Path
) -> None:
    registry.publish("other", tools="[read]")
    cli("install", "other")
    file = project / ".claude/agents/other.md"
    file.write_text(file.read_text().replace("Line 1 of", "My line 1 of"))
    shutil.rmtree(os.environ["AGENTPKG_CACHE_DIR"])
    write_bundle(tool, "tool", "1.0.1", tools="[read]")
    registry.publish("other", "1.0.1", tools="[read]", body=BODY.replace("Line 20", "Its line 20"))
    cli("update")
    assert "My line 1 of" in file.read_text()
    assert "Its line 20 of" in file.read_text()


def test_two_sides_of_a_merge_are_settled_by_the_folder(cli: Cli, project: Path, tool: Path) -> None:
    lock = project / "agentpkg.lock"
    ours = lock.read_text()
    theirs = ours.replace(locked(project)["digest"], "sha256:0")
    lock.write_text(f"<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n")
    cli("sync")
    assert lock.read_text() == ours


def test_a_home_has_local_bundles_below_the_folder_of_its_manifest(cli: Cli, project: Path) -> None:
    home = Path.home()
    (home / ".agentpkg").mkdir()
    (home / ".agentpkg/agentpkg.toml").write_text(
        '[project]\nhosts = ["claude"]\n[bundles]\ntool = { path = "bundles/tool" }\n'
    )
    write_bundle(home / ".agentpkg/bundles/tool", "tool", tools="[read]")
    cli("sync", "--global")
    assert BODY in (home / FILE).read_text()
    assert cli("sync", "--global").out == "nothing to do\n"
    assert "path::bundles/tool" in cli("info", "tool", "--global").out
