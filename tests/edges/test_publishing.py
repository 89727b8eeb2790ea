"""Pushing by compare-and-swap: many publishers at once lose nothing, and no two of them own a version."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agentpkg.errors import AgentpkgError, Busy, DiskError, EditConflict, NetworkError, UsageError
from agentpkg.ledger import Ledger
from agentpkg.mirror import Mirror
from agentpkg.publishing import Draft, build_commit, make_repository, push_change, push_start, write_author_file
from agentpkg.registry_tables import RegistrySource
from agentpkg.remote import Remote
from agentpkg.store import state_folder
from tests.support.cli import Cli
from tests.support.registry import Registry, git, introduce, make_bare, write_bundle

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bare(tmp_path: Path, registry: Registry) -> Path:
    introduce()
    return make_bare(registry.publish("base"), tmp_path / "shelf.git")


@pytest.fixture
def remote(bare: Path, tmp_path: Path) -> Remote:
    return Remote.of("default", RegistrySource(url=str(bare)), tmp_path)


def run_at_once(jobs: list[tuple[list[str], dict[str, str]]]) -> list[tuple[int, str]]:
    """Run `agentpkg` with each word list and more environment at the same time; return exit codes and data."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "agentpkg", *words],
            env={**os.environ, "PYTHONPATH": str(ROOT), **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for words, more in jobs
    ]
    outputs = [process.communicate(timeout=300)[0] for process in processes]
    return [(process.returncode, output) for process, output in zip(processes, outputs, strict=True)]


def own_folders(place: Path) -> dict[str, str]:
    return {"AGENTPKG_CACHE_DIR": str(place / "cache"), "AGENTPKG_STATE_DIR": str(place / "state")}


def tree(bare: Path, place: str) -> dict[str, str]:
    names = git(bare, "ls-tree", "-r", "--name-only", "main", f"{place}/").splitlines()
    return {name.removeprefix(f"{place}/"): git(bare, "show", f"main:{name}") for name in names}


def files_of(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def fight(cli: Cli, bare: Path, tmp_path: Path, different: int, same: int, *, one_cache: bool = False) -> None:
    """Let some publish bundles of their own while others fight for one version, and look at what came of it."""
    authors: dict[str, Path] = {}
    for number in range(different):
        name = f"own-{number:02}"
        authors[name] = write_bundle(tmp_path / name, name, requires={"base": "~=1.0"}, body=f"{number}\n" * 30)
    for number in range(same):
        authors[f"rival-{number:02}"] = write_bundle(tmp_path / f"rival-{number:02}", "prize", body=f"Rival {number}.")
    jobs = [
        (["publish", str(folder), "--registry", str(bare), "--json"], own_folders(tmp_path / "of" / name))
        for name, folder in authors.items()
    ]
    if one_cache:
        jobs = [(words, own_folders(tmp_path / "shared")) for words, _ in jobs]
    done = dict(zip(authors, run_at_once(jobs), strict=True))

    won = [name for name in authors if name.startswith("rival") and done[name][0] == 0]
    assert len(won) == 1, {name: code for name, (code, _) in done.items()}
    for name, folder in authors.items():
        code, output = done[name]
        if name.startswith("own"):
            assert code == 0, output
            assert json.loads(output)["published"] is True
            assert tree(bare, f"bundles/{name}/1.0.0") == files_of(folder)
        elif name not in won:
            assert code == 5, output
            error = json.loads(output)["error"]
            assert error["message"] == "prize 1.0.0 is published already, with other content"
            assert error["details"][0].startswith("by Ada <ada@example.com> in ")
    assert tree(bare, "bundles/prize/1.0.0") == files_of(authors[won[0]])

    subjects = git(bare, "log", "--first-parent", "--format=%s", "main").splitlines()
    assert sorted(subjects) == sorted(
        [*(f"own-{number:02} 1.0.0" for number in range(different)), "prize 1.0.0", "base 1.0.0", "start"]
    )
    assert git(bare, "rev-list", "--merges", "main") == ""
    assert git(bare, "fsck", "--strict", "--full", "--no-dangling") == ""
    assert json.loads(cli("registry", "verify", str(bare), "--json").out)["versions"] == different + 2


def test_three_publishers_at_once(cli: Cli, bare: Path, tmp_path: Path) -> None:
    fight(cli, bare, tmp_path, 1, 2)


@pytest.mark.soak
def test_six_publishers_at_once(cli: Cli, bare: Path, tmp_path: Path) -> None:
    fight(cli, bare, tmp_path, 3, 3)


@pytest.mark.parametrize("different", [1, pytest.param(2, marks=pytest.mark.soak)])
def test_publishers_with_one_cache(cli: Cli, bare: Path, tmp_path: Path, different: int) -> None:
    fight(cli, bare, tmp_path, different, 2, one_cache=True)
    [ledger] = (tmp_path / "shared/state/ledgers").glob("*.txt")
    assert Ledger(ledger).tip == git(bare, "rev-parse", "main").strip()


@pytest.mark.servers
def test_twenty_publishers_at_once(cli: Cli, bare: Path, tmp_path: Path) -> None:
    fight(cli, bare, tmp_path, 10, 10)


@pytest.mark.servers
def test_eight_processes_on_one_cache(cli: Cli, bare: Path, tmp_path: Path) -> None:
    """Readers and writers of one mirror, some of which throw it away."""
    shared = own_folders(tmp_path / "shared")
    manifest = f'[project]\nhosts = ["claude"]\n[registries.default]\nurl = "{bare}"\n[bundles]\n'
    jobs = []
    for number in range(8):
        project = tmp_path / f"project-{number}"
        project.mkdir()
        (project / "agentpkg.toml").write_text(manifest)
        author = write_bundle(tmp_path / f"own-{number}", f"own-{number}", body=f"{number}")
        words = [["publish", str(author)], ["install", "base"], ["cache", "verify"], ["search"]][number % 4]
        jobs.append(([*words, *([] if words[0] == "cache" else ["--project", str(project)])], shared))
    for code, output in run_at_once(jobs):
        assert code == 0, output
    assert {name for name in tree(bare, "bundles") if name.startswith("own")} >= {"own-0/1.0.0/bundle.toml"}
    for project in (tmp_path / "project-1", tmp_path / "project-5"):
        assert (project / ".claude/agents/base.md").exists()


@contextmanager
def overtaken(bare: Path, times: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Have somebody else push just before each of the next pushes."""
    from agentpkg import publishing

    push, pushed = publishing.push_commit, [0]

    def push_late(*given: Any) -> None:
        if pushed[0] < times:
            pushed[0] += 1
            tip = git(bare, "rev-parse", "main").strip()
            tree = git(bare, "rev-parse", "main^{tree}").strip()
            new = git(bare, "commit-tree", "-p", tip, "-m", f"other {pushed[0]}", tree).strip()
            git(bare, "update-ref", "refs/heads/main", new, tip)
        push(*given)

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "push_commit", push_late)
        patched.setattr("agentpkg.publishing.time.sleep", lambda _: None)
        yield pushed


def draft(mirror: Mirror, head: str | None) -> Draft:
    return Draft(files={"bundles/x.md": b"x\n"}, message="mine\n")


def test_who_is_overtaken_decides_anew_and_nothing_is_lost(
    bare: Path, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads: list[str | None] = []

    def decide(mirror: Mirror, head: str | None) -> Draft:
        heads.append(head)
        return draft(mirror, head)

    with overtaken(bare, 3, monkeypatch):
        commit = push_change(remote, decide, sign=None)
    assert len(set(heads)) == len(heads) == 4
    subjects = git(bare, "log", "--format=%s", "main").splitlines()
    assert subjects == ["mine", "other 3", "other 2", "other 1", "base 1.0.0", "start"]
    assert commit == git(bare, "rev-parse", "main").strip() == remote.ledger.tip


def test_who_is_overtaken_for_ever_gives_up(bare: Path, remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentpkg.publishing._TRIES", 4)
    with overtaken(bare, 1000, monkeypatch) as pushed, pytest.raises(Busy, match="others keep publishing"):
        push_change(remote, draft, sign=None)
    assert pushed[0] == 4
    assert "mine" not in git(bare, "log", "--format=%s", "main")


def test_a_decision_against_it_pushes_nothing(bare: Path, remote: Remote) -> None:
    before = git(bare, "rev-parse", "main")
    assert push_change(remote, lambda mirror, head: None, sign=None) is None

    def refuse(mirror: Mirror, head: str | None) -> Draft:
        raise UsageError("no")

    with pytest.raises(UsageError):
        push_change(remote, refuse, sign=None)
    assert git(bare, "rev-parse", "main") == before


@pytest.mark.parametrize("arrived", [True, False])
def test_a_connection_that_breaks_is_judged_by_what_the_server_holds(
    bare: Path, remote: Remote, monkeypatch: pytest.MonkeyPatch, *, arrived: bool
) -> None:
    from agentpkg import publishing

    push = publishing.push_commit

    def broken(*given: Any) -> None:
        if arrived:
            push(*given)
            Registry.publish(other, "later")  # and somebody else has gone on from it
            git(other.path, "push", "-q", str(bare), "main")
        raise NetworkError("the connection broke")

    other = Registry(bare.parent / "clone")
    monkeypatch.setattr(publishing, "push_commit", broken)
    if arrived:

        def publish_from_clone(self: Registry, name: str) -> Registry:
            git(bare.parent, "clone", "-q", str(bare), "clone")
            return original(self, name)

        original = Registry.publish
        monkeypatch.setattr(Registry, "publish", publish_from_clone)
        commit = push_change(remote, draft, sign=None)
        assert git(bare, "log", "--format=%s", "main").splitlines()[:2] == ["later 1.0.0", "mine"]
        assert remote.ledger.tip == git(bare, "rev-parse", "main").strip() != commit
    else:
        with pytest.raises(NetworkError, match="the connection broke"):
            push_change(remote, draft, sign=None)
        assert "mine" not in git(bare, "log", "--format=%s", "main")


def test_a_server_that_fails_after_it_took_the_commit(bare: Path, remote: Remote) -> None:
    """Its hook says no when all is done; git does not count that."""
    hook = bare / "hooks/post-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'mail could not be sent' >&2\nexit 1\n")
    hook.chmod(0o755)
    assert push_change(remote, draft, sign=None) == git(bare, "rev-parse", "main").strip()


def test_a_commit_is_made_of_exactly_what_was_asked_for(tmp_path: Path) -> None:
    introduce("Ünï Ço\u0301de", "uni@example.com")
    mirror = Mirror(tmp_path / "m.git")
    mirror.create()
    odd = {
        "a b/c.md": b"x", "ü/ö.md": b"\xff\xfe\x00", "empty": b"", 'quote".md': b"q\n",
        "-x": b"commit refs/heads/evil\n",
        "trailing": b"no newline", "data 3": b"\nblob\nmark :1\n",
    }  # fmt: skip
    first = build_commit(mirror, None, Draft(files=odd, message="first\n\n'$(touch x)' `y`\n"), None)
    assert {name: mirror.read(f"{first}:{name}", 100) for name in ("empty", "trailing")} == {
        "empty": ("blob", b""), "trailing": ("blob", b"no newline"),
    }  # fmt: skip
    listed = git(mirror.path, "ls-tree", "-r", "-z", "--name-only", first).rstrip("\0").split("\0")
    assert sorted(listed) == sorted(odd)
    for name, data in odd.items():
        blob = git(mirror.path, "rev-parse", f"{first}:{name}").strip()
        assert mirror.read(blob, 100) == ("blob", data)
    more: dict[str, bytes | None] = {"empty": None, "nowhere": None, "trailing": b"now\n"}
    second = build_commit(mirror, first, Draft(files=more, message="second"), None)
    differing = git(mirror.path, "diff-tree", "-r", "--name-only", first, second)
    assert differing.split() == ["empty", "trailing"]
    assert git(mirror.path, "log", "-1", "--format=%an <%ae>%n%cn%n%B", first).splitlines()[:3] == [
        "Ünï Ço\u0301de <uni@example.com>", "Ünï Ço\u0301de", "first",
    ]  # fmt: skip
    assert git(mirror.path, "rev-list", second).split() == [second, first]


def test_making_a_repository(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    make_repository(tmp_path / "new/deep")
    make_repository(tmp_path / "empty")
    for name in ("new/deep", "empty"):
        assert git(tmp_path / name, "rev-parse", "--is-bare-repository").strip() == "true"
        assert git(tmp_path / name, "symbolic-ref", "HEAD").strip() == "refs/heads/main"
        assert not list((tmp_path / name / "hooks").glob("*"))
    make_repository(tmp_path / "empty")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").write_text("x\n")
    (tmp_path / "file").write_text("x\n")
    for name in ("full", "file"):
        with pytest.raises(UsageError, match="neither an empty folder nor a git repository"):
            make_repository(tmp_path / name)
    with pytest.raises(DiskError, match="cannot make"):
        make_repository(tmp_path / "file/inside")


def test_a_start_that_is_overtaken_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bare: Path) -> None:
    files: dict[str, bytes | None] = {"teams/registry.toml": b"format = 1\n"}
    with overtaken(bare, 1, monkeypatch), pytest.raises(Busy, match="somebody else pushed"):
        push_start(str(bare), None, Draft(files=files, message="m"), None, Mirror(tmp_path / "scratch.git"))
    push_start(str(bare), None, Draft(files=files, message="m"), None, Mirror(tmp_path / "scratch2.git"))
    assert git(bare, "show", "main:teams/registry.toml") == "format = 1\n"


def test_an_authors_file_is_written_only_over_what_was_read(tmp_path: Path) -> None:
    file = tmp_path / "bundle.toml"
    file.write_bytes(b"old")
    write_author_file(file, b"old", b"new")
    assert file.read_bytes() == b"new"
    with pytest.raises(EditConflict, match="changed meanwhile"):
        write_author_file(file, b"old", b"newer")
    assert file.read_bytes() == b"new"
    file.unlink()
    with pytest.raises(DiskError, match="cannot write"):
        write_author_file(file, b"new", b"newer")
    assert list(tmp_path.iterdir()) == []


def test_what_is_pushed_is_held_in_the_ledger_at_once(bare: Path, remote: Remote, cli: Cli, tmp_path: Path) -> None:
    cli("publish", str(write_bundle(tmp_path / "mine", "mine")), "--registry", str(bare))
    [path] = (state_folder() / "ledgers").glob("*.txt")
    record = Ledger(path).read()
    assert record is not None
    assert ("mine", "1.0.0") in record.seen
    git(bare, "update-ref", "refs/heads/main", "main~1")
    with remote.locked() as mirror, pytest.raises(AgentpkgError, match="history was rewritten"):
        remote.fetch(mirror)
