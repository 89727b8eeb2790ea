"""Rendering: what each kind of host control can hold, and that powers never grow on the way unsaid."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agentpkg.bundle import McpServer
from agentpkg.errors import ContentRefused
from agentpkg.grants import EVERYTHING, Grants
from agentpkg.hostfields import host_powers
from agentpkg.hosts import HOSTS
from agentpkg.hosts.base import (
    BodyLimit,
    HostField,
    McpNames,
    Models,
    NoControl,
    PermissionMap,
    ReadonlySwitch,
    ServerDeclaration,
    ServerShape,
    TextHazard,
    ToolList,
    ToolRow,
)
from agentpkg.losses import Fidelity, Note
from agentpkg.manifest import HostSettings
from agentpkg.render import Rendering, render_agent
from tests.support.examples import examples
from tests.unit.builders import PLAIN_HOST, TOOL_LISTS, TRICKY, a_host, an_agent, held_by

if TYPE_CHECKING:
    from agentpkg.agent import Agent
    from agentpkg.header import Header
    from agentpkg.hosts.base import Host, ToolControl, Value

MCP = McpNames(one="{server}.{tool}", every="{server}.*", unsafe=r"[^a-z0-9]", no_wildcard="-", longest=20)
LIST = ToolList(
    key="tools",
    rows=(
        ToolRow(gives=("read", "list"), names=("Read",)),
        ToolRow(gives=("edit", "write"), names=("Edit",)),
        ToolRow(gives=("glob", "grep"), names=("Search",)),
        ToolRow(gives=("glob",), names=("Glob", "Find")),
        ToolRow(gives=("shell",), names=("Run",)),
        ToolRow(gives=("skill",)),
    ),
    mcp=MCP,
)
MAP = PermissionMap(
    key="permission",
    base={"*": "no", "outside": "ask"},
    rows=(
        ToolRow(gives=("read",), names=("read",), rule={"*": "allow", "*.env": "ask"}, scoped=True),
        ToolRow(gives=("edit", "write"), names=("edit",), scoped=True),
        ToolRow(gives=("shell",), names=("run",), scoped=True),
        ToolRow(gives=("web-fetch",), names=("web",)),
    ),
    mcp=MCP,
    deny="no",
)
SWITCH = ReadonlySwitch(key="readonly", leaves=("read", "grep", "web-fetch"))
CONTROLS: list[ToolControl] = [LIST, MAP, SWITCH, NoControl()]
EVERY_HOST = pytest.mark.parametrize("host", [pytest.param(host, id=name) for name, host in HOSTS.items()])


def render(agent: Agent, host: Host, *, widening: bool = False, grants: Grants | None = None) -> Rendering:
    return render_agent(agent, grants or held_by(agent), host, HostSettings(widening=widening))


def header_of(content: bytes, host: Host) -> dict[str, Value]:
    text = content.decode()
    if host.form == "toml":
        return tomllib.loads(text)
    if host.form == "modes":
        (mode,) = yaml.safe_load(f"customModes:\n{text}")["customModes"]
        return {key: value for key, value in mode.items() if key != host.body_key}
    header: dict[str, Value] = yaml.safe_load(text.split("---\n")[1])
    return header


def names_in(written: dict[str, Value], control: ToolList) -> list[str]:
    """Return the names in a tool list."""
    value = written[control.key]
    if control.joined:
        assert isinstance(value, str)
        return value.split(", ") if value else []
    assert isinstance(value, list)
    return [str(name) for name in value]


def header(agent: Agent, host: Host) -> dict[str, Value]:
    return header_of(render(agent, host).content, host)


def carried(
    control: ToolControl, *tools: str, widening: bool = False
) -> tuple[object, tuple[Note, ...], tuple[str, ...]]:
    """Return what stands in the header for the tools, the notes, and the powers gained."""
    host = a_host(control)
    rendering = render(an_agent(*tools), host, widening=widening)
    key = getattr(control, "key", "tools")
    return header_of(rendering.content, host).get(key), rendering.notes, rendering.gained


def narrowed(detail: str) -> tuple[Note, ...]:
    return (Note("tools", Fidelity.NARROWED, detail),)


# A host with a tool list


@pytest.mark.parametrize(
    ("tools", "names"),
    [
        ((), []),
        (("read",), ["Read"]),
        (("read", "list"), ["Read"]),
        (("edit",), ["Edit"]),
        (("edit", "read"), ["Read", "Edit"]),
        (("glob",), ["Glob", "Find"]),
        (("grep",), ["Search"]),
        (("glob", "grep"), ["Search"]),
        (("shell",), ["Run"]),
        (("shell", "glob"), ["Search", "Run"]),
        (("skill",), []),
        (("mcp:own/query",), ["own.query"]),
        (("mcp:own/*",), ["own.*"]),
        (("mcp:my_db/que-ry",), ["my_db.que_ry"]),
    ],
)
def test_a_tool_list_holds_tools_exactly(tools: tuple[str, ...], names: list[str]) -> None:
    assert carried(LIST, *tools) == (names, (), ())


@pytest.mark.parametrize(
    ("tools", "names", "detail"),
    [
        (("list",), [], "no tool for list; no tool is left"),
        (("read", "delegate"), ["Read"], "no tool for delegate"),
        (("shell(git *)",), [], "no tool for shell(git *); no tool is left"),
        (("read", "web-fetch", "ask"), ["Read"], "no tool for web-fetch, ask"),
        (("read", "mcp:my-db/*"), ["Read"], "no tool for mcp:my-db/*"),
        (("read", "mcp:own/get-library-docs-now"), ["Read"], "no tool for mcp:own/get-library-docs-now"),
    ],
)
def test_a_tool_list_leaves_out_what_it_cannot_hold_and_says_so(
    tools: tuple[str, ...], names: list[str], detail: str
) -> None:
    assert carried(LIST, *tools) == (names, narrowed(detail), ())


def test_a_name_that_gives_more_than_the_agent_holds_is_not_written() -> None:
    host = a_host(ToolList(key="tools", rows=(ToolRow(gives=("read", "shell"), names=("Everything",)),), mcp=MCP))
    assert header(an_agent("read"), host)["tools"] == []
    assert header(an_agent("read", "shell"), host)["tools"] == ["Everything"]


def test_where_the_project_allows_it_a_tool_is_written_under_a_wider_name_and_the_gain_is_told() -> None:
    assert carried(LIST, "shell(git *)", widening=True) == (
        ["Run"],
        (Note("tools", Fidelity.WIDENED, "shell(git *) is written as Run, which gives shell"),),
        ("shell",),
    )


def test_a_tool_that_no_name_gives_is_left_out_even_where_widening_is_allowed() -> None:
    assert carried(LIST, "delegate", widening=True) == ([], narrowed("no tool for delegate; no tool is left"), ())


def test_widening_is_noted_only_where_something_is_gained() -> None:
    """Who edits any file reads any file, so nothing is gained where the scope on reading cannot be written."""
    _, notes, gained = carried(LIST, "edit", "read(src/**)", widening=True)
    assert gained == ()
    assert Fidelity.WIDENED not in [note.fidelity for note in notes]


# A host with a map of permissions

BASE = {"*": "no", "outside": "ask"}


@pytest.mark.parametrize(
    ("tools", "rules"),
    [
        ((), {}),
        (("read",), {"read": {"*": "allow", "*.env": "ask"}}),
        (("edit",), {"edit": "allow"}),
        (("write", "edit"), {"edit": "allow"}),
        (("shell(git *)",), {"run": {"*": "no", "git *": "allow"}}),
        (("shell(git *)", "shell(ls)"), {"run": {"*": "no", "git *": "allow", "ls": "allow"}}),
        (("edit(src/**)",), {"edit": {"*": "no", "src/**": "allow"}}),
        (("edit", "edit(src/**)"), {"edit": "allow"}),
        (("mcp:own/query", "mcp:own/*"), {"own.query": "allow", "own.*": "allow"}),
    ],
)
def test_a_permission_map_takes_everything_away_and_allows_the_tools_exactly(
    tools: tuple[str, ...], rules: dict[str, Value]
) -> None:
    assert carried(MAP, *tools) == ({**BASE, **rules}, (), ())


@pytest.mark.parametrize(
    ("tools", "detail"),
    [
        (("web-fetch(example.com)",), "no tool for web-fetch(example.com); no tool is left"),
        (("delegate",), "no tool for delegate; no tool is left"),
    ],
)
def test_a_permission_map_leaves_out_what_it_cannot_hold(tools: tuple[str, ...], detail: str) -> None:
    assert carried(MAP, *tools) == (BASE, narrowed(detail), ())


def test_rendering_one_agent_changes_no_host_for_the_next() -> None:
    before = repr(MAP)
    carried(MAP, "read", "read(src/**)", "shell(git *)", "edit(src/**)")
    assert repr(MAP) == before


def test_the_rule_that_takes_everything_away_comes_first() -> None:
    rules = carried(MAP, "read", "mcp:own/*")[0]
    assert isinstance(rules, dict)
    assert next(iter(rules)) == "*"


# A host with a switch for read-only


def test_a_switch_holds_an_agent_that_only_looks() -> None:
    assert carried(SWITCH, "read", "grep", "web-fetch") == (True, (), ())


@pytest.mark.parametrize(
    ("tools", "gained"),
    [((), ("grep", "read", "web-fetch")), (("read",), ("web-fetch",)), (("web-fetch",), ("grep", "read"))],
)
def test_what_the_switch_leaves_beyond_the_agents_tools_is_gained(
    tools: tuple[str, ...], gained: tuple[str, ...]
) -> None:
    note = Note("tools", Fidelity.WIDENED, f"readonly still leaves {', '.join(gained)}")
    assert carried(SWITCH, *tools) == (True, (note,), gained)


def test_what_the_switch_takes_away_is_told() -> None:
    found = carried(SWITCH, "read", "web-fetch", "delegate", "todo", "mcp:own/query")
    assert found == (True, narrowed("readonly takes away delegate, mcp:own/query"), ())


@pytest.mark.parametrize("tools", [("edit",), ("write", "read"), ("notebook-edit",), ("shell(git *)",)])
def test_an_agent_that_must_change_something_cannot_be_switched_to_read_only(tools: tuple[str, ...]) -> None:
    note = Note("tools", Fidelity.WIDENED, "no tool list: the agent has all of the session's tools")
    assert carried(SWITCH, *tools) == (None, (note,), (EVERYTHING,))


def test_an_agent_with_a_shell_gains_nothing_without_the_switch() -> None:
    note = Note("tools", Fidelity.APPROXIMATED, "no tool list: the agent has the session's tools")
    assert carried(SWITCH, "shell", "read") == (None, (note,), ())


# A host without any control


@pytest.mark.parametrize("tools", [(), ("read",), ("edit", "web-fetch"), ("shell(git *)",)])
def test_a_host_that_holds_nothing_back_widens_every_agent_without_a_shell(tools: tuple[str, ...]) -> None:
    note = Note("tools", Fidelity.WIDENED, "no tool list: the agent has all of the session's tools")
    assert carried(NoControl(), *tools) == (None, (note,), (EVERYTHING,))


def test_a_host_that_holds_nothing_back_approximates_an_agent_with_a_shell() -> None:
    note = Note("tools", Fidelity.APPROXIMATED, "no tool list: the agent has the session's tools")
    assert carried(NoControl(), "shell") == (None, (note,), ())


# Absent and empty


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: type(control).__name__)
def test_an_agent_without_a_tool_list_has_none_on_any_host_and_gains_nothing(control: ToolControl) -> None:
    rendering = render(an_agent(every_tool=True), a_host(control))
    assert header_of(rendering.content, a_host(control)).keys() == {"name", "description"}
    assert (rendering.notes, rendering.gained, rendering.fidelity) == ((), (), Fidelity.EXACT)


@EVERY_HOST
def test_an_empty_and_an_absent_tool_list_are_never_confused(host: Host) -> None:
    """Either the header tells them apart, or the empty one is refused because it would gain what it must not hold."""
    absent, empty = render(an_agent(every_tool=True), host), render(an_agent(), host)
    assert absent.gained == ()
    assert absent.content != empty.content or empty.gained == (EVERYTHING,)
    match host.tools:
        case ToolList(key=key, every=every, empty=none):
            written = header_of(absent.content, host)
            assert names_in(written, host.tools) == list(every) if every else key not in written
            written = header_of(empty.content, host)
            assert key not in written if none is None else names_in(written, host.tools) == list(none)
        case PermissionMap():
            assert host.tools.key not in header_of(absent.content, host)
            assert header_of(empty.content, host)[host.tools.key] == host.tools.base
        case ReadonlySwitch():
            assert host.tools.key not in header_of(absent.content, host)
            assert header_of(empty.content, host)[host.tools.key] is True
            assert empty.gained == tuple(sorted(host.tools.leaves))
        case NoControl():
            assert empty.gained == (EVERYTHING,)


# Powers on the way to a host


def spelled(agent: Agent, names: McpNames | None) -> set[str]:
    """Return the names of the agent's MCP tools as the host spells them, whether or not it can."""
    found: set[str] = set()
    if names is None:
        return found
    for tool in agent.tools or ():
        template = names.every if tool.server_tool == "*" else names.one
        if tool.server and template:
            parts = (
                re.sub(names.unsafe, "_", part) if names.unsafe else part for part in (tool.server, tool.server_tool)
            )
            server, name = parts
            found.add(template.format(server=server, tool="*" if tool.server_tool == "*" else name))
    return found


def powers_written(agent: Agent, host: Host, written: dict[str, Value]) -> set[str]:
    """Return the powers that a header gives, told by the host's own rows and by nothing that `render` says."""
    match host.tools:
        case NoControl():
            return {EVERYTHING}
        case ReadonlySwitch(key=key, leaves=leaves):
            return set(leaves) if written.get(key) is True else {EVERYTHING}
        case ToolList(key=key, rows=rows, mcp=mcp):
            if key not in written:
                return {EVERYTHING}
            names = names_in(written, host.tools)
            assert len(set(names)) == len(names)
            own = [name for name in names if any(name in row.names for row in rows)]
            assert {name for name in names if name not in own} <= spelled(agent, mcp).union(host.tools.empty or ())
            alone = {name: [row for row in rows if name in row.names] for name in own}  # the narrowest row tells of it
            powers = {power for of in alone.values() for power in min(of, key=lambda row: len(row.names)).gives}
            servers = written[host.tools.servers] if host.tools.servers else []
            assert isinstance(servers, list)
            return powers.union(host.tools.always, (f"mcp:{server}/*" for server in servers))
        case PermissionMap(key=key, rows=rows, base=base, mcp=mcp):
            rules = written[key]
            assert isinstance(rules, dict)
            assert list(rules)[: len(base)] == list(base)
            powers = set(host.tools.always)
            for name, rule in list(rules.items())[len(base) :]:
                row = next((row for row in rows if name in row.names), None)
                if row is None:
                    assert name in spelled(agent, mcp)
                    assert rule == "allow"
                elif rule == row.rule:
                    powers.update(row.gives)
                else:
                    assert isinstance(rule, dict)
                    assert row.scoped
                    powers.update(f"{give}({scope})" for give in row.gives for scope in rule if rule[scope] == "allow")
            return powers


@EVERY_HOST
@examples(25)
@given(tools=TOOL_LISTS, widening=st.booleans())
def test_what_is_written_gives_no_power_that_the_agent_does_not_hold_unless_it_is_told(
    host: Host, tools: tuple[str, ...], widening: bool
) -> None:
    agent = an_agent(*tools)
    rendering = render(agent, host, widening=widening)
    powers = powers_written(agent, host, header_of(rendering.content, host))
    assert Grants(frozenset(powers)).beyond(held_by(agent).with_powers(rendering.gained)) == ()


@EVERY_HOST
@examples(25)
@given(tools=TOOL_LISTS, widening=st.booleans())
def test_powers_are_gained_only_where_widening_is_noted(host: Host, tools: tuple[str, ...], widening: bool) -> None:
    rendering = render(an_agent(*tools), host, widening=widening)
    if rendering.gained:
        assert rendering.fidelity is Fidelity.WIDENED


@EVERY_HOST
@examples(25)
@given(tools=TOOL_LISTS)
def test_what_is_gained_is_what_the_agent_does_not_hold(host: Host, tools: tuple[str, ...]) -> None:
    agent = an_agent(*tools)
    gained = render(agent, host).gained
    assert Grants(frozenset(gained)).beyond(held_by(agent)) == gained


@EVERY_HOST
@examples(25)
@given(tools=TOOL_LISTS)
def test_a_host_with_a_list_or_a_map_widens_unasked_only_by_what_it_always_gives(
    host: Host, tools: tuple[str, ...]
) -> None:
    if isinstance(host.tools, ToolList | PermissionMap):
        rendering = render(an_agent(*tools), host)
        untold = isinstance(host.tools, ToolList) and host.tools.key not in header_of(rendering.content, host)
        assert set(rendering.gained) <= {*host.tools.always, *([EVERYTHING] if untold else [])}


@EVERY_HOST
def test_no_tool_of_a_server_is_written_as_a_tool_of_the_host(host: Host) -> None:
    """A bundle that names its server after a tool of the host, or a group of them, must not be given those."""
    if not isinstance(host.tools, ToolList | PermissionMap):
        return
    rows = [name for row in host.tools.rows for name in row.names]
    own = {*rows, *(host.tools.base if isinstance(host.tools, PermissionMap) else ())} - {"*"}
    taken = set()
    for name in own:
        first = re.split("[/_]", name)[0]
        for tool in (name.removeprefix(first)[1:] or "run", "*"):
            rules = rules_for(an_agent(f"mcp:{first}/{tool}"), host)
            taken |= {f"mcp:{first}/{tool}" for rule in rules for one in own if fnmatchcase(one, str(rule))}
            taken |= {f"mcp:{first}/{tool}" for rule in rules for one in own if str(rule).startswith(f"{one}/")}
    assert sorted(taken) == []


def rules_for(agent: Agent, host: Host) -> list[str]:
    """Return the names that are allowed to the agent, but for those that stand for no tool at all."""
    written = header(agent, host)
    if isinstance(host.tools, ToolList):
        names = names_in(written, host.tools) if host.tools.key in written else []
        return [name for name in names if name not in (host.tools.empty or ())]
    assert isinstance(host.tools, PermissionMap)
    rules = written[host.tools.key]
    assert isinstance(rules, dict)
    return [name for name, rule in rules.items() if rule == "allow"]


# MCP servers that a bundle brings


def test_a_server_that_the_bundle_brings_is_told_to_be_added_by_hand() -> None:
    server = McpServer(name="own", command="npx", args=("-y", "own"), env=("TOKEN",), headers={})
    agent = an_agent("mcp:own/query")
    rendering = render_agent(agent, held_by(agent), a_host(LIST), HostSettings(), [server])
    assert rendering.notes == (
        Note("mcp", Fidelity.APPROXIMATED, "add to the host's own settings: own npx -y own (env TOKEN)"),
    )


def test_servers_are_told_in_their_order_whatever_the_set_of_powers_looks_like() -> None:
    names = ("alpha", "bravo", "delta", "echo", "golf", "hotel")
    servers = [McpServer(name=name, command="run", headers={}) for name in names]
    agent = an_agent(*(f"mcp:{name}/query" for name in names))
    rendering = render_agent(agent, held_by(agent), a_host(LIST), HostSettings(), servers)
    assert [note.detail.split()[-2] for note in rendering.notes if note.field == "mcp"] == list(names)


def test_a_server_is_declared_between_the_model_and_the_fields_of_the_host() -> None:
    host = replace(
        a_host(LIST, fields=(HostField(name="color"),)),
        servers=ServerDeclaration(key="servers", shape=ServerShape(), only="only"),
    )
    agent = an_agent("mcp:own/query", model="strong", host_fields={"inn": {"color": "red"}})
    server = McpServer(name="own", command="run", headers={})
    rendering = render_agent(agent, held_by(agent), host, HostSettings(), [server])
    written = header_of(rendering.content, host)
    assert list(written) == ["name", "description", "tools", "model", "servers", "color"]
    assert (written["servers"], rendering.notes) == ({"own": {"command": "run", "args": [], "only": ["query"]}}, ())


# Models


@pytest.mark.parametrize(
    ("asked", "written"),
    [("strong", "inn-great"), ("fast", "inn-quick"), ("inn-9", "inn-9"), (None, None)],
)
def test_a_model_is_a_tier_of_the_project_or_the_host_or_an_id_that_the_host_runs(
    asked: str | None, written: str | None
) -> None:
    settings = HostSettings(models={"fast": "inn-quick"})
    agent = an_agent(model=asked, every_tool=True)
    rendering = render_agent(agent, held_by(agent), PLAIN_HOST, settings)
    assert header_of(rendering.content, PLAIN_HOST).get("model") == written
    assert rendering.notes == ()


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        ("balanced", "balanced is left to the session's model; name one under [models.HOST] in agentpkg.toml"),
        ("outer-space-1", "outer-space-1 is left to the session's model"),
    ],
)
def test_a_model_that_the_host_has_no_name_for_is_left_to_the_session(asked: str, detail: str) -> None:
    rendering = render(an_agent(model=asked, every_tool=True), PLAIN_HOST)
    assert "model" not in header_of(rendering.content, PLAIN_HOST)
    assert rendering.notes == (Note("model", Fidelity.APPROXIMATED, detail),)


def test_a_projects_tier_goes_before_the_hosts_own() -> None:
    agent = an_agent(model="strong", every_tool=True)
    rendering = render_agent(agent, held_by(agent), PLAIN_HOST, HostSettings(models={"strong": "inn-mine"}))
    assert header_of(rendering.content, PLAIN_HOST)["model"] == "inn-mine"


def test_a_host_field_can_name_another_model_for_one_host() -> None:
    agent = an_agent(model="strong", every_tool=True, host_fields={"inn": {"model": "inn-9"}})
    assert header(agent, PLAIN_HOST)["model"] == "inn-9"


@EVERY_HOST
def test_inherit_as_a_hosts_own_model_is_the_sessions_and_nothing_is_lost(host: Host) -> None:
    agent = an_agent(model="strong", every_tool=True, host_fields={host.name: {"model": "inherit"}})
    rendering = render(agent, host)
    if host.models:
        assert host.models.key not in header_of(rendering.content, host)
    assert [note for note in rendering.notes if note.field == "model"] == []


def test_a_host_that_knows_no_models_leaves_every_model_to_the_session_and_says_so() -> None:
    host = replace(PLAIN_HOST, models=None)
    note = Note("model", Fidelity.APPROXIMATED, "the host knows no model of an agent: the session's is used")
    for model in ("strong", "inn-9"):
        rendering = render(an_agent(model=model, every_tool=True), host)
        assert header_of(rendering.content, host).keys() == {"name", "description"}
        assert rendering.notes == (note,)
    assert render(an_agent(every_tool=True), host).notes == ()


@pytest.mark.parametrize(
    ("asked", "written"), [("Inn-9", "inn-9"), ("Inn-10.1", "inn-10"), ("inn-9", "inn-9"), ("Inn-x", None)]
)
def test_an_id_is_rewritten_as_the_host_spells_it(asked: str, written: str | None) -> None:
    rewrites = ((r"(Inn-\d+)\.\d+", r"\1"), (r"Inn-(\d+)", r"inn-\1"))
    host = replace(PLAIN_HOST, models=Models(accepts=r"inn-\d+", rewrites=rewrites))
    assert header(an_agent(model=asked, every_tool=True), host).get("model") == written


@EVERY_HOST
def test_an_alias_of_a_host_is_a_model_that_it_accepts(host: Host) -> None:
    if host.models is None:
        return
    assert [alias for alias in host.models.aliases.values() if not re.fullmatch(host.models.accepts or "", alias)] == []


# Fields of one host

FIELDS = (
    HostField(name="color", choices=("red", "blue")),
    HostField(name="title", pattern="[A-Z].*"),
    HostField(name="turns", kind="integer", most=100),
    HostField(name="heat", kind="number", most=2),
    HostField(name="hidden", kind="boolean"),
    HostField(name="words", kind="texts", pattern="[a-z]+"),
    HostField(name="mode", choices=("safe", "wild"), power=True, harmless=("safe",)),
)
FIELD_HOST = a_host(NoControl(), fields=FIELDS)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("color", "red", "red"),
        ("title", "Hello", "Hello"),
        ("turns", "12", 12),
        ("heat", "0.1", 0.1),
        ("heat", "2", 2.0),
        ("heat", "0.00001", 0.00001),
        ("hidden", "true", True),
        ("hidden", "false", False),
        ("words", ["a", "b"], ["a", "b"]),
    ],
)
def test_a_field_of_one_host_is_written_as_the_kind_that_the_host_reads(field: str, text: Header, value: Value) -> None:
    agent = an_agent(every_tool=True, host_fields={"inn": {field: text}})
    written = header(agent, FIELD_HOST)[field]
    assert (written, type(written)) == (value, type(value))


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("size", "3", "is not a field that The Inn knows"),
        ("color", "green", "is 'green'"),
        ("title", "hello", "is 'hello', which [A-Z].* does not match"),
        ("turns", "0", "is '0', expected a whole number up to 100"),
        ("turns", "101", "is '101', expected a whole number up to 100"),
        ("turns", "1.5", "is '1.5', expected a whole number up to 100"),
        ("heat", "2.1", "is '2.1', expected a number up to 2"),
        ("heat", "nan", "is 'nan', expected a number up to 2"),
        ("heat", "-1", "is '-1', expected a number up to 2"),
        ("hidden", "yes", "is 'yes', expected true or false"),
        ("hidden", ["true"], "must be a boolean"),
        ("words", "a", "must be a list of texts"),
        ("words", ["A"], "is 'A', which [a-z]+ does not match"),
        ("words", [["a"]], "must hold texts"),
        ("words", [], "must not be empty, nor name one text twice"),
        ("words", ["a", "a"], "must not be empty, nor name one text twice"),
        ("color", {"a": "b"}, "must be text"),
    ],
)
def test_a_field_that_the_host_would_not_read_is_refused(field: str, text: Header, message: str) -> None:
    agent = an_agent(every_tool=True, host_fields={"inn": {field: text}})
    with pytest.raises(ContentRefused) as caught:
        render(agent, FIELD_HOST)
    assert caught.value.message == f"agent triage: hosts.inn.{field} {message}"


def test_fields_of_other_hosts_are_nobodys_business_here() -> None:
    agent = an_agent(every_tool=True, host_fields={"elsewhere": {"size": "3"}})
    assert header(agent, PLAIN_HOST).keys() == {"name", "description"}


def test_a_field_that_adds_power_is_a_power_unless_its_value_is_harmless() -> None:
    wild = an_agent(host_fields={"inn": {"mode": "wild", "color": "red"}})
    safe = an_agent(host_fields={"inn": {"mode": "safe"}})
    assert host_powers(wild, FIELD_HOST) == ("inn.mode=wild",)
    assert host_powers(safe, FIELD_HOST) == ()
    assert host_powers(an_agent(), FIELD_HOST) == ()


# Name, description and body


def test_one_host_can_be_told_another_description_and_body() -> None:
    agent = an_agent(every_tool=True, host_fields={"inn": {"description": "Other"}}, bodies={"inn": "Another.\n"})
    assert render(agent, PLAIN_HOST).content == b'---\nname: "triage"\ndescription: "Other"\n---\n\nAnother.\n'


@pytest.mark.parametrize("description", ["", " ", ["a"]], ids=["empty", "blank", "list"])
def test_a_description_for_one_host_is_text_that_says_something(description: Header) -> None:
    agent = an_agent(every_tool=True, host_fields={"inn": {"description": description}})
    with pytest.raises(ContentRefused):
        render(agent, PLAIN_HOST)


def test_a_model_for_one_host_is_text() -> None:
    agent = an_agent(every_tool=True, host_fields={"inn": {"model": ["inn-9"]}})
    with pytest.raises(ContentRefused):
        render(agent, PLAIN_HOST)


def test_a_name_that_the_host_has_taken_is_refused_with_the_way_out() -> None:
    with pytest.raises(ContentRefused) as caught:
        render(an_agent(name="keeper"), PLAIN_HOST)
    assert caught.value.message == "The Inn has an agent of its own called 'keeper'"
    assert caught.value.hint == "install it under another name: --as keeper=my-keeper"


@EVERY_HOST
def test_no_host_loses_an_agent_to_one_of_its_own(host: Host) -> None:
    for name in host.reserved:
        with pytest.raises(ContentRefused):
            render(an_agent("shell", name=name), host)


def test_a_header_names_the_agent_under_every_key_and_holds_what_is_fixed() -> None:
    host = replace(
        PLAIN_HOST,
        name_keys=("slug", "name"),
        description_keys=("description", "when"),
        fixed={"mode": "all", "on": True},
    )
    assert header(an_agent(every_tool=True), host) == {
        "slug": "triage",
        "name": "triage",
        "description": "Use when an incident comes in",
        "when": "Use when an incident comes in",
        "mode": "all",
        "on": True,
    }


def test_a_description_that_is_too_long_is_cut_and_stands_whole_in_the_prompt() -> None:
    host = replace(PLAIN_HOST, longest_description=10)
    rendering = render(an_agent(every_tool=True), host)
    assert header_of(rendering.content, host)["description"] == "Use when…"  # and no blank before the sign
    assert rendering.content.endswith(b"---\n\nUse when an incident comes in\n\nYou are a triage agent.\n")
    assert rendering.notes == (
        Note("description", Fidelity.APPROXIMATED, "too long there: cut, and whole in the prompt"),
    )


def test_a_description_that_just_fits_is_left_alone() -> None:
    host = replace(PLAIN_HOST, longest_description=len("Use when an incident comes in"))
    assert render(an_agent(every_tool=True), host) == render(an_agent(every_tool=True), PLAIN_HOST)


@given(st.integers(1, 40))
def test_a_description_is_never_longer_than_the_host_takes(most: int) -> None:
    host = replace(PLAIN_HOST, longest_description=most)
    assert len(str(header(an_agent(every_tool=True), host)["description"])) <= most


@pytest.mark.parametrize(
    ("text", "written"),
    [("One\ntwo", "One two"), ("One \n\n two", "One two"), ("a\tb  c", "a b  c"), ("plain", "plain")],
)
def test_a_header_that_is_read_line_by_line_holds_a_description_on_one(text: str, written: str) -> None:
    host = replace(PLAIN_HOST, dialect="lines")
    rendering = render(replace(an_agent(every_tool=True), description=text), host)
    assert f'description: "{written}"\n'.encode() in rendering.content
    assert bool(rendering.notes) == (text != written)


# Prompts that a host would not pass on as they stand

REFUSED = TextHazard(pattern=r"\$\{\w+\}", why="The Inn takes it for a parameter")
REWRITTEN = TextHazard(pattern=r"%(\w+)", replacement=r"% \1", why="The Inn runs it")


def test_a_prompt_that_the_host_would_not_pass_on_is_refused_naming_the_line() -> None:
    with pytest.raises(ContentRefused) as caught:
        render(an_agent("shell", body="One\n\nTwo ${name}\n"), replace(PLAIN_HOST, hazards=(REWRITTEN, REFUSED)))
    assert caught.value.message == (
        "agent triage: line 3 of the prompt holds '${name}': The Inn takes it for a parameter"
    )
    assert caught.value.hint == "leave inn out for it with --host, or give it a body of its own in variants/inn/"


def test_a_body_of_its_own_for_the_host_is_what_is_looked_at() -> None:
    host = replace(PLAIN_HOST, hazards=(REFUSED,))
    agent = an_agent("shell", body="${name}\n", bodies={"inn": "the name\n"})
    assert render(agent, host).content.endswith(b"\n\nthe name\n")
    with pytest.raises(ContentRefused):
        render(an_agent("shell", bodies={"inn": "${name}\n"}), host)


@pytest.mark.parametrize(
    ("body", "written", "detail"),
    [
        ("run %one now\n", "run % one now\n", "%one is written % one: The Inn runs it"),
        ("%a %b\n%c\n", "% a % b\n% c\n", "%a is written % a, and 2 like it: The Inn runs it"),
    ],
)
def test_a_prompt_is_written_in_another_way_where_that_says_the_same(body: str, written: str, detail: str) -> None:
    rendering = render(an_agent(every_tool=True, body=body), replace(PLAIN_HOST, hazards=(REWRITTEN,)))
    assert rendering.content.decode().endswith(f"---\n\n{written}")
    assert rendering.notes == (Note("body", Fidelity.APPROXIMATED, detail),)


def test_a_prompt_without_any_hazard_is_not_touched_and_nothing_is_noted() -> None:
    rendering = render(an_agent(every_tool=True), replace(PLAIN_HOST, hazards=(REWRITTEN, REFUSED)))
    assert rendering == render(an_agent(every_tool=True), PLAIN_HOST)


SNARES = st.sampled_from(
    ["${name}", "${NAME}", "$name", "$ARGUMENTS", "$1", "${1}", "$$x", "\u2018", "\u201d", "\u2014", "\u00a0", "\u200b",
     "{{x}}", "@{x}", "!{x}", "!`ls`", "@file", "<x>", "$", "{", "}"]
)  # fmt: skip


@EVERY_HOST
@examples(30)
@given(parts=st.lists(st.one_of(SNARES, TRICKY), max_size=6))
def test_no_hazard_is_left_in_a_prompt_that_a_host_gets(host: Host, parts: list[str]) -> None:
    body = f"An agent with a prompt.\n{''.join(parts)}\nThe end of it.\n"
    try:
        written = body_of(render(an_agent("shell", body=body), host).content, host)
    except ContentRefused:
        assert any(hazard.replacement is None and re.search(hazard.pattern, body) for hazard in host.hazards)
        return
    assert [hazard.pattern for hazard in host.hazards if re.search(hazard.pattern, written)] == []
    if not any(re.search(hazard.pattern, body) for hazard in host.hazards):
        assert written == body


@pytest.mark.parametrize(("length", "noted"), [(30, False), (31, True)])
def test_a_prompt_that_some_clients_do_not_take_is_told(length: int, noted: bool) -> None:
    host = replace(PLAIN_HOST, body_limit=BodyLimit(most=30, who="the cloud inn"))
    rendering = render(an_agent(every_tool=True, body="x" * (length - 1) + "\n"), host)
    note = Note("body", Fidelity.NARROWED, "longer than 30 characters: the cloud inn will not take it")
    assert rendering.notes == ((note,) if noted else ())


def test_a_prompt_that_is_too_short_is_refused() -> None:
    host = replace(PLAIN_HOST, shortest_body=5)
    assert render(an_agent(every_tool=True, body="12345\n"), host).notes == ()
    with pytest.raises(ContentRefused) as caught:
        render(an_agent(every_tool=True, body="1234\n"), host)
    assert caught.value.message == "agent triage: The Inn takes no prompt under 5 characters"


PROMPT = "    indented\n\n{{ jinja }} {% raw %} \\n \\ ''' \"\"\" --- 🦉\n---\nlast\n"


def body_of(content: bytes, host: Host) -> str:
    """Return the prompt as the host reads it."""
    text = content.decode()
    if host.form == "modes":
        (mode,) = yaml.safe_load(f"customModes:\n{text}")["customModes"]
        return str(mode[host.body_key])
    if host.form == "toml":
        return str(tomllib.loads(text)[host.body_key or ""])
    return text.split("---\n\n", 1)[1]


@EVERY_HOST
def test_a_prompt_is_never_touched(host: Host) -> None:
    assert body_of(render(an_agent("shell", body=PROMPT), host).content, host) == PROMPT


@EVERY_HOST
def test_the_same_agent_is_the_same_bytes(host: Host) -> None:
    one, other = an_agent("read", "shell", "mcp:own/*"), an_agent("read", "shell", "mcp:own/*")
    assert render(one, host).content == render(other, host).content


def test_the_fidelity_of_a_rendering_is_its_worst_note() -> None:
    notes = (Note("a", Fidelity.NARROWED, ""), Note("b", Fidelity.APPROXIMATED, ""))
    assert Rendering(agent="a", host="b", content=b"", notes=notes, gained=()).fidelity is Fidelity.NARROWED
    assert Rendering(agent="a", host="b", content=b"", notes=(), gained=()).fidelity is Fidelity.EXACT


# What an attacker would try


@pytest.mark.parametrize("opening", ["env:", "file:"])
def test_a_hazard_inside_of_a_hazard_is_rewritten_too(opening: str) -> None:
    agent = an_agent(every_tool=True, body=f"Read {{{opening}{{{opening}./in.txt}}}}.\n")
    written = render(agent, HOSTS["kilo"]).content.decode()
    assert f"{{{opening}" not in written
    assert written.endswith(f"Read {{ {opening}{{ {opening}./in.txt}}}}.\n")


def test_a_prompt_that_holds_a_hazard_after_rewriting_is_refused() -> None:
    host = replace(PLAIN_HOST, hazards=(TextHazard(pattern=r"<(<+)", replacement=r"\1", why="no"),))
    assert render(an_agent(every_tool=True, body="a << b\n"), host).content.endswith(b"a < b\n")
    with pytest.raises(ContentRefused, match="cannot be rewritten"):
        render(an_agent(every_tool=True, body="a <<<< b\n"), host)


def test_what_reading_asks_about_is_closed_to_a_scoped_read_unless_it_names_it() -> None:
    rendering = render(an_agent("read(src/*)", "read(ci/test.env)"), HOSTS["opencode"])
    rules = header_of(rendering.content, HOSTS["opencode"])["permission"]
    assert isinstance(rules, dict)
    allowed = {"*": "deny", "src/*": "allow", "*.env": "deny", "*.env.*": "deny", "mcp:*": "deny"}
    assert rules["read"] == {**allowed, "ci/test.env": "allow"}
    assert list(rules["read"]) == ["*", "src/*", "*.env", "ci/test.env", "*.env.*", "mcp:*"]
    assert "read(src/*) is without *.env, *.env.*" in [note.detail for note in rendering.notes]


def test_a_server_called_like_a_group_of_the_hosts_own_tools_is_not_written() -> None:
    rules = header(an_agent("mcp:plan/*", "mcp:plan/exit"), HOSTS["opencode"])["permission"]
    assert isinstance(rules, dict)
    assert not [name for name in rules if name.startswith("plan")]


def test_texts_of_a_server_stay_texts_in_a_header_that_is_read_by_lines() -> None:
    words = ("true", "no", "null", "y", "0x10", "--flag", "1.5")
    server = McpServer(name="own", command="yes", args=words, headers={})
    agent = an_agent("mcp:own/look")
    content = render_agent(agent, held_by(agent), HOSTS["qwen"], HostSettings(), [server]).content
    tables = header_of(content, HOSTS["qwen"])["mcpServers"]
    assert tables == {"own": {"command": "yes", "args": list(words)}}
