"""The performance page says what was measured; figures are medians of their samples; bounds break. Nothing is timed."""

from __future__ import annotations

import copy
import json
import re
import statistics
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import bench
from bench import __main__ as program
from bench import million, page, results, where
from bench.cases import Bench, UnableError
from bench.goals import GOALS, broken, judged
from bench.measure import Command, Entrant, Pace, Runner, Sample, race
from bench.results import Results, figures_of, floor_of
from bench.tables import grid
from bench.texts import make_agents
from bench.tools import AGENTPKG, HOSTS, TOOLS
from bench.worlds import World

Document = dict[str, Any]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def document() -> Document:
    told: Document = json.loads(results.FILE.read_text(encoding="utf-8"))
    return told


# The page


def test_the_page_is_what_the_results_say(document: Document) -> None:
    assert page.FILE.read_text(encoding="utf-8") == page.make_page(Results(document)), "make bench-page writes it anew"


def test_every_place_of_the_page_is_filled(document: Document) -> None:
    made = page.make_page(Results(document))
    assert "{{" not in made
    assert "not measured" not in made


def test_a_place_that_nothing_can_fill_is_told_on_the_page(document: Document) -> None:
    assert page.make_page(Results(document), "{{ race flying }}") == "(race flying: not measured)"
    assert page.make_page(Results(document), "{{ rcae version }}") == "{{ rcae version }}"


@pytest.mark.parametrize(
    ("race_name", "name"),
    [("version", "agentpkg"), ("no-op/100/6", "apm"), ("install/1000/6", "agentpkg"), ("registry/10000", "first")],
)
def test_another_figure_makes_another_page(document: Document, race_name: str, name: str) -> None:
    other = copy.deepcopy(document)
    other["races"][race_name]["entries"][name]["figures"]["wall"] *= 3
    assert page.make_page(Results(other)) != page.make_page(Results(document))


def test_what_failed_is_told_and_not_dropped(document: Document) -> None:
    other = copy.deepcopy(document)
    other["races"]["no-op/100/6"]["entries"]["apm"] |= {"failed": "exit 3: no such luck", "samples": {}}
    made = page.make_page(Results(other))
    assert "| apm-cli | failed: exit 3: no such luck |" in made
    assert "- no-op, 100 agents, 6 hosts: apm-cli failed: exit 3: no such luck" in made


def test_where_a_rival_is_quicker_is_told(document: Document) -> None:
    other = copy.deepcopy(document)
    entries = other["races"]["version"]["entries"]
    entries["agentpkg"]["figures"]["wall"], entries["ruler"]["figures"]["wall"] = 500.0, 400.0
    assert "| version | ruler | 400 ms | 500 ms |" in page.make_page(Results(other))


def test_pictures_of_the_page_are_there(document: Document) -> None:
    named = [line.partition("](")[2].rstrip(")") for line in page.make_page(Results(document)).splitlines()
             if line.startswith("![")]  # fmt: skip
    assert len(named) == 6
    assert all((page.FILE.parent / name).is_file() for name in named)


def test_a_grid_has_a_row_for_each_tool_and_number_of_hosts(document: Document) -> None:
    rows = grid(Results(document), "no-op").splitlines()[2:]
    assert len(rows) == len({row.rpartition("|")[0].split("|")[1] + row.split("|")[2] for row in rows})
    assert all(len(row.split("|")) == 8 for row in rows)


def test_no_figure_is_made_that_the_page_has_no_place_for() -> None:
    template = page.TEMPLATE.read_text(encoding="utf-8")
    assert set(page.FIGURES) == set(re.findall(r"\{\{ ([a-z-]+)", template))


def test_results_without_a_bare_python_make_a_page() -> None:
    assert page.make_page(Results({"races": {}}), "{{ python-took }}") == "(python-took: not measured)"


def test_the_time_that_the_whole_takes_is_said_alike(document: Document) -> None:
    assert 20 < sum(document["seconds"].values()) / 60 < 45
    for name in ("bench/page.md", "Makefile", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "half an hour" in text
        assert "twenty minutes" not in text


# Figures


def fetches(*took: tuple[int, float], spread: float = 0) -> Results:
    """Return results of fetches of the whole history of 1,000 bundles, by commits."""
    return Results({"races": {
        f"history/{commits}/1000": {
            "group": "history", "axes": {"commits": commits, "bundles": 1000}, "entries": {"again": {
                "shown": "", "failed": "", "figures": {"wall": wall, "lower": wall, "upper": wall + spread},
            }},
        }
        for commits, wall in took
    }})  # fmt: skip


def test_what_a_commit_costs_is_the_line_through_all_points() -> None:
    assert million.per_commit(fetches((1, 200.5), (100, 250), (1000, 700)), 1000) == pytest.approx(0.5)
    bent = fetches((0, 300), (10, 110), (20, 120), (980, 1080), (990, 1090), (1000, 900))
    assert million.per_commit(bent, 1000) == pytest.approx(0.87, abs=0.01), "by the two ends alone it is 0.6"


@pytest.mark.parametrize(
    "found",
    [
        fetches((1, 337), (10, 291), (50, 363), (100, 284), (1000, 341)),
        fetches((1, 300), (1000, 340), spread=50),
        fetches((1, 340), (1000, 300)),
    ],
    ids=["far off the line", "quartiles far apart", "falls"],
)
def test_what_a_commit_costs_is_not_told_where_it_is_noise(found: Results) -> None:
    assert million.per_commit(found, 1000) is None
    made = page.make_page(found, "{{ commit 1000 }}, {{ million-commits }}, {{ commit 100 }}")
    assert made == "too little to be told, (no figure), (commit 100: not measured)"


def test_one_number_of_commits_makes_no_line() -> None:
    assert page.make_page(fetches((5, 300)), "{{ commit 1000 }}") == "(commit 1000: not measured)"


def test_every_figure_is_the_median_of_its_samples(document: Document) -> None:
    seen = 0
    for one in document["races"].values():
        for entry in one["entries"].values():
            if entry["failed"]:
                assert not entry["samples"]
                continue
            assert entry["figures"] == figures_of(entry["samples"], floor_of(one))
            assert entry["figures"]["wall"] == round(statistics.median(entry["samples"]["wall"]), 2)
            seen += 1
    assert seen > 100


def test_figures_of_samples() -> None:
    assert figures_of({"wall": [4, 1, 3, 2, 10], "cpu": [1, 1, 2], "peak": [9.5]}, 2) == {
        "runs": 5, "wall": 3, "least": 1, "lower": 2, "upper": 4, "cpu": 1, "peak": 9.5, "ratio": 1.5,
    }  # fmt: skip


def test_results_do_not_tell_whose_machine_it_was(document: Document) -> None:
    text = results.as_text(document)
    assert json.loads(text) == document
    assert set(document["machine"]) == {"cores", "system", "python", "git", "node"}
    assert "/tmp/" not in text
    assert "/home/" not in text


# The command line


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Results, Path]]:
    """Place and measure nothing; return the pages that would be made."""

    def refuse(*_: object) -> None:
        raise AssertionError("nothing may be placed or measured")

    pages: list[tuple[Results, Path]] = []
    monkeypatch.setattr("bench.place.place_tools", refuse)
    monkeypatch.setattr(program, "measure", refuse)
    monkeypatch.setattr("bench.place.place_pictures", lambda: None)
    monkeypatch.setattr(program, "make_page", lambda *told: pages.append(told))
    return pages


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--only|start", "some parts would take the place of all in "),
        (f"--only|start|--results|{results.FILE.parent}/../bench/results.json", "name another file by --results"),
        ("--only|nonsense", "--only: whole has no part 'nonsense', it has start, where, one host, six hosts, "),
        ("--only|start,|--results|some.json", "--only: whole has no part '', it has "),
        ("quick|--only|one host", "--only: quick has no part 'one host', it has start, six hosts, registry\n"),
        ("page|--only|start", "--only: page measures nothing"),
        ("page|--results|/nonexistent.json", "--results: /nonexistent.json: No such file or directory; name a file"),
        (f"page|--results|{page.TEMPLATE}", "page.md: Expecting value"),
        (f"page|--results|{results.FILE.parents[1]}/docs/schemas/manifest.json", "it holds no results of format 1"),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_is_placed(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = results.FILE.read_bytes()
    with pytest.raises(SystemExit) as exit_:
        program.main(words.split("|"))
    assert exit_.value.code == 2
    assert told in capsys.readouterr().err
    assert results.FILE.read_bytes() == before


def test_the_page_is_made_of_the_results_that_are_named(
    untouched: list[tuple[Results, Path]], document: Document, tmp_path: Path
) -> None:
    named = tmp_path / "named.json"
    named.write_text(json.dumps(document | {"date": "1999-12-31"}), encoding="utf-8")
    assert program.main(["page", "--results", str(named)]) == 0
    assert program.main(["page"]) == 0
    assert [(found.document["date"], file) for found, file in untouched] == [
        ("1999-12-31", named), (document["date"], results.FILE),
    ]  # fmt: skip


@pytest.mark.usefixtures("untouched")
def test_no_page_is_made_of_some_parts(document: Document, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    some = tmp_path / "some.json"
    seconds = {part: 1 for part in document["seconds"] if part not in ("where", "history")}
    some.write_text(json.dumps(document | {"seconds": seconds}), encoding="utf-8")
    with pytest.raises(SystemExit):
        program.main(["page", "--results", str(some)])
    assert "it holds nothing of where, history; the page is of the whole" in capsys.readouterr().err


def test_pictures_are_drawn_of_the_results_that_are_named(
    document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(page, "FILE", tmp_path / "page.md")
    monkeypatch.setattr("subprocess.run", lambda argv, **_: started.append(argv))
    program.make_page(Results(document), tmp_path / "named.json")
    assert [argv[1:] for argv in started] == [["-m", "bench.pictures", str((tmp_path / "named.json").resolve())]]


@pytest.mark.usefixtures("untouched")
def test_some_parts_go_to_the_file_that_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[list[str]] = []

    def measure(parts: Any, *_: object) -> tuple[list[object], dict[str, float], list[str]]:
        asked.append(list(parts))
        return [], {"start": 1.0}, []

    monkeypatch.setattr("bench.place.place_tools", lambda: None)
    monkeypatch.setattr(program, "measure", measure)
    assert program.main(["--only", "start, resolve", "--results", str(tmp_path / "some.json")]) == 0
    assert asked == [["start", "resolve"]]
    assert results.read(tmp_path / "some.json").document["seconds"] == {"start": 1}


def test_the_package_names_every_file_of_its_own() -> None:
    files = {path.name for path in ROOT.joinpath("bench").glob("*.py")} - {"__init__.py", "__main__.py"}
    assert files == set(re.findall(r"\w+\.py", bench.__doc__ or ""))


def test_what_make_check_runs_is_listed_above_it() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    runs = sorted(re.findall(r"^check: (.*)$", makefile, re.MULTILINE)[0].split())
    told = re.findall(r"^\t@echo \"make ([\w-]+) ", makefile, re.MULTILINE)
    listed = re.findall(r"^\$ make ([\w-]+) ", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(told[: told.index("check")]) == runs
    assert sorted(listed[: listed.index("check")]) == runs


# Running


def test_a_command_that_must_work_answers_by_its_standard_output(tmp_path: Path) -> None:
    def shell(script: str) -> Command:
        return Command(argv=("/bin/sh", "-c", script), folder=tmp_path, environment={})

    with Runner(tmp_path) as runner:
        made = Bench(runner=runner, scratch=tmp_path, pace=Pace())
        assert made.must(shell("echo warning >&2; echo '{}'")) == "{}\n"
        assert runner.complained() == "warning\n"
        with pytest.raises(UnableError, match="exit 3: said\ncomplained"):
            made.must(shell("echo complained >&2; echo said; exit 3"))


class Toy:
    """A runner that runs nothing; each command takes as many milliseconds as it says, or fails."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def run(self, command: Command, limit: float) -> Sample | str:
        self.ran.append(command.argv[0])
        if len(command.argv) == 1:
            return "exit 1: it does not work"
        wall = float(command.argv[1])
        return f"one run takes longer than {limit:.0f} s" if wall > limit * 1000 else Sample(wall=wall, cpu=1, peak=1)


def entrant(name: str, *words: str, proof: Callable[[], str | None] = lambda: None) -> Entrant:
    return Entrant(
        name=name, shown=name, command=Command(argv=(name, *words), folder=Path(), environment={}), proof=proof
    )


def test_a_race_runs_all_in_turn_and_drops_nobody() -> None:
    toy = Toy()
    found = race(
        [entrant("quick", "1"), entrant("slow", "3000"), entrant("endless", "99000"), entrant("bad"),
         entrant("liar", "1", proof=lambda: "it wrote nothing")],
        toy,  # type: ignore[arg-type]
        Pace(rounds=5, least=2, seconds=6, limit=60),
    )  # fmt: skip
    assert {name: len(record.samples) for name, record in found.items()} == {
        "quick": 5, "slow": 2, "endless": 0, "bad": 0, "liar": 1,
    }  # fmt: skip
    assert {name: record.failed for name, record in found.items() if record.failed} == {
        "endless": "one run takes longer than 60 s", "bad": "exit 1: it does not work", "liar": "it wrote nothing",
    }  # fmt: skip
    assert toy.ran[:7] == ["quick", "slow", "endless", "bad", "liar", "slow", "quick"]


class Importing(Toy):
    """A runner of commands that tell what they import, on standard error as Python does."""

    def said(self) -> str:
        return "import time:       900 |       9000 | click.said\n"

    def complained(self) -> str:
        own = "" if self.last[-1] == "pass" else (
            "import time:       200 |       9000 | click\nimport time:       300 |       9000 | agentpkg.cli\n"
            "import time:       400 |       9000 |   json\nimport time:       500 |       9000 | yaml\n"
        )  # fmt: skip
        return f"import time:       100 |       9000 | site\n{own}"

    def run(self, command: Command, limit: float) -> Sample | str:
        self.last = command.argv
        return super().run(replace(command, argv=(command.argv[0], "20")), limit)


def test_imports_are_told_by_whose_they_are_and_the_work_is_not_kept(tmp_path: Path) -> None:
    toy: Any = Importing()
    made = Bench(runner=toy, scratch=tmp_path, pace=Pace(rounds=2))
    found = where._race(made, made.world("where"), "sync", ("sync",), {"agents": 1})
    assert {part: [sample.wall for sample in record.samples] for part, record in found.records.items()} == {
        "python": [20, 20], "whole": [20, 20], "click": [0.2, 0.2], "agentpkg": [0.3, 0.3], "standard": [0.4, 0.4],
        "others": [0.5, 0.5],
    }  # fmt: skip


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_each_tool_is_asked_to_prove_what_it_wrote(tool: Any, tmp_path: Path) -> None:
    world, agents = World(folder=tmp_path), make_agents(2)
    wanted = tool.written(world, agents, HOSTS)
    assert len(wanted) == 2 * len(tool.hosts)
    for path, marker in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(marker)
    assert tool.why_undone(world, agents, HOSTS) is None
    path = next(iter(wanted))
    path.write_text("something else")
    assert "is not the agent" in str(tool.why_undone(world, agents, HOSTS))
    path.unlink()
    assert "it wrote no" in str(tool.why_undone(world, agents, HOSTS))


def test_agents_are_the_same_every_time_and_differ() -> None:
    agents = make_agents(200)
    assert agents == make_agents(200)
    assert len({agent.name for agent in agents}) == len({agent.body for agent in agents}) == 200
    assert {min(len(agent.body), 4000) // 1000 for agent in agents} == {0, 1, 2, 3, 4}


# Goals and bounds


def quick_results(**milliseconds: float) -> Results:
    """Return the results of a quick run in which every entrant takes what is told, or something harmless."""
    usual = {"python": 10.0, "agentpkg": 40.0, "frozen": 60.0, "read": 15.0, "apm": 900.0, "rulesync": 900.0,
             "ruler": 300.0} | milliseconds  # fmt: skip
    races = {goal.quick for goal in GOALS if goal.quick}
    entries = {
        name: {"shown": name, "failed": "" if wall else "exit 1", "samples": {"wall": [wall]},
               "figures": figures_of({"wall": [wall]}, usual["python"])}
        for name, wall in usual.items()
    }  # fmt: skip
    return Results({"races": {name: {"group": name, "axes": {}, "sizes": {}, "entries": entries} for name in races}})


def test_a_quick_run_that_keeps_to_the_bounds_passes() -> None:
    assert broken(quick_results()) == []


@pytest.mark.parametrize(
    ("worse", "told"),
    [
        ({"agentpkg": 95.0}, "`--version`: agentpkg to a bare Python: 9.5 x, must be at most 8 x (version)"),
        (
            {"agentpkg": 105.0},
            "nothing to do, 100 agents on 6 hosts: agentpkg to a bare Python: 10.5 x, must be at most 6 x",
        ),
        ({"apm": 100.0}, "the same: apm-cli to agentpkg: 2.5 x, must be at least 3 x (no-op/20/6)"),
        ({"rulesync": 44.0}, "the same: rulesync to agentpkg: 1.1 x, must be at least 1.2 x (install/20/6)"),
        (
            {"frozen": 400.0},
            "the same: `sync --frozen`, which reads every file, to reading and hashing: 26.7 x, must be at most 10 x",
        ),
        ({"ruler": 0.0}, "the same: ruler, on 4 hosts, to agentpkg: there is no figure, must be at least 1.5 x"),
    ],
)
def test_a_quick_run_with_a_worse_figure_is_told(worse: dict[str, float], told: str) -> None:
    assert any(line.startswith(told) for line in broken(quick_results(**worse)))


def test_bounds_are_wider_than_goals() -> None:
    for goal in GOALS:
        if goal.quick:
            assert goal.bound > goal.most if goal.most else goal.bound < (goal.least or 0)


def test_goals_are_judged_by_the_whole_run(document: Document) -> None:
    races, goal = copy.deepcopy(document), GOALS[0]
    entries = races["races"]["version"]["entries"]
    for factor, met in ((4.0, True), (6.0, False)):
        entries["agentpkg"]["figures"]["wall"] = entries["python"]["figures"]["wall"] * factor
        assert next(met for one, _, met in judged(Results(races)) if one is goal) is met


def test_goals_across_two_races_compare_what_each_took_of_its_own_bare_python(document: Document) -> None:
    goal = next(goal for goal in GOALS if goal.over == ("registry/10000", "install"))
    races = copy.deepcopy(document)

    def take(name: str, python: float, install: float) -> None:
        for entrant, wall in (("python", python), ("install", install)):
            races["races"][name]["entries"][entrant]["figures"]["wall"] = wall

    take("registry/1000", 10, 200)
    take("registry/10000", 20, 600)
    assert goal.found(Results(races)) == pytest.approx(1.5)
    del races["races"]["registry/1000"]["entries"]["python"]
    assert goal.found(Results(races)) is None


def test_no_tool_writes_where_another_host_reads() -> None:
    assert all(set(tool.hosts) <= set(tool.files) for tool in TOOLS)
    assert tuple(AGENTPKG.hosts) == HOSTS
