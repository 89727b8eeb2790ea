"""The index of a project in which a sync found nothing to do: when it is believed, and when it is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agentpkg import __main__, settled
from agentpkg import cli as command_line
from agentpkg.ops import sync
from agentpkg.ops.session import Options, Session, open_session
from agentpkg.project import Project
from agentpkg.settled import is_settled
from tests.support.cli import Cli
from tests.support.registry import write_bundle
from tests.support.tree import stamps

AGENT = ".claude/agents/data-engineer.md"
SKILL = ".claude/skills/sql-optimization"
SHARED = ".roomodes"
INDEX = ".agentpkg/index"
ASKED = ("agentpkg.toml", "agentpkg.lock")


@pytest.fixture(autouse=True)
def short_grain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an index be trusted as soon as a clock of the system could have told two changes apart."""
    monkeypatch.setattr(settled, "_GRAIN", 20_000_000)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test leaves what it installed, for the others."""
    return tmp_path_factory.mktemp("once") / "project"


@pytest.fixture
def project_noted(cli: Cli, project: Path, once: Path) -> Path:
    """A project of which a sync has noted that it had nothing to do."""
    if not once.exists():
        cli("install", "senior-data-engineer", "--host", "claude", "--host", "zoo")
        shutil.copytree(project, once)
    shutil.copytree(once, project, dirs_exist_ok=True)
    note(cli)
    assert settled_now(project)
    return project


def note(cli: Cli) -> None:
    time.sleep(0.05)
    assert cli("sync").out == "nothing to do\n"


def settled_now(root: Path) -> bool:
    return is_settled(str(root), ".agentpkg", *ASKED)


def edit_without_a_trace(root: Path) -> None:
    """Change a letter, and put size and time of the file back."""
    path = root / AGENT
    status = path.stat()
    path.write_bytes(path.read_bytes().replace(b"e", b"E", 1))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def swap_for_a_link(root: Path) -> None:
    (root / ".claude").rename(root / "elsewhere")
    (root / ".claude").symlink_to("elsewhere")


def replace_by_a_copy(root: Path) -> None:
    shutil.copy2(root / AGENT, root / "copy")
    (root / "copy").replace(root / AGENT)


def replace_by_a_link(root: Path) -> None:
    (root / AGENT).rename(root / "moved")
    (root / AGENT).symlink_to(root / "moved")


def edit_what_is_shared(root: Path) -> None:
    path = root / SHARED
    path.write_text(path.read_text().replace("data-engineer", "data-engineer-2"))


def put_a_pipe_there(root: Path) -> None:
    (root / INDEX).unlink()
    os.mkfifo(root / INDEX)


CHANGES: dict[str, Callable[[Path], object]] = {
    "an edit of which size and time are put back": edit_without_a_trace,
    "a file that is gone": lambda root: (root / AGENT).unlink(),
    "another file of the same bytes": replace_by_a_copy,
    "a folder that has become a link": swap_for_a_link,
    "a file that has become a link to itself": replace_by_a_link,
    "an entry in a file that is shared with others": edit_what_is_shared,
    "a file more in a skill": lambda root: (root / SKILL / "more.md").write_text("more"),
    "a folder more in a skill": lambda root: (root / SKILL / "more").mkdir(),
    "a manifest that was written again": lambda root: (root / "agentpkg.toml").touch(),
    "a lock that was written again": lambda root: (root / "agentpkg.lock").touch(),
    "no lock": lambda root: (root / "agentpkg.lock").unlink(),
    "a run that was cut short": lambda root: (root / ".agentpkg/journal.json").write_text("{}"),
    "a pipe for an index": put_a_pipe_there,
    "an index that is a link": lambda root: (root / INDEX).symlink_to((root / INDEX).rename(root / "index")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_change_makes_the_index_void(project_noted: Path, change: Callable[[Path], object]) -> None:
    change(project_noted)
    assert not settled_now(project_noted)


def test_what_is_nobodys_business_does_not(project_noted: Path) -> None:
    (project_noted / ".claude/agents/mine.md").write_text("mine")
    (project_noted / "src").mkdir()
    assert settled_now(project_noted)


def test_another_agentpkg_does_not_believe_it(
    project_noted: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "__init__.py"
    other.write_text("REVISIONS = {}")
    with monkeypatch.context() as patch:
        patch.setattr(settled, "_REVISIONS", str(other))
        assert not settled_now(project_noted)
    monkeypatch.setattr(settled, "__version__", "9.9.9")
    assert not settled_now(project_noted)


def test_an_index_that_came_along_is_not_believed(project_noted: Path, tmp_path: Path) -> None:
    shutil.copytree(project_noted, tmp_path / "clone", symlinks=True)
    assert not settled_now(tmp_path / "clone")


def test_half_of_an_index_is_none(project_noted: Path) -> None:
    lines = (project_noted / INDEX).read_text().split("\n")
    for end in range(len(lines)):
        (project_noted / INDEX).write_text("\n".join(lines[:end]))
        assert not settled_now(project_noted), end
    (project_noted / INDEX).write_text("\n".join(lines))
    assert settled_now(project_noted)


def test_what_changed_a_moment_ago_may_change_again_unseen(
    cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settled, "_GRAIN", 60_000_000_000)
    cli("install", "data-engineer")
    before = stamps(project)
    note(cli)
    assert stamps(project) == before


def test_that_is_told_by_the_clock_of_the_file_system_too(
    cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is behind, all files look old."""
    monkeypatch.setattr(settled, "_GRAIN", 60_000_000_000)
    cli("install", "data-engineer")
    real = time.time_ns
    monkeypatch.setattr("agentpkg.ops.sync.time_ns", lambda: real() + 3_600_000_000_000)
    monkeypatch.setattr(time, "time_ns", lambda: real() + 3_600_000_000_000)
    note(cli)
    assert not (project / INDEX).exists()
    assert not (project / ".agentpkg/index.part").exists()


def test_what_changes_while_a_sync_looks_is_looked_at_by_the_next(
    cli: Cli, project_noted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = open_session

    def edited_meanwhile(project: Project, options: Options) -> Session:
        session = real(project, options)
        with (project_noted / "agentpkg.toml").open("a") as manifest:
            manifest.write("# more\n")
        return session

    (project_noted / INDEX).unlink()
    monkeypatch.setattr(sync, "open_session", edited_meanwhile)
    monkeypatch.setattr(settled, "_GRAIN", -60_000_000_000)  # as if this took a minute
    note(cli)
    assert (project_noted / INDEX).exists()
    assert not settled_now(project_noted)


@pytest.mark.parametrize("name", ASKED)
def test_a_manifest_or_a_lock_that_is_a_link_is_always_read(cli: Cli, project_noted: Path, name: str) -> None:
    (project_noted / name).rename(project_noted / "elsewhere")
    (project_noted / name).symlink_to("elsewhere")
    (project_noted / INDEX).unlink()
    note(cli)
    assert not (project_noted / INDEX).exists()


def test_names_that_would_pass_for_lines_are_not_noted(cli: Cli, project_noted: Path) -> None:
    (project_noted / SKILL / "a\nb").mkdir()
    note(cli)
    assert not settled_now(project_noted)


def test_only_sync_notes_and_never_with_frozen(cli: Cli, project: Path) -> None:
    cli("install", "data-engineer")
    time.sleep(0.05)
    for line in ("sync --frozen", "sync --dry-run", "sync --check", "status", "audit --offline"):
        cli(*line.split())
        assert not (project / INDEX).exists(), line


def test_who_must_see_every_byte_reads_every_byte(
    cli: Cli, project_noted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What no file system does, a file changed and its mark did not, shows who believes the index."""
    monkeypatch.setattr("agentpkg.ops.sync.is_settled", lambda *_: True)
    (project_noted / AGENT).write_text("changed\n")
    for line in ("sync", "sync --check", "status"):
        cli(*line.split())
    for line in ("sync --check --frozen", "audit --offline"):
        assert AGENT in str(cli(*line.split(), code=1)), line
    assert AGENT in cli("doctor").out
    assert f"edited {AGENT}" in cli("sync", "--frozen").out


def test_bundles_of_the_project_are_watched(cli: Cli, project: Path) -> None:
    folder = project / "bundles/tool"
    write_bundle(folder, "tool")
    (project / "agentpkg.toml").write_text(
        '[project]\nhosts = ["claude"]\n[bundles]\ntool = { path = "bundles/tool" }\n'
    )
    cli("sync")
    note(cli)
    assert settled_now(project)
    (folder / "agents/tool.md").touch()
    assert not settled_now(project)
    note(cli)
    assert settled_now(project)
    (folder / "agents/more.md").write_text("more")
    assert not settled_now(project)
    (folder / "agents/more.md").unlink()
    note(cli)
    (project / "Bundles").mkdir()
    assert not settled_now(project)
    assert "it is called Bundles" in cli("sync", "--check", code=1).err


def test_what_nobody_can_tell_of_is_not_noted(project_noted: Path) -> None:
    head, began = settled.mark_asked(str(project_noted), *ASKED), time.time_ns()
    assert settled.can_be_noted(head, settled.mark_files(str(project_noted), [AGENT], [".claude"]), began)
    swap_for_a_link(project_noted)
    assert not settled.can_be_noted(head, settled.mark_files(str(project_noted), [], [".claude"]), began)


def test_a_kept_edit_that_is_gone_again_is_told_as_none(cli: Cli, project_noted: Path) -> None:
    """Which an index could not tell, so there is none."""
    path = project_noted / AGENT
    before = path.read_bytes()
    path.write_bytes(before + b"mine\n")
    cli("keep", AGENT)
    note(cli)
    assert "1 of them as you kept" in cli("status").out
    path.write_bytes(before)
    for _ in range(2):
        assert "as you kept" not in cli("status").out
        note(cli)
    assert not settled_now(project_noted)


def test_a_deletion_that_was_accepted_is_watched(cli: Cli, project_noted: Path) -> None:
    folder = project_noted / ".claude/agents"
    gone = [path.relative_to(project_noted).as_posix() for path in folder.iterdir()]
    shutil.rmtree(folder)
    cli("keep", *gone)
    note(cli)
    assert settled_now(project_noted)
    assert f"{len(gone)} of them as you kept" in cli("status").out
    folder.mkdir()
    assert not settled_now(project_noted)
    note(cli)
    (project_noted / AGENT).write_text("back again\n")
    assert not settled_now(project_noted)


@pytest.mark.parametrize("place", [".agentpkg/index.part", INDEX])
def test_a_project_that_cannot_be_written_to_is_none_the_worse(cli: Cli, project_noted: Path, place: str) -> None:
    (project_noted / INDEX).unlink()
    (project_noted / place).mkdir()
    note(cli)
    assert not settled_now(project_noted)


def test_nothing_is_written_through_a_link(cli: Cli, project_noted: Path) -> None:
    (project_noted / INDEX).unlink()
    (project_noted / "mine").write_text("mine")
    (project_noted / ".agentpkg/index.part").symlink_to("../mine")
    note(cli)
    assert (project_noted / "mine").read_text() == "mine"
    assert not settled_now(project_noted)


def test_nothing_but_the_index_is_read_then(project_noted: Path) -> None:
    script = "import sys; from agentpkg.__main__ import main; main(); sys.exit('click' in sys.modules)"
    said = {"sync": "nothing to do\n", "sync --check": "in sync\n", "sync -q": "", "--quiet sync --check": ""}
    for line, expected in said.items():
        command = [sys.executable, "-c", script, *line.split()]
        done = subprocess.run(command, cwd=project_noted, capture_output=True, text=True, check=True)
        assert (done.stdout, done.stderr) == (expected, ""), line


def test_all_else_is_left_to_the_command_line(project_noted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.chdir(project_noted)
    for line in ("", "sync --frozen", "sync --json", "sync -v", "status", "sync --check --fail-on widened"):
        monkeypatch.setattr(command_line, "main", lambda line=line: asked.append(line))
        monkeypatch.setattr(sys, "argv", ["agentpkg", *line.split()])
        __main__.main()
        assert asked.pop() == line
    monkeypatch.setattr(sys, "argv", ["agentpkg", "sync --check"])
    __main__.main()
    assert asked
    asked.clear()
    monkeypatch.setattr(sys, "argv", ["agentpkg", "sync"])
    __main__.main()
    assert not asked
    (project_noted / AGENT).touch()
    __main__.main()
    assert asked


def test_a_shell_that_asks_for_completions_gets_them(project_noted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(command_line, "main", lambda: asked.append(True))
    monkeypatch.setattr(sys, "argv", ["agentpkg", "sync"])
    monkeypatch.setenv("_AGENTPKG_COMPLETE", "bash_complete")
    __main__.main()
    assert asked
