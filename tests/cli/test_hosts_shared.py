"""A new host is one value and one line in the list: every command works for it, and nothing else knows its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agentpkg import hosts
from agentpkg.manifest import HostSettings
from agentpkg.targets import Destination, Selection, render_selections
from tests.support.cli import Cli
from tests.support.registry import BODY, Registry
from tests.support.toys import TOY, make_known
from tests.support.tree import contents, stamps
from tests.unit.builders import a_bundle, an_agent

FILE = ".toy/tool/agent.md"


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The host `toy`, in the list for as long as the test takes."""
    yield from make_known(monkeypatch, TOY)


@pytest.fixture
def published(cli: Cli, project: Path, registry: Registry, toy: None) -> Registry:
    """A project for the toy host, and a registry with tool 1.0.0."""
    cli("init", "--host", "toy")
    with (project / "agentpkg.toml").open("a") as manifest:
        manifest.write(f'[registries.default]\nurl = "{registry.url}"\n')
    return registry.publish("tool", "1.0.0", tools="[read]", model="strong")


def test_a_host_is_a_value_that_renders_without_being_in_any_list() -> None:
    selection = Selection(id="aa", bundle=a_bundle(an_agent("read")), hosts=("toy",), agents=None, renames={})
    destination = Destination(hosts={"toy": TOY}, settings={"toy": HostSettings()}, user=False, used=("toy",))
    rendered = render_selections([selection], destination)
    assert {path: target.content for path, target in rendered.targets.items()} == {
        ".toy/triage/agent.md": b'---\nid: "triage"\ndescription: "Use when an incident comes in"\n'
        b'toys: ["look"]\n---\n\nYou are a triage agent.\n'
    }
    at_home = render_selections([selection], replace(destination, user=True))
    assert list(at_home.targets) == [".config/toy/triage/agent.md"]


def test_every_command_works_for_it(cli: Cli, project: Path, published: Registry) -> None:
    before = contents(project)
    result = cli("install", "tool")
    assert f"create {FILE}" in result.out
    text = (project / FILE).read_text()
    assert text.startswith(
        '---\nid: "tool"\ndescription: "Use tool when testing."\ntoys: ["look"]\nengine: "toy-9"\n---\n'
    )
    assert cli("status").out.startswith("1 of 1 file")
    assert cli("sync", "--check").out == "in sync\n"
    (project / FILE).unlink()
    assert f"missing {FILE}" in cli("sync", "--check", code=1).err
    cli("sync")
    assert (project / FILE).read_text() == text
    (project / FILE).write_text(text + "Mine.\n")
    assert "+Mine." in cli("diff").out
    cli("keep", FILE)
    cli("sync", "--check")
    published.publish("tool", "1.1.0", tools="[read]", model="strong", body=BODY.replace("Line 10", "LINE TEN"))
    assert f"merge {FILE}" in cli("update").out
    assert (project / FILE).read_text() == text.replace("Line 10", "LINE TEN") + "Mine.\n"
    (project / FILE).write_text(text.replace("Line 10", "LINE TEN"))
    cli("remove", "tool")
    assert contents(project).keys() == {*before, "agentpkg.lock"}


def test_it_is_recognised_by_its_mark(cli: Cli, project: Path, registry: Registry, toy: None) -> None:
    (project / ".toy").mkdir()
    cli("init")
    assert 'hosts = ["toy"]' in (project / "agentpkg.toml").read_text()


def test_it_works_on_the_home_folder(cli: Cli, project: Path, published: Registry) -> None:
    cli("install", "tool", "--global", "--host", "toy", "--registry", published.url)
    assert (Path.home() / ".config/toy/tool/agent.md").exists()
    cli("sync", "--check", "--global")


def test_a_raised_revision_renders_it_anew(
    cli: Cli, project: Path, published: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("install", "tool")
    for _ in make_known(monkeypatch, replace(TOY, fixed={"kind": "toy"}), revision=2):
        assert "renders toy anew" in cli("sync", "--frozen", code=5).err
        cli("sync")
        assert 'kind: "toy"' in (project / FILE).read_text()
    for _ in make_known(monkeypatch, TOY, revision=1):
        assert "written by a newer agentpkg" in cli("sync", code=5).err


def test_a_host_that_is_not_in_the_list_is_not_known(cli: Cli, project: Path) -> None:
    before = stamps(project)
    assert "unknown host 'toy'" in cli("install", "data-engineer", "--host", "toy", code=2).err
    assert stamps(project) == before
    assert not hosts.is_place(FILE, user=False)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (FILE, True),
        (f"{FILE}.agentpkg-new", True),
        (".toy/skills/sql/SKILL.md", True),
        (".toy/tool/other.md", False),
        (".toy/Tool/agent.md", False),
        (f"deep/{FILE}", False),
        (".config/toy/tool/agent.md", False),
    ],
)
def test_only_its_own_places_are_written(toy: None, path: str, place: bool) -> None:
    assert hosts.is_place(path, user=False) is place


def test_losses_stop_a_command_where_the_user_says_so(cli: Cli, project: Path, published: Registry) -> None:
    published.publish("lossy", tools="[read, delegate]")
    before = stamps(project)
    result = cli("install", "lossy", "--fail-on", "narrowed", code=3)
    assert "lossy: lossy on toy: tools narrowed" in result.err
    assert stamps(project) == before
    cli("install", "lossy", "--fail-on", "widened")
    cli("sync", "--fail-on", "widened")
    assert "tools narrowed" in cli("sync", "--fail-on", "approximated", code=3).err
    assert "tools narrowed" in cli("sync", "--check", "--fail-on", "narrowed", code=3).err
