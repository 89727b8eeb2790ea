"""`agentpkg pin` and `unpin`: a bundle stays at one version, and moves again, and the rest of its line stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.registry import Registry, agent_text, git, write_bundle
from tests.support.tree import contents, stamps


@pytest.fixture
def tool(cli: Cli, project: Path, manifest: Path, registry: Registry) -> Registry:
    """A project with tool 1.0.0 and a registry that has 1.1.0 too."""
    registry.publish("tool", tools="[read]")
    cli("install", "tool")
    return registry.publish("tool", "1.1.0", tools="[read]")


def version_of(project: Path, bundle: str = "tool") -> str:
    version: str = json.loads((project / "agentpkg.lock").read_text())["bundles"][bundle]["version"]
    return version


def refused(cli: Cli, *arguments: str, code: int) -> str:
    """Run a command that must fail, see that nothing changed, and return what it says."""
    before = contents(cli.folder)
    told = cli(*arguments, code=code).err
    assert contents(cli.folder) == before
    return told


def test_a_pinned_bundle_stays_until_it_is_unpinned(cli: Cli, tool: Registry, project: Path, manifest: Path) -> None:
    before = manifest.read_text()
    assert cli("pin", "tool", "--dry-run").out.startswith("tool would be pinned to 1.0.0 (was ~=1.0)\n")
    assert cli("pin", "tool").out.startswith("tool is pinned to 1.0.0 (was ~=1.0)\n")
    assert manifest.read_text() == before.replace('"~=1.0"', '"==1.0.0"')
    assert "tool stays at 1.0.0: agentpkg.toml asks for ==1.0.0" in cli("update").err
    cli("sync", "--check")
    told = "pinned, and may move within ~=1.0 (was ==1.0.0)\n"
    assert cli("unpin", "tool", "--dry-run").out.startswith(f"tool would no longer be {told}")
    assert cli("unpin", "tool").out.startswith(f"tool is no longer {told}")
    assert manifest.read_text() == before
    assert version_of(project) == "1.0.0"
    cli("sync", "--check")
    cli("update")
    assert version_of(project) == "1.1.0"


def test_a_version_can_be_named_newer_or_older(cli: Cli, tool: Registry, project: Path, manifest: Path) -> None:
    assert "~ tool 1.0.0 -> 1.1.0" in cli("pin", "tool", "1.1.0").out
    assert 'tool = "==1.1.0"' in manifest.read_text()
    assert "~ tool 1.1.0 -> 1.0.0" in cli("pin", "tool", "1.0.0").out
    assert "~ tool" not in cli("unpin", "tool").out
    assert 'tool = "~=1.0"' in manifest.read_text()


def test_what_else_a_requirement_says_stays(cli: Cli, project: Path, manifest: Path, registry: Registry) -> None:
    files = {f"agents/{name}.md": agent_text(name, tools="[read]") for name in ("one", "two")}
    registry.publish("team", files=files)
    cli("install", "team", "--host", "opencode", "--only", "one", "--as", "one=first")
    before = contents(project)
    cli("pin", "team")
    line = 'team = {version = "==1.0.0", hosts = ["opencode"], agents = ["one"], as = {one = "first"}}'
    assert line in manifest.read_text()
    cli("unpin", "team")
    assert contents(project) == before


def test_pinning_twice_and_unpinning_twice_change_nothing(cli: Cli, tool: Registry, project: Path) -> None:
    cli("pin", "tool")
    before = stamps(project)
    assert cli("pin", "tool").out == "nothing to do\n"
    assert stamps(project) == before
    cli("unpin", "tool")
    before = stamps(project)
    result = cli("unpin", "tool")
    assert result.out == "nothing to do\n"
    assert "tool is not pinned: agentpkg.toml asks for ~=1.0" in result.err
    assert stamps(project) == before


def test_a_pre_release_is_unpinned_to_itself_or_newer(cli: Cli, tool: Registry, manifest: Path, project: Path) -> None:
    tool.publish("tool", "2.0.0rc1", tools="[read]")
    cli("pin", "tool", "2.0.0rc1")
    cli("unpin", "tool")
    assert 'tool = "~=2.0.0rc1"' in manifest.read_text()


def test_a_pin_to_a_version_with_more_powers_asks(cli: Cli, tool: Registry) -> None:
    tool.publish("tool", "1.2.0", tools="[read, shell]")
    assert "tool 1.0.0 → 1.2.0: tool would gain shell" in refused(cli, "pin", "tool", "1.2.0", code=4)
    cli("pin", "tool", "1.2.0", "--accept-grants")


def test_a_dry_run_shows_and_writes_nothing(cli: Cli, tool: Registry, project: Path) -> None:
    before = stamps(project)
    assert "update agentpkg.toml" in cli("pin", "tool", "--dry-run").out
    data = cli("pin", "tool", "1.1.0", "--dry-run", "--json").json
    assert stamps(project) == before
    assert (data["dry_run"], data["changed"]) == (True, True)
    assert [(one["id"], one["before"], one["after"]) for one in data["bundles"]] == [("tool", "1.0.0", "1.1.0")]


def test_what_cannot_be_pinned_is_told_with_the_way_out(
    cli: Cli, tool: Registry, project: Path, manifest: Path
) -> None:
    tool.publish("base", tools="[]").publish("top", tools="[]", requires={"base": ""})
    write_bundle(project / "bundles/local", "local", tools="[]")
    cli("install", "top", "./bundles/local")
    for command in ("pin", "unpin"):
        told = refused(cli, command, "base", code=2)
        assert "base is there because top requires it" in told
        assert "agentpkg install base names it" in told
        assert "local comes from bundles/local, a folder of the project" in refused(cli, command, "local", code=2)
        assert "did you mean tool" in refused(cli, command, "tol", code=2)
    assert "'1.1' is not a version" in refused(cli, "pin", "tool", "1.1", code=2)
    assert "this command wants tool ==9.0.0" in refused(cli, "pin", "tool", "9.0.0", code=1)
    manifest.write_text(manifest.read_text() + 'new = ""\n')
    assert "new is not in the lock yet" in refused(cli, "pin", "new", code=2)


def test_what_knows_no_versions_is_pinned_by_its_commit(cli: Cli, project: Path, tmp_path: Path) -> None:
    source = tmp_path / "plain"
    (source / "agents").mkdir(parents=True)
    (source / "agents/plain.md").write_text('---\nname: plain\ndescription: "Use it."\ntools: Read\n---\n\nBe plain.\n')
    git(source, "init", "-q", ".")
    git(source, "add", "-A")
    git(source, "commit", "-q", "-m", "one")
    cli("install", "--from", str(source), "plain", "--host", "claude")
    (bundle,) = json.loads((project / "agentpkg.lock").read_text())["bundles"]
    told = refused(cli, "pin", bundle, code=2)
    assert "comes from a repository that knows no versions" in told
    assert f"ref under [registries.{bundle.partition('/')[0]}]" in told


def test_a_pin_in_the_home_folder(cli: Cli, registry: Registry) -> None:
    registry.publish("tool", tools="[]")
    home = Path.home() / ".agentpkg"
    home.mkdir()
    (home / "agentpkg.toml").write_text(
        f'[project]\nhosts = ["claude"]\n[registries.default]\nurl = "{registry.url}"\n[bundles]\n'
    )
    cli("install", "tool", "--global")
    cli("pin", "tool", "--global")
    assert 'tool = "==1.0.0"' in (home / "agentpkg.toml").read_text()
