"""Narrowing: overrides take away and never add, and of two places that say something the narrower counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentpkg.bundle import McpServer, Skill
from agentpkg.errors import AgentpkgError, ContentRefused, UsageError
from agentpkg.grants import Grants, parse_tool
from agentpkg.hostfields import host_powers
from agentpkg.hosts import HOSTS
from agentpkg.hosts.base import HostField, NoControl
from agentpkg.manifest import HostSettings
from agentpkg.narrowing import Effect, check_overrides, find_effects, narrow
from agentpkg.overrides import Override
from agentpkg.targets import Destination, Rendered, Selection, render_selections
from tests.support.examples import examples
from tests.unit.builders import TOOL_LISTS, a_bundle, a_host, an_agent
from tests.unit.test_render import header_of, powers_written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.agent import Agent
    from agentpkg.bundle import Bundle
    from agentpkg.header import Header

INN = a_host(
    NoControl(),
    fields=(
        HostField(name="mode", choices=("usual", "look", "wild"), power=True, harmless=("usual", "look")),
        HostField(name="color", choices=("red", "blue")),
        HostField(name="steps", kind="integer", limit="<="),
        HostField(name="friends", kind="texts", limit="="),
        HostField(name="disallowedTools", kind="texts", limit="!="),
        HostField(name="shed", choices=("none", "own"), limit="=", harmless=("none",)),
    ),
)
BARN = replace(a_host(NoControl(), name="barn"), fields=())
TOYS = {"inn": INN, "barn": BARN}
SERVER = McpServer(name="db", command="serve", headers={})


def tools(*names: str) -> Override:
    return Override(tools=tuple(parse_tool(name) for name in names))


def values(**fields: Header) -> Override:
    return Override(host="inn", values=fields)


def narrowed(agent: Agent, *overrides: Override, bundle: Bundle | None = None) -> Agent:
    bundle = bundle or a_bundle(agent)
    check_overrides(bundle.name, bundle, overrides, TOYS)
    return narrow(bundle.name, bundle, agent, INN, overrides)


def refusal(agent: Agent, *overrides: Override, bundle: Bundle | None = None) -> ContentRefused:
    with pytest.raises(ContentRefused) as caught:
        narrowed(agent, *overrides, bundle=bundle)
    return caught.value


def own(agent: Agent) -> Mapping[str, Header]:
    return agent.host_fields.get("inn", {})


def test_without_overrides_an_agent_is_what_it_is() -> None:
    agent = an_agent("read")
    assert narrowed(agent) is agent
    assert narrowed(agent, Override(host="barn", tools=())) is agent
    assert narrowed(agent, Override(agent="other", values={"model": "fast"}), bundle=a_bundle(agent, OTHER)) is agent


OTHER = an_agent("read", name="other")


def test_the_narrower_place_counts_key_by_key() -> None:
    agent = an_agent("edit", "web-fetch")
    bundle, host = Override(tools=(), values={"model": "one", "description": "one"}), values(model="two", color="red")
    mine = Override(agent="triage", tools=(parse_tool("read"),), values={"model": "three"})
    here = Override(agent="triage", host="inn", values={"model": "four", "steps": "4"})
    steps = [bundle, host, mine, here]
    for number, model in enumerate(["one", "two", "three", "four"], 1):
        for order in (steps[:number], steps[number - 1 :: -1]):
            assert own(narrowed(agent, *order))["model"] == model
    done = narrowed(agent, *steps)
    assert own(done) == {"model": "four", "description": "one", "color": "red", "steps": "4"}
    assert done.tools == (parse_tool("read"),)


def test_what_a_project_sets_counts_more_than_what_the_author_says_for_the_host() -> None:
    agent = an_agent(
        "read", model="strong", host_fields={"inn": {"model": "inn-9", "color": "red"}, "barn": {"a": "b"}}
    )
    done = narrowed(agent, Override(values={"model": "inherit"}))
    assert own(done) == {"model": "inherit", "color": "red"}
    assert done.host_fields["barn"] == {"a": "b"}


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        (("read", "edit"), ("read",)),
        (("read", "edit"), ()),
        (("edit",), ("read", "glob")),
        (("shell",), ("shell(git *)", "web-fetch", "read")),
        (("mcp:db/*",), ("mcp:db/ask",)),
        (("read",), ("read", "todo", "skill", "ask")),
        ((), ("ask",)),
    ],
)
def test_tools_that_the_agent_holds_may_stand_alone(held: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    done = narrowed(an_agent(*held), tools(*wanted))
    assert done.tools == tuple(parse_tool(tool) for tool in wanted)


def test_of_an_agent_with_every_tool_any_may_be_left() -> None:
    assert narrowed(an_agent(every_tool=True), tools("shell", "mcp:db/ask")).tools is not None


@pytest.mark.parametrize(
    ("held", "wanted", "told"),
    [
        (("read",), ("read", "edit"), "edit"),
        (("read",), ("shell",), "shell"),
        (("shell(git *)",), ("shell",), "shell"),
        (("mcp:db/ask",), ("mcp:db/*",), "mcp:db/*"),
        ((), ("read", "web-fetch"), "read, web-fetch"),
    ],
)
def test_tools_that_the_agent_does_not_hold_are_refused(
    held: tuple[str, ...], wanted: tuple[str, ...], told: str
) -> None:
    error = refusal(an_agent(*held), tools(*wanted))
    assert error.message == "an override may only take away, and triage of reviewers 1.2.0 would get more"
    assert error.details == (f"[overrides.reviewers] tools: triage does not hold {told}",)
    assert error.hint is not None
    assert "agentpkg override" in error.hint


def test_a_server_that_the_bundle_brings_for_another_agent_is_not_had_by_naming_its_tools() -> None:
    shell = an_agent("shell")
    bundle = a_bundle(shell, an_agent("mcp:db/ask", name="other"), mcp=(SERVER,))
    error = refusal(shell, tools("mcp:db/ask"), bundle=bundle)
    assert "triage does not hold mcp-server:db serve" in error.details[0]
    other = bundle.agents[1]
    assert narrowed(other, tools("mcp:db/ask"), bundle=bundle).tools == other.tools


def test_a_refusal_names_the_place_that_counts() -> None:
    over = Override(agent="triage", host="inn", tools=(parse_tool("edit"),))
    error = refusal(an_agent("read"), tools("web-fetch"), over)
    assert error.details == ("[overrides.reviewers.agents.triage.hosts.inn] tools: triage does not hold edit",)


def test_what_a_narrower_place_replaces_is_not_held_against_the_agent() -> None:
    other = an_agent("edit", name="other")
    bundle = a_bundle(an_agent("read"), other)
    mine = Override(agent="triage", tools=())
    assert narrowed(bundle.agents[0], tools("edit"), mine, bundle=bundle).tools == ()


@pytest.mark.parametrize(
    ("author", "value", "fits"),
    [
        (None, "usual", True),
        (None, "look", True),
        (None, "wild", False),
        ("wild", "wild", True),
        ("wild", "usual", True),
        ("wild", "look", True),
        ("look", "look", True),
        ("look", "usual", False),
        ("look", "wild", False),
    ],
)
def test_a_field_that_gives_power_or_lifts_a_limit_is_refused(author: str | None, value: str, fits: bool) -> None:
    agent = an_agent("read", host_fields={"inn": {"mode": author}} if author else None)
    if fits:
        assert own(narrowed(agent, values(mode=value)))["mode"] == value
    else:
        error = refusal(agent, values(mode=value))
        assert error.details[0].startswith("[overrides.reviewers.hosts.inn] mode: ")


def test_a_power_that_is_refused_is_named() -> None:
    error = refusal(an_agent("read"), values(mode="wild"), tools("edit"))
    assert error.details == (
        "[overrides.reviewers] tools: triage does not hold edit",
        "[overrides.reviewers.hosts.inn] mode: triage does not hold inn.mode=wild",
    )


@pytest.mark.parametrize(
    ("field", "value", "fits"),
    [
        ("friends", ["one"], True),
        ("friends", ["two", "one"], True),
        ("friends", ["one", "three"], False),
        ("disallowedTools", ["one", "two", "three"], True),
        ("disallowedTools", ["one"], False),
    ],
)
def test_a_list_of_the_authors_may_shrink_and_one_of_what_is_taken_away_may_grow(
    field: str, value: list[Header], fits: bool
) -> None:
    agent = an_agent("read", host_fields={"inn": {field: ["one", "two"]}})
    if fits:
        assert own(narrowed(agent, values(**{field: value})))[field] == value
    else:
        assert "its author holds triage back by ['one', 'two']" in refusal(agent, values(**{field: value})).details[0]
    assert own(narrowed(an_agent("read"), values(**{field: value})))[field] == value


@pytest.mark.parametrize(
    ("field", "value", "fits"),
    [
        ("steps", "3", True),
        ("steps", "2", True),
        ("steps", "900", False),
        ("shed", "own", True),
        ("shed", "none", False),
    ],
)
def test_a_number_and_a_choice_of_the_authors_hold_too(field: str, value: str, fits: bool) -> None:
    agent = an_agent("read", host_fields={"inn": {"steps": "3", "shed": "own"}})
    if fits:
        assert own(narrowed(agent, values(**{field: value})))[field] == value
    else:
        told = "'3'" if field == "steps" else "'own'"
        assert f"{field}: its author holds triage back by {told}" in refusal(agent, values(**{field: value})).details[0]
    assert own(narrowed(an_agent("read"), values(**{field: value})))[field] == value


def test_the_limits_of_a_narrowed_agent_are_those_of_all_hosts_and_overrides() -> None:
    bundle = a_bundle(an_agent("read", host_fields={"inn": {"steps": "3", "color": "red", "mode": "look"}}))
    rendered = render(bundle, (values(steps="2", friends=["a", "b"]),))
    limits = {"inn.friends=a", "inn.friends=b", "inn.mode=look", "inn.steps<=2"}
    assert rendered.grants["reviewers"]["triage"].limits == limits


def test_an_agent_that_there_is_not_is_told() -> None:
    with pytest.raises(UsageError) as caught:
        narrowed(an_agent("read"), Override(agent="triag", values={"model": "fast"}))
    assert "[overrides.reviewers.agents.triag]: reviewers 1.2.0 has no agent 'triag'" in caught.value.message
    assert caught.value.hint == "did you mean triage?"
    with pytest.raises(UsageError, match=r"""agents.""]: reviewers 1.2.0 has no agent ''"""):
        narrowed(an_agent("read"), Override(agent="", tools=()))


def test_a_field_that_the_host_does_not_know_is_told_also_of_a_host_that_is_not_used() -> None:
    with pytest.raises(UsageError) as caught:
        narrowed(an_agent("read"), values(colour="red"))
    assert "[overrides.reviewers.hosts.inn]: colour is not a field that The Inn knows" in caught.value.message
    assert caught.value.hint == "did you mean color?"
    with pytest.raises(UsageError, match=r"\[overrides.reviewers.hosts.barn\]: color is not a field"):
        narrowed(an_agent("read"), Override(host="barn", values={"color": "red"}))


@pytest.mark.parametrize(
    ("override", "told"),
    [
        (values(color="mauve"), "[overrides.reviewers.hosts.inn] color is 'mauve'"),
        (values(steps="many"), "[overrides.reviewers.hosts.inn] steps is 'many'"),
        (values(friends="one"), "[overrides.reviewers.hosts.inn] friends must be a list of texts"),
        (values(friends=["o\u200bne"]), "[overrides.reviewers.hosts.inn] friends holds U+200B"),
        (values(model="inn\u0000"), "[overrides.reviewers.hosts.inn] model holds U+0000"),
        (Override(values={"description": "a\u202eb"}), "[overrides.reviewers] description holds U+202E"),
    ],
)
def test_a_value_is_held_to_the_rules_of_its_field(override: Override, told: str) -> None:
    assert refusal(an_agent("read"), override).message.startswith(f"agentpkg.toml: {told}")


def test_effects_are_told_key_by_key() -> None:
    agent = an_agent("edit", model="strong", host_fields={"inn": {"color": "red"}})
    done = narrowed(agent, tools("read"), values(model="inherit", color="blue", steps="3"))
    assert [(one.key, one.before, one.after) for one in find_effects(agent, done, INN)] == [
        ("color", "red", "blue"),
        ("model", "strong", "inherit"),
        ("steps", None, "3"),
        ("tools", ["edit"], ["read"]),
    ]
    assert next(find_effects(an_agent(every_tool=True), an_agent(), INN)) == Effect(
        agent="triage", host="inn", key="tools", before=None, after=[]
    )


def test_the_powers_of_a_narrowed_agent_are_those_of_all_its_hosts_together() -> None:
    bundle = a_bundle(an_agent("edit", "web-fetch"), OTHER)
    overrides = (
        Override(agent="triage", host="inn", tools=(parse_tool("read"),)),
        Override(agent="triage", host="barn", tools=(parse_tool("web-search"),)),
    )
    rendered = render(bundle, overrides)
    assert set(rendered.grants["reviewers"]["triage"]) == {"read", "web-search"}
    assert {one.rendering.host: set(one.held) for one in rendered.placed if one.rendering.agent == "triage"} == {
        "inn": {"read"},
        "barn": {"web-search"},
    }


def render(bundle: Bundle, overrides: tuple[Override, ...], *, strict: bool = False) -> Rendered:
    selection = Selection(
        id="reviewers", bundle=bundle, hosts=("inn", "barn"), agents=None, renames={}, overrides=overrides
    )
    settings = {name: HostSettings() for name in TOYS}
    return render_selections([selection], Destination(hosts=TOYS, settings=settings, user=False), strict=strict)


def test_a_host_that_cannot_hold_the_narrowed_agent_back_refuses_it() -> None:
    bundle = a_bundle(an_agent("shell"))
    render(bundle, (), strict=True)
    with pytest.raises(ContentRefused, match="a host cannot hold back"):
        render(bundle, (tools("read"),), strict=True)


REAL = [name for name in HOSTS if HOSTS[name].fields]
SKILL = Skill(name="sql", description="d", files={"SKILL.md": b"x\n"})


@st.composite
def cases(draw: st.DrawFn) -> tuple[Agent, str, list[Override]]:
    """Draw an agent, a real host, and overrides of its tools and of any field of the host, with values that fit."""
    host = draw(st.sampled_from(REAL))
    fields = {spec.name: _fitting(spec) for spec in HOSTS[host].fields}
    some = st.fixed_dictionaries({}, optional=fields)
    lists = st.none() | TOOL_LISTS.map(lambda names: tuple(parse_tool(name) for name in names))
    agent = replace(an_agent(host_fields={host: draw(some)}), tools=draw(lists))
    here = Override(host=host, tools=draw(lists), values=draw(some))
    mine = Override(agent="triage", tools=draw(lists))
    return agent, host, [here, mine]


def _fitting(spec: HostField) -> st.SearchStrategy[Header]:
    one = st.sampled_from(spec.choices or {"boolean": ("true", "false")}.get(spec.kind) or ("1", "2", "file://a"))
    return st.lists(one, min_size=1, max_size=2, unique=True) if spec.kind == "texts" else one


@given(cases())
def test_no_override_ever_gives_an_agent_more_than_its_author_did(case: tuple[Agent, str, list[Override]]) -> None:
    agent, name, overrides = case
    host = HOSTS[name]
    bundle = a_bundle(agent, mcp=(SERVER,), skills=(SKILL,))
    try:
        done = narrow("reviewers", bundle, agent, host, overrides)
    except AgentpkgError:
        return
    before, after = (bundle.grants_of(one).with_powers(host_powers(one, host)) for one in (agent, done))
    assert after.beyond(before) == ()
    assert Grants.of(done.tools).beyond(Grants.of(agent.tools)) == ()


@examples(100)
@given(st.sampled_from([*HOSTS]), TOOL_LISTS.filter(bool), st.data())
def test_what_is_written_of_a_narrowed_agent_gives_no_more_than_is_left_of_it(
    name: str, held: tuple[str, ...], data: st.DataObject
) -> None:
    host, bundle = HOSTS[name], a_bundle(an_agent(*held))
    left = data.draw(st.lists(st.sampled_from(held), unique=True))
    over = tools(*left)
    selection = Selection(id="reviewers", bundle=bundle, hosts=(name,), agents=None, renames={}, overrides=(over,))
    to = Destination(hosts=HOSTS, settings={name: HostSettings()}, user=False)
    (placed,) = render_selections([selection], to, strict=False).placed
    written = powers_written(an_agent(*left), host, header_of(placed.rendering.content, host))
    assert Grants(frozenset(written)).beyond(Grants.of(over.tools).with_powers(placed.rendering.gained)) == ()
