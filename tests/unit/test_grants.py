"""Powers are ordered, and `Grants.covers` is the order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentpkg.grants import (
    EVERYTHING,
    FOREIGN_NAMES,
    POWERLESS,
    TOOLS,
    Grants,
    Tool,
    left_by,
    name_powers,
    parse_tool,
)
from tests.unit.builders import TOOL_LISTS

SERVER = "mcp-server:context7 npx -y @upstash/context7-mcp"
FIELD = "claude.permissionMode=bypassPermissions"


def grants(*powers: str) -> Grants:
    return Grants(frozenset(powers))


# What the session itself can do.
SESSION = "* shell read write edit notebook-edit glob grep list web-fetch web-search delegate mcp:own/query mcp:own/*"
COVERED = [
    # who holds    can do already
    ("read", "read grep glob list"),
    ("grep", "read grep glob list"),
    ("glob", "glob list"),
    ("list", "list glob"),
    ("write", "write edit notebook-edit read grep glob list"),
    ("edit", "write edit notebook-edit read grep glob list"),
    ("web-fetch", "web-fetch web-search"),
    ("shell", SESSION),
    ("*", SESSION),
    ("read", "read(src/**) grep(src/**)"),
    ("edit", "edit(src/**) write(src/**) read(src/**)"),
    ("shell", "shell(git) read(src/**)"),
    ("*", "shell(git) read(src/**)"),
    ("edit(src/**)", "edit(src/**) write(src/**) read(src/**)"),
    ("mcp:own/*", "mcp:own/query mcp:own/*"),
    ("mcp:own/query", "mcp:own/query"),
    ("read", "todo skill ask"),
    (SERVER, SERVER),
    (FIELD, FIELD),
]
NOT_COVERED = [
    ("read", "* write edit shell web-fetch web-search delegate mcp:own/query mcp:own/*"),
    ("glob", "read grep"),
    ("list", "read grep"),
    ("edit", "* shell web-fetch delegate"),
    ("notebook-edit", "edit write read"),
    ("web-search", "web-fetch"),
    ("web-fetch", "read shell delegate"),
    ("delegate", "* shell read web-fetch"),
    ("shell(git)", "* shell shell(rm) read edit web-fetch delegate mcp:own/query"),
    ("read(src/**)", "read read(docs/**) grep(docs/**)"),
    ("edit(src/**)", "edit read edit(docs/**)"),
    ("mcp:own/query", "mcp:own/* mcp:own/drop mcp:other/query"),
    ("mcp:own/*", "* mcp:other/query mcp:own2/query"),
    ("todo skill ask", "read list delegate"),
]
ALWAYS_APART = [f"{SERVER} --other", "mcp-server:other npx other", "claude.permissionMode=auto", "claude.memory=user"]


@pytest.mark.parametrize(("held", "powers"), COVERED)
def test_whoever_holds_the_one_can_already_do_the_other(held: str, powers: str) -> None:
    for power in [powers] if powers in (SERVER, FIELD) else powers.split():
        assert grants(held).covers(power), power


@pytest.mark.parametrize(("held", "powers"), NOT_COVERED)
def test_whoever_holds_the_one_could_not_do_the_other(held: str, powers: str) -> None:
    for power in powers.split():
        assert not grants(*held.split()).covers(power), power


@pytest.mark.parametrize("power", ALWAYS_APART)
@pytest.mark.parametrize("held", ["*", "shell", SERVER, FIELD])
def test_what_a_bundle_brings_and_what_a_host_field_adds_is_covered_by_nothing_else(held: str, power: str) -> None:
    assert not grants(held).covers(power)


def test_nothing_covers_nothing_but_bookkeeping() -> None:
    assert [tool for tool in (*TOOLS, EVERYTHING, "mcp:own/*") if grants().covers(tool)] == sorted(
        POWERLESS, key=TOOLS.index
    )


SCOPED = [f"{tool}({scope})" for tool in TOOLS for scope in ("git *", "src/**", "a.b")]
SERVER_TOOLS = ["mcp:own/*", "mcp:own/query", "mcp:other/*", "mcp:other/query"]
UNIVERSE = [*TOOLS, EVERYTHING, SERVER, FIELD, *SERVER_TOOLS, *SCOPED]
POWERS = st.sampled_from(UNIVERSE)
SETS = st.frozensets(POWERS, max_size=5).map(Grants)


@given(SETS)
def test_grants_cover_themselves(held: Grants) -> None:
    assert held.beyond(held) == ()


@given(SETS, st.data())
def test_covering_is_transitive(held: Grants, data: st.DataObject) -> None:
    within = [power for power in UNIVERSE if held.covers(power)]
    middle = Grants(data.draw(st.frozensets(st.sampled_from(within), max_size=5)))
    assert [power for power in UNIVERSE if middle.covers(power) and not held.covers(power)] == []


@given(SETS, SETS, POWERS)
def test_more_powers_never_cover_less(held: Grants, more: Grants, power: str) -> None:
    if held.covers(power):
        assert held.with_powers(more).covers(power)


@given(TOOL_LISTS)
def test_an_agent_without_a_tool_list_covers_every_tool_list(tools: tuple[str, ...]) -> None:
    assert Grants.of(tuple(parse_tool(tool) for tool in tools)).beyond(Grants.of(None)) == ()


def test_an_absent_tool_list_is_every_tool_and_an_empty_one_none() -> None:
    assert tuple(Grants.of(None)) == (EVERYTHING,)
    assert tuple(Grants.of(())) == ()


def test_grants_of_tools_are_their_powers_without_bookkeeping_and_what_comes_beside() -> None:
    tools = (Tool("todo"), Tool("shell", "git *"), Tool("read"), Tool("mcp:own/*"))
    assert tuple(Grants.of(tools, (SERVER,))) == (SERVER, "mcp:own/*", "read", "shell(git *)")


def test_what_is_beyond_is_sorted() -> None:
    assert grants("shell", "edit", "read").beyond(grants("read")) == ("edit", "shell")


@pytest.mark.parametrize(
    ("powers", "text"),
    [((), "nothing"), (("*",), "every tool"), (("read", "shell(git *)"), "read, shell(git *)")],
)
def test_powers_have_words(powers: tuple[str, ...], text: str) -> None:
    assert name_powers(powers) == text


# Tools


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("read", Tool("read")),
        ("web-fetch", Tool("web-fetch")),
        ("shell(git *)", Tool("shell", "git *")),
        ("edit(docs/**)", Tool("edit", "docs/**")),
        ("mcp:context7/get-library-docs", Tool("mcp:context7/get-library-docs")),
        ("mcp:my.server-2/*", Tool("mcp:my.server-2/*")),
    ],
)
def test_a_tool_is_read_from_its_text_and_written_as_it(text: str, tool: Tool) -> None:
    assert parse_tool(text) == tool
    assert str(tool) == text


def test_a_tool_of_a_server_knows_both() -> None:
    tool = parse_tool("mcp:context7/get-library-docs")
    assert (tool.server, tool.server_tool) == ("context7", "get-library-docs")
    assert parse_tool("read").server is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Read", "'Read' is not a tool; its name here is 'read'"),
        ("Bash", "'Bash' is not a tool; its name here is 'shell'"),
        ("execute", "'execute' is not a tool; its name here is 'shell'"),
        ("ListDirectory", "'ListDirectory' is not a tool; its name here is 'list'"),
        ("Bash(git *)", "'Bash(git *)' is not a tool; its name here is 'shell'"),
        ("mcp__context7__query", "'mcp__context7__query' is not a tool; its name here is 'mcp:context7/query'"),
        ("mcp__context7", "'mcp__context7' is not a tool; its name here is 'mcp:context7/*'"),
        ("fly", "'fly' is not a tool"),
        ("", "'' is not a tool"),
        ("*", "'*' is not a tool"),
        ("read ", "'read ' is not a tool"),
        ("shell()", "'shell()' is not a tool; its name here is 'shell'"),
        ("shell(a)(b)", "'shell(a)(b)' is not a tool; its name here is 'shell'"),
        ("shell(a", "'shell(a' is not a tool; its name here is 'shell'"),
        ("mcp:own", "'mcp:own' is not a tool"),
        ("mcp:/query", "'mcp:/query' is not a tool"),
        ("mcp:*/query", "'mcp:*/query' is not a tool"),
        ("mcp:own/a/b", "'mcp:own/a/b' is not a tool"),
        ("mcp:own/query(x)", "'mcp:own/query(x)': a tool of an MCP server takes no scope"),
    ],
)
def test_what_is_no_tool_is_refused_with_the_name_that_was_meant(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"is not a tool|takes no scope") as caught:
        parse_tool(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["shell(git *)\n", "shell(a\nerror: b)", "shell(a\tb)", "shell( )"])
def test_a_scope_is_visible_and_stands_on_one_line(text: str) -> None:
    """A power is shown to a person who decides about it; it must not be able to look like anything else."""
    with pytest.raises(ValueError, match="is not a tool"):
        parse_tool(text)


@pytest.mark.parametrize("text", ["mcp:c\u043entext7/query", "mcp:own/qu\u0435ry"], ids=["server", "tool"])
def test_a_server_and_its_tools_are_written_in_ascii_so_that_none_looks_like_another(text: str) -> None:
    with pytest.raises(ValueError, match="is not a tool"):
        parse_tool(text)


@pytest.mark.parametrize("text", ["shell(*)", "edit(**)"])
def test_a_scope_that_limits_nothing_is_no_scope(text: str) -> None:
    """Hosts match everything with it, so it must not be ordered below the tool without a scope."""
    try:
        tool = parse_tool(text)
    except ValueError:
        return
    assert tool.scope is None


def test_every_foreign_name_stands_for_a_tool_of_ours() -> None:
    assert set(FOREIGN_NAMES.values()) <= set(TOOLS)


@pytest.mark.parametrize("text", ["shell(*)", "shell(?*)", "shell(*:*)", "read(./**)", "read(~/**)", "edit(**/*.*)"])
def test_a_scope_of_wildcards_alone_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="a scope that lets everything through is none"):
        parse_tool(text)


@pytest.mark.parametrize("text", ["shell(git *)", "read(src/**)", "edit(*.md)", "shell(npm:*)"])
def test_a_scope_with_a_word_in_it_is_one(text: str) -> None:
    assert str(parse_tool(text)) == text


@pytest.mark.parametrize(
    ("tools", "left"),
    [
        (None, {"edit", "mcp:db/ask", "mcp-server:db serve", "mcp-server:dbs serve", "skill:sql", "inn.mode=wild"}),
        ((), {"skill:sql", "inn.mode=wild"}),
        (("read", "todo"), {"read", "skill:sql", "inn.mode=wild"}),
        (("mcp:db/ask",), {"mcp:db/ask", "mcp-server:db serve", "skill:sql", "inn.mode=wild"}),
    ],
)
def test_what_is_left_of_powers_by_a_shorter_list_of_tools(tools: tuple[str, ...] | None, left: set[str]) -> None:
    powers = {"edit", "mcp:db/ask", "mcp-server:db serve", "mcp-server:dbs serve", "skill:sql", "inn.mode=wild"}
    parsed = None if tools is None else tuple(parse_tool(tool) for tool in tools)
    assert left_by(powers, parsed) == Grants(frozenset(left))
