"""Atlassian Rovo Dev, its CLI.

The documentation names nine tools, and says neither what an absent list means nor what an empty one does: all nine are
named for an agent without a list, and an agent that is left none is refused. It names none for the web, for delegation
and for MCP servers. The models that it offers have no documented ids. A description must be one line.
"""

from agentpkg.hosts.base import Host, ToolList, ToolRow

_ROWS = (
    ToolRow(gives=("read", "list"), names=("open_files", "expand_code_chunks")),
    ToolRow(gives=("list", "glob"), names=("expand_folder",)),
    ToolRow(gives=("grep",), names=("grep",)),
    ToolRow(gives=("edit", "notebook-edit"), names=("find_and_replace_code",)),
    ToolRow(gives=("write",), names=("create_file",)),
    ToolRow(gives=("shell",), names=("bash",)),
)

HOST = Host(
    name="rovo",
    title="Rovo Dev",
    checked="2026-11-21, from its documentation",
    sources=("support.atlassian.com/rovo/docs: use subagents, use tools in Rovo Dev CLI",),
    marks=(".rovodev",),
    agents=".rovodev/subagents/{name}.md",
    user_agents=".rovodev/subagents/{name}.md",
    skills=".rovodev/skills/{name}",
    user_skills=".rovodev/skills/{name}",
    tools=ToolList(
        key="tools",
        rows=_ROWS,
        every=(*(name for row in _ROWS for name in row.names), "delete_file", "move_file"),
        empty=None,
        unknown="nobody knows",
    ),
    models=None,
)
