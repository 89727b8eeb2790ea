"""Several registries that are fetched at the same time: by ssh's stand-ins, which can wait for each other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from agentpkg.apart import Apart, ended_in_order
from agentpkg.errors import AgentpkgError, IntegrityError, NetworkError
from agentpkg.fetches import fetch_together
from agentpkg.git import GitFailed
from agentpkg.mirror import HEAD, Mirror
from agentpkg.registries import Registries
from agentpkg.registry_tables import RegistrySource
from agentpkg.remote import Remote, mirror_lock
from agentpkg.store import cache_folder, state_folder
from tests.support.cli import Cli
from tests.support.registry import Registry, git

pytestmark = pytest.mark.skipif(os.name != "posix", reason="elsewhere they are fetched one by one")
NAMES = ("alpha", "beta", "gamma", "delta")
MEET = """
import os, subprocess, sys, time
place, many = {place!r}, {many}
open(f"{{place}}/{{os.getpid()}}", "w").write(" ".join(
    [str(os.getsid(0)), os.environ.get("GIT_TERMINAL_PROMPT", "-"), os.environ.get("SSH_ASKPASS_REQUIRE", "-")]
))
for _ in range(1000):
    if len(os.listdir(place)) >= many:
        raise SystemExit(subprocess.run(["sh", "-c", sys.argv[-1]]).returncode)
    time.sleep(0.01)
raise SystemExit("the others never came")
"""

WAIT = """
import fcntl, os, time
for _ in range(1000):
    if os.path.exists({head!r}) and open({head!r}).read() != {before!r}:
        try:
            for lock in {locks}:
                fcntl.flock(os.open(lock, os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)
            raise SystemExit
        except BlockingIOError:
            pass
    time.sleep(0.01)
raise SystemExit("the other one was never let go of")
"""


@pytest.fixture
def meeting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Path]:
    """Make ssh wait until so many of it run at the same time; each leaves a file in the folder that is returned."""

    def meet(many: int) -> Path:
        place = tmp_path / "meeting"
        place.mkdir(exist_ok=True)
        (tmp_path / "meet.py").write_text(MEET.format(place=str(place), many=many))
        script = tmp_path / "ssh"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{tmp_path}/meet.py" "$@"\n')
        script.chmod(0o755)
        monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
        return place

    return meet


@pytest.fixture
def four(tmp_path: Path) -> dict[str, Registry]:
    """Four registries with a bundle of their own name each."""
    return {name: Registry(tmp_path / name).start().publish(name) for name in NAMES}


def sources(four: dict[str, Registry], *, ssh: bool = True) -> dict[str, RegistrySource]:
    return {name: RegistrySource(url=f"ssh://host{one.path}" if ssh else one.url) for name, one in four.items()}


def test_all_are_fetched_at_the_same_time(
    four: dict[str, Registry], tmp_path: Path, meeting: Callable[[int], Path]
) -> None:
    """None of them goes on before the fourth has begun."""
    place, before = meeting(4), dict(os.environ)
    found = Registries(sources(four), tmp_path).all()
    assert [one.name for one in found] == ["default", *sorted(NAMES)]
    assert [one.names() for one in found[1:]] == [(name,) for name in sorted(NAMES)]
    assert len(list(place.iterdir())) == 4
    assert dict(os.environ) == before


def test_no_more_at_a_time_than_a_server_takes(
    four: dict[str, Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentpkg.fetches._MOST_AT_ONCE", 2)
    begin, finish, going_on, most = Apart.__init__, Apart.finish, [], []

    def begun(self: Apart, *words: Any, **settings: Any) -> None:
        begin(self, *words, **settings)
        going_on.append(self)
        most.append(len(going_on))

    def finished(self: Apart) -> None:
        finish(self)
        going_on.remove(self)

    monkeypatch.setattr(Apart, "__init__", begun)
    monkeypatch.setattr(Apart, "finish", finished)
    found = Registries(sources(four, ssh=False), tmp_path).all()
    assert [one.names() for one in found[1:]] == [(name,) for name in sorted(NAMES)]
    assert (len(most), max(most)) == (4, 2)


def test_so_are_those_that_an_install_needs_and_no_others(
    cli: Cli, project: Path, four: dict[str, Registry], meeting: Callable[[int], Path]
) -> None:
    tables = "".join(f'[registries.{name}]\nurl = "ssh://host{one.path}"\n' for name, one in four.items())
    (project / "agentpkg.toml").write_text(f'[project]\nhosts = ["claude"]\n{tables}[bundles]\n')
    place = meeting(3)
    cli("install", *(f"{name}/{name}" for name in NAMES[:3]))
    assert len(list(place.iterdir())) == 3
    assert sorted(path.stem for path in (project / ".claude/agents").iterdir()) == sorted(NAMES[:3])


def test_nobody_is_asked_by_two_at_once(
    four: dict[str, Registry], tmp_path: Path, meeting: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that run together have no terminal, and are told that there is nobody to ask."""
    monkeypatch.setattr("agentpkg.git.can_ask", lambda: True)
    place = meeting(4)
    Registries(sources(four), tmp_path).all()
    told = [path.read_text().split() for path in place.iterdir()]
    assert {tuple(words[1:]) for words in told} == {("0", "force")}
    assert len({words[0] for words in told}) == 4
    assert str(os.getsid(0)) not in {words[0] for words in told}


def test_nor_where_a_server_that_sends_all_or_nothing_must_be_asked_again(
    four: dict[str, Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "ssh"
    script.write_text(
        f'#!/bin/sh\nshift $(($# - 1))\necho "${{GIT_TERMINAL_PROMPT-asks}}" >> {tmp_path}/tried\nexec sh -c "$1"\n'
    )
    script.chmod(0o755)
    finish = Apart.finish

    def refuse(self: Apart) -> None:
        finish(self)
        raise GitFailed("no", details=["git: fatal: dumb http transport does not support shallow"], output="")

    monkeypatch.setattr(Apart, "finish", refuse)
    monkeypatch.setattr("agentpkg.git.can_ask", lambda: True)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
    assert len(Registries(sources(four), tmp_path).all()) == 5
    assert (tmp_path / "tried").read_text().split() == ["0"] * 8


@pytest.mark.parametrize("somebody", [False, True])
def test_what_could_not_be_fetched_so_is_fetched_alone_where_somebody_can_be_asked(
    four: dict[str, Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, somebody: bool
) -> None:
    """The stand-in gives in once it finds out that somebody can be asked."""
    script = tmp_path / "ssh"
    script.write_text(
        f'#!/bin/sh\nshift $(($# - 1))\necho "${{GIT_TERMINAL_PROMPT-asks}}" >> {tmp_path}/tried\n'
        'case "$1" in *beta*) [ -z "$GIT_TERMINAL_PROMPT" ] || exit 1;; esac\nexec sh -c "$1"\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
    for place in ("agentpkg.git.can_ask", "agentpkg.fetches.can_ask"):
        monkeypatch.setattr(place, lambda: somebody)
    registries = Registries(sources(four), tmp_path)
    if somebody:
        assert len(registries.all()) == 5
    else:
        with pytest.raises(NetworkError, match=r"could not fetch ssh://host.*/beta"):
            registries.all()
    assert sorted((tmp_path / "tried").read_text().split()) == ["0"] * 4 + ["asks"] * somebody


def test_errors_come_in_the_order_of_names(four: dict[str, Registry], tmp_path: Path) -> None:
    """And what comes before the first of them is fetched, as one by one."""
    registries = Registries(sources(four, ssh=False), tmp_path)
    for name in ("gamma", "beta"):
        four[name].path.rename(tmp_path / f"away-{name}")
    with pytest.raises(NetworkError, match="/beta"):
        registries.all()
    offline = Registries(sources(four, ssh=False), tmp_path, offline=True)
    assert offline.get("alpha").names() == ("alpha",)
    with pytest.raises(NetworkError, match="/gamma"):
        registries.get("gamma")


def test_what_went_wrong_waits_for_none_that_comes_after_it(
    four: dict[str, Registry], tmp_path: Path, meeting: Callable[[int], Path]
) -> None:
    """As one by one. Those are stopped, and what comes before it is fetched."""
    meeting(100)
    four["gamma"].path.rename(tmp_path / "away")
    remotes = [
        Remote.of(name, RegistrySource(url=f"{'ssh://host' * (name == 'alpha')}{four[name].path}"), tmp_path)
        for name in ("beta", "gamma", "alpha")
    ]
    found = fetch_together(remotes)
    assert isinstance(found.pop("beta"), Mirror)
    assert isinstance(found.pop("gamma"), NetworkError)
    assert found == {}


def test_one_that_may_not_be_accepted_is_refused_and_the_others_are_there(
    four: dict[str, Registry], tmp_path: Path
) -> None:
    Registries(sources(four, ssh=False), tmp_path).all()
    four["alpha"].publish("alpha", "1.1.0")
    (four["beta"].folder / "bundles/beta/1.0.0/README.md").write_text("x\n")
    four["beta"].commit()
    registries = Registries(sources(four, ssh=False), tmp_path)
    with pytest.raises(IntegrityError, match="registry beta: a published version changed"):
        registries.all()
    assert registries.get("alpha").versions("alpha") == ("1.1.0", "1.0.0")


def test_two_names_of_one_registry_do_not_wait_for_each_other(
    four: dict[str, Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTPKG_WAIT", "0")
    same = RegistrySource(url=four["alpha"].url)
    filtered = RegistrySource(url=four["alpha"].url, filtered=True)
    found = Registries({"one": same, "other": same, "third": filtered, "fourth": filtered}, tmp_path).all()
    assert [one.names() for one in found[1:]] == [("alpha",)] * 4


def test_a_mirror_that_somebody_else_works_on_is_told_as_alone(
    four: dict[str, Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTPKG_WAIT", "0")
    remote = Remote.of("beta", sources(four, ssh=False)["beta"], tmp_path)
    with mirror_lock(remote.path), pytest.raises(AgentpkgError, match="is working on the mirror") as caught:
        Registries(sources(four, ssh=False), tmp_path).all()
    assert caught.value.exit_code == 7


def gone(process: int) -> bool:
    """Say whether a process ends within some seconds; one that has ended may wait for somebody to take note of it."""
    for _ in range(500):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        with suppress(OSError):
            if ") Z " in Path(f"/proc/{process}/stat").read_text():
                return True
        time.sleep(0.01)
    return False


@pytest.fixture
def stuck(four: dict[str, Registry], tmp_path: Path, meeting: Callable[[int], Path]) -> tuple[Mirror, str, Path]:
    """A mirror, a URL of which nothing ever comes, and where those who wait leave their numbers."""
    place = meeting(100)
    return Mirror(cache_folder() / "registries/x.git"), f"ssh://host{four['alpha'].path}", place


def test_an_interrupted_run_leaves_nothing_running(stuck: tuple[Mirror, str, Path]) -> None:
    mirror, url, place = stuck

    def interrupted() -> None:
        with mirror.fetch_apart(url, "HEAD"):
            while not list(place.iterdir()):
                time.sleep(0.01)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    [waiting] = place.iterdir()
    assert gone(int(waiting.name))


def test_what_does_not_end_is_stopped(stuck: tuple[Mirror, str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    mirror, url, _ = stuck
    mirror.create()
    monkeypatch.setattr("agentpkg.apart.SECONDS", 0.2)
    process = Apart(mirror.path, "fetch", url)
    with pytest.raises(GitFailed) as caught:
        process.finish()
    assert caught.value.details == ("git: it did not end in 0.2 seconds, and was stopped",)


def test_what_will_not_end_is_stopped_by_force(
    four: dict[str, Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, script = tmp_path / "deaf", tmp_path / "ssh"
    script.write_text(f'#!/bin/sh\ntrap "" TERM\necho $$ > {place}\nwhile :; do sleep 0.05; done\n')
    script.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
    monkeypatch.setattr("agentpkg.apart._GRACE", 0.1)
    mirror = Mirror(cache_folder() / "registries/x.git")
    with mirror.fetch_apart(f"ssh://host{four['alpha'].path}", "HEAD"):
        while not (place.exists() and place.read_text()):
            time.sleep(0.01)
    assert gone(int(place.read_text()))


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_what_was_started_and_then_the_command(
    four: dict[str, Registry], project: Path, meeting: Callable[[int], Path], sign: signal.Signals
) -> None:
    tables = "".join(f'[registries.{name}]\nurl = "ssh://host{four[name].path}"\n' for name in NAMES[:2])
    (project / "agentpkg.toml").write_text(f'[project]\nhosts = ["claude"]\n{tables}[bundles]\n')
    place = meeting(100)
    command = subprocess.Popen(
        [sys.executable, "-m", "agentpkg", "search", "x"], cwd=project,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(sign, signal.SIG_DFL),  # noqa: PLW1509 (it may be ignored where the tests run)
    )  # fmt: skip
    while len(list(place.iterdir())) < 2:
        assert command.poll() is None
        time.sleep(0.01)
    command.send_signal(sign)
    assert command.wait(timeout=30) == -sign
    assert all(gone(int(waiting.name)) for waiting in place.iterdir())


def test_a_signal_that_somebody_takes_or_ignores_stays_as_it_is() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN), signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with ended_in_order():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        with ThreadPoolExecutor() as pool:
            pool.submit(ended_in_order().__enter__).result()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before[0])
        signal.signal(signal.SIGTERM, before[1])


@pytest.fixture
def alpha_waits(four: dict[str, Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Remote], None]:
    """Make ssh fetch alpha only once another one has a new head, and its locks can be had."""

    def wait(other: Remote) -> None:
        head = other.path / HEAD
        locks = [other.path.with_suffix(".lock"), state_folder() / "locks" / f"{other.key}.lock"]
        before = head.read_text() if head.exists() else ""
        script = WAIT.format(head=str(head), before=before, locks=[str(one) for one in locks])
        (tmp_path / "wait.py").write_text(script)
        (tmp_path / "ssh").write_text(
            f"""#!/bin/sh
            shift $(($# - 1))
            case "$1" in *alpha*) "{sys.executable}" -I -S {tmp_path}/wait.py || exit 1;; esac
            exec sh -c "$1"
            """
        )
        (tmp_path / "ssh").chmod(0o755)
        monkeypatch.setenv("GIT_SSH_COMMAND", str(tmp_path / "ssh"))

    return wait


def test_one_that_hangs_holds_no_lock_of_another(
    four: dict[str, Registry], tmp_path: Path, alpha_waits: Callable[[Remote], None]
) -> None:
    remotes = [Remote.of(name, one, tmp_path) for name, one in sources(four).items()][:2]
    alpha_waits(remotes[1])
    found = fetch_together(remotes)
    assert [isinstance(found[one.name], Mirror) for one in remotes] == [True, True]


def test_warnings_come_in_the_order_of_names(
    four: dict[str, Registry], tmp_path: Path, alpha_waits: Callable[[Remote], None]
) -> None:
    """Not in that in which the registries came."""
    said: list[str] = []
    remotes = [Remote.of(name, one, tmp_path, tell=said.append) for name, one in sources(four).items()][:2]
    for name in NAMES[:2]:
        (four[name].folder / f"bundles/{name}/yanked.toml").write_text('"1.0.0" = "broken"\n')
        four[name].commit()
    alpha_waits(remotes[1])
    fetch_together(remotes)
    for name in NAMES[:2]:
        four[name].delete(f"bundles/{name}/yanked.toml")
    alpha_waits(remotes[1])
    fetch_together(remotes)
    assert said == [f"{name} 1.0.0 is no longer yanked (it was: broken)" for name in NAMES[:2]]


def test_nobody_waits_for_a_lock_while_holding_others(
    four: dict[str, Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remotes = [Remote.of(name, one, tmp_path) for name, one in sources(four, ssh=False).items()]
    with mirror_lock(remotes[1].path):
        monkeypatch.setattr("agentpkg.exclusive._patience", lambda: pytest.fail("it waits"))
        assert set(fetch_together(remotes)) == {"alpha", "gamma", "delta"}


def test_what_must_be_looked_up_first_is_fetched_alone(four: dict[str, Registry], tmp_path: Path) -> None:
    """Since that may ask somebody."""
    refs = {name: RegistrySource(url=one.url, ref="main" if name == "beta" else "") for name, one in four.items()}
    found = fetch_together([Remote.of(name, one, tmp_path) for name, one in refs.items()])
    assert set(found) == {"alpha", "gamma", "delta"}
    assert len(Registries(refs, tmp_path).all()) == 5


def test_a_fetch_of_one_alone_is_none_of_these(
    four: dict[str, Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may ask."""
    monkeypatch.setattr("agentpkg.mirror.Apart", lambda *_, **__: pytest.fail("apart"))
    [name, one] = next(iter(four.items()))
    assert len(Registries({name: RegistrySource(url=one.url)}, tmp_path).all()) == 2
    assert git(one.path, "rev-parse", "HEAD")
