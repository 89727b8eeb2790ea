"""Adoption, decided: which version files are of, and which bundles the others make."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from agentpkg.adoption import (
    CLOSE,
    EXACT,
    Adopted,
    AgentFile,
    best_version,
    compare_with,
    likeness,
    place_of,
    take_bundle,
    targets_of,
    why_no_name,
    why_not,
)
from agentpkg.agent import Agent
from agentpkg.bundle import McpServer, parse_bundle
from agentpkg.errors import ContentRefused
from agentpkg.found import Found
from agentpkg.grants import Grants
from agentpkg.hosts import HOSTS
from agentpkg.hosts.base import HostField, NoControl, ToolList, ToolRow
from agentpkg.joining import make_local, make_one, named_by_file
from agentpkg.manifest import HostSettings
from agentpkg.targets import Destination
from tests.unit.builders import TRICKY, a_bundle, a_host, an_agent

LISTED = ToolList(
    key="tools",
    rows=(
        ToolRow(gives=("read",), names=("Read",)),
        ToolRow(gives=("web-fetch",), names=("Web",)),
        ToolRow(gives=("shell",), names=("Shell",)),
    ),
)
INN, BARN = a_host(LISTED, fields=(HostField(name="color"),)), a_host(LISTED, name="barn")
OPEN = a_host(NoControl(), name="open")
TO = Destination(
    hosts={host.name: host for host in (INN, BARN, OPEN)},
    settings={name: HostSettings() for name in ("inn", "barn", "open")},
    user=False,
)


def a_file(agent: Agent | str, host: str, content: bytes = b"") -> AgentFile:
    name = agent if isinstance(agent, str) else agent.name
    return AgentFile.of(f".{host}/agents/{name}.md", (host, name), content)


def found_in(agent: Agent, host: str, *servers: McpServer) -> Found:
    return Found(path=f".{host}/agents/{agent.name}.md", host=host, agent=agent, notes=(), servers=servers)


def made(*found: Found, taken: tuple[str, ...] = ()) -> dict[str, Adopted]:
    files = {one.path: a_file(one.agent, one.host) for one in found}
    adopted, left = make_local({one.path: one for one in found}, files, taken, TO)
    assert left == []
    return {one.id: one for one in adopted}


# Where files stand


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (".inn/agents/triage.md", ("inn", "triage")),
        (".barn/agents/My Own.md", ("barn", "My Own")),
        (".inn/agents/team/triage.md", None),
        ("more/.inn/agents/triage.md", None),
        (".inn/agents/triage.txt", None),
        (".inn/agents/.md", None),
    ],
)
def test_only_the_path_that_would_be_written_is_the_place_of_an_agent(path: str, place: tuple[str, str] | None) -> None:
    assert place_of(path, TO.hosts, user=False) == place


def test_every_host_with_agents_of_its_own_has_its_place() -> None:
    for user in (False, True):
        for name, host in HOSTS.items():
            template = host.user_agents if user else host.agents
            found = place_of(template.format(name="triage"), HOSTS, user=user)
            assert found == ((name, "triage") if host.native else None)


def test_a_host_that_reads_agents_as_skills_has_none() -> None:
    assert place_of(".inn/agents/triage.md", {"inn": replace(INN, native=False)}, user=False) is None


@pytest.mark.parametrize(("name", "fits"), [("triage", True), ("Triage", False), ("a b", False), ("nul", False)])
def test_a_name_that_no_agent_can_have_is_told(name: str, fits: bool) -> None:
    assert (why_no_name(name) is None) == fits


# How like two files are


@given(TRICKY)
def test_a_text_is_exactly_like_itself_whatever_its_line_endings(text: str) -> None:
    content = text.replace("\r", "").encode()
    assert likeness(content, content.replace(b"\n", b"\r\n")) == EXACT


@given(TRICKY, TRICKY)
def test_nothing_but_the_same_text_is_exactly_like_it(one: str, other: str) -> None:
    mine, theirs = one.replace("\r", "").encode(), other.replace("\r", "").encode()
    assert (likeness(mine, theirs) == EXACT) == (mine == theirs)


def test_a_small_edit_is_close_and_another_text_is_not() -> None:
    text = " ".join(f"word{number}" for number in range(100)).encode()
    assert CLOSE < likeness(text, text.replace(b"word7 ", b"")) < EXACT
    assert likeness(text, b"some other words about it") < CLOSE
    assert likeness(text, b"") == 0
    half = text.replace(b"word1", b"mine") + b" and so on"
    assert CLOSE < likeness(text, half) < likeness(text, text + b" and so on")


def test_a_large_text_is_compared_in_no_time() -> None:
    lines = b"".join(b"the same the same the same %d\n" % number for number in range(9000))
    assert likeness(lines, lines + b"more\n") > 0.9
    over_and_over = b"the same\n" * 9000
    assert likeness(over_and_over, over_and_over + b"more\n") > 0.9


# Versions


def test_files_are_compared_with_what_their_own_host_gets() -> None:
    agent = an_agent("read")
    bundle = a_bundle(agent)
    rendered = targets_of(Adopted(id="reviewers", bundle=bundle, hosts=("inn",), agents=("triage",), likeness={}), TO)[
        ".inn/agents/triage.md"
    ].content
    files = [
        a_file(agent, "inn", rendered),
        a_file(agent, "barn", rendered + b"and a word or two of mine\n"),
        a_file("other", "inn", rendered),
        a_file("triage", "open", rendered),
    ]
    found = compare_with(bundle, files, TO)
    assert found[".inn/agents/triage.md"] == EXACT
    assert CLOSE <= found[".barn/agents/triage.md"] < EXACT
    assert found.keys() == {".inn/agents/triage.md", ".barn/agents/triage.md"}  # the third host cannot hold it back


def test_what_is_not_close_is_not_found() -> None:
    assert compare_with(a_bundle(an_agent("read")), [a_file("triage", "inn", b"something else")], TO) == {}


def test_the_version_with_most_exact_files_wins_then_the_closest_then_the_first() -> None:
    one, two, three = (a_bundle(version=version) for version in ("3.0.0", "2.0.0", "1.0.0"))
    assert best_version([]) is None
    best = best_version([(one, {"a": 0.9, "b": 0.9}), (two, {"a": EXACT}), (three, {"a": EXACT, "b": 0.7})])
    assert best is not None
    assert best[0] is three
    best = best_version([(one, {"a": 0.8}), (two, {"a": 0.9}), (three, {"a": 0.9})])
    assert best is not None
    assert best[0] is two


def test_a_bundle_is_limited_to_what_is_there() -> None:
    bundle = a_bundle(an_agent("read", name="aa"), an_agent("read", name="bb"))
    files = {one.path: one for one in (a_file("aa", "inn"), a_file("aa", "barn"))}
    taken = take_bundle(("acme/reviewers", bundle), dict.fromkeys(files, EXACT), files, TO)
    assert isinstance(taken, Adopted)
    assert (taken.id, taken.hosts, taken.agents) == ("acme/reviewers", ("barn", "inn"), ("aa",))


def test_a_bundle_that_requires_others_or_fits_no_host_is_not_taken() -> None:
    files = {one.path: one for one in (a_file("aa", "inn"), a_file("bb", "open"))}
    bundle = replace(a_bundle(an_agent("read", name="aa")), requires={"base": ""})
    assert take_bundle(("tool", bundle), {".inn/agents/aa.md": EXACT}, files, TO) == "tool 1.2.0 requires base"
    bundle = a_bundle(an_agent("read", name="aa"), an_agent("shell", name="bb"))
    why = take_bundle(("tool", bundle), dict.fromkeys(files, EXACT), files, TO)
    assert isinstance(why, str)
    assert why.startswith("tool 1.2.0: open cannot hold aa back from")


def test_a_project_that_accepts_it_lets_a_host_widen() -> None:
    bundle = a_bundle(an_agent("read"))
    why = why_not(bundle, ["open"], ["triage"], TO)
    assert (
        why
        == 'open cannot hold triage back from every tool; [hosts.open] widening = "allow" in agentpkg.toml accepts that'
    )
    to = replace(TO, settings={**TO.settings, "open": HostSettings(widening=True)})
    assert why_not(bundle, ["open"], ["triage"], to) is None


def test_an_agent_that_a_host_has_of_its_own_is_told() -> None:
    assert "has an agent of its own" in (why_not(a_bundle(an_agent(name="keeper")), ["inn"], ["keeper"], TO) or "")


# Bundles of the project


def test_the_same_agent_of_several_hosts_is_one() -> None:
    one = an_agent("read", host_fields={"inn": {"color": "blue"}})
    other = replace(one, host_fields={}, model="inn-9", description="Else", body="Another prompt")
    adopted = made(found_in(one, "inn"), found_in(other, "barn"))
    agent = adopted["triage"].bundle.agents[0]
    assert adopted.keys() == {"triage"}
    assert adopted["triage"].hosts == ("barn", "inn")
    for expected, host in ((one, "inn"), (other, "barn")):
        own = agent.host_fields.get(host, {})
        assert agent.bodies.get(host, agent.body).strip() == expected.body.strip()
        assert own.get("description", agent.description) == expected.description
        assert own.get("model", agent.model or "inherit") == (expected.model or "inherit")
    assert agent.host_fields["inn"]["color"] == "blue"


def test_the_prompt_that_most_files_have_is_the_agents_own() -> None:
    most = an_agent("shell", body="Most have this.")
    found = [found_in(replace(most, body="One has this."), "barn"), found_in(most, "inn"), found_in(most, "open")]
    agent = made(*found)["triage"].bundle.agents[0]
    assert (agent.body.strip(), {host: body.strip() for host, body in agent.bodies.items()}) == (
        "Most have this.",
        {"barn": "One has this."},
    )


def test_a_prompt_that_looks_like_a_header_stays_a_prompt() -> None:
    one = an_agent("read")
    adopted = made(found_in(one, "barn"), found_in(replace(one, body="---\nname: x\n---\nIts end."), "inn"))
    agent = adopted["triage"].bundle.agents[0]
    assert agent.bodies["inn"].strip() == "---\nname: x\n---\nIts end."


def test_of_several_powers_those_count_that_every_file_holds() -> None:
    adopted = made(found_in(an_agent("read", "shell"), "barn"), found_in(an_agent("read"), "inn"))
    (agent,) = adopted["triage"].bundle.agents
    assert set(Grants.of(agent.tools)) == {"read"}
    assert adopted["triage"].notes == (
        (
            ".barn/agents/triage.md: may also use shell; in the bundle the agent may use what .inn/agents/triage.md "
            "lets it, and the file stays as it is"
        ),
    )


def test_powers_of_which_none_covers_the_other_are_kept_apart() -> None:
    adopted = made(found_in(an_agent("web-fetch"), "barn"), found_in(an_agent("read"), "inn"))
    assert {name: set(Grants.of(one.bundle.agents[0].tools)) for name, one in adopted.items()} == {
        "triage": {"web-fetch"},
        "triage-inn": {"read"},
    }


def test_a_host_that_could_not_hold_it_back_gets_a_bundle_of_its_own() -> None:
    adopted = made(found_in(an_agent("read"), "inn"), found_in(an_agent(every_tool=True), "open"))
    assert {name: one.hosts for name, one in adopted.items()} == {"triage": ("inn",), "triage-open": ("open",)}
    shell = made(found_in(an_agent("shell"), "inn"), found_in(an_agent(every_tool=True), "open"))
    assert {name: one.hosts for name, one in shell.items()} == {"triage": ("inn", "open")}


def test_a_server_that_one_file_declares_is_not_given_to_another() -> None:
    server = McpServer(name="docs", command="docs", headers={})
    adopted = made(found_in(an_agent("read"), "barn", server), found_in(an_agent("read"), "inn"))
    assert {name: set(one.bundle.mcp) for name, one in adopted.items()} == {"triage": {"docs"}, "triage-inn": set()}


def test_names_that_are_taken_get_a_word_more() -> None:
    adopted = made(
        found_in(an_agent("read"), "inn"),
        found_in(an_agent("web-fetch"), "barn"),
        found_in(an_agent("read", name="triage-inn"), "inn"),
        taken=("triage", "triage-local"),
    )
    assert adopted.keys() == {"triage-local-2", "triage-inn", "triage-inn-2"}
    assert all(len(name) <= 50 for name in made(found_in(an_agent("read", name="a" * 50), "inn"), taken=("a" * 50,)))


def test_an_agent_that_its_own_host_could_not_hold_is_left() -> None:
    one = found_in(an_agent("read"), "open")
    adopted, left = make_local({one.path: one}, {one.path: a_file("triage", "open")}, (), TO)
    assert adopted == []
    assert [(item.path, item.harmless) for item in left] == [(one.path, False)]


def test_what_no_bundle_may_hold_is_left() -> None:
    one = found_in(an_agent("read", body="Hidden \u200b text."), "inn")
    adopted, left = make_local({one.path: one}, {one.path: a_file("triage", "inn")}, (), TO)
    assert adopted == []
    assert "U+200B" in left[0].why


def test_all_go_into_one_bundle_where_every_host_can_hold_them() -> None:
    found = [found_in(an_agent("read", name="aa"), "inn"), found_in(an_agent("web-fetch", name="bb"), "barn")]
    read = {one.path: one for one in found}
    files = {one.path: a_file(one.agent, one.host) for one in found}
    adopted, _ = make_local(read, files, (), TO)
    whole = make_one("house", adopted, read, files, TO)
    assert (whole.id, whole.agents, whole.hosts) == ("house", ("aa", "bb"), ("barn", "inn"))
    assert parse_bundle(whole.files or {}, "house") == whole.bundle


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (("read", "inn", "aa"), ("web-fetch", "barn", "aa"), "aa may use other tools on one host than on another"),
        (("read", "inn", "aa"), ("shell", "open", "bb"), "open cannot hold aa back from every tool"),
    ],
)
def test_what_cannot_be_one_bundle_is_refused(
    one: tuple[str, str, str], other: tuple[str, str, str], told: str
) -> None:
    found = [found_in(an_agent(tool, name=name), host) for tool, host, name in (one, other)]
    read = {one.path: one for one in found}
    files = {one.path: a_file(one.agent, one.host) for one in found}
    adopted, _ = make_local(read, files, (), TO)
    with pytest.raises(ContentRefused, match=told):
        make_one("house", adopted, read, files, TO)


def test_an_agent_is_called_as_its_file() -> None:
    found = found_in(an_agent("read"), "inn")
    assert named_by_file(found, "triage") is found
    other = named_by_file(found, "sorter")
    assert other.agent.name == "sorter"
    assert other.notes == (
        ".inn/agents/triage.md: the header calls it triage; it is sorter here, as its file is called",
    )
