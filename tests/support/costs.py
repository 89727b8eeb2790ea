"""What one command line costs, counted: modules, processes, files, bytes, and questions to the file system.

Counts are the same on every machine, and times are not. `counted.py` counts inside the process of the command; git
tells of its own processes, those that it starts itself among them.
"""

from __future__ import annotations

import json
import marshal
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.registry import Registry, make_repository, write_bundle

ROOT = Path(__file__).parents[2]
CHANGING = ("write", "rename", "remove", "rmdir", "mkdir", "chmod", "truncate", "link", "symlink")
_COUNTED = Path(__file__).with_name("counted.py")
_BUILT = ("_cython", "cython_runtime")  # what compiled libraries bring along under no name of a library


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run did.

    `calls` are kind, whole path and number of bytes of each; `processes` the words of each that agentpkg started, and
    `git` those of every git that ran, whoever started it, with how many gits stand above it.
    """

    out: str
    modules: frozenset[str]
    calls: tuple[tuple[str, str, int], ...]
    processes: tuple[tuple[str, ...], ...]
    git: tuple[tuple[int, tuple[str, ...]], ...]

    @property
    def libraries(self) -> frozenset[str]:
        """The libraries of others that were imported."""
        tops = {name.partition(".")[0] for name in self.modules if not name.startswith(_BUILT)}
        return frozenset(tops - sys.stdlib_module_names - {"agentpkg"})

    @property
    def standard(self) -> frozenset[str]:
        """The modules of Python's own library that were imported."""
        return frozenset(name for name in self.modules if name.partition(".")[0] in sys.stdlib_module_names)

    @property
    def ours(self) -> frozenset[str]:
        """The modules of agentpkg that were imported, without its name before them."""
        return frozenset(name.removeprefix("agentpkg.") for name in self.modules if name.startswith("agentpkg."))

    @property
    def commands(self) -> Counter[str]:
        """What agentpkg asked git to do, and how often."""
        return Counter(command_of(words) for depth, words in self.git if depth == 0)

    def paths(self, root: Path, *kinds: str) -> Counter[str]:
        """Return how often each path below a folder (which is `.`) was in a call of these kinds."""
        found: Counter[str] = Counter()
        for kind, path, _ in self.calls:
            if kind in kinds and Path(path).is_relative_to(root):
                found[Path(path).relative_to(root).as_posix()] += 1
        return found

    def count(self, root: Path, kind: str) -> int:
        """Return how many calls of a kind there were below a folder."""
        return self.paths(root, kind).total()

    def read(self, root: Path) -> Counter[str]:
        """Return how many bytes were read of each file below a folder."""
        found: Counter[str] = Counter()
        for kind, path, number in self.calls:
            if kind == "bytes" and Path(path).is_relative_to(root):
                found[Path(path).relative_to(root).as_posix()] += number
        return found


def measure(
    folder: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    trace: str = "",
    modules: Path = ROOT,
) -> Cost:
    """Run one command line in a folder, to its end and without an error, and return what it cost.

    `trace` is the folder in which git tells of itself, where it does; agentpkg is that below `modules`.
    """
    for old in Path(trace).iterdir() if trace else ():
        old.unlink()
    with TemporaryDirectory() as place:
        report = Path(place) / "report"
        done = subprocess.run(
            [sys.executable, "-P", str(_COUNTED), str(report), *arguments],
            cwd=folder, env={**(environment or os.environ), "PYTHONPATH": str(modules)}, capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, f"agentpkg {' '.join(arguments)} exited {done.returncode}\n{done.stderr}"
        counted = marshal.loads(report.read_bytes())
    return Cost(
        out=done.stdout, modules=frozenset(counted["modules"]), calls=tuple(counted["calls"]),
        processes=tuple(map(tuple, counted["processes"])), git=_gits(Path(trace)) if trace else (),
    )  # fmt: skip


def _gits(trace: Path) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Return what every git said of how it was started, in the order in which they began."""
    gits = []
    for file in sorted(trace.iterdir()):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            event = json.loads(line)
            if event["event"] == "start":
                gits.append((event["sid"].count("/"), tuple(event["argv"])))
    return tuple(gits)


def command_of(words: Iterable[str]) -> str:
    """Return which of its commands git is asked for."""
    rest = iter(tuple(words)[1:])
    for word in rest:
        if word in ("-c", "-C"):
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A home, a cache and a state of its own below `path`, with a registry and projects beside them."""

    path: Path

    @classmethod
    def make(cls, path: Path) -> World:
        """Make one, in which every git tells of itself."""
        world = cls(path=path.resolve())
        for name in ("home", "cache", "state", "scratch", "trace"):
            (world.path / name).mkdir(parents=True)
        told = (world.path / "trace").as_posix()
        (world.path / "home/.gitconfig").write_text(f'[trace2]\n\teventTarget = "{told}"\n')
        return world

    @property
    def environment(self) -> dict[str, str]:
        """What keeps agentpkg from reading or writing anywhere else."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "AGENTPKG_", "XDG_"))}
        folders = {
            **dict.fromkeys(("HOME", "USERPROFILE"), "home"),
            **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), "scratch"),
            "AGENTPKG_CACHE_DIR": "cache",
            "AGENTPKG_STATE_DIR": "state",
        }
        return {**kept, **{name: str(self.path / folder) for name, folder in folders.items()}}

    def registry(self, bundles: Iterable[str], *, skill: str) -> Registry:
        """Return a registry with a version of each bundle, of which `skill` has a skill as well."""
        registry = Registry(self.path / "registry").start()
        publish(registry, bundles, "1.0.0", skill=skill)
        return registry

    def project(self, name: str, registry: Registry, hosts: Iterable[str]) -> Path:
        """Return a new project for these hosts, which knows the registry."""
        folder = make_repository(self.path / name)
        listed = ", ".join(f'"{host}"' for host in hosts)
        (folder / "agentpkg.toml").write_text(
            f'[project]\nhosts = [{listed}]\n\n[registries.default]\nurl = "{registry.path.as_posix()}"\n\n[bundles]\n'
        )
        return folder

    def measure(self, folder: Path, line: str) -> Cost:
        """Run a command line, its words apart by a blank, in a folder of this world, and return what it cost."""
        return measure(folder, *line.split(), environment=self.environment, trace=str(self.path / "trace"))


def publish(registry: Registry, bundles: Iterable[str], version: str, *, skill: str = "") -> None:
    """Put a version of each bundle on the branch, in one commit."""
    for name in bundles:
        folder = registry.folder / "bundles" / name / version
        write_bundle(folder, name, version, body=f"You are {name}, in version {version}.", tools="[read, edit, shell]")
        if name == skill:
            (folder / f"skills/{name}").mkdir(parents=True)
            (folder / f"skills/{name}/SKILL.md").write_text(
                f"---\nname: {name}\ndescription: How {name} works.\n---\n\nSlowly.\n"
            )
    registry.commit(f"publish {version}")
