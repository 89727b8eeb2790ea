"""Review: what a change would let agents do that nobody has approved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentpkg.bundle import Bundle, McpServer, Skill
from agentpkg.grants import TOOLS, Grants, parse_tool
from agentpkg.hostfields import grants_everywhere
from agentpkg.lockfile import LockedBundle, LockedHost, Lockfile
from agentpkg.overrides import Override
from agentpkg.requirement import parse_requirement
from agentpkg.review import Gain, PowersGained, find_gains, find_widenings
from tests.unit.builders import SCOPES, a_bundle, a_locked_bundle, an_agent


def gains(
    approved: dict[str, tuple[str, ...]] | None, now: dict[str, tuple[str, ...]], *, named: bool = False
) -> dict[str, tuple[str, ...]]:
    """Return the powers gained by each agent of one bundle; `approved` None means that it is new."""
    found = find_gains(
        {} if approved is None else {"aa": a_locked_bundle(approved)},
        {"aa": a_locked_bundle(now, version="2.0.0")},
        {"aa": held_by(approved or {})},
        {"aa"} if named else frozenset(),
    )
    return {agent: powers for gain in found for agent, powers in gain.powers}


def held_by(grants: dict[str, tuple[str, ...]]) -> dict[str, Grants]:
    return {agent: Grants(frozenset(powers)) for agent, powers in grants.items()}


def test_the_same_powers_are_no_gain() -> None:
    assert gains({"triage": ("read",)}, {"triage": ("read",)}) == {}


def test_fewer_powers_are_no_gain() -> None:
    assert gains({"triage": ("shell",)}, {"triage": ("read", "edit")}) == {}


def test_what_the_approved_powers_do_not_cover_is_gained() -> None:
    assert gains({"triage": ("edit",)}, {"triage": ("read", "shell", "web-fetch")}) == {
        "triage": ("shell", "web-fetch")
    }


def test_losing_the_tool_list_is_a_gain() -> None:
    assert gains({"triage": ("read",)}, {"triage": ("*",)}) == {"triage": ("*",)}


def test_another_command_of_a_server_is_a_gain_even_for_a_shell() -> None:
    assert gains({"triage": ("shell", "mcp-server:own npx a")}, {"triage": ("shell", "mcp-server:own npx b")}) == {
        "triage": ("mcp-server:own npx b",)
    }


def test_a_skill_is_a_gain_even_for_a_shell() -> None:
    assert gains({"triage": ("shell",)}, {"triage": ("shell", "skill:sql")}) == {"triage": ("skill:sql",)}


def test_a_new_agent_is_measured_against_all_of_its_bundle() -> None:
    approved: dict[str, tuple[str, ...]] = {"triage": ("read",), "writer": ("edit",)}
    assert gains(approved, {"new": ("edit", "read")}) == {}
    assert gains(approved, {"new": ("edit", "web-fetch")}) == {"new": ("web-fetch",)}


def test_an_agent_is_not_measured_against_the_others_of_its_bundle() -> None:
    assert gains({"triage": ("read",), "runner": ("shell",)}, {"triage": ("shell",)}) == {"triage": ("shell",)}


def test_a_bundle_that_nobody_named_is_told_even_if_it_holds_nothing() -> None:
    assert gains(None, {"triage": ()}) == {"triage": ()}


def test_a_bundle_that_somebody_named_is_approved() -> None:
    assert gains(None, {"triage": ("shell",)}, named=True) == {}


def only(approved: LockedBundle, wanted: LockedBundle, proof: dict[str, Grants] | None) -> Gain | None:
    """Return the gain of one bundle, None if there is none."""
    found = find_gains({"aa": approved}, {"aa": wanted}, {} if proof is None else {"aa": proof})
    return found[0] if found else None


def test_powers_that_a_hand_wrote_into_the_lock_approve_nothing() -> None:
    forged = a_locked_bundle({"triage": ("read", "shell")})
    found = only(forged, a_locked_bundle({"triage": ("shell",)}, version="2.0.0"), held_by({"triage": ("read",)}))
    assert found is not None
    assert found.powers == (("triage", ("shell",)),)
    assert found.unproved == ("shell",)


def with_names(locked: LockedBundle, **renames: str) -> LockedBundle:
    return replace(locked, wanted=replace(parse_requirement("aa"), renames=renames))


def test_a_forged_name_does_not_make_one_agent_pass_for_another() -> None:
    content = held_by({"reader": ("read",), "runner": ("shell",)})
    swapped = {"reader": "runner", "runner": "reader"}
    forged = with_names(a_locked_bundle({"reader": ("shell",), "runner": ("shell",)}), **swapped)
    now = with_names(a_locked_bundle({"reader": ("shell",), "runner": ("shell",)}))
    found = only(forged, now, content)
    assert found is not None
    assert found.powers == (("reader", ("shell",)),)


def test_an_agent_under_another_name_keeps_what_was_approved_of_it() -> None:
    content = held_by({"reader": ("read",), "runner": ("shell",)})
    before = with_names(a_locked_bundle({"reader": ("read",), "runner": ("shell",)}))
    renamed = with_names(a_locked_bundle({"watch": ("read",), "runner": ("shell",)}), reader="watch")
    assert only(before, renamed, content) is None
    assert only(renamed, before, content) is None
    found = only(renamed, with_names(a_locked_bundle({"watch": ("shell",)}), reader="watch"), content)
    assert found is not None
    assert found.powers == (("watch", ("shell",)),)
    wider = with_names(a_locked_bundle({"watch": ("read", "shell")}), reader="watch")
    found = only(before, wider, content)
    assert found is not None
    assert found.powers == (("watch", ("shell",)),)


def test_an_agent_that_was_not_chosen_does_not_answer_for_anothers_name() -> None:
    content = held_by({"aa": ("read",), "bb": ("shell",)})
    chosen = replace(parse_requirement("aa"), agents=("aa",), renames={"aa": "bb"})
    before = replace(a_locked_bundle({"bb": ("read",)}), wanted=chosen)
    found = only(before, replace(a_locked_bundle({"bb": ("edit",)}, version="2.0.0"), wanted=chosen), content)
    assert found is not None
    assert found.unproved == ()


def test_where_the_approved_content_cannot_be_read_all_counts_as_gained() -> None:
    found = only(a_locked_bundle({"triage": ("read",)}), a_locked_bundle({"triage": ("read",)}, version="2.0.0"), None)
    assert found is not None
    assert found.powers == (("triage", ("read",)),)
    assert found.unproved is None


FULL = ("edit", "inn.mode=wild", "mcp-server:db serve", "mcp:db/ask", "skill:sql")
MCP = ("mcp-server:db serve", "mcp:db/ask")
HERE = Override(agent="triage", host="inn", tools=(parse_tool("read"),))
EVERYWHERE = Override(tools=(parse_tool("read"),))


@pytest.mark.parametrize(
    ("before", "now", "lifted"),
    [
        ((HERE,), (), {"triage on inn": ("edit", *MCP)}),
        ((HERE, EVERYWHERE), (HERE,), {"triage on barn": ("edit", *MCP)}),
        ((HERE,), (replace(HERE, tools=(parse_tool("mcp:db/ask"),)),), {"triage on inn": MCP}),
        ((replace(HERE, tools=(parse_tool("shell"),)),), (), {"triage on inn": ("mcp-server:db serve",)}),
        ((HERE,), (replace(HERE, tools=(parse_tool("read"), parse_tool("glob"))),), {}),
        ((HERE,), (replace(HERE, tools=()),), {}),
        ((HERE,), (EVERYWHERE,), {}),
        ((), (HERE,), {}),
        ((replace(HERE, host="mill"),), (), {"triage on mill": ("edit", *MCP)}),
        ((EVERYWHERE,), (HERE, replace(HERE, host="barn")), {"triage on hosts to come": ("edit", *MCP)}),
        ((replace(HERE, agent="other"),), (), {}),
    ],
)
def test_what_overrides_no_longer_hold_back_on_a_host_is_a_gain_there(
    before: tuple[Override, ...], now: tuple[Override, ...], lifted: dict[str, tuple[str, ...]]
) -> None:
    wanted = with_names(a_locked_bundle({"watch": FULL}), triage="watch")
    held = {"aa": replace(wanted, overrides=before)}
    found = find_gains(
        held, {"aa": replace(wanted, overrides=now)}, {"aa": held_by({"triage": FULL})}, frozenset(), ("barn", "inn")
    )
    powers = dict(found[0].powers) if found else {}
    assert powers == {place.replace("triage", "watch"): more for place, more in lifted.items()}


def test_a_limit_that_the_lock_or_the_content_has_is_not_lifted_unasked() -> None:
    now = with_names(a_locked_bundle({"watch": ("read",)}, version="2.0.0"), triage="watch")
    before = with_names(a_locked_bundle({"watch": ("read",)}), triage="watch")
    content = held_by({"triage": ("read",)})
    limited = {"triage": replace(content["triage"], limits=frozenset(["inn.steps<=3"]))}
    for lock, proof in ((replace(before, limits={"watch": ("inn.steps<=3",)}), content), (before, limited)):
        found = only(lock, now, proof)
        assert found is not None
        assert found.powers == (("watch", ("inn.steps beyond 3",)),)
        assert only(lock, replace(now, limits={"watch": ("inn.steps<=2",)}), proof) is None


def test_what_either_side_of_a_merge_holds_back_is_held_back() -> None:
    plain = with_names(a_locked_bundle({"watch": FULL}), triage="watch")
    held = replace(plain, overrides=(HERE,), limits={"watch": ("inn.steps<=3",)})
    proof = {"aa": held_by({"triage": FULL})}
    for torn in (replace(plain, other=held), replace(held, other=plain)):
        (found,) = find_gains({"aa": torn}, {"aa": plain}, proof, frozenset(), ("inn",))
        assert found.powers == (("watch", ("inn.steps beyond 3",)), ("watch on inn", ("edit", *MCP)))
        assert find_gains({"aa": torn}, {"aa": held}, proof, frozenset(), ("inn",)) == ()


def test_a_rendering_that_is_wider_than_the_manifest_allows_is_a_gain() -> None:
    locked = replace(a_locked_bundle({"aa": ("read",)}), losses={"aa": {"inn": {"tools": "widened"}}})
    wide = Lockfile(bundles={"aa": locked}, hosts={"inn": LockedHost(revision=1, widening=True)})
    (found,) = find_widenings(Lockfile(), wide, ())
    assert found.powers == (("aa on inn", ("what this host cannot hold back",)),)
    assert find_widenings(Lockfile(), wide, ("inn",)) == ()
    assert find_widenings(wide, wide, ()) == ()
    assert find_widenings(Lockfile(), replace(wide, hosts={"inn": LockedHost(revision=1)}), ()) == ()


def test_what_is_gained_anyway_is_not_told_of_each_host() -> None:
    wanted = a_locked_bundle({"triage": ("edit", "read")}, wanted=parse_requirement("aa"))
    held = replace(wanted, overrides=(HERE,), grants={"triage": ("read",)})
    found = find_gains({"aa": held}, {"aa": wanted}, {"aa": held_by({"triage": FULL})}, frozenset(), ("inn",))
    assert found[0].powers == (("triage", ("edit",)),)


def test_hosts_of_what_is_only_required_are_those_of_what_requires_it() -> None:
    top = replace(a_locked_bundle({}, wanted=parse_requirement("top")), requires={"aa": "", "gone": ""})
    wanted = a_locked_bundle({"triage": ("edit",)})
    held = {"top": top, "aa": replace(wanted, overrides=(HERE,))}
    proof = {"aa": held_by({"triage": ("edit",)}), "top": {}}
    found = find_gains(held, {"top": top, "aa": wanted}, proof, frozenset(), ("inn",))
    assert [(one.bundle, one.powers) for one in found] == [("aa", (("triage on inn", ("edit",)),))]


def test_a_registry_that_moves_is_asked_about_even_where_nothing_else_changes() -> None:
    before = a_locked_bundle({"triage": ("read",)})
    found = only(before, replace(before, registry="https://other.example/a.git"), held_by({"triage": ("read",)}))
    assert found is not None
    assert found.moved == ("builtin:", "https://other.example/a.git")
    assert found.powers == ()
    error = PowersGained((found,))
    assert error.message == "bundles would come from another place, and nobody has approved that"
    assert error.details == ("aa 1.0.0 would come from https://other.example/a.git, and no longer from builtin:",)


def test_the_refusal_lists_every_gain_and_says_how_to_approve() -> None:
    def gain(bundle: str, before: str | None, after: str, *powers: tuple[str, tuple[str, ...]]) -> Gain:
        return Gain(bundle=bundle, before=before, after=after, digest="sha256:1", powers=powers)

    error = PowersGained(
        (
            gain("aa", "1.0.0", "2.0.0", ("triage", ("shell", "web-fetch")), ("writer", ("shell", "web-fetch"))),
            gain("bb", None, "1.0.0", ("writer", ("*",))),
            gain("cc", None, "1.0.0", ("reader", ())),
            replace(gain("dd", "1.0.0", "1.0.0", ("reader", ("read",))), unproved=None),
            replace(gain("ee", "1.0.0", "1.1.0", ("reader", ("shell",))), unproved=("shell",)),
        )
    )
    assert error.exit_code == 4
    assert error.message == "agents would gain powers that nobody has approved"
    assert error.details == (
        "aa 1.0.0 → 2.0.0: triage, writer would gain shell, web-fetch",
        "bb 1.0.0 is new, and nobody here named it: writer would hold every tool",
        "cc 1.0.0 is new, and nobody here named it: reader would hold nothing",
        "dd 1.0.0: what agentpkg.lock has as 1.0.0 cannot be read, so nothing of it counts as approved",
        "dd 1.0.0: reader would gain read",
        "ee 1.0.0 → 1.1.0: agentpkg.lock approves what 1.0.0 does not hold: shell",
        "ee 1.0.0 → 1.1.0: reader would gain shell",
    )
    again = (
        "run the command again with --accept-grants to approve it; with --dry-run, too, it shows the plan and no more"
    )
    assert error.hint == f"agentpkg diff aa 1.0.0 2.0.0 shows the change\n{again}"
    error = PowersGained((gain("bb", None, "1.0.0", ("writer", ())),))
    assert error.hint == (f"agentpkg info bb@1.0.0 shows what comes\n{again}\nor name what is new: agentpkg install bb")


@dataclass(frozen=True)
class Held:
    """All that can give an agent power. `servers` are command lines by name, `scripts` the skills that hold one."""

    tools: tuple[str, ...] | None = ()
    servers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    env: tuple[str, ...] = ()
    mode: str | None = None
    skills: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    body: str = "Work.\n"

    def bundle(self) -> Bundle:
        servers = tuple(
            McpServer(name=name, command=line[0], args=line[1:], env=self.env, headers={})
            for name, line in self.servers.items()
        )
        tools = () if self.tools is None else (*self.tools, *(f"mcp:{name}/*" for name in self.servers))
        agent = an_agent(
            *tools,
            every_tool=self.tools is None,
            body=self.body,
            host_fields={"claude": {"permissionMode": self.mode}} if self.mode else {},
        )
        return a_bundle(agent, mcp=servers, skills=tuple(map(self.skill, self.skills)))

    def skill(self, name: str) -> Skill:
        files = {"SKILL.md": b"", **({"run.py": b""} if name in self.scripts else {})}
        return Skill(name=name, description="d", files=files)

    @property
    def grants(self) -> Grants:
        return grants_everywhere(self.bundle())["triage"]


NAMES = ("one", "two")
MODES = ("acceptEdits", "bypassPermissions")
HELD = st.builds(
    Held,
    tools=st.none()
    | st.lists(
        st.sampled_from(TOOLS) | st.builds("{}({})".format, st.sampled_from(TOOLS), st.sampled_from(SCOPES)),
        unique=True,
        max_size=6,
    ).map(tuple),
    servers=st.dictionaries(st.sampled_from(NAMES), st.sampled_from([("npx", "-y", "a"), ("uvx", "b")])),
    env=st.sampled_from([(), ("TOKEN",)]),
    mode=st.none() | st.sampled_from(MODES),
    skills=st.sets(st.sampled_from(NAMES)).map(tuple),
    scripts=st.sets(st.sampled_from(NAMES)).map(tuple),
)
Step = Callable[[Held, st.DataObject], Held | None]


def some(data: st.DataObject, of: tuple[str, ...]) -> str | None:
    return data.draw(st.sampled_from(of)) if of else None


def another_tool(held: Held, data: st.DataObject) -> Held | None:
    more = some(data, tuple(tool for tool in TOOLS if not held.grants.covers(tool)))
    return replace(held, tools=(*held.tools, more)) if more and held.tools is not None else None


def a_scope_less(held: Held, data: st.DataObject) -> Held | None:
    scoped = [tool for tool in held.tools or () if "(" in tool and not held.grants.covers(tool.partition("(")[0])]
    one = some(data, tuple(scoped))
    return replace(held, tools=(*(set(held.tools or ()) - {one}), one.partition("(")[0])) if one else None


def no_list_at_all(held: Held, data: st.DataObject) -> Held | None:
    return None if held.grants.covers("*") else replace(held, tools=None)


def another_server(held: Held, data: st.DataObject) -> Held | None:
    name = some(data, tuple(set(NAMES) - held.servers.keys()))
    return replace(held, servers={**held.servers, name: ("npx", "c")}) if name else None


def another_argument(held: Held, data: st.DataObject) -> Held | None:
    name = some(data, tuple(held.servers))
    return replace(held, servers={**held.servers, name: (*held.servers[name], "--all")}) if name else None


def another_variable(held: Held, data: st.DataObject) -> Held | None:
    return replace(held, env=(*held.env, "SECRET")) if held.servers else None


def another_mode(held: Held, data: st.DataObject) -> Held | None:
    return replace(held, mode=some(data, tuple(set(MODES) - {held.mode})))


def another_skill(held: Held, data: st.DataObject) -> Held | None:
    name = some(data, tuple(set(NAMES) - set(held.skills)))
    return replace(held, skills=(*held.skills, name)) if name else None


def a_script_in_a_skill(held: Held, data: st.DataObject) -> Held | None:
    name = some(data, tuple(set(held.skills) - set(held.scripts)))
    return replace(held, scripts=(*held.scripts, name)) if name else None


WIDER: tuple[Step, ...] = (
    another_tool, a_scope_less, no_list_at_all, another_server, another_argument, another_variable, another_mode,
    another_skill, a_script_in_a_skill,
)  # fmt: skip


def a_tool_less(held: Held, data: st.DataObject) -> Held:
    one = some(data, held.tools or ())
    return replace(held, tools=tuple(tool for tool in held.tools or () if tool != one)) if one else held


def a_scope_more(held: Held, data: st.DataObject) -> Held:
    one = some(data, tuple(tool for tool in held.tools or () if "(" not in tool))
    return replace(held, tools=(*(set(held.tools or ()) - {one}), f"{one}(git *)")) if one else held


def a_list_where_there_was_none(held: Held, data: st.DataObject) -> Held:
    tools = data.draw(st.lists(st.sampled_from(TOOLS), unique=True).map(tuple))
    return replace(held, tools=tools) if held.tools is None else held


def a_server_less(held: Held, data: st.DataObject) -> Held:
    gone = some(data, tuple(held.servers))
    return replace(held, servers={name: line for name, line in held.servers.items() if name != gone})


def fewer(held: Held, data: st.DataObject) -> Held:
    gone = some(data, NAMES)
    return replace(
        held,
        mode=None if data.draw(st.booleans()) else held.mode,
        skills=tuple(name for name in held.skills if name != gone),
        scripts=tuple(name for name in held.scripts if name != gone),
    )


def other_words(held: Held, data: st.DataObject) -> Held:
    return replace(held, body="Work otherwise.\n")


NARROWER = (a_tool_less, a_scope_more, a_list_where_there_was_none, a_server_less, fewer, other_words)


def asks(before: Held, after: Held) -> bool:
    def locked(held: Held) -> LockedBundle:
        return a_locked_bundle({"triage": tuple(held.grants)})

    return only(locked(before), locked(after), grants_everywhere(before.bundle())) is not None


@given(HELD, st.lists(st.sampled_from(NARROWER), max_size=4), st.data())
def test_an_equal_or_narrower_set_never_asks(held: Held, steps: list[Callable[..., Held]], data: st.DataObject) -> None:
    narrower = held
    for step in steps:
        narrower = step(narrower, data)
    assert not asks(held, narrower)


@pytest.mark.parametrize("step", WIDER)
@given(held=HELD, data=st.data())
def test_every_single_widening_asks(step: Step, held: Held, data: st.DataObject) -> None:
    wider = step(held, data)
    if wider is not None:
        assert asks(held, wider)
