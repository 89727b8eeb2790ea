"""What shells are told to propose, and the scripts that make them ask; `make tools` tries them in real shells."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from agentpkg.cli import agentpkg, run
from agentpkg.ops.completion import place_for
from tests.support.cli import Cli
from tests.support.registry import Registry

# Parameters that name something which no list holds: paths, new names, words of the user's own.
FREE = {
    "agent", "agents", "asked_version", "branch", "bump", "bundle", "commit", "description", "fail_on", "files",
    "folder", "listed", "model", "name", "only", "out", "pairs", "paths", "reason", "renames", "revoked", "shell",
    "limit", "signed_after", "signers", "since", "source", "span", "subfolder", "to", "tools", "unset", "url",
    "version", "where", "words", "base_url",
}  # fmt: skip


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def test_what_names_a_bundle_a_host_or_a_registry_is_completed() -> None:
    lacking = [
        (*path, parameter.name)
        for path, command in commands(agentpkg)
        for parameter in command.params
        if not (isinstance(parameter, click.Option) and parameter.is_flag)
        and parameter.name not in FREE
        and path != ("registry", "site")  # there it is an address
        and parameter._custom_shell_complete is None  # Click tells it nowhere else
    ]
    assert lacking == []


def proposed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """Return what zsh is told for these words, the last of which is not whole."""
    monkeypatch.setenv("_AGENTPKG_COMPLETE", "zsh_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(("agentpkg", *words)))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    capsys.readouterr()
    with pytest.raises(SystemExit):
        run([])
    monkeypatch.delenv("_AGENTPKG_COMPLETE")
    return capsys.readouterr().out.splitlines()[1::3]


def test_names_and_versions_are_those_of_project_and_registries(
    cli: Cli, manifest: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.publish("tool", "1.0.0", tools="[read]").publish("tool", "1.1.0").yank("tool", "1.1.0")
    registry.publish("wrench", "1.0.0")
    cli("install", "tool")
    assert proposed(monkeypatch, capsys, "update", "t") == ["tool"]
    assert proposed(monkeypatch, capsys, "install", "w") == ["wrench"]
    assert proposed(monkeypatch, capsys, "install", "tool==") == ["tool==1.1.0", "tool==1.0.0"]
    assert proposed(monkeypatch, capsys, "keep", ".cl") == [".claude/agents/tool.md"]
    assert proposed(monkeypatch, capsys, "registry", "show", "d") == ["default"]
    assert proposed(monkeypatch, capsys, "hosts", "cla") == ["claude"]
    assert "AP112" in proposed(monkeypatch, capsys, "explain", "AP1")


def test_nothing_is_fetched_and_nothing_that_is_wrong_is_told(
    cli: Cli, project: Path, manifest: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    registry.publish("tool", "1.0.0")
    assert proposed(monkeypatch, capsys, "install", "t") == []
    mirrors = [path.name for path in Path(os.environ["AGENTPKG_CACHE_DIR"]).glob("registries/*.git")]
    assert all(name.startswith("builtin-") for name in mirrors)
    (project / "agentpkg.toml").write_text("[nonsense\n")
    (project / "agentpkg.lock").write_text("{")
    assert proposed(monkeypatch, capsys, "install", "t") == []
    assert proposed(monkeypatch, capsys, "update", "t") == []
    assert capsys.readouterr().err == ""


def test_what_a_shell_could_take_for_more_than_a_name_is_left_out(
    cli: Cli, project: Path, manifest: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    registry.publish("tool", "1.0.0", tools="[read]")
    cli("install", "tool")
    lock = project / "agentpkg.lock"
    data = json.loads(lock.read_text())
    for name in ("$(touch${IFS}ran)", "t;id", "t`id`", "two\nlines", "t x", "t'x", "-t*", "--yes"):
        data["bundles"][name] = data["bundles"]["tool"]
    data["files"][".claude/agents/a;b$(id).md"] = data["files"][".claude/agents/tool.md"]
    lock.write_text(json.dumps(data))
    assert proposed(monkeypatch, capsys, "remove", "''") == ["tool"]
    assert proposed(monkeypatch, capsys, "keep", ".c") == [".claude/agents/tool.md"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_put_where_its_shell_looks_and_replaced(cli: Cli, shell: str) -> None:
    script = cli("completion", shell).out
    data = cli("completion", shell, "--install", "--json").json
    path = Path(data["path"])
    assert path.read_text() == script
    assert path.is_relative_to(Path.home())
    assert data["changed"]
    assert not cli("completion", shell, "--install", "--json").json["changed"]
    path.write_text(script + "# of an older version\n")
    assert cli("completion", shell, "--install").out == f"wrote {path}\n"
    assert path.read_text() == script


def test_a_file_of_the_users_is_left(cli: Cli) -> None:
    path = place_for("fish").path
    path.parent.mkdir(parents=True)
    path.write_text("# mine\n")
    assert "agentpkg did not write it" in cli("completion", "fish", "--install", code=6).err
    assert path.read_text() == "# mine\n"


def test_the_shell_is_the_users_own_unless_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/usr/local/bin/fish")
    assert cli("completion", "--json").json["shell"] == "fish"
    monkeypatch.setenv("SHELL", "/bin/csh")
    assert "there is no completion for the shell csh" in cli("completion", code=2).err
