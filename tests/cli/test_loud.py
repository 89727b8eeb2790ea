"""`--quiet` and `--verbose` on every command, and colour: what is said to whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from agentpkg.cli import agentpkg
from tests.cli.test_start import imported
from tests.support.cli import Cli
from tests.support.registry import Registry, introduce, make_bare, write_bundle

COLOUR = "\x1b["


def every(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Return all commands with the words that call them, groups among them."""
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            below = command.get_command(click.Context(command), name)
            assert below is not None, name
            yield from every(below, (*path, name))


COMMANDS = dict(every(agentpkg))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_takes_both_and_means_nothing_else_by_them(path: tuple[str, ...]) -> None:
    spelled = [name for option in COMMANDS[path].params for name in option.opts]
    for name in ("-q", "--quiet", "-v", "--verbose"):
        assert spelled.count(name) == 1
    for option in COMMANDS[path].params:
        if option.name in ("quiet", "verbose"):
            assert option.expose_value is False


def test_there_are_commands_within_groups() -> None:
    assert {("status",), ("registry", "list"), ("cache", "info")} <= COMMANDS.keys()


@pytest.fixture
def tool(cli: Cli, manifest: Path, registry: Registry) -> Registry:
    """A registry with a bundle, which is installed."""
    registry.publish("tool", "1.0.0", body="one")
    cli("install", "tool")
    return registry


def test_quiet_says_nothing_of_what_was_done(cli: Cli, manifest: Path, registry: Registry, project: Path) -> None:
    registry.publish("tool", "1.0.0", body="one").publish("tool", "1.1.0").yank("tool", "1.1.0")
    file = project / ".claude/agents/tool.md"
    for words in (["install", "tool"], ["sync"], ["sync", "--check"], ["lock"], ["update"], ["keep", str(file)]):
        result = cli(*words, "-q")
        assert (result.out, result.err) == ("", ""), words
    assert file.exists()
    for words in (["remove", "tool"], ["new", "mine"], ["import", "bundles", "--to", "others"], ["cache", "clean"]):
        result = cli(*words, "--quiet", code=2 if words[0] == "import" else 0)
        assert result.out == "", words
    assert not file.exists()


def test_quiet_says_nothing_of_registries_either(cli: Cli, registry: Registry, tmp_path: Path, project: Path) -> None:
    introduce()
    bare = make_bare(registry, tmp_path / "bare.git")
    write_bundle(project / "tool", "tool")
    cli("-q", "init", "--host", "claude")
    for words in (
        ["registry", "add", "acme", str(bare)],
        ["publish", "tool", "--registry", "acme"],
        ["yank", "tool", "1.0.0", "--reason", "old", "--registry", "acme"],
        ["unyank", "tool", "1.0.0", "--registry", "acme"],
        ["registry", "remove", "acme"],
    ):
        result = cli(*words, "-q")
        assert (result.out, result.err) == ("", ""), words


def test_quiet_leaves_what_was_asked_for(cli: Cli, tool: Registry) -> None:
    for words in (["list"], ["search"], ["info", "tool"], ["status"], ["registry", "list"], ["cache", "info"]):
        assert cli("-q", *words).out == cli(*words).out != "", words
    tool.publish("tool", "1.1.0", body="two")
    assert cli("update", "--dry-run", "-q").out == cli("update", "--dry-run").out != ""
    assert cli("update", "--json", "-q").json["changed"] is True


def test_quiet_leaves_errors_out_of_nothing(cli: Cli, tool: Registry) -> None:
    result = cli("-q", "info", "tol", code=2)
    assert result.err == "error: there is no bundle 'tol' in registry default\nhint: did you mean tool?\n"


def test_it_does_not_matter_where_they_stand_and_the_next_run_knows_nothing_of_it(cli: Cli, tool: Registry) -> None:
    assert (
        cli("-q", "search", "zzz").err == cli("search", "-q", "zzz").err == cli("-q", "search", "zzz", "-q").err == ""
    )
    assert "nothing found" in cli("search", "zzz").err
    assert cli("registry", "-q", "remove", "nobody", code=2).err.startswith("error: ")
    assert "[  0." in cli("-v", "list").err
    assert cli("list").err == ""


def test_both_at_once_are_refused(cli: Cli, tool: Registry) -> None:
    for words in (["-q", "list", "-v"], ["list", "-qv"], ["-v", "-q", "list"]):
        assert "--quiet and --verbose exclude each other" in cli(*words, code=2).err


def test_verbose_tells_what_a_report_of_a_bug_needs(cli: Cli, tool: Registry, project: Path) -> None:
    tool.publish("tool", "1.1.0", body="two")
    result = cli("-v", "update")
    for told in (
        "agentpkg 0.", ", Python 3.", f" in {project}", "arguments: -v update", "AGENTPKG_CACHE_DIR=",
        f"project: {project}", "manifest: 1 bundles for claude", f"manifest: registry default is {tool.url}",
        "lock: tool 1.0.0", "fetching registry default: 0.", "git fetch ", ": status 0, 0.",
        f"registry default: {tool.url} at ", "resolving: 0.", "chose tool 1.1.0", "rendering bundles: 1 in 0.",
        "writes .claude/agents/tool.md", "exit code 0",
    ):  # fmt: skip
        assert told in result.err, told
    lines = ["~ tool 1.0.0 -> 1.1.0", "    tool may use: every tool"]
    assert result.out.splitlines() == [*lines, "  update .claude/agents/tool.md", "  update agentpkg.lock"]


def test_verbose_tells_where_nothing_was_fetched(cli: Cli, tool: Registry) -> None:
    assert "registry default: not fetched, --offline" in cli("-v", "search", "--offline").err


def test_verbose_changes_no_data_and_tells_of_errors_too(cli: Cli, tool: Registry) -> None:
    assert cli("list", "--json", "-v").json == cli("list", "--json").json
    result = cli("-v", "info", "nobody", code=2)
    assert "error: there is no bundle 'nobody'" in result.err
    assert result.err.endswith("exit code 2\n")


def test_verbose_keeps_a_password_to_itself(cli: Cli, tool: Registry) -> None:
    result = cli("-v", "registry", "add", "acme", "https://ada:s3cret@git.example.com/a.git", code=2)
    assert "https://***@git.example.com/a.git" in result.err
    assert "s3cret" not in result.err + result.out


def test_verbose_tells_of_a_proxy_where_it_is(cli: Cli, tool: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "s3cret@proxy:3128")
    assert "https_proxy=***@proxy:3128\n" in cli("-v", "list").err


@pytest.mark.parametrize("command", ["install", "list", "undo", "info"])
@pytest.mark.parametrize("word", ["https://u:s3cret@h/x", "u:s3cret@h:x"])
def test_no_message_repeats_a_password(cli: Cli, project: Path, command: str, word: str) -> None:
    result = cli("-v", command, word, code=2)
    assert "***@h" in result.err
    assert "s3cret" not in result.err + result.out


def test_verbose_escapes_what_it_tells(cli: Cli, tool: Registry) -> None:
    result = cli("-v", "search", "\x1b[31m")
    assert r"search \x1b[31m" in result.err
    assert "\x1b" not in result.err


def test_without_a_terminal_nothing_of_progress_is_loaded(cli: Cli, tool: Registry, project: Path) -> None:
    assert "agentpkg.progress" not in imported(project, "list")


def test_colour_says_nothing_that_the_text_does_not(cli: Cli, tool: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    import re

    tool.publish("tool", "1.1.0", body="two")
    for words in (["list"], ["search"], ["status"], ["update", "--dry-run"]):
        plain = cli(*words)
        monkeypatch.setenv("FORCE_COLOR", "1")
        coloured = cli(*words)
        monkeypatch.delenv("FORCE_COLOR")
        assert COLOUR not in plain.out
        assert COLOUR in coloured.out or words == ["status"]
        assert re.sub(r"\x1b\[[0-9;]*m", "", coloured.out) == plain.out


def test_json_is_never_coloured(cli: Cli, tool: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert COLOUR not in cli("search", "--json").out
    result = cli("info", "nobody", "--json", code=2)
    assert COLOUR not in result.out
    assert result.err.startswith("\x1b[1;31merror:\x1b[0m there is no bundle")


def test_a_diff_is_coloured_by_line(cli: Cli, tool: Registry, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project / ".claude/agents/tool.md"
    path.write_text(path.read_text().replace("one", "mine"))
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = cli("diff").out
    assert "\x1b[31m-one\x1b[0m\n\x1b[32m+mine\x1b[0m\n" in out
    assert "\n+++ .claude" in out


def test_no_text_brings_colour_of_its_own(
    cli: Cli, manifest: Path, registry: Registry, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skill = "---\nname: look\ndescription: Use it.\n---\n\nLook.\n"
    agents = "---\nname: tool\ndescription: Use it.\n---\n\nWork.\n"
    registry.publish("tool", files={"agents/tool.md": agents, "skills/look/SKILL.md": skill})
    cli("install", "tool")
    (project / ".claude/skills/look/\x1b[2Jx.md").write_text("not ours")
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = cli("status").out
    assert "\x1b[32madded  \x1b[0m.claude/skills/look/\\x1b[2Jx.md" in out
    assert "\x1b[2J" not in out
