"""`agentpkg registry site`: a registry as pages, in a folder that holds nothing else."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.registry import Registry, agent_text
from tests.support.tree import contents


@pytest.fixture
def shop(registry: Registry) -> Registry:
    registry.publish("reader", tools="[read]").publish("reader", "1.0.1", tools="[read]", body="Read it twice.")
    return registry.publish("runner", requires={"reader": "~=1.0"}, tools="[read, shell]")


@pytest.fixture
def out(project: Path) -> Path:
    return project / "site"


def make(cli: Cli, shop: Registry, *words: str, code: int = 0) -> str:
    result = cli("registry", "site", shop.url, "--out", "site", *words, code=code)
    return result.out if not code else result.err


def test_a_site_is_written_and_the_same_commit_gives_the_same_bytes(cli: Cli, shop: Registry, out: Path) -> None:
    assert make(cli, shop) == "wrote pages of 2 bundles, with 3 versions, to site\n"
    first = contents(out)
    assert sorted({path.split("/")[0] for path in first}) == [
        "404.html", "assets", "bundles", "data", "index.html", "site.json",
    ]  # fmt: skip
    page = (out / "bundles/runner/index.html").read_text()
    assert "runs any command" in page
    assert '<a href="../reader/index.html">reader</a>' in page
    assert "2026-01-01" in page
    assert "agentpkg install runner --registry test" in page
    assert str(shop.path) not in "".join(str(data) for data in first.values()), (
        "where it lies here is nobody's business"
    )
    shutil.rmtree(out)
    make(cli, shop)
    assert contents(out) == first
    assert make(cli, shop).startswith("wrote pages of 2 bundles (2 unchanged), with 3 versions")
    assert contents(out) == first


def test_what_did_not_change_stays_and_what_did_is_made_anew(cli: Cli, shop: Registry, out: Path) -> None:
    make(cli, shop)
    shop.publish("writer", requires={"runner": ""}, tools="[edit]")
    told = cli("registry", "site", shop.url, "--out", "site", "--json").json
    assert (told["bundles"], told["versions"], told["kept"]) == (3, 4, 1)
    assert 'Required by <a href="../writer/index.html">' in (out / "bundles/runner/index.html").read_text()
    shop.yank("reader", "1.0.1", "reads it once")
    assert "(2 unchanged)" in make(cli, shop)
    assert "reads it once" in (out / "bundles/reader/index.html").read_text()
    brought_up = contents(out)
    shutil.rmtree(out)
    make(cli, shop)
    assert contents(out) == brought_up, "a site that was brought up to date is the one that would be made anew"
    shop.delete("bundles/writer")
    make(cli, shop)
    assert not (out / "bundles/writer").exists()


def test_addresses_are_those_that_were_given(cli: Cli, shop: Registry, out: Path) -> None:
    shop.yank("reader", "1.0.0")
    make(cli, shop, "--base-url", "https://x.example/cat", "--registry", "https://git.example/a.git")
    feed = (out / "feed.xml").read_text()
    assert feed.count("<entry>") == 2, "nobody is told of a version that was yanked"
    assert "<id>https://x.example/cat/bundles/runner/index.html#v1.0.0</id>" in feed
    assert "--registry https://git.example/a.git" in (out / "bundles/runner/index.html").read_text()
    assert 'href="/cat/assets/site.css"' in (out / "404.html").read_text()
    assert "is not the url of a folder" in make(cli, shop, "--base-url", "x.example", code=2)
    assert "holds a user name or password" in make(cli, shop, "--registry", "https://a:b@x.example/a.git", code=2)


def test_nothing_of_somebody_elses_is_ever_lost(cli: Cli, shop: Registry, out: Path) -> None:
    out.mkdir()
    (out / "a.txt").write_text("mine")
    assert "is not empty, and no site that agentpkg made" in make(cli, shop, code=6)
    (out / "a.txt").unlink()
    make(cli, shop)
    (out / "bundles/reader/index.html").write_text("mine")
    told = make(cli, shop, code=6)
    assert "holds what agentpkg did not make, or not so; nothing was written\n  bundles/reader\n" in told
    assert (out / "bundles/reader/index.html").read_text() == "mine"


def test_versions_that_cannot_be_read_are_told_of_every_time(cli: Cli, shop: Registry, out: Path) -> None:
    shop.publish("reader", "1.1.0", files={"agents/reader.md": agent_text("reader", body="A \u202e B", tools="[read]")})
    shutil.copytree(shop.folder / "bundles/reader/1.0.0", shop.folder / "bundles/reader/1.0.5")
    shop.commit()
    for _ in range(2):
        told = cli("registry", "site", shop.url, "--out", "site").err
        assert "reader 1.1.0 cannot be read: reader 1.1.0/agents/reader.md: line 7" in told
        assert "reader 1.0.5 cannot be read: bundles/reader/1.0.5 holds reader 1.0.0" in told
    (shop.folder / "bundles/runner/yanked.toml").write_text("no toml")
    shop.commit()
    data = cli("registry", "site", shop.url, "--out", "site", "--json").json
    assert [(one["name"], one["version"]) for one in data["unreadable"]] == [
        ("reader", "1.1.0"), ("reader", "1.0.5"), ("runner", "1.0.0"),
    ]  # fmt: skip
    assert "No version of it can be read." in (out / "index.html").read_text()


def test_without_the_library_it_is_told_what_to_install(
    cli: Cli, shop: Registry, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    told = make(cli, shop, code=2)
    assert "needs Jinja2" in told
    assert "hint: pip install 'agentpkg-cli[site]'" in told
    assert not out.exists()


def test_what_is_no_registry_is_told(cli: Cli, project: Path, out: Path) -> None:
    cli("registry", "site", str(project), "--out", "site", code=8)
    assert not out.exists()


def test_pages_of_a_path_say_nothing_that_visitors_can_use_and_that_is_told(
    cli: Cli, shop: Registry, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("registry", "site", str(shop.path), "--out", "site")
    assert "visitors do not know where that is; say it with --registry URL" in cli(*words).err
    assert "visitors" not in cli(*words, "--registry", "https://git.example/a.git").err
