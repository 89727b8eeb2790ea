"""OpenCode.

One file with a key of the wrong type stops the whole program, and unknown keys are sent to the model provider, so
only fields of known type are ever written. The name is the file's stem. A plain `read: allow` would lift the
question that OpenCode asks before reading `.env` files, and open the resources of every MCP server, so reading is
allowed with that question kept and those closed. `list` is a key without a tool; what it allows is done with `glob`.

Patterns hold for `read` (paths), `task` and `skill` (names). They are not written for the others, where they look at
the wrong thing: `glob` and `grep` match the pattern that is sought and not the folder it is sought in, `edit` does not
see where a patch moves a file to, and `bash` takes a redirection for part of the command, so that whoever may run `git
log *` may write any file, and asks nothing about a redirection alone. Within a scope no question can be kept, so a
scoped `read` is without `.env` files that it does not name. A model whose provider is not set up fails when the agent
starts.
"""

from agentpkg.hosts.base import (
    Host,
    HostField,
    McpNames,
    Models,
    PermissionMap,
    ServerSettings,
    ServerShape,
    ToolRow,
)
from agentpkg.hosts.clients import Client, Question, Switch
from agentpkg.values import replace

_NOW = Host(
    name="opencode",
    title="OpenCode",
    checked="2026-11-21, OpenCode 1.18.33",
    sources=(
        "the client's resolved configuration and sub-agent requests",
        "opencode.ai/docs: agents, permissions",
    ),
    marks=(".opencode", "opencode.json", "opencode.jsonc"),
    agents=".opencode/agents/{name}.md",
    user_agents=".config/opencode/agents/{name}.md",
    skills=".agents/skills/{name}",
    user_skills=".agents/skills/{name}",
    name_keys=(),
    fixed={"mode": "subagent"},
    tools=PermissionMap(
        key="permission",
        base={"*": "deny", "doom_loop": "ask", "external_directory": "ask"},
        rows=(
            ToolRow(
                gives=("read",),
                names=("read",),
                rule={"*": "allow", "*.env": "ask", "*.env.*": "ask", "*.env.example": "allow", "mcp:*": "deny"},
                scoped=True,
            ),
            ToolRow(gives=("edit", "write", "notebook-edit"), names=("edit",)),
            ToolRow(gives=("glob", "list"), names=("glob", "list")),
            ToolRow(gives=("grep",), names=("grep",)),
            ToolRow(gives=("shell",), names=("bash",)),
            ToolRow(gives=("web-fetch",), names=("webfetch",)),
            ToolRow(gives=("web-search",), names=("websearch",)),
            ToolRow(gives=("delegate",), names=("task",), scoped=True),
            ToolRow(gives=("todo",), names=("todowrite",)),
            ToolRow(gives=("skill",), names=("skill",), scoped=True),
            ToolRow(gives=("ask",), names=("question",)),
        ),
        mcp=McpNames(
            one="{server}_{tool}", every="{server}_*", unsafe=r"[^a-zA-Z0-9_-]", ambiguous=r"\Aplan ", loose=True
        ),
        switches="tools",
        also={"write": "edit", "patch": "edit", "apply_patch": "edit", "multiedit": "edit"},
        unasked=frozenset(["task", "todowrite", "question"]),
    ),
    also_agents=(".opencode/agent/{name}.md", ".config/opencode/agent/{name}.md"),
    settings=ServerSettings(
        file="opencode.json",
        key="mcp",
        shape=ServerShape(
            stdio={"type": "local"},
            remote={"type": "remote"},
            joined=True,
            env="environment",
            reference="{{env:{name}}}",
        ),
    ),
    models=Models(
        accepts=r"[a-z0-9-]+/\S+",
        rewrites=(
            (r"claude-([a-z]+)-(\d+)\.(\d+)(-fast)?", r"claude-\1-\2-\3\4"),
            (r"(claude-[a-z0-9-]+)", r"anthropic/\1"),
            (r"((?:gpt-|o\d)[a-z0-9.-]*)", r"openai/\1"),
            (r"(gemini-[a-z0-9.-]+)", r"google/\1"),
        ),
    ),
    fields=(
        HostField(name="temperature", kind="number", most=2),
        HostField(name="top_p", kind="number", most=1),
        HostField(name="steps", kind="integer", limit="<="),
        HostField(name="variant"),
        HostField(name="hidden", kind="boolean"),
        HostField(name="color", pattern=r"#[0-9a-fA-F]{6}|primary|secondary|accent|success|warning|error|info"),
    ),
    other_keys=frozenset(["mode", "disable"]),
    reserved=frozenset(["build", "plan", "general", "explore", "compaction", "title", "summary"]),
)
SETTINGS = replace(
    _NOW,
    form="settings",
    body_key="prompt",
    prompt_file=r"\{file:([^{}]+)\}\s*",
    agents="opencode.json#{name}",
    also_agents=("opencode.jsonc#{name}",),
)
HOST = replace(
    _NOW,
    earlier=(
        SETTINGS,
        replace(_NOW, agents=".opencode/modes/{name}.md", also_agents=(".opencode/mode/{name}.md",)),
    ),
    client=Client(
        command="opencode",
        question=Question(
            arguments=("debug", "config"),
            environment=dict.fromkeys(
                [
                    "OPENCODE_DISABLE_AUTOUPDATE",
                    "OPENCODE_DISABLE_DEFAULT_PLUGINS",
                    "OPENCODE_DISABLE_LSP_DOWNLOAD",
                    "OPENCODE_DISABLE_MODELS_FETCH",
                    "OPENCODE_DISABLE_SHARE",
                    "OPENCODE_PURE",
                ],
                "1",
            ),
            answer=("agent",),
            keyed=True,
        ),
    ),
    switches=tuple(
        Switch(file=file, user_file=f".config/opencode/{file}", keys=("agent", "{name}", "disable"), off=True)
        for file in ("opencode.json", "opencode.jsonc")
    ),
    user_wins=False,
)
