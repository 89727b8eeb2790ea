"""GitHub Copilot: the CLI, VS Code and the cloud agent read one file.

The words for groups of tools (`edit`, `search`, …) are understood by all three. Single tools have names of their own
in the CLI and in VS Code; both are written, and what a reader does not know it ignores. A list that is null rejects the
file. Selected by a person, an agent has `skill` whatever its list says; started by another agent, only if it is named.

The CLI reads `SERVER/TOOL` by its end, in any case of letters, where no such server runs: `x/bash` is its own shell.
So a tool of a server that has the name of one of the CLI's own is not written.

VS Code does not start servers that the file declares, and the cloud agent takes no prompt beyond 30,000 characters. It
called agents chat modes once.
"""

from agentpkg.hosts.base import (
    AlsoRead,
    BodyLimit,
    Host,
    HostField,
    McpNames,
    Models,
    ServerDeclaration,
    ServerSettings,
    ServerShape,
    ToolList,
    ToolRow,
)
from agentpkg.hosts.clients import Client, Question
from agentpkg.values import replace

# Names that the CLI takes, behind a slash, for its own tools that hold power; and words before one that VS Code owns.
_OWN_TOOLS = (
    r"(?i) (agent|apply_patch|bash|codebase|create|createdirectory|createfile|custom-agent|edit|editfiles|execute|"
    r"fetch_copilot_cli_documentation|filesearch|glob|grep|lexical_code_search|list_agents|multiedit|notebookedit|"
    r"notebookread|(list|read|stop|write)_(bash|powershell)|powershell|read|read_agent|readfile|rg|runcommands|"
    r"runinterminal|runsubagent|search|semantic_code_search|session_store_sql|shell|task|textsearch|view|web|"
    r"web[_-]?fetch|web[_-]?search|write|write_agent)\Z"
    r"|\A(agent|browser|edit|execute|new|read|run(commands|notebooks|tasks)|search|todos?|vscode|web) "
)

_NOW = Host(
    name="copilot",
    title="GitHub Copilot",
    checked="2026-11-21, Copilot CLI 1.0.102",
    sources=("the client's agent listing and requests", "docs.github.com: custom agents configuration"),
    marks=(
        ".github/copilot-instructions.md",
        ".github/agents",
        ".github/instructions",
        ".github/prompts",
        ".github/chatmodes",
    ),
    agents=".github/agents/{name}.agent.md",
    user_agents=".copilot/agents/{name}.agent.md",
    skills=".agents/skills/{name}",
    user_skills=".agents/skills/{name}",
    tools=ToolList(
        key="tools",
        rows=(
            ToolRow(gives=("read", "list"), names=("read",)),
            ToolRow(gives=("edit", "write", "notebook-edit"), names=("edit",)),
            ToolRow(gives=("glob", "grep"), names=("search",)),
            ToolRow(gives=("glob",), names=("Glob", "search/fileSearch")),
            ToolRow(gives=("shell",), names=("execute",)),
            ToolRow(gives=("web-fetch", "web-search"), names=("web",)),
            ToolRow(gives=("delegate",), names=("agent",)),
            ToolRow(gives=("todo",), names=("todo",)),
            ToolRow(gives=("skill",), names=("skill",)),
            ToolRow(gives=("ask",), names=("ask_user", "vscode/askQuestions")),
        ),
        mcp=McpNames(one="{server}/{tool}", every="{server}/*", ambiguous=_OWN_TOOLS),
        also={
            "read/readfile": ("read",),
            "editfiles": ("edit",),
            "edit/editfiles": ("edit",),
            "edit/createfile": ("write",),
            "codebase": ("glob", "grep"),
            "search/codebase": ("glob", "grep"),
            "search/filesearch": ("glob",),
            "search/textsearch": ("grep",),
            "search/listdirectory": ("list",),
            "rg": ("grep",),
            "runcommands": ("shell",),
            "execute/runinterminal": ("shell",),
            "powershell": ("shell",),
            "web/fetch": ("web-fetch",),
            "custom-agent": ("delegate",),
            "update_todo": ("todo",),
            "todos": ("todo",),
        },
    ),
    servers=ServerDeclaration(
        key="mcp-servers",
        shape=ServerShape(stdio={"type": "local"}, remote={"type": "http"}, reference="${{{name}}}", inherits=True),
        only="tools",
        all=("*",),
        filtered=True,
    ),
    settings=ServerSettings(
        file=".mcp.json", key="mcpServers", shape=ServerShape(remote={"type": "http"}, reference="${{{name}}}")
    ),
    also_agents=(".github/agents/{name}.md",),
    also_reads=(AlsoRead(agents=".claude/agents/{name}.md", user=False),),
    body_limit=BodyLimit(most=30_000, who="the cloud agent"),
    models=Models(
        accepts=r"(claude|gpt|gemini|grok|kimi|mai)-[a-z0-9.-]+",
        # The vendor's own ids of Claude models have a dash for the dot, and a date.
        rewrites=(
            (r"(claude-[a-z]+-\d+(?:-\d{1,2})?)-\d{8}", r"\1"),
            (r"claude-([a-z]+)-(\d+)-(\d{1,2})(-fast)?", r"claude-\1-\2.\3\4"),
        ),
    ),
    fields=(
        HostField(name="user-invocable", kind="boolean"),
        HostField(name="disable-model-invocation", kind="boolean"),
        HostField(name="model-policy", choices=("preferred", "required")),
        HostField(name="reasoning-effort", choices=("low", "medium", "high", "xhigh", "max")),
        HostField(name="argument-hint"),
    ),
    reserved=frozenset(
        [
            "explore",
            "task",
            "general-purpose",
            "code-review",
            "research",
            "security-review",
            "rubber-duck",
            "rem-agent",
        ]
    ),
)
HOST = replace(
    _NOW,
    earlier=(
        replace(
            _NOW,
            agents=".github/chatmodes/{name}.chatmode.md",
            user_agents=".github/chatmodes/{name}.chatmode.md",
            also_agents=(),
        ),
    ),
    client=Client(
        command="copilot",
        question=Question(
            arguments=("--headless", "--stdio", "--no-auto-update", "--log-dir", "{home}/log"),
            says=(
                '{"jsonrpc": "2.0", "id": 1, "method": "connect", "params": {}}',
                '{"jsonrpc": "2.0", "id": 2, "method": "agents.discover", "params": {"projectPaths": ["{project}"]}}',
            ),
            framed=True,
            # It asks for a provider of models before it is offline, and does not turn to it.
            environment={
                "COPILOT_AUTO_UPDATE": "false",
                "COPILOT_MODEL": "none",
                "COPILOT_OFFLINE": "true",
                "COPILOT_PROVIDER_BASE_URL": "http://127.0.0.1:9/v1",
            },
            until=r'"id": ?2, ?"(?:result|error)".*\}\Z',
            answer=("result", "agents", "*", "id"),
        ),
    ),
)
