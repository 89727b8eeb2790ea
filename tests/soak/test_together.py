"""Many processes on one project, or on one cache, with kills: afterwards all is as manifest and lockfile say."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from agentpkg.hosts import HOSTS
from agentpkg.ledger import Ledger
from agentpkg.lockfile import Lockfile, parse_lockfile
from agentpkg.manifest import parse_manifest
from agentpkg.store import state_folder
from tests.soak.crowd import Done, Job, finish, refusals, run_crowd, some_killed, start
from tests.support.cli import Cli
from tests.support.registry import BODY, Registry, agent_text, git, introduce, make_bare, write_bundle
from tests.support.tree import contents

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(os.name != "posix", reason="processes are killed and stopped in POSIX terms"),
]
Tally = Callable[[str, int], None]

EIGHT = range(8)
ROUNDS = int(os.environ.get("SOAK_ROUNDS", "4"))
EACH = 3  # commands of one process's place in one round
TOOLS = ("tool-a", "tool-b", "tool-c", "tool-d")
EDITS = {  # of the user's, by path: the line that is edited, and what it becomes
    ".claude/agents/lead.md": ("Line 2 of the prompt.", "My line two."),
    ".opencode/agents/second.md": ("Line 20 of the prompt.", "Line 20 of the prompt.\nMy last line."),
    ".claude/agents/tool-a.md": ("Line 2 of the prompt.", "My line of a tool."),
}
BYSTANDERS = {
    "README.md": b"mine\n",
    ".claude/agents/mine.md": b"---\nname: mine\ndescription: Mine.\n---\n\nHello.\n",
    ".claude/settings.json": b"{}\n",
    ".opencode/agents/mine.md": b"not read by anybody\n",
}
# How each command may end. Install may meet what the user was left with when another process removed the bundle.
CODES = {
    "install": (0, 6),
    "remove": (0, 2),
    "update": (0, 6),
    "sync": (0, 6),
    "keep": (0, 2),
    "sync --check": (0, 1),
    "status": (0, 1),
    "list": (0, 1),
}


def body_of(number: int) -> str:
    """Return the prompt of one version: each differs in lines that nobody edits."""
    return BODY.replace("Line 9 of", f"Line 9, in version {number}, of")


def publish_team(registry: Registry, number: int) -> None:
    agents = {f"agents/{name}.md": agent_text(name, body=body_of(number)) for name in ("lead", "second", f"n-{number}")}
    registry.publish("team", f"1.{number}.0", files=agents)


def choose_command(random: Random) -> tuple[str, ...]:
    tool = random.choice(TOOLS)
    return random.choice(
        [
            ("install", tool),
            ("install", tool),
            ("remove", tool),
            ("update", "--accept-grants"),
            ("sync",),
            ("keep", random.choice(list(EDITS))),
            random.choice([("status",), ("list",), ("sync", "--check")]),
        ]
    )


def edit(project: Path, path: str) -> None:
    old, new = EDITS[path]
    text = (project / path).read_text()
    assert old in text
    (project / path).write_text(text.replace(old, new))


def count(done: list[Done], tally: Tally) -> None:
    tally("processes", len(done))
    tally("kills", sum(one.killed for one in done))


def lock_of(project: Path) -> Lockfile:
    return parse_lockfile((project / "agentpkg.lock").read_text())


def check_settled(cli: Cli, project: Path, fresh: Path) -> None:
    """Fail unless the project is exactly what its manifest and lock say, edits and bystanders aside."""
    cli("sync")
    cli("keep", *(path for path in EDITS if path in lock_of(project).files))
    cli("sync", "--check")
    left = {path.name for path in (project / ".agentpkg").iterdir()}
    assert left - {"index"} == {".gitignore", "lock", "undo"}
    assert (project / ".agentpkg/.gitignore").read_text() == "*\n"
    files = contents(project)
    lock = lock_of(project)
    manifest = parse_manifest(files["agentpkg.toml"].decode(), HOSTS)
    assert {name: one.wanted for name, one in lock.bundles.items()} == manifest.requirements
    for path, content in BYSTANDERS.items():
        assert files.pop(path) == content
    for path, (_, line) in EDITS.items():
        assert line in files.pop(path).decode(), path
    assert files.keys() == (lock.files.keys() - EDITS.keys()) | {"agentpkg.toml", "agentpkg.lock"}
    assert files == {path: content for path, content in elsewhere(cli, project, fresh).items() if path in files}


def elsewhere(cli: Cli, project: Path, fresh: Path) -> dict[str, bytes]:
    """Return what the same manifest and lock make of an empty folder, on a machine that knows nothing yet."""
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "project").mkdir(parents=True)
    for name in ("agentpkg.toml", "agentpkg.lock"):
        shutil.copy(project / name, fresh / "project" / name)
    job = Job(words=("sync",), project=fresh / "project")
    done = finish(job, {"AGENTPKG_CACHE_DIR": str(fresh / "cache"), "AGENTPKG_STATE_DIR": str(fresh / "state")})
    assert done.code == 0, done.output
    return {**contents(fresh / "project"), "agentpkg.lock": (project / "agentpkg.lock").read_bytes()}


@pytest.fixture
def shared(cli: Cli, project: Path, manifest: Path, registry: Registry) -> Path:
    """A project with edited files and files of others, for two hosts."""
    manifest.write_text(manifest.read_text().replace('["claude"]', '["claude", "opencode"]'))
    publish_team(registry, 0)
    for name in TOOLS:
        registry.publish(name)
    cli("install", "team", "tool-a")
    for path, content in BYSTANDERS.items():
        (project / path).write_bytes(content)
    for path in EDITS:
        edit(project, path)
    return project


def live_through(
    cli: Cli, shared: Path, registry: Registry, fresh: Path, tally: Tally, *, unlocked: bool = False
) -> None:
    """Have eight processes work on one project, round by round, and look at it after each."""
    random = Random(4711)
    for number in range(1, ROUNDS + 1):
        publish_team(registry, number)
        registry.publish(random.choice(TOOLS[1:]), f"1.{number}.0", body=body_of(number))
        queues = [
            [
                some_killed(random, Job(words=choose_command(random), project=shared, unlocked=unlocked))
                for _ in range(EACH)
            ]
            for _ in EIGHT
        ]
        done = run_crowd(queues)
        assert "\n".join(refusals(done, CODES)) == ""
        assert any(one.killed for one in done)
        check_settled(cli, shared, fresh)
        count(done, tally)


def test_eight_processes_on_one_project(
    cli: Cli, shared: Path, registry: Registry, tmp_path: Path, tally: Tally
) -> None:
    live_through(cli, shared, registry, tmp_path / "fresh", tally)


CACHE_CODES = {
    "install": (0,),
    "update": (0,),
    "sync": (0,),
    "search": (0,),
    "publish": (0,),
    "cache clean": (0,),
    "cache verify": (0,),
    "cache info": (0,),
}


class Shelf:
    """A registry that processes publish to, and the projects of those who install from it."""

    def __init__(self, bare: Path, folder: Path) -> None:
        self.bare = bare
        self.folder = folder
        self.projects = [self._start_project(number) for number in EIGHT]
        self._drafts = 0

    def _start_project(self, number: int) -> Path:
        project = self.folder / f"project-{number}"
        project.mkdir(parents=True)
        (project / "agentpkg.toml").write_text(
            f'[project]\nhosts = ["claude", "opencode"]\n[registries.default]\nurl = "{self.bare}"\n[bundles]\n'
        )
        return project

    def choose_command(self, random: Random) -> tuple[str, ...]:
        """Return a command, of which each that publishes has a bundle of its own."""
        words = random.choice(
            [
                ("install", random.choice(TOOLS)),
                ("install", "team"),
                ("update",),
                ("sync",),
                ("search",),
                ("publish",),
                ("publish",),
                random.choice([("cache", "clean"), ("cache", "verify"), ("cache", "info")]),
            ]
        )
        if words != ("publish",):
            return words
        self._drafts += 1
        name = f"own-{self._drafts}"
        return (*words, str(write_bundle(self.folder / name, name)), "--registry", str(self.bare))

    @property
    def published(self) -> set[str]:
        return set(git(self.bare, "ls-tree", "--name-only", "main:bundles").split())


@pytest.fixture
def shelf(registry: Registry, tmp_path: Path) -> Shelf:
    introduce()
    publish_team(registry, 0)
    for name in TOOLS:
        registry.publish(name)
    return Shelf(make_bare(registry, tmp_path / "shelf.git"), tmp_path / "projects")


def check_healed(cli: Cli, shelf: Shelf, fresh: Path) -> None:
    """Fail unless cache and ledger serve everybody again, and each project is what its lock says."""
    for project in shelf.projects:
        at = cli.at(project)
        at("sync")
        at("sync", "--check")
        files = contents(project)
        if "agentpkg.lock" in files:
            assert files == elsewhere(cli, project, fresh)
    cli("cache", "verify")
    found = cli("cache", "verify", "--json").json
    assert found["damaged"] == []
    cli.at(shelf.projects[0])("search")
    [ledger] = (state_folder() / "ledgers").glob("*.txt")
    record = Ledger(ledger).read()
    assert record is not None
    assert record.tip == git(shelf.bare, "rev-parse", "main").strip()
    assert {name for name, _ in record.seen} == shelf.published


def test_eight_processes_on_one_cache(cli: Cli, shelf: Shelf, tmp_path: Path, tally: Tally) -> None:
    random = Random(4712)
    for _ in range(ROUNDS):
        cli("cache", "clean")
        queues = [
            [some_killed(random, Job(words=shelf.choose_command(random), project=project)) for _ in range(EACH)]
            for project in shelf.projects
        ]
        done = run_crowd(queues)
        assert "\n".join(refusals(done, CACHE_CODES)) == ""
        assert any(one.killed for one in done)
        said = {Path(one.job.words[1]).name for one in done if one.job.words[0] == "publish" and one.code == 0}
        assert said <= shelf.published
        check_healed(cli, shelf, tmp_path / "fresh")
        count(done, tally)


@pytest.fixture
def stopped(cli: Cli, project: Path, manifest: Path, registry: Registry) -> Iterator[subprocess.Popen[str]]:
    """An update that was stopped, but not ended, in the middle of its work on the project, and holds the lock."""
    agents = {f"agents/a-{number}.md": agent_text(f"a-{number}") for number in range(30)}
    registry.publish("team", files=agents)
    registry.publish("other")
    cli("install", "team")
    registry.publish("team", "1.1.0", files={path: text + "\nMore.\n" for path, text in agents.items()})
    for _ in range(20):
        cli("sync", "--offline")
        with start(Job(words=("update",), project=project)) as process:
            stop_within(process, project / ".agentpkg/lock.holder")
            if process.poll() is None:
                yield process
                process.kill()
                return
        (project / "agentpkg.lock").unlink()
        cli("install", "team==1.0.0")
    pytest.fail("the update was always over before it could be stopped")


def stop_within(process: subprocess.Popen[str], holder: Path) -> None:
    """Stop a process while it holds a lock and has said so; let it go on to its end if that came too late."""
    while process.poll() is None:
        if has_said(holder):
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            if has_said(holder):
                return
            process.send_signal(signal.SIGCONT)
            process.wait()


def has_said(holder: Path) -> bool:
    return holder.exists() and holder.read_text().endswith("\n")


def test_a_process_that_holds_the_lock_is_named_and_once_it_is_killed_nobody_waits(
    cli: Cli, project: Path, stopped: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    monkeypatch.setenv("AGENTPKG_WAIT", "1.5")
    start_of_wait = time.monotonic()
    done = finish(Job(words=("install", "other"), project=project))
    assert done.code == 7, done.output
    assert f"process {stopped.pid} (agentpkg update) is working on {project}, and did not end" in done.output
    assert time.monotonic() - start_of_wait >= 1.5
    for looks in (("status",), ("list",), ("sync", "--check")):
        assert finish(Job(words=looks, project=project, seconds=20)).code in (0, 1)

    stopped.kill()
    stopped.wait()
    monkeypatch.setenv("AGENTPKG_WAIT", "0")
    cli("sync")
    cli("sync", "--check")
    texts = [text for path, text in contents(project).items() if path.startswith(".claude/")]
    assert len(texts) == 30
    assert len({b"More." in text for text in texts}) == 1, "a mix of versions"
    cli("install", "other")
    tally("processes", 5)
    tally("kills", 1)
