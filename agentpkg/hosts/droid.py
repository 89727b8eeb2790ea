"""Factory Droid.

A list of tools is exact: an empty one is none, and a name that is not known is dropped. `Skill` is there whatever it
says. The word `read-only` in place of a list has the shell among its tools, so no such word is written. Sub-agents
cannot start others or ask. A model that it does not know is the session's, and long descriptions are cut as soon as
there are many droids: all of them share some 10,000 characters.

Tools of MCP servers are named one by one, as `SERVER___TOOL`; the key `mcpServers` holds none of them back.
"""

from agentpkg.hosts.base import (
    Host,
    HostField,
    McpNames,
    Models,
    ServerSettings,
    ServerShape,
    ToolList,
    ToolRow,
)
from agentpkg.hosts.clients import Client

HOST = Host(
    name="droid",
    title="Factory Droid",
    checked="2026-11-21, Droid 0.215.0",
    sources=("the client's catalogue of droids and sub-agent requests", "docs.factory.ai: custom droids"),
    marks=(".factory",),
    agents=".factory/droids/{name}.md",
    user_agents=".factory/droids/{name}.md",
    skills=".agents/skills/{name}",
    user_skills=".agents/skills/{name}",
    tools=ToolList(
        key="tools",
        rows=(
            ToolRow(gives=("read",), names=("Read",)),
            ToolRow(gives=("write",), names=("Create",)),
            # Which of the two there is depends on the model.
            ToolRow(gives=("edit", "notebook-edit"), names=("Edit", "ApplyPatch")),
            ToolRow(gives=("glob",), names=("Glob",)),
            ToolRow(gives=("list",), names=("LS",)),
            ToolRow(gives=("grep",), names=("Grep",)),
            ToolRow(gives=("shell",), names=("Execute",)),
            ToolRow(gives=("web-fetch",), names=("FetchUrl",)),
            ToolRow(gives=("web-search",), names=("WebSearch",)),
            ToolRow(gives=("todo",), names=("TodoWrite",)),
            ToolRow(gives=("skill",)),
            ToolRow(gives=("ask",), names=("AskUser",)),
        ),
        # Words for groups of them.
        also={
            "read-only": ("read", "glob", "list", "grep"),
            "edit": ("write", "edit", "notebook-edit"),
            "execute": ("shell",),
            "web": ("web-fetch", "web-search"),
        },
        mcp=McpNames(one="{server}___{tool}", every=None, ambiguous=r"[^a-zA-Z0-9_ -]|_{2}|_ | _", longest=64),
        always=("skill",),
    ),
    models=Models(
        accepts=r"(claude|gpt|gemini|glm|kimi|deepseek|minimax|grok)-[a-z0-9.-]+|custom:\S+",
        rewrites=((r"claude-([a-z]+)-(\d+)\.(\d+)", r"claude-\1-\2-\3"),),
    ),
    fields=(HostField(name="reasoningEffort", choices=("off", "none", "low", "medium", "high", "xhigh", "max")),),
    reserved=frozenset(["worker", "explorer"]),
    settings=ServerSettings(
        file=".factory/mcp.json",
        key="mcpServers",
        shape=ServerShape(stdio={"type": "stdio"}, remote={"type": "http"}, reference="${{{name}}}"),
    ),
    client=Client(command="droid"),
    user_wins=False,
)
