"""The performance page says what was measured; figures are medians of their samples; bounds break. Nothing is timed."""

from __future__ import annotations

import copy
import json
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import page, results
from bench.goals import GOALS, broken, judged
from bench.measure import Command, Entrant, Pace, Sample, race
from bench.results import Results, figures_of, floor_of
from bench.tables import grid
from bench.texts import make_agents
from bench.tools import AGENTPKG, HOSTS, TOOLS
from bench.worlds import World

Document = dict[str, Any]


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


# Figures


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


# Running


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


def test_no_tool_writes_where_another_host_reads() -> None:
    assert all(set(tool.hosts) <= set(tool.files) for tool in TOOLS)
    assert tuple(AGENTPKG.hosts) == HOSTS
