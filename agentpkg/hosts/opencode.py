"""OpenCode.

One file with a key of the wrong type stops the whole program, and unknown keys are sent to the model provider, so
only fields of known type are ever written. The name is the file's stem. A plain `read: allow` would lift the
question that OpenCode asks before reading `.env` files, so reading is allowed with that question kept.
"""

from agentpkg.hosts.base import Host, HostField, McpNames, Models, PermissionMap, ToolRow

HOST = Host(
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
    name_key=None,
    fixed={"mode": "subagent"},
    tools=PermissionMap(
        key="permission",
        base={"*": "deny", "doom_loop": "ask", "external_directory": "ask"},
        rows=(
            ToolRow(
                gives=("read",),
                names=("read",),
                rule={"*": "allow", "*.env": "ask", "*.env.*": "ask", "*.env.example": "allow"},
                scoped=True,
            ),
            ToolRow(gives=("edit", "write", "notebook-edit"), names=("edit",), scoped=True),
            ToolRow(gives=("glob",), names=("glob",), scoped=True),
            ToolRow(gives=("grep",), names=("grep",), scoped=True),
            ToolRow(gives=("list",), names=("list",), scoped=True),
            ToolRow(gives=("shell",), names=("bash",), scoped=True),
            ToolRow(gives=("web-fetch",), names=("webfetch",)),
            ToolRow(gives=("web-search",), names=("websearch",)),
            ToolRow(gives=("delegate",), names=("task",), scoped=True),
            ToolRow(gives=("todo",), names=("todowrite",)),
            ToolRow(gives=("skill",), names=("skill",), scoped=True),
            ToolRow(gives=("ask",), names=("question",)),
        ),
        mcp=McpNames(one="{server}_{tool}", every="{server}_*", unsafe=r"[^a-zA-Z0-9_-]"),
    ),
    models=Models(
        accepts=r"[a-z0-9-]+/\S+",
        rewrites=(
            (r"(claude-\S+)", r"anthropic/\1"),
            (r"(gpt-\S+)", r"openai/\1"),
            (r"(gemini-\S+)", r"google/\1"),
        ),
    ),
    fields=(
        HostField(name="temperature", kind="number", most=2),
        HostField(name="top_p", kind="number", most=1),
        HostField(name="steps", kind="integer"),
        HostField(name="variant"),
        HostField(name="hidden", kind="boolean"),
        HostField(name="color", pattern=r"#[0-9a-fA-F]{6}|primary|secondary|accent|success|warning|error|info"),
    ),
    reserved=frozenset(["build", "plan", "general", "explore", "compaction", "title", "summary"]),
)
