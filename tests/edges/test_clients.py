"""Programs are found, started behind a fence, and ended with all that they started."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Timer

import pytest

from agentpkg import clients
from agentpkg.clients import Answer, Program, ask_version, asked, find_program
from agentpkg.hosts.clients import Question

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the programs of these tests are shell scripts")
AGENT = {".x/agents/tool.md": b"An agent.\n"}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that comes first on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def script(folder: Path, text: str, name: str = "some-client") -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def program(path: Path) -> Callable[..., Program]:
    """Write a program that runs a shell script, and find it."""

    def make(text: str, stop: Event | None = None) -> Program:
        script(path, text)
        found = find_program("some-client", None, stop or Event())
        assert isinstance(found, Program)
        return found

    return make


def ask(program: Program, question: Question | None = None, *, user: bool = False) -> Answer:
    with asked(program, question or Question(arguments=("list",), answer=("agents",)), AGENT, user=user) as (answer, _):
        return answer


def is_alive(pid: int) -> bool:
    """Say whether a process runs: one that has ended may wait to be looked at by whoever inherited it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def ends(pid: int) -> bool:
    """Say whether a process ends within seconds."""
    for _ in range(200):
        if not is_alive(pid):
            return True
        time.sleep(0.01)
    return False


def test_a_program_on_the_path_is_found(path: Path) -> None:
    file = script(path, "true")
    found = find_program("some-client", path.parent / "project", Event())
    assert isinstance(found, Program)
    assert found.place == str(file)
    assert find_program("no-such-client", None, Event()) is None


def test_a_program_that_lies_in_the_project_is_not(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "project"
    inside = script(project / "node_modules" / ".bin", "touch /nowhere")
    script(path, "true")
    monkeypatch.setenv("PATH", f"{inside.parent}{os.pathsep}{os.environ['PATH']}")
    assert find_program("some-client", project, Event()) == str(inside)
    assert isinstance(find_program("some-client", tmp_path / "other", Event()), Program)
    inside.rename(inside.with_name("node"))
    found = find_program("some-client", project, Event())
    assert isinstance(found, Program)
    assert str(inside.parent) not in found.folders  # what it starts by name is none of the project's either


def test_nor_is_one_that_a_link_leads_to(path: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    inside = script(project, "true", "real")
    (path / "some-client").symlink_to(inside)
    assert find_program("some-client", project, Event()) == str(path / "some-client")


def test_relative_folders_of_the_path_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path / "bin", "true")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"bin{os.pathsep}.{os.pathsep}{os.pathsep}/usr/bin")
    assert find_program("some-client", None, Event()) is None


def test_nor_does_the_folder_that_somebody_is_in(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where it is looked into before the PATH."""
    script(path, "true")
    monkeypatch.setattr(shutil, "which", lambda command, **_: os.path.join(os.curdir, command))
    assert find_program("some-client", None, Event()) == "./some-client"


def test_what_a_program_gets_to_know(
    program: Callable[..., Program], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.setenv("SOME_API_KEY", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com")
    monkeypatch.setenv("LANG", "C.UTF-8")
    question = Question(arguments=("{project}", "{home}"), answer=(), environment={"OWN": "{home}/own"})
    answer = ask(program('pwd; echo "$@"; env; find "$HOME" "$1" -type f'), question)
    lines = answer.out.splitlines()
    scratch, (given, home) = lines[0], lines[1].split()
    assert scratch == given
    assert not scratch.startswith(str(project))
    assert {f"HOME={home}", f"OWN={home}/own", "LANG=C.UTF-8", "HTTPS_PROXY=http://127.0.0.1:9"} <= set(lines)
    assert f"{scratch}/.x/agents/tool.md" in lines
    assert "secret" not in answer.out
    assert not Path(scratch).exists()
    assert not Path(home).exists()


def test_agents_of_the_home_folder_lie_below_that(program: Callable[..., Program]) -> None:
    answer = ask(program('cat "$HOME/.x/agents/tool.md"; ls .x'), user=True)
    assert answer.out == "An agent.\n"
    assert "No such file" in answer.err


def test_what_is_said_to_it_and_where_it_keeps_its_log(program: Callable[..., Program]) -> None:
    plain = Question(
        arguments=(), answer=(), says=('{"at": "{home}"}', "[2]"), until=r"\[2\]", home={"conf": "a"}, log="conf"
    )
    answer = ask(program('echo " and b" >> "$HOME/conf"; echo "$HOME"; exec cat'), plain)
    home, *said = answer.out.splitlines()
    assert said == [f'{{"at": "{home}"}}', "[2]"]
    assert answer.log == "a and b\n"
    framed = Question(arguments=(), answer=(), says=('{"é": 1}',), framed=True, until="1}")
    assert ask(program("exec cat"), framed).out == 'Content-Length: 9\r\n\r\n{"é": 1}'


def test_it_is_ended_once_it_has_answered(program: Callable[..., Program]) -> None:
    question = Question(arguments=(), answer=(), until="done")
    begun = time.monotonic()
    answer = ask(program("sleep 100 & echo $!; echo done; sleep 100"), question)
    assert time.monotonic() - begun < 20
    assert not answer.late
    assert ends(int(answer.out.split()[0]))


def test_what_it_leaves_behind_is_ended(program: Callable[..., Program]) -> None:
    answer = ask(program("sleep 100 & echo $!"))
    assert not answer.late
    assert ends(int(answer.out))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux tells what a process was given")
def test_what_leaves_its_session_is_ended(program: Callable[..., Program]) -> None:
    answer = ask(program("setsid sh -c 'echo $$; setsid sleep 100 & echo $!; exec sleep 100' & sleep 0.3"))
    pids = [int(line) for line in answer.out.split()]
    assert len(pids) == 2
    assert all(ends(pid) for pid in pids)


def test_it_is_ended_when_its_time_is_up(program: Callable[..., Program], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_VERSION_SECONDS", 0.2)
    assert ask_version(program("echo 1.2.3; sleep 100")) is None


def test_it_is_ended_when_it_says_too_much(program: Callable[..., Program], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_MOST_SAID", 100_000)
    answer = ask(program("exec yes"))
    assert answer.late
    assert len(answer.out) == 100_000


def test_it_is_ended_when_nobody_waits_any_more(program: Callable[..., Program]) -> None:
    stop = Event()
    timer = Timer(0.2, stop.set)
    timer.start()
    assert ask(program("exec sleep 100", stop)).late
    timer.join()


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("echo 'Some Client 1.2.3 (abc)'", "1.2.3"),
        ("echo 'version 4.5' >&2", "4.5"),
        ("echo 1.2.3; exit 3", "1.2.3"),
        ("head -c 2000 /dev/zero", None),
        ("printf '\\377\\376'", None),
        ("exit 1", None),
        ('test "$1" = --version && echo 1.0', "1.0"),
        ("exec cat; echo 2.0", None),
    ],
)
def test_a_version_is_asked_for(program: Callable[..., Program], text: str, version: str | None) -> None:
    assert ask_version(program(text)) == version


def test_a_program_that_cannot_be_started_says_so(program: Callable[..., Program], path: Path) -> None:
    found = program("true")
    (path / "some-client").write_bytes(b"\x7fELF no program")
    assert ask(found).err == "it cannot be started: Exec format error"
    assert ask_version(found) is None
