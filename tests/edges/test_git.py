"""`git.py` and `registry.py` against real git."""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import agentpkg.objects
from agentpkg import programs
from agentpkg.errors import AgentpkgError, ContentRefused, IntegrityError, NetworkError
from agentpkg.git import failure, merge_files
from agentpkg.git import version as git_version
from agentpkg.history import fetched
from agentpkg.mirror import Mirror
from agentpkg.objects import Reader, object_id
from agentpkg.registries import Registries
from agentpkg.registry_tables import RegistrySource
from agentpkg.store import cache_folder
from tests.support.registry import BODY, Registry, agent_text, git


def registries(registry: Registry, root: Path, *, fresh: bool = True, offline: bool = False) -> Registries:
    source = RegistrySource(url=registry.url, subfolder=registry.subfolder)
    return Registries({"default": source}, root, fresh=fresh, offline=offline)


def head(registry: Registry, root: Path) -> str:
    return registries(registry, root).get("default").commit


def test_versions_are_listed_newest_first(registry: Registry, tmp_path: Path) -> None:
    for version in ("1.0.0", "1.10.0", "1.9.0", "2.0.0rc1"):
        registry.publish("tool", version)
    (registry.folder / "bundles/tool/notes").mkdir()
    (registry.folder / "bundles/tool/notes/x").write_text("no version\n")
    registry.commit()
    opened = registries(registry, tmp_path).get("default")
    assert opened.versions("tool") == ("2.0.0rc1", "1.10.0", "1.9.0", "1.0.0")
    assert opened.names() == ("tool",)


@pytest.mark.parametrize("form", ["path", "relative", "file"])
def test_local_registries_by_path_and_by_url(registry: Registry, tmp_path: Path, form: str) -> None:
    registry.publish("tool")
    url = {"path": registry.url, "relative": registry.path.name, "file": registry.path.as_uri()}[form]
    assert Registries({"default": RegistrySource(url=url)}, tmp_path).load("tool", "1.0.0").name == "tool"


def test_a_registry_in_a_subfolder(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "mono", subfolder="teams/agents").start().publish("tool")
    assert registries(registry, tmp_path).load("tool", "1.0.0").agents[0].name == "tool"
    with pytest.raises(ContentRefused, match="is not a registry"):
        Registries({"default": RegistrySource(url=registry.url)}, tmp_path).get("default")


def test_a_branch_of_its_own(registry: Registry, tmp_path: Path) -> None:
    git(registry.path, "checkout", "-q", "-b", "next")
    registry.publish("tool")
    git(registry.path, "checkout", "-q", "main")
    source = RegistrySource(url=registry.url, branch="next")
    assert Registries({"default": source}, tmp_path).get("default").names() == ("tool",)


def test_a_fetch_brings_what_is_new(registry: Registry, tmp_path: Path) -> None:
    registry.publish("tool")
    first = head(registry, tmp_path)
    registry.publish("tool", "1.1.0")
    assert registries(registry, tmp_path, fresh=False).get("default").commit == first
    assert head(registry, tmp_path) != first


def test_a_pinned_version_that_was_not_fetched_yet_is_fetched(registry: Registry, tmp_path: Path) -> None:
    registry.publish("tool")
    head(registry, tmp_path)
    registry.publish("tool", "1.1.0")
    assert registries(registry, tmp_path, fresh=False).load("tool", "1.1.0").version == "1.1.0"
    with pytest.raises(ContentRefused, match=r"1\.2\.0 is not in registry"):
        registries(registry, tmp_path, fresh=False).load("tool", "1.2.0")


def rewrite(registry: Registry) -> None:
    (registry.folder / "bundles/tool/1.0.0/agents/tool.md").write_text(agent_text("tool", body="evil"))
    registry.commit("rewrite")


def delete(registry: Registry) -> None:
    registry.delete("bundles/tool/1.0.0")


def move_back(registry: Registry) -> None:
    git(registry.path, "reset", "-q", "--hard", "HEAD~1")


def orphan(registry: Registry) -> None:
    git(registry.path, "checkout", "-q", "--orphan", "fresh")
    registry.commit("orphan")
    git(registry.path, "branch", "-q", "-M", "main")


def add(registry: Registry) -> None:
    (registry.folder / "bundles/tool/1.0.0/agents/evil.md").write_text(agent_text("evil"))
    registry.commit("add")


def add_disguised(registry: Registry) -> None:
    (registry.folder / "bundles/tool/1.0.0/skills/sk").mkdir(parents=True)
    (registry.folder / "bundles/tool/1.0.0/skills/sk/yanked.toml").write_text("x")
    registry.commit("add")


@pytest.mark.parametrize("attack", [rewrite, delete, move_back, orphan, add, add_disguised])
def test_a_published_version_can_never_change(registry: Registry, tmp_path: Path, attack) -> None:  # type: ignore[no-untyped-def]
    registry.publish("tool").publish("other")
    before = head(registry, tmp_path)
    attack(registry)
    with pytest.raises(IntegrityError):
        head(registry, tmp_path)
    offline = registries(registry, tmp_path, offline=True).get("default")
    assert offline.commit == before
    assert offline.load("tool", "1.0.0").agents[0].body == BODY + "\n"


def test_yanking_is_no_rewriting(registry: Registry, tmp_path: Path) -> None:
    registry.publish("tool").yank("tool", "1.0.0")
    head(registry, tmp_path)
    registry.yank("tool", "1.0.0", "worse than we thought")
    assert registries(registry, tmp_path).get("default").yanked("tool") == {"1.0.0": "worse than we thought"}


def test_offline_opens_nothing_and_names_what_is_missing(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="has not been fetched yet"):
        registries(registry, tmp_path, offline=True).get("default")


@pytest.mark.parametrize(
    ("url", "hint"),
    [("no-such-folder", "no such repository"), ("https://127.0.0.1:1/r.git", "try again later")],
)
def test_a_registry_that_cannot_be_reached(tmp_path: Path, url: str, hint: str) -> None:
    with pytest.raises(NetworkError) as caught:
        Registries({"default": RegistrySource(url=url)}, tmp_path).get("default")
    assert hint in (caught.value.hint or "")
    assert caught.value.details


def test_links_are_refused(registry: Registry, tmp_path: Path) -> None:
    registry.publish("tool")
    (registry.folder / "bundles/tool/1.1.0/agents").mkdir(parents=True)
    (registry.folder / "bundles/tool/1.1.0/agents/tool.md").symlink_to("/etc/passwd")
    registry.commit()
    with pytest.raises(ContentRefused, match="link or a submodule"):
        registries(registry, tmp_path).load("tool", "1.1.0")


def test_a_large_file_is_refused_before_it_is_read(registry: Registry, tmp_path: Path) -> None:
    registry.publish("tool", files={"agents/tool.md": agent_text("tool", body="x" * 300_000)})
    with pytest.raises(ContentRefused, match=r"tool 1\.0\.0: agents/tool\.md has 300,\d{3} bytes, 262,144 are allowed"):
        registries(registry, tmp_path).load("tool", "1.0.0")


def test_a_version_in_the_wrong_folder_is_refused(registry: Registry, tmp_path: Path) -> None:
    registry.publish("tool")
    (registry.folder / "bundles/tool/1.0.0").rename(registry.folder / "bundles/tool/2.0.0")
    registry.commit()
    with pytest.raises(ContentRefused, match=r"bundles/tool/2\.0\.0 holds tool 1\.0\.0"):
        registries(registry, tmp_path).load("tool", "2.0.0")


def test_a_newer_registry_format_is_refused(registry: Registry, tmp_path: Path) -> None:
    (registry.folder / "registry.toml").write_text("format = 2\n")
    registry.commit()
    with pytest.raises(ContentRefused, match="has format 2"):
        registries(registry, tmp_path).get("default")


def test_the_registry_that_ships_is_the_same_commit_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = set()
    for name in ("one", "two"):
        monkeypatch.setenv("AGENTPKG_CACHE_DIR", str(tmp_path / name))
        commits.add(Registries({}, tmp_path).get("default").commit)
    assert len(commits) == 1


def test_the_environment_of_a_git_hook_has_no_effect(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.publish("tool")
    elsewhere = Registry(tmp_path / "elsewhere").start()
    monkeypatch.setenv("GIT_DIR", str(elsewhere.path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{elsewhere.path}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", registry.path.as_uri())
    before = sorted(path.name for path in (elsewhere.path / ".git").iterdir())
    assert registries(registry, tmp_path).get("default").names() == ("tool",)
    assert sorted(path.name for path in (elsewhere.path / ".git").iterdir()) == before


def test_nothing_of_a_registry_runs_or_is_checked_out(registry: Registry, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    registry.publish("tool")
    (registry.path / ".gitattributes").write_text("* filter=evil\n")
    git(registry.path, "config", "filter.evil.smudge", f"touch {marker}")
    git(registry.path, "config", "core.fsmonitor", f"touch {marker}")
    hook = registry.path / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {marker}\n")
    hook.chmod(0o755)
    git(registry.path, "-c", "core.fsmonitor=false", "-c", "filter.evil.smudge=cat", "add", "-A")
    git(registry.path, "-c", "core.fsmonitor=false", "commit", "-q", "-m", "evil")
    marker.unlink(missing_ok=True)
    registries(registry, tmp_path).load("tool", "1.0.0")
    assert not marker.exists()
    assert not list(cache_folder().rglob("tool.md"))


def test_object_names_pass_an_allow_list(tmp_path: Path) -> None:
    with pytest.raises(ContentRefused, match="may be looked up"):
        Mirror(tmp_path).read("HEAD:x\nHEAD:y", 10)


@pytest.fixture
def objects(tmp_path: Path) -> tuple[Path, dict[str, bytes]]:
    """A repository, and objects of it by id: more than are asked for at a time, and one that fits into no pipe."""
    git(tmp_path, "init", "-q", "--bare", "objects.git")
    texts = [b"", b"\n", b"a\nb", b"missing\n", b"x" * 300_000, *(b"text %d\n" % number for number in range(400))]
    stream = b"".join(b"blob\ndata %d\n%s\n" % (len(text), text) for text in texts)
    path = tmp_path / "objects.git"
    subprocess.run(["git", "fast-import", "--quiet"], cwd=path, input=stream, check=True)
    return path, {object_id("blob", text): text for text in texts}


def test_many_objects_are_read_as_each_of_them(objects: tuple[Path, dict[str, bytes]]) -> None:
    path, there = objects
    reader = Reader(path)
    asked = [*there, "1" * 40, *reversed(there)]
    found = reader.read_many(asked, 200_000)
    assert found.pop("1" * 40) is None
    assert list(found) == list(there)
    assert {name: one and (one.id, one.size) for name, one in found.items()} == {
        name: (name, len(text)) for name, text in there.items()
    }
    large = [name for name, one in found.items() if one and one.data is None]
    assert [len(there[name]) for name in large] == [300_000]
    assert {name: one.data for name, one in found.items() if one and name not in large} == {
        name: text for name, text in there.items() if name not in large
    }
    assert reader.read(large[0], 300_000) == ("blob", there[large[0]])
    assert reader.missing(asked) == ("1" * 40,)


def test_what_is_asked_for_together_fits_into_the_smallest_pipe(
    objects: tuple[Path, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else git would wait for us to read, and we for git."""
    path, there = objects
    parts = []
    real = agentpkg.objects._parts

    def watch(names: Iterable[str]) -> Iterator[list[str]]:
        for part in real(names):
            parts.append(sum(len(name) + 1 for name in part))
            yield part

    monkeypatch.setattr("agentpkg.objects._parts", watch)
    Reader(path).read_many(there, 10)
    assert sum(parts) == 41 * len(there)
    assert 2_000 < max(parts) <= 4_096


def test_a_process_that_died_is_not_asked_again(objects: tuple[Path, dict[str, bytes]]) -> None:
    path, there = objects
    reader = Reader(path)
    reader.read(next(iter(there)), 10)
    reader._processes["--batch"].proc.kill()
    reader._processes["--batch"].proc.wait()
    with pytest.raises(IntegrityError, match="is damaged"):
        reader.read_many(there, 10)
    assert reader.read(object_id("blob", b"\n"), 10) == ("blob", b"\n")


def test_processes_end_with_their_reader_even_as_garbage_of_which_they_are_looked_at_first(
    objects: tuple[Path, dict[str, bytes]],
) -> None:
    """As where an error keeps all that it went through, itself included."""
    path, there = objects
    reader = Reader(path)
    reader.read(next(iter(there)), 10)
    process = reader._processes["--batch"].proc
    loop: list[object] = [reader, process]  # from the last on
    loop.append(loop)
    number = process.pid
    del process, reader
    gc.collect()  # sorts what it meets by the way to it
    del loop
    gc.collect()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_much_that_git_says_beside_its_answers_keeps_nobody_waiting(tmp_path: Path) -> None:
    """As of a mirror after a power cut; it is more than a pipe holds."""
    git(tmp_path, "init", "-q", "--bare", "x.git")
    names = [f"{number:040x}" for number in range(1500)]
    for name in names:
        place = tmp_path / "x.git/objects" / name[:2] / name[2:]
        place.parent.mkdir(exist_ok=True)
        place.touch()
    assert Reader(tmp_path / "x.git").missing(names) == tuple(names)


def test_an_answer_that_is_cut_short_ends_its_process(objects: tuple[Path, dict[str, bytes]]) -> None:
    path, there = objects
    reader = Reader(path)
    reader.read(next(iter(there)), 10)
    process = reader._processes["--batch"].proc

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as kept:
        reader._ask("--batch", there, interrupted)
    assert process.returncode is not None, kept
    assert reader.missing(there) == ()


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [
        (b"A\nb\nc\nd\ne\n", b"a\nb\nc\nd\nE\n", b"A\nb\nc\nd\nE\n"),
        (b"A\nb\nc\nd\ne\n", b"X\nb\nc\nd\ne\n", None),
        (b"a\r\nB\r\nc\r\nd\r\ne\r\n", b"a\nb\nc\nd\nE\n", b"a\nB\nc\nd\nE\n"),
    ],
)
def test_three_way_merge(ours: bytes, theirs: bytes, merged: bytes | None) -> None:
    assert merge_files(ours, b"a\nb\nc\nd\ne\n", theirs) == merged


def test_a_missing_git_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AgentpkgError, match="git is not installed") as caught:
        Mirror(tmp_path / "m.git").fetch("file:///nowhere", "HEAD")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("fatal: cannot mkdir /c/m.git: No space left on device", "No space left on device"),
        ("fatal: sha1 file '/c/tmp_pack_9ORgQR' write error. Out of diskspace", "Out of diskspace"),
        (
            "fatal: write error: Disk quota exceeded\nfatal: fetch-pack: invalid index-pack output",
            "Disk quota exceeded",
        ),
        ("fatal: Unable to create temporary file '/c/tmp_pack_1': Read-only file system", "Read-only file system"),
        ("fatal: Unable to create temporary file '/c/tmp_pack_1': Permission denied", "Permission denied"),
        ("fatal: cannot mkdir /c/m.git: Permission denied", "Permission denied"),
        (
            "error: insufficient permission for adding an object to repository database ./objects\nfatal: failed",
            "insufficient permission for adding an object",
        ),
        (
            "error: failed to write new configuration file /c/m.git/config.lock\nfatal: could not set 'core.bare'",
            "failed to write new configuration file",
        ),
        ("remote: fatal: write error: No space left on device\nfatal: early EOF", None),
        ("git@host.example: Permission denied (publickey).\nfatal: Could not read from remote repository.", None),
        ("remote: Permission denied to write to it: Permission denied", None),
    ],
)
def test_what_a_disk_refuses_git_is_told_as_the_disks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, told: str | None
) -> None:
    """Whatever git was at; what a server says of its own disk is the network's matter."""
    failing = ""

    def run(_: Path, command: str, *__: str, **___: object) -> tuple[int, bytes]:
        if command == failing:
            raise failure(command, said, b"")
        return 0, b""

    for module in ("mirror", "history"):
        monkeypatch.setattr(f"agentpkg.{module}.run", run)
    path = tmp_path / "m.git"

    def read() -> None:
        with fetched("file:///elsewhere"):
            pass

    filtered = Mirror(path, filtered=True, origin="file:///elsewhere")
    monkeypatch.setattr(filtered._reader, "missing", tuple)
    for failing, work in (  # `run` reads it
        ("init", Mirror(path).create),
        ("fast-import", lambda: Mirror(path).store({}, "x")),
        ("fetch", lambda: Mirror(path).fetch("file:///elsewhere", "HEAD")),
        ("fetch", lambda: filtered.need(["0" * 40])),
        ("fetch", read),
    ):
        with pytest.raises(AgentpkgError) as caught:
            work()
        if told is None:
            assert caught.value.exit_code == (8 if failing == "fetch" else 1)
        else:
            assert caught.value.exit_code == 9
            assert re.fullmatch(f"cannot write .*(m|theirs).git: {told}", caught.value.message)
            assert caught.value.hint == "make room or fix the permissions, then run the command again"


def test_a_real_git_hook_can_install(cli, project: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """`agentpkg sync` in a post-merge hook runs with git's own variables set."""
    cli("install", "data-engineer")
    (project / ".claude/agents/data-engineer.md").unlink()
    hook = project / ".git/hooks/post-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{sys.executable} -m agentpkg sync\n")
    hook.chmod(0o755)
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "x")
    assert (project / ".claude/agents/data-engineer.md").exists()
    assert subprocess.run(["git", "fsck"], cwd=project, capture_output=True, check=True).returncode == 0


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for ssh is a shell script")
@pytest.mark.parametrize("form", ["ssh://git@host.example{path}", "git@host.example:{path}"])
def test_a_registry_over_ssh(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """git speaks its ssh transport; the stand-in runs the remote command here instead of there."""
    registry.publish("tool")
    script = tmp_path / "ssh"
    script.write_text('#!/bin/sh\nshift $(($# - 1))\nexec sh -c "$1"\n')
    script.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
    source = RegistrySource(url=form.format(path=registry.path))
    assert Registries({"default": source}, tmp_path).get("default").names() == ("tool",)


def test_a_server_that_cannot_be_trusted_is_told(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="could not fetch ssh"):
        Registries({"default": RegistrySource(url="ssh://git@127.0.0.1:1/r.git")}, tmp_path).get("default")


def test_two_registries_in_one_repository_are_checked_each(tmp_path: Path) -> None:
    one = Registry(tmp_path / "mono", subfolder="one").start().publish("tool")
    other = Registry(one.path, subfolder="other")
    other.folder.mkdir()
    (other.folder / "registry.toml").write_text('format = 1\nname = "other"\ndescription = "x"\n')
    other.publish("tool")
    registries(one, tmp_path).get("default")
    registries(other, tmp_path).get("default")
    rewrite(other)
    registries(one, tmp_path).get("default")
    with pytest.raises(IntegrityError):
        registries(other, tmp_path).get("default")


def test_a_damaged_mirror_heals(registry: Registry, tmp_path: Path) -> None:
    registry.publish("tool")
    head(registry, tmp_path)
    Registries({}, tmp_path).get("default")
    for mirror in (cache_folder() / "registries").glob("*.git"):
        shutil.rmtree(mirror / "objects")
        (mirror / "objects").mkdir()
    assert registries(registry, tmp_path, fresh=False).load("tool", "1.0.0").name == "tool"
    assert "data-engineer" in Registries({}, tmp_path).get("default").names()
    for mirror in (cache_folder() / "registries").glob("*.git"):
        (mirror / "refs/agentpkg/head").write_text("garbage")
    assert registries(registry, tmp_path, fresh=False).load("tool", "1.0.0").name == "tool"
    assert "data-engineer" in Registries({}, tmp_path).get("default").names()


def test_the_users_defaults_for_new_repositories_do_not_matter(registry: Registry, tmp_path: Path) -> None:
    registry.publish("tool")
    (Path.home() / ".gitconfig").write_text(
        "[init]\n defaultObjectFormat = sha256\n defaultRefFormat = reftable\n[safe]\n bareRepository = explicit\n"
    )
    assert registries(registry, tmp_path).load("tool", "1.0.0").name == "tool"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'xcrun: error: no developer tools' >&2; exit 1", "git: xcrun: error: no developer tools"),
        ("echo 1.2.3", "git: 1.2.3"),
        ("echo git version", "git: git version"),
    ],
)
def test_a_git_that_does_not_work_is_told_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    """Even where it exits as a merge that meets a conflict would."""
    program = tmp_path / "git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AgentpkgError, match="git does not work") as caught:
        merge_files(b"a\n", b"a\n", b"b\n")
    assert (caught.value.exit_code, caught.value.details) == (2, (said,))
    with pytest.raises(AgentpkgError, match="git does not work"):
        Reader(tmp_path).read("HEAD", 10)
    run = [sys.executable, "-c", "import agentpkg.git"]
    assert subprocess.run(run, check=False, capture_output=True).returncode == 0


def test_a_git_that_lies_in_the_project_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor one in whatever folder somebody is in."""
    project = tmp_path / "project"
    folder = project / "bin"
    folder.mkdir(parents=True)
    (folder / "git").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\necho git version 2.99.0\n")
    (folder / "git").chmod(0o755)
    monkeypatch.setattr(programs._Run, "project", None)
    programs.keep_out_of(project)
    monkeypatch.chdir(folder)
    real = os.environ["PATH"]
    for first in (str(folder), ".", ""):
        monkeypatch.setenv("PATH", f"{first}{os.pathsep}{real}")
        assert not git_version().startswith("2.99")
        assert merge_files(b"a\n", b"a\n", b"b\n") == b"b\n"
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(AgentpkgError, match="git is not installed") as caught:
        git_version()
    assert caught.value.details == (f"{folder}/git lies in the project, and is not run",)
    assert not (tmp_path / "ran").exists()
    programs.keep_out_of(Path.home().parent)  # which holds all that is the user's
    assert programs.kept_out_of() is None


def test_gitpython_is_imported_without_what_nobody_needs_and_can_be_had_as_a_whole(tmp_path: Path) -> None:
    script = (
        "import sys, agentpkg.git as ours; few = {one for one in sys.modules if one.startswith(('git', 'smmap'))};"
        "assert few.isdisjoint({'git', 'git.repo', 'git.config', 'gitdb', 'gitdb.db'}), few; assert 'git.cmd' in few;"
        "assert not ours.Git.GIT_PYTHON_TRACE, 'what is asked of GitPython by the environment is not asked of us';"
        "import git, gitdb; assert git.Repo and gitdb.LooseObjectDB and git.Git is ours.Git and ours.version()"
    )
    environment = {**os.environ, "GIT_PYTHON_TRACE": "full", "GIT_PYTHON_REFRESH": "quiet"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""


def test_a_gitpython_of_which_the_parts_need_the_whole_is_imported_as_a_whole(tmp_path: Path) -> None:
    other = tmp_path / "other/git"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("WHOLE = True\n")
    (other / "exc.py").write_text("class GitCommandNotFound(Exception): ...\n")
    (other / "cmd.py").write_text("from git import WHOLE\nclass Git: ...\n")
    script = "import sys, agentpkg.git as ours; print(ours.Git.__module__, sys.modules['git'].WHOLE)"
    environment = {**os.environ, "PYTHONPATH": str(other.parent)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "git.cmd True\n"


@pytest.fixture
def six(tmp_path: Path) -> tuple[Mirror, list[str]]:
    """A mirror that holds six files of ten bytes, and their ids."""
    mirror = Mirror(tmp_path / "six.git")
    mirror.store({f"{number}": b"%010d" % number for number in range(6)}, "six")
    return mirror, [entry.id for entry in mirror.tree(f"{mirror.head}:") or ()]


def test_no_more_is_held_of_what_was_read_ahead_than_may_be(
    six: tuple[Mirror, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has been taken makes room again, whichever way it was."""
    monkeypatch.setattr("agentpkg.mirror._ALL_AT_ONCE", 2)
    monkeypatch.setattr("agentpkg.mirror._MOST_AHEAD", 15)
    mirror, ids = six
    assert list(mirror.read_ahead(ids)) == ids[:2]
    assert mirror.read(ids[0], 10) == ("blob", b"%010d" % 0)
    assert list(mirror.read_ahead(ids[2:])) == ids[2:4]
    assert list(mirror.read_many(ids[1:4])) == ids[1:4]
    assert list(mirror.read_ahead(ids[4:])) == ids[4:]
    assert not mirror.read_ahead(ids[:4])


def test_reading_ahead_looks_at_each_file_once(six: tuple[Mirror, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    class Watched:
        id, kind, data = "x", "blob", b"0"

        @property
        def size(self) -> int:
            looks.append("size")
            return 1

    monkeypatch.setattr("agentpkg.mirror._ALL_AT_ONCE", 2)
    monkeypatch.setattr(Reader, "read_many", lambda _, names, __: {one: Watched() for one in names})
    six[0].read_ahead(f"{number:040x}" for number in range(100))
    assert len(looks) == 100
