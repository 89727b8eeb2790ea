"""The commands that get killed: each in a world of its own, prepared up to the moment before it runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.cli import Cli
from tests.support.registry import BODY, Registry, agent_text, git
from tests.support.tree import contents

ROOT = Path(__file__).parents[2]
JOURNAL = ".agentpkg/journal.json"
EDITED = ".claude/agents/ana.md"
MINE = {
    ".claude/agents/mine.md": "---\nname: mine\ndescription: Mine.\n---\nMy own agent.\n",
    ".claude/settings.json": '{"mine": true}\n',
    "src/main.py": "print('mine')\n",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A project before a command (kept as a copy, with cache and state), and what it holds before and after."""

    command: tuple[str, ...]
    template: Path
    world: Path
    old: dict[str, bytes]
    new: dict[str, bytes]

    @property
    def project(self) -> Path:
        return self.world / "project"

    @property
    def interrupted(self) -> bool:
        return (self.project / JOURNAL).exists()

    def reset(self) -> None:
        shutil.rmtree(self.world)
        shutil.copytree(self.template, self.world, symlinks=True)

    def run(
        self, *under: str, module: tuple[str, ...] = ("agentpkg",), command: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run the command, or another, in a process of its own, `under` another program if one is given."""
        return start(self.world, *under, sys.executable, "-m", *module, *(command or self.command))

    def expected(self, *, committed: bool) -> str:
        """Return what the next `sync` leaves: where that is the command itself, it does what the first did not."""
        return "new" if committed or self.command[0] == "sync" else "old"

    def judge(self) -> str:
        """Return whether all that the user sees is `old` or `new`, `mixed`, or a file is neither: `torn`."""
        now = contents(self.project)
        if now in (self.old, self.new):
            return "old" if now == self.old else "new"
        whole = all(content in (self.old.get(path), self.new.get(path)) for path, content in now.items())
        return "mixed" if whole else "torn"


def environment(world: Path) -> dict[str, str]:
    """Return what keeps agentpkg from writing anywhere but into `world`."""
    folders = {"HOME": "home", "AGENTPKG_CACHE_DIR": "cache", "AGENTPKG_STATE_DIR": "state", "TMPDIR": "scratch"}
    return {
        **{variable: str(world / folder) for variable, folder in folders.items()},
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def start(world: Path, *arguments: str, preexec: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a process in the project of a world to its end."""
    return subprocess.run(
        arguments, cwd=world / "project", env={**os.environ, **environment(world)}, capture_output=True, text=True,
        check=False, preexec_fn=preexec, timeout=60,
    )  # fmt: skip


def _prepare_install(cli: Cli, registry: Registry) -> None:
    registry.publish("base")
    registry.publish("solo", requires={"base": "~=1.0"})


def _prepare_update(cli: Cli, registry: Registry) -> None:
    """One agent is edited and merges, one goes, one comes, and with it powers."""
    body = BODY.replace("Line 19 of", "LINE NINETEEN of")
    registry.publish("team", "1.1.0", files={f"agents/{one}.md": agent_text(one, body=body) for one in ("ana", "cid")})


def _prepare_remove(cli: Cli, registry: Registry) -> None:
    registry.publish("solo")
    cli("install", "solo")


def _prepare_sync(cli: Cli, registry: Registry) -> None:
    """The manifest names one more host, and a file is gone."""
    manifest = cli.folder / "agentpkg.toml"
    manifest.write_text(manifest.read_text().replace('"codex"]', '"codex", "copilot"]'))
    (cli.folder / ".opencode/agents/ben.md").unlink()


def _prepare_undo(cli: Cli, registry: Registry) -> None:
    """What an update did is to be taken back: a merge, a file that goes and one that comes."""
    _prepare_update(cli, registry)
    cli("update", "--accept-grants")


SCENES: dict[str, tuple[Callable[[Cli, Registry], None], tuple[str, ...]]] = {
    "install": (_prepare_install, ("install", "solo")),
    "update": (_prepare_update, ("update", "--accept-grants")),
    "remove": (_prepare_remove, ("remove", "team")),
    "sync": (_prepare_sync, ("sync", "--offline")),
    "undo": (_prepare_undo, ("undo", "--accept-grants")),
}


def set_scene(name: str, folder: Path, registry: Registry, cli: Cli) -> Scene:
    """Prepare a scene below `folder`. `cli` must run in the environment of its world."""
    prepare, command = SCENES[name]
    world = folder / "world"
    for one in ("project", "home", "cache", "state", "scratch"):
        (world / one).mkdir(parents=True)
    project = world / "project"
    git(project, "init", "-q", ".")
    registry.publish("team", "1.0.0", files={f"agents/{one}.md": agent_text(one) for one in ("ana", "ben")})
    manifest = f'[project]\nhosts = ["claude", "opencode", "codex"]\n\n[registries.default]\nurl = "{registry.url}"\n'
    (project / "agentpkg.toml").write_text(manifest)
    cli = cli.at(project)
    cli("install", "team")
    for path, text in MINE.items():
        (project / path).parent.mkdir(exist_ok=True)
        (project / path).write_text(text)
    edited = project / EDITED
    edited.write_text(edited.read_text().replace("Line 2 of", "My line two of"))
    prepare(cli, registry)
    shutil.copytree(world, folder / "template", symlinks=True)
    old = contents(project)
    done = start(world, sys.executable, "-m", "agentpkg", *command)
    assert done.returncode == 0, done.stderr
    new = contents(project)
    assert old.keys() != new.keys()
    for mine in (old, new):
        assert b"My line two of" in mine[EDITED]
        assert {path: mine[path].decode() for path in MINE} == MINE
    scene = Scene(command=command, template=folder / "template", world=world, old=old, new=new)
    scene.reset()
    return scene
