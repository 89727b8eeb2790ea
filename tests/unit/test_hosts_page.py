"""`docs/hosts.md` is made from the host files, and says what they say. To write it again after a change that is meant:

python -m tests.unit.test_hosts_page
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path

import pytest

from agentpkg.features import NONE, UNASKED, describe, paths, tool_names
from agentpkg.hosts import HOSTS
from agentpkg.hosts.base import Host, NoControl, PermissionMap, ReadonlySwitch, ToolList
from agentpkg.losses import Fidelity
from agentpkg.manifest import HostSettings
from agentpkg.render import render_agent
from tests.unit.builders import an_agent, held_by

FORMS = {"markdown": "markdown", "toml": "TOML", "modes": "YAML entry", "json": "JSON", "settings": "settings"}
PAGE = Path(__file__).parent.parent.parent / "docs" / "hosts.md"
AGAIN = "python -m tests.unit.test_hosts_page"
INTRO = f"""# Hosts

What each host is given, what it loses, and when an agent is refused for it. This page is made from the host files in
`agentpkg/hosts/` and tested against them. To make it again: `{AGAIN}`.
The same is told by `agentpkg hosts` and `agentpkg hosts HOST`. The bytes are held still by the golden files in
`tests/golden/`; what the real clients make of them is on [Conformance](conformance.md).

## For every host

- Powers never grow. A tool is written only under names that give nothing beyond the agent's powers; where there is
  none, it is dropped, and the note says `narrowed`. An agent that a host cannot hold back is refused for it, with exit
  code 3; with `widening = "allow"` for the host it is written all the same, and the note says `widened`.
- An absent tool list means every tool, and an empty one none. Where a host reads either in another way, it is written
  out.
- A tool of an MCP server is dropped where its name would be taken for a tool of the host's own, or could be read as
  another server's.
- An MCP server that a bundle brings is declared in the agent's file where the host takes it there and the agent then
  has no more of its tools than its own list says. Elsewhere the note has the line to add to the host's settings; those
  are the user's, and never touched. Variables are referred to by name and never written out.
- A model is mapped as in [Formats](formats.md#models). An id is rewritten into the host's spelling where the two are
  known to differ; one that the host cannot run is left to the session's, with a note.
- Text in a prompt that a host would replace, or stumble over, is rewritten in visible characters so that it says the
  same to a reader, and the note says `approximated`. Nothing invisible is ever put in.
- Agents with a name that the host has taken for its own are refused; `--as` gives them another.
- An agent has one name at every host, so where a host reads another's folder as well, its own copy is the one that
  counts. Where a host that the project uses was not chosen for an agent and would load another's copy, installing says
  so, and whether the tool list holds there.
- Own fields of a host are checked by name, type and choice; a field that adds power is a power, shown and approved like
  a tool.
- Hosts without agents of their own get an agent as a skill, which runs in the session that loads it: only an agent that
  may use every tool goes there.
"""


def short(host: Host) -> dict[str, str]:
    """Return what the matrix says about a host: a few words a feature."""
    match host.tools:
        case ToolList():
            tools, scopes = "list", "no"
        case PermissionMap():
            tools, scopes = "map", "some"
        case ReadonlySwitch():
            tools, scopes = "read-only or all", "no"
        case NoControl():
            tools, scopes = "no", "no"
    told = describe(host)
    return {
        "form": FORMS[host.form] if host.native else "skill",
        "tools": tools,
        "scopes": scopes,
        "MCP tools": told["tools of MCP servers"],
        "MCP servers": "in the file" if host.servers else "told",
        "model": "no" if host.models is None else "tiers and ids" if host.models.aliases else "ids",
        "skills": "yes" if host.skills else "no",
        "modes and other powers": told["power by field"],
        "prompt rewritten": "yes" if host.hazards else "no",
        "reads others'": "yes" if host.also_reads else "no",
    }


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def code(text: str) -> str:
    return f"`{text}`" if text and text not in (NONE, UNASKED) else text


def section(host: Host) -> str:
    traps = (import_module(f"agentpkg.hosts.{host.name}").__doc__ or "").strip().removeprefix(f"{host.title}.\n\n")
    parts = [f"## {host.title}\n", f"`{host.name}`, checked {host.checked}.\n", f"{traps}\n"]
    rows = [*((what, code(place)) for what, place in paths(host).items()), *describe(host).items()]
    parts.append(table(("feature", "here"), rows))
    earlier = [(code(one.agents), FORMS[one.form], one.checked) for one in host.earlier]
    if earlier:
        parts.append("Read by `import`, and never written:\n")
        parts.append(table(("agents", "form", "checked"), earlier))
    names = tool_names(host)
    if names:
        rows = [(f"`{tool}`", ", or ".join(map(code, written)) or NONE) for tool, written in names.items()]
        parts.append(table(("tool", "written as"), rows))
    fields = [
        (f"`{one.name}`", one.kind, ", ".join(map(code, one.choices)) or "any", "yes" if one.power else "no")
        for one in host.fields
    ]
    if fields:
        parts.append(table(("own field", "kind", "values", "adds power"), fields))
    parts.append("Sources: " + "; ".join(host.sources) + ".\n")
    return "\n".join(parts)


def page() -> str:
    hosts = list(HOSTS.values())
    matrix = table(
        ("host", *short(hosts[0])),
        ([f"[{host.name}](#{host.title.lower().replace(' ', '-')})", *short(host).values()] for host in hosts),
    )
    places = table(
        ("host", "agents of a project", "of a user", "checked"),
        ([host.name, code(paths(host)["agents"]), code(paths(host)["user agents"]), host.checked] for host in hosts),
    )
    return "\n".join([INTRO, "## What each can hold\n", matrix, "## Where each looks\n", places, *map(section, hosts)])


def test_the_page_says_what_the_host_files_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), f"if this is meant: {AGAIN}"


@pytest.mark.parametrize("host", [pytest.param(host, id=name) for name, host in HOSTS.items()])
def test_every_host_says_where_its_facts_come_from_and_when_they_were_checked(host: Host) -> None:
    assert host.sources
    assert host.checked[:4].isdigit()
    assert (import_module(f"agentpkg.hosts.{host.name}").__doc__ or "").strip()


@pytest.mark.parametrize("host", [pytest.param(host, id=name) for name, host in HOSTS.items()])
def test_the_page_has_a_name_for_a_tool_just_where_a_rendering_carries_it(host: Host) -> None:
    for tool, names in tool_names(host).items():
        agent = an_agent("shell", tool) if tool != "shell" else an_agent("shell")
        notes = render_agent(agent, held_by(agent), host, HostSettings()).notes
        assert bool(names) != any(note.fidelity is Fidelity.NARROWED for note in notes), (tool, names, notes)


def test_a_name_that_also_stands_for_no_tool_is_told_all_the_same() -> None:
    assert tool_names(HOSTS["kiro"])["todo"] == ("todo_list",)
    assert tool_names(HOSTS["zoo"])["skill"] == (UNASKED,)
    assert tool_names(HOSTS["gemini"])["delegate"] == ()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
