"""Agents that were found: one name each, one agent for several hosts, and the bundles that they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from agentpkg.agent import Agent
from agentpkg.bundle import McpServer, parse_bundle
from agentpkg.found import Found, bundle_files, join_same, name_apart, name_in_turn, summary
from agentpkg.importing import make_drafts
from agentpkg.requirement import NAME
from tests.unit.builders import an_agent


def found(
    agent: Agent,
    path: str = "a.md",
    host: str = "inn",
    servers: tuple[McpServer, ...] = (),
    skills: Mapping[str, bytes] | None = None,
) -> Found:
    return Found(path=path, host=host, agent=agent, notes=(), servers=servers, skills=skills or {})


ONE, OTHER = an_agent("read", body="One.\n"), an_agent("read", body="Other.\n")


def test_the_first_keeps_a_name_in_turn_and_none_gets_it_apart() -> None:
    both = [found(ONE, "a/x.md"), found(OTHER, "b/x.md")]
    assert list(name_in_turn(both)) == ["triage", "b-triage"]
    assert sorted(name_apart(both)) == ["a-triage", "b-triage"]
    assert name_in_turn(both)["b-triage"].notes == ("b/x.md: the name triage is taken by a/x.md; it is b-triage here",)


def test_numbers_tell_apart_what_nothing_else_does() -> None:
    many = [found(replace(ONE, body=f"{number}.\n"), f"x{number}.md") for number in range(12)]
    names = list(name_in_turn(many))
    assert names == ["triage", *(f"triage-{number}" for number in range(2, 13))]
    long = [found(replace(one.agent, name="a" * 50), one.path) for one in many]
    assert all(NAME.match(name) and len(name) <= 50 for name in name_in_turn(long))
    assert len(name_in_turn(long)) == 12


def test_a_number_that_is_taken_is_not_given_again() -> None:
    files = [found(replace(ONE, name="triage-2")), found(ONE), found(OTHER)]
    assert list(name_in_turn(files)) == ["triage-2", "triage", "triage-3"]


def test_one_agent_for_several_hosts_is_joined_with_what_each_has() -> None:
    db, docs = (McpServer(name=name, command="run", headers={}) for name in ("db", "docs"))
    first = replace(ONE, host_fields={"inn": {"color": "red"}})
    second = replace(an_agent("read", "list", body="One.\n"), host_fields={"bar": {"steps": "3"}}, model="fast")
    [joined] = join_same([found(first, "a.md", servers=(db,)), found(second, "b.md", "bar", servers=(docs,))])
    assert joined.agent.host_fields == {"inn": {"color": "red"}, "bar": {"steps": "3"}}
    assert (joined.agent.model, joined.agent.tools) == ("fast", first.tools)
    assert {server.name for server in joined.servers} == {"db", "docs"}
    assert joined.notes == ("b.md: the same agent as a.md: joined",)


def test_what_differs_is_not_joined() -> None:
    others = [
        replace(ONE, body="More.\n"),
        replace(ONE, description="More"),
        replace(ONE, name="other"),
        replace(ONE, tools=None),
        an_agent("read", "edit", body="One.\n"),
        replace(ONE, tools=()),
    ]
    for other in others:
        assert len(join_same([found(ONE), found(other)])) == 2
    servers = [(McpServer(name="db", command=command, headers={}),) for command in ("run", "other")]
    assert len(join_same([found(ONE, servers=one) for one in servers])) == 2
    strong, fast = replace(ONE, model="strong"), replace(ONE, model="fast")
    assert len(join_same([found(strong), found(fast)])) == 2


def test_a_bundle_is_made_of_agents_servers_and_skills() -> None:
    db = McpServer(name="db", command="run", args=("-x",), env=("KEY",), headers={})
    docs = McpServer(name="docs", url="https://x/mcp", headers={"X-Key": "KEY"})
    page = b"---\nname: notes\ndescription: d\n---\nText.\n"
    one = found(ONE, servers=(db, docs), skills={"skills/notes/SKILL.md": page})
    bundle = parse_bundle(bundle_files("mine", "0.1.0", [one, found(replace(OTHER, name="other"))]), "x")
    assert bundle.mcp == {"db": db, "docs": docs}
    assert [agent.name for agent in bundle.agents] == ["other", "triage"]
    assert [skill.name for skill in bundle.skills] == ["notes"]
    assert bundle.description == "Agents: triage, other."
    assert parse_bundle(bundle_files("mine", "0.1.0", [one]), "x").description == ONE.description
    assert summary("a\n b " * 90).endswith("…")
    assert len(summary("a\n b " * 90)) <= 200


def test_a_bundle_that_is_unfit_is_told_and_the_others_are_made() -> None:
    bad = found(replace(ONE, name="bad"), "bad.md", skills={"skills/Bad Name/SKILL.md": b"x"})
    drafts, refused = make_drafts([bad, found(ONE)], None)
    assert [draft.name for draft in drafts] == ["triage"]
    assert [path for path, _ in refused] == ["bad.md"]


def test_two_things_of_one_name_do_not_go_into_one_bundle() -> None:
    one = found(ONE, "a.md", servers=(McpServer(name="db", command="one", headers={}),))
    other = found(replace(OTHER, name="other"), "b.md", servers=(McpServer(name="db", command="two", headers={}),))
    than = "than an agent before it (make a bundle of each)"
    assert make_drafts([one, other], "both") == (
        [],
        [(path, f"b.md brings another MCP server db {than}") for path in ("a.md", "b.md")],
    )
    assert len(make_drafts([one, other], None)[0]) == 2
    skills = [{"skills/kit/SKILL.md": text} for text in (b"one", b"two")]
    kits = [found(ONE, "a.md", skills=skills[0]), found(replace(OTHER, name="other"), "b.md", skills=skills[1])]
    assert make_drafts(kits, "both")[0] == []
    assert len(join_same([found(ONE, "a.md", skills=skills[0]), found(ONE, "b.md", skills=skills[1])])) == 2


def test_advice_names_what_a_prompt_names_and_what_it_needs() -> None:
    body = "Ask the metrics agent, `logs`, @ops or sql-reviewer.\n"
    asks = an_agent("read", "mcp:db/query", name="asks", body=body)
    names = ("metrics", "logs", "ops", "sql-reviewer", "read")
    others = [replace(OTHER, name=name, body=f"{name}.\n") for name in names]
    drafts, _ = make_drafts([found(asks, "z.md"), *(found(one, f"{one.name}.md") for one in others)], None)
    [advice] = [draft.advice for draft in drafts if draft.name == "asks"]
    assert advice == (
        "asks names logs, metrics, ops, sql-reviewer in its prompt: consider [requires]",
        "asks needs MCP servers that its file does not declare: db",
    )
    secret = replace(ONE, body="Use AKIAABCDEFGHIJKLMNOP to log in.\n")
    [draft] = make_drafts([found(secret)], None)[0]
    assert "it cannot be published so" in draft.advice[0]
