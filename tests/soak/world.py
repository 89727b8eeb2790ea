"""A world for random histories: a registry that moves on, and one user who works on a project, here and elsewhere."""

from __future__ import annotations

import io
import os
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agentpkg import settled
from agentpkg.cli import run
from agentpkg.lockfile import Lockfile, parse_lockfile
from tests.soak.stops import MOVES, Stopped, raise_stopped, stopping
from tests.support.registry import BODY, Registry, agent_text, git
from tests.support.tree import contents

HOSTS = ("claude", "copilot", "opencode")
POWERS = ("read", "web-fetch", "delegate", "shell(git status)")  # none of them covers another
NAMES = {"team": ("ana", "ben", "cid", "dan"), "tool": ("eva", "fin"), "extra": ("gil",)}
BYSTANDERS = {
    "README.md": b"mine\r\n",
    ".claude/agents/mine.md": b"---\nname: mine\ndescription: Mine.\n---\n\nHello.\n",
    ".claude/settings.json": b"{}\n",
    ".opencode/agents/mine.md": b"no header\n",
    ".github/agents/mine.agent.md": b"\xff\xfe",
}


@dataclass
class Draft:
    """What the next version of a bundle is made of."""

    agents: list[str]
    powers: list[str] = field(default_factory=lambda: ["read"])
    lines: list[str] = field(default_factory=BODY.splitlines)
    requires: dict[str, str] = field(default_factory=dict)
    number: int = -1

    def change(self, kind: str, which: int, names: tuple[str, ...]) -> None:
        """Change the draft in one way; `which` says where, if there is a choice."""
        if kind == "line":
            self.lines[which % len(self.lines)] = f"Line {which % len(self.lines) + 1}, new in {self.number + 1}."
        elif kind == "add":
            self.agents = [*self.agents, *(name for name in names if name not in self.agents)][: len(self.agents) + 1]
        elif kind == "drop" and len(self.agents) > 1:
            self.agents.pop(which % len(self.agents))
        elif kind == "power":
            self.powers = list(POWERS[: min(len(self.powers) + 1, len(POWERS))])
        elif kind == "require":
            self.requires = {"extra": "~=1.0"}

    def files(self, bundle: str) -> dict[str, str]:
        """Return the agents, each of which names the version in its description."""
        header = {"description": f'"Of {bundle} 1.{self.number}.0."', "tools": f"[{', '.join(self.powers)}]"}
        return {f"agents/{one}.md": agent_text(one, body="\n".join(self.lines), **header) for one in self.agents}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a command; without a code where it was stopped."""

    words: tuple[str, ...]
    code: int | None
    output: str

    @property
    def done(self) -> bool:
        """Whether the command did what it is for, though edits may wait to be merged by hand."""
        return self.code == 0 or (self.code == 6 and "could not be merged" in self.output)


class World:
    """The folders of one history below `folder`, and the processes' environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(os, "fsync", lambda _: None)  # nobody pulls the plug here
        self.patch.setattr(settled, "_GRAIN", 10_000_000)  # so that a sync soon notes that it had nothing to do
        self.patch.setenv("AGENTPKG_WAIT", "0")  # nobody else is there
        self.registry = Registry(folder / "registry").start()
        self.drafts = {bundle: Draft(agents=list(names[:2])) for bundle, names in NAMES.items()}
        self.machines = 0
        self.project = folder / "project-0"
        self._settle()
        for path, content in BYSTANDERS.items():
            (self.project / path).parent.mkdir(parents=True, exist_ok=True)
            (self.project / path).write_bytes(content)
        self.choose_hosts(HOSTS[:2])
        for bundle in NAMES:
            self.publish(bundle, "", 0)

    def end(self) -> None:
        self.patch.undo()
        shutil.rmtree(self.folder)

    def _settle(self) -> None:
        """Begin to work on a machine that knows nothing yet."""
        home = self.folder / f"home-{self.machines}"
        for name, place in (
            ("HOME", home),
            ("AGENTPKG_CACHE_DIR", home / "cache"),
            ("AGENTPKG_STATE_DIR", home / "state"),
        ):
            place.mkdir(parents=True)
            self.patch.setenv(name, str(place))
        self.project.mkdir(exist_ok=True)

    def publish(self, bundle: str, kind: str, which: int) -> None:
        draft = self.drafts[bundle]
        draft.change(kind, which, NAMES[bundle])
        draft.number += 1
        self.registry.publish(bundle, f"1.{draft.number}.0", files=draft.files(bundle), requires=draft.requires)

    def choose_hosts(self, hosts: tuple[str, ...]) -> None:
        """Change the hosts in the manifest by hand."""
        path = self.project / "agentpkg.toml"
        names = ", ".join(f'"{host}"' for host in hosts)
        start = f'[project]\nhosts = []\n\n[registries.default]\nurl = "{self.registry.url}"\n\n[bundles]\n'
        lines = (path.read_text() if path.exists() else start).splitlines(keepends=True)
        path.write_text("".join(f"hosts = [{names}]\n" if line.startswith("hosts = ") else line for line in lines))

    def move(self) -> None:
        """Commit all that there is, and go on with a clone of it on another machine."""
        if not (self.project / ".git").exists():
            git(self.project, "init", "-q", ".")
        git(self.project, "add", "-A")
        git(self.project, "commit", "-q", "--allow-empty", "-m", "all")
        self.machines += 1
        before, self.project = self.project, self.folder / f"project-{self.machines}"
        self._settle()
        git(self.folder, "clone", "-q", "--", str(before), str(self.project))

    def throw_cache_away(self) -> None:
        shutil.rmtree(os.environ["AGENTPKG_CACHE_DIR"], ignore_errors=True)

    def run(self, *words: str, stop_at: int = 0) -> Outcome:
        """Run a command line in this process; stop it where it moves or removes its n-th file, if it does."""
        talk = io.StringIO()
        code: int | None = None
        with redirect_stdout(talk), redirect_stderr(talk):
            try:
                with stopping(stop_at or sys.maxsize, raise_stopped, MOVES):
                    code = run([*words, "--project", str(self.project)])
            except Stopped:
                pass
        return Outcome(words=words, code=code, output=talk.getvalue())

    @property
    def interrupted(self) -> bool:
        return (self.project / ".agentpkg/journal.json").exists()

    @property
    def lock(self) -> Lockfile:
        path = self.project / "agentpkg.lock"
        return parse_lockfile(path.read_text()) if path.exists() else Lockfile()

    @property
    def files(self) -> dict[str, bytes]:
        return contents(self.project)
