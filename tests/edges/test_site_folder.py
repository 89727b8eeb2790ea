"""The folder that a site is written into: nothing of anybody else's is lost, and what is there is whole."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from agentpkg.errors import EditConflict
from agentpkg.site.folder import Before, read_before, staged
from tests.support.tree import contents


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "here" / "site"


def make(out: Path, text: str = "one") -> Before:
    """Make a small site, and return what was there before."""
    before = read_before(out)
    with staged(out) as stage:
        stage.add([("index.html", text.encode()), ("assets/a.css", b"css")])
        for name in ("reader", "writer"):
            kept = before.bundles.get(name)
            if kept and kept.mark == text:
                stage.keep_bundle(name, kept)
            else:
                stage.add_bundle(name, text, {"about": name}, {"index.html": f"{name} {text}".encode()})
    return before


def test_a_site_takes_the_place_of_the_one_before(out: Path) -> None:
    assert make(out) == Before(files={}, bundles={})
    first = contents(out)
    before = make(out)
    assert sorted(before.files) == ["assets/a.css", "index.html"]
    assert before.bundles["reader"].about == {"about": "reader"}
    assert contents(out) == first, "what is taken over is the same to the byte"
    make(out, "two")
    assert (out / "bundles/writer/index.html").read_text() == "writer two"
    assert [path.name for path in out.parent.iterdir()] == ["site"]


@pytest.mark.parametrize(
    "stranger",
    ["notes.txt", "assets/b.css", "deep/er/a.txt", "bundles/a.txt", "bundles/other/a.txt", "bundles/reader/a/b"],
)
def test_a_site_with_a_stranger_in_it_is_left_alone(out: Path, stranger: str) -> None:
    make(out)
    (out / stranger).parent.mkdir(parents=True, exist_ok=True)
    (out / stranger).write_text("mine")
    before = contents(out)
    with pytest.raises(EditConflict, match="did not make") as error:
        make(out, "two")
    assert stranger.startswith(error.value.details[0])
    assert contents(out) == before


@pytest.mark.parametrize("path", ["index.html", "assets/a.css", "bundles/reader/index.html"])
def test_so_is_one_of_which_a_page_was_changed(out: Path, path: str) -> None:
    make(out)
    (out / path).write_text("changed")
    with pytest.raises(EditConflict, match="or not so"):
        make(out, "two")
    assert (out / path).read_text() == "changed"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("path", ["", "index.html", "assets", "bundles", "bundles/reader", "bundles/reader/index.html"])
def test_nothing_is_reached_through_a_link(out: Path, path: str) -> None:
    make(out)
    elsewhere = out.parent.parent / "elsewhere"
    (out / path).rename(elsewhere)
    (out / path).symlink_to(elsewhere)
    with pytest.raises(EditConflict):
        make(out, "two")
    assert elsewhere.exists()
    assert (out / path).is_symlink()


@pytest.mark.parametrize(
    "state",
    [None, "", "{}", "[]", '{"kind": "another", "format": 1, "files": {}, "bundles": {}}',
     '{"kind": "agentpkg registry site", "format": 1, "files": {}, "bundles": {"a": 7}}'],
)  # fmt: skip
def test_a_folder_that_is_no_site_of_ours_is_left_alone(out: Path, state: str | None) -> None:
    out.mkdir(parents=True)
    (out / "index.html").write_text("mine")
    if state is not None:
        (out / "site.json").write_text(state)
    with pytest.raises(EditConflict, match="no site that agentpkg made"):
        make(out)
    assert (out / "index.html").read_text() == "mine"


def test_an_empty_folder_may_be_used_and_a_file_may_not(out: Path) -> None:
    out.mkdir(parents=True)
    make(out)
    with pytest.raises(EditConflict, match="is no folder"):
        make(out / "index.html")


def test_what_goes_wrong_leaves_the_old_site(out: Path) -> None:
    make(out)
    before = contents(out)
    half = iter([("index.html", b"half"), ("", b"")])
    with pytest.raises(OSError, match="directory"), staged(out) as stage:
        stage.add(half)
    assert contents(out.parent) == {f"site/{path}": data for path, data in before.items()}


def test_a_run_that_was_cut_short_between_two_names_is_finished(out: Path) -> None:
    make(out)
    whole = contents(out)
    out.rename(out.parent / ".site.agentpkg-old")
    (out.parent / ".site.agentpkg-part").mkdir()
    (out.parent / ".site.agentpkg-part" / "index.html").write_text("half")
    assert make(out).bundles.keys() == {"reader", "writer"}
    assert contents(out) == whole
    shutil.copytree(out, out.parent / ".site.agentpkg-old")
    make(out)
    assert [path.name for path in out.parent.iterdir()] == ["site"]


def test_a_folder_of_that_name_that_is_not_ours_stays(out: Path) -> None:
    strange = out.parent / ".site.agentpkg-old"
    strange.mkdir(parents=True)
    (strange / "a.txt").write_text("mine")
    for _ in range(2):
        with pytest.raises(EditConflict, match="stands where the old site would go"):
            make(out)
        out.mkdir(exist_ok=True)
    assert (strange / "a.txt").read_text() == "mine"
