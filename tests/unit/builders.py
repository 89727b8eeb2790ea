"""Small builders of values, so that a test shows what it is about and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from agentpkg.agent import Agent
from agentpkg.bundle import Bundle, McpServer, Skill
from agentpkg.files import DiskFile, file_digest
from agentpkg.grants import TOOLS, Grants, parse_tool
from agentpkg.hosts.base import Host, HostField, Models, NoControl
from agentpkg.lockfile import LockedBundle, LockedFile
from agentpkg.requirement import Requirement
from agentpkg.targets import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.header import Header
    from agentpkg.hosts.base import ToolControl

# Everything that may stand in any text, wherever it stands there.
TEXT = st.text(
    st.characters(
        max_codepoint=0xDFFFF,  # above lie tags, selectors and private use
        exclude_categories=("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"),
        exclude_characters=[
            *map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180F, 0x3164, 0xFFA0)),
            *map(chr, (0x2800, 0xFFFC, 0x16FE4, 0x1D159, *range(0x13430, 0x13441))),
            *map(chr, (*range(0x180B, 0x180E), *range(0xFE00, 0xFE10))),
        ],
        include_characters="\n\t",
    )
)
# The same, but rich in what formats trip over.
TRICKY = st.lists(
    st.one_of(
        st.sampled_from(
            ["---", "'''", '"""', '"', "'", "\\", "\n", "\n---\n", "\t", ": ", " #", "{{ x }}", "${y}", "🦉"]
        ),
        TEXT,
    ),
    max_size=8,
).map("".join)
SCOPES = ("git *", "src/**", "*.md")
TOOL_NAMES = st.one_of(
    st.sampled_from(TOOLS),
    st.builds("{}({})".format, st.sampled_from(TOOLS), st.sampled_from(SCOPES)),
    st.builds("mcp:{}/{}".format, st.sampled_from(["context7", "my-db"]), st.sampled_from(["query", "get-docs", "*"])),
)
TOOL_LISTS = st.lists(TOOL_NAMES, unique=True, max_size=8).map(tuple)


def an_agent(
    *tools: str,
    name: str = "triage",
    every_tool: bool = False,
    body: str = "You are a triage agent.\n",
    model: str | None = None,
    host_fields: Mapping[str, Mapping[str, Header]] | None = None,
    bodies: Mapping[str, str] | None = None,
) -> Agent:
    """Return an agent that holds `tools`, or (with `every_tool`) one without a tool list."""
    return Agent(
        name=name,
        description="Use when an incident comes in",
        body=body,
        tools=None if every_tool else tuple(parse_tool(tool) for tool in tools),
        model=model,
        host_fields=host_fields or {},
        bodies=bodies or {},
    )


def held_by(agent: Agent) -> Grants:
    """Return the powers of the agent's tool list."""
    return Grants.of(agent.tools)


def a_host(control: ToolControl, *, name: str = "inn", fields: tuple[HostField, ...] = ()) -> Host:
    """Return a host that does not exist, with the tool control under test."""
    return Host(
        name=name,
        title="The Inn",
        checked="never",
        sources=(),
        marks=(f".{name}",),
        agents=f".{name}/agents/{{name}}.md",
        user_agents=f".{name}/agents/{{name}}.md",
        skills=f".{name}/skills/{{name}}",
        user_skills=f".{name}/skills/{{name}}",
        tools=control,
        models=Models(accepts=r"inn-[a-z0-9]+", aliases={"strong": "inn-great"}),
        fields=fields,
        reserved=frozenset(["keeper"]),
    )


PLAIN_HOST = a_host(NoControl())


def a_bundle(
    *agents: Agent,
    name: str = "reviewers",
    version: str = "1.2.0",
    mcp: tuple[McpServer, ...] = (),
    skills: tuple[Skill, ...] = (),
) -> Bundle:
    """Return a bundle of `agents`."""
    return Bundle(
        name=name,
        version=version,
        description="Agents that review",
        license=None,
        authors=(),
        keywords=(),
        requires={},
        mcp={server.name: server for server in mcp},
        agents=agents,
        skills=skills,
        digest="sha256:0",
    )


def a_target(text: str, bundle: str = "reviewers", item: str = "agents/a.md") -> Target:
    """Return a target that holds `text`."""
    content = text.encode()
    return Target(content=content, sha256=file_digest(content), bundle=bundle, item=item, hosts=("inn",))


def a_digest(text: str | None) -> str | None:
    """Return the digest of `text`."""
    return None if text is None else file_digest(text.encode())


def a_locked_file(text: str, *, base: str | None = None, kept: str | None = None) -> LockedFile:
    """Return the lock's entry for a file rendered as `text`; `base` and `kept` are texts too."""
    return LockedFile(
        bundle="reviewers",
        item="agents/a.md",
        hosts=("inn",),
        sha256=file_digest(text.encode()),
        base=a_digest(base),
        kept=a_digest(kept),
    )


def a_disk_file(text: str) -> DiskFile:
    """Return a file on disk that holds `text`."""
    content = text.encode()
    return DiskFile(content=content, sha256=file_digest(content))


ODD_FILE = DiskFile(content=b"", sha256="", odd="it is a symbolic link")


def a_locked_bundle(
    grants: Mapping[str, tuple[str, ...]] | None = None, *, version: str = "1.0.0", wanted: Requirement | None = None
) -> LockedBundle:
    """Return the lock's entry for a bundle whose agents hold the approved `grants`."""
    return LockedBundle(
        version=version,
        registry="builtin:",
        commit="c0ffee",
        digest="sha256:1",
        wanted=wanted,
        requires={},
        grants=grants or {},
    )
