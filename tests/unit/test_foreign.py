"""Agents of other formats: whose they are, what they are here, and that none becomes more powerful on the way."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentpkg.agent import Agent, parse_agent
from agentpkg.canonical import write_agent
from agentpkg.errors import ContentRefused
from agentpkg.foreign import Foreign, translate
from agentpkg.foreign_names import read_name
from agentpkg.grants import TOOLS, parse_tool
from agentpkg.hosts import FALLBACK, HOSTS
from agentpkg.hosts.base import NoControl, PermissionMap, ReadonlySwitch, ToolList, ToolRow
from agentpkg.places import guess_host, host_of, is_agent_file, is_page, stem_of
from agentpkg.requirement import is_device
from agentpkg.tolerant import Tolerant, read_tolerant
from tests.support.examples import examples
from tests.unit.builders import TOOL_LISTS, TRICKY, a_host, an_agent

if TYPE_CHECKING:
    from agentpkg.header import Header
    from agentpkg.hosts.base import Host, ToolControl

CLAUDE, COPILOT, OPENCODE, GEMINI = (HOSTS[name] for name in ("claude", "copilot", "opencode", "gemini"))


def foreign(header: str, host: Host = CLAUDE, stem: str = "stem", body: str = "Body.\n") -> Foreign:
    text = f"---\n{header}\n---\n{body}"
    return translate(read_tolerant(text.encode(), "x.md"), host, stem, "x.md")


def tools_of(header: str, host: Host = CLAUDE) -> list[str] | None:
    tools = foreign(f"description: d\n{header}", host).agent.tools
    return None if tools is None else [str(tool) for tool in tools]


def notes_of(header: str, host: Host = CLAUDE) -> tuple[str, ...]:
    return foreign(f"name: x\ndescription: d\n{header}", host).notes


def refusal(header: str, host: Host = CLAUDE, stem: str = "stem", body: str = "Body.\n") -> str:
    with pytest.raises(ContentRefused) as caught:
        foreign(header, host, stem, body)
    return caught.value.message


# Whose a file is


@pytest.mark.parametrize(
    ("path", "host"),
    [
        (".claude/agents/x.md", "claude"),
        ("pkg/.claude/agents/team/x.md", "claude"),
        (".github/agents/x.agent.md", "copilot"),
        ("pkg/.github/agents/x.md", "copilot"),
        (".copilot/agents/x.agent.md", "copilot"),
        (".opencode/agent/x.md", "opencode"),
        (".opencode/agents/sub/x.md", "opencode"),
        (".config/opencode/agents/x.md", "opencode"),
        (".gemini/agents/x.md", "gemini"),
        (".gemini/config/agents/x/agent.md", "antigravity"),
        (".agents/agents/x/agent.md", "antigravity"),
        (".agents/agents/x.md", "antigravity"),
        (".cursor/agents/x.md", "cursor"),
        (".codex/agents/x.toml", "codex"),
        (".factory/droids/x.md", "droid"),
        (".kilocode/agent/x.md", "kilo"),
        (".devin/agents/x/AGENT.md", "devin"),
        ("agents/x.md", None),
        ("x.md", None),
        ("my.claude/agents/x.md", None),
        (".claude/agents/x.txt", None),
        (".claude/skills/x/SKILL.md", None),
        (".agents/skills/x/SKILL.md", None),
    ],
)
def test_a_path_tells_the_host(path: str, host: str | None) -> None:
    assert host_of(path, HOSTS) == host


def test_every_host_finds_its_own_agents() -> None:
    for host in HOSTS.values():
        if host.native and "#" not in host.agents:
            assert host_of(host.agents.format(name="x"), HOSTS) == host.name


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ({}, FALLBACK),
        ({"name": "x", "description": "d"}, FALLBACK),
        ({"tools": "Read, Bash"}, "claude"),
        ({"tools": ["Read", "LS", "MultiEdit", "Task"], "model": "sonnet"}, "claude"),
        ({"tools": {"write": "false"}}, "opencode"),
        ({"permission": {"edit": "deny"}}, "opencode"),
        ({"mode": "subagent", "temperature": "0.1"}, "opencode"),
        ({"tools": ["read_file", "replace"]}, "gemini"),
        ({"display_name": "X"}, "gemini"),
        ({"user-invocable": "true"}, "copilot"),
        ({"tools": ["read", "edit", "search"]}, "copilot"),
        ({"tools": ["x"], "permissionMode": "plan"}, "claude"),
        ({"readonly": "true"}, "cursor"),
        ({"tools": "(("}, "claude"),
    ],
)
def test_a_header_tells_the_host_where_the_path_does_not(header: dict[str, Header], host: str) -> None:
    assert guess_host(header) == host


@pytest.mark.parametrize(
    ("path", "agent"),
    [
        ("agents/x.md", True),
        (".claude/agents/readme-writer.md", True),
        (".github/agents/x.agent.md", True),
        (".agents/agents/x/agent.md", True),
        (".cline/agents/x.yaml", True),
        ("agents/security.md", True),
        ("README.md", False),
        ("agents/README.zh-CN.md", False),
        ("agents/README-first.md", False),
        ("agents/readme_de.md", False),
        ("CHANGELOG.md", False),
        ("CONTRIBUTING.md", False),
        ("LICENSE.md", False),
        ("licence", False),
        ("AGENTS.md", False),
        (".claude/agents/AGENTS.md", False),
        ("CLAUDE.md", False),
        ("GEMINI.md", False),
        (".claude/skills/x/SKILL.md", False),
        (".agents/skills/x/SKILL.md", False),
        ("agents/index.md", False),
        ("agents/_shared.md", False),
        ("agents/.hidden.md", False),
        ("agents/agent-template.md", False),
        ("agents/x.txt", False),
    ],
)
def test_a_name_tells_pages_from_agents(path: str, agent: bool) -> None:
    assert is_agent_file(path) is agent


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("# A page\n", True),
        ("---\ntitle: x\n---\nText.\n", True),
        ("---\ndescription:\n---\nText.\n", True),
        ("---\ndescription: d\n---\nText.\n", False),
    ],
)
def test_a_file_without_a_description_is_a_page(text: str, page: bool) -> None:
    assert is_page(read_tolerant(text.encode(), "a.md")) is page


@pytest.mark.parametrize(
    ("path", "stem"),
    [
        ("agents/x.md", "x"),
        (".github/agents/x.agent.md", "x"),
        (".agents/agents/x/agent.md", "x"),
        ("agents/agent.md", "agent"),
        ("v1.2.md", "v1.2"),
    ],
)
def test_a_path_gives_an_agent_a_name(path: str, stem: str) -> None:
    assert stem_of(path) == stem


# Names, descriptions, prompts


@pytest.mark.parametrize(
    ("given", "stem", "name"),
    [
        ("triage", "x", "triage"),
        ("Data Engineer_2", "x", "data-engineer-2"),
        ("C++ (Expert)", "x", "c-expert"),
        ("Señor (1)", "x", "senor-1"),
        ("3d-artist", "x", "agent-3d-artist"),
        ("-dash-", "x", "dash"),
        ("", "code-reviewer", "code-reviewer"),
        ("", "Code Reviewer.agent", "code-reviewer"),
        ("データ", "data", "data"),
        ("con", "console", "console"),
        ("word-" * 20, "x", "-".join(["word"] * 10)),
        ("a" * 80, "x", "a" * 50),
    ],
)
def test_a_name_is_made_valid_and_a_change_is_noted(given: str, stem: str, name: str) -> None:
    found = foreign(f"name: {given}\ndescription: d" if given else "description: d", stem=stem)
    assert found.agent.name == name
    assert bool(found.notes) is (given != name)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ('name: "{{NAME}}"\ndescription: d', "x.md: name is a placeholder: '{{NAME}}'"),
        ("name: {{NAME}}\ndescription: d", "x.md: name is a placeholder: '{{NAME}}'"),
        ("name: [a]\ndescription: d", "x.md: name is no text"),
        ("name: '!'\ndescription: d", "x.md: neither '!' nor '?' can be made a name"),
        ("name: x1", "x.md: description is missing"),
        ("name: x1\ndescription:", "x.md: description is empty"),
        ("name: x1\ndescription: ' '", "x.md: description is empty"),
        ("name: x1\ndescription: [a]", "x.md: description is no text"),
    ],
)
def test_what_makes_no_agent_is_refused(header: str, message: str) -> None:
    assert refusal(header, stem="?") == message


def test_a_prompt_must_be_there() -> None:
    assert refusal("name: ab\ndescription: d", body="\n") == "x.md: the prompt is empty"


def test_a_description_stays_whole() -> None:
    text = "Use it. " * 800
    assert foreign(f"name: ab\ndescription: {text}").agent.description == text.strip()


# Limits that would be lost


@pytest.mark.parametrize(
    "header",
    [
        "Tools: Read",
        '"tools ": [Read]',
        "tools\u00a0: Read",
        "t\u043e\u043els: Read",
        "{name: ab, description: d, tools:Read}",
        "excludeTools: [Bash]",
        "permission: {edit: deny}",
        "readonly: true",
        "sandbox_mode: read-only",
        "groups: [read]",
        "<<: {tools: [Read]}",
        "base: &b {tools: [Read]}\n<<: *b",
        "metadata: {limits: [{tools: [Frobnicate]}]}",
        "mcpServers: {db: {command: x, sandbox_mode: read-only}}",
        "permissions: {Deny: [Bash]}",
        "permissions: {bash: ask}",
        "tools: [Read, {a: b}]",
        "disallowedTools: {Bash: true}",
    ],
)
def test_a_limit_that_the_host_would_not_see_is_refused(header: str) -> None:
    assert "x.md" in refusal(header if header.startswith("{") else f"name: ab\ndescription: d\n{header}")


@pytest.mark.parametrize(
    "header",
    [
        "readonly: false",
        "permission: allow",
        "sandbox_mode: workspace-write",
        "tools: '*'\nreadonly: true",
        "mcpServers: {db: {command: x, tools: ['*'], env: {READONLY: '1'}}}",
    ],
)
def test_what_limits_nothing_is_passed_over(header: str) -> None:
    assert tools_of(f"name: ab\n{header}") is None


@pytest.mark.parametrize("value", ["true", "True", "yes", "on", "'true '", "1"])
def test_a_switch_is_on_by_any_of_the_words_for_it(value: str) -> None:
    assert tools_of(f"readonly: {value}", HOSTS["cursor"]) is not None


@pytest.mark.parametrize("value", ["", "maybe", "[true]", "null"])
def test_a_switch_that_is_neither_on_nor_off_is_refused(value: str) -> None:
    assert "neither true nor false" in refusal(f"description: d\nreadonly: {value}", HOSTS["cursor"])


def test_a_table_of_tools_is_no_setting_unless_all_of_it_is_on() -> None:
    assert tools_of("tools: {web_search: true}", HOSTS["codex"]) is None
    assert "is a table" in refusal("description: d\ntools: {write: false}", HOSTS["codex"])
    assert "shell" not in (tools_of("features: {shell_tool: false}", HOSTS["codex"]) or ["shell"])


def test_a_note_shows_no_more_than_the_beginning_of_a_value_and_no_value_of_a_variable() -> None:
    long = "q" * 190
    for header in (f"tools: [{long}]", f"disallowedTools: {long}", f"{long}: x", f"mcpServers: [{long}]"):
        assert all(long[:80] not in note for note in notes_of(header))
    for env in ("[KEY=hunter2]", "{KEY: hunter2}", "{KEY hunter2}", "[KEY hunter2]"):
        found = notes_of(f"mcpServers: [{{db: {{command: x, env: {env}}}}}]")
        assert found
        assert "hunter2" not in " ".join(found)


# Lists of tools


@pytest.mark.parametrize(
    ("header", "tools"),
    [
        ("name: ab", None),
        ("tools: *", None),
        ('tools: ["Read", "*"]', None),
        ("tools: []", []),
        ("tools:", []),
        ("tools: Read, Bash", ["read", "shell"]),
        ("tools: Read Bash", ["read", "shell"]),
        ("tools: [read, bash]", ["read", "shell"]),
        ("tools: [Glob, LS, Grep]", ["glob", "list", "grep"]),
        ("tools: [Task, Skill, TodoWrite]", ["delegate", "skill", "todo"]),
        ("tools: [MultiEdit, Edit]", ["edit"]),
        ("tools: [Bash(git *), Read]", ["shell(git *)", "read"]),
        ("tools: Bash(git:*), Read(src/**)", ["shell(git *)", "read(src/**)"]),
        ("tools: [Bash, Bash(git *)]", ["shell"]),
        ("tools: Bash(*), Read", ["read"]),
        ("tools: [CreateDirectory]", ["shell(mkdir *)"]),
        ("tools: [mcp__context7__get-docs]", ["mcp:context7/get-docs"]),
        ("tools: [mcp__context7]", ["mcp:context7/*"]),
        ("tools: [mcp__context7__*]", ["mcp:context7/*"]),
        ("tools: [mcp__my_db__the_query]", ["mcp:my_db/the_query"]),
        ("tools: [context7/get-docs]", ["mcp:context7/get-docs"]),
        ('tools: ["mcp:context7/get-docs", web-fetch]', ["mcp:context7/get-docs", "web-fetch"]),
        ("tools: [mcp__a__b__c]", []),
        ("tools: [mcp__a___b]", []),
        ("tools: [Frobnicate]", []),
        ("tools: [mcp__*]", []),
        ("allowedTools: Read", ["read"]),
        ("tools: Read\nallowed-tools: Bash", ["read"]),
        ("tools: Read, Edit\ndisallowedTools: Edit", ["read"]),
        ("tools: Read, Bash\ndisallowedTools: Bash(rm *)", ["read"]),
        ("disallowedTools: []", None),
        ("disallowedTools:", None),
        ("disallowedTools: *", []),
        ("tools: Read, Write, Bash\ndisallowedTools: Bash Write, Edit", ["read"]),
        ("tools: Read, Bash\ndisallowedTools: launch-process", ["read"]),  # the word of another host
        ("tools: Read, Bash\ndisallowed_tools: Bash", ["read"]),
        ("allowed_tools: Read", ["read"]),
        ("disallowedTools: Bash", [tool for tool in TOOLS if tool != "shell"]),
        ("disallowedTools: [Frobnicate]", list(TOOLS)),
        ("disallowedTools: ['Web*']", [tool for tool in TOOLS if not tool.startswith("web")]),
        ("tools: [mcp__a__b, mcp__a__c]\ndisallowedTools: [mcp__a__b]", ["mcp:a/c"]),
        ("tools: [mcp__a, mcp__b__c]\ndisallowedTools: [mcp__a__b]", ["mcp:b/c"]),
        ("tools: [mcp__a, mcp__b__c]\ndisallowedTools: [mcp__b]", ["mcp:a/*"]),
        ("tools: [Read, mcp__a, mcp__b__c]\ndisallowedTools: [mcp__*]", ["read"]),
    ],
)
def test_a_list_of_tools_is_read(header: str, tools: list[str] | None) -> None:
    assert tools_of(header) == tools


@pytest.mark.parametrize(
    ("host", "header", "tools"),
    [
        (COPILOT, "tools: [read, edit]", ["read", "list", "edit", "write", "notebook-edit"]),
        (COPILOT, "tools: [search]", ["glob", "grep"]),
        (COPILOT, "tools: ['codebase', 'edit/editFiles']", ["glob", "grep", "edit"]),
        (COPILOT, "tools: [Glob, search/fileSearch]", ["glob"]),
        (COPILOT, "tools: [search/fileSearch]", ["glob"]),
        (COPILOT, "tools: [execute/runInTerminal, vscode/askQuestions]", ["shell", "ask"]),
        (COPILOT, "tools: [context7/get-docs, 'context7/*']", ["mcp:context7/get-docs", "mcp:context7/*"]),
        (COPILOT, "tools: [execute/unheardOf, vscode/openFile]", []),
        (COPILOT, "tools: ''\nname: ab", "error"),
        (COPILOT, "tools: {read: true}", "error"),
        (GEMINI, "tools: [read_file, replace, mcp_context7_query]", ["read", "edit", "mcp:context7/query"]),
        (GEMINI, "tools: [mcp_context7_*]", ["mcp:context7/*"]),
        (GEMINI, "tools: [mcp_my_db_query]", []),
        (GEMINI, "tools: null", "error"),
        (HOSTS["auggie"], "tools: [read-process]", []),
        (HOSTS["auggie"], "tools: [launch-process]", ["shell"]),
        (HOSTS["grok"], "tools: [Read]", ["read"]),
        (HOSTS["grok"], "tools: [Read]\nmcpServers: [db]", ["read", "mcp:db/*"]),
        (HOSTS["grok"], "mcpServers: [db]", None),
        (HOSTS["kiro"], "tools: ['@db', '@db/query', '@builtin']", ["mcp:db/*", "mcp:db/query"]),
        (HOSTS["kiro"], "tools: ['*']", None),
        (HOSTS["devin"], "allowed-tools: [exec]", ["shell"]),
        (HOSTS["devin"], "allowed-tools: [get_output]", []),
        (HOSTS["devin"], "permissions: {deny: ['Exec(rm)']}", "error"),
        (HOSTS["cursor"], "readonly: true", ["read", "glob", "grep", "list", "web-fetch", "web-search"]),
        (HOSTS["cursor"], "readonly: false", None),
        (HOSTS["cursor"], "readonly: true\ntools: Read, Bash", ["read"]),
    ],
)
def test_every_host_lists_tools_in_its_own_words(host: Host, header: str, tools: list[str] | str | None) -> None:
    if tools == "error":
        refusal(f"description: d\n{header}", host)
    else:
        assert tools_of(header, host) == tools


LEFT = [tool for tool in TOOLS if tool not in ("delegate", "todo", "ask")]  # the three must be named


@pytest.mark.parametrize(
    ("header", "tools"),
    [
        ("name: ab", None),
        ("permission: allow", None),
        ("permission: deny", []),
        ("permission: ask", []),
        ("permission: {edit: allow}", None),
        ("permission: {edit: deny}", [one for one in LEFT if one not in ("edit", "write", "notebook-edit")]),
        ("permission: {bash: ask}", [one for one in LEFT if one != "shell"]),
        ("permission: {write: deny}", [one for one in LEFT if one not in ("edit", "write", "notebook-edit")]),
        ('permission: {"*": deny, write: allow}', []),
        ('permission: {"*": deny, grep: allow}', ["grep"]),
        ('permission: {"*": deny, glob: allow}', ["glob"]),
        ('permission: {"*": deny, task: allow}', ["delegate"]),
        ('permission: {grep: allow, "*": deny}', []),
        ('permission: {"*": deny, bash: {"*": deny, "git *": allow}}', ["shell(git *)"]),
        ('permission: {"*": deny, bash: {"git *": allow}}', ["shell(git *)"]),
        ('permission: {"*": deny, bash: {"*": ask, "git *": allow}}', ["shell(git *)"]),
        ('permission: {"*": deny, bash: {"git *": allow, "*": deny}}', []),
        ('permission: {"*": deny, bash: {"*": allow, "rm *": deny}}', []),
        ('permission: {"*": deny, bash: {"*": deny, "git *": allow, "git push*": ask}}', []),
        ('permission: {"*": deny, read: {"*": allow, "*.env": ask}}', ["read"]),
        ('permission: {"*": deny, read: {"*": allow, "secret": deny}}', []),
        ('permission: {"*": deny, "context7_*": allow}', ["mcp:context7/*"]),
        ('permission: {"*": deny, "context7_query": allow}', ["mcp:context7/query"]),
        ('permission: {"context7_*": allow, "*": deny}', []),
        ('permission: {"*": deny, "context7_*": allow, "context7_drop": deny}', []),
        ('permission: {"*": deny, "context7_*": ask}', []),
        ('permission: {"*": deny, "a_b_c": allow, "read_file": allow}', []),
        ("tools: {write: false}", [one for one in LEFT if one not in ("edit", "write", "notebook-edit")]),
        ("tools: {write: true, bash: true}", None),
        ('tools: {"*": false, read: true}', ["read"]),
        ('tools: {"*": false, write: true}', ["edit", "write", "notebook-edit"]),
        ('tools: {"*": false, read: true, bash: true}\npermission: {bash: deny}', ["read"]),
        ('tools: {"*": false, bash: true}\npermission: {"*": deny, bash: {"git *": allow}}', ["shell(git *)"]),
        ("tools: Read, Bash", ["read", "shell"]),
    ],
)
def test_rules_are_read_as_the_list_that_they_leave(header: str, tools: list[str] | None) -> None:
    found = tools_of(header, OPENCODE)
    assert (None if found is None else sorted(found)) == (None if tools is None else sorted(tools))


ACTIONS = st.sampled_from(["allow", "deny", "ask"])
INPUTS = ("git status", "git push origin", "ls", "src/a.py")
RULES = st.dictionaries(
    st.sampled_from(
        ["*", "bash", "edit", "read", "grep", "task", "web*", "w*h", "write", "context7_*", "context7_drop"]
    ),
    ACTIONS | st.dictionaries(st.sampled_from(["*", "git *", "git push*", "src/**", "l?"]), ACTIONS, max_size=4),
    max_size=6,
)
# Under which name each tool is looked up in the rules.
LOOKED_UP = {
    **{tool: tool for tool in ("read", "edit", "glob", "grep", "list", "skill")},
    "write": "edit",
    "notebook-edit": "edit",
    "shell": "bash",
    "web-fetch": "webfetch",
    "web-search": "websearch",
    "delegate": "task",
    "todo": "todowrite",
    "ask": "question",
}


def allowed(rules: dict[str, Header], name: str, text: str) -> bool:
    """Say what the client does: the last rule that matches holds, and what none matches is allowed."""
    action = "allow"
    for pattern, rule in rules.items():
        for scope, one in rule.items() if isinstance(rule, dict) else [("*", rule)]:
            if fnmatchcase(name, pattern) and fnmatchcase(text, scope):
                action = str(one)
    return action == "allow"


@given(RULES)
@examples(500)
def test_rules_never_grant_more_than_the_client_would(rules: dict[str, Header]) -> None:
    header: dict[str, Header] = {"description": "d", "permission": dict(rules)}
    tools = translate(Tolerant(header=header, body="Body.\n"), OPENCODE, "stem", "x.md").agent.tools
    for tool in tools or ():
        name = LOOKED_UP.get(tool.name, f"{tool.server}_drop" if tool.server else "")
        for text in INPUTS:
            if tool.scope is None or fnmatchcase(text, tool.scope):
                assert allowed(rules, name, text), (str(tool), text)
    if tools is None:
        assert all(allowed(rules, name, text) for name in LOOKED_UP.values() for text in INPUTS)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("permission:", "x.md: permission has no value"),
        ("permission: {edit: maybe}", "x.md: permission.edit is 'maybe'"),
        ("tools:", "x.md: tools has no value"),
        ("tools: {read: maybe}", "x.md: tools.read is 'maybe', expected true or false"),
        (
            "permission: {" + ", ".join(f"a{one}: deny" for one in range(201)) + "}",
            "x.md: permission has more than 200 rules",
        ),
    ],
)
def test_rules_that_nobody_can_tell_are_refused(header: str, message: str) -> None:
    assert refusal(f"description: d\n{header}", OPENCODE) == message


# Models, fields, notes


@pytest.mark.parametrize(
    ("host", "model", "read"),
    [
        (CLAUDE, "opus", "strong"),
        (CLAUDE, "Sonnet", "balanced"),
        (CLAUDE, "haiku", "fast"),
        (CLAUDE, "inherit", None),
        (CLAUDE, "''", None),
        (CLAUDE, "claude-opus-4-8", "claude-opus-4-8"),
        (CLAUDE, "gpt-5", None),
        (CLAUDE, "[a, b]", None),
        (GEMINI, "pro", "strong"),
        (COPILOT, "gpt-5.5", "gpt-5.5"),
        (COPILOT, "Display Name 4 (copilot)", None),
        (OPENCODE, "anthropic/claude-sonnet-5", "anthropic/claude-sonnet-5"),
        (HOSTS["kimi"], "anything", None),
    ],
)
def test_a_model_is_a_tier_an_id_or_dropped(host: Host, model: str, read: str | None) -> None:
    found = foreign(f"name: ab\ndescription: d\nmodel: {model}", host)
    assert found.agent.model == read
    assert bool(found.notes) is (read is None and model not in ("inherit", "''"))


@pytest.mark.parametrize(
    ("host", "header", "fields"),
    [
        (
            CLAUDE,
            "color: cyan\npermissionMode: bypassPermissions",
            {"color": "cyan", "permissionMode": "bypassPermissions"},
        ),
        (CLAUDE, "color: teal", {}),
        (CLAUDE, "maxTurns: '-1'", {}),
        (CLAUDE, "version: 1.2.0\ntags: [a]", {}),
        (CLAUDE, "mcpServers: [{db: {command: x}}]", {}),
        (CLAUDE, "hooks: {a: b}", {}),
        (OPENCODE, "mode: subagent\ntemperature: 0.1", {"temperature": "0.1"}),
        (OPENCODE, "mode: primary", {}),
        (HOSTS["junie"], "skills: a, b", {"skills": ["a", "b"]}),
    ],
)
def test_a_field_is_kept_where_the_host_takes_it(host: Host, header: str, fields: dict[str, object]) -> None:
    found = foreign(f"name: ab\ndescription: d\n{header}", host).agent.host_fields
    assert found == ({host.name: fields} if fields else {})


@pytest.mark.parametrize(
    ("header", "host", "notes"),
    [
        ("tools: Read, Bash, mcp__db__query\nmodel: opus\ncolor: cyan", CLAUDE, ()),
        ("mode: subagent", OPENCODE, ()),
        ("tools: Task", CLAUDE, ("x.md: name: ab", "x.md: tools: Task is read as delegate")),
        ("tools: Raed", CLAUDE, ("x.md: tools drops a tool: 'Raed' is no tool that is known here; did you mean Read",)),
        ("color: teal", CLAUDE, ("x.md: color is dropped: Claude Code would not take 'teal'",)),
        ("version: 1", CLAUDE, ("x.md: version is dropped: Claude Code knows no such field",)),
        ("mcpServers: [db]", CLAUDE, ("x.md: mcpServers.db names a server that the file does not declare",)),
        ("description: a: b", CLAUDE, ("x.md: line 2: description is not valid YAML",)),
        ("permission: {'*': deny, bash: ask}", OPENCODE, ("x.md: permission.bash is dropped: it is asked about",)),
    ],
)
def test_everything_that_changes_is_noted_and_nothing_else(header: str, host: Host, notes: tuple[str, ...]) -> None:
    text = header if header.startswith("description") else f"description: d\n{header}"
    found = foreign(text, host, stem="ab").notes
    wanted = ["x.md: the header gives no name", "x.md: 'ab' is called ab", *notes]
    told = [note for note in found if not note.startswith(tuple(wanted))]
    assert [note for note in told if "read as a list of the tools" not in note] == []
    assert all(any(note.startswith(one) for note in found) for one in notes if one != "x.md: name: ab")


# The canonical file


FIELDS: st.SearchStrategy[Header] = st.recursive(
    TRICKY,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TRICKY, inner, max_size=3)),
    max_leaves=6,
)
AGENTS = st.builds(
    Agent,
    name=st.from_regex(r"[a-z][a-z0-9]{3,10}(-[a-z0-9]{1,6}){0,3}", fullmatch=True).filter(
        lambda name: not is_device(name)
    ),
    description=TRICKY.filter(str.strip),
    body=TRICKY.map(lambda text: f"# Head\n{text}\nEnd.\n"),
    tools=st.none() | TOOL_LISTS.map(lambda names: tuple(parse_tool(name) for name in names)),
    model=st.none() | st.sampled_from(["strong", "claude-opus-4-8", "anthropic/claude", "a b: c #"]),
    host_fields=st.dictionaries(
        st.sampled_from(["claude", "opencode", "null"]), st.dictionaries(TRICKY, FIELDS, max_size=3), max_size=2
    ),
    bodies=st.just({}),
)


@given(AGENTS)
@settings(deadline=None)
def test_a_written_agent_reads_as_the_same_agent(agent: Agent) -> None:
    assert parse_agent(write_agent(agent), "x.md", agent.name) == agent


def test_a_written_agent_looks_as_the_documents_show_it() -> None:
    agent = an_agent(
        "read", "mcp:db/query", "shell(git *)", model="balanced", host_fields={"claude": {"color": "cyan"}}
    )
    assert write_agent(agent) == (
        "---\n"
        "name: triage\n"
        'description: "Use when an incident comes in"\n'
        'tools: [read, "mcp:db/query", "shell(git *)"]\n'
        "model: balanced\n"
        "hosts:\n"
        "  claude: {color: cyan}\n"
        "---\n"
        "You are a triage agent.\n"
    )


# Hostile and odd headers


TEXTS = [
    "",
    "null",
    "*",
    "allow",
    "deny",
    "ask",
    "true",
    "false",
    "Read",
    "Bash(git:*)",
    "((",
    "mcp__a__b",
    "a_b",
    "x" * 300,
]
VALUES: st.SearchStrategy[Header] = st.recursive(
    st.sampled_from(TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["*", "bash", "read", "a_*", "[", "write"]), inner, max_size=4),
    ),
    max_leaves=8,
)
KEYS = [
    "name",
    "tools",
    "permission",
    "disallowedTools",
    "allowed-tools",
    "mcpServers",
    "model",
    "color",
    "readonly",
    "skills",
]


@given(
    st.dictionaries(st.sampled_from(KEYS), VALUES),
    st.sampled_from([host for host in HOSTS.values() if host.form == "markdown"]),
)
@examples(200)
def test_nothing_but_a_refusal_comes_out(header: dict[str, Header], host: Host) -> None:
    assert guess_host(header) in HOSTS
    try:
        found = translate(Tolerant(header={"description": "d", **header}, body="Body.\n"), host, "stem", "x.md")
    except ContentRefused:
        return
    assert parse_agent(write_agent(found.agent), "x.md", found.agent.name) == found.agent


ROWS = (
    ToolRow(gives=("read", "list"), names=("Look",)),
    ToolRow(gives=("shell",), names=("Run", "Wait")),
)
CONTROLS: list[ToolControl] = [
    ToolList(key="tools", rows=ROWS),
    PermissionMap(key="permission", base={"*": "deny"}, rows=ROWS),
    ReadonlySwitch(key="readonly", leaves=("read",)),
    NoControl(),
]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: type(control).__name__)
def test_every_kind_of_control_is_read(control: ToolControl) -> None:
    host = a_host(control)
    assert tools_of("name: ab", host) is None
    assert tools_of("tools: [Read]", host) == ["read"]
    assert tools_of("disallowedTools: [Read]", host) is not None


def test_a_name_among_several_of_a_row_gives_the_tool_only_if_it_is_the_first() -> None:
    assert [str(tool) for tool in read_name("Run", CONTROLS[0])] == ["shell"]
    with pytest.raises(ValueError, match="'Wait' is no tool"):
        read_name("Wait", CONTROLS[0])
