"""Disks that are full, read-only or another one, and folders that are closed: real ones, not a fake."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from agentpkg.cli import run
from tests.crash.scenes import Scene, environment, set_scene, start
from tests.support.cli import Cli
from tests.support.registry import Registry

pytestmark = [pytest.mark.crash, pytest.mark.skipif(sys.platform != "linux", reason="disks are made as on Linux")]
NOBODY = 65534
COMMAND = (sys.executable, "-m", "agentpkg")


@pytest.mark.parametrize("scene", ["sync", "update"], indirect=True)
def test_files_that_may_not_grow_change_nothing(scene: Scene, inside: Cli, tally: Callable[[str, int], None]) -> None:
    import resource  # which not every system has

    largest = max(len(content) for content in scene.new.values())
    limits = sorted({0, 1, 40, 41, 100, *range(300, largest, 250), largest - 1})
    for limit in limits:
        scene.reset()
        shrink = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit))
        done = start(scene.world, *COMMAND, *scene.command, preexec=shrink)
        codes = (9,) if scene.command[0] == "sync" else (1, 5, 8, 9)  # where git is cut short first
        assert done.returncode in codes, f"{limit}: {done.stdout} {done.stderr}"
        assert (scene.judge(), scene.interrupted) == ("old", False), limit
        assert "Traceback" not in done.stderr
        assert not (scene.project / ".agentpkg/staged").exists()
        inside(*scene.command)
        assert scene.judge() == "new", limit
    tally("faults", len(limits))


@pytest.fixture
def mount() -> Iterator[Callable[[Path, str], None]]:
    """A function that puts a small disk of its own, of a given size, on a folder."""
    mounted: list[Path] = []

    def put(folder: Path, size: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(
                f"only root may mount a disk ({done.stderr.strip()}); full disks are injected in test_faults.py"
            )
        mounted.append(folder)

    yield put
    for folder in reversed(mounted):
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("scene", ["sync"], indirect=True)
def test_a_full_disk_changes_nothing_or_is_finished_later(
    scene: Scene, inside: Cli, mount: Callable[[Path, str], None], tally: Callable[[str, int], None]
) -> None:
    shutil.rmtree(scene.project / ".git")
    shutil.copytree(scene.project, scene.world / "copy")
    mount(scene.project, "160k")
    seen = []
    for free in range(0, 100, 4):
        for path in scene.project.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(scene.world / "copy", scene.project, dirs_exist_ok=True)
        disk = os.statvfs(scene.project)
        (scene.project / "ballast").write_bytes(bytes(max(0, disk.f_bavail * disk.f_frsize - free * 1024)))
        done = start(scene.world, *COMMAND, *scene.command)
        assert done.returncode in (0, 9), done.stderr
        (scene.project / "ballast").unlink()
        assert scene.judge() == ("old" if done.returncode else "new"), f"{free} KiB free: {done.stderr}"
        seen.append(done.returncode)
        inside(*scene.command)
        assert scene.judge() == "new"
    assert set(seen) == {0, 9}
    assert seen == sorted(seen, reverse=True)
    tally("faults", len(seen))


def test_a_disk_that_cannot_be_written_is_told(
    scene: Scene, inside: Cli, mount: Callable[[Path, str], None], tally: Callable[[str, int], None]
) -> None:
    copy = shutil.copytree(scene.project, scene.world / "copy", symlinks=True)
    mount(scene.project, "2m")
    shutil.copytree(copy, scene.project, dirs_exist_ok=True)
    subprocess.run(["mount", "-o", "remount,ro", str(scene.project)], check=True)
    done = start(scene.world, *COMMAND, *scene.command)
    assert (done.returncode, scene.judge()) == (9, "old"), done.stderr
    assert "Read-only file system" in done.stderr
    subprocess.run(["mount", "-o", "remount,rw", str(scene.project)], check=True)
    inside(*scene.command)
    assert scene.judge() == "new"
    tally("faults", 1)


def test_a_folder_that_is_another_disk_is_written_like_any(
    scene: Scene, mount: Callable[[Path, str], None], tally: Callable[[str, int], None]
) -> None:
    copy = shutil.copytree(scene.project / ".claude", scene.world / "copy")
    mount(scene.project / ".claude", "2m")
    shutil.copytree(copy, scene.project / ".claude", dirs_exist_ok=True)
    done = start(scene.world, *COMMAND, *scene.command)
    assert (done.returncode, scene.judge()) == (0, "new"), done.stderr
    tally("faults", 1)


@pytest.fixture
def owned(registry: Registry, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """The sync, where anybody may enter, and owned by the user that `as_nobody` is."""
    folder = Path(tempfile.mkdtemp())  # not below pytest's folder, which only its owner may enter
    folder.chmod(0o755)
    for variable, value in environment(folder / "world").items():
        monkeypatch.setenv(variable, value)
    scene = set_scene("sync", folder, registry, cli)
    cli.at(scene.project)(*scene.command)  # imports what nobody may not be able to
    scene.reset()
    if os.geteuid() == 0:
        for path in (scene.world, *scene.world.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    yield scene
    subprocess.run(["chmod", "-R", "u+rwx", str(folder)], check=False)
    shutil.rmtree(folder)


def as_nobody(scene: Scene) -> tuple[int, str]:
    """Run the scene's command as a user for whom permissions count; return its exit code and what it said."""
    said = scene.template.with_name("said")
    child = os.fork()
    if not child:
        with said.open("w") as file:
            os.chdir(scene.project)
            sys.stderr = sys.stdout = file
            if os.geteuid() == 0:
                os.setegid(NOBODY)
                os.seteuid(NOBODY)
            code = run(list(scene.command))
            file.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), said.read_text()


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        (".", 0o555),
        (".agentpkg", 0o555),
        (".agentpkg/lock", 0o444),
        (".claude/agents", 0o000),
        (".opencode", 0o666),
        (".opencode/agents", 0o555),
        (".claude/agents/ana.md", 0o000),
        ("agentpkg.lock", 0o000),
        ("agentpkg.toml", 0o000),
    ],
)
def test_what_may_not_be_changed_or_read_stops_all(
    owned: Scene, cli: Cli, path: str, mode: int, tally: Callable[[str, int], None]
) -> None:
    place = owned.project / path
    kept = place.stat().st_mode & 0o777
    place.chmod(mode)
    code, said = as_nobody(owned)
    place.chmod(kept)
    assert code == 9, said
    assert path.strip(".") in said
    assert "Permission denied" in said
    assert (owned.judge(), owned.interrupted) == ("old", False)
    assert as_nobody(owned)[0] == 0
    assert owned.judge() == "new"
    tally("faults", 1)


@pytest.mark.parametrize(("path", "mode"), [("agentpkg.lock", 0o444), ("../cache/renderings", 0o555)])
def test_what_need_not_be_writable_stops_nothing(owned: Scene, path: str, mode: int) -> None:
    (owned.project / path).chmod(mode)
    code, said = as_nobody(owned)
    assert (code, owned.judge()) == (0, "new"), said
