"""An author's own files: folders and files are made whole or not at all, and nothing is ever written over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentpkg import workshop
from agentpkg.errors import ContentRefused, EditConflict
from agentpkg.journal import write_synced
from agentpkg.workshop import add_files, files_below, read_beside, read_file, replace_file, write_new
from tests.support.tree import contents

FILES = {"bundle.toml": b"x", "agents/a.md": b"y"}


def test_a_folder_is_made_once(tmp_path: Path) -> None:
    assert write_new(tmp_path / "a" / "b", FILES) is True
    assert contents(tmp_path / "a") == {"b/bundle.toml": b"x", "b/agents/a.md": b"y"}
    assert write_new(tmp_path / "a" / "b", FILES) is False


@pytest.mark.parametrize("there", [{"bundle.toml": b"x"}, {**FILES, "more": b""}, {**FILES, "bundle.toml": b"z"}])
def test_what_is_there_is_not_written_over(tmp_path: Path, there: dict[str, bytes]) -> None:
    write_new(tmp_path / "b", there)
    with pytest.raises(EditConflict, match="is there already"):
        write_new(tmp_path / "b", FILES)
    assert contents(tmp_path) == {f"b/{path}": data for path, data in there.items()}


def test_neither_is_a_file_or_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link"):
        with pytest.raises(EditConflict):
            write_new(tmp_path / name, FILES)
    assert sorted(os.listdir(tmp_path)) == ["file", "link"]


def test_a_folder_that_cannot_be_finished_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []

    def fail(path: Path, data: bytes) -> None:
        written.append(path)
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        path.write_bytes(data)

    monkeypatch.setattr(workshop, "write_synced", fail)
    with pytest.raises(OSError, match="No space left"):
        write_new(tmp_path / "b", FILES)
    assert os.listdir(tmp_path) == []


def test_files_are_added_all_or_none(tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "a.md").write_text("mine")
    with pytest.raises(EditConflict) as caught:
        add_files(tmp_path, FILES)
    assert caught.value.details == (str(tmp_path / "agents" / "a.md"),)
    assert contents(tmp_path) == {"agents/a.md": b"mine"}
    (tmp_path / "agents" / "a.md").write_bytes(b"y")
    assert add_files(tmp_path, FILES) == ("bundle.toml",)
    assert contents(tmp_path) == FILES


def test_no_file_is_added_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "agents").symlink_to(tmp_path / "outside")
    with pytest.raises(ContentRefused, match="is a symbolic link"):
        add_files(tmp_path / "inside", FILES)
    assert contents(tmp_path / "outside") == {}
    (tmp_path / "way").symlink_to(tmp_path / "outside")
    add_files(tmp_path / "way", FILES)  # where the user says so


def test_what_comes_meanwhile_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = write_synced

    def slow(path: Path, data: bytes) -> None:
        written(path, data)
        (tmp_path / "a.md").write_text("mine")

    monkeypatch.setattr(workshop, "write_synced", slow)
    (tmp_path / ".a.md.agentpkg-part").write_text("mine too")
    with pytest.raises(EditConflict, match="appeared meanwhile"):
        add_files(tmp_path, {"a.md": b"new"})
    assert contents(tmp_path) == {"a.md": b"mine", ".a.md.agentpkg-part": b"mine too"}


def test_a_new_folder_is_for_whom_the_mask_says(tmp_path: Path) -> None:
    write_new(tmp_path / "b", FILES)
    (tmp_path / "plain").mkdir()
    assert (tmp_path / "b").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize(
    ("source", "cited", "top", "text"),
    [
        (".kiro/agents/x.json", "../prompts/p.md", None, b"p"),
        (".kiro/agents/x.json", "/etc/hostname", None, None),
        (".kiro/agents/x.json", "../../.env", None, None),
        (".kiro/agents/x.json", "../../../up.md", None, None),
        (".kiro/agents/x.json", "../prompts/link.md", None, None),
        (".kiro/agents/x.json", "../prompts", None, None),
        (".kiro/agents/x.json", "../prompts/none.md", None, None),
        ("mine/agents/x.json", "../p.md", None, None),
        ("mine/agents/x.json", "../p.md", "mine", b"q"),
        ("x.json", "p.md", None, b"r"),
    ],
)
def test_a_prompt_is_read_where_its_host_keeps_it(
    tmp_path: Path, source: str, cited: str, top: str | None, text: bytes | None
) -> None:
    base = tmp_path / "base"
    for path, data in ((".kiro/prompts/p.md", "p"), (".env", "SECRET"), ("mine/p.md", "q"), ("p.md", "r")):
        (base / path).parent.mkdir(parents=True, exist_ok=True)
        (base / path).write_text(data)
    (tmp_path / "up.md").write_text("up")
    (base / ".kiro/prompts/link.md").symlink_to(base / ".env")
    assert read_beside(base, source, cited, top) == text


def test_a_file_is_replaced_with_its_permissions(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("before")
    file.chmod(0o640)
    (tmp_path / ".a.md.agentpkg-part").write_text("mine")
    replace_file(file, b"after")
    assert file.stat().st_mode & 0o777 == 0o640
    assert contents(tmp_path) == {"a.md": b"after", ".a.md.agentpkg-part": b"mine"}


def test_a_link_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "real.md").write_text("before")
    (tmp_path / "a.md").symlink_to(tmp_path / "real.md")
    with pytest.raises(ContentRefused, match="is no plain file"):
        replace_file(tmp_path / "a.md", b"after")
    assert (tmp_path / "real.md").read_text() == "before"


def test_a_file_that_cannot_be_replaced_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.md"
    file.write_text("before")

    def fail(path: Path, data: bytes) -> None:
        path.write_bytes(data[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(workshop, "write_synced", fail)
    with pytest.raises(OSError, match="No space left"):
        replace_file(file, b"after")
    assert (file.read_text(), os.listdir(tmp_path)) == ("before", ["a.md"])


def test_files_are_listed_without_links_and_git(tmp_path: Path) -> None:
    for path in ("a.md", "b/c.md", ".git/config", "node_modules/x/agents/y.md"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x")
    (tmp_path / "link.md").symlink_to(tmp_path / "a.md")
    (tmp_path / "b" / "up").symlink_to(tmp_path)
    assert files_below(tmp_path) == ("a.md", "b/c.md")


def test_a_folder_with_too_much_in_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "_MOST_FILES", 2)
    write_new(tmp_path / "b", {"1": b"", "2": b"", "3": b""})
    with pytest.raises(ContentRefused, match="holds more than 2 files"):
        files_below(tmp_path)


def test_only_plain_files_of_a_bearable_size_are_read(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 1_100_000)
    os.mkfifo(tmp_path / "pipe")
    for name in ("large", "pipe"):
        with pytest.raises(ContentRefused):
            read_file(tmp_path / name)
