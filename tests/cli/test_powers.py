"""Powers that nobody approved: nothing is written, whatever the way they come, until somebody says yes to them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from agentpkg.commands import options
from agentpkg.errors import ApprovalNeeded
from agentpkg.ops.session import Options
from agentpkg.review import Gain, PowersGained
from agentpkg.sources import is_folder_outside
from tests.support.cli import Cli
from tests.support.registry import Registry, agent_text, git
from tests.support.tree import contents

SKILL = "---\nname: sql\ndescription: About SQL.\n---\n\nRead it.\n"


@pytest.fixture
def tool(cli: Cli, project: Path, manifest: Path, registry: Registry) -> Registry:
    """Install an agent that reads, of which there is a version that also runs commands."""
    registry.publish("tool", "1.0.0", tools="[read]")
    cli("install", "tool")
    return registry


def approved(project: Path, bundle: str = "tool") -> dict[str, list[str]]:
    grants: dict[str, list[str]] = json.loads((project / "agentpkg.lock").read_text())["bundles"][bundle]["grants"]
    return grants


def refused(cli: Cli, *arguments: str) -> str:
    """Run a command that must stop for approval, see that nothing changed, and return what it says."""
    before = contents(cli.folder)
    told = cli(*arguments, code=4).err
    assert contents(cli.folder) == before
    return told


@pytest.mark.parametrize("more", [(), ("--yes",)])
def test_an_update_that_gains_a_shell_stops_also_with_yes(cli: Cli, tool: Registry, more: tuple[str, ...]) -> None:
    tool.publish("tool", "1.1.0", tools="[read, shell]")
    assert "tool 1.0.0 → 1.1.0: tool would gain shell" in refused(cli, "update", *more)
    assert "--accept-grants" in refused(cli, "update", *more)


def test_accepted_powers_are_shown_and_recorded(cli: Cli, project: Path, tool: Registry) -> None:
    tool.publish("tool", "1.1.0", tools="[read, shell]")
    out = cli("update", "--accept-grants").out
    assert "  accepted: tool 1.0.0 → 1.1.0: tool would gain shell\n" in out
    assert approved(project) == {"tool": ["read", "shell"]}
    assert "Bash" in (project / ".claude/agents/tool.md").read_text()
    tool.publish("tool", "1.2.0", tools="[shell]")
    assert "accepted" not in cli("update", "--accept-grants").out
    assert approved(project) == {"tool": ["shell"]}


def test_a_program_is_told_what_was_accepted(cli: Cli, tool: Registry) -> None:
    tool.publish("tool", "1.1.0", tools="[read, shell]")
    assert cli("update", "--accept-grants", "--json").json["accepted"] == ["tool 1.0.0 → 1.1.0: tool would gain shell"]


def test_an_approval_that_a_hand_wrote_into_the_lock_does_not_pass(cli: Cli, project: Path, tool: Registry) -> None:
    lock = project / "agentpkg.lock"
    forged = json.loads(lock.read_text())
    forged["bundles"]["tool"]["grants"]["tool"] = ["read", "shell"]
    lock.write_text(json.dumps(forged))
    tool.publish("tool", "1.1.0", tools="[read, shell]")
    told = refused(cli, "update")
    assert "agentpkg.lock approves what 1.0.0 does not hold: shell" in told
    assert "tool would gain shell" in told


def test_nor_does_one_that_names_content_which_nobody_has(cli: Cli, project: Path, tool: Registry) -> None:
    lock = project / "agentpkg.lock"
    forged = json.loads(lock.read_text())
    forged["bundles"]["tool"] |= {"grants": {"tool": ["shell"]}, "version": "0.9.0", "digest": "sha256:0"}
    lock.write_text(json.dumps(forged))
    tool.publish("tool", "1.1.0", tools="[read, shell]")
    told = refused(cli, "update")
    assert "0.9.0 cannot be read, so nothing of it counts as approved" in told
    assert "tool would gain read, shell" in told


@pytest.mark.parametrize("powers", ["[read]", "[]"])
def test_a_registry_that_moves_stops_even_where_no_power_is_gained(
    cli: Cli, project: Path, manifest: Path, tool: Registry, tmp_path: Path, powers: str
) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(tool.path, moved)
    manifest.write_text(manifest.read_text().replace(tool.url, moved.as_uri()))
    told = refused(cli, "sync")
    assert f"tool 1.0.0 would come from {moved.as_uri()}, and no longer from {tool.url}" in told
    cli("sync", "--accept-grants")
    assert cli("sync").out == "nothing to do\n"
    Registry(moved).publish("tool", "1.0.1", tools=powers)
    assert "tool 1.0.0 -> 1.0.1" in cli("update").out


def test_naming_a_bundle_again_approves_that_its_registry_moved(
    cli: Cli, manifest: Path, tool: Registry, tmp_path: Path
) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(tool.path, moved)
    manifest.write_text(manifest.read_text().replace(tool.url, moved.as_uri()))
    cli("install", "tool")


def test_a_bundle_that_a_manifest_takes_from_a_folder_elsewhere_is_not_named_by_that(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", tools="[read]")
    text = manifest.read_text()
    manifest.write_text(text + 'tool = ""\n')
    told = refused(cli, "sync")
    assert "tool 1.0.0 is new, and nobody here named it: tool would hold read" in told
    assert "agentpkg install tool" in told
    cli("install", "tool")


def test_one_from_a_folder_of_the_project_or_from_elsewhere_in_the_world_is(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", tools="[read]")
    inside = project / "agents-registry"
    shutil.copytree(registry.path, inside)
    manifest.write_text(
        f'[project]\nhosts = ["claude"]\n[registries.own]\nurl = "./{inside.name}"\n'
        '[bundles]\n"own/tool" = ""\ndata-engineer = ""\n'
    )
    cli("sync")
    assert approved(project, "own/tool") == {"tool": ["read"]}


def test_a_skill_that_a_bundle_begins_to_bring_and_a_script_in_it_are_powers(
    cli: Cli, project: Path, tool: Registry
) -> None:
    agent = {"agents/tool.md": agent_text("tool", tools="[read]")}
    tool.publish("tool", "1.1.0", files={**agent, "skills/sql/SKILL.md": SKILL})
    assert "tool would gain skill:sql\n" in refused(cli, "update")
    cli("update", "--accept-grants")
    tool.publish("tool", "1.1.1", files={**agent, "skills/sql/SKILL.md": SKILL, "skills/sql/more.md": "More.\n"})
    cli("update")
    tool.publish("tool", "1.1.2", files={**agent, "skills/sql/SKILL.md": SKILL, "skills/sql/run.sh": "true\n"})
    assert "tool would gain skill:sql/run.sh\n" in refused(cli, "update")


def test_a_field_of_a_host_that_adds_power_is_asked_about_where_that_host_is_used(
    cli: Cli, manifest: Path, tool: Registry
) -> None:
    tool.publish("tool", "1.1.0", tools="[read]", hosts="{claude: {permissionMode: acceptEdits}}")
    assert "tool would gain claude.permissionMode=acceptEdits" in refused(cli, "update")
    manifest.write_text(manifest.read_text().replace('["claude"]', '["opencode"]'))
    cli("update")
    manifest.write_text(manifest.read_text().replace('["opencode"]', '["opencode", "claude"]'))
    assert "tool would gain claude.permissionMode=acceptEdits" in refused(cli, "sync")


@pytest.fixture
def inside(cli: Cli, project: Path, registry: Registry) -> Registry:
    """A registry in a folder of the project, from which an agent that reads is installed."""
    registry.publish("tool", "1.0.0", tools="[read]")
    own = Registry(project / "vendor")
    shutil.copytree(registry.path, own.path)
    (project / "agentpkg.toml").write_text(
        '[project]\nhosts = ["claude"]\n[registries.own]\nurl = "./vendor"\n[bundles]\n"own/tool" = ""\n'
    )
    cli("sync")
    return own


def change_lock(project: Path, change: Callable[[Any], object]) -> None:
    lock = project / "agentpkg.lock"
    data = json.loads(lock.read_text())
    change(data)
    lock.write_text(json.dumps(data))


def test_a_bundle_that_a_hand_took_out_of_the_lock_is_not_new(cli: Cli, project: Path, inside: Registry) -> None:
    inside.publish("tool", "1.1.0", tools="[read, shell]")
    change_lock(project, lambda data: data["bundles"].clear())
    assert "own/tool 1.1.0 is new, and nobody here named it: tool would hold read, shell" in refused(cli, "sync")


def test_nor_is_one_that_takes_the_place_of_its_namesake(cli: Cli, project: Path, inside: Registry) -> None:
    evil = Registry(project / "evil").start().publish("tool", "1.0.0", tools="[read, shell]")
    manifest = project / "agentpkg.toml"
    more = f'[registries.evil]\nurl = "./{evil.path.name}"\n[bundles]\n"evil/tool"'
    manifest.write_text(manifest.read_text().replace('[bundles]\n"own/tool"', more))
    assert "evil/tool 1.0.0 is new, and nobody here named it" in refused(cli, "sync")


@pytest.mark.parametrize("place", ['branch = "other"', 'subfolder = "other"'])
def test_a_registry_that_moves_to_another_branch_or_folder_is_asked_about(
    cli: Cli, project: Path, inside: Registry, place: str
) -> None:
    git(inside.path, "branch", "other")
    shutil.copytree(inside.path / "bundles", inside.path / "other/bundles")
    shutil.copy(inside.path / "registry.toml", inside.path / "other")
    inside.commit()
    manifest = project / "agentpkg.toml"
    manifest.write_text(manifest.read_text().replace('"./vendor"\n', f'"./vendor"\n{place}\n'))
    assert "own/tool 1.0.0 would come from ./vendor (" in refused(cli, "sync")
    cli("sync", "--accept-grants")
    cli("sync", "--check")


def test_who_names_a_bundle_again_is_told_that_its_registry_moved(
    cli: Cli, manifest: Path, tool: Registry, tmp_path: Path
) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(tool.path, moved)
    manifest.write_text(manifest.read_text().replace(tool.url, str(moved)))
    assert f"warning: tool comes from {moved}, and no longer from {tool.url}" in cli("install", "tool").err


@pytest.mark.parametrize("spelled", ["{root}/../outside", "{root}/link", "{root}/%2e%2e/outside"])
def test_a_folder_outside_is_outside_however_it_is_spelled(
    cli: Cli, project: Path, registry: Registry, spelled: str
) -> None:
    registry.publish("tool", tools="[read]")
    registry.path.rename(project.parent / "outside")
    (project / "link").symlink_to(project.parent / "outside")
    url = spelled.format(root=project.as_uri())
    (project / "agentpkg.toml").write_text(
        f'[project]\nhosts = ["claude"]\n[registries.own]\nurl = "{url}"\n[bundles]\n"own/tool" = ""\n'
    )
    if "%" not in spelled:  # git does not read this one as we must expect that it does
        assert "nobody here named it" in refused(cli, "sync")
    assert is_folder_outside(url, project)


def test_without_an_agent_no_skill_comes_along(cli: Cli, project: Path, inside: Registry) -> None:
    agent = {"agents/tool.md": agent_text("tool", tools="[read]")}
    inside.publish("tool", "1.1.0", files={**agent, "skills/sql/SKILL.md": SKILL, "skills/sql/run.sh": "true\n"})
    manifest = project / "agentpkg.toml"
    manifest.write_text(manifest.read_text().replace('"own/tool" = ""', '"own/tool" = { agents = [] }'))
    cli("update")
    assert not (project / ".claude/skills").exists()


@pytest.mark.parametrize("text", ["Now !`date`\n", "```!\ndate\n```\n"])
def test_a_skill_that_runs_a_command_when_it_is_loaded_is_a_power(cli: Cli, tool: Registry, text: str) -> None:
    agent = {"agents/tool.md": agent_text("tool", tools="[read]")}
    tool.publish("tool", "1.1.0", files={**agent, "skills/sql/SKILL.md": SKILL})
    cli("update", "--accept-grants")
    tool.publish("tool", "1.1.1", files={**agent, "skills/sql/SKILL.md": SKILL + text})
    assert "tool would gain skill:sql/SKILL.md\n" in refused(cli, "update")


def test_a_line_break_in_the_lock_starts_no_line_of_the_message(cli: Cli, project: Path, tool: Registry) -> None:
    change_lock(project, lambda data: data["bundles"]["tool"].update(registry="a\nhint: all is well"))
    told = refused(cli, "sync")
    assert r"no longer from a\nhint: all is well" in told
    assert "\nhint: all is well" not in told


def gain(bundle: str, *powers: str) -> Gain:
    return Gain(bundle=bundle, before="1.0.0", after="1.1.0", digest="sha256:1", powers=(("tool", powers),))


def answering(monkeypatch: pytest.MonkeyPatch, *answers: bool) -> list[str]:
    """Have somebody at the terminal who gives these answers; return the list that the questions will be in."""
    asked: list[str] = []

    def confirm(question: str, **_: object) -> bool:
        asked.append(question)
        return answers[len(asked) - 1]

    monkeypatch.setattr(options, "interactive", lambda: True)
    monkeypatch.setattr(click, "confirm", confirm)
    return asked


def until_approved(*rounds: tuple[Gain, ...]) -> Callable[[Options], str]:
    """Return work that finds these gains, one round after the other."""
    left = list(rounds)

    def work(given: Options) -> str:
        found = tuple(one for one in left.pop(0) if one not in given.approved) if left else ()
        if found and not given.accept_grants:
            raise PowersGained(found)
        return "done"

    return work


def test_each_bundle_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, True, True)
    assert options.with_approval(until_approved((gain("aa", "shell"), gain("bb", "edit"))), Options()) == "done"
    assert asked == ["Approve aa 1.1.0?", "Approve bb 1.1.0?"]


def test_one_no_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, True, False)
    work = until_approved((gain("aa", "shell"), gain("bb", "edit"), gain("cc", "edit")))
    with pytest.raises(ApprovalNeeded, match=r"bb 1\.1\.0 was not approved; nothing was changed"):
        options.with_approval(work, Options())
    assert asked == ["Approve aa 1.1.0?", "Approve bb 1.1.0?"]


def test_what_came_after_the_question_is_asked_about_too(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, True, False)
    with pytest.raises(ApprovalNeeded):
        options.with_approval(until_approved((gain("aa", "edit"),), (gain("aa", "edit", "shell"),)), Options())
    assert asked == ["Approve aa 1.1.0?"] * 2


def test_yes_asks_nothing_and_approves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch)
    with pytest.raises(PowersGained):
        options.with_approval(until_approved((gain("aa", "shell"),)), Options(yes=True))
    assert asked == []


LIMITED = "{claude: {disallowedTools: [Bash], maxTurns: 3}}"


def test_an_update_that_lifts_a_limit_stops(cli: Cli, project: Path, manifest: Path, registry: Registry) -> None:
    registry.publish("tool", hosts=LIMITED)
    cli("install", "tool")
    registry.publish("tool", "1.0.1", hosts="{claude: {maxTurns: 2}}")
    told = cli("update", "--yes", code=4).err
    assert "tool 1.0.0 → 1.0.1: tool would gain claude.disallowedTools without Bash" in told
    assert "gains claude.disallowedTools without Bash" in cli("diff", "tool", "1.0.0", "1.0.1").out
    cli("update", "--accept-grants")
    registry.publish("tool", "1.0.2", hosts=LIMITED)
    assert "tool would gain claude.maxTurns beyond 2" in cli("update", code=4).err


def test_a_limit_that_an_older_lock_does_not_name_counts_all_the_same(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", hosts=LIMITED)
    cli("install", "tool")
    lock = json.loads((project / "agentpkg.lock").read_text())
    del lock["bundles"]["tool"]["limits"]
    (project / "agentpkg.lock").write_text(json.dumps(lock))
    cli("audit")
    registry.publish("tool", "1.0.1")
    assert "claude.disallowedTools without Bash, claude.maxTurns beyond 3" in cli("update", code=4).err


def test_a_limit_that_a_hand_wrote_into_the_lock_is_missed(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool")
    cli("install", "tool")
    lock = json.loads((project / "agentpkg.lock").read_text())
    lock["bundles"]["tool"]["limits"] = {"tool": ["claude.maxTurns<=3"]}
    (project / "agentpkg.lock").write_text(json.dumps(lock))
    assert "tool holds claude.maxTurns beyond 3, which nobody has approved" in cli("audit", code=4).out


def test_a_limit_is_not_lifted_while_its_host_is_away(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", hosts="{grok: {isolation: worktree}}")
    cli("install", "tool")
    registry.publish("tool", "1.0.1")
    assert "tool would gain grok.isolation other than worktree" in cli("update", code=4).err


def test_a_torn_lock_accuses_no_registry(cli: Cli, project: Path, manifest: Path, registry: Registry) -> None:
    registry.publish("tool").publish("tool", "1.0.1")
    cli("install", "tool==1.0.0")
    lock = project / "agentpkg.lock"
    text = lock.read_text()
    digest = json.loads(text)["bundles"]["tool"]["digest"]
    mixed = text.replace(digest, f"sha256:{'0' * 64}")
    lock.write_text(mixed)
    assert "a published version must never change" in cli("update", code=5).err
    lock.write_text(f"<<<<<<< ours\n{mixed}=======\n{mixed}>>>>>>> theirs\n")
    told = cli("sync", "--yes", code=4).err
    assert "what agentpkg.lock has as 1.0.0 cannot be read, so nothing of it counts as approved" in told
    cli("sync", "--accept-grants")
    assert json.loads(lock.read_text())["bundles"]["tool"]["digest"] == digest
    cli("sync", "--check")
