"""Which files go with an agent: those that its prompt cites, from where such a file may lie, and no others."""

from __future__ import annotations

import pytest

from agentpkg.companions import Companion, find_companions, skill_folder, skill_page
from agentpkg.header import read_header

AGENT = ".claude/agents/team/x.md"
PATHS = frozenset(
    [
        AGENT,
        ".claude/agents/team/near.md",
        ".claude/agents/templates/report.md",
        ".claude/scripts/run.sh",
        ".claude/skills/sql/SKILL.md",
        ".claude/skills/sql/tables/list.txt",
        ".claude/skills/other/SKILL.md",
        "src/app.py",
        ".claude/settings.local.json",
        ".claude/hooks/pre.sh",
        ".claude/agents/mcp.json",
        "README.md",
    ]
)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("See near.md.", {".claude/agents/team/near.md": "near.md"}),
        ("See `./near.md`, (near.md) and [it](near.md)", {".claude/agents/team/near.md": "near.md"}),
        ("See templates/report.md", {".claude/agents/templates/report.md": "templates/report.md"}),
        ("Run ${PLUGIN_ROOT}/scripts/run.sh now", {".claude/scripts/run.sh": "scripts/run.sh"}),
        ("Run .claude/scripts/run.sh", {".claude/scripts/run.sh": ".claude/scripts/run.sh"}),
        ("Look at src/app.py and README.md", {}),  # the project's
        ("Look at app.py", {}),
        ("x.md", {}),  # itself
        ("near.mdx and anear.md and near.md.bak", {}),
        ("https://example.com/near.md, /near.md, ~/near.md, ../near.md", {}),
        ("Never edit settings.local.json, hooks/pre.sh or mcp.json", {}),
        ("Nothing.", {}),
    ],
)
def test_what_a_prompt_cites_goes_along(body: str, found: dict[str, str]) -> None:
    assert {one.path: one.cited for one in find_companions(body, AGENT, PATHS)} == found


def test_a_skill_comes_whole() -> None:
    whole = (".claude/skills/sql/SKILL.md", ".claude/skills/sql/tables/list.txt")
    assert tuple(one.path for one in find_companions("See skills/sql/tables/list.txt", AGENT, PATHS)) == whole
    assert tuple(one.path for one in find_companions("", AGENT, PATHS, ["sql", "none"])) == whole
    assert skill_folder("skills/sql/x.md", frozenset(["skills/sql/x.md"])) is None
    assert skill_folder("a/skills/sql/b/x.md", frozenset(["a/skills/sql/SKILL.md"])) == "a/skills/sql/"


def test_an_agent_outside_of_any_folder_of_agents_cites_what_lies_beside_it() -> None:
    paths = frozenset(["mine/x.md", "mine/a.md", "b.md", "mine/agents/y.md", "mine/docs/c.md"])
    assert find_companions("a.md b.md docs/c.md", "mine/x.md", paths) == (
        Companion("mine/a.md", "a.md"),
        Companion("mine/docs/c.md", "docs/c.md"),
    )
    assert find_companions("docs/c.md b.md", "mine/agents/y.md", paths) == (Companion("mine/docs/c.md", "docs/c.md"),)


def test_what_lies_at_the_top_is_the_project_s() -> None:
    paths = frozenset(["agents/x.md", "README.md", "docs/README.md"])
    assert find_companions("README.md and docs/README.md", "agents/x.md", paths) == (
        Companion("docs/README.md", "docs/README.md"),
    )


def test_the_page_of_a_skill_is_one() -> None:
    header, body = read_header(skill_page("x1", "x1-files", ['a"b.md', "c.md"]).decode(), "x")
    assert header["name"] == "x1-files"
    assert body.endswith('- a"b.md\n- c.md\n')
    header, _ = read_header(skill_page("x1", "x1-files", ["a" * 90] * 20).decode(), "x")
    assert len(header["description"]) <= 1024
