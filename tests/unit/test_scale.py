"""What must not grow with the registry: counted, not timed. Times are measured by `bench/`."""

from __future__ import annotations

import itertools
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import agentpkg.objects
from agentpkg.errors import AgentpkgError
from agentpkg.mirror import Mirror
from agentpkg.ops.search import search
from agentpkg.ops.session import Options
from agentpkg.ops.verify import verify_registry
from agentpkg.registries import Registries
from agentpkg.registry_tables import RegistrySource
from agentpkg.resolve import Offer, resolve
from tests.support.registry import Registry, write_bundle

Shelf = Mapping[str, Mapping[str, Mapping[str, str]]]
TWENTY = [f"{number}.0.0" for number in range(20, 0, -1)]
SIXTY = [f"bundle-{number:02}" for number in range(60)]


class Counting:
    """An index in memory that counts how often each bundle was asked for."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.asked: Counter[str] = Counter()

    def offers(self, bundle: str) -> Sequence[Offer]:
        self.asked[bundle] += 1
        return [Offer(version=version, requires=requires) for version, requires in self._shelf[bundle].items()]


# Resolving


def test_only_what_is_needed_is_looked_at_however_much_there_is() -> None:
    others: Shelf = {f"other-{number}": {"1.0.0": {"lead": ""}} for number in range(10_000)}
    index = Counting({**others, "lead": {"1.0.0": {"aa": "", "bb": ""}}, "aa": {"1.0.0": {}}, "bb": {"1.0.0": {}}})
    resolve({"lead": ""}, index, {})
    assert set(index.asked) == {"lead", "aa", "bb"}


@pytest.mark.parametrize("versions", [["1.0.0"], TWENTY])
def test_a_diamond_of_three_without_a_solution_is_told_in_less_than_ten_lines(versions: list[str]) -> None:
    shelf: dict[str, dict[str, dict[str, str]]] = {
        name: {version: {"base": f"=={number}.0.0"} for version in versions}
        for number, name in enumerate(("aa", "bb", "cc"), 1)
    }
    shelf["base"] = {version: {} for version in TWENTY}
    with pytest.raises(AgentpkgError) as caught:
        resolve(dict.fromkeys(("aa", "bb", "cc"), ""), Counting(shelf), {})
    error = caught.value
    lines = [error.message, *error.details, *str(error.hint).splitlines()]
    assert "no version of base is what everybody wants" in lines
    assert len(lines) < 10
    assert max(map(len, lines)) < 120


TIGHT = {
    name: {version: {after: f"=={version}"} for version in TWENTY} for name, after in itertools.pairwise(SIXTY)
} | {SIXTY[-1]: {"1.0.0": {}}}
LATE = {name: {version: {after: f"<={version}"} for version in TWENTY} for name, after in itertools.pairwise(SIXTY)} | {
    SIXTY[-1]: {version: {} for version in TWENTY}
}
THIRDS: Shelf = {
    name: {
        version: {SIXTY[place // 3 * 3 + 2]: f"=={version if place % 3 == 0 else TWENTY[min(turn + 1, 19)]}"}
        if place % 3 < 2
        else {}
        for turn, version in enumerate(TWENTY)
    }
    for place, name in enumerate(SIXTY)
}


@pytest.mark.parametrize(
    ("shelf", "wanted"),
    [
        pytest.param(TIGHT, {SIXTY[0]: ""}, id="each version wants its own number of the next; one number is left"),
        pytest.param(
            LATE, {**dict.fromkeys(SIXTY, ""), SIXTY[-1]: "==1.0.0"}, id="all wait for the oldest of the last"
        ),
        pytest.param(THIRDS, dict.fromkeys(SIXTY, ""), id="pairs that agree on a third"),
    ],
)
def test_hard_requirements_take_few_questions(shelf: Shelf, wanted: Mapping[str, str]) -> None:
    index = Counting(shelf)
    chosen = resolve(wanted, index, {})
    assert list(chosen) == SIXTY
    assert index.asked.total() < 4_000


# Reading and fetching


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The processes that are started, by what git is asked to do."""
    started: Counter[str] = Counter()
    start = subprocess.Popen.__init__

    def count(self: Any, arguments: Any, *rest: Any, **options: Any) -> None:
        words = [str(word) for word in arguments]
        while words[1:2] == ["-c"]:
            del words[1:3]
        started[words[1]] += 1
        start(self, arguments, *rest, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", count)
    return started


class Asked:
    """What is written into a process, of which each line is a question."""

    def __init__(self, stream: Any, questions: list[str]) -> None:
        self._stream = stream
        self._questions = questions

    def write(self, data: bytes) -> int:
        self._questions += data.decode().splitlines()
        return int(self._stream.write(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The objects that git is asked for, by a pipe or by a file of them."""
    asked: list[str] = []
    start = subprocess.Popen.__init__

    def listen(self: Any, arguments: Any, *rest: Any, **options: Any) -> None:
        reads, given = "cat-file" in map(str, arguments), options.get("stdin")
        if reads and given is not None and given is not subprocess.PIPE:
            asked.extend(given.read().decode().splitlines())
            given.seek(0)
        start(self, arguments, *rest, **options)
        if reads and self.stdin:
            self.stdin = Asked(self.stdin, asked)

    monkeypatch.setattr(subprocess.Popen, "__init__", listen)
    return asked


def fill(registry: Registry, bundles: int) -> None:
    """Publish so many bundles in one commit, and a lead with three that it requires."""
    names = [f"other-{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(bundles)]
    requires = dict.fromkeys(("first", "second", "third"), "~=1.0")
    for name in ("lead", *requires, *names):
        for version in ("1.0.0", "1.1.0"):
            folder = registry.folder / "bundles" / name / version
            write_bundle(folder, name, version, requires=requires if name == "lead" else None)
    registry.commit("publish")


def opened(registry: Registry, root: Path, *, offline: bool) -> Registries:
    return Registries({"default": RegistrySource(url=registry.url)}, root, offline=offline)


def choose_and_load(registries: Registries) -> list[str]:
    """Do what an install asks of registries."""
    chosen = resolve({"lead": ""}, registries, {})
    return [f"{bundle} {registries.load(bundle, offer.version).version}" for bundle, offer in chosen.items()]


FOUR = ["first 1.1.0", "lead 1.1.0", "second 1.1.0", "third 1.1.0"]
SIZES = (3, 300)
MOST_QUESTIONS = 9  # that git is asked about one more bundle


def count_in_both(
    tmp_path: Path, processes: Counter[str], work: Any, *, offline: bool, push: bool = False
) -> list[Counter[str]]:
    """Return what was started for some work with a small and a large registry, of which there is a mirror already."""
    counted = []
    for size in SIZES:
        registry = Registry(tmp_path / f"registry-{size}").start()
        fill(registry, size)
        opened(registry, tmp_path, offline=False).all()
        if push:
            registry.publish("lead", "1.2.0")
        processes.clear()
        work(opened(registry, tmp_path, offline=offline))
        counted.append(Counter(processes))
    return counted


def test_an_install_from_a_warm_mirror_starts_one_process_whatever_the_size(
    tmp_path: Path, processes: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = Mirror.read

    def count(self: Mirror, object_name: str, most: int, called: str = "") -> tuple[str, bytes] | None:
        read.append(object_name)
        return real(self, object_name, most, called)

    monkeypatch.setattr(Mirror, "read", count)
    reads = []

    def install(registries: Registries) -> None:
        read.clear()
        assert choose_and_load(registries) == FOUR
        reads.append(len(read))

    small, large = count_in_both(tmp_path, processes, install, offline=True)
    assert small == large == {"cat-file": 1}
    assert reads[0] == reads[1] < 100


def test_git_is_asked_in_proportion_to_what_is_wanted_whatever_there_is(tmp_path: Path, questions: list[str]) -> None:
    asked: dict[tuple[int, int], int] = {}
    for size in (20, 60):
        registry = Registry(tmp_path / f"registry-{size}").start()
        fill(registry, size)
        opened(registry, tmp_path, offline=False).all()
        for wanted in (5, 10, 20):
            registries = opened(registry, tmp_path, offline=True)
            questions.clear()
            names = [f"other-a{chr(97 + number)}" for number in range(wanted)]
            for bundle, offer in resolve(dict.fromkeys(names, ""), registries, {}).items():
                registries.load(bundle, offer.version)
            asked[size, wanted] = len(questions)
    few, twice, four_times = (asked[20, wanted] for wanted in (5, 10, 20))
    assert [asked[60, wanted] for wanted in (5, 10, 20)] == [few, twice, four_times]
    assert four_times - twice == 2 * (twice - few)
    assert 0 < twice - few <= 5 * MOST_QUESTIONS


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What git is asked for, all that is asked at a time together."""
    parts: list[list[str]] = []
    real = agentpkg.objects._parts

    def watch(wanted: Iterable[str]) -> Iterator[list[str]]:
        for part in real(wanted):
            parts.append(part)
            yield part

    monkeypatch.setattr("agentpkg.objects._parts", watch)
    return parts


def test_many_bundles_are_asked_for_together(tmp_path: Path, rounds: list[list[str]]) -> None:
    """A hundred and more take hardly more turns with git than three: what fits into its pipe is asked for at a time."""
    registry = Registry(tmp_path / "registry").start()
    fill(registry, 120)
    source = {"default": RegistrySource(url=registry.url)}
    names = Registries(source, tmp_path).get("default").names()
    turns = []
    for wanted in (names[:3], names):
        rounds.clear()
        registries = Registries(source, tmp_path, offline=True)
        registries.read_ahead(wanted)
        offers = {name: registries.offers(name) for name in wanted}
        chosen = {name: versions[0].version for name, versions in offers.items()}
        registries.load_ahead(chosen)
        loaded = [registries.load(name, version) for name, version in chosen.items()]
        assert [one.version for one in loaded] == ["1.1.0"] * len(wanted)
        assert max(map(len, rounds)) <= 100
        turns.append((len(rounds), sum(map(len, rounds))))
    (few, objects), (many, all_of_them) = turns
    assert few < 20
    assert all_of_them > 30 * objects > 0
    assert many < few + all_of_them / 50


def test_all_versions_of_a_bundle_are_verified_together(tmp_path: Path, rounds: list[list[str]]) -> None:
    """Twenty more of them are twenty more to read, and no turn more with git."""
    registry = Registry(tmp_path / "registry").start()
    turns = []
    for versions in (TWENTY[10:], TWENTY[:10]):
        for version in versions:
            write_bundle(registry.folder / "bundles/writer" / version, "writer", version, body=f"It is {version}.")
        registry.commit()
        rounds.clear()
        found = verify_registry(str(registry.path), "", None, Options())
        assert (found.problems, found.bundles) == ((), 1)
        turns.append((len(rounds), sum(map(len, rounds))))
    (few, ten), (many, twenty) = turns
    assert few == many < 20
    assert twenty - ten == 10 * 4  # its folder, that of its agents, and two files


def test_a_fetch_that_brings_nothing_starts_as_few_processes_whatever_the_size(
    tmp_path: Path, processes: Counter[str]
) -> None:
    small, large = count_in_both(tmp_path, processes, choose_and_load, offline=False)
    assert small == large
    assert large["fetch"] == 1
    assert large.total() <= 2


def test_a_fetch_of_one_more_version_starts_as_few_processes_whatever_the_size(
    tmp_path: Path, processes: Counter[str]
) -> None:
    small, large = count_in_both(tmp_path, processes, Registries.all, offline=False, push=True)
    assert small == large
    assert large["fetch"] == 1
    assert large.total() <= 3


def test_a_search_starts_no_process_for_each_bundle(tmp_path: Path, processes: Counter[str]) -> None:
    small, large = count_in_both(tmp_path, processes, lambda found: search(found, ["lead"]), offline=True)
    assert small.total() <= large.total() <= 1


def test_the_counts_above_can_fail(tmp_path: Path, processes: Counter[str]) -> None:
    registry = Registry(tmp_path / "registry").start()
    fill(registry, 3)
    processes.clear()
    for _ in range(3):
        choose_and_load(opened(registry, tmp_path, offline=False))
    assert processes["fetch"] == 3
    assert processes["cat-file"] >= 3
