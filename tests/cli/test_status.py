"""`agentpkg status`: what is not as it should be, what to do about it, and what is known beyond it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_start import HEAVY, imported
from tests.support.cli import Cli
from tests.support.registry import Registry

FILE = ".claude/agents/tool.md"
HEAD = "{} of 1 file is as it should be{}\n"


@pytest.fixture
def tool(cli: Cli, manifest: Path, registry: Registry) -> Registry:
    registry.publish("tool", "1.0.0", body="one")
    cli("install", "tool")
    return registry


@pytest.fixture
def file(project: Path, tool: Registry) -> Path:
    return project / FILE


def test_where_nothing_waits_nothing_is_advised(cli: Cli, tool: Registry) -> None:
    assert cli("status").out == HEAD.format(1, "")
    assert cli("status", "--json").json == {
        "format": 1, "clean": True, "unsettled": None, "files": [], "newer": [], "next": None,
    }  # fmt: skip


def test_an_edit_is_shown_and_kept(cli: Cli, file: Path) -> None:
    file.write_text(file.read_text().replace("one", "mine"))
    assert cli("status").out == (
        HEAD.format(0, "") + f"edited  {FILE}\n"
        "    edited by you; agentpkg keep accepts it, deleting it and agentpkg sync restores it\n"
        f"next: agentpkg diff {FILE}, then agentpkg keep {FILE}\n"
    )
    cli("keep", FILE)
    assert cli("status").out == (
        HEAD.format(1, ", as you kept it") + f"kept  {FILE}\n    as you kept it; agentpkg diff shows how it differs\n"
    )
    assert cli("status", "--json").json["next"] is None


def test_a_file_that_is_gone_is_brought_back_by_sync(cli: Cli, file: Path) -> None:
    file.unlink()
    result = cli("status").out
    assert f"missing  {FILE}\n    agentpkg sync brings it back" in result
    assert result.endswith("next: agentpkg sync\n")


def test_files_are_grouped_by_what_is_to_be_done(cli: Cli, file: Path, tool: Registry) -> None:
    for name in ("alpha", "beta"):
        tool.publish(name)
    cli("install", "alpha", "beta")
    (file.parent / "alpha.md").unlink()
    for name in ("beta", "tool"):
        path = file.parent / f"{name}.md"
        path.write_text(path.read_text() + "more\n")
    lines = cli("status").out.splitlines()
    assert [line.split()[0] for line in lines] == ["0", "missing", "agentpkg", "edited", "edited", "edited", "next:"]
    assert lines[-1] == "next: agentpkg sync"


def test_a_conflict_is_told_with_its_way_out(cli: Cli, file: Path, tool: Registry) -> None:
    file.write_text(file.read_text().replace("one", "mine"))
    tool.publish("tool", "1.1.0", body="two")
    cli("update", code=6)
    out = cli("status").out
    assert f"conflict  {FILE}\n    edited, and a newer version waits: in .agentpkg-new beside it" in out
    assert out.endswith(
        f"next: agentpkg diff {FILE}, put into it what you want of the new version, then agentpkg keep {FILE}\n"
    )


def test_a_lock_that_does_not_fit_comes_first(cli: Cli, file: Path, manifest: Path) -> None:
    file.write_text("mine")
    manifest.write_text(manifest.read_text().replace("~=1.0", "~=1.1"))
    out = cli("status").out
    assert "the requirement for tool has changed: run agentpkg sync\n" in out
    assert out.endswith("next: agentpkg sync\n")


def test_a_newer_version_that_was_seen_is_told(cli: Cli, tool: Registry) -> None:
    for version in ("1.2.0", "1.10.0", "2.0.0rc1"):
        tool.publish("tool", version)
    assert cli("status").out == HEAD.format(1, "")  # nobody has looked yet, and status does not
    cli("search")
    assert cli("status").out == (
        HEAD.format(1, "") + "newer  tool 1.0.0: 1.10.0 is known here\n"
        "    agentpkg outdated tells what an update would bring\nnext: agentpkg outdated\n"
    )
    assert cli("status", "--json").json["newer"] == [{"id": "tool", "version": "1.0.0", "known": "1.10.0"}]
    assert cli("sync", "--check").out == "in sync\n"


def test_nobody_who_pins_a_version_is_told_of_others(cli: Cli, tool: Registry) -> None:
    tool.publish("tool", "1.1.0")
    cli("install", "tool@1.0.0")
    assert "newer" not in cli("status").out


def test_what_ships_along_is_known_too(cli: Cli) -> None:
    cli("install", "data-engineer~=1.0", "--host", "claude")
    assert "newer  data-engineer 1.1.0: 2." in cli("status").out


def test_a_ledger_that_cannot_be_read_is_in_nobodys_way(cli: Cli, tool: Registry, tmp_path: Path) -> None:
    ledgers = list(Path.home().rglob("ledgers/*.txt"))
    assert len(ledgers) == 1
    ledgers[0].write_bytes(b"\xff\nseen tool 9.9.9.9.9 x\nseen tool nine x\n")
    assert cli("status").out == HEAD.format(1, "")
    ledgers[0].unlink()
    assert cli("status").out == HEAD.format(1, "")


def test_a_glance_at_what_is_known_loads_nothing_heavy(cli: Cli, tool: Registry, project: Path) -> None:
    tool.publish("tool", "1.1.0")
    cli("search")
    assert imported(project, "status").isdisjoint(set(HEAVY) - {"platformdirs"})


def test_in_the_home_folder_the_next_command_works_there(cli: Cli) -> None:
    cli("init", "--global", "--host", "claude")
    cli("install", "--global", "data-reviewer")
    (Path.home() / ".claude/agents/data-reviewer.md").unlink()
    assert cli("status", "--global").out.endswith("next: agentpkg sync --global\n")


def test_the_first_line_counts_in_words_that_fit(cli: Cli, manifest: Path, project: Path, registry: Registry) -> None:
    assert cli("status").out == "no bundle is installed\n"
    for name in ("one", "two"):
        registry.publish(name)
    cli("install", "one", "two")
    assert cli("status").out == "2 of 2 files are as they should be\n"
    for number, name in enumerate(("one", "two")):
        file = project / f".claude/agents/{name}.md"
        file.write_text(file.read_text() + "more\n")
        first = (
            "1 of 2 files is as it should be"
            if number == 0
            else "1 of 2 files is as it should be, 1 of them as you kept it"
        )
        assert cli("status").out.splitlines()[0] == first
        cli("keep", f".claude/agents/{name}.md")
    assert cli("status").out.splitlines()[0] == "2 of 2 files are as they should be, 2 of them as you kept them"
