"""Files of every form: what of TOML, JSON, modes and markdown is an agent, and what it may do."""

from __future__ import annotations

import json

import pytest

from agentpkg.bundle import McpServer
from agentpkg.errors import ContentRefused
from agentpkg.foreign_forms import Reading, read_agents
from agentpkg.hosts import HOSTS
from agentpkg.places import choose_files, form_of

READ = ["read", "glob", "grep", "list"]
KIRO, MODES = ".kiro/agents/x.json", ".roomodes"


def read(path: str, text: str, host: str | None = None) -> Reading:
    return read_agents(path, text.encode(), "x", written_for=host)


def tools(reading: Reading) -> list[str] | None:
    [found] = reading.agents
    return None if found.agent.tools is None else [str(tool) for tool in found.agent.tools]


def kiro(**table: object) -> str:
    return json.dumps({"name": "x1", "description": "d", "prompt": "Body.", **table})


def modes(*more: str, top: str = "") -> str:
    lines = ["  - slug: x1", "    name: X", "    description: d", "    roleDefinition: Body.", *more]
    return "customModes:\n" + "\n".join([*lines, top]) + "\n"


def test_toml_is_read() -> None:
    reading = read(
        ".codex/agents/x.toml",
        'name = "Code Mapper"\ndescription = "Maps"\nmodel = "gpt-5.4"\nmodel_reasoning_effort = "high"\n'
        'developer_instructions = """\nFirst.\n\nLast."""\nweb = true\n',
    )
    [found] = reading.agents
    assert (reading.host, found.agent.name, found.agent.body) == ("codex", "code-mapper", "First.\n\nLast.\n")
    assert (found.agent.tools, found.agent.model) == (None, "gpt-5.4")
    assert found.agent.host_fields == {"codex": {"model_reasoning_effort": "high"}}
    assert found.notes == ("x: 'Code Mapper' is called code-mapper", "x: web is dropped: Codex CLI knows no such field")


def test_a_sandbox_that_is_asked_for_is_what_its_author_meant() -> None:
    text = 'name = "x1"\ndescription = "d"\ndeveloper_instructions = "Body."\nsandbox_mode = "%s"\n'
    assert tools(read(".codex/agents/x.toml", text % "read-only")) == ["read", "glob", "grep", "list", "web-search"]
    assert tools(read(".codex/agents/x.toml", text % "workspace-write")) is None


def test_a_table_of_tools_is_no_list_where_nothing_is_held_back() -> None:
    text = 'name = "x1"\ndescription = "d"\ndeveloper_instructions = "Body."\n[tools]\nweb_search = true\n'
    assert tools(read(".codex/agents/x.toml", text)) is None


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        ({}, []),  # not every tool, as elsewhere
        ({"allowedTools": ["write"]}, []),  # tools that nobody is asked about, not those that there are
        ({"tools": []}, []),
        ({"tools": ["*"]}, None),
        ({"tools": ["fs_read", "execute_bash"], "allowedTools": ["*"]}, ["read", "glob", "grep", "list", "shell"]),
        ({"tools": ["read", "shell"], "toolsSettings": {"shell": {"deniedCommands": ["rm .*"]}}}, READ),
        ({"tools": ["shell"], "toolsSettings": {"shell": {"allowedCommands": ["x"]}}}, ["shell"]),
        ({"tools": ["grep", "subagent"], "toolsSettings": {"subagent": {"availableAgents": ["a"]}}}, ["grep"]),
        ({"tools": ["@docs/search", "@db", "nonsense"]}, ["mcp:docs/search", "mcp:db/*"]),
        ({"tools": ["@builtin"]}, [
            "read", "write", "edit", "notebook-edit", "glob", "grep", "list", "shell", "web-fetch", "web-search",
            "delegate", "todo",
        ]),
    ],
)  # fmt: skip
def test_json_is_read(table: dict[str, object], wanted: list[str] | None) -> None:
    assert tools(read(KIRO, kiro(**table))) == wanted


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        (KIRO, "{", "x: Expecting property name"),
        (KIRO, "[]", "x holds no table"),
        (KIRO, '{"name": "x1", "name": "x2"}', "x: a key stands there twice"),
        (KIRO, kiro(prompt=None), "x: the prompt is empty"),
        (KIRO, kiro(prompt=["a"]), "x: prompt is no text"),
        (KIRO, kiro(description=None), "x: description is empty"),
        (KIRO, kiro(tools=None), "x: tools has no value"),
        (KIRO, kiro(tools={"read": True}), "x: tools is a table"),
        (KIRO, kiro(tools=["read", ["write"]]), "x: tools mixes names with lists or tables"),
        (KIRO, kiro(prompt="a\u200bb"), "x holds U+200B"),
        (KIRO, kiro(x=[[[[[[[[[[[[[[[[[["deep"]]]]]]]]]]]]]]]]]]), "x nests deeper than 16 levels"),
        (KIRO, kiro(prompt="file://./p.md"), "x: the prompt stands in ./p.md, which cannot be read from here"),
        (".codex/agents/x.toml", "name = \n", "x: Invalid value"),
        (".codex/agents/x.toml", 'name = "x1"\nname = "x2"\n', "x: Cannot overwrite a value"),
        (MODES, "customModes: {}\n", "x: there is no list of customModes"),
        (MODES, "a: &b c\n", "x: line 1 the file holds an anchor"),
        (MODES, "a: [\n", "x: line 2 the file is not valid YAML"),
        ("x.json", "{}", "x: nothing in it tells which host it is for"),
        ("x.toml", "a = 1", "x: nothing in it tells which host it is for"),
    ],
)
def test_what_cannot_be_read_is_refused(path: str, text: str, message: str) -> None:
    with pytest.raises(ContentRefused) as caught:
        read(path, text)
    assert caught.value.message.startswith(message)


def test_a_prompt_may_stand_in_a_file_beside() -> None:
    asked: list[str] = []

    def beside(path: str) -> bytes | None:
        asked.append(path)
        return b"Other.\r\n" if path == "../p.md" else None

    reading = read_agents(KIRO, kiro(prompt="file://../p.md").encode(), "x", beside=beside)
    assert (reading.agents[0].agent.body, asked) == ("Other.\n", ["../p.md"])
    assert "x: the prompt is that of ../p.md" in reading.agents[0].notes


@pytest.mark.parametrize(
    ("groups", "wanted", "note"),
    [
        (["    groups: [read, command]"], ["read", "glob", "grep", "list", "shell"], ""),
        (["    groups: []"], [], ""),
        ([], [], "there is no groups, which means no tool there"),
        (["    groups:", "      - read", "      - [edit, {fileRegex: md$}]"], READ, "edit is dropped: it holds for"),
        (["    groups:", "      - [edit, {description: all}]"], ["edit", "write", "notebook-edit"], ""),
        (["    groups: [read, mcp]", "    allowedMcpServers: [db]"], [*READ, "mcp:db/*"], ""),
        (["    groups: [read, mcp]"], READ, "mcp is dropped: without allowedMcpServers it is every server's"),
        (["    groups: [browser]"], [], "groups drops a tool: 'browser' is no tool"),
    ],
)  # fmt: skip
def test_modes_are_read(groups: list[str], wanted: list[str], note: str) -> None:
    reading = read(MODES, modes(*groups))
    assert reading.host == "zoo"
    found = tools(reading) or []
    assert sorted(found) == sorted(wanted)
    assert note in " ".join(reading.agents[0].notes)


@pytest.mark.parametrize(
    ("rules", "own", "wanted"),
    [
        ({"bash": "deny"}, {"bash": {"git *": "allow"}}, ["shell(git *)"]),
        ({"bash": {"*": "ask"}}, {"bash": {"git *": "allow"}}, ["shell(git *)"]),
        ({"bash": {"rm *": "deny"}}, {"bash": {"git *": "allow"}}, []),
        ({"bash": {"rm *": "allow"}}, {"*": "deny", "bash": {"git *": "allow"}}, ["shell(git *)"]),
        ({"bash": {"rm *": "deny"}}, {"bash": "allow"}, ["shell"]),
        ("deny", {"bash": "allow"}, ["shell"]),
    ],
)
def test_what_settings_take_from_all_agents_an_agents_own_rules_must_give_back(
    rules: object, own: object, wanted: list[str]
) -> None:
    entry = {"prompt": "B", "description": "d", "permission": own}
    reading = read("opencode.json", json.dumps({"permission": rules, "agent": {"x1": entry}}))
    found = tools(reading)
    assert [name for name in found or ["shell"] if name.startswith("shell")] == wanted


def test_settings_with_a_limit_that_nobody_reads_give_no_agent() -> None:
    entry = {"prompt": "B", "description": "d"}
    reading = read("opencode.json", json.dumps({"Permission": "deny", "agent": {"x1": entry}}))
    assert not reading.agents
    assert "x: agent.x1: 'Permission' beside it is no key that OpenCode reads" in " ".join(reading.refused)


def test_a_list_of_servers_counts_only_with_the_word_for_servers() -> None:
    reading = read(MODES, modes("    groups: [read]", "    allowedMcpServers: [db]"))
    assert "mcp:db/*" not in (tools(reading) or [])
    assert "allowedMcpServers is dropped: it counts only with mcp in groups" in " ".join(reading.agents[0].notes)


def test_a_mode_that_cannot_be_read_stands_in_nobodys_way() -> None:
    text = (
        modes("    groups: [read]")
        + "  - slug: x2\n  - text\n  - slug: x3\n    description: d\n    roleDefinition: B\n"
    )
    reading = read(MODES, text)
    assert [found.agent.name for found in reading.agents] == ["x1", "x3"]
    assert reading.refused == (
        "x: customModes[1] (x2): the prompt is empty (write it under roleDefinition)",
        "x: customModes[2] is no table (write it as its host does)",
    )


def test_what_a_host_puts_after_the_prompt_is_part_of_it() -> None:
    [found] = read(
        MODES, modes("    groups: [read]", "    customInstructions: |", "      More.", "      Still.")
    ).agents
    assert found.agent.body == "Body.\n\nMore.\nStill.\n"
    assert not found.agent.host_fields
    assert "customInstructions is read as the end of the prompt, where the host puts it" in found.notes[0]


def test_modes_may_be_json_and_of_a_host_that_has_moved_on() -> None:
    text = json.dumps({"customModes": [{"slug": "x1", "description": "d", "roleDefinition": "B", "groups": ["read"]}]})
    assert read(MODES, text).host == "zoo"
    assert read(".kilocodemodes", text).host == "kilo"
    assert read("x.json", text).host == "zoo"
    assert tools(read(".kilocodemodes", text)) == READ


def test_agents_in_settings_are_read_and_what_holds_for_all_of_them() -> None:
    text = """{ // ours
      "permission": {"bash": "deny", "webfetch": "ask",},
      "agent": {
        "build": {"permission": {"edit": "deny"}}, /* one of the host's own */
        "Helper": {"description": "d // no comment", "prompt": "{file:./p.txt}", "mode": "subagent"},
        "odd": {"description": "d", "prompt": "B", "permission": ["bash"]},
        "all": {"description": "d", "prompt": "B", "permission": {"*": "allow"}},
      },
    }"""
    reading = read_agents("opencode.jsonc", text.encode(), "x", beside=lambda path: f"Of {path}.".encode())
    helper, every = reading.agents
    assert (reading.host, helper.agent.name, helper.agent.body) == ("opencode", "helper", "Of ./p.txt.\n")
    assert helper.agent.description == "d // no comment"
    assert helper.agent.tools is not None
    assert {"shell", "web-fetch"}.isdisjoint(map(str, helper.agent.tools))
    assert "read" in map(str, helper.agent.tools)
    assert {"shell", "edit"} <= {*map(str, every.agent.tools or ())}  # the agent's own rule is the last that matches
    assert reading.refused == (
        "x: agent.odd: permission is neither one word nor a table of rules (write it as its host does)",
    )
    assert read("kilo.json", '{"agent": {"x1": {"description": "d", "prompt": "B"}}}').host == "kilo"
    assert read("opencode.json", '{"mcp": {}}').page


@pytest.mark.parametrize(
    ("path", "text", "host", "wanted"),
    [
        ("x.toml", 'name = "x1"\ndescription = "d"\ndeveloper_instructions = "B"', None, "codex"),
        ("xy.toml", 'description = "d"\ninstructions = "B"\nenabled_tools = ["read_file"]', None, "vibe"),
        ("x.json", kiro(), None, "kiro"),
        ("x.yaml", modes(), None, "zoo"),
        ("x.yaml", "---\nname: x1\ndescription: d\ntools: [read_files]\n---\nB\n", None, "cline"),
        (".cline/agents/x.yaml", "---\nname: x1\ndescription: d\n---\nB\n", None, "cline"),
        (".github/chatmodes/plan.chatmode.md", "---\ndescription: d\ntools: [search]\n---\nB\n", None, "copilot"),
        (".amazonq/cli-agents/x.json", kiro(), None, "kiro"),
        ("x.md", "---\nname: x1\ndescription: d\ntools: [Read]\n---\nB\n", None, "claude"),
        ("x.md", "---\nname: x1\ndescription: d\ntools: [read, shell]\n---\nB\n", None, "agentpkg"),
        ("x.md", "---\nname: x1\ndescription: d\n---\nB\n", None, "claude"),
        (".claude/agents/x.md", "---\nname: x1\ndescription: d\n---\nB\n", "opencode", "opencode"),
        (KIRO, kiro(), "kiro", "kiro"),
        ("x.toml", 'name = "x1"\ndescription = "d"\ndeveloper_instructions = "B"', "codex", "codex"),
        (".roomodes", modes(), "kilo", "kilo"),
    ],
)  # fmt: skip
def test_path_content_and_the_user_tell_whose_a_file_is(path: str, text: str, host: str | None, wanted: str) -> None:
    reading = read(path, text, host)
    assert (reading.host, len(reading.agents)) == (wanted, 1)


def test_an_agent_that_is_switched_off_is_not_taken() -> None:
    with pytest.raises(ContentRefused, match="disable switches the agent off"):
        read(".opencode/agents/x.md", "---\ndescription: d\ndisable: true\n---\nB\n")


def test_the_words_of_a_name_are_those_of_the_file() -> None:
    [found] = read(".claude/agents/code-gen-agent.md", "---\nname: CodeGenAgent\ndescription: d\n---\nB\n").agents
    assert found.agent.name == "code-gen-agent"


def test_a_file_of_the_past_is_called_by_its_own_name() -> None:
    [found] = read(".github/chatmodes/plan.chatmode.md", "---\ndescription: d\n---\nB\n").agents
    assert found.agent.name == "plan"


@pytest.mark.parametrize(
    ("path", "text", "page"),
    [
        ("x.md", "# Words\n", True),
        ("x.md", "---\ntitle: Words\n---\nB\n", True),
        (".claude/agents/x.md", "No header.\n", True),
        ("x.md", "---\nname: x1\ndescription: d\n---\nB\n", False),
    ],
)
def test_pages_are_told_from_agents(path: str, text: str, page: bool) -> None:
    assert read(path, text).page is page


@pytest.mark.parametrize("path", [".claude/agents/x.md", "x.md"])
def test_an_agent_without_a_description_is_no_page(path: str) -> None:
    with pytest.raises(ContentRefused, match="x: description is missing"):
        read(path, "---\nname: x1\ntools: Read\n---\nB\n")


def test_a_header_of_any_kind_is_an_agent_s_where_a_host_reads_agents() -> None:
    text = "---\ntitle: Words\n---\nB\n"
    assert read("x.md", text).page
    with pytest.raises(ContentRefused, match="x: description is missing"):
        read(".claude/agents/ab.md", text)


def test_a_host_where_no_list_is_no_tool_is_believed() -> None:
    assert tools(read(".openhands/agents/x.md", "---\nname: x1\ndescription: d\n---\nB\n")) == []
    assert tools(read(".claude/agents/x.md", "---\nname: x1\ndescription: d\n---\nB\n")) is None
    [found] = read(".kiro/agents/x.md", "---\nname: x1\ndescription: d\n---\nB\n").agents
    assert found.agent.tools is None
    assert "nobody says what that means there" in found.notes[0]


# Models


@pytest.mark.parametrize(
    ("host", "model", "wanted", "note"),
    [
        ("claude", "sonnet", "balanced", ""),
        ("claude", "Opus", "strong", ""),
        ("opencode", "sonnet", "balanced", "model 'sonnet' is read as balanced"),
        ("copilot", "Claude Sonnet 4.5 (copilot)", "claude-sonnet-4.5", "(copilot)' is read as claude-sonnet-4.5"),
        ("copilot", "[GPT-9 (x), gpt-5.4]", "gpt-9", "is read as gpt-9"),
        ("copilot", "[Auto (copilot), gpt-5.4]", None, "is read as the session's own"),
        ("claude", "gpt-5.4", None, "model is dropped: Claude Code takes no model by 'gpt-5.4'"),
        ("claude", "sonet", None, "did you mean sonnet"),
    ],
)  # fmt: skip
def test_models_are_read_as_people_write_them(host: str, model: str, wanted: str | None, note: str) -> None:
    [found] = read("x.md", f"---\nname: x1\ndescription: d\nmodel: {model}\n---\nB\n", host).agents
    assert found.agent.model == wanted
    assert note in " ".join(found.notes)
    assert bool(note) == bool(found.notes)


def test_a_mode_in_which_nothing_may_be_changed_is_a_limit_too() -> None:
    [found] = read(".claude/agents/x.md", "---\nname: x1\ndescription: d\npermissionMode: plan\n---\nB\n").agents
    assert {"shell", "edit", "write", "delegate"}.isdisjoint(map(str, found.agent.tools or ()))
    assert found.agent.tools
    assert found.agent.host_fields == {"claude": {"permissionMode": "plan"}}
    text = "---\nname: x1\ndescription: d\ntools: Read, Bash\npermissionMode: plan\n---\nB\n"
    assert tools(read(".claude/agents/x.md", text)) == ["read"]
    assert tools(read(".grok/agents/x.md", text.replace("permissionMode", "permission_mode"))) == ["read"]


# MCP servers


def servers(**tables: object) -> tuple[tuple[McpServer, ...], str]:
    [found] = read(KIRO, kiro(mcpServers=tables, tools=["read"])).agents
    return found.servers, "\n".join(found.notes)


def test_servers_are_brought_along_and_no_value_of_a_variable() -> None:
    found, notes = servers(
        db={"command": "npx", "args": ["-y", "db-server"], "timeout": 9, "env": {
            "DB_URL": "postgres://me:secret@x", "DB_KEY": "${DB_KEY}",
        }},
        docs={"type": "http", "url": "https://docs.example/mcp", "headers": {"X-Key": "${env:DOCS_KEY}"}},
    )  # fmt: skip
    assert found == (
        McpServer(name="db", command="npx", args=("-y", "db-server"), env=("DB_URL", "DB_KEY"), headers={}),
        McpServer(name="docs", url="https://docs.example/mcp", headers={"X-Key": "DOCS_KEY"}),
    )
    assert "mcpServers.db.env.DB_URL: its value is left out" in notes
    assert "mcpServers.db.timeout is dropped" in notes
    assert "DB_KEY" not in notes
    assert "secret" not in notes


@pytest.mark.parametrize(
    ("table", "note"),
    [
        ({"command": "x", "disabled": True}, "is dropped: it is switched off"),
        ({"url": "https://x", "headers": {"Authorization": "Bearer ${T}"}}, "Authorization is more than one variable"),
        ({"command": "x", "env": {"A": "${B}"}}, "A is more than one variable of that name"),
        ({"command": "x", "args": ["${HOME}/y"]}, "refers to a variable or a file"),
        ({"url": "ftp://x"}, "is no url"),
        ({"url": "https://me:hunter22@x.example/mcp"}, "the URL holds credentials"),
        ({"type": "stdio", "command": "x", "url": "https://x"}, "nobody can say which one counts"),
        ({"url": "https://x", "headers": "A: b"}, "headers is no table"),
        ({}, "command is empty"),
        ({"command": 7, "args": [{"a": 1}]}, "is a table"),
    ],
)
def test_a_server_that_no_bundle_can_tell_of_is_dropped(table: dict[str, object], note: str) -> None:
    found, notes = servers(db=table)
    assert found == ()
    assert note in notes


@pytest.mark.parametrize(
    ("tools", "limit", "refused"),
    [
        (["@db"], {"disabledTools": ["drop"]}, True),
        (["@db/select"], {"disabledTools": ["drop"]}, False),
        (["@db/drop"], {"excludeTools": ["drop"]}, True),
        (["@db"], {"tools": ["select"]}, True),
        (["@db/select"], {"tools": ["select", "more"]}, False),
        (["@db"], {"tools": ["*"]}, False),
        (["*"], {"allowedTools": ["select"]}, True),
        (["read"], {"tools": []}, False),
    ],
)
def test_a_server_s_own_limit_is_never_lost(tools: list[str], limit: dict[str, object], refused: bool) -> None:
    text = kiro(tools=tools, mcpServers={"db": {"command": "run", **limit}})
    if refused:
        with pytest.raises(ContentRefused, match="takes tools away in a way that cannot be carried"):
            read(KIRO, text)
    else:
        assert len(read(KIRO, text).agents) == 1


def test_servers_are_declared_in_every_shape() -> None:
    text = "---\nname: x1\ndescription: d\nmcpServers:\n  - db\n  - docs: {type: http, url: 'https://x/mcp'}\n---\nB\n"
    [found] = read(".claude/agents/x.md", text).agents
    assert [server.name for server in found.servers] == ["docs"]
    assert "x: mcpServers.db names a server that the file does not declare: it has to run anyhow" in found.notes


# Which files


def test_files_are_chosen_by_where_they_lie() -> None:
    paths = [
        "README.md",
        "docs/guide.md",
        "agents/a.md",
        "agents/README.md",
        ".codex/agents/b.toml",
        ".roomodes",
        "x.toml",
    ]
    assert choose_files(paths) == (".codex/agents/b.toml", ".roomodes", "agents/a.md")
    assert choose_files(["a.md", "README.md", "b.txt"]) == ("a.md",)
    assert choose_files(["a.md", "agents/b.md"], every=True) == ("a.md", "agents/b.md")


def test_every_form_is_found_where_its_host_looks() -> None:
    for host in HOSTS.values():
        for form in (host, *host.earlier) if host.native else ():
            for template in (form.agents, *form.also_agents):
                path = template.format(name="ab").partition("#")[0]
                there = form_of(f"some/where/{path}")
                assert there is not None
                assert (there.name, there.form) == (host.name, form.form)
                assert choose_files([path]) == (path,)
