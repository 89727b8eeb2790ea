"""`doctor` looks at a real project on a real machine, tells what is not well, and changes nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from agentpkg import clients
from agentpkg.store import cache_folder, state_folder
from agentpkg.unreachable import network_error
from tests.support.cli import Cli
from tests.support.registry import Registry, git
from tests.support.tree import stamps

FILE = ".claude/agents/tool.md"
# A client that answers as the real one does: its version, and the agents of the folder that it is started in.
CLIENT = """\
if [ "$1" = --version ]; then echo "9.9.9 (a script)"; exit; fi
names=$(cd .claude/agents 2>/dev/null && ls | sed 's/\\.md$//; s/.*/{"name": "&"}/' | paste -sd, -)
echo "{\\"type\\":\\"control_response\\",\\"response\\":{\\"response\\":{\\"agents\\":[$names]}}}"
exec sleep 60
"""


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where programs are: git, what scripts need, and no client but those of a test."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return folder


@pytest.fixture
def tool(cli: Cli, project: Path, manifest: Path, registry: Registry) -> Path:
    """An agent of a project that is well, and known to git."""
    registry.publish("tool", "1.0.0", tools="[read]")
    cli("install", "tool")
    git(project, "add", ".")
    return project / FILE


def client(path: Path, text: str, name: str = "claude") -> Path:
    file = path / name
    file.write_text(f"#!/bin/sh\n{text}")
    file.chmod(0o755)
    return file


def doctor(cli: Cli, *more: str, code: int = 0) -> list[dict[str, Any]]:
    """Return what is found, having seen that nothing was written anywhere."""
    places = (cli.folder, cache_folder(), state_folder())
    before = [stamps(place) for place in places]
    found: list[dict[str, Any]] = cli("doctor", "--json", *more, code=code).json["findings"]
    assert [stamps(place) for place in places] == before
    return found


def worse(found: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {(one["group"], one["code"], one["level"]) for one in found if one["level"] != "ok"}


def sick(cli: Cli, *more: str, code: int = 0) -> set[tuple[str, str]]:
    """Return code and level of what is not well with the project."""
    found = worse(doctor(cli, "--quick", *more, code=code))
    return {(code, level) for group, code, level in found if group == "project"}


def test_a_project_that_is_well(cli: Cli, tool: Path, path: Path) -> None:
    client(path, CLIENT)
    found = doctor(cli)
    assert worse(found) == set()
    told = {(one["group"], one["code"]): one["what"] for one in found}
    assert told["hosts", "version"] == "version 9.9.9"
    assert told["hosts", "loads"] == "it loads 1 of 1 agent"
    assert told["registries", "registry"].startswith("answers; the newest change here is of ")
    assert told["project", "drift"] == "1 file is as the lockfile has it"


def test_it_is_shown_by_groups_with_what_to_do(cli: Cli, tool: Path, path: Path) -> None:
    tool.write_text(tool.read_text() + "Mine.\n")
    (cli.folder / ".agentpkg" / "journal.json").write_text("{}")
    result = cli("doctor", "--quick", code=1)
    lines = result.out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == ["machine", "registries", "hosts", "project"]
    assert "  note    claude: there is no claude on the PATH" in lines
    place = lines.index("  problem .agentpkg/journal.json: an earlier run was cut short, and waits to be finished")
    assert lines[place + 1] == "          -> agentpkg sync finishes it"
    assert f"  warning {FILE}: files are not as the lockfile has them: 1 edited" in lines
    assert result.err == "error: 1 problem to solve\n"


def test_without_a_manifest_there_is_little_to_say(cli: Cli) -> None:
    assert sick(cli) == {("manifest", "note")}


def test_quick_asks_nobody(cli: Cli, tool: Path, path: Path, registry: Registry) -> None:
    client(path, f"touch {path}/ran\n")
    registry.path.rename(registry.path.with_name("gone"))
    found = doctor(cli, "--quick")
    assert worse(found) == {
        ("machine", "damage", "note"),
        ("registries", "registry", "note"),
        ("hosts", "client", "note"),
    }
    assert not (path / "ran").exists()
    assert worse(doctor(cli, "--offline", "--no-clients")) == {
        ("registries", "registry", "note"), ("hosts", "client", "note"),
    }  # fmt: skip
    assert not (path / "ran").exists()
    assert ("registries", "unreachable", "problem") in worse(doctor(cli, "--no-clients", code=1))


_NOTHING = (
    "git: fatal: Could not read from remote repository.",
    "git: Please make sure you have the correct access rights",
    "git: and the repository exists.",
)


def test_of_a_registry_that_is_not_reached_it_is_told_what_failed(
    cli: Cli, tool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for said, told in (
        (("git: fatal: '/x' does not appear to be a git repository", *_NOTHING), 0),
        (("git: Warning: Permanently added 'host' to the list of known hosts.", "git: No route to host", *_NOTHING), 1),
        (("git: warning: redirecting to https://b/", "git: fatal: unable to access 'https://b/': no"), 1),
        (("git: fatal: unable to access 'https://b/'", "git: hint: look"), 0),
        (("git: something else", "git: and more"), 0),
        (_NOTHING, 0),
    ):

        def fail(url: str, *_: object, said: tuple[str, ...] = said, **__: object) -> None:
            raise network_error("reach", url, said)

        monkeypatch.setattr("agentpkg.ops.doctor.list_remote", fail)
        (one,) = [one for one in doctor(cli, "--no-clients", code=1) if one["code"] == "unreachable"]
        assert one["what"].startswith("cannot be reached: could not reach ")
        assert one["what"].endswith(f": {said[told]}")


def test_a_registry_of_the_user_alone_that_is_gone_stops_nobody(cli: Cli, tool: Path, tmp_path: Path) -> None:
    other = Registry(tmp_path / "other").start()
    other.publish("thing", "1.0.0")
    cli("registry", "add", "mine", other.url, "--global")
    assert worse(doctor(cli, "--no-clients")) == {("hosts", "client", "note")}
    other.path.rename(other.path.with_name("gone"))
    assert ("registries", "unreachable", "warning") in worse(doctor(cli, "--no-clients"))


def test_a_mirror_that_somebody_changed_is_not_believed(cli: Cli, tool: Path, registry: Registry) -> None:
    (ledger,) = (state_folder() / "ledgers").glob("*.txt")
    text = ledger.read_text()
    tree = next(word for word in text.split() if len(word) == 40 and word in text.split("tool", 1)[1])
    ledger.write_text(text.replace(tree, "0" * 40))
    assert ("registries", "trust", "problem") in worse(doctor(cli, "--no-clients", code=1))


def test_signers_that_are_not_there(cli: Cli, tool: Path, manifest: Path, registry: Registry) -> None:
    text = manifest.read_text().replace(f'url = "{registry.url}"', f'url = "{registry.url}"\nsigners = "signers"')
    manifest.write_text(text)
    assert ("registries", "trust", "problem") in worse(doctor(cli, "--no-clients", code=1))


def test_what_is_damaged_in_the_cache_is_told_and_left(cli: Cli, tool: Path) -> None:
    rendering = next(one for one in (cache_folder() / "renderings").rglob("*") if one.is_file())
    rendering.chmod(0o644)
    rendering.write_bytes(b"other")
    assert ("machine", "damage", "warning") in worse(doctor(cli, "--no-clients"))
    (mirror,) = (cache_folder() / "registries").glob("*.git")
    for pack in [*mirror.rglob("*.pack"), *(one for one in (mirror / "objects").glob("??/*"))]:
        pack.chmod(0o644)
        pack.write_bytes(b"")
    found = [one for one in doctor(cli, "--no-clients", code=1) if one["code"] == "damage"]
    assert mirror.name in found[0]["what"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('echo "1.0.0"\n', ("version", "warning")),
        ("echo garbage\n", ("version", "note")),
        ("echo 9.9.9\nexit 1\n", ("loads", "note")),
    ],
)
def test_a_client_that_is_old_or_says_nothing(
    cli: Cli, tool: Path, path: Path, text: str, what: tuple[str, str]
) -> None:
    client(path, text)
    assert ("hosts", *what) in worse(doctor(cli))


def test_a_client_that_hangs_is_ended(cli: Cli, tool: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client(path, "exec sleep 100\n")
    monkeypatch.setattr(clients, "_VERSION_SECONDS", 0.1)
    monkeypatch.setattr(clients, "_ANSWER_SECONDS", 0.1)
    found = doctor(cli)
    assert worse(found) == {("hosts", "version", "note"), ("hosts", "loads", "note")}
    assert any("it did not end in time" in one["what"] for one in found)


def test_an_agent_that_the_client_does_not_load(cli: Cli, tool: Path, path: Path) -> None:
    client(path, CLIENT.replace("ls |", "ls | grep -v tool |"))
    assert worse(doctor(cli, code=1)) == {("hosts", "loads", "problem")}


def test_files_that_keep_the_client_from_starting(cli: Cli, tool: Path, path: Path) -> None:
    broken = f'if [ -d .claude ]; then echo "bad file at $PWD/{FILE}" >&2; exit 1; fi\n'
    client(path, CLIENT.replace("names=", f"{broken}names="))
    (one,) = [one for one in doctor(cli, code=1) if one["level"] == "problem"]
    assert one["what"] == f"it does not start with these files: bad file at {FILE}"


def test_a_client_sees_copies_and_never_the_project(cli: Cli, tool: Path, path: Path) -> None:
    (cli.folder / ".claude" / "settings.json").write_text('{"hooks": {}}')
    git(cli.folder, "add", ".")
    client(path, f"(pwd; ls -A . .claude; env) >> {path}/seen\n{CLIENT}")
    doctor(cli)
    seen = (path / "seen").read_text()
    assert "agents" in seen.splitlines()
    assert "settings.json" not in seen
    assert str(cli.folder) not in seen
    assert str(Path.home()) not in seen


def test_a_client_in_the_project_is_not_started(
    cli: Cli, tool: Path, monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    own = cli.folder / "node_modules" / ".bin"
    own.mkdir(parents=True)
    client(own, f"touch {path}/ran\n")
    monkeypatch.setenv("PATH", f"{own}{os.pathsep}{os.environ['PATH']}")
    assert ("hosts", "inside", "warning") in worse(doctor(cli))
    assert not (path / "ran").exists()


def test_clients_of_other_hosts_are_told_and_not_started(cli: Cli, tool: Path, path: Path) -> None:
    client(path, CLIENT)
    client(path, f"touch {path}/ran\n", "gemini")
    found = doctor(cli)
    assert worse(found) == set()
    assert [one["what"] for one in found if one["code"] == "others"] == [
        "also on the PATH, and not among the project's hosts: gemini"
    ]
    assert not (path / "ran").exists()


def test_a_client_here_that_reads_what_was_written_for_another(cli: Cli, tool: Path, path: Path) -> None:
    assert sick(cli) == set()
    client(path, "", "devin")
    assert sick(cli) == {("overlap", "note")}
    (path / "devin").rename(path / "goose")  # one that does not hold the agent to its tools
    assert sick(cli) == {("overlap", "warning")}


def test_drift(cli: Cli, tool: Path) -> None:
    tool.write_text(tool.read_text() + "Mine.\n")
    assert sick(cli) == {("drift", "warning")}
    cli("keep", FILE)
    assert sick(cli) == set()


def test_an_edit_that_gives_an_agent_more(cli: Cli, tool: Path) -> None:
    text = tool.read_text()
    tool.write_text(text.replace('"Read"', '"Read", "Grep"'))
    found = [one for one in doctor(cli, "--no-clients") if one["code"] == "widened"]
    assert found == []  # who reads files may search them
    tool.write_text(text.replace('"Read"', '"Read", "Bash"'))
    cli("keep", FILE)
    (one,) = [one for one in doctor(cli, "--no-clients") if one["code"] == "widened"]
    assert one["where"] == FILE
    assert one["what"] == "an edit gives the agent shell, which nobody approved"


def test_an_edit_that_gives_no_more_is_no_alarm_whatever_the_cache_holds(cli: Cli, tool: Path, manifest: Path) -> None:
    manifest.write_text(
        manifest.read_text().replace('"claude"', '"claude", "codex"') + '[hosts.codex]\nwidening = "allow"\n'
    )
    cli("sync")
    for path in (tool, cli.folder / ".codex/agents/tool.toml"):
        path.write_text(path.read_text().replace("Line 2 ", "Line two "))
    git(cli.folder, "add", ".")
    assert sick(cli) == {("drift", "warning")}
    cli("cache", "clean")
    assert sick(cli) == {("drift", "warning")}


def test_a_run_that_was_cut_short_and_a_lock_that_does_not_fit(cli: Cli, tool: Path, manifest: Path) -> None:
    (cli.folder / ".agentpkg" / "journal.json").write_text("{}")
    assert sick(cli, code=1) == {("interrupted", "problem")}
    (cli.folder / ".agentpkg" / "journal.json").unlink()
    manifest.write_text(manifest.read_text().replace("~=1.0", "~=1.1"))
    assert sick(cli, code=1) == {("unsettled", "problem")}


def test_a_lock_that_is_gone_torn_or_no_lock(cli: Cli, tool: Path) -> None:
    lock = cli.folder / "agentpkg.lock"
    text = lock.read_text()
    lock.write_text(f"<<<<<<< ours\n{text}=======\n{text}>>>>>>> theirs\n")
    assert sick(cli, code=1) == {("torn", "problem")}
    lock.write_text("{")
    assert sick(cli, code=1) == {("unreadable", "problem")}
    lock.unlink()
    assert sick(cli, code=1) == {("unsettled", "problem")}


def test_a_manifest_that_cannot_be_read_hides_nothing_else(cli: Cli, tool: Path, manifest: Path) -> None:
    manifest.write_text("[project\n")
    found = doctor(cli, "--no-clients", code=1)
    assert ("project", "unreadable", "problem") in worse(found)
    assert "mend it, or restore it from version control" in [one["remedy"] for one in found]
    assert {one["group"] for one in found} == {"machine", "registries", "project"}


def test_files_that_git_leaves_out(cli: Cli, tool: Path) -> None:
    git(cli.folder, "rm", "-q", "--cached", FILE, "agentpkg.lock")
    assert sick(cli) == {("untracked", "note")}
    (cli.folder / ".gitignore").write_text("/.claude/\nagentpkg.lock\n")
    assert sick(cli) == {("ignored", "warning"), ("lock-ignored", "warning")}


def test_the_machines_own_folder_and_git(cli: Cli, tool: Path) -> None:
    (cli.folder / ".agentpkg" / ".gitignore").unlink()
    assert sick(cli) == {("state-shown", "warning")}
    git(cli.folder, "add", ".agentpkg")
    assert sick(cli) == {("state-tracked", "warning")}


def test_a_version_that_waits_beside_an_edit(cli: Cli, tool: Path) -> None:
    (cli.folder / f"{FILE}.agentpkg-new").write_text("newer\n")
    assert sick(cli) == {("left", "warning")}
    (cli.folder / f"{FILE}.agentpkg-new").rename(cli.folder / ".claude/agents/notes.txt")
    assert sick(cli) == set()


def test_another_file_with_the_agents_name(cli: Cli, tool: Path) -> None:
    other = cli.folder / ".claude" / "agents" / "mine.md"
    other.write_text("---\nname: tools\ndescription: x\n---\nMine.\n")
    assert sick(cli) == set()
    other.write_text("---\nname: tool\ndescription: x\n---\nMine.\n")
    assert sick(cli) == {("shadowed", "warning")}


def test_an_agent_of_the_home_folder_that_wins(cli: Cli, tool: Path, manifest: Path) -> None:
    manifest.write_text(manifest.read_text().replace('"claude"', '"claude", "auggie"'))
    cli("sync")
    git(cli.folder, "add", ".")
    for folder, expected in ((".claude", set()), (".augment", {("shadowed", "warning")})):
        place = Path.home() / folder / "agents" / "tool.md"
        place.parent.mkdir(parents=True)
        place.write_text("---\nname: tool\ndescription: x\n---\nMine.\n")
        assert sick(cli) == expected


@pytest.mark.parametrize("base", ["project", "home"])
def test_settings_that_switch_agents_off(cli: Cli, tool: Path, manifest: Path, base: str) -> None:
    manifest.write_text(manifest.read_text().replace('"claude"', '"claude", "gemini", "opencode"'))
    cli("sync")
    git(cli.folder, "add", ".")
    folder = cli.folder if base == "project" else Path.home()
    place = folder / ".gemini" / "settings.json"
    place.parent.mkdir(exist_ok=True)
    for value, expected in ((True, set()), (False, {("switched-off", "warning")})):
        place.write_text(json.dumps({"experimental": {"enableAgents": value}}))
        assert sick(cli) == expected
    place.write_text(json.dumps({"agents": {"overrides": {"other": {"enabled": False}}}}))
    assert sick(cli) == set()
    for text in ("no JSON", "[" * 100_000, '["agents"]'):
        place.write_text(text)
        assert sick(cli) == set()
    place.unlink()
    place.symlink_to("/dev/zero")
    assert sick(cli) == set()
    own = folder / ("opencode.json" if base == "project" else ".config/opencode/opencode.json")
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(json.dumps({"agent": {"tool": {"disable": True}}}))
    (one,) = [one for one in doctor(cli, "--no-clients") if one["code"] == "switched-off"]
    assert one["what"] == "opencode does not load tool: agent.tool.disable is true"


def test_on_the_home_folder(cli: Cli, registry: Registry, path: Path) -> None:
    registry.publish("tool", "1.0.0", tools="[read]")
    cli("install", "tool", "--global", "--host", "claude", "--registry", registry.url)
    client(path, CLIENT.replace("cd .claude", 'cd "$HOME/.claude"'))
    found = cli("doctor", "--global", "--json").json["findings"]
    assert [one["what"] for one in found if one["code"] == "loads"] == ["it loads 1 of 1 agent"]
    assert worse(found) == set()


def test_git_that_is_missing_is_told(cli: Cli, tool: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.chdir(cli.folder)
    found = doctor(cli, "--no-clients", code=1)
    assert {one for one in worse(found) if one[2] == "problem"} == {("machine", "git", "problem")}


def test_git_that_does_not_work_is_told(cli: Cli, tool: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client(path, "echo 'xcrun: error: no developer tools' >&2\nexit 1\n", "git")
    monkeypatch.setenv("PATH", str(path))
    (one,) = [one for one in doctor(cli, "--no-clients", code=1) if one["code"] == "git"]
    assert one["what"] == "git does not work: xcrun: error: no developer tools"
    assert "git does not work" in cli("search", code=2).err


def test_git_in_the_project_is_not_run(cli: Cli, tool: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = cli.folder / "tools"
    own.mkdir()
    client(own, f"touch {path}/ran\necho git version 2.99.0\n", "git")
    monkeypatch.setenv("PATH", f"{own}{os.pathsep}{os.environ['PATH']}")
    doctor(cli, "--no-clients")
    cli("update")
    monkeypatch.setenv("PATH", str(own))
    (one,) = [one for one in doctor(cli, "--no-clients", code=1) if one["code"] == "git"]
    assert one["what"].endswith(f"{own}/git lies in the project, and is not run")
    assert not (path / "ran").exists()
