"""What commands may cost, in counts, which are the same on every machine; times are in `bench/`.

Each number here is a promise: what takes one more process, or opens a file once more, fails.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agentpkg.drift import skill_folders
from agentpkg.hosts import REVISIONS
from agentpkg.lockfile import parse_lockfile
from tests.cli.test_start import SLOW
from tests.support.costs import CHANGING, Cost, World, command_of, measure, publish
from tests.support.registry import Registry

HOSTS = ("claude", "copilot", "codex", "opencode", "gemini", "cursor")
BUNDLES = [f"agent-{letter}" for letter in "abcdefghijklmnopqrstuvwx"]
FEW, MANY = 10, 20
SECONDS = 2.1  # that a file must have been as it is before an index of it is trusted
ASKED = ("agentpkg.toml", "agentpkg.lock")
STATE = ".agentpkg"
INDEX = f"{STATE}/index"

posix = pytest.mark.skipif(os.name != "posix", reason="folders are reached, and flushed, in POSIX terms")


@dataclass
class Shop:
    """A world with a registry and projects, and what each command line that was run in them has cost."""

    world: World
    registry: Registry
    projects: dict[str, Path] = field(default_factory=dict)
    costs: dict[tuple[str, str], Cost] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)

    def install(self, project: str, bundles: int) -> Cost:
        """Make a project, and install so many bundles into it."""
        self.projects[project] = self.world.project(project, self.registry, HOSTS)
        cost = self.world.measure(self.projects[project], f"install {' '.join(BUNDLES[:bundles])}")
        self.costs[project, "install"], self.written[project] = cost, len(self.files(project))
        return cost

    def run(self, project: str, line: str) -> Cost:
        """Run a command line in a project."""
        cost = self.costs[project, line] = self.world.measure(self.projects[project], line)
        return cost

    def cost(self, project: str, line: str) -> Cost:
        """Return what a command line that changes nothing costs in a project: it is run once."""
        return self.costs.get((project, line)) or self.run(project, line)

    def files(self, project: str) -> list[str]:
        """Return the files that agentpkg looks after in a project."""
        return list(parse_lockfile((self.projects[project] / ASKED[1]).read_text()).files)

    def settle(self, project: str) -> None:
        """Let a sync find that there is nothing to do in a project, long enough after it was changed."""
        if not (self.projects[project] / INDEX).exists():
            changed = max((self.projects[project] / path).stat().st_ctime for path in (*self.files(project), *ASKED))
            time.sleep(max(0, changed + SECONDS - time.time()))
            self.costs[project, "first sync"] = self.run(project, "sync")
            assert (self.projects[project] / INDEX).exists()
            del self.costs[project, "sync"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A registry of 24 bundles, a project with few of them and one with many."""
    world = World.make(tmp_path_factory.mktemp("shop"))
    shop = Shop(world, world.registry(BUNDLES, skill=BUNDLES[0]))
    shop.install("few", FEW)
    shop.install("many", MANY)
    return shop


@pytest.fixture(scope="module")
def story(shop: Shop) -> dict[str, Cost]:
    """What each command costs that changes something, in a project of one bundle and one after the other."""
    costs = {"install": shop.install("one", 1)}
    root = shop.projects["one"]
    (root / f".claude/agents/{BUNDLES[0]}.md").unlink()
    costs["sync"] = shop.run("one", "sync")
    costs["install another"] = shop.run("one", f"install {BUNDLES[1]}")
    publish(shop.registry, BUNDLES, "1.1.0", skill=BUNDLES[0])
    costs["update"] = shop.run("one", "update")
    costs["remove"] = shop.run("one", f"remove {BUNDLES[0]}")
    costs["undo"] = shop.run("one", "undo")
    return costs


# With something to do


MOST_GIT = {
    "first install": 4,
    "install": 2,
    "install another": 2,
    "sync": 1,
    "update": 3,
    "remove": 1,
    "undo": 0,
    "search agent": 2,
    "info agent-a": 2,
    "outdated": 2,
    "audit": 2,
    "check": 0,
}


def cost_of(shop: Shop, story: dict[str, Cost], name: str) -> Cost:
    """Return what the command of a table costs."""
    return {"first install": shop.costs["few", "install"], **story}.get(name) or shop.cost("many", name)


@pytest.mark.parametrize("name", MOST_GIT)
def test_a_command_starts_few_processes_and_all_are_git(shop: Shop, story: dict[str, Cost], name: str) -> None:
    cost = cost_of(shop, story, name)
    assert len(cost.processes) <= MOST_GIT[name], [command_of(words) for words in cost.processes]
    assert {Path(words[0]).stem for words in cost.processes} <= {"git"}
    assert sum(depth == 0 for depth, _ in cost.git) == len(cost.processes)


def test_an_install_starts_as_many_processes_for_one_bundle_as_for_twenty(shop: Shop, story: dict[str, Cost]) -> None:
    one, many = story["install"], shop.costs["many", "install"]
    assert one.commands == many.commands
    assert len(one.git) == len(many.git), "those that git starts itself"


# What may be imported: libraries of others, what of Python's own takes long, and hosts.
LOOKS = frozenset(["click"])
READS = LOOKS | {"frontmatter", "yaml"}
ASKS = READS | {"filelock", "git", "gitdb", "packaging", "smmap"}
EDITS = ASKS | {"tomlkit"}
NOTHING: frozenset[str] = frozenset()
AGENTS = frozenset(["difflib", "tempfile", "unicodedata"])  # to read what others wrote
LOCKS = frozenset(["dataclasses", "logging", "tempfile"])  # comes with filelock
GIT = LOCKS | {"getpass", "mmap", "selectors", "subprocess"}  # and with GitPython
THREADS = LOCKS | {"concurrent"}  # to write files
OURS = frozenset(HOSTS)
EVERY = frozenset(REVISIONS)
IMPORTS = {
    "first install": (EDITS, GIT | THREADS, OURS),
    "install": (EDITS, GIT | THREADS, OURS),
    "install another": (EDITS, GIT | THREADS, EVERY),
    "sync": (ASKS, GIT | THREADS, EVERY),
    "update": (ASKS, GIT | THREADS, EVERY),
    "remove": (EDITS, GIT | THREADS, EVERY),
    "undo": (LOOKS | {"filelock"}, THREADS, OURS),
    "search agent": (ASKS, GIT, NOTHING),
    "info agent-a": (ASKS, GIT, OURS),
    "outdated": (ASKS, GIT, OURS),
    "render agent-a + diff": (ASKS, GIT, OURS),
    "audit": (ASKS, GIT | {"unicodedata"}, EVERY),
    "check": (READS, AGENTS, EVERY),
    "list + tree + why agent-a + status": (LOOKS, NOTHING, NOTHING),
}
READERS = {"audit", "check"}  # of files in any host's format
FOREIGN = ("foreign", "found", "places", "repair", "tolerant", "restrictions", "canonical", "importing", "checks")
FRONT = frozenset(  # what GitPython as a whole brings along
    f"git.{name}" for name in ("config", "db", "diff", "index", "objects", "refs", "remote", "repo")
) | {"gitdb.db", "gitdb.pack", "gitdb.stream"}


@pytest.mark.parametrize("name", IMPORTS)
def test_a_command_imports_what_it_needs(shop: Shop, story: dict[str, Cost], name: str) -> None:
    cost = cost_of(shop, story, name)
    libraries, slow, hosts = IMPORTS[name]
    assert cost.libraries <= libraries
    assert cost.modules & set(SLOW) <= slow
    assert {one for one in EVERY if f"hosts.{one}" in cost.ours} <= hosts
    assert cost.modules.isdisjoint(FRONT)
    assert name in READERS or not [one for one in cost.ours if one.startswith(FOREIGN)]


# How often each file is opened for reading that the command writes or deletes, and each that it leaves alone.
OPENED = {
    "first install": (2, 0),
    "install": (2, 0),
    "install another": (3, 1),
    "sync": (4, 2),
    "update": (3, 1),
    "remove": (3, 1),
    "undo": (3, 1),
    "search agent": (0, 0),
    "info agent-a": (0, 0),
    "outdated": (0, 0),
    "audit": (0, 1),
    "check": (0, 1),
}


@posix
@pytest.mark.parametrize("name", OPENED)
def test_no_file_is_opened_more_often(shop: Shop, story: dict[str, Cost], name: str) -> None:
    cost = cost_of(shop, story, name)
    root = shop.projects["few" if name == "first install" else "one" if name in story else "many"]
    changed = cost.paths(root, "rename", "remove").keys()
    for path, opened in cost.paths(root, "read").items():
        if not path.startswith(STATE):
            assert opened <= (4 if path in ASKED else OPENED[name][path not in changed]), path


# How often an install does what, for any number of files and for each of them.
INSTALL = {
    ("project", "read"): (9, 2),
    ("project", "write"): (7, 1),
    ("project", "enter"): (56, 1),
    ("project", "rename"): (4, 1),
    ("project", "fsync"): (24, 1),
    ("project", "stat"): (71, 1),
    ("project", "list"): (18, 0),
    ("project", "mkdir"): (21, 0),
    ("cache", "read"): (8, 0),
    ("cache", "write"): (4, 0),
    ("cache", "rename"): (2, 0),
    ("cache", "stat"): (23, 1),
    ("cache", "mkdir"): (6, 0),
}


@posix
@pytest.mark.parametrize(("where", "kind"), INSTALL)
def test_an_install_does_as_much_as_there_are_files(shop: Shop, story: dict[str, Cost], where: str, kind: str) -> None:
    always, each = INSTALL[where, kind]
    for project in ("one", "few", "many"):
        root = shop.projects[project] if where == "project" else shop.world.path / where
        calls = shop.costs[project, "install"].paths(root, kind)
        del calls["."]  # what is asked to see that no folder of the PATH is in it
        assert calls.total() <= always + each * shop.written[project], (project, shop.written[project])


# With nothing to do


@pytest.mark.parametrize("project", ["few", "many"])
def test_the_first_sync_with_nothing_to_do_opens_each_file_once(shop: Shop, project: str) -> None:
    shop.settle(project)
    cost, root = shop.costs[project, "first sync"], shop.projects[project]
    assert (cost.processes, cost.git) == ((), ())
    assert cost.paths(root, "read") == Counter([INDEX, INDEX, *ASKED, *shop.files(project)])
    assert_read_once(cost, root)
    assert all(path.startswith(f"{project}/{STATE}") for path in cost.paths(shop.world.path, *CHANGING))
    lock = parse_lockfile((root / ASKED[1]).read_text())
    assert cost.paths(root, "list").keys() <= {*skill_folders(lock), STATE}
    assert cost.libraries == {"click"}
    assert cost.modules & set(SLOW) == set()


@pytest.mark.parametrize("project", ["few", "many"])
@pytest.mark.parametrize(
    ("line", "opened", "asked", "libraries"),
    [
        ("sync", [INDEX], 1, set()),
        ("sync --check", [INDEX], 1, set()),
        ("status", [INDEX, *ASKED], 1, {"click"}),
        ("list", [*ASKED], 0, {"click"}),
    ],
)
def test_after_that_no_file_is_opened_and_nothing_is_written(
    shop: Shop, project: str, line: str, opened: list[str], asked: int, libraries: set[str]
) -> None:
    shop.settle(project)
    cost, root, files = shop.cost(project, line), shop.projects[project], shop.files(project)
    assert (cost.processes, cost.git) == ((), ())
    assert cost.paths(root, "read") == Counter(opened)
    assert_read_once(cost, root)
    assert cost.paths(shop.world.path, *CHANGING, "list", "enter", "fsync") == Counter()
    assert cost.paths(shop.world.path / "cache", "read", "stat") == Counter()
    questions = cost.paths(root, "stat", "fstat")
    assert {questions[path] for path in files} == {asked}
    assert questions.total() <= asked * len(files) + 35
    assert cost.libraries == libraries
    assert cost.modules & set(SLOW) == set()


@pytest.mark.parametrize("line", ["sync", "sync --check"])
def test_a_sync_with_nothing_to_do_imports_two_modules(shop: Shop, line: str) -> None:
    shop.settle("few")
    cost = shop.cost("few", line)
    assert cost.ours == {"__main__", "settled"}
    assert cost.standard <= {"gc", "time"}


def assert_read_once(cost: Cost, root: Path) -> None:
    """Nothing is read twice, in parts or as a whole."""
    for path, size in cost.read(root).items():
        assert size <= (root / path).stat().st_size, path


# The counting itself


EVERY_WAY = """
import os, subprocess, sys
from _io import FileIO, open_code
from _thread import allocate_lock, start_new_thread
from pathlib import Path

def main():
    here = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    descriptor = os.open("one", os.O_RDONLY, dir_fd=here)
    while os.read(descriptor, 2):
        pass
    with open(os.open("two", os.O_RDONLY, dir_fd=here), "rb") as file:
        file.read()
    for read in (lambda: open("three").read(), Path("three").read_bytes, FileIO("three").read, open_code("three").read):
        read()
    done = allocate_lock()
    done.acquire()
    start_new_thread(lambda: (open("four").close(), done.release()), ())
    done.acquire()
    os.listdir(here), list(os.scandir("inner")), list(os.walk("inner")), os.path.exists("one"), Path("one").is_symlink()
    os.lstat("two"), os.fstat(descriptor), os.stat("one", dir_fd=here), os.access("two", os.R_OK)
    descriptor = os.open("inner/new", os.O_WRONLY | os.O_CREAT)
    os.write(descriptor, b"new")
    os.fsync(descriptor)
    os.replace("inner/new", "inner/old", src_dir_fd=here, dst_dir_fd=here)
    os.unlink("inner/old")
    os.mkdir("inner/deep", dir_fd=here)
    os.rmdir("inner/deep")
    Path("two").chmod(0o600)
    subprocess.run([sys.executable, "-c", "print(open('one').read())"])
    sys.stdout.flush()
    os._exit(0)
"""
COUNTED = {
    "enter": {".": 1},
    "read": {"one": 1, "two": 1, "three": 4, "four": 1},
    "write": {"inner/new": 1},
    "fsync": {"inner/new": 1},
    "list": {".": 1, "inner": 2},
    "stat": {"one": 3, "two": 2},
    "fstat": {"one": 1},
    "rename": {"inner/old": 1},
    "remove": {"inner/old": 1},
    "mkdir": {"inner/deep": 1},
    "rmdir": {"inner/deep": 1},
    "chmod": {"two": 1},
}


@posix
def test_whatever_is_done_is_counted_however_it_is_done(project: Path, tmp_path: Path) -> None:
    (tmp_path / "agentpkg").mkdir()
    (tmp_path / "agentpkg/__init__.py").touch()
    (tmp_path / "agentpkg/__main__.py").write_text(EVERY_WAY)
    (project / "inner").mkdir()
    for name in ("one", "two", "three", "four"):
        (project / name).write_text("12345")
    cost = measure(project, modules=tmp_path)
    assert {kind: dict(cost.paths(project, kind)) for kind in COUNTED} == COUNTED
    assert cost.read(project) == {"one": 5, "two": 5, "three": 20, "four": 5}
    assert [words[1:] for words in cost.processes] == [("-c", "print(open('one').read())")]
    assert {"subprocess", "pathlib"} <= cost.standard
    assert cost.ours == {"__main__"}
    assert cost.out == "12345\n"
