"""Codex CLI.

An agent file can hold a sandbox mode, approvals, MCP servers and a tool table, and the client loads them all, but a
spawned agent gets what its session has. Only model, effort and instructions take effect. So an agent here holds every
power of the session, and one that must not is refused. A file that asks for a read-only sandbox is read as what its
author meant; so is one without the shell, the one tool that the client does take away.
"""

from agentpkg.hosts.base import Host, HostField, Models, NoControl, ServerSettings, ServerShape
from agentpkg.hosts.clients import Client, Question

_WITHOUT_SHELL = (
    "read", "write", "edit", "notebook-edit", "glob", "grep", "list", "web-fetch", "web-search", "delegate", "todo",
    "skill", "ask",
)  # fmt: skip
_WITHOUT_WEB = (
    "read", "write", "edit", "notebook-edit", "glob", "grep", "list", "shell", "delegate", "todo", "skill", "ask",
)  # fmt: skip

HOST = Host(
    name="codex",
    title="Codex CLI",
    checked="2026-11-21, Codex 0.169.0",
    sources=("the client's spawn_agent tool and the spawned agent's requests", "openai/codex: agent roles"),
    marks=(".codex",),
    agents=".codex/agents/{name}.toml",
    user_agents=".codex/agents/{name}.toml",
    skills=".agents/skills/{name}",
    user_skills=".agents/skills/{name}",
    form="toml",
    body_key="developer_instructions",
    tools=NoControl(),
    meant={
        "sandbox_mode=read-only": ("read", "glob", "grep", "list", "web-search"),
        "features.shell_tool=false": _WITHOUT_SHELL,
        "web_search=disabled": _WITHOUT_WEB,
    },
    other_keys=frozenset(["features", "approval_policy"]),
    settings=ServerSettings(
        file=".codex/config.toml",
        key="mcp_servers",
        form="toml",
        shape=ServerShape(env="env_vars", headers="env_http_headers", by_name=True),
    ),
    models=Models(accepts=r"(gpt|codex|o\d)[a-z0-9.-]*"),
    fields=(
        HostField(
            name="model_reasoning_effort",
            choices=("none", "minimal", "low", "medium", "high", "xhigh", "max", "ultra"),
        ),
        HostField(name="nickname_candidates", kind="texts", pattern=r"[A-Za-z0-9_-][A-Za-z0-9 _-]*"),
    ),
    reserved=frozenset(["default", "explorer", "worker", "awaiter"]),
    client=Client(
        command="codex",
        question=Question(
            # What it would send first, in which the tool that starts agents names them all; this model gets that tool.
            arguments=("debug", "prompt-input", "-c", "model=gpt-6-sol", "hi"),
            home={
                ".codex/config.toml": (
                    "check_for_update_on_startup = false\n[analytics]\nenabled = false\n"
                    '[projects."{project}"]\ntrust_level = "trusted"\n'
                )
            },
            answer=("*", "tools", "*", "tools", "*", "parameters", "properties", "agent_type", "description"),
            pattern=r"(?m)^([\w-]+): (?:\{$|no description)",
        ),
    ),
    trust="it reads the agents of a project only in a folder that you trust, and asks about that when started there",
    user_wins=False,
)
