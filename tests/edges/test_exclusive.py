"""Locks between processes: waited for, never stale, never done without, and those who wait are told who holds them."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agentpkg.apply import locked
from agentpkg.cli import run
from agentpkg.errors import Busy, DiskError, UsageError
from agentpkg.exclusive import exclusive
from agentpkg.project import Project, find_project
from agentpkg.registry_tables import RegistrySource
from agentpkg.remote import Remote
from agentpkg.store import state_folder
from tests.support.cli import Cli
from tests.support.registry import Registry

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are stopped and locks taken away in POSIX terms")
HOLD = """
import sys, time
from pathlib import Path
from agentpkg.exclusive import exclusive
path = Path(sys.argv.pop())
with exclusive(path, "it"):
    print("held", flush=True)
    time.sleep(60)
"""
WAYS_TO_NAME_NOBODY = [
    "", "4711", "agentpkg", "0 agentpkg sync\n", "-1 agentpkg sync\n", "9999999999 agentpkg sync\n",
    "99999999999 agentpkg sync\n", "{pid} rm -rf\n", "{pid} agentpkg \x1b[2J\n", "{pid} agentpkg \u202e\n",
    "{pid} agentpkg sync", "{pid} agentpkg sync\n1 agentpkg sync\n", "{pid} agentpkg a b c\n",
    f"{{pid}} agentpkg {'x' * 1000}\n",
]  # fmt: skip


@contextmanager
def held(path: Path, *command: str) -> Iterator[subprocess.Popen[str]]:
    """Have another process hold a lock, as one that runs `command`."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, *command, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def holder(path: Path) -> Path:
    return path.with_name("lock.holder")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AGENTPKG_WAIT", "0")
    return tmp_path / "deep/lock"


def said_busy(path: Path) -> str:
    with pytest.raises(Busy) as caught, exclusive(path, "it"):
        pass
    return caught.value.message


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["update"], "agentpkg update"),
        (["registry", "add", "acme", "https://user:secret@git.acme.example"], "agentpkg registry add"),
        (["install", "https://user:secret@git.acme.example"], "agentpkg install"),
        (["--help"], "agentpkg"),
        ([], "agentpkg"),
    ],
)
def test_who_waits_in_vain_is_told_who_holds_the_lock(path: Path, command: list[str], shown: str) -> None:
    with held(path, *command) as process:
        assert said_busy(path) == f"process {process.pid} ({shown}) is working on it, and did not end in 0 seconds"


def test_a_lock_is_free_once_its_holder_is_done(path: Path) -> None:
    with exclusive(path, "it"):
        assert holder(path).read_text().startswith(f"{os.getpid()} agentpkg")
    assert not holder(path).exists()
    with pytest.raises(ZeroDivisionError), exclusive(path, "it"):
        raise ZeroDivisionError
    with exclusive(path, "it"):
        pass


def test_what_a_killed_process_leaves_blocks_nobody_and_names_nobody(path: Path) -> None:
    with held(path, "update") as process:
        process.kill()
        process.wait()
        assert holder(path).read_text() == f"{process.pid} agentpkg update\n"
        with held(path, "sync") as other:
            assert f"process {other.pid} (agentpkg sync)" in said_busy(path)
            holder(path).write_text(f"{process.pid} agentpkg update\n")  # as if the other had not got to it yet
            assert said_busy(path).startswith("another agentpkg is working on it")
    with exclusive(path, "it"):
        pass


def test_who_holds_it_is_told_only_if_it_is_said_as_we_say_it(path: Path) -> None:
    with held(path) as process:
        for text in WAYS_TO_NAME_NOBODY:
            holder(path).write_text(text.replace("{pid}", str(process.pid)), encoding="utf-8")
            assert said_busy(path).startswith("another agentpkg is working on it"), text
        holder(path).unlink()
        assert said_busy(path).startswith("another agentpkg is working on it")
        holder(path).mkdir()
        assert said_busy(path).startswith("another agentpkg is working on it")


def test_where_nobody_can_be_named_the_lock_is_taken_all_the_same(path: Path) -> None:
    holder(path).mkdir(parents=True)
    with exclusive(path, "it"):
        pass


def test_it_waits_as_long_as_it_is_told_and_no_longer_than_it_must(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with held(path) as process:
        monkeypatch.setenv("AGENTPKG_WAIT", "0.3")
        start = time.monotonic()
        assert said_busy(path).endswith("in 0.3 seconds")
        assert time.monotonic() - start >= 0.3
        monkeypatch.delenv("AGENTPKG_WAIT")
        process.kill()
        with exclusive(path, "it"):
            pass
        assert time.monotonic() - start < 30


@pytest.mark.parametrize("wait", ["soon", "-1", "nan", "inf", "1e3", " 1", "1s", "0x10", "9999999", "\u0661"])
def test_a_time_to_wait_that_is_none_is_a_usage_error(path: Path, monkeypatch: pytest.MonkeyPatch, wait: str) -> None:
    monkeypatch.setenv("AGENTPKG_WAIT", wait)
    with pytest.raises(UsageError, match="AGENTPKG_WAIT is "), exclusive(path, "it"):
        pass


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EIO])
def test_a_file_system_without_locks_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    import fcntl

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    done = []
    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(DiskError, match=os.strerror(number)) as caught, exclusive(path, "it"):
        done.append(True)
    assert done == []
    assert ("has no locks" in (caught.value.hint or "")) == (number != errno.EIO)


def test_a_folder_that_cannot_be_written_is_told(path: Path) -> None:
    path.parent.parent.joinpath("deep").write_text("a file\n")
    with pytest.raises(DiskError, match="cannot lock it by "), exclusive(path, "it"):
        pass


def locks_of(project: Path, registry: Registry) -> dict[str, Path]:
    """Return the locks of a project, a mirror and a ledger, and check that there are such."""
    remote = Remote.of("default", RegistrySource(url=registry.url), project)
    locks = {
        str(project): find_project(project).root / ".agentpkg/lock",
        f"the mirror {remote.path.name}": remote.path.with_suffix(".lock"),
        "the ledger of registry default": state_folder() / "locks" / f"{remote.key}.lock",
    }
    assert all(lock.is_file() for lock in locks.values())
    return locks


@pytest.mark.parametrize("number", range(3))
def test_every_lock_is_waited_for_and_nobody_who_only_looks_waits(
    cli: Cli, project: Path, manifest: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    registry.publish("tool")
    registry.publish("other")
    cli("install", "tool")
    what, lock = list(locks_of(project, registry).items())[number]
    monkeypatch.setenv("AGENTPKG_WAIT", "0")
    with held(lock, "update") as process:
        process.send_signal(signal.SIGSTOP)
        for looks in (["status"], ["list"], ["sync", "--check"], ["sync"], ["diff"], ["cache", "info"]):
            cli(*looks)
        error = cli("install", "other", code=7).err
        assert f"error: process {process.pid} (agentpkg update) is working on {what}, and did" in error
        assert "other" not in manifest.read_text()
    cli("install", "other")


def test_a_time_to_wait_that_is_none_is_told_by_a_command(
    cli: Cli, manifest: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.publish("tool")
    monkeypatch.setenv("AGENTPKG_WAIT", "\x1b[2J")
    assert "AGENTPKG_WAIT is '\\x1b[2J'" in cli("install", "tool", code=2).err


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("change", ["install", "other"]),
        ("change", ["remove", "tool"]),
        ("keep", ["keep", ".claude/agents/tool.md"]),
        ("registry", ["registry", "add", "acme", "./registry", "--offline"]),
        ("registry", ["registry", "remove", "spare"]),
    ],
)
def test_what_was_written_while_a_command_waited_is_not_lost(
    cli: Cli, project: Path, manifest: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch,
    module: str, words: list[str],
) -> None:  # fmt: skip
    """By hand, or by another process: between reading the manifest and having the lock there is a fetch, and a wait."""
    registry.publish("tool")
    registry.publish("other")
    cli("install", "tool")
    manifest.write_text(f'{manifest.read_text()}\n[registries.spare]\nurl = "{registry.url}"\n')
    asking = importlib.import_module(f"agentpkg.ops.{module}")

    @contextmanager
    def locked_after_a_wait(place: Project) -> Iterator[None]:
        manifest.write_text(f"# written meanwhile\n{manifest.read_text()}")
        with locked(place):
            yield

    monkeypatch.setattr(asking, "locked", locked_after_a_wait)
    cli.monkeypatch.chdir(project)
    assert run(words) in (0, 6)
    assert "# written meanwhile" in manifest.read_text()
