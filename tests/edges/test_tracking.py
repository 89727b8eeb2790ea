"""What git makes of the files of a project, told without git ever running in its repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentpkg.doctor.project import Tracked
from agentpkg.tracking import look_at_tracking
from tests.support.registry import git
from tests.support.tree import stamps

FILES = ("agentpkg.lock", "agents/one.md", "agents/two.md")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository that holds a project, of which git knows one file."""
    folder = tmp_path / "repository"
    for path in FILES:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("x\n")
    git(folder, "init", "-q", ".")
    git(folder, "add", "agents/one.md")
    return folder


def look(folder: Path) -> Tracked:
    found = look_at_tracking(folder, FILES, ".agentpkg")
    assert found is not None
    return found


def test_files_that_git_knows_and_leaves_out(repository: Path) -> None:
    (repository / ".gitignore").write_text("*.lock\n")
    found = look(repository)
    assert found.ignored == {"agentpkg.lock"}
    assert found.known is not None
    assert {path for path in FILES if path in found.known} == {"agents/one.md"}


@pytest.mark.parametrize("place", [".gitignore", "agents/.gitignore", ".git/info/exclude"])
def test_wherever_it_is_said(repository: Path, place: str) -> None:
    (repository / place).parent.mkdir(exist_ok=True)
    (repository / place).write_text("two.md\n")
    assert look(repository).ignored == {"agents/two.md"}


def test_by_the_person_for_all_projects(repository: Path) -> None:
    (Path.home() / "left-out").write_text("two.md\n")
    (Path.home() / ".gitconfig").write_text("[core]\n\texcludesFile = ~/left-out\n")
    assert look(repository).ignored == {"agents/two.md"}


def test_the_folder_of_the_machine(repository: Path) -> None:
    state = repository / ".agentpkg"
    state.mkdir()
    assert look(repository).ignored == set()
    (state / ".gitignore").write_text("*\n")
    assert look(repository).ignored == {".agentpkg/"}


def test_a_project_below_the_top_of_its_repository(tmp_path: Path, repository: Path) -> None:
    (repository / ".gitignore").write_text("/agents/two.md\n/two.md\n")
    found = look_at_tracking(repository / "agents", ["one.md", "two.md"], ".agentpkg")
    assert found == Tracked(ignored=frozenset(["two.md"]), known=frozenset(["one.md"]))


def test_a_work_tree_of_a_repository_that_lies_elsewhere(tmp_path: Path, repository: Path) -> None:
    git(repository, "commit", "-q", "-m", "one")
    (repository / ".git" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "info" / "exclude").write_text("two.md\n")
    git(repository, "worktree", "add", "-q", str(tmp_path / "tree"))
    found = look(tmp_path / "tree")
    assert found.ignored == {"agents/two.md"}
    assert found.known == frozenset(["agents/one.md"])


def test_nothing_is_said_without_git(tmp_path: Path) -> None:
    assert look_at_tracking(tmp_path, FILES, ".agentpkg") is None


def test_an_index_that_cannot_be_read_leaves_open_what_git_knows(repository: Path) -> None:
    (repository / ".git" / "index").write_bytes(b"no index")
    (repository / ".gitignore").write_text("two.md\n")
    assert look(repository) == Tracked(ignored=frozenset(["agents/two.md"]), known=None)


def test_what_the_repository_configures_is_not_run_and_nothing_is_written(repository: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    command = f"touch {ran}"
    for key in (
        "core.fsmonitor",
        "core.pager",
        "filter.x.clean",
        "filter.x.smudge",
        "core.sshCommand",
        "diff.external",
    ):
        git(repository, "config", key, command)
    git(repository, "config", "core.hooksPath", str(tmp_path))
    (repository / ".gitattributes").write_text("* filter=x\n")
    before = stamps(repository)
    look(repository)
    assert stamps(repository) == before
    assert not ran.exists()
