"""Two versions of a bundle compared: which level every kind of change asks for, what was gained, and the text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given

from agentpkg.agent import Agent
from agentpkg.bundle import Bundle, McpServer, Skill
from agentpkg.compare import compare_bundles, unified
from agentpkg.semver import Level
from tests.unit.builders import TOOL_LISTS, a_bundle, an_agent

PATCH, MINOR, MAJOR = Level.PATCH, Level.MINOR, Level.MAJOR
DB = McpServer(name="db", command="npx", args=("-y", "db-mcp"), env=("DB_URL",), headers={})
WEB = McpServer(name="web", url="https://mcp.acme.example", headers={"Authorization": "ACME_TOKEN"})
SKILL = Skill(name="sql", description="SQL", files={})


@dataclass
class Case:
    before: Bundle
    after: Bundle
    reasons: list[tuple[Level, str]] = field(default_factory=list)


def case(before: Bundle | Agent, after: Bundle | Agent, *reasons: tuple[Level, str]) -> Case:
    one, other = (part if isinstance(part, Bundle) else a_bundle(part) for part in (before, after))
    return Case(one, other, list(reasons))


def with_fields(agent: Agent, **hosts: Mapping[str, str]) -> Agent:
    return replace(agent, host_fields=hosts)


READER = an_agent("read")
ANA, BEN = an_agent("read", "edit", name="ana"), an_agent("web-fetch", name="ben")
CASES = {
    "nothing": case(READER, READER),
    "body": case(READER, replace(READER, body="Other.\n")),
    "body for one host": case(READER, replace(READER, bodies={"codex": "Other.\n"})),
    "a tool": case(READER, an_agent("read", "shell"), (MAJOR, "triage gains shell")),
    "several tools": case(READER, an_agent("read", "shell", "edit"), (MAJOR, "triage gains edit, shell")),
    "every tool": case(READER, an_agent(every_tool=True), (MAJOR, "triage gains every tool")),
    "a tool where there was none": case(an_agent(), READER, (MAJOR, "triage gains read")),
    "a tool that was covered": case(READER, an_agent("read", "grep", "glob", "list")),
    "a tool without power": case(READER, an_agent("read", "todo", "skill", "ask")),
    "a tool less": case(an_agent("read", "shell"), READER),
    "a list where there was none": case(an_agent(every_tool=True), an_agent("shell")),
    "a tool for another": case(an_agent("read"), an_agent("web-fetch"), (MAJOR, "triage gains web-fetch")),
    "a wider scope": case(
        an_agent("edit(src/**)"), an_agent("edit(src/**)", "edit(docs/**)"), (MAJOR, "triage gains edit(docs/**)")
    ),
    "no scope any more": case(an_agent("edit(src/**)"), an_agent("edit"), (MAJOR, "triage gains edit")),
    "a scope": case(an_agent("edit"), an_agent("edit(src/**)")),
    "another scope of the shell": case(
        an_agent("shell(git *)"), an_agent("shell(rm *)"), (MAJOR, "triage gains shell(rm *)")
    ),
    "a tool of a server": case(
        a_bundle(an_agent("mcp:db/query"), mcp=(DB,)), a_bundle(an_agent("mcp:db/query", "mcp:db/drop"), mcp=(DB,)),
        (MAJOR, "triage gains mcp:db/drop"),
    ),
    "every tool of a server": case(
        a_bundle(an_agent("mcp:db/query"), mcp=(DB,)), a_bundle(an_agent("mcp:db/*"), mcp=(DB,)),
        (MAJOR, "triage gains mcp:db/*"),
    ),
    "a server's command": case(
        a_bundle(an_agent("mcp:db/query"), mcp=(DB,)),
        a_bundle(an_agent("mcp:db/query"), mcp=(replace(DB, args=("-y", "db-mcp@evil")),)),
        (MAJOR, "triage gains mcp-server:db npx -y db-mcp@evil (env DB_URL)"),
    ),
    "a server's environment": case(
        a_bundle(an_agent("mcp:db/query"), mcp=(DB,)),
        a_bundle(an_agent("mcp:db/query"), mcp=(replace(DB, env=("DB_URL", "AWS_SECRET")),)),
        (MAJOR, "triage gains mcp-server:db npx -y db-mcp (env AWS_SECRET, DB_URL)"),
    ),
    "a server's url": case(
        a_bundle(an_agent("mcp:web/x"), mcp=(WEB,)),
        a_bundle(an_agent("mcp:web/x"), mcp=(replace(WEB, url="https://evil.example"),)),
        (MAJOR, "triage gains mcp-server:web https://evil.example (env ACME_TOKEN)"),
    ),
    "a server that the bundle now brings": case(
        a_bundle(an_agent("mcp:db/query")), a_bundle(an_agent("mcp:db/query"), mcp=(DB,)),
        (MAJOR, "triage gains mcp-server:db npx -y db-mcp (env DB_URL)"),
    ),
    "a server that nobody's tools name": case(a_bundle(READER), a_bundle(READER, mcp=(DB,))),
    "a server for whoever has every tool": case(
        a_bundle(an_agent(every_tool=True)), a_bundle(an_agent(every_tool=True), mcp=(DB,)),
        (MAJOR, "triage gains mcp-server:db npx -y db-mcp (env DB_URL)"),
    ),
    "a server less": case(a_bundle(an_agent("mcp:db/query"), mcp=(DB,)), a_bundle(an_agent("mcp:db/query"))),
    "a field that adds power": case(
        READER, with_fields(READER, claude={"permissionMode": "bypassPermissions"}),
        (MAJOR, "triage gains claude.permissionMode=bypassPermissions"),
    ),
    "another value of it": case(
        with_fields(READER, claude={"permissionMode": "acceptEdits"}),
        with_fields(READER, claude={"permissionMode": "bypassPermissions"}),
        (MAJOR, "triage gains claude.permissionMode=bypassPermissions"),
    ),
    "a field that adds none": case(READER, with_fields(READER, claude={"color": "cyan"})),
    "a description": case(READER, replace(READER, description="Other"), (MINOR, "triage has another description")),
    "a description for one host": case(
        READER, with_fields(READER, claude={"description": "Other"}), (MINOR, "triage has another description")
    ),
    "a model": case(READER, replace(READER, model="strong"), (MINOR, "triage has another model")),
    "a model for one host": case(
        READER, with_fields(READER, opencode={"model": "x"}), (MINOR, "triage has another model")
    ),
    "an agent gone": case(a_bundle(ANA, BEN), a_bundle(ANA), (MAJOR, "the agent ben is gone")),
    "an agent renamed": case(
        a_bundle(ANA), a_bundle(replace(ANA, name="zoe")),
        (MAJOR, "the agent ana is gone"), (MINOR, "the agent zoe is new"),
    ),
    "a new agent within what the bundle's may do together": case(
        a_bundle(ANA, BEN), a_bundle(ANA, BEN, an_agent("read", "web-fetch", name="zoe")),
        (MINOR, "the agent zoe is new"),
    ),
    "a new agent beyond it": case(
        a_bundle(ANA, BEN), a_bundle(ANA, BEN, an_agent("shell", name="zoe")),
        (MAJOR, "zoe gains shell"), (MINOR, "the agent zoe is new"),
    ),
    "a new agent with every tool beside a shell": case(
        a_bundle(an_agent("shell", name="ana")),
        a_bundle(an_agent("shell", name="ana"), an_agent(every_tool=True, name="zoe")),
        (MINOR, "the agent zoe is new"),
    ),
    "a new agent with a field that adds power": case(
        a_bundle(ANA),
        a_bundle(ANA, with_fields(an_agent("read", name="zoe"), claude={"permissionMode": "acceptEdits"})),
        (MAJOR, "zoe gains claude.permissionMode=acceptEdits"), (MINOR, "the agent zoe is new"),
    ),
    "powers that move from one agent to another": case(
        a_bundle(ANA, BEN), a_bundle(an_agent("web-fetch", name="ana"), an_agent("read", "edit", name="ben")),
        (MAJOR, "ana gains web-fetch"), (MAJOR, "ben gains edit, read"),
    ),
    "a skill": case(a_bundle(READER), a_bundle(READER, skills=(SKILL,)), (MAJOR, "triage gains skill:sql")),
    "a skill gone": case(a_bundle(READER, skills=(SKILL,)), a_bundle(READER), (MAJOR, "the skill sql is gone")),
    "a skill's description": case(
        a_bundle(READER, skills=(SKILL,)), a_bundle(READER, skills=(replace(SKILL, description="More"),)),
        (MINOR, "the skill sql has another description"),
    ),
    "a skill's text": case(
        a_bundle(READER, skills=(SKILL,)), a_bundle(READER, skills=(replace(SKILL, files={"x.md": b"y"}),))
    ),
    "the bundle's own description": case(a_bundle(READER), replace(a_bundle(READER), description="Other")),
    "all at once": case(
        a_bundle(ANA, BEN, skills=(SKILL,)),
        replace(a_bundle(replace(ANA, tools=None, model="fast"), an_agent("read", name="zoe")), requires={"base": ""}),
        (MAJOR, "ana gains every tool"), (MAJOR, "base is required now"), (MAJOR, "the agent ben is gone"),
        (MAJOR, "the skill sql is gone"), (MINOR, "ana has another model"), (MINOR, "the agent zoe is new"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_every_kind_of_change_asks_for_its_level(name: str) -> None:
    one = CASES[name]
    comparison = compare_bundles((one.before, {}), one.after, {})
    assert list(comparison.reasons) == one.reasons
    assert comparison.level is max((level for level, _ in one.reasons), default=PATCH)
    assert comparison.before == one.before.version
    assert [powers.agent for powers in comparison.powers] == [agent.name for agent in one.after.agents]


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ({}, {"base": "~=1.0"}, (MAJOR, "base is required now")),
        ({"base": ""}, {}, (MAJOR, "base is no longer required")),
        ({"base": "~=1.0"}, {"base": "~=1.0"}, None),
        ({"base": "~=1.0"}, {"base": "~=1.2"}, (MINOR, "base ~=1.2 is required, not ~=1.0")),
        ({"base": "~=1.0"}, {"base": ">=1.0"}, (MAJOR, "base >=1.0 is required, not ~=1.0")),
        ({"base": "~=1.0"}, {"base": "~=2.0"}, (MAJOR, "base ~=2.0 is required, not ~=1.0")),
        ({"base": "==1.0.0"}, {"base": ""}, (MAJOR, "base (any version) is required, not ==1.0.0")),
        ({"base": ""}, {"base": "<9"}, (MINOR, "base <9 is required, not (any version)")),
        ({"base": "==1.*"}, {"base": ">=1,<2"}, (MINOR, "base >=1,<2 is required, not ==1.*")),
    ],
)
def test_what_is_required_counts(
    before: dict[str, str], after: dict[str, str], reason: tuple[Level, str] | None
) -> None:
    """Another bundle brings powers of its own, and so does a newer version of one."""
    old, new = (replace(a_bundle(READER), requires=requires) for requires in (before, after))
    assert compare_bundles((old, {}), new, {}).reasons == ((reason,) if reason else ())


def test_the_first_version_has_no_reasons_and_holds_what_it_holds() -> None:
    comparison = compare_bundles(None, a_bundle(ANA), {"agents/ana.md": b"x\n"})
    assert (comparison.before, comparison.reasons, comparison.level) == (None, (), PATCH)
    [powers] = comparison.powers
    assert (powers.held, powers.lost) == (("edit", "read"), ())
    assert comparison.text == "--- /dev/null\n+++ b/agents/ana.md\n@@ -0,0 +1 @@\n+x\n"


def test_what_was_gained_and_lost() -> None:
    [powers] = compare_bundles((a_bundle(an_agent("read", "shell")), {}), a_bundle(an_agent("read", "edit")), {}).powers
    assert (powers.held, powers.gained, powers.lost) == (("edit", "read"), (), ("shell",))


@given(TOOL_LISTS, TOOL_LISTS)
def test_a_patch_or_a_minor_version_never_brings_a_power(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    before, after = a_bundle(an_agent(*old)), a_bundle(an_agent(*new))
    gained = after.grants_of(after.agents[0]).beyond(before.grants_of(before.agents[0]))
    assert (compare_bundles((before, {}), after, {}).level is MAJOR) is bool(gained)


def test_asking_for_one_level() -> None:
    one = CASES["all at once"]
    comparison = compare_bundles((one.before, {}), one.after, {})
    assert comparison.asking_for(MINOR) == ("ana has another model", "the agent zoe is new")
    assert comparison.asking_for(PATCH) == ()


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (b"a\n", b"a\n", ""),
        (b"a\r\nb\r\n", b"a\nb\n", ""),
        (b"a\n", b"b\n", "--- o\n+++ n\n@@ -1 +1 @@\n-a\n+b\n"),
        (b"a", b"a\n", "--- o\n+++ n\n@@ -1 +1 @@\n-a\n\\ no newline at the end\n+a\n"),
        (b"", b"a\n", "--- o\n+++ n\n@@ -0,0 +1 @@\n+a\n"),
        (b"\xff\n", b"a\n", "--- o\n+++ n\n@@ -1 +1 @@\n-\\xff\n+a\n"),
    ],
)
def test_unified_diffs(before: bytes, after: bytes, text: str) -> None:
    assert unified(before, after, "o", "n") == text


def test_files_that_come_and_go_are_in_the_text() -> None:
    text = compare_bundles(
        (a_bundle(READER), {"a": b"1\n", "b": b"2\n"}), a_bundle(READER), {"b": b"2\n", "c": b"3\n"}
    ).text
    assert text == "--- a/a\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n--- /dev/null\n+++ b/c\n@@ -0,0 +1 @@\n+3\n"
