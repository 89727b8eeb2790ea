"""What a large registry costs: fetching, installing, searching, verifying; and resolving where that is hard.

    python bench/registry.py [--quick] [--json FILE] [--sizes 100,1000,10000] [--per-commit 200] [--rounds 7]

Makes a registry of so many bundles, ten versions each and so many versions a commit, and runs each command line in a
process and a world of its own, in turn; then resolves in this process. Prints medians with the fastest and the slowest
run, and ratios to a bare Python of the same run, which carry over from machine to machine. `--quick` is small and
quick. Nothing is written outside a temporary folder, and no network is used.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from packaging.specifiers import SpecifierSet

from agentpkg.errors import AgentpkgError
from agentpkg.resolve import Offer, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

VERSIONS = ("1.0.0", "1.1.0", "1.1.1", "1.2.0", "2.0.0", "2.0.1", "2.1.0", "2.2.0", "2.2.1", "2.3.0")
LEAD, FOLLOWERS = "data-platform-lead", ("data-platform-writer", "data-platform-tester", "data-platform-reader")
KINDS = ("senior", "junior", "careful", "quick", "remote", "legacy", "cloud", "edge", "mobile", "secure", "open",
         "batch", "stream", "daily", "urgent", "lean", "global", "local", "team", "field")  # fmt: skip
TOPICS = ("kafka", "postgres", "terraform", "django", "kotlin", "swift", "rust", "golang", "fortran", "cobol",
          "airflow", "spark", "redis", "nginx", "graphql", "pandas", "docker", "helm", "ansible", "webpack", "react",
          "angular", "flutter", "unity", "arduino")  # fmt: skip
ROLES = ("reviewer", "architect", "tester", "debugger", "migrator", "optimiser", "documenter", "planner", "auditor",
         "operator", "analyst", "designer", "maintainer", "builder", "teacher", "translator", "scheduler", "monitor",
         "advisor", "packager")  # fmt: skip
_NOT_OURS = ("GIT_", "AGENTPKG_", "XDG_", "PYTHONDONTWRITEBYTECODE")
WORDS = ("look", "at", "the", "code", "before", "you", "change", "it", "say", "what", "found", "and", "make",
         "smallest", "that", "works", "ask", "when", "unsure", "never", "guess", "test", "first", *TOPICS)  # fmt: skip


# The registry


def names_of(bundles: int) -> list[str]:
    """Return the names of so many bundles: a lead that requires three followers, and 10,000 others at the most."""
    made = ["-".join(words) for words in itertools.product(KINDS, TOPICS, ROLES)]
    random.Random(1).shuffle(made)
    return [*FOLLOWERS, LEAD, *made][:bundles]


def bundle_files(names: Sequence[str], place: int, version: str) -> dict[str, bytes]:
    """Return the files of one version: a `bundle.toml`, every third with requirements, and an agent of some 2 KB."""
    name = names[place]
    required = (
        FOLLOWERS if name == LEAD else {names[place // 2], names[place // 3]} if place > 8 and not place % 3 else ()
    )
    requires = "".join(f'{other} = ">=1.{min(int(version[0]), 2)}"\n' for other in sorted(required))
    dice = random.Random(place)
    lines = [" ".join(dice.choices(WORDS, k=12)).capitalize() + "." for _ in range(28)]
    lines[VERSIONS.index(version) if version in VERSIONS else 20] = f"This is version {version}."
    return {
        "bundle.toml": (
            f'[bundle]\nname = "{name}"\nversion = "{version}"\ndescription = "The {name.replace("-", " ")}."\n'
            f'license = "MIT"\nkeywords = ["{name.split("-")[1]}", "bench"]\n\n[requires]\n{requires}'
        ).encode(),
        f"agents/{name}.md": (
            f'---\nname: {name}\ndescription: "Use as {name.replace("-", " ")}."\ntools: [read, edit, grep]\n---\n\n'
            f"# {name}\n\n" + "\n".join(lines) + "\n"
        ).encode(),
    }


def commit_of(number: int, message: str, files: Mapping[str, bytes], start: bytes = b"") -> Iterator[bytes]:
    """Yield what `git fast-import` takes for one commit on top of the branch; `start` says where the first one goes."""
    who = b"Bench <bench@example.com> %d +0000" % (1_700_000_000 + number)
    yield b"commit refs/heads/main\ncommitter %s\ndata %d\n%s\n" % (who, len(message), message.encode())
    yield start
    for path, data in files.items():
        yield b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)


def make_registry(repository: Path, names: Sequence[str], per_commit: int) -> None:
    """Make a bare repository: all first versions, then all second ones, and so on, packed as a server would."""
    git(repository.parent, "init", "-q", "--bare", "--initial-branch=main", str(repository))
    for setting in ("allowFilter", "allowAnySHA1InWant"):
        git(repository, "config", f"uploadpack.{setting}", "true")
    work = [(place, version) for version in VERSIONS for place in range(len(names))]
    importing = subprocess.Popen(["git", "fast-import", "--quiet"], cwd=repository, stdin=subprocess.PIPE)
    assert importing.stdin
    about = {"registry.toml": b'format = 1\nname = "bench"\ndescription = "Generated."\n'}
    importing.stdin.writelines(commit_of(0, "Begin", about))
    for number, start in enumerate(range(0, len(work), per_commit), 1):
        files = {
            f"bundles/{names[place]}/{version}/{path}": data
            for place, version in work[start : start + per_commit]
            for path, data in bundle_files(names, place, version).items()
        }
        importing.stdin.writelines(commit_of(number, f"Publish {number}", files))
    importing.stdin.close()
    if importing.wait():
        raise SystemExit("git fast-import failed")
    git(repository, "-c", "pack.threads=2", "repack", "-adq")


def push_one(repository: Path, names: Sequence[str], number: int) -> None:
    """Add one version of one bundle, as a push would."""
    version, place = f"3.{number}.0", len(names) - 1 - number % 50
    files = {
        f"bundles/{names[place]}/{version}/{path}": data for path, data in bundle_files(names, place, version).items()
    }
    stream = b"".join(commit_of(100_000_000 + number, "Publish one more", files, b"from refs/heads/main^0\n"))
    subprocess.run(["git", "fast-import", "--quiet"], cwd=repository, input=stream, check=True)


def git(folder: Path, *arguments: str) -> None:
    """Run git."""
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files below a folder."""
    return (
        path.stat().st_size if path.is_file() else sum(one.stat().st_size for one in path.rglob("*") if one.is_file())
    )


# The measures


@dataclass
class World:
    """A home, a cache, a state folder and a project of their own, all of which use one registry."""

    folder: Path
    repository: Path
    filtered: bool = False

    def __post_init__(self) -> None:
        self.project = self.folder / "project"
        self.project.mkdir(parents=True)
        self.forget()
        self.empty()

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a command line in this world."""
        own = {"AGENTPKG_CACHE_DIR": "cache", "AGENTPKG_STATE_DIR": "state", "HOME": "home"}
        others = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
        compiled = {"PYTHONPYCACHEPREFIX": str(self.folder.parent / "compiled")}  # as an installed wheel is
        return {**others, **compiled, **{name: str(self.folder / place) for name, place in own.items()}}

    def forget(self) -> None:
        """Take mirror and ledger away."""
        for name in ("cache", "state", "home"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        (self.folder / "home").mkdir()

    def empty(self) -> None:
        """Begin the project anew: a manifest without bundles."""
        shutil.rmtree(self.project)
        self.project.mkdir()
        filtered = "filter = true\n" if self.filtered else ""
        (self.project / "agentpkg.toml").write_text(
            f'[project]\nhosts = ["claude"]\n\n[registries.default]\nurl = "{self.repository}"\n{filtered}\n[bundles]\n'
        )

    def run(self, *arguments: str) -> float:
        """Run a Python process once in this world, and return its milliseconds."""
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.project, env=self.environment, capture_output=True, check=False
        )
        taken = (time.perf_counter() - start) * 1000
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr.decode()}")
        return taken


@dataclass(frozen=True)
class Case:
    """One measure: a command line, and what is made ready before it, unmeasured. It is run `most` times at the most."""

    name: str
    world: World
    arguments: tuple[str, ...]
    ready: Callable[[], object] = field(default=lambda: None)
    most: int = 1000


def cases_of(scratch: Path, repository: Path, names: Sequence[str]) -> list[Case]:
    """Return what is measured of one registry, in worlds that have fetched it where the case says so."""
    whole, cold = World(scratch / "whole", repository), World(scratch / "cold", repository)
    sparse, bare = World(scratch / "sparse", repository, True), World(scratch / "bare", repository, True)
    info = ("-m", "agentpkg", "info", LEAD)
    install = ("-m", "agentpkg", "install", LEAD)
    for world in (whole, sparse):
        world.run(*info)
        world.run(*install)
    pushed = itertools.count()

    def push() -> None:
        push_one(repository, names, next(pushed))

    agentpkg, word = ("-m", "agentpkg"), TOPICS[0]
    return [
        Case("python -c pass", whole, ("-c", "pass")),
        Case("agentpkg --version", whole, (*agentpkg, "--version")),
        Case("info, first fetch", cold, info, cold.forget),
        Case("info, a new version to fetch", whole, info, push),
        Case("info, nothing to fetch", whole, info),
        Case("info --offline", whole, (*info, "--offline")),
        Case("install of 1 + 3, nothing to fetch", whole, install, whole.empty),
        Case("install of 1 + 3 --offline", whole, (*install, "--offline"), whole.empty),
        Case("search --offline", whole, (*agentpkg, "search", word, "--offline")),
        Case("filtered: info, first fetch", bare, info, bare.forget),
        Case("filtered: info, a new version to fetch", sparse, info, push),
        Case("filtered: install, files to fetch", bare, install, bare.empty),
        Case("filtered: install --offline", sparse, (*install, "--offline"), sparse.empty),
        Case("filtered: search, files to fetch", bare, (*agentpkg, "search", word)),
        Case("registry verify", whole, (*agentpkg, "registry", "verify", str(repository)), most=3),
    ]


def measure(cases: Sequence[Case], rounds: int) -> dict[str, list[float]]:
    """Run the cases in turn, so often, and return the milliseconds of each."""
    times: dict[str, list[float]] = {case.name: [] for case in cases}
    for number in range(rounds):
        for case in cases:
            if number < case.most:
                case.ready()
                times[case.name].append(case.world.run(*case.arguments))
    return times


def show(times: Mapping[str, Sequence[float]]) -> dict[str, dict[str, float]]:
    """Print a table of times, and return it as data."""
    floor = statistics.median(times["python -c pass"])
    table = {}
    for name, taken in times.items():
        median = statistics.median(taken)
        table[name] = {"ms": median, "least": min(taken), "most": max(taken), "ratio": median / floor}
        print(
            f"{name:42} {median:10.1f} ms  ({min(taken):.1f} to {max(taken):.1f})  {median / floor:7.1f} x", flush=True
        )
    return table


def measure_registry(bundles: int, per_commit: int, rounds: int) -> dict[str, object]:
    """Make a registry of this size, and measure what it costs."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name).resolve()
        repository, names = scratch / "registry.git", names_of(bundles)
        start = time.perf_counter()
        make_registry(repository, names, per_commit)
        made = time.perf_counter() - start
        print(f"\n{bundles} bundles of {len(VERSIONS)} versions, {per_commit} a commit, made in {made:.1f} s")
        cases = cases_of(scratch, repository, names)
        sizes = {
            "repository": size_of(repository),
            "mirror": size_of(scratch / "whole/cache/registries"),
            "filtered mirror": size_of(scratch / "sparse/cache/registries"),
            "ledger": size_of(scratch / "whole/state/ledgers"),
        }
        times = show(measure(cases, rounds))
        print("on disk: " + ", ".join(f"{what} {size / 1e6:.2f} MB" for what, size in sizes.items()))
        return {"bundles": bundles, "per_commit": per_commit, "times": times, "sizes": sizes}


# Resolving


Shelf: TypeAlias = dict[str, dict[str, dict[str, str]]]


class Index:
    """Bundles in memory."""

    def __init__(self, shelf: Shelf) -> None:
        self._offers = {
            name: [Offer(version=version, requires=requires) for version, requires in versions.items()]
            for name, versions in shelf.items()
        }

    def offers(self, bundle: str) -> Sequence[Offer]:
        """Return the versions of a bundle."""
        return self._offers[bundle]


def bundle(number: int) -> str:
    """Return the name of a bundle in a shape."""
    return f"bundle-{number:02}"


def numbers(most: int = 20) -> range:
    """Return the major versions of a bundle, newest first."""
    return range(most, 0, -1)


def tight_chain(bundles: int) -> tuple[dict[str, str], Shelf]:
    """Each version requires its own number of the next bundle; the last has number 1 alone."""
    shelf: Shelf = {
        bundle(place): {f"{one}.0.0": {bundle(place + 1): f"=={one}.0.0"} for one in numbers()}
        for place in range(bundles - 1)
    }
    shelf[bundle(bundles - 1)] = {"1.0.0": {}}
    return {bundle(0): ""}, shelf


def late_end(bundles: int) -> tuple[dict[str, str], Shelf]:
    """All are wanted; each wants one at most its own number of the next, and only the last one's oldest is left."""
    shelf: Shelf = {
        bundle(place): {f"{one}.0.0": {bundle(place + 1): f"<={one}.0.0"} for one in numbers()}
        for place in range(bundles - 1)
    }
    last = bundle(bundles - 1)
    shelf[last] = {f"{one}.0.0": {} for one in numbers()}
    return {**{bundle(place): "" for place in range(bundles - 1)}, last: "==1.0.0"}, shelf


def older_and_older(bundles: int) -> tuple[dict[str, str], Shelf]:
    """Each version requires one number older of the bundle three on, until nothing older is left."""
    shelf: Shelf = {}
    for place in range(bundles):
        after = place + 3
        shelf[bundle(place)] = {
            f"{one}.0.0": {bundle(after): f"=={max(one - 1, 1)}.0.0"} if after < bundles else {} for one in numbers()
        }
    return {bundle(0): "", bundle(1): "", bundle(2): "", bundle(bundles - 1): "<=2.0.0"}, shelf


def hidden_partner(bundles: int) -> tuple[dict[str, str], Shelf]:
    """Pairs that are wanted freely, and agree by way of a third bundle in their oldest versions alone."""
    wanted: dict[str, str] = {}
    shelf: Shelf = {}
    for start in range(0, bundles - 2, 3):
        left, right, base = bundle(start), bundle(start + 1), bundle(start + 2)
        shelf[left] = {f"{one}.0.0": {base: f"=={one}.0.0"} for one in numbers()}
        shelf[right] = {f"{one}.0.0": {base: f"=={one - 1 or 1}.0.0"} for one in numbers()}
        shelf[right]["1.0.0"] = {base: "==1.0.0"}
        shelf[base] = {f"{one}.0.0": {} for one in numbers()} if start else {"1.0.0": {}}
        wanted |= {left: "", right: ""}
    return wanted, shelf


def tangle(bundles: int, seed: int) -> tuple[dict[str, str], Shelf]:
    """Random ranges around one hidden solution, so that there is one, and most that looks newer leads nowhere."""
    dice = random.Random(seed)
    solution = [dice.randint(1, 6) for _ in range(bundles)]
    shelf: Shelf = {}
    for place in range(bundles):
        shelf[bundle(place)] = {}
        for one in numbers():
            requires = {}
            for other in dice.sample(range(place + 1, bundles), min(3, bundles - 1 - place)):
                least = solution[other] if one == solution[place] else dice.randint(1, 20)
                reach = dice.randint(0, 2)
                requires[bundle(other)] = f">={max(least - reach, 1)}.0.0,<={least + reach}.0.0"
            shelf[bundle(place)][f"{one}.0.0"] = requires
    return {bundle(place): "" for place in range(0, bundles, 6)}, shelf


def diamond(_: int) -> tuple[dict[str, str], Shelf]:
    """Three bundles want three different numbers of a fourth: there is no solution."""
    shelf: Shelf = {name: {"1.0.0": {"base": f"~={one}.0"}} for one, name in enumerate(("aa", "bb", "cc"), 1)}
    shelf["base"] = {"3.0.0": {}, "2.0.0": {}, "1.0.0": {}}
    return {"aa": "", "bb": "", "cc": ""}, shelf


SHAPES: dict[str, Callable[[int], tuple[dict[str, str], Shelf]]] = {
    "three-way diamond, no solution": diamond,
    "tight chain": tight_chain,
    "late end": late_end,
    "older and older": older_and_older,
    "hidden partner": hidden_partner,
    **{f"tangle {seed}": partial(tangle, seed=seed) for seed in range(1, 6)},
}


def is_solution(chosen: Mapping[str, Offer], wanted: Mapping[str, str]) -> bool:
    """Say whether all that is wanted is chosen, and all that the chosen versions require."""
    wants = [*wanted.items(), *(want for offer in chosen.values() for want in offer.requires.items())]
    return all(name in chosen and SpecifierSet(text).contains(chosen[name].version) for name, text in wants)


def measure_shapes(bundles: int, rounds: int) -> dict[str, object]:
    """Resolve every shape, so often, and say what came of it."""
    print(f"\nresolving {bundles} bundles of 20 versions")
    rows: dict[str, object] = {}
    for name, shape in SHAPES.items():
        wanted, shelf = shape(bundles)
        taken, outcome = [], ""
        for _ in range(rounds):
            index = Index(shelf)
            start = time.perf_counter()
            try:
                chosen = resolve(wanted, index, {})
                outcome = f"{len(chosen)} chosen" if is_solution(chosen, wanted) else "a wrong solution"
            except AgentpkgError as error:
                outcome = f"{error.message}, told in {2 + len(error.details)} lines"
            except (LookupError, RecursionError) as error:
                outcome = f"failed with {type(error).__name__}"
            taken.append((time.perf_counter() - start) * 1000)
        rows[name] = {"ms": statistics.median(taken), "least": min(taken), "most": max(taken), "outcome": outcome}
        print(f"{name:42} {statistics.median(taken):10.1f} ms  ({min(taken):.1f} to {max(taken):.1f})  {outcome}")
    return rows


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description="What a large registry costs.")
    asked.add_argument("--quick", action="store_true", help="small sizes, few rounds")
    asked.add_argument("--json", type=Path, metavar="FILE", help="write what was measured as JSON")
    asked.add_argument("--sizes", default="", help="numbers of bundles, by commas")
    asked.add_argument("--per-commit", type=int, default=200, help="versions that one commit publishes")
    asked.add_argument("--rounds", type=int, default=0, help="interleaved runs of each command")
    given = asked.parse_args()
    sizes = [int(size) for size in (given.sizes or ("20,200" if given.quick else "100,1000,10000")).split(",")]
    rounds = given.rounds or (3 if given.quick else 7)
    found = {
        "registries": [measure_registry(size, given.per_commit, rounds) for size in sizes],
        "resolving": measure_shapes(60, rounds),
    }
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
