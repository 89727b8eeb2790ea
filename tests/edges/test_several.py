"""Several registries that are fetched at the same time: by ssh's stand-ins, which can wait for each other."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from agentpkg.errors import AgentpkgError, IntegrityError, NetworkError
from agentpkg.git import Apart, GitFailed
from agentpkg.mirror import Mirror
from agentpkg.registries import Registries
from agentpkg.registry_tables import RegistrySource
from agentpkg.store import cache_folder
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
    for place in ("agentpkg.git.can_ask", "agentpkg.remote.can_ask"):
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
    from agentpkg.remote import Remote, mirror_lock

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


def test_what_does_not_end_is_stopped(stuck: tuple[Mirror, str, Path]) -> None:
    mirror, url, _ = stuck
    mirror.create()
    process = Apart(mirror.path, "fetch", url)
    with pytest.raises(GitFailed) as caught:
        process.finish(seconds=0.2)
    assert caught.value.details == ("git: it did not end in 0.2 seconds, and was stopped",)


def test_a_fetch_of_one_alone_is_none_of_these(
    four: dict[str, Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may ask."""
    monkeypatch.setattr("agentpkg.mirror.Apart", lambda *_, **__: pytest.fail("apart"))
    [name, one] = next(iter(four.items()))
    assert len(Registries({name: RegistrySource(url=one.url)}, tmp_path).all()) == 2
    assert git(one.path, "rev-parse", "HEAD")
