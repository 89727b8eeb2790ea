"""The installed graph: its tree both ways, the ways to a bundle, and that circles and depths come to an end."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agentpkg.graph import Graph, Link, find_chains, lay_out, make_graph, shortest_chain
from agentpkg.requirement import Requirement
from tests.unit.builders import a_locked_bundle

MANY = 100


def a_graph(roots: dict[str, str], **requires: dict[str, str]) -> Graph:
    """Return a graph in which every bundle of `requires` is installed in version 1.0.0."""
    return Graph(versions=dict.fromkeys(requires, "1.0.0"), roots=roots, requires=requires, paths={})


def drawn(graph: Graph, *names: str, invert: bool = False) -> list[str]:
    """Return the rows of a tree, a dot for each level that they stand in."""
    return [
        "." * len(row.lasts) + graph.name(row.link, asks=invert) + ("*" if row.repeated else "")
        for row in lay_out(graph, invert=invert, names=names)
    ]


DIAMOND = a_graph(
    {"top": "~=1.0", "other": ""}, top={"left": "", "right": ">=1"}, left={"base": "~=1.0"}, right={"base": ""},
    base={"ground": ""}, ground={}, other={},
)  # fmt: skip


def test_a_graph_is_made_of_manifest_and_lock() -> None:
    graph = make_graph(
        {"tool": Requirement(name="tool", specifier="~=1.0"), "own": Requirement(name="own", path="bundles/own")},
        {"tool": a_locked_bundle(version="1.2.0"), "own": a_locked_bundle(version="0.1.0")},
    )
    assert drawn(graph) == ["own 0.1.0 (bundles/own)", "tool 1.2.0 (~=1.0)"]


def test_what_is_met_again_is_not_told_again() -> None:
    assert drawn(DIAMOND) == [
        "top 1.0.0 (~=1.0)",
        ".left 1.0.0 (any)",
        "..base 1.0.0 (~=1.0)",
        "...ground 1.0.0 (any)",
        ".right 1.0.0 (>=1)",
        "..base 1.0.0 (any)*",
        "other 1.0.0 (any)",
    ]


def test_a_bundle_without_requirements_is_never_marked() -> None:
    graph = a_graph({"one": "", "two": ""}, one={"leaf": ""}, two={"leaf": ""}, leaf={})
    assert drawn(graph) == ["one 1.0.0 (any)", ".leaf 1.0.0 (any)", "two 1.0.0 (any)", ".leaf 1.0.0 (any)"]


def test_an_inverted_tree_ends_at_the_manifest() -> None:
    assert drawn(DIAMOND, "base", invert=True) == [
        "base 1.0.0",
        ".left 1.0.0 wants ~=1.0",
        "..top 1.0.0 wants any version",
        "...agentpkg.toml wants ~=1.0",
        ".right 1.0.0 wants any version",
        "..top 1.0.0 wants >=1*",
    ]
    assert [row for row in drawn(DIAMOND, invert=True) if row[0] != "."] == ["ground 1.0.0", "other 1.0.0"]


def test_lines_go_on_as_long_as_siblings_follow() -> None:
    rows = {row.link.bundle: row.lasts for row in lay_out(DIAMOND) if not row.repeated}
    assert rows["ground"] == (False, True, True)
    assert rows["right"] == (True,)


def test_what_is_missing_and_what_nothing_needs() -> None:
    graph = a_graph({"top": ""}, top={"gone": "~=1.0"}, stray={"base": ""}, base={})
    assert graph.missing() == ("gone",)
    assert graph.unneeded() == ("base", "stray")
    assert drawn(graph) == ["top 1.0.0 (any)", ".gone, not installed (~=1.0)"]
    assert shortest_chain(graph, "base") == ()
    assert find_chains(graph, "base", MANY) == ((), False)


def test_a_circle_comes_to_an_end() -> None:
    graph = a_graph({"a": ""}, a={"b": ""}, b={"c": ""}, c={"a": "", "b": ""})
    assert drawn(graph) == [
        "a 1.0.0 (any)",
        ".b 1.0.0 (any)",
        "..c 1.0.0 (any)",
        "...a 1.0.0 (any)*",
        "...b 1.0.0 (any)*",
    ]
    assert drawn(graph, "a", invert=True)[:2] == ["a 1.0.0", ".agentpkg.toml wants any version"]
    chains, more = find_chains(graph, "c", MANY)
    assert [[link.bundle for link in chain] for chain in chains] == [["a", "b", "c"]]
    assert not more


def test_the_shortest_way_and_all_of_them() -> None:
    graph = a_graph({"top": "~=1.0", "mid": ""}, top={"mid": ">=1", "base": ""}, mid={"base": "~=1.0"}, base={})
    chains, more = find_chains(graph, "base", MANY)
    assert [[(link.bundle, link.specifier) for link in chain] for chain in chains] == [
        [("mid", ""), ("base", "~=1.0")],
        [("top", "~=1.0"), ("base", "")],
        [("top", "~=1.0"), ("mid", ">=1"), ("base", "~=1.0")],
    ]
    assert not more
    assert shortest_chain(graph, "base") in chains[:2]


def test_a_way_through_what_nothing_needs_is_none() -> None:
    graph = a_graph({"top": ""}, top={"base": ""}, stray={"base": ""}, base={})
    assert find_chains(graph, "base", MANY)[0] == ((Link("top", ""), Link("base", "")),)


def a_ladder(ground: str) -> dict[str, dict[str, str]]:
    """Return bundles from s0 on, of which more ways lead to `ground` than anybody could take."""
    steps = {f"s{number}": {f"{side}{number}": "" for side in "lr"} for number in range(40)}
    sides = {f"{side}{number}": {f"s{number + 1}": ""} for number in range(40) for side in "lr"}
    return {**steps, **sides, "s40": {ground: ""}}


def test_a_ladder_that_nothing_needs_is_not_climbed() -> None:
    graph = a_graph({"base": ""}, **a_ladder("base"), base={})
    assert find_chains(graph, "base", MANY) == (((Link("base", ""),),), False)


def test_a_ladder_of_very_many_ways_is_cut_short() -> None:
    graph = a_graph({"s0": ""}, **a_ladder("end"), end={})
    chains, more = find_chains(graph, "s40", MANY)
    assert (len(chains), more) == (MANY, True)
    assert len(shortest_chain(graph, "s40")) == 81


def test_a_knot_of_circles_is_cut_short() -> None:
    """Where everything requires everything, most walks lead nowhere, and nobody could take them all."""
    names = [f"n{number}" for number in range(60)]
    graph = a_graph({"n0": ""}, **{one: dict.fromkeys(names, "") for one in names})
    chains, more = find_chains(graph, "n59", MANY)
    assert more
    assert len(chains) <= MANY
    assert len([*lay_out(graph)]) == 1 + 60 * 60


def test_no_depth_is_too_deep() -> None:
    depth = 1_500
    graph = a_graph(
        {"b0": ""}, **{f"b{number}": {f"b{number + 1}": ""} for number in range(depth)}, **{f"b{depth}": {}}
    )
    assert sum(1 for _ in lay_out(graph)) == depth + 1
    assert len(shortest_chain(graph, f"b{depth}")) == depth + 1
    assert len(find_chains(graph, f"b{depth}", MANY)[0][0]) == depth + 1


NAMES = st.sampled_from([f"n{number}" for number in range(7)])
TABLES = st.dictionaries(NAMES, st.sampled_from(["", "~=1.0"]), max_size=4)


@given(TABLES, st.dictionaries(NAMES, TABLES, max_size=7))
def test_every_graph_is_told_whole(roots: dict[str, str], requires: dict[str, dict[str, str]]) -> None:
    graph = a_graph(roots, **requires)
    rows = [*lay_out(graph)]
    assert {row.link.bundle for row in rows} == graph.reached()
    assert {row.link.bundle for row in lay_out(graph, invert=True)} <= {None, *graph.versions, *graph.reached()}
    for bundle in graph.versions:
        chains, more = find_chains(graph, bundle, 10_000)
        assert not more
        assert len({*chains}) == len(chains)
        assert bool(chains) == (bundle in graph.reached())
        assert len(shortest_chain(graph, bundle)) == min(map(len, chains), default=0)
        for chain in chains:
            assert chain[0].bundle in graph.roots
            assert chain[-1].bundle == bundle
            assert all(str(two.bundle) in graph.requires[str(one.bundle)] for one, two in pairwise(chain))
