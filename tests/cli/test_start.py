"""What starting costs: which libraries a command may import, and the exit codes of what can go wrong anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from agentpkg import cli as command_line
from agentpkg.cli import COMMANDS
from tests.support.cli import Cli
from tests.support.costs import Cost, measure
from tests.support.registry import write_bundle

# What no command imports that only looks: libraries, and what of Python's own takes as long.
HEAVY = (
    "git",
    "git.cmd",
    "frontmatter",
    "yaml",
    "prompt_toolkit",
    "resolvelib",
    "packaging",
    "tomlkit",
    "filelock",
    "platformdirs",
)
SLOW = (
    "asyncio",
    "concurrent",
    "configparser",
    "ctypes",
    "dataclasses",
    "difflib",
    "email",
    "getpass",
    "html",
    "http",
    "importlib.metadata",
    "logging",
    "mmap",
    "multiprocessing",
    "selectors",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "tempfile",
    "unicodedata",
    "unittest",
    "urllib.request",
    "xml",
)
# All of ours that is imported to tell the version, or what there is.
FIRST = {
    "__main__", "cli", "commands", "commands.group", "commands.loud", "console", "credentials", "errors", "hidden",
    "layout", "loudness", "settled", "terminal", "trail", "values",
}  # fmt: skip


def imported(folder: Path, *arguments: str) -> frozenset[str]:
    """Return the modules that one command line has imported when it is done, and the libraries that they are of."""
    cost = measure(folder, *arguments)
    return cost.modules | cost.libraries


def lines_of_help() -> list[str]:
    """Return a command line for the help of every command, those of groups as well."""
    context = click.Context(command_line.agentpkg)
    lines = []
    for name in COMMANDS:
        command = command_line.agentpkg.get_command(context, name)
        inner = command.list_commands(context) if isinstance(command, click.Group) else []
        lines += [name, *(f"{name} {one}" for one in inner)]
    return [f"{line} --help" for line in lines]


def assert_costs_a_start(cost: Cost, folder: Path) -> None:
    """No process, nothing of the project, and no library but the one of the command line."""
    assert cost.processes == ()
    assert [call for call in cost.calls if Path(call[1]).is_relative_to(folder)] == []
    assert cost.libraries == {"click"}
    assert cost.modules & set(SLOW) == set()


@pytest.mark.parametrize("line", ["--version", "--help", "list --help"])
def test_to_ask_costs_no_more_than_a_start(project: Path, manifest: Path, line: str) -> None:
    cost = measure(project, *line.split())
    assert_costs_a_start(cost, project)
    assert line == "list --help" or cost.ours <= FIRST


def test_nor_does_it_of_any_command(project: Path, manifest: Path) -> None:
    lines = lines_of_help()
    assert len(lines) > len(COMMANDS)
    cost = measure(project, *" + ".join(lines).split())
    assert cost.out.count("Usage: agentpkg ") == len(lines)
    assert_costs_a_start(cost, project)


def test_a_look_at_a_bundle_of_the_project_imports_nothing_heavy(cli: Cli, project: Path) -> None:
    write_bundle(project / "bundles/tool", "tool")
    (project / "agentpkg.toml").write_text(
        '[project]\nhosts = ["claude"]\n[bundles]\ntool = { path = "bundles/tool" }\n'
    )
    cli("sync")
    for line in ("list", "status", "sync", "sync --check"):
        cost = measure(project, *line.split())
        assert "bundle" not in cost.ours, line
        assert cost.libraries == {"click"}, line
        assert cost.modules & set(SLOW) == set(), line
        assert cost.processes == ()


def test_the_guards_above_can_fail(cli: Cli, project: Path) -> None:
    cli("install", "data-engineer")
    cost = measure(project, "update")
    assert {"git", "yaml"} <= cost.libraries
    assert {"subprocess", "tempfile"} <= cost.modules
    assert {"bundle", "render"} <= cost.ours
    assert cost.processes


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


def test_ctrl_c_before_the_command_line_is_there_is_no_bug(tmp_path: Path) -> None:
    """What is imported first stands in for all that is imported then."""
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n")
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from agentpkg.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")


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
