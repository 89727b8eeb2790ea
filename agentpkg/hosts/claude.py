"""Claude Code.

A name that it does not know in `tools` is dropped; an absent list gives every tool, an empty one none, and an agent of
whose names none is known does not start. A scope on a
tool is accepted and then not applied to a sub-agent, so scoped tools cannot be carried. The closing fence of the
frontmatter is the first `---` anywhere, so none may stand inside a value. A backslash before an `n` in a description
becomes a line break, and no way of writing it prevents that. A model that it does not know fails when the agent
starts. A server is known by its name with `_` for every odd character. Identity is the `name` key.

A server that the file declares is started only in a folder that the user trusts, with the session's environment; a
variable in its `env` would not be replaced by its value, one in a header is.
"""

from agentpkg.hosts.base import (
    Host,
    HostField,
    McpNames,
    Models,
    ServerDeclaration,
    ServerSettings,
    ServerShape,
    TextHazard,
    ToolList,
    ToolRow,
)
from agentpkg.hosts.clients import Client, Question

# What an agent that is to plan may do, beside what its list says.
PLAN = ("read", "glob", "grep", "list", "web-fetch", "web-search", "todo", "skill", "ask")
HOST = Host(
    name="claude",
    title="Claude Code",
    checked="2026-11-21, Claude Code 2.1.330",
    sources=(
        "the client's own listing and sub-agent requests",
        "code.claude.com/docs: sub-agents, tools-reference",
    ),
    marks=(".claude", "CLAUDE.md"),
    agents=".claude/agents/{name}.md",
    user_agents=".claude/agents/{name}.md",
    skills=".claude/skills/{name}",
    user_skills=".claude/skills/{name}",
    tools=ToolList(
        key="tools",
        rows=(
            ToolRow(gives=("read",), names=("Read",)),
            ToolRow(gives=("write",), names=("Write",)),
            ToolRow(gives=("edit",), names=("Edit",)),
            ToolRow(gives=("notebook-edit",), names=("NotebookEdit",)),
            ToolRow(gives=("glob", "list"), names=("Glob",)),
            ToolRow(gives=("grep",), names=("Grep",)),
            ToolRow(gives=("shell",), names=("Bash",)),
            ToolRow(gives=("web-fetch",), names=("WebFetch",)),
            ToolRow(gives=("web-search",), names=("WebSearch",)),
            ToolRow(gives=("delegate",), names=("Agent",)),
            # Generations of one tool, of which a session may have none; an agent whose names are all unknown does not
            # start, so one that is always there and does no harm goes with them.
            ToolRow(
                gives=("todo",), names=("TodoWrite", "TaskCreate", "TaskGet", "TaskList", "TaskUpdate", "TaskStop")
            ),
            ToolRow(gives=("skill",), names=("Skill",)),
            ToolRow(gives=("ask",), names=("AskUserQuestion", "TaskStop")),  # a spawned agent may not ask
        ),
        mcp=McpNames(
            one="mcp__{server}__{tool}",
            every="mcp__{server}",
            unsafe=r"[^a-zA-Z0-9_-]",
            ambiguous=r"[_.]{2}|[_.] | [_.]",
        ),
        nothing_is_none=True,
    ),
    # An agent gets every tool of a server that its file declares, whatever its list says.
    servers=ServerDeclaration(
        key="mcpServers",
        listed=True,
        shape=ServerShape(stdio={"type": "stdio"}, remote={"type": "http"}, reference="${{{name}}}", inherits=True),
    ),
    settings=ServerSettings(
        file=".mcp.json", key="mcpServers", shape=ServerShape(remote={"type": "http"}, reference="${{{name}}}")
    ),
    description_hazard=TextHazard(pattern=r"\\n", why="Claude Code makes a line break of it"),
    models=Models(
        aliases={"strong": "opus", "balanced": "sonnet", "fast": "haiku"},
        accepts=r"claude-[a-z0-9-]+(\[1m\])?|(opus|sonnet|haiku|fable)(\[1m\])?|best|opusplan",
        rewrites=((r"claude-([a-z]+)-(\d+)\.(\d+)", r"claude-\1-\2-\3"),),
    ),
    fields=(
        HostField(name="color", choices=("red", "blue", "green", "yellow", "purple", "orange", "pink", "cyan")),
        HostField(name="effort", choices=("low", "medium", "high", "xhigh", "max")),
        HostField(name="maxTurns", kind="integer", limit="<="),
        HostField(name="background", kind="boolean"),
        HostField(name="isolation", choices=("worktree",), limit="="),
        HostField(name="disallowedTools", kind="texts", limit="!="),
        HostField(
            name="permissionMode",
            choices=("default", "acceptEdits", "auto", "dontAsk", "bypassPermissions", "plan"),
            power=True,
            harmless=("default", "plan"),
        ),
        # Memory gives the agent Read, Write and Edit, whatever its list says.
        HostField(name="memory", choices=("user", "project", "local"), power=True),
    ),
    meant={"permissionMode=plan": PLAN},
    other_keys=frozenset(["skills", "hooks", "initialPrompt"]),
    reserved=frozenset(
        [
            "general-purpose",
            "explore",
            "plan",
            "statusline-setup",
            "claude-code-guide",
            "output-style-setup",
            "claude",
            "fork",
            "worker",
        ]
    ),
    client=Client(
        command="claude",
        question=Question(
            arguments=(
                *("-p", "--verbose", "--input-format", "stream-json", "--output-format", "stream-json"),
                *("--no-session-persistence", "--strict-mcp-config", "--debug-file", "{home}/debug.log"),
            ),
            says=('{"type": "control_request", "request_id": "1", "request": {"subtype": "initialize"}}',),
            environment={
                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
                "DISABLE_AUTOUPDATER": "1",
                "DISABLE_TELEMETRY": "1",
            },
            until=r'(?m)^\{"type":"control_response".*\n',
            answer=("response", "response", "agents", "*", "name"),
            log="debug.log",
        ),
    ),
    user_wins=False,
)
