"""Deep Agents Code, of LangChain.

An agent is a folder. Its header has a name, a description and a model and nothing else: an agent has the session's
tools, but for starting others, and one that must not is refused. The prompt is all of the system prompt.

One agent with a model of a provider that is not installed is the end of the whole program, so no model is written but
what the project maps. A user's agents belong to one of the programs' own agents, of which the first is called `agent`.
"""

from agentpkg.hosts.base import Host, Models, NoControl, ServerSettings, ServerShape

HOST = Host(
    name="deepagents",
    title="Deep Agents Code",
    checked="2026-11-21, Deep Agents Code 0.1.88",
    sources=("the client's own loader and sub-agent requests", "docs.langchain.com: Deep Agents Code, subagents"),
    marks=(".deepagents",),
    agents=".deepagents/agents/{name}/AGENTS.md",
    user_agents=".deepagents/agent/agents/{name}/AGENTS.md",
    skills=".agents/skills/{name}",
    user_skills=".agents/skills/{name}",
    tools=NoControl(),
    models=Models(),
    reserved=frozenset(["general-purpose"]),
    settings=ServerSettings(
        file=".mcp.json", key="mcpServers", shape=ServerShape(remote={"type": "http"}, reference="${{{name}}}")
    ),
)
