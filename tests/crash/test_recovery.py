"""What a fault at one named step leaves, and what the next run makes of it: without strace, and for every run."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentpkg import apply, journal
from agentpkg.apply import Write, apply_writes, locked
from agentpkg.errors import DiskError, EditConflict, IntegrityError
from agentpkg.project import Project
from tests.support.tree import contents

AGENT = ".claude/agents/a.md"
posix = pytest.mark.skipif(os.name != "posix", reason="the call is one of POSIX")


@pytest.fixture
def place(tmp_path: Path) -> Project:
    root = tmp_path / "root"
    (root / ".claude/agents").mkdir(parents=True)
    (root / AGENT).write_bytes(b"old")
    return Project(root=root, user=False, manifest="agentpkg.toml", lock="agentpkg.lock", state=".agentpkg")


def change(place: Project, path: str = AGENT, before: bytes | None = b"old") -> None:
    with locked(place):
        apply_writes(place, [Write(path=path, before=before, after=b"new")])


def finish(place: Project) -> None:
    with locked(place):
        pass


def left(place: Project) -> set[str]:
    return {path.name for path in (place.root / ".agentpkg").iterdir()} - {".gitignore", "lock", "undo"}


def failing(real: Callable[..., Any], code: int, when: Callable[..., bool]) -> Callable[..., Any]:
    """Return a function that fails once with an error of the system, where `when` says so of its arguments."""
    failed: list[int] = []

    def call(*args: Any, **kwargs: Any) -> Any:
        if not failed and when(*args, **kwargs):
            failed.append(code)
            raise OSError(code, os.strerror(code))
        return real(*args, **kwargs)

    return call


def interrupt(place: Project, path: str = AGENT, *, staged: bytes | None = b"new") -> None:
    """Leave the journal of a change from `old` to `new`, and its staged file."""
    folder = place.root / ".agentpkg/staged"
    folder.mkdir(parents=True)
    digests = [hashlib.sha256(text).hexdigest() for text in (b"old", b"new")]
    text = json.dumps({"format": 1, "steps": [[path, *digests, {path: "0" * 64}, "0"]]})
    (place.root / ".agentpkg/journal.json").write_text(text)
    if staged is not None:
        (folder / "0").write_bytes(staged)


@pytest.mark.parametrize("name", ["0", "journal.part"])
def test_what_was_staged_goes_where_the_disk_is_full(
    place: Project, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for module in (apply, journal):
        write = failing(journal.write_synced, errno.ENOSPC, lambda path, *_: path.name == name)
        monkeypatch.setattr(module, "write_synced", write)
    with pytest.raises(DiskError, match="No space left"):
        change(place)
    assert left(place) == set()
    assert contents(place.root) == {AGENT: b"old"}
    change(place)
    assert contents(place.root) == {AGENT: b"new"}


def test_what_was_staged_stays_where_the_journal_is_in_place(place: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        journal, "sync_folder", failing(journal.sync_folder, errno.EIO, lambda path: (path / "journal.json").exists())
    )
    with pytest.raises(DiskError, match="Input/output error"):
        change(place)
    assert place.interrupted
    finish(place)
    assert contents(place.root) == {AGENT: b"new"}
    assert left(place) == set()


def test_the_file_that_failed_is_named(place: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", failing(os.fsync, errno.EIO, lambda *_: True))
    with pytest.raises(DiskError) as caught:
        change(place)
    assert str(place.root / ".agentpkg/staged/0") in caught.value.message


@posix
def test_a_file_in_place_that_fails_is_named_in_full(place: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "replace", failing(os.replace, errno.EACCES, lambda *_, **given: "dst_dir_fd" in given))
    with pytest.raises(DiskError) as caught:
        change(place)
    assert f"cannot write {place.root / AGENT}: Permission denied" in caught.value.message
    finish(place)
    assert contents(place.root) == {AGENT: b"new"}


@posix
def test_a_file_on_another_file_system_is_copied_whole(place: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (place.root / AGENT).chmod(0o640)
    monkeypatch.setattr(os, "replace", failing(os.replace, errno.EXDEV, lambda *_, **given: "dst_dir_fd" in given))
    change(place)
    assert contents(place.root) == {AGENT: b"new"}
    assert (place.root / AGENT).stat().st_mode & 0o777 == 0o640
    assert left(place) == set()


@posix
def test_a_copy_that_was_cut_short_is_made_again(place: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_rename(source: object, target: object, **given: Any) -> None:
        raise OSError(errno.EXDEV if ".agentpkg" in str(source) and "staged" in str(source) else errno.EIO, "no")

    interrupt(place)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", no_rename)
        with pytest.raises(DiskError):
            finish(place)
    assert contents(place.root) == {AGENT: b"old", f"{AGENT}.agentpkg-part": b"new"}
    monkeypatch.setattr(os, "replace", failing(os.replace, errno.EXDEV, lambda *_, **given: "dst_dir_fd" in given))
    finish(place)
    assert contents(place.root) == {AGENT: b"new"}


@posix
@pytest.mark.parametrize(("code", "fails"), [(errno.EINVAL, False), (errno.ENOTSUP, False), (errno.EIO, True)])
def test_where_folders_cannot_be_waited_for_nothing_is(
    place: Project, monkeypatch: pytest.MonkeyPatch, code: int, fails: bool
) -> None:
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(code, os.strerror(code))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    if fails:
        with pytest.raises(DiskError):
            change(place)
    else:
        change(place)
    assert contents(place.root) == {AGENT: b"old" if fails else b"new"}


def test_a_journal_whose_staged_file_is_gone_leaves_the_file_and_tells(place: Project) -> None:
    interrupt(place, staged=None)
    with pytest.raises(EditConflict) as caught:
        finish(place)
    assert caught.value.details == (AGENT,)
    assert contents(place.root) == {AGENT: b"old"}
    finish(place)


@posix
def test_a_link_among_the_staged_files_is_not_followed(place: Project, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"new")
    outside.chmod(0o600)
    (place.root / AGENT).chmod(0o644)
    interrupt(place, staged=None)
    (place.root / ".agentpkg/staged/0").symlink_to(outside)
    with pytest.raises(EditConflict):
        finish(place)
    assert not (place.root / AGENT).is_symlink()
    assert outside.stat().st_mode & 0o777 == 0o600


def test_a_journal_that_is_nested_without_end_is_damaged(place: Project) -> None:
    interrupt(place)
    (place.root / ".agentpkg/journal.json").write_text("[" * 200_000)
    with pytest.raises(IntegrityError, match="damaged"):
        finish(place)


def test_a_lock_that_is_no_text_is_told_when_a_change_is_finished(place: Project) -> None:
    interrupt(place)
    (place.root / AGENT).write_bytes(b"mine")
    (place.root / "agentpkg.lock").write_bytes(b"\xff")
    with pytest.raises(IntegrityError, match="not UTF-8"):
        finish(place)
    assert contents(place.root) == {AGENT: b"mine", "agentpkg.lock": b"\xff"}
