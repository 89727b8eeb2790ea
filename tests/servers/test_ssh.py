"""Private registries on a real OpenSSH server: fetched, pushed to, and what is told when it lets nobody in."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentpkg.errors import NetworkError
from agentpkg.registries import Registries
from agentpkg.registry_tables import RegistrySource
from tests.support.registry import Registry, git
from tests.support.sshserver import SshServer

pytestmark = pytest.mark.servers
NO_HOST = "n" * 64  # too long for the name service, so that nothing is even asked of it


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SshServer]:
    """A server that serves nothing yet, and that lets everybody in who says nothing else."""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    for name in ("SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "SSH_AUTH_SOCK", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with SshServer(tmp_path / "served") as running:
        monkeypatch.setenv("GIT_SSH_COMMAND", running.command())
        yield running


@pytest.fixture
def url(server: SshServer, registry: Registry) -> str:
    """The URL of a registry with one bundle, tool 1.0.0."""
    return server.serve(registry.publish("tool"))


def fetch(url: str, root: Path, *, filtered: bool = False) -> Registries:
    registries = Registries({"default": RegistrySource(url=url, filtered=filtered)}, root)
    registries.get("default")
    return registries


def failure(url: str, root: Path) -> NetworkError:
    """Fetch what cannot be fetched, and return what is told of it."""
    try:
        fetch(url, root)
    except NetworkError as error:
        failed = error.with_traceback(None)
    else:
        pytest.fail(f"{url} was fetched")
    assert failed.exit_code == 8
    assert failed.message == f"could not fetch {url}"
    return failed


def details(error: NetworkError) -> str:
    return "\n".join(error.details)


@pytest.mark.parametrize("filtered", [False, True])
def test_a_registry_is_fetched(
    server: SshServer, url: str, registry: Registry, tmp_path: Path, *, filtered: bool
) -> None:
    assert fetch(url, tmp_path, filtered=filtered).load("tool", "1.0.0").name == "tool"
    server.serve(registry.publish("tool", "1.1.0"))
    assert fetch(url, tmp_path, filtered=filtered).get("default").versions("tool") == ("1.1.0", "1.0.0")
    assert "Accepted publickey" in server.log


def test_a_commit_is_pushed_and_then_fetched(url: str, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", url, "clone")
    Registry(tmp_path / "clone").publish("tool", "1.1.0")
    git(tmp_path / "clone", "push", "-q", "origin", "HEAD")
    assert fetch(url, tmp_path).get("default").versions("tool") == ("1.1.0", "1.0.0")


def test_git_is_all_that_may_be_run(server: SshServer) -> None:
    words = [*server.command().split(), "-p", str(server.port), f"{server.user}@127.0.0.1", "touch", "x"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 128
    assert "unrecognized command" in done.stderr


def test_a_key_that_the_server_does_not_know_is_told(
    server: SshServer, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_SSH_COMMAND", server.command(key=server.other_key))
    error = failure(url, tmp_path)
    assert "Permission denied (publickey)" in details(error)
    assert "ssh key" in (error.hint or "")


def test_a_host_that_nobody_has_met_is_told(
    server: SshServer, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_SSH_COMMAND", server.command(known_hosts=tmp_path / "nobody"))
    error = failure(url, tmp_path)
    assert "Host key verification failed" in details(error)
    assert "once with ssh" in (error.hint or "")


def test_a_host_with_another_key_than_before_is_told(
    server: SshServer, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.trust(tmp_path / "before", server.other_key)
    monkeypatch.setenv("GIT_SSH_COMMAND", server.command(known_hosts=tmp_path / "before"))
    error = failure(url, tmp_path)
    assert "has changed" in details(error)
    assert "another key" in (error.hint or "")


def test_a_repository_that_is_not_there_is_told(server: SshServer, tmp_path: Path) -> None:
    assert "no such repository" in (failure(server.url("other.git"), tmp_path).hint or "")


def test_a_host_that_does_not_exist_is_told(url: str, tmp_path: Path) -> None:
    assert "no such host" in (failure(url.replace("127.0.0.1", NO_HOST), tmp_path).hint or "")


def test_a_port_that_nobody_listens_at_is_told(server: SshServer, url: str, tmp_path: Path) -> None:
    error = failure(url.replace(f":{server.port}/", ":1/"), tmp_path)
    assert "Connection refused" in details(error)
    assert "network" in (error.hint or "")


@pytest.mark.parametrize("setting", ["GIT_SSH", "core.sshCommand"])
def test_the_users_own_ssh_is_used(
    server: SshServer, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    """However it was set, and without a terminal too."""
    monkeypatch.delenv("GIT_SSH_COMMAND")
    if setting == "GIT_SSH":
        script = tmp_path / "ssh"
        script.write_text(f'#!/bin/sh\nexec {server.command()} "$@"\n')
        script.chmod(0o755)
        monkeypatch.setenv("GIT_SSH", str(script))
    else:
        (Path.home() / ".gitconfig").write_text(f"[core]\n\tsshCommand = {server.command()}\n")
    assert fetch(url, tmp_path).load("tool", "1.0.0").name == "tool"


def test_nobody_is_asked_where_the_input_is_no_terminal(server: SshServer, url: str, project: Path) -> None:
    """As in a git hook, where ssh could still reach the terminal behind, and would wait there for an answer."""
    (project / "agentpkg.toml").write_text(f'[project]\nhosts = ["claude"]\n[registries.default]\nurl = "{url}"\n')
    asking = server.command(known_hosts=project / "nobody", asks=True)
    environment = {**os.environ, "GIT_SSH_COMMAND": asking, "PYTHONPATH": str(Path(__file__).parents[2])}
    child, terminal = pty.fork()
    if child == 0:  # the terminal is this process's own from now on
        os.chdir(project)
        words = ["sh", "-c", '"$0" -m agentpkg install tool < /dev/null', sys.executable]
        os.execvpe("timeout", ["timeout", "10", *words], environment)
    said = b"".join(iter(lambda: _read(terminal), b"")).decode()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert "Are you sure" not in said, said[:500]
    assert status == 8, said[-500:]
    assert "once with ssh" in " ".join(said.split())


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # its other end is closed
        return b""
