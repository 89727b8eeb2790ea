"""What starting costs: which libraries a command may import, and the exit codes of what can go wrong anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentpkg import cli as command_line
from agentpkg.cli import COMMANDS
from tests.support.cli import Cli
from tests.support.registry import write_bundle

HEAVY = (
    "git",
    "frontmatter",
    "yaml",
    "prompt_toolkit",
    "resolvelib",
    "packaging",
    "tomlkit",
    "filelock",
    "platformdirs",
)
HOSTS = ("claude", "copilot", "codex", "opencode", "gemini", "cursor")


def imported(folder: Path, *arguments: str) -> set[str]:
    """Return the modules that one command line has imported when it is done."""
    script = (
        "import sys; from agentpkg.cli import run; code = run(sys.argv[1:]);"
        "print(*sorted(sys.modules), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def test_a_command_with_nothing_to_do_imports_nothing_heavy(cli: Cli, project: Path) -> None:
    cli("install", "senior-data-engineer", *(word for host in HOSTS for word in ("--host", host)))
    for line in ("--version", "--help", "sync --help", "list", "status", "sync", "sync --check"):
        modules = imported(project, *line.split())
        assert "click" in modules, line
        assert modules.isdisjoint(HEAVY), line


def test_nor_does_one_with_a_bundle_of_the_project(cli: Cli, project: Path) -> None:
    write_bundle(project / "bundles/tool", "tool")
    (project / "agentpkg.toml").write_text(
        '[project]\nhosts = ["claude"]\n[bundles]\ntool = { path = "bundles/tool" }\n'
    )
    cli("sync")
    for line in ("list", "status", "sync", "sync --check"):
        modules = imported(project, *line.split())
        assert "agentpkg.bundle" not in modules, line
        assert modules.isdisjoint(HEAVY), line


def test_the_guard_above_can_fail(cli: Cli, project: Path) -> None:
    cli("install", "data-engineer")
    assert {"git", "yaml", "resolvelib"} <= imported(project, "update")


def test_a_sync_with_nothing_to_do_starts_no_process(cli: Cli, project: Path, tmp_path: Path) -> None:
    cli("install", "data-engineer")
    environment = {**os.environ, "PATH": str(tmp_path)}
    subprocess.run([sys.executable, "-m", "agentpkg", "sync"], cwd=project, env=environment, check=True)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(cli: Cli, name: str) -> None:
    assert f"Usage: agentpkg {name}" in cli(name, "--help").out


def test_unknown_commands_and_options_are_usage_errors(cli: Cli) -> None:
    cli("instal", code=2)
    cli("install", "--nonsense", code=2)


def test_without_a_manifest_the_way_out_is_told(cli: Cli) -> None:
    assert "agentpkg init" in cli("sync", code=2).err


def test_a_bug_exits_70_and_leaves_a_log(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(command_line.agentpkg, "main", fail)
    result = cli("list", code=70)
    assert "this is a bug in agentpkg" in result.err
    log = Path(os.environ["AGENTPKG_CACHE_DIR"]) / "bug.log"
    assert "ZeroDivisionError: oops" in log.read_text()


def test_an_interrupted_run_is_told_and_finished(cli: Cli, project: Path) -> None:
    cli("install", "data-engineer")
    (project / ".agentpkg/staged").mkdir()
    (project / ".agentpkg/journal.json").write_text('{"format": 1, "steps": []}')
    assert "cut short" in cli("status", code=1).err
    assert "cut short" in cli("sync", "--check", code=1).err
    cli("sync", "--dry-run", code=1)
    cli("sync")
    cli("status")


def test_a_closed_pipe_is_no_error(cli: Cli, project: Path) -> None:
    cli("install", "data-engineer")
    done = subprocess.run(
        f"{sys.executable} -m agentpkg search | true", shell=True, cwd=project, capture_output=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("instal", "install"),
        ("uninstall", "agentpkg remove"),
        ("upgrade", "agentpkg update"),
        ("help", "agentpkg --help"),
        ("registry verfy", "verify"),
    ],
)
def test_a_word_that_is_no_command_is_told_which_is_meant(cli: Cli, typed: str, meant: str) -> None:
    assert f"did you mean {meant}" in cli(*typed.split(), code=2).err
    assert "did you mean" not in cli("qqqqqq", code=2).err


def test_help_imports_no_command(tmp_path: Path) -> None:
    commands = {name for name in imported(tmp_path, "--help") if name.startswith("agentpkg.commands.")}
    assert commands <= {"agentpkg.commands.group", "agentpkg.commands.loud"}
