"""Files that are two here and one elsewhere: never written, and both are named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.caseless import caseless
from tests.support.cli import Cli
from tests.support.registry import Registry, agent_text, git
from tests.support.toys import SHARED, make_known
from tests.support.tree import contents, stamps

FILE = ".claude/agents/tool.md"
SKILL = ".claude/skills/count"


def with_skill(*files: str, agent: str = "tool") -> dict[str, str]:
    """Return a bundle's files: an agent, and a skill that holds these files beside its own."""
    skill = {f"skills/count/{file}": f"This is {file.lower()}.\n" for file in files}
    return {
        f"agents/{agent}.md": agent_text(agent),
        "skills/count/SKILL.md": agent_text("count"),
        **skill,
    }


@pytest.fixture
def cased(tmp_path: Path) -> None:
    (tmp_path / "case").touch()
    if (tmp_path / "CASE").exists():
        pytest.skip("needs a file system on which a and A are two")


CLASHES = [("a.md", "A.md"), ("docs/a.md", "Docs/b.md"), ("docs", "Docs/b.md")]


@pytest.mark.usefixtures("cased")
@pytest.mark.parametrize("pair", CLASHES, ids=str)
def test_two_targets_that_are_one_elsewhere_are_refused(
    cli: Cli, project: Path, manifest: Path, registry: Registry, pair: tuple[str, str]
) -> None:
    registry.publish("tool", files=with_skill(pair[0]), requires={"more": ""})
    registry.publish("more", files=with_skill(pair[1], agent="another"))
    before = stamps(project)
    error = cli("install", "tool", code=3).err
    assert f"{SKILL}/{pair[0]} of tool" in error
    assert f"{SKILL}/{pair[1]} of more" in error
    assert stamps(project) == before
    registry.publish("tool", "1.1.0", files=with_skill("a.md", "b.md", "docs/a.md", "docs/b.md"))
    cli("install", "tool")


THEIRS = [
    (".claude/agents/Tool.md", ".claude/agents/Tool.md"),
    (".claude/agents/tool.MD", ".claude/agents/tool.MD"),
    (".Claude/settings.json", ".Claude"),
    (".claude/Agents/tool.md", ".claude/Agents"),
    (".CLAUDE/AGENTS/TOOL.MD", ".CLAUDE"),
    (".claude/\u017fkills/x", ".claude/\u017fkills"),
]


@pytest.mark.parametrize(("path", "named"), THEIRS)
def test_a_file_or_folder_of_somebody_elses_that_differs_in_case_alone_is_told_and_left(
    cli: Cli, project: Path, manifest: Path, registry: Registry, path: str, named: str
) -> None:
    registry.publish("tool", files=with_skill())
    (project / path).parent.mkdir(parents=True)
    (project / path).write_text("mine\n")
    before = stamps(project)
    error = cli("install", "tool", code=6).err
    assert f": there is {named}\n" in error
    assert FILE in error or SKILL in error
    assert stamps(project) == before
    (project / path).rename(project / "elsewhere")
    for folder in sorted(project.rglob("*/"), reverse=True):
        if ".git" not in folder.parts and folder.is_dir() and not list(folder.iterdir()):
            folder.rmdir()
    cli("install", "tool")
    cli("sync", "--check")


def test_another_shared_file_that_differs_in_case_alone_is_told_and_left(
    cli: Cli, project: Path, manifest: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.publish("tool")
    for _ in make_known(monkeypatch, SHARED):
        (project / ".ToyModes").write_text("customModes: []\n")
        assert ".toymodes: there is .ToyModes" in cli("install", "tool", "--host", "shared", code=6).err
        (project / ".ToyModes").rename(project / ".toymodes")
        cli("install", "tool", "--host", "shared")


@pytest.mark.usefixtures("cased")
def test_a_file_that_comes_back_is_looked_at_and_one_that_stays_is_not(
    cli: Cli, project: Path, manifest: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.publish("tool")
    cli("install", "tool")
    (project / ".claude/agents/TOOL.md").write_text("mine\n")
    with monkeypatch.context() as patch:
        patch.setattr("os.listdir", lambda *_: pytest.fail("a folder was listed though nothing is to be written"))
        assert cli("sync").out == "nothing to do\n"
    (project / FILE).unlink()
    assert f"{FILE}: there is .claude/agents/TOOL.md" in cli("sync", code=6).err
    assert not (project / FILE).exists()


@pytest.mark.usefixtures("cased")
def test_a_file_whose_name_changes_case_is_moved_with_its_bundle(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", files=with_skill("readme.md", "docs/a.md"))
    cli("install", "tool")
    registry.publish("tool", "1.1.0", files=with_skill("README.md", "Docs/a.md"))
    cli("update")
    skill = {path for path in contents(project) if path.startswith(SKILL)}
    assert skill == {f"{SKILL}/{name}" for name in ("SKILL.md", "README.md", "Docs/a.md")}
    cli("sync", "--check")


# On a real file system that takes no notice of case


@pytest.fixture
def elsewhere(cli: Cli, tmp_path: Path, registry: Registry) -> Iterator[Cli]:
    """A project on such a file system, and a registry that has tool 1.0.0."""
    registry.publish("tool", files=with_skill("readme.md"))
    with caseless(tmp_path / "caseless") as folder:
        place = folder / "project"
        place.mkdir()
        git(place, "init", "-q", ".")
        at = cli.at(place)
        at("init", "--host", "claude")
        with (place / "agentpkg.toml").open("a") as manifest:
            manifest.write(f'[registries.default]\nurl = "{registry.url}"\n')
        yield at
        cli("--version")  # from a folder that stays


@pytest.mark.soak
def test_our_own_files_stand_in_nobodys_way(elsewhere: Cli, registry: Registry) -> None:
    elsewhere("install", "tool")
    assert elsewhere("sync").out == "nothing to do\n"
    registry.publish("tool", "1.1.0", files=with_skill("readme.md", "more.md"))
    elsewhere("update")
    (elsewhere.folder / FILE).unlink()
    elsewhere("sync")
    elsewhere("sync", "--check")
    elsewhere("remove", "tool")
    assert contents(elsewhere.folder).keys() == {"agentpkg.toml", "agentpkg.lock"}


@pytest.mark.soak
@pytest.mark.parametrize(("path", "named"), THEIRS[:-1])
def test_what_it_would_take_for_ours_is_told_and_left(elsewhere: Cli, path: str, named: str) -> None:
    file = elsewhere.folder / path
    file.parent.mkdir(parents=True)
    file.write_text("mine\n")
    before = contents(elsewhere.folder)
    assert f": there is {named}\n" in elsewhere("install", "tool", code=6).err
    assert contents(elsewhere.folder) == before


@pytest.mark.soak
def test_the_same_bytes_under_another_name_are_not_adopted(elsewhere: Cli) -> None:
    elsewhere("install", "tool")
    file = elsewhere.folder / FILE
    mine = file.read_bytes()
    elsewhere("remove", "tool")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.with_name("Tool.md").write_bytes(mine)
    assert f"{FILE}: there is .claude/agents/Tool.md" in elsewhere("install", "tool", code=6).err
    assert [path.name for path in file.parent.iterdir()] == ["Tool.md"]


@pytest.mark.soak
@pytest.mark.parametrize("same", [True, False], ids=["same bytes", "other bytes"])
def test_a_name_that_changes_case_waits_for_the_old_one_to_go(elsewhere: Cli, registry: Registry, same: bool) -> None:
    elsewhere("install", "tool")
    files = with_skill("README.md")
    registry.publish("tool", "1.1.0", files=files if same else {**files, "skills/count/README.md": "Anew.\n"})
    before = contents(elsewhere.folder)
    error = elsewhere("update", code=6).err
    assert f"{SKILL}/README.md: there is {SKILL}/readme.md" in error
    assert contents(elsewhere.folder) == before
    (elsewhere.folder / SKILL / "readme.md").unlink()
    elsewhere("update")
    elsewhere("sync", "--check")
    assert f"{SKILL}/README.md" in contents(elsewhere.folder)
