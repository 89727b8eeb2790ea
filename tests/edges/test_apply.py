"""`apply.py` on a real file system: all or nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agentpkg import apply
from agentpkg.apply import Write, apply_writes, locked
from agentpkg.errors import ContentRefused, DiskError, EditConflict, IntegrityError
from agentpkg.journal import Step, read_staged, write_journal
from agentpkg.project import Project
from tests.support.tree import contents


@pytest.fixture
def place(tmp_path: Path) -> Project:
    root = tmp_path / "root"
    root.mkdir()
    return Project(root=root, user=False, manifest="agentpkg.toml", lock="agentpkg.lock", state=".agentpkg")


def seed(place: Project, path: str, text: str) -> None:
    (place.root / path).parent.mkdir(parents=True, exist_ok=True)
    (place.root / path).write_text(text)


def put(place: Project, *writes: Write) -> None:
    with locked(place):
        apply_writes(place, writes)


def test_creates_changes_and_deletes(place: Project) -> None:
    put(
        place,
        Write(path=".claude/skills/tool/refs/c.md", before=None, after=b"1"),
        Write(path=".claude/agents/d.md", before=None, after=b"2"),
    )
    assert contents(place.root) == {".claude/skills/tool/refs/c.md": b"1", ".claude/agents/d.md": b"2"}
    put(
        place,
        Write(path=".claude/skills/tool/refs/c.md", before=b"1", after=None),
        Write(path=".claude/agents/d.md", before=b"2", after=b"3"),
    )
    assert contents(place.root) == {".claude/agents/d.md": b"3"}
    assert not (place.root / ".claude/skills/tool").exists()


def test_a_folder_that_is_to_stay_does_though_it_becomes_empty_also_after_a_run_that_was_cut_short(
    place: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ".claude/skills/tool/refs/c.md"
    for cut in (False, True):
        put(place, Write(path=path, before=None, after=b"1"))
        with monkeypatch.context() as patch:
            if cut:
                patch.setattr(apply, "_roll_forward", lambda *_: [])
            put(place, Write(path=path, before=b"1", after=None, stays=".claude/skills"))
        with locked(place) as finished:
            assert finished is cut
        assert (place.root / ".claude/skills").is_dir()
        assert not (place.root / ".claude/skills/tool").exists()


def test_leaves_folders_that_hold_something_else(place: Project) -> None:
    put(place, Write(path=".claude/skills/tool/refs/c.md", before=None, after=b"1"))
    seed(place, ".claude/skills/tool/mine", "x")
    put(place, Write(path=".claude/skills/tool/refs/c.md", before=b"1", after=None))
    assert contents(place.root) == {".claude/skills/tool/mine": b"x"}
    assert not (place.root / ".claude/skills/tool/refs").exists()


def test_state_hides_itself_from_git_and_leaves_no_rest(place: Project) -> None:
    put(place, Write(path=".claude/agents/a.md", before=None, after=b"1"))
    assert (place.root / ".agentpkg/.gitignore").read_text() == "*\n"
    assert sorted(path.name for path in (place.root / ".agentpkg").iterdir()) in (
        [".gitignore", "lock", "undo"],
        [".gitignore", "undo"],
    )


def test_a_file_that_changed_since_the_plan_stops_everything(place: Project) -> None:
    seed(place, ".claude/agents/b.md", "mine")
    with pytest.raises(EditConflict):
        put(
            place,
            Write(path=".claude/agents/a.md", before=None, after=b"1"),
            Write(path=".claude/agents/b.md", before=b"old", after=b"new"),
        )
    assert contents(place.root) == {".claude/agents/b.md": b"mine"}


@pytest.mark.parametrize("where", [".claude/skills/tool", ".claude/skills/tool/refs"])
def test_never_writes_through_a_symbolic_link(place: Project, tmp_path: Path, where: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (place.root / where).parent.mkdir(parents=True, exist_ok=True)
    (place.root / where).symlink_to(outside)
    with pytest.raises(ContentRefused, match="symbolic link"):
        put(
            place,
            Write(path=".claude/agents/z.md", before=None, after=b"1"),
            Write(path=".claude/skills/tool/refs/c.md", before=None, after=b"1"),
        )
    assert list(outside.iterdir()) == []
    assert not (place.root / ".claude/agents/z.md").exists()


def test_a_link_in_place_of_the_file_is_refused(place: Project, tmp_path: Path) -> None:
    (tmp_path / "target").write_text("x")
    (place.root / ".claude/agents").mkdir(parents=True)
    (place.root / ".claude/agents/a.md").symlink_to(tmp_path / "target")
    with pytest.raises(ContentRefused):
        put(place, Write(path=".claude/agents/a.md", before=b"x", after=b"y"))
    assert (tmp_path / "target").read_text() == "x"


def test_a_folder_swapped_for_a_link_while_writing_is_not_followed(
    place: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (place.root / ".claude/skills/tool").mkdir(parents=True)

    def swap(state: Path, steps: list[Step]) -> None:
        write_journal(state, steps)
        (place.root / ".claude/skills/tool").rmdir()
        (place.root / ".claude/skills/tool").symlink_to(outside)

    monkeypatch.setattr(apply, "write_journal", swap)
    with pytest.raises(DiskError):
        put(place, Write(path=".claude/skills/tool/c.md", before=None, after=b"1"))
    assert list(outside.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="limits on file sizes are set by a POSIX call")
def test_a_full_disk_changes_nothing(place: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    import resource
    import signal

    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    put(place, Write(path=".claude/agents/a.md", before=None, after=b"1"))
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        with pytest.raises(DiskError, match="File too large"):
            put(
                place,
                Write(path=".claude/agents/a.md", before=b"1", after=b"2"),
                Write(path=".claude/agents/b.md", before=None, after=b"x" * 2000),
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert contents(place.root) == {".claude/agents/a.md": b"1"}
    put(place, Write(path=".claude/agents/b.md", before=None, after=b"x" * 2000))


def journal(place: Project, *steps: list[str | dict[str, str] | None]) -> None:
    (place.root / ".agentpkg/staged").mkdir(parents=True)
    (place.root / ".agentpkg/journal.json").write_text(json.dumps({"format": 1, "steps": steps}))


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_journal_is_rolled_forward(place: Project) -> None:
    seed(place, ".claude/agents/a.md", "old")
    seed(place, ".claude/agents/done.md", "new")
    journal(
        place,
        [".claude/agents/a.md", sha("old"), sha("new"), {}, "0"],
        [".claude/agents/done.md", None, sha("new"), {}, "1"],
    )
    seed(place, ".agentpkg/staged/0", "new")
    with locked(place):
        pass
    assert contents(place.root) == {".claude/agents/a.md": b"new", ".claude/agents/done.md": b"new"}
    assert not place.interrupted


def test_a_file_that_the_user_changed_after_the_crash_is_left_and_told(place: Project) -> None:
    seed(place, ".claude/agents/a.md", "mine")
    journal(place, [".claude/agents/a.md", sha("old"), sha("new"), {}, "0"])
    seed(place, ".agentpkg/staged/0", "new")
    with pytest.raises(EditConflict) as caught, locked(place):
        pass
    assert caught.value.details == (".claude/agents/a.md",)
    assert contents(place.root) == {".claude/agents/a.md": b"mine"}
    with locked(place):
        pass


def test_staged_files_without_a_journal_are_discarded(place: Project) -> None:
    (place.root / ".agentpkg/staged").mkdir(parents=True)
    seed(place, ".agentpkg/staged/0", "new")
    with locked(place):
        pass
    assert not (place.root / ".agentpkg/staged").exists()


@pytest.mark.parametrize(
    "path",
    ["../out.md", "/etc/out.md", "a\\.claude/agents/b.md", "C:x.md", ".git/hooks/post-commit", ".claude/settings.json"],
)
def test_a_journal_that_leaves_the_project_is_refused(place: Project, path: str) -> None:
    journal(place, [path, None, sha("new"), {}, "0"])
    seed(place, ".agentpkg/staged/0", "new")
    with pytest.raises(ContentRefused), locked(place):
        pass


ROWS = tuple(json.dumps({"steps": [["a", None, None, {}, "0", *more]]}) for more in ([1], ["a", "b"]))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"steps": 1}', '{"steps": [[1, 2]]}', *ROWS])
def test_a_damaged_journal_is_told(place: Project, text: str) -> None:
    journal(place)
    (place.root / ".agentpkg/journal.json").write_text(text)
    with pytest.raises(IntegrityError), locked(place):
        pass


@pytest.mark.skipif(os.name != "posix", reason="permissions are told in POSIX terms")
def test_a_read_only_project_is_told(place: Project) -> None:
    put(place, Write(path=".claude/agents/a.md", before=None, after=b"1"))  # imports what nobody may not be able to
    root = Path(tempfile.mkdtemp())  # not below pytest's folder, which only its owner may enter
    root.chmod(0o555)
    place = replace(place, root=root)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(65534)  # root may write everywhere
        with pytest.raises(DiskError, match="Permission denied"):
            put(place, Write(path=".claude/agents/a.md", before=None, after=b"1"))
    finally:
        os.seteuid(user)
        root.chmod(0o755)
        root.rmdir()


def test_only_places_of_agents_and_skills_are_written(place: Project) -> None:
    for path in (".claude/settings.json", ".git/config", "src/main.py", ".claude/agents/deep/a.md", ".mcp.json"):
        with pytest.raises(ContentRefused, match="not a place for an agent or a skill"):
            put(place, Write(path=path, before=None, after=b"1"))
    assert contents(place.root) == {}


def test_staged_bytes_that_are_not_what_the_journal_names_are_never_written(place: Project) -> None:
    journal(place, [".claude/agents/a.md", None, sha("new"), {}, "0"])
    seed(place, ".agentpkg/staged/0", "something else")
    with pytest.raises(EditConflict), locked(place):
        pass
    assert contents(place.root) == {}


@pytest.mark.parametrize(
    "link", [".agentpkg", ".agentpkg/lock", ".agentpkg/staged", ".agentpkg/.gitignore", ".agentpkg/undo"]
)
def test_a_state_folder_that_leads_elsewhere_is_refused(place: Project, tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    (place.root / link).parent.mkdir(exist_ok=True)
    (place.root / link).symlink_to(outside if link != ".agentpkg/lock" else outside / "precious")
    with pytest.raises(ContentRefused, match="symbolic link"):
        put(place, Write(path=".claude/agents/a.md", before=None, after=b"1"))
    assert contents(outside) == {"precious": b"x"}


def test_the_permissions_of_a_file_survive_an_update(place: Project) -> None:
    put(place, Write(path=".claude/agents/a.md", before=None, after=b"1"))
    path = place.root / ".claude/agents/a.md"
    path.chmod(0o600)
    put(place, Write(path=".claude/agents/a.md", before=b"1", after=b"2"))
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name != "posix", reason="permissions are told in POSIX terms")
def test_one_folder_that_cannot_be_written_stops_all(place: Project) -> None:
    put(place, Write(path=".claude/agents/a.md", before=None, after=b"1"))
    root = Path(tempfile.mkdtemp())
    place = replace(place, root=root)
    user = os.geteuid()
    (root / ".github/agents").mkdir(parents=True)
    (root / ".github/agents").chmod(0o555)
    root.chmod(0o777)
    try:
        if user == 0:
            os.seteuid(65534)
        with pytest.raises(DiskError, match="Permission denied"):
            put(
                place,
                Write(path=".claude/agents/a.md", before=None, after=b"1"),
                Write(path=".github/agents/a.agent.md", before=None, after=b"1"),
            )
        assert not place.interrupted
    finally:
        os.seteuid(user)
    assert contents(root) == {}
    (root / ".github/agents").chmod(0o755)
    shutil.rmtree(root)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere no folder can be held open")
def test_of_many_files_in_a_folder_only_the_first_looks_for_it(place: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = os.open

    def watch(path: Any, flags: int, *arguments: Any, **more: Any) -> int:
        if flags & os.O_DIRECTORY:
            opened.append(os.fspath(path))
        return real(path, flags, *arguments, **more)

    seed(place, ".claude/agents/mine.md", "mine")
    paths = [f".claude/agents/a{number}.md" for number in range(50)]
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", watch)
        put(place, *(Write(path=path, before=None, after=b"1") for path in paths))
    assert len(contents(place.root)) == 1 + len(paths)
    assert (opened.count(".claude"), opened.count("agents")) == (2, 2)  # to look at every place, and to take every step
    assert len(opened) <= 15


def test_what_this_run_staged_is_not_read_again_and_what_another_did_is(
    place: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def watch(path: Path | str) -> bytes | None:
        read.append(str(path))
        return read_staged(path)

    monkeypatch.setattr(apply, "read_staged", watch)
    put(place, Write(path=".claude/agents/a.md", before=None, after=b"1"))
    assert read == []
    with monkeypatch.context() as patch:
        patch.setattr(apply, "_roll_forward", lambda *_: [])
        put(place, Write(path=".claude/agents/b.md", before=None, after=b"2"))
    with locked(place) as finished:
        assert finished
    assert len(read) == 1
    assert (place.root / ".claude/agents/b.md").read_bytes() == b"2"


def test_folders_that_go_and_come_again_in_one_change_are_reached_anew(place: Project) -> None:
    put(place, Write(path=".claude/skills/tool/refs/c.md", before=None, after=b"1"))
    put(
        place,
        Write(path=".claude/skills/tool/refs/c.md", before=b"1", after=None),
        Write(path=".claude/skills/tool/refs/d.md", before=None, after=b"2"),
        Write(path=".claude/skills/tool/SKILL.md", before=None, after=b"3"),
    )
    assert contents(place.root) == {".claude/skills/tool/refs/d.md": b"2", ".claude/skills/tool/SKILL.md": b"3"}
