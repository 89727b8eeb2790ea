"""Adopting agents that are there: matched with registries, else a bundle of the project; no byte of them changes."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from agentpkg.apply import apply_writes
from agentpkg.errors import DiskError
from agentpkg.ops import change as changes
from agentpkg.workshop import write_new
from tests.support.cli import Cli, Result
from tests.support.registry import BODY, Registry, agent_text, git, write_bundle
from tests.support.tree import contents, stamps

CLAUDE, COPILOT = ".claude/agents/tool.md", ".github/agents/tool.agent.md"
SKILL = "---\nname: sql\ndescription: About SQL.\n---\n\nRead it.\n"
OWN = "---\nname: own\ndescription: Use when own.\ntools: Read, Grep\ncolor: blue\n---\n\nDo own things.\n"


@pytest.fixture
def both(manifest: Path) -> Path:
    """A manifest for two hosts."""
    manifest.write_text(manifest.read_text().replace('["claude"]', '["claude", "copilot"]'))
    return manifest


def write(project: Path, path: str, text: str) -> Path:
    file = project / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def copy_of(cli: Cli, project: Path, *arguments: str) -> None:
    """Leave the agents of an install in the project, and nothing else of it, as if somebody had copied them."""
    manifest = (project / "agentpkg.toml").read_text()
    cli("install", *arguments)
    (project / "agentpkg.toml").write_text(manifest)
    (project / "agentpkg.lock").unlink()
    shutil.rmtree(project / ".agentpkg")
    shutil.rmtree(os.environ["AGENTPKG_CACHE_DIR"])


def agents(project: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of everything in the folders of hosts."""
    return {
        path: stamp
        for path, stamp in stamps(project).items()
        if path.startswith(".") and not path.startswith(".agentpkg")
    }


def adopt(cli: Cli, *arguments: str, code: int = 0) -> Result:
    """Adopt, and see that no agent file changed and that the project is in sync after."""
    before = agents(cli.folder)
    result = cli("adopt", *arguments, code=code)
    assert agents(cli.folder) == before
    if (cli.folder / "agentpkg.lock").exists():
        cli("sync", "--check")
        cli("audit")
        assert cli("sync").out == "nothing to do\n"
        assert agents(cli.folder) == before
    return result


def refused(cli: Cli, *arguments: str, code: int) -> str:
    before = contents(cli.folder)
    told = cli("adopt", *arguments, code=code).err
    assert contents(cli.folder) == before
    return told


def bundles(project: Path) -> Any:
    return json.loads((project / "agentpkg.lock").read_text())["bundles"]


def files(project: Path) -> Any:
    return json.loads((project / "agentpkg.lock").read_text())["files"]


# Matched with registries


def test_copies_of_a_bundle_are_of_its_version_from_now_on(
    cli: Cli, project: Path, both: Path, registry: Registry
) -> None:
    registry.publish("tool", "1.0.0", tools="[read]").publish("tool", "1.1.0", tools="[read]", body="Other.\n")
    copy_of(cli, project, "tool==1.0.0")
    out = adopt(cli).out
    assert out == (
        "+ tool 1.0.0 adopted\n"
        "    tool may use: read\n"
        "FILE                          BUNDLE      RESULT\n"
        f"{CLAUDE}        tool 1.0.0  just as it is there\n"
        f"{COPILOT}  tool 1.0.0  just as it is there\n"
        "  update agentpkg.toml\n"
        "  create agentpkg.lock\n"
    )
    assert 'tool = "~=1.0"\n' in both.read_text()
    assert not any("kept" in entry for entry in files(project).values())
    assert cli("adopt").out == "nothing to adopt\n"
    assert "2 of 2 files are as they should be\n" in cli("status").out
    cli("remove", "tool")
    assert not (project / ".claude").exists()


def test_an_edited_copy_counts_as_an_edit_that_was_kept(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", "1.0.0", tools="[read]")
    copy_of(cli, project, "tool")
    file = project / CLAUDE
    file.write_text(file.read_text().replace("Line 1 of", "My line 1 of"))
    assert "99% as it is there, the rest is an edit of yours, and kept" in adopt(cli).out
    assert "1 of 1 file is as it should be, as you kept it" in cli("status").out
    assert "+My line 1 of" in cli("diff", CLAUDE).out
    registry.publish("tool", "1.1.0", tools="[read]", body=BODY.replace("Line 20", "Its line 20"))
    cli("update")
    assert "My line 1 of" in file.read_text()
    assert "Its line 20 of" in file.read_text()
    cli("remove", "tool")
    assert "My line 1 of" in file.read_text()


def test_a_file_that_is_spelled_in_its_own_way_takes_up_what_its_bundle_says_anew(
    cli: Cli, project: Path, manifest: Path
) -> None:
    file = write(project, ".claude/agents/own.md", OWN)
    adopt(cli)
    agent = project / "bundles" / "own" / "agents" / "own.md"
    agent.write_text(agent.read_text().replace("Use when own.", "Use when it is ours."))
    cli("sync")
    assert 'description: "Use when it is ours."' in file.read_text()
    assert 'color: "blue"' in file.read_text()
    assert not file.with_name("own.md.agentpkg-new").exists()
    file.write_text(file.read_text().replace("it is ours", "I say so"))
    agent.write_text(agent.read_text().replace("it is ours", "they say so"))
    cli("sync", code=6)
    assert "I say so" in file.read_text()


def test_powers_that_an_edited_copy_has_beyond_its_bundle_are_told(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", "1.0.0", tools="[read]")
    copy_of(cli, project, "tool")
    file = project / CLAUDE
    file.write_text(file.read_text().replace('["Read"]', '["Read", "Bash"]'))
    out = adopt(cli).out
    assert f"  {CLAUDE}: your copy may also use shell, beyond the bundle; it stays as it is\n" in out


def test_no_bundle_is_made_where_a_host_would_load_it(cli: Cli, project: Path, manifest: Path) -> None:
    write(project, ".claude/agents/own.md", OWN)
    assert "a host reads agents in" in adopt(cli, "--to", ".claude/agents", code=2).err
    (project / "Bundles").mkdir()
    assert "it is called Bundles" in adopt(cli, code=6).err
    assert not (project / "agentpkg.lock").exists()


def test_a_form_that_is_never_written_is_left_with_the_way_out(cli: Cli, project: Path, manifest: Path) -> None:
    write(project, ".kiro/agents/k1.json", '{"name": "k1", "description": "d", "prompt": "B", "tools": ["read"]}')
    write(project, ".claude/agents/own.md", OWN)
    told = adopt(cli, code=3).out
    assert "agentpkg convert .kiro/agents/k1.json --to kiro --out . writes its own" in told


def test_powers_that_an_edited_copy_lacks_are_told(cli: Cli, project: Path, manifest: Path, registry: Registry) -> None:
    registry.publish("tool", "1.0.0", tools="[read, shell]")
    copy_of(cli, project, "tool")
    file = project / CLAUDE
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join("tools: Read\n" if line.startswith("tools:") else line for line in lines))
    out = adopt(cli, code=3).out
    assert f"tool 1.0.0 may use shell beyond {CLAUDE}; --accept-grants agrees" in out
    assert not (project / "agentpkg.lock").exists()
    out = adopt(cli, "--accept-grants").out
    assert f"  {CLAUDE}: your copy lacks shell, which the bundle gives; it stays as it is\n" in out
    assert "Bash" not in file.read_text()


def test_the_version_that_most_files_are_exactly_of_is_chosen(
    cli: Cli, project: Path, both: Path, registry: Registry
) -> None:
    for version, body in (("1.0.0", BODY), ("1.1.0", f"{BODY}\nMore."), ("1.2.0", f"{BODY}\nMore.\nAnd more.")):
        registry.publish("tool", version, tools="[read]", body=body)
    copy_of(cli, project, "tool==1.1.0")
    file = project / COPILOT
    file.write_text(file.read_text() + "And more of mine.\n")
    adopt(cli)
    assert bundles(project)["tool"]["version"] == "1.1.0"
    assert files(project)[COPILOT].keys() >= {"kept"}
    assert "kept" not in files(project)[CLAUDE]


def test_the_one_that_is_most_like_it_where_none_is_exact_and_the_newest_of_several(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", "1.0.0", tools="[read]").publish("tool", "2.0.0", tools="[read]", body="Else.\n" * 60)
    copy_of(cli, project, "tool==1.0.0")
    registry.publish("tool", "1.0.1", tools="[read]")
    (project / CLAUDE).write_text((project / CLAUDE).read_text() + "Mine.\n")
    adopt(cli)
    assert bundles(project)["tool"]["version"] == "1.0.1"


def test_only_hosts_and_agents_whose_files_are_there_are_asked_for(
    cli: Cli, project: Path, both: Path, registry: Registry
) -> None:
    both.write_text(both.read_text().replace('"copilot"]', '"copilot", "gemini"]'))
    registry.publish(
        "tools", files={f"agents/{name}.md": agent_text(name, tools="[read]") for name in ("aa", "bb", "cc")}
    )
    copy_of(cli, project, "tools")
    for path in (".claude/agents/cc.md", ".github/agents/cc.agent.md", ".github/agents/bb.agent.md"):
        (project / path).unlink()
    shutil.rmtree(project / ".gemini")
    adopt(cli)
    assert 'tools = {version = "~=1.0", hosts = ["claude", "copilot"], agents = ["aa", "bb"]}' in both.read_text()
    assert files(project)[".github/agents/bb.agent.md"]["kept"] == "none"
    assert bundles(project)["tools"]["grants"].keys() == {"aa", "bb"}


def test_line_endings_make_no_difference(cli: Cli, project: Path, manifest: Path, registry: Registry) -> None:
    registry.publish("tool", tools="[read]")
    copy_of(cli, project, "tool")
    (project / CLAUDE).write_bytes((project / CLAUDE).read_bytes().replace(b"\n", b"\r\n"))
    assert "just as it is there" in adopt(cli).out


def test_a_bundle_that_requires_others_is_not_adopted(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("base", tools="[read]").publish("tool", requires={"base": ""}, tools="[read]")
    copy_of(cli, project, "tool")
    (project / ".claude/agents/base.md").unlink()
    out = adopt(cli, code=3).out
    assert "left alone: tool 1.0.0 requires base: agentpkg install tool==1.0.0 takes it over" in out
    cli("install", "tool==1.0.0")


def test_a_bundle_whose_skills_are_not_there_is_not_adopted(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    both = {"agents/tool.md": agent_text("tool", tools="[read]"), "skills/sql/SKILL.md": SKILL}
    registry.publish("tool", files=both)
    copy_of(cli, project, "tool")
    skill = project / ".claude/skills/sql/SKILL.md"
    there = skill.read_text()
    skill.write_text(there + "Mine.\n")
    assert "left alone: tool 1.0.0 brings skills that are not there: sql" in adopt(cli, code=3).out
    skill.write_text(there)
    adopt(cli)
    assert ".claude/skills/sql/SKILL.md" in files(project)


def test_an_agent_of_a_repository_without_bundles_is_found(
    cli: Cli, project: Path, manifest: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "plain"
    write(plain, ".claude/agents/own.md", OWN)
    git(plain, "init", "-q", ".")
    git(plain, "add", "-A")
    git(plain, "commit", "-q", "-m", "start")
    manifest.write_text(f'{manifest.read_text()}[registries.plain]\nurl = "{plain}"\nagents = true\n')
    copy_of(cli, project, "plain/own")
    adopt(cli)
    assert '"plain/own" = ""' in manifest.read_text()


def test_a_registry_that_cannot_be_asked_stops_all(cli: Cli, project: Path, manifest: Path) -> None:
    write(project, ".claude/agents/own.md", OWN)
    assert "has not been fetched yet" in refused(cli, "--offline", code=8)


def test_a_yanked_version_is_taken_where_nothing_else_is_like_it(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", "1.0.0", tools="[read]")
    copy_of(cli, project, "tool")
    registry.publish("tool", "1.1.0", tools="[read]", body="Else.\n" * 60).yank("tool", "1.0.0", "was wrong")
    before = agents(project)
    assert "tool 1.0.0 was yanked: was wrong" in cli("adopt").err
    assert agents(project) == before
    assert bundles(project)["tool"]["version"] == "1.0.0"


def test_of_two_versions_alike_the_one_that_was_not_yanked_is_taken(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", "1.0.0", tools="[read]").publish("tool", "1.1.0", tools="[read]")
    copy_of(cli, project, "tool")
    registry.yank("tool", "1.1.0")
    adopt(cli)
    assert bundles(project)["tool"]["version"] == "1.0.0"


def test_bundles_are_looked_for_by_the_agents_of_their_newest_version_that_can_be_had(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tools", "1.0.0", files={"agents/aa.md": agent_text("aa", tools="[read]")})
    copy_of(cli, project, "tools")
    registry.publish("tools", "1.1.0", files={"agents/bb.md": agent_text("bb", tools="[read]")})
    registry.yank("tools", "1.1.0").publish("other", files={"agents/cc.md": agent_text("cc")})
    adopt(cli)
    assert bundles(project)["tools"]["version"] == "1.0.0"


def test_another_version_of_what_is_installed_does_not_take_its_place(
    cli: Cli, project: Path, both: Path, registry: Registry
) -> None:
    registry.publish("tool", "1.0.0", tools="[read]").publish("tool", "2.0.0", tools="[read]", body="Else.\n" * 60)
    copy_of(cli, project, "tool==1.0.0")
    (project / CLAUDE).unlink()
    cli("install", "tool", "--host", "claude")
    adopt(cli)
    assert bundles(project)["tool"]["version"] == "2.0.0"
    assert bundles(project)["tool-local"]["registry"] == "path::bundles/tool-local"


def test_a_file_of_a_bundle_that_is_installed_for_other_hosts_is_told(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", tools="[read]")
    cli("install", "tool", "--host", "claude", "--host", "copilot")
    manifest.write_text(manifest.read_text().replace('"claude", "copilot"', '"claude"'))
    file = (project / COPILOT).read_text()
    cli("sync")
    write(project, COPILOT, file)
    assert "tool 1.0.0 is installed, and not for this host: add copilot to its hosts" in adopt(cli, code=3).out


# Bundles of the project


def test_what_no_registry_has_becomes_a_bundle_of_the_project(cli: Cli, project: Path, manifest: Path) -> None:
    file = write(project, ".claude/agents/own.md", OWN)
    out = adopt(cli).out
    assert "+ own 0.1.0 adopted\n    own may use: grep, read\n" in out
    assert "  create bundles/own\n  update agentpkg.toml\n  create agentpkg.lock\n" in out
    assert 'own = {path = "bundles/own"}' in manifest.read_text()
    assert (project / "bundles/own/agents/own.md").read_text() == (
        '---\nname: own\ndescription: "Use when own."\ntools: [read, grep]\nhosts:\n  claude: {color: blue}\n---\n'
        "Do own things.\n"
    )
    assert "kept" in files(project)[".claude/agents/own.md"]
    assert cli("adopt").out == "nothing to adopt\n"
    agent = project / "bundles/own/agents/own.md"
    agent.write_text(agent.read_text() + "And more.\n")
    cli("sync")
    assert file.read_text() == f"{OWN}And more.\n"
    cli("remove", "own")
    assert file.exists()


def test_a_file_that_is_as_it_would_be_written_is_no_edit(cli: Cli, project: Path, manifest: Path) -> None:
    text = manifest.read_text()
    manifest.write_text(f'{text}own = {{ path = "bundles/own" }}\n')
    write_bundle(project / "bundles/own", "own", tools="[read]")
    cli("sync")
    manifest.write_text(text)
    (project / "agentpkg.lock").unlink()
    shutil.rmtree(project / "bundles")
    assert "just as it is there" in adopt(cli).out
    cli("remove", "own")
    assert not (project / ".claude").exists()


def test_the_same_agent_on_several_hosts_is_one(cli: Cli, project: Path, both: Path) -> None:
    write(project, ".claude/agents/own.md", OWN)
    write(
        project,
        ".github/agents/own.agent.md",
        '---\nname: own\ndescription: Call own.\ntools: ["read", "search", "execute"]\n---\n\nDo own things here.\n',
    )
    out = adopt(cli).out
    assert "  .github/agents/own.agent.md: may also use shell; in the bundle the agent may use what" in out
    assert bundles(project)["own"]["grants"] == {"own": ["grep", "read"]}
    assert (project / "bundles/own/variants/copilot/own.md").read_text() == "Do own things here.\n"
    assert "copilot: {description: " in (project / "bundles/own/agents/own.md").read_text()


def test_agents_of_one_name_with_other_powers_are_kept_apart(cli: Cli, project: Path, both: Path) -> None:
    write(project, ".claude/agents/own.md", OWN)
    write(project, ".github/agents/own.agent.md", OWN.replace("Read, Grep\ncolor: blue", '["web"]'))
    adopt(cli)
    assert bundles(project)["own"]["grants"] == {"own": ["grep", "read"]}
    assert bundles(project)["own-copilot"]["grants"] == {"own": ["web-fetch", "web-search"]}


def test_a_host_that_could_not_hold_an_agent_back_gets_a_bundle_of_its_own(
    cli: Cli, project: Path, manifest: Path
) -> None:
    write(project, ".claude/agents/own.md", OWN)
    write(project, ".codex/agents/own.toml", 'name = "own"\ndescription = "Own."\ndeveloper_instructions = "Do."\n')
    adopt(cli)
    assert bundles(project)["own"]["grants"] == {"own": ["grep", "read"]}
    assert bundles(project)["own-codex"]["grants"] == {"own": ["*"]}


def test_an_agent_that_its_own_host_could_not_hold_back_is_left_alone(cli: Cli, project: Path, both: Path) -> None:
    write(project, ".roomodes", MODES)
    told = adopt(cli, code=3).out
    assert ".roomodes#mode-one  -       left alone: zoo cannot hold mode-one back from delegate" in told
    assert ".roomodes#Mode2     -       left alone: its name: 'Mode2' is not a valid name" in told
    both.write_text(both.read_text() + '[hosts.zoo]\nwidening = "allow"\n')
    adopt(cli, code=3)
    assert bundles(project)["mode-one"]["grants"] == {"mode-one": ["glob", "grep", "list", "read"]}


MODES = """\
# ours
customModes:
  - slug: mode-one
    name: Mode One
    description: Does one.
    roleDefinition: You do one.
    groups: [read]
  - slug: Mode2
    name: Mode Two
    description: Does two.
    roleDefinition: You do two.
    groups: [read, command, edit]
"""


def test_entries_of_a_file_that_is_shared_are_agents_too(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    manifest.write_text(manifest.read_text().replace('"claude"', '"zoo"'))
    registry.publish("tool", tools="[read, shell]")
    copy_of(cli, project, "tool")
    with (project / ".roomodes").open("a") as file:
        file.write(
            "  - slug: own\n    name: Own\n    description: Own.\n    roleDefinition: Do.\n    groups: [command]\n"
        )
    out = adopt(cli).out
    assert ".roomodes#tool  tool 1.0.0  just as it is there" in out
    assert bundles(project)["own"]["grants"] == {"own": ["shell"]}
    cli("remove", "tool")
    assert "slug: own" in (project / ".roomodes").read_text()


def test_an_entry_can_be_named(cli: Cli, project: Path, manifest: Path) -> None:
    write(project, ".roomodes", MODES.replace("[read]", "[command]").replace("Mode2", "mode-two"))
    adopt(cli, ".roomodes#mode-two")
    assert bundles(project).keys() == {"mode-two"}


def test_a_shared_file_that_cannot_be_read_is_left_alone(cli: Cli, project: Path, manifest: Path) -> None:
    write(project, ".roomodes", "customModes: {a: 1}\n")
    assert "left alone: it cannot be shared with others" in adopt(cli, code=3).out


def test_all_can_go_into_one_bundle(cli: Cli, project: Path, both: Path) -> None:
    write(project, ".claude/agents/own.md", OWN)
    write(project, ".github/agents/other.agent.md", "---\nname: other\ndescription: Other.\n---\n\nDo other things.\n")
    adopt(cli, "--bundle", "house")
    assert 'house = {path = "bundles/house"}' in both.read_text()
    assert bundles(project)["house"]["grants"].keys() == {"own", "other"}
    assert files(project)[".claude/agents/other.md"]["kept"] == "none"
    assert cli("adopt").out == "nothing to adopt\n"


def test_agents_that_cannot_be_one_bundle_are_refused(cli: Cli, project: Path, manifest: Path) -> None:
    write(project, ".claude/agents/own.md", OWN)
    write(project, ".codex/agents/more.toml", 'name = "more"\ndescription = "Own."\ndeveloper_instructions = "Do."\n')
    assert "these agents cannot be one bundle: codex cannot hold own back" in refused(cli, "--bundle", "house", code=3)


def test_a_name_that_is_taken_gets_a_word_more(cli: Cli, project: Path, both: Path, registry: Registry) -> None:
    registry.publish("tool", tools="[read]")
    copy_of(cli, project, "tool")
    write(project, COPILOT, "---\nname: tool\ndescription: Else.\n---\n\nNothing like it at all.\n")
    adopt(cli)
    assert bundles(project)["tool"]["registry"] == registry.url
    assert bundles(project)["tool-local"]["registry"] == "path::bundles/tool-local"
    write(project, ".claude/agents/own.md", OWN)
    assert "the project has a bundle tool already" in refused(cli, "--bundle", "tool", code=2)


def test_what_reading_changed_is_told(cli: Cli, project: Path, manifest: Path) -> None:
    write(project, ".claude/agents/own.md", OWN.replace("name: own", "name: Own Agent").replace("color", "colour"))
    out = adopt(cli).out
    assert "the header calls it own-agent; it is own here, as its file is called" in out
    assert "colour is dropped" in out


# What is left alone


def test_one_that_cannot_be_read_stands_in_nobodys_way(cli: Cli, project: Path, manifest: Path) -> None:
    write(project, ".claude/agents/own.md", OWN)
    write(project, ".claude/agents/broken.md", "---\nname: broken\ndescription: Broken.\ntools: [Read\n---\n\nDo.\n")
    write(project, ".claude/agents/notes.md", "# Notes\n")
    write(project, ".claude/agents/README.md", "# Read me\n")
    told = refused(cli, "--dry-run", code=3)
    assert "error: 1 file would be left alone, and all else would be adopted\n" in told
    result = adopt(cli, code=3)
    assert "error: 1 file was left alone, and all else was adopted\n" in result.err
    assert ".claude/agents/broken.md  -          left alone: line 4: tools:" in result.out
    assert ".claude/agents/notes.md   -          no agent, by its header" in result.out
    assert "README" not in result.out
    assert bundles(project).keys() == {"own"}
    (project / ".claude/agents/broken.md").unlink()
    assert "no agent" in adopt(cli).out


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (".claude/agents/My_Own.md", "'My_Own' is not a valid name"),
        (".claude/agents/nul.md", "is a device name"),
        (".claude/agents/team/own.md", "agentpkg writes it to .claude/agents/own.md: move it there"),
        (".github/agents/own.md", "agentpkg writes it to .github/agents/own.agent.md: move it there"),
        (".claude/agents/general-purpose.md", "has an agent of its own called 'general-purpose'"),
    ],
)
def test_what_agentpkg_would_not_write_so_is_left_alone(
    cli: Cli, project: Path, manifest: Path, path: str, told: str
) -> None:
    write(project, path, OWN)
    assert told in adopt(cli, code=3).out
    assert not (project / "agentpkg.lock").exists()
    assert not (project / "bundles").exists()


def test_a_link_is_left_alone(cli: Cli, project: Path, manifest: Path, tmp_path: Path) -> None:
    elsewhere = write(tmp_path, "own.md", OWN)
    (project / ".claude/agents").mkdir(parents=True)
    (project / ".claude/agents/own.md").symlink_to(elsewhere)
    assert "left alone: .claude/agents/own.md is a symbolic link" in adopt(cli, code=3).out


def test_hidden_text_is_never_adopted(cli: Cli, project: Path, manifest: Path) -> None:
    write(project, ".claude/agents/own.md", OWN.replace("own things", "own \u200bthings"))
    assert "U+200B" in cli("adopt", code=3).out


# Files, folders, and the way


def test_files_and_folders_can_be_named(cli: Cli, project: Path, both: Path) -> None:
    write(project, ".claude/agents/own.md", OWN)
    write(project, ".claude/agents/other.md", OWN.replace("own", "other"))
    write(project, ".github/agents/third.agent.md", "---\nname: third\ndescription: T.\n---\n\nDo.\n")
    adopt(cli, ".claude/agents/own.md")
    assert bundles(project).keys() == {"own"}
    adopt(cli, ".github")
    assert bundles(project).keys() == {"own", "third"}
    adopt(cli, ".")
    assert bundles(project).keys() == {"own", "third", "other"}


@pytest.mark.parametrize("path", ["src/own.md", ".claude/agents/none.md", "../elsewhere"])
def test_a_path_where_no_host_reads_agents_is_refused(cli: Cli, project: Path, manifest: Path, path: str) -> None:
    write(project, "src/own.md", OWN)
    write(project, ".claude/agents/own.md", OWN)
    refused(cli, path, code=2)


def test_bundles_can_go_elsewhere(cli: Cli, project: Path, manifest: Path) -> None:
    write(project, ".claude/agents/own.md", OWN)
    adopt(cli, "--to", "tools/agents")
    assert bundles(project)["own"]["registry"] == "path::tools/agents/own"


@pytest.mark.parametrize("to", ["..", "/tmp", "a//b", "."])
def test_but_not_out_of_the_project(cli: Cli, project: Path, manifest: Path, to: str) -> None:
    write(project, ".claude/agents/own.md", OWN)
    assert "is not a folder below the project" in refused(cli, "--to", to, code=2)


def test_a_folder_that_is_there_is_never_written_over(cli: Cli, project: Path, manifest: Path) -> None:
    write(project, ".claude/agents/own.md", OWN)
    write(project, ".claude/agents/more.md", OWN.replace("own", "more"))
    write_bundle(project / "bundles/own", "own")
    assert "bundles/own is there already" in refused(cli, code=6)
    refused(cli, "--dry-run", code=6)


def test_nor_is_a_link_followed(cli: Cli, project: Path, manifest: Path, tmp_path: Path) -> None:
    write(project, ".claude/agents/own.md", OWN)
    (tmp_path / "elsewhere").mkdir()
    (project / "bundles").symlink_to(tmp_path / "elsewhere")
    assert "bundles is a symbolic link" in refused(cli, code=6)
    assert contents(tmp_path / "elsewhere") == {}


def test_dry_run_writes_nothing(cli: Cli, project: Path, manifest: Path) -> None:
    write(project, ".claude/agents/own.md", OWN)
    before = stamps(project)
    assert "+ own 0.1.0 would be adopted" in cli("adopt", "--dry-run").out
    assert stamps(project) == before


def test_a_program_is_told_everything(cli: Cli, project: Path, manifest: Path) -> None:
    write(project, ".claude/agents/own.md", OWN)
    write(project, ".claude/agents/My_Own.md", OWN)
    data = adopt(cli, "--json", code=3).json
    assert [one["path"] for one in data["left"]] == [".claude/agents/My_Own.md"]
    (one,) = data["bundles"]
    assert one["files"][0]["path"] == ".claude/agents/own.md"
    assert {key: one[key] for key in ("id", "version", "path", "agents", "hosts", "grants", "notes")} == {
        "id": "own",
        "version": "0.1.0",
        "path": "bundles/own",
        "agents": ["own"],
        "hosts": ["claude"],
        "grants": {"own": ["grep", "read"]},
        "notes": [],
    }


def test_a_project_without_a_manifest_gets_one(cli: Cli, project: Path) -> None:
    assert cli("adopt").out == "nothing to adopt\n"
    assert not (project / "agentpkg.toml").exists()
    cli("install", "data-engineer~=1.0", "--host", "claude")
    for path in ("agentpkg.toml", "agentpkg.lock"):
        (project / path).unlink()
    adopt(cli)
    assert (project / "agentpkg.toml").read_text() == (
        '[project]\nhosts = ["claude"]\n\n[bundles]\ndata-engineer = "~=1.1"\n'
    )


def test_a_project_that_is_not_in_sync_is_refused(cli: Cli, project: Path, manifest: Path, registry: Registry) -> None:
    registry.publish("tool", tools="[read]")
    cli("install", "tool")
    write(project, ".claude/agents/own.md", OWN)
    (project / CLAUDE).unlink()
    assert f"create {CLAUDE}" in refused(cli, code=1)
    cli("sync")
    text = manifest.read_text()
    manifest.write_text(text.replace('["claude"]', '["claude", "copilot"]'))
    assert "run agentpkg sync first" in refused(cli, code=1)
    manifest.write_text(text)
    registry.publish("more", tools="[read]")
    manifest.write_text(f'{text}more = "~=1.0"\n')
    assert "more is not in the lock" in refused(cli, code=1)
    manifest.write_text(text)
    edited = project / CLAUDE
    edited.write_text(edited.read_text() + "Mine.\n")
    before = agents(project)
    cli("adopt")
    assert agents(project) == before
    assert f"edited  {CLAUDE}" in cli("status").out


def test_for_all_projects_bundles_lie_beside_the_manifest(cli: Cli) -> None:
    home = Path.home()
    write(home, ".claude/agents/own.md", OWN)
    cli("init", "--global", "--host", "claude")
    cli("adopt", "--global")
    assert (home / ".agentpkg/bundles/own/bundle.toml").is_file()
    assert cli("sync", "--global", "--check").out == "in sync\n"


def test_folders_are_made_before_the_journal_and_a_run_that_is_cut_short_is_done_again(
    cli: Cli, project: Path, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, ".claude/agents/own.md", OWN)
    write(project, ".claude/agents/more.md", OWN.replace("own", "more"))
    before, stood = contents(project), agents(project)
    called: list[str] = []

    def make(folder: Path, files: Any) -> bool:
        if len(called) == fails_at:
            raise DiskError("no room")
        called.append(folder.name)
        return write_new(folder, files)

    def apply(*given: Any) -> None:
        if len(called) == fails_at:
            raise DiskError("no room")
        called.append("journal")
        apply_writes(*given)

    monkeypatch.setattr(changes, "write_new", make)
    monkeypatch.setattr(changes, "apply_writes", apply)
    for fails_at in range(3):
        called.clear()
        cli("adopt", code=9)
        left = {path: data for path, data in contents(project).items() if not path.startswith("bundles/")}
        assert left == before
        assert len(list((project / "bundles").iterdir()) if fails_at else []) == fails_at
    fails_at = sys.maxsize
    called.clear()
    cli("adopt")
    assert called == ["more", "own", "journal"]
    assert agents(project) == stood
    cli("sync", "--check")


# For all hosts


def test_what_is_adopted_is_written_for_the_other_hosts_that_can_hold_it(cli: Cli, project: Path, both: Path) -> None:
    both.write_text(both.read_text().replace('"copilot"]', '"copilot", "codex"]'))
    before = write(project, ".claude/agents/own.md", OWN).read_bytes()
    out = cli("adopt", "--all-hosts").out
    assert "not written for codex: codex cannot hold own back" in out
    assert "  create .github/agents/own.agent.md\n" in out
    assert (project / ".claude/agents/own.md").read_bytes() == before
    assert 'own = {path = "bundles/own", hosts = ["claude", "copilot"]}' in both.read_text()
    cli("sync", "--check")
    agent = project / "bundles" / "own" / "agents" / "own.md"
    agent.write_text(agent.read_text().replace("Use when own.", "Use when it is ours."))
    cli("sync")
    assert "Use when it is ours." in (project / ".github/agents/own.agent.md").read_text()
    assert "Use when it is ours." in (project / ".claude/agents/own.md").read_text()


def test_a_registrys_bundle_goes_to_all_hosts_as_well(cli: Cli, project: Path, both: Path, registry: Registry) -> None:
    registry.publish("tool", "1.0.0", tools="[read]")
    copy_of(cli, project, "tool", "--host", "claude")
    data = cli("adopt", "--all-hosts", "--json").json
    assert (data["bundles"][0]["hosts"], data["bundles"][0]["also"]) == (["claude"], ["copilot"])
    assert 'tool = "~=1.0"\n' in both.read_text()
    assert (project / COPILOT).is_file()
    cli("sync", "--check")


def test_where_another_file_stands_nothing_is_written_for_other_hosts(
    cli: Cli, project: Path, both: Path, registry: Registry
) -> None:
    registry.publish("tool", "1.0.0", tools="[read]")
    copy_of(cli, project, "tool", "--host", "claude")
    write(project, COPILOT, "---\nname: tool\ndescription: Mine.\n---\n\nQuite another text.\n")
    before = contents(project)
    assert COPILOT in cli("adopt", CLAUDE, "--all-hosts", code=6).err
    assert contents(project) == before
    cli("adopt", CLAUDE)


def test_a_bundle_that_was_adopted_for_one_host_can_go_to_all(cli: Cli, project: Path, both: Path) -> None:
    before = write(project, ".claude/agents/own.md", OWN).read_bytes()
    assert "only for claude: own (for copilot too: agentpkg adopt --all-hosts)\n" in adopt(cli).err
    at_rest = contents(project)
    assert "~ own 0.1.0 would be from now on for claude, copilot\n" in cli("adopt", "--all-hosts", "--dry-run").out
    assert contents(project) == at_rest
    result = cli("adopt", "--all-hosts")
    assert "~ own 0.1.0 is from now on for claude, copilot\n" in result.out
    assert "  create .github/agents/own.agent.md\n" in result.out
    assert "nothing to adopt" not in result.out
    assert "only for" not in result.err
    assert (project / ".claude/agents/own.md").read_bytes() == before
    assert 'own = {path = "bundles/own"}\n' in both.read_text()
    cli("sync", "--check")
    cli("audit")
    assert cli("adopt", "--all-hosts").out == "nothing to adopt\n"


def test_new_agents_and_earlier_ones_go_to_all_hosts_at_once(cli: Cli, project: Path, both: Path) -> None:
    write(project, ".claude/agents/own.md", OWN)
    cli("adopt")
    write(project, ".claude/agents/new-one.md", OWN.replace("own", "new-one"))
    data = cli("adopt", ".claude/agents/new-one.md", "--all-hosts", "--dry-run", "--json").json
    assert ([one["id"] for one in data["bundles"]], data["spread"]) == (["new-one"], [])
    data = cli("adopt", "--all-hosts", "--json").json
    assert data["spread"] == [{"id": "own", "version": "0.1.0", "hosts": ["claude"], "also": ["copilot"], "notes": []}]
    assert (project / ".github/agents/own.agent.md").is_file()
    assert (project / ".github/agents/new-one.agent.md").is_file()
    cli("sync", "--check")


def test_an_earlier_bundle_keeps_out_of_the_way_of_what_is_there(cli: Cli, project: Path, both: Path) -> None:
    both.write_text(both.read_text().replace('"copilot"]', '"copilot", "codex"]'))
    write(project, ".claude/agents/own.md", OWN)
    cli("adopt")
    mine = "# Notes of mine\n"
    write(project, ".github/agents/own.agent.md", mine)
    before = contents(project)
    told = cli("adopt", "--all-hosts").out
    assert "own: not written for copilot: .github/agents/own.agent.md is there already" in told
    assert "own: not written for codex: codex cannot hold own back" in told
    assert contents(project) == before


def test_powers_that_a_further_host_would_give_are_asked_about(cli: Cli, project: Path, both: Path) -> None:
    write(project, COPILOT, "---\nname: tool\ndescription: Tool.\ntools: [read]\n---\n\nDo.\n")
    cli("adopt")
    agent = project / "bundles/tool/agents/tool.md"
    agent.write_text(agent.read_text().replace("\n---\n", "\nhosts:\n  claude: {memory: project}\n---\n", 1))
    cli("sync")
    before = contents(project)
    assert "tool would gain claude.memory=project" in cli("adopt", "--all-hosts", code=4).err
    assert contents(project) == before
    cli("adopt", "--all-hosts", "--accept-grants")
    assert "memory" in (project / CLAUDE).read_text()
    cli("audit")


def test_two_earlier_bundles_never_want_one_file(cli: Cli, project: Path, both: Path) -> None:
    both.write_text(both.read_text().replace('"copilot"]', '"copilot", "opencode"]'))
    write(project, ".claude/agents/own.md", OWN)
    cli("adopt")
    write(project, ".github/agents/own.agent.md", "---\nname: own\ndescription: Else.\n---\n\nQuite another text.\n")
    cli("adopt")
    assert bundles(project).keys() == {"own", "own-local"}
    told = cli("adopt", "--all-hosts").out
    assert "own-local: not written for claude: .claude/agents/own.md is there already" in told
    assert "own-local: not written for opencode: .opencode/agents/own.md is there already" in told
    assert files(project)[".opencode/agents/own.md"]["bundle"] == "own"
    cli("sync", "--check")


def test_hosts_that_a_registrys_bundle_does_not_reach_are_told_with_the_way(
    cli: Cli, project: Path, both: Path, registry: Registry
) -> None:
    registry.publish("tool", "1.0.0", tools="[read]")
    copy_of(cli, project, "tool", "--host", "claude")
    way = "agentpkg install tool --host claude --host copilot"
    assert f"only for claude: tool (for copilot too: {way})\n" in adopt(cli).err
    cli(*way.split()[1:])
    assert (project / COPILOT).is_file()


def test_what_is_not_there_cannot_be_adopted(cli: Cli, project: Path, manifest: Path) -> None:
    assert f"there is no nope.md in {project}" in refused(cli, "nope.md", code=2)
    write(project, "here.md", "x")
    assert "no host reads an agent in here.md" in refused(cli, "here.md", code=2)
