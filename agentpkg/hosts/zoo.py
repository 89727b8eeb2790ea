"""Zoo Code, which goes on where Roo Code ended: agents are modes, entries of one file.

One invalid mode, one group that the client does not know or one slug twice, and every mode of the file is lost; `web`
is a group of recent versions only, and is not written. Every mode may start tasks in other modes and switch to them.
The group `mcp` gives every tool of the servers in `allowedMcpServers`, and of every server where that key is absent.
A mode with the slug of a built-in one replaces it. A mode names no model.

Before the file is parsed, quotation marks, dashes and blanks beyond ASCII become ASCII, wherever they stand; so a
curly double quote inside a double-quoted text would break the file.

The home folder's file is that of VS Code on Linux; other editors and systems keep it elsewhere.
"""

from agentpkg.hosts.base import (
    Host,
    HostField,
    McpNames,
    ServerSettings,
    ServerShape,
    TextHazard,
    ToolList,
    ToolRow,
)
from agentpkg.values import replace

_ASCII = "Zoo Code reads it so in any case"

_NOW = Host(
    name="zoo",
    title="Zoo Code",
    checked="2026-11-21, from its source (about 3.82)",
    sources=(
        "Zoo-Code-Org/Zoo-Code: packages/types/src/mode.ts, src/core/config/CustomModesManager.ts, src/shared/tools.ts",
        "docs.zoocode.dev: custom modes, MCP servers",
    ),
    marks=(".roomodes", ".roo", ".zoo"),
    agents=".roomodes#{name}",
    user_agents=(".config/Code/User/globalStorage/zoocodeorganization.zoo-code/settings/custom_modes.yaml#{name}"),
    skills=".agents/skills/{name}",
    user_skills=".agents/skills/{name}",
    form="modes",
    name_keys=("slug", "name"),
    description_keys=("description", "whenToUse"),
    body_key="roleDefinition",
    more_body_keys=("customInstructions",),
    tools=ToolList(
        key="groups",
        rows=(
            ToolRow(gives=("edit", "write", "notebook-edit"), names=("edit",)),
            ToolRow(gives=("read", "glob", "grep", "list"), names=("read",)),
            ToolRow(gives=("shell",), names=("command",)),
            # Every mode has these unasked.
            ToolRow(gives=("delegate",)),
            ToolRow(gives=("todo",)),
            ToolRow(gives=("skill",)),
            ToolRow(gives=("ask",)),
        ),
        # One word for whole servers; which, says the list of servers. A single tool cannot be named.
        mcp=McpNames(one="mcp", every="mcp", ambiguous=r" (?!\*\Z)"),
        every=("read", "edit", "command", "mcp"),
        always=("delegate",),
        servers="allowedMcpServers",
        unknown="rejects the file",
        absent="no tool",
    ),
    models=None,
    fields=(HostField(name="customInstructions"),),
    reserved=frozenset(["architect", "code", "ask", "debug", "orchestrator"]),
    hazards=(
        TextHazard(pattern=r"[\u2018\u2019]", replacement="'", why=_ASCII),
        TextHazard(pattern=r"[\u201c\u201d]", replacement='"', why=_ASCII),
        TextHazard(pattern=r"[\u2010-\u2015\u2212]", replacement="-", why=_ASCII),
        TextHazard(pattern=r"\u00a0", replacement=" ", why=_ASCII),
        TextHazard(pattern=r"[\u200b-\u200d]", replacement="", why=_ASCII),
    ),
    settings=ServerSettings(
        file=".roo/mcp.json",
        key="mcpServers",
        shape=ServerShape(remote={"type": "streamable-http"}, reference="${{env:{name}}}"),
    ),
)
# The file of the user's modes, wherever somebody put it.
HOST = replace(_NOW, earlier=(replace(_NOW, agents="custom_modes.yaml#{name}"),))
