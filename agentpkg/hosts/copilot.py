"""GitHub Copilot: the CLI, VS Code and the cloud agent read one file.

The words for groups of tools (`edit`, `search`, …) are understood by all three. Single tools have one name in the CLI
and another in VS Code; both are written, and each ignores the other's. A list that is null rejects the file.
"""

from agentpkg.hosts.base import Host, HostField, McpNames, Models, ToolList, ToolRow

HOST = Host(
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
            ToolRow(gives=("skill",)),
        ),
        mcp=McpNames(one="{server}/{tool}", every="{server}/*"),
    ),
    models=Models(accepts=r"(claude|gpt|gemini|grok|kimi|mai)-[a-z0-9.-]+"),
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
