"""Cline: its CLI and whatever runs on its SDK.

The file must end in `.yaml`, although it is markdown with a header; one that ends in `.md` is not read. A list of tools
is exact: an empty one is none, one that is null rejects the file, and a name that is not known is dropped. `skills` is
there whatever it says, if there is a skill. `run_commands` is also what `list_files` means, so that name is not
written. No tool of an MCP server and no other agent reaches an agent, with a list or without.

The prompt is all of the system prompt. A model goes to the session's provider as it stands, and fails there if it has
none of that name, so an id without a vendor before a slash is not written.
"""

from agentpkg.hosts.base import Host, HostField, Models, ToolList, ToolRow
from agentpkg.hosts.clients import Client

HOST = Host(
    name="cline",
    title="Cline",
    checked="2026-11-21, Cline CLI 3.0.65",
    sources=("the client's own loader and sub-agent requests", "cline/cline: sdk, configured agents"),
    marks=(".cline", ".clinerules"),
    agents=".cline/agents/{name}.yaml",
    user_agents=".cline/agents/{name}.yaml",
    also_agents=(".cline/agents/{name}.yml",),
    skills=".agents/skills/{name}",
    user_skills=".agents/skills/{name}",
    tools=ToolList(
        key="tools",
        rows=(
            ToolRow(gives=("read",), names=("read_files",)),
            # One of the two is there: which, depends on the model.
            ToolRow(gives=("edit", "write", "notebook-edit"), names=("editor", "apply_patch")),
            ToolRow(gives=("grep",), names=("search_codebase",)),
            ToolRow(gives=("shell",), names=("run_commands",)),
            ToolRow(gives=("web-fetch",), names=("fetch_web_content",)),
            ToolRow(gives=("skill",)),
            ToolRow(gives=("ask",), names=("ask_question",)),
        ),
        always=("skill",),
    ),
    models=Models(key="modelId", accepts=r"[a-z][a-z0-9-]*/\S+"),
    fields=(
        HostField(name="maxIterations", kind="integer", limit="<="),
        HostField(name="providerId", pattern=r"[a-z][a-z0-9-]*"),
        HostField(name="skills", kind="texts", limit="="),
    ),
    client=Client(command="cline"),
    user_wins=False,
)
