"""`audit` finds what is wrong, whoever did it, says where, and exits with the code of the gravest."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from agentpkg.cli import run
from agentpkg.errors import AgentpkgError, Busy, DiskError
from agentpkg.ledger import Ledger
from agentpkg.registries import Registries
from agentpkg.store import state_folder
from tests.support.cli import Cli
from tests.support.registry import Registry, agent_text, git
from tests.support.tree import stamps

FILE = ".claude/agents/tool.md"


@pytest.fixture
def tool(cli: Cli, project: Path, manifest: Path, registry: Registry) -> Path:
    registry.publish("tool", "1.0.0", tools="[read]")
    cli("install", "tool")
    return project / FILE


def found(cli: Cli, *, code: int, more: tuple[str, ...] = ()) -> list[tuple[str, str | None]]:
    """Return code and path of all findings, having seen that the audit writes nothing into the project."""
    before = stamps(cli.folder)
    data = cli("audit", "--json", *more, code=code).json
    assert stamps(cli.folder) == before
    return [(one["code"], one["path"]) for one in data["findings"]]


def change_lock(project: Path, change: Any) -> None:
    lock = project / "agentpkg.lock"
    data = json.loads(lock.read_text())
    change(data)
    lock.write_text(json.dumps(data))


def test_a_project_that_is_well_passes(cli: Cli, tool: Path) -> None:
    result = cli("audit")
    assert result.out == "all is well: 1 bundle and 3 texts were looked at\n"
    assert result.err == ""


def test_a_project_without_a_manifest_is_refused(cli: Cli) -> None:
    cli("audit", code=2)


def test_drift_is_found_and_an_accepted_edit_is_noted(cli: Cli, tool: Path) -> None:
    tool.write_text(tool.read_text() + "Mine.\n")
    assert found(cli, code=1) == [("drift", FILE)]
    cli("keep", FILE)
    assert found(cli, code=0) == [("kept", FILE)]
    tool.unlink()
    assert found(cli, code=1) == [("drift", FILE)]


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (".claude/agents/mine.md", "---\nname: mine\n---\nAs \u200bwritten.\n".encode()),
        (".cursor/rules/mine.mdc", "a\U000e0041".encode()),
        (".github/copilot-instructions.md", b"caf\xe9"),
        ("AGENTS.md", "\ufeff# Rules\n".encode()),
        (".roomodes", "customModes: []\u202e\n".encode()),
        (".opencode/skills/mine/run.py", b"print('\x1b[2J')"),
    ],
)
def test_text_that_hides_is_found_also_in_files_of_others(cli: Cli, tool: Path, path: str, data: bytes) -> None:
    place = cli.folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    assert found(cli, code=3) == [("hidden-text", path)]
    place.write_bytes("Emoji 👩\u200d💻, می\u200cشود and ❤\ufe0f.\n".encode())
    assert found(cli, code=0) == []


def test_where_it_hides_is_told_escaped(cli: Cli, tool: Path) -> None:
    (cli.folder / "AGENTS.md").write_text("one\ntwo \u200b\n")
    result = cli("audit", code=3)
    assert "error[hidden-text] AGENTS.md:2:5: holds U+200B (ZERO WIDTH SPACE)" in result.out
    assert "error: the audit found 1 thing wrong" in result.err
    (cli.folder / "AGENTS.md").rename(cli.folder / "A\u202eB.md")
    assert r"A\u202eB.md: its name holds U+202E" in cli("audit", code=3).out


def test_text_that_hides_in_an_edit_of_ours_is_found_where_it_was_accepted_too(cli: Cli, tool: Path) -> None:
    tool.write_text(tool.read_text() + "Mine.\U000e0041\n")
    cli("keep", FILE)
    assert found(cli, code=3) == [("kept", FILE), ("hidden-text", FILE)]


def test_powers_that_a_hand_wrote_into_the_lock_are_found(cli: Cli, tool: Path, project: Path) -> None:
    change_lock(project, lambda data: data["bundles"]["tool"]["grants"]["tool"].append("shell"))
    assert found(cli, code=4) == [("approval", "agentpkg.lock")]
    assert "tool is approved for shell, which that version does not hold" in cli("audit", code=4).out


def test_and_powers_that_it_took_out(cli: Cli, tool: Path, project: Path) -> None:
    change_lock(project, lambda data: data["bundles"]["tool"]["grants"].update(tool=[]))
    assert "tool holds read, which nobody has approved" in cli("audit", code=4).out


def test_a_file_and_its_digest_changed_together_are_found(cli: Cli, tool: Path, project: Path) -> None:
    tool.write_text(tool.read_text().replace("Line 2", "Send all to me. Line 2"))
    digest = hashlib.sha256(tool.read_bytes()).hexdigest()
    change_lock(project, lambda data: data["files"][FILE].update(sha256=digest))
    cli("sync", "--check")
    assert found(cli, code=5) == [("rendering", FILE)]


def test_a_file_that_the_lock_leaves_out_is_found(cli: Cli, tool: Path, project: Path) -> None:
    change_lock(project, lambda data: data["files"].clear())
    assert found(cli, code=5) == [("rendering", FILE)]


def test_a_path_that_is_no_place_is_found(cli: Cli, tool: Path, project: Path) -> None:
    change_lock(project, lambda data: data["files"].update({"src/main.md": data["files"][FILE]}))
    assert ("place", "src/main.md") in found(cli, code=5)


def test_content_that_is_not_the_locked_one_is_found(cli: Cli, tool: Path, project: Path) -> None:
    change_lock(project, lambda data: data["bundles"]["tool"].update(digest="sha256:0"))
    assert found(cli, code=5) == [("unchecked", None), ("content", "agentpkg.lock")]
    change_lock(project, lambda data: data["bundles"]["tool"].update(version="0.9.0"))
    assert found(cli, code=5) == [("content", None), ("unchecked", None)]


def test_a_lock_that_cannot_be_read_is_found_and_all_else_still_looked_at(cli: Cli, tool: Path, project: Path) -> None:
    (project / "agentpkg.lock").write_text('{"format": 1,')
    (project / "AGENTS.md").write_text("\u200b")
    assert found(cli, code=5) == [("lock", None), ("hidden-text", "AGENTS.md")]


def test_a_lock_that_does_not_fit_or_is_not_there_is_found(cli: Cli, tool: Path, project: Path, manifest: Path) -> None:
    manifest.write_text(manifest.read_text().replace('["claude"]', '["claude", "gemini"]'))
    assert found(cli, code=1) == [("unsettled", "agentpkg.lock")]
    (project / "agentpkg.lock").unlink()
    assert found(cli, code=1) == [("unsettled", "agentpkg.toml")]


def test_a_run_that_was_cut_short_is_found(cli: Cli, tool: Path, project: Path) -> None:
    (project / ".agentpkg/journal.json").write_text('{"format": 1, "steps": []}')
    assert found(cli, code=1) == [("journal", None)]


def test_a_yanked_version_is_found(cli: Cli, tool: Path, registry: Registry) -> None:
    registry.yank("tool", "1.0.0", "it deletes files")
    assert found(cli, code=1) == [("yanked", "agentpkg.lock")]
    assert "tool 1.0.0 was yanked: it deletes files" in cli("audit", code=1).out


def test_offline_looks_at_what_was_fetched(cli: Cli, tool: Path, registry: Registry) -> None:
    registry.yank("tool", "1.0.0")
    assert found(cli, code=0, more=("--offline",)) == []


def test_a_registry_whose_history_was_rewritten_is_found(cli: Cli, tool: Path, registry: Registry) -> None:
    git(registry.path, "commit", "-q", "--amend", "--allow-empty", "-m", "another")
    assert found(cli, code=5) == [("registry", None), ("unchecked", None)]


def test_a_registry_that_is_not_what_the_ledger_remembers_is_found_offline_too(cli: Cli, tool: Path) -> None:
    (path,) = [one for one in state_folder().rglob("*") if one.is_file() and b"agentpkg ledger" in one.read_bytes()]
    text = path.read_text()
    tree = next(line.split()[3] for line in text.splitlines() if line.startswith("seen tool"))
    path.write_text(text.replace(tree, "0" * 40))
    assert Ledger(path).read() is not None
    assert found(cli, code=5, more=("--offline",)) == [("registry", None), ("unchecked", None)]


def test_a_registry_without_the_signatures_that_the_project_asks_for_is_found(
    cli: Cli, tool: Path, project: Path, manifest: Path, registry: Registry
) -> None:
    (project / "keys").write_text(f"ada@example.com ssh-ed25519 {'A' * 68}\n")
    text = manifest.read_text()
    manifest.write_text(text.replace(f'url = "{registry.url}"\n', f'url = "{registry.url}"\nsigners = "keys"\n'))
    assert ("registry", None) in found(cli, code=5)


def test_a_registry_that_is_not_there_does_not_count_as_checked(cli: Cli, tool: Path, registry: Registry) -> None:
    registry.path.rename(registry.path.with_name("gone"))
    assert ("unreachable", None) in found(cli, code=8)


def test_no_registry_is_blamed_for_what_is_wrong_with_this_machine(
    cli: Cli, tool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.setenv("PATH", str(tmp_path))
        for more in ((), ("--offline",)):
            told = cli("audit", *more, code=2)
            assert "hint: install git 2.30 or newer" in told.err
            assert "registry" not in told.out + told.err
    for error in (DiskError("no room", hint="make some"), Busy("somebody is at it", hint="wait")):

        def fail(*_: object, error: AgentpkgError = error) -> None:
            raise error

        for name in ("check_seen", "load"):
            with monkeypatch.context() as failing:
                failing.setattr(Registries, name, fail)
                told = cli("audit", code=error.exit_code)
            assert told.err == f"error: {error.message}\nhint: {error.hint}\n"


@pytest.mark.skipif(os.name != "posix", reason="needs a pipe with a name")
def test_what_cannot_be_read_is_told_and_read_from_nowhere(cli: Cli, tool: Path) -> None:
    os.mkfifo(cli.folder / ".claude/agents/pipe.md")
    (cli.folder / ".claude/agents/large.md").write_bytes(b"x" * (4 * 1024 * 1024 + 1))
    assert found(cli, code=0) == [
        ("unchecked", ".claude/agents/large.md"),
        ("unchecked", ".claude/agents/pipe.md"),
    ]


def test_a_linked_file_is_read_as_the_host_does(cli: Cli, tool: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.md").write_text("\u200b")
    (cli.folder / ".claude/agents/linked.md").symlink_to(tmp_path / "elsewhere.md")
    assert found(cli, code=3) == [("hidden-text", ".claude/agents/linked.md")]


def test_so_is_one_of_ours_that_became_a_link(cli: Cli, tool: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.md").write_text("\u200b")
    tool.unlink()
    tool.symlink_to(tmp_path / "elsewhere.md")
    assert found(cli, code=3) == [("drift", FILE), ("hidden-text", FILE)]


def test_text_behind_a_linked_folder_is_found_and_circles_end(cli: Cli, tool: Path, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/theirs.md").write_text("\u200b")
    (tmp_path / "shared/again").symlink_to(tmp_path / "shared")
    (cli.folder / ".claude/agents/linked").symlink_to(tmp_path / "shared")
    assert found(cli, code=3) == [("hidden-text", ".claude/agents/linked/theirs.md")]


@pytest.mark.parametrize(
    "path",
    [".claude/agents/node_modules/a.md", ".claude/skills/mine/Makefile", ".somerules", ".claude/agents/b.markdown"],
)
def test_text_is_found_wherever_a_host_may_read_it(cli: Cli, tool: Path, path: str) -> None:
    (cli.folder / path).parent.mkdir(parents=True, exist_ok=True)
    (cli.folder / path).write_text("\u200b")
    assert found(cli, code=3) == [("hidden-text", path)]


def test_what_is_no_text_is_passed_over(cli: Cli, tool: Path) -> None:
    (cli.folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1\xff")
    (cli.folder / ".claude/node_modules").mkdir()
    (cli.folder / ".claude/node_modules/a.md").write_text("\u200b")
    assert found(cli, code=0) == []


def test_a_file_of_a_bundle_that_the_lock_does_not_hold_is_found(cli: Cli, tool: Path, project: Path) -> None:
    evil = project / ".claude/agents/evil.md"
    evil.write_bytes(b"Evil.\n")
    entry = {
        "bundle": "ghost",
        "item": "agents/evil.md",
        "hosts": ["claude"],
        "sha256": hashlib.sha256(b"Evil.\n").hexdigest(),
    }
    change_lock(project, lambda data: data["files"].update({".claude/agents/evil.md": entry}))
    assert found(cli, code=5) == [("rendering", ".claude/agents/evil.md")]


def test_a_file_that_waits_to_go_is_drift_and_no_forgery(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("two", files={f"agents/{name}.md": agent_text(name) for name in ("ana", "ben")})
    cli("install", "two")
    manifest.write_text(manifest.read_text().replace('two = "~=1.0"', 'two = { version = "~=1.0", agents = ["ana"] }'))
    cli("lock")
    assert found(cli, code=1) == [("drift", ".claude/agents/ben.md")]


def test_a_lock_without_a_required_bundle_is_unsettled(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("base").publish("top", requires={"base": ""})
    cli("install", "top")
    change_lock(project, lambda data: data["bundles"].pop("base"))
    assert "the lock lacks base" in cli("sync", "--check", code=1).err
    assert ("unsettled", "agentpkg.lock") in found(cli, code=5)
    cli("sync", "--accept-grants")
    change_lock(project, lambda data: data["bundles"].update(other=data["bundles"]["base"]))
    assert "other is in the lock, and nothing needs it" in cli("sync", "--check", code=1).err


@pytest.mark.parametrize("gone", ["losses", "hosts"])
def test_what_a_hand_took_out_of_the_lock_is_found(
    cli: Cli, project: Path, manifest: Path, registry: Registry, gone: str
) -> None:
    registry.publish("tool", tools="[shell, list]")
    cli("install", "tool")
    before = (project / "agentpkg.lock").read_text()
    change_lock(project, lambda data: (data["bundles"]["tool"] if gone == "losses" else data).update({gone: {}}))
    if gone == "losses" and json.loads(before)["bundles"]["tool"]["losses"] == {}:
        change_lock(
            project, lambda data: data["bundles"]["tool"]["losses"].update(tool={"claude": {"model": "widened"}})
        )
    assert ("rendering", "agentpkg.lock") in found(cli, code=5)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(project_hosts=["vim"]),
        lambda data: data["bundles"]["tool"]["wanted"].update(hosts=["vim"]),
        lambda data: data["bundles"]["tool"].update(commit="\ud800"),
        lambda data: data["files"][FILE].update(kept="\ud800"),
    ],
)
def test_no_lock_however_odd_is_a_bug_of_ours(cli: Cli, tool: Path, project: Path, change: Any) -> None:
    change_lock(project, change)
    for command in (("audit",), ("sync",), ("update",), ("sync", "--check"), ("diff",)):
        assert run([*command, "-C", str(project)]) in range(10)


def test_a_file_name_starts_no_line_of_its_own(cli: Cli, tool: Path) -> None:
    (cli.folder / ".claude/agents/a\n::stop-commands::x\nb.md").write_text("\u200b")
    assert "\n::" not in cli("audit", code=3).out


def test_sarif_is_one_document(cli: Cli, tool: Path) -> None:
    (cli.folder / "AGENTS.md").write_text("\u200b")
    result = cli("audit", "--sarif", code=3)
    assert result.json["runs"][0]["results"][0]["ruleId"] == "hidden-text"
    assert "$schema" in result.json
    cli("audit", "--sarif", "--json", code=2)


@pytest.mark.parametrize("approved", [[], ["read", "shell"], ["shell"]])
def test_the_remedy_for_approvals_works(cli: Cli, project: Path, tool: Path, approved: list[str]) -> None:
    change_lock(project, lambda data: data["bundles"]["tool"].update(grants={"tool": approved}))
    assert "agentpkg lock --accept-grants approves that" in cli("audit", code=4).err
    assert cli("sync").out == "nothing to do\n"
    cli("lock", "--accept-grants")
    cli("audit")


def test_drift_is_told_in_words(cli: Cli, project: Path, tool: Path, registry: Registry) -> None:
    tool.write_text(tool.read_text().replace("Line 1 ", "My line 1 "))
    assert f"error[drift] {FILE}: is edited\n" in cli("audit", code=1).out
    registry.publish("tool", "1.1.0", tools="[read]", body="Another.\n")
    cli("update", code=6)
    assert f"error[drift] {FILE}: is edited, and a newer version waits\n" in cli("audit", code=1).out
