"""Several registries: a project's, a user's own, and names that could be taken for each other."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.registry import Registry
from tests.support.tree import contents


@pytest.fixture
def acme(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "acme").start().publish("tool").publish("triage")


def registries_of(project: Path) -> dict[str, dict[str, str]]:
    data: dict[str, dict[str, str]] = tomllib.loads((project / "agentpkg.toml").read_text()).get("registries", {})
    return data


def test_a_registry_of_the_users_own_is_known_everywhere_and_written_where_it_is_used(
    cli: Cli, project: Path, acme: Registry
) -> None:
    cli("registry", "add", "acme", acme.url, "--global")
    assert "acme/tool" in cli("search", "tool").out
    assert "acme/triage 1.0.0" in cli("info", "acme/triage").out
    assert contents(project) == {}
    cli("install", "acme/triage", "--host", "claude")
    assert registries_of(project) == {"acme": {"url": acme.path.as_uri()}}
    cli("sync", "--check")


def test_an_unused_registry_of_the_users_own_stays_out_of_the_project(cli: Cli, project: Path, acme: Registry) -> None:
    cli("registry", "add", "acme", acme.url, "--global")
    cli("install", "data-engineer", "--host", "claude")
    assert registries_of(project) == {}


def test_the_users_default_counts_for_new_projects_alone(cli: Cli, project: Path, acme: Registry) -> None:
    cli("init", "--host", "claude")
    cli("registry", "add", "default", acme.url, "--global")
    assert "there is no bundle 'triage'" in cli("install", "triage", code=2).err
    (project / "agentpkg.toml").unlink()
    cli("install", "triage", "--host", "claude")
    assert registries_of(project) == {"default": {"url": acme.path.as_uri()}}


def test_a_registry_held_to_signatures_by_the_users_own_files_is_not_copied(
    cli: Cli, project: Path, acme: Registry
) -> None:
    (Path.home() / ".agentpkg").mkdir()
    manifest = f'[project]\nhosts = []\n[registries.acme]\nurl = "{acme.url}"\nsigners = "keys"\n'
    (Path.home() / ".agentpkg/agentpkg.toml").write_text(manifest)
    error = cli("install", "acme/tool", "--host", "claude", code=2).err
    assert "held to signatures by files of yours" in error
    assert contents(project) == {}


def test_a_name_is_looked_up_in_one_registry_and_the_other_is_named(
    cli: Cli, project: Path, manifest: Path, registry: Registry, acme: Registry
) -> None:
    registry.publish("tool")
    cli("registry", "add", "acme", acme.url)
    cli("search")  # so that what acme has is known
    error = cli("install", "triage", code=2).err
    assert "did you mean acme/triage? a name never falls through to another registry" in error
    cli("install", "tool")
    assert '"acme/tool"' not in manifest.read_text()


def test_names_that_look_alike_are_warned_of_when_they_are_new(
    cli: Cli, manifest: Path, registry: Registry, acme: Registry
) -> None:
    registry.publish("data-engineer").publish("data-enginer").publish("other")
    told = cli("install", "data-enginer").err
    assert "warning: data-enginer is not data-engineer, which looks like it" in told
    assert "looks like" not in cli("install", "other").err
    assert "looks like" not in cli("install", "data-enginer").err
    registry.publish("tool")
    cli("install", "tool")
    cli("registry", "add", "acme", acme.url)
    assert "acme/tool is not tool" in cli("install", "acme/tool", "--as", "tool=acme-tool").err


def test_a_yanked_version_that_is_locked_stays_and_is_told(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool").publish("other")
    cli("install", "tool")
    registry.yank("tool", "1.0.0", "names the wrong team")
    told = cli("install", "other").err
    assert "warning: tool 1.0.0 was yanked: names the wrong team" in told
    assert "tool" in cli("list").out
    (registry.folder / "bundles/tool/yanked.toml").unlink()
    registry.commit("unyank")
    assert "warning: tool 1.0.0 is no longer yanked (it was: names the wrong team)" in cli("update").err


def test_two_registries_of_one_name_are_never_mixed_up(cli: Cli, project: Path, acme: Registry, tmp_path: Path) -> None:
    cli("init", "--host", "claude")
    cli("registry", "add", "acme", acme.url)
    other = Registry(tmp_path / "other").start()
    before = (project / "agentpkg.toml").read_text()
    assert "has another registry called 'acme'" in cli("registry", "add", "acme", other.url, code=2).err
    assert (project / "agentpkg.toml").read_text() == before
    cli("registry", "add", "acme", acme.url)
    cli("install", "acme/tool")
    assert "acme/tool comes from registry acme" in cli("registry", "remove", "acme", code=2).err
    cli("remove", "acme/tool")
    cli("registry", "remove", "acme")
    assert registries_of(project) == {}
    assert "there is no registry 'acme'" in cli("registry", "remove", "acme", code=2).err


def test_what_is_no_registry_is_not_added(cli: Cli, project: Path, tmp_path: Path) -> None:
    cli("init", "--host", "claude")
    before = (project / "agentpkg.toml").read_text()
    cli("registry", "add", "acme", str(tmp_path / "nowhere"), code=8)
    cli("registry", "add", "acme", "https://user:secret@git.acme.example/r.git", code=2)
    cli("registry", "add", "acme", "ext::sh -c touch", code=2)
    cli("registry", "add", "acme", "--subfolder=../x", str(tmp_path), code=2)
    assert (project / "agentpkg.toml").read_text() == before
