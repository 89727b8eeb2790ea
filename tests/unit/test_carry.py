"""Carrying tool lists: what is particular to some hosts' lists, and that nothing is given unsaid."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from agentpkg.carry import Carried, carry_tools
from agentpkg.hosts.base import McpNames, PermissionMap, ToolList, ToolRow
from agentpkg.losses import Fidelity, Note
from tests.unit.builders import a_host, an_agent, held_by

if TYPE_CHECKING:
    from agentpkg.hosts.base import ToolControl

ROWS = (
    ToolRow(gives=("read",), names=("Read",)),
    ToolRow(gives=("shell",), names=("Run",)),
    ToolRow(gives=("ask",), names=("Ask",)),
)
LIST = ToolList(key="tools", rows=ROWS, mcp=McpNames(one="{server}.{tool}", every="{server}.*"))


def carry(control: ToolControl, *tools: str, every_tool: bool = False, widening: bool = False) -> Carried:
    agent = an_agent(*tools, every_tool=every_tool)
    return carry_tools(agent.tools, held_by(agent), a_host(control), widening)


def told(carried: Carried) -> list[tuple[Fidelity, str]]:
    return [(note.fidelity, note.detail) for note in carried.notes]


# An agent without a list of its own


def test_a_host_that_gives_every_tool_unasked_is_told_nothing() -> None:
    assert carry(LIST, every_tool=True) == Carried()


def test_a_host_that_has_a_word_for_every_tool_is_told_it() -> None:
    assert carry(replace(LIST, every=("*",)), every_tool=True) == Carried(header={"tools": ["*"]})


def test_a_host_without_a_word_for_every_tool_is_told_those_known_and_that_is_noted() -> None:
    carried = carry(replace(LIST, every=("Read", "Run")), every_tool=True)
    note = Note("tools", Fidelity.APPROXIMATED, "the host has no word for every tool: those known are named")
    assert carried == Carried(header={"tools": ["Read", "Run"]}, notes=[note])


def test_what_is_written_for_every_tool_is_not_written_for_an_agent_with_a_list() -> None:
    assert carry(replace(LIST, every=("*",)), "read").header == {"tools": ["Read"]}
    assert carry(replace(LIST, every=("*",))).header == {"tools": []}


# An agent that is left no tool


@pytest.mark.parametrize("tools", [(), ("delegate",), ("todo",)])
def test_where_an_empty_list_would_give_something_a_name_without_power_stands_in(tools: tuple[str, ...]) -> None:
    carried = carry(replace(LIST, empty=("Ask",)), *tools)
    assert carried.header == {"tools": ["Ask"]}
    assert carried.gained == set()


def test_the_name_without_power_is_not_written_beside_others() -> None:
    assert carry(replace(LIST, empty=("Ask",)), "read").header == {"tools": ["Read"]}


@pytest.mark.parametrize("tools", [(), ("delegate",)])
def test_where_no_tool_cannot_be_said_every_tool_is_gained_and_no_list_is_written(tools: tuple[str, ...]) -> None:
    carried = carry(replace(LIST, empty=None), *tools)
    assert (carried.header, carried.gained) == ({}, {"*"})
    detail = "the host cannot be told that an agent has no tool: it has all of the session's"
    assert told(carried)[-1] == (Fidelity.WIDENED, detail)


def test_where_no_tool_cannot_be_said_an_agent_with_a_shell_gains_nothing() -> None:
    carried = carry(replace(LIST, rows=ROWS[:1], empty=None), "shell")
    assert (carried.header, carried.gained) == ({}, set())
    assert [fidelity for fidelity, _ in told(carried)] == [Fidelity.NARROWED, Fidelity.APPROXIMATED]


def test_where_no_tool_cannot_be_said_a_list_with_a_tool_is_written_as_ever() -> None:
    assert carry(replace(LIST, empty=None), "read") == Carried(header={"tools": ["Read"]})


# What every agent of a host has


@pytest.mark.parametrize(
    "control",
    [
        replace(LIST, always=("delegate", "todo")),
        PermissionMap(key="tools", base={"*": "deny"}, rows=ROWS, always=("delegate", "todo")),
    ],
    ids=lambda control: type(control).__name__,
)
def test_what_an_agent_always_has_is_gained_unless_it_holds_it(control: ToolControl) -> None:
    carried = carry(control, "read")
    assert carried.gained == {"delegate"}
    assert told(carried) == [(Fidelity.WIDENED, "every agent has delegate there, whatever its list says")]
    for tools in (("shell",), ("read", "delegate")):
        assert carry(control, *tools).gained == set()
    assert carry(control, every_tool=True) == Carried()


def test_what_an_agent_always_has_is_gained_by_one_without_any_tool_too() -> None:
    assert carry(replace(LIST, always=("delegate",))).gained == {"delegate"}


# Tools of MCP servers

SERVERS = replace(LIST, mcp=None, servers="servers")


def test_a_list_of_servers_stands_beside_every_list_of_tools() -> None:
    assert carry(SERVERS, "read").header == {"servers": [], "tools": ["Read"]}
    assert carry(SERVERS).header == {"servers": [], "tools": []}
    assert carry(SERVERS, every_tool=True).header == {}


def test_whole_servers_are_listed_and_single_tools_of_them_are_dropped() -> None:
    carried = carry(SERVERS, "read", "mcp:own/*", "mcp:other/query")
    assert carried.header == {"servers": ["own"], "tools": ["Read"]}
    assert told(carried) == [(Fidelity.NARROWED, "no tool for mcp:other/query")]
    assert carried.gained == set()


def test_servers_are_no_reason_to_leave_the_list_of_tools_empty_where_that_means_all() -> None:
    carried = carry(replace(SERVERS, empty=("Ask",)), "mcp:own/*")
    assert carried == Carried(header={"servers": ["own"], "tools": ["Ask"]})


def test_an_agent_that_keeps_a_server_is_not_told_to_be_without_any_tool() -> None:
    carried = carry(SERVERS, "mcp:own/*", "delegate")
    assert told(carried) == [(Fidelity.NARROWED, "no tool for delegate")]


def test_one_word_for_the_tools_of_listed_servers_is_written_once() -> None:
    word = McpNames(one="mcp", every="mcp", ambiguous=r" (?!\*\Z)")
    control = replace(LIST, mcp=word, servers="servers")
    assert carry(control, "mcp:own/*", "mcp:more/*").header == {"servers": ["own", "more"], "tools": ["mcp"]}
    carried = carry(control, "mcp:own/query")
    assert carried.header == {"servers": [], "tools": []}
    assert told(carried) == [(Fidelity.NARROWED, "no tool for mcp:own/query; no tool is left")]


def test_where_tools_of_servers_cannot_be_named_they_are_dropped() -> None:
    carried = carry(replace(LIST, mcp=None), "read", "mcp:own/*", "mcp:own/query")
    assert carried.header == {"tools": ["Read"]}
    assert told(carried) == [(Fidelity.NARROWED, "no tool for mcp:own/*, mcp:own/query")]


def test_a_name_for_all_of_a_server_that_matches_more_is_told() -> None:
    control = replace(LIST, mcp=McpNames(one="{server}.{tool}", every="{server}.*", loose=True))
    detail = "mcp:own/* also matches servers whose names begin with that"
    assert carry(control, "mcp:own/*", "mcp:other/query").notes == [Note("mcp", Fidelity.APPROXIMATED, detail)]


# A list that is one text


@pytest.mark.parametrize(
    ("tools", "text"), [(("read", "shell", "mcp:own/*"), "Read, Run, own.*"), (("read",), "Read"), ((), "")]
)
def test_a_joined_list_is_one_text(tools: tuple[str, ...], text: str) -> None:
    assert carry(replace(LIST, joined=True), *tools).header == {"tools": text}


def test_a_joined_list_stands_for_every_tool_and_for_none_too() -> None:
    joined = replace(LIST, joined=True, every=("Read", "Run"), empty=("Ask",))
    assert carry(joined, every_tool=True).header == {"tools": "Read, Run"}
    assert carry(joined).header == {"tools": "Ask"}
