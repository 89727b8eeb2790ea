"""The checks: each code with a case that raises it and one nearly alike that does not, and what mending may change."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentpkg.checks import RULES
from agentpkg.checks.hostfile import Origin
from agentpkg.checks.mend import _read, _step, mend
from agentpkg.checks.subject import without_code
from agentpkg.checks.together import check_names, told_once
from agentpkg.checks.whole import check_bundle, check_file
from agentpkg.checks.words import stands_in
from agentpkg.cost import estimate_tokens
from agentpkg.findings import Finding
from agentpkg.manifest import HostSettings
from agentpkg.places import form_of
from agentpkg.repair import find_raw
from tests.unit.builders import TRICKY

ABOUT = """[bundle]
name = "triage"
version = "1.0.0"
description = "Sorts incidents."
license = "MIT"
authors = ["The operations team"]
keywords = ["incidents"]
"""
BODY = "Read the log, run the tests, fix what broke, and tell what it was."
DESCRIPTION = "Sorts incidents by weight. Use when an alert fires."
Case = Callable[[], list[Finding]]


def agent(body: str = BODY, *, name: str = "triage", description: str = f'"{DESCRIPTION}"', more: str = "") -> str:
    tools = "" if "tools:" in more or more == "-" else "tools: [read, edit, shell]\n"
    more = "" if more == "-" else more and f"{more}\n"
    return f"---\nname: {name}\ndescription: {description}\n{tools}{more}---\n\n{body}\n"


def in_bundle(
    text: str | None = None,
    *,
    files: Mapping[str, str | bytes] | None = None,
    about: str = "",
    required: tuple[frozenset[str], frozenset[str]] | None = None,
    targets: Mapping[str, HostSettings] | None = None,
    **more: str,
) -> list[Finding]:
    """Return what is found in a bundle with one agent and further files."""
    held = {"bundle.toml": ABOUT + about, "agents/triage.md": text or agent(**more), **(files or {})}
    data = {path: one.encode() if isinstance(one, str) else one for path, one in held.items()}
    return check_bundle("b", data, lambda _: required, targets)[0]


def plain(
    text: str | bytes | None = None,
    *,
    path: str = ".claude/agents/triage.md",
    named: bool = False,
    written_for: str | None = None,
    **more: str,
) -> list[Finding]:
    """Return what is found in a file of some host."""
    origin = Origin(place=f"/p/{path}", beside=lambda _: None, named=named, written_for=written_for)
    data = text if isinstance(text, bytes) else (text or agent(**({"more": "tools: Read, Bash"} | more))).encode()
    return check_file(path, data, origin)[0]


def together(*agents: tuple[str, str]) -> list[Finding]:
    """Return what is found in files, each a path and its text, when they are looked at together."""
    subjects = [
        (f"/p/{path}", one)
        for path, text in agents
        for one in check_file(path, text.encode(), Origin(place=f"/p/{path}", beside=lambda _: None))[1]
    ]
    return [*check_names(subjects)]


def codes(findings: list[Finding]) -> set[str]:
    return {one.rule.code for one in findings}


def told(findings: list[Finding], code: str) -> list[tuple[int | None, str]]:
    return [(one.line, one.message) for one in findings if one.rule.code == code]


LATIN = "é".encode("latin-1")
COLON = "Sorts incidents: use when one comes in"
SERVER = '\n[mcp.tickets]\nurl = "https://mcp.acme.io/tickets"\n'
SKILL = "---\nname: log-reading\ndescription: How to read logs.\n---\n\n{}\n"
LONG = "Use when an alert fires. " + "It was loud. " * 100
CASES: list[tuple[str, Case, Case]] = [
    ("AP101", lambda: plain(b"---\nname: a1\n---\n" + LATIN), lambda: plain(agent("Café", more="tools: Read"))),
    ("AP101", lambda: plain(b"\0\1\2"), lambda: plain(agent("\ta"))),
    ("AP101", lambda: plain("---\nname: triage\ndescription: x\n"), lambda: plain("---\nname: triage\n---\n")),
    ("AP101", lambda: plain(agent(more="tools: {a: [b]}")), lambda: plain(agent(more="tools: [Read]"))),
    ("AP101", lambda: plain("name = [", path=".codex/agents/triage.toml"), lambda: plain("# page", path="agents/x.md")),
    ("AP101", lambda: in_bundle(about="x = ["), lambda: in_bundle(about="# x = [")),
    ("AP102", lambda: plain(description=COLON), lambda: plain(description=f'"{COLON}"')),
    ("AP102", lambda: in_bundle(description=COLON), lambda: in_bundle(description=COLON.replace(":", ","))),
    ("AP102", lambda: plain(f"\n{agent()}"), lambda: plain(description=r'"Use when C:\\new files come in the folder"')),
    (
        "AP102",
        lambda: plain(description=COLON),
        lambda: plain(description=COLON, path=".qwen/agents/triage.md"),
    ),
    ("AP103", lambda: in_bundle(name="triages"), lambda: in_bundle(name="triage")),
    ("AP103", lambda: in_bundle(name="Triage"), lambda: in_bundle(name='"triage"')),
    ("AP103", lambda: plain(name="log-reader"), lambda: plain(name="Incident Triage")),
    ("AP104", lambda: in_bundle(more="tools: [read, Edit]"), lambda: in_bundle(more="tools: [read, edit]")),
    ("AP104", lambda: in_bundle(more='tools: [read, "Bash(git:*)"]'), lambda: plain(more="tools: [Read, Bash]")),
    ("AP105", lambda: plain(b"\xef\xbb\xbf" + agent().encode()), lambda: plain(agent().encode())),
    ("AP105", lambda: plain(b"---\r\n" + agent()[4:].encode()), lambda: plain(agent().replace("\n", "\r\n"))),
    ("AP106", lambda: in_bundle(more="hosts: {my-editor: {a: b}}"), lambda: in_bundle(more="hosts: {grok: {}}")),
    (
        "AP106",
        lambda: in_bundle(files={"variants/vim/triage.md": BODY}),
        lambda: in_bundle(files={"variants/grok/triage.md": BODY}),
    ),
    ("AP107", lambda: in_bundle(more="tool: [read]"), lambda: in_bundle(more="model: fast")),
    ("AP107", lambda: in_bundle(more="tools: [read, sing]"), lambda: in_bundle(more="tools: [read, glob]")),
    ("AP107", lambda: in_bundle(more="tools: read"), lambda: in_bundle(more="tools: [read]")),
    ("AP107", lambda: in_bundle(files={"notes.txt": "x"}), lambda: in_bundle(files={"README.md": "x"})),
    (
        "AP107",
        lambda: in_bundle(files={"skills/a-b/x.md": "x"}),
        lambda: in_bundle(files={"skills/log-reading/SKILL.md": SKILL.format("x")}),
    ),
    ("AP107", lambda: in_bundle(files={"variants/grok/nobody.md": BODY, "agents/b.txt": "x"}), in_bundle),
    (
        "AP107",
        lambda: in_bundle(files={"variants/grok/triage.md": "---\ntools: [read]\n---\nx\n"}),
        lambda: in_bundle(files={"variants/grok/triage.md": "---\nmodel: x\n---\nx\n"}),
    ),
    (
        "AP108",
        lambda: in_bundle(more="hosts: {claude: {color: mauve}}"),
        lambda: in_bundle(more="hosts: {claude: {color: red}}"),
    ),
    ("AP108", lambda: plain(more="tools: Read\ncolor: mauve"), lambda: plain(more="tools: Read\ncolor: red")),
    ("AP109", lambda: plain(agent(" ")), lambda: plain(agent("x"))),
    (
        "AP109",
        lambda: plain(more="tools: Read\npermissions: {deny: [Bash]}"),
        lambda: plain(more="tools: Read\npermissions: {allow: [Bash]}"),
    ),
    (
        "AP110",
        lambda: plain("# Notes\n", path="notes.md", named=True),
        lambda: plain("# Notes\n", path="agents/notes.md"),
    ),
    ("AP110", lambda: plain("all:\n", path="Makefile", named=True), lambda: plain(path="Makefile", named=True)),
    ("AP110", lambda: plain("{}", path="a.json", named=True), lambda: plain("{}", path="agents/a.json")),
    (
        "AP110",
        lambda: plain('{"a": 1}', path="a.json", named=True),
        lambda: plain('{"a": 1}', path="a.json", named=True, written_for="kiro"),
    ),
    (
        "AP110",
        lambda: plain('{"a": 1}', path="opencode.json", named=True),
        lambda: plain('{"a": 1}', path="opencode.json"),
    ),
    ("AP111", lambda: plain(agent()[4:]), lambda: plain(agent())),
    ("AP111", lambda: plain(agent()[4:]), lambda: plain(agent()[4:], path="agents/triage.md")),
    ("AP111", lambda: plain("# Triage\nname: a\nmodel: b\n"), lambda: plain("# Triage\nName: a\n\nname: b\n")),
    ("AP112", lambda: plain(agent(more="-").replace("\n---\n\n", "\ntool: Read\n---\n")), plain),
    ("AP112", lambda: plain(more="mdoel: opus"), lambda: plain(more="modus: opus")),
    ("AP112", lambda: plain(more="permission-mode: plan"), lambda: plain(more="max_turns: 3")),
    ("AP112", lambda: plain("---\nname: a1\ndescripton: Use it\n---\nx\n"), lambda: plain(more="descripton: x")),
    ("AP112", lambda: plain(more="isolatian: worktree"), lambda: plain(more="calor: red\nmotel: x")),
    ("AP112", lambda: plain(more="colour: red"), lambda: plain(more="colours: red\ncolumn: red\ntitle: x")),
    ("AP113", lambda: plain(more="model: sonet"), lambda: plain(more="model: Sonnet")),
    ("AP113", lambda: plain(more="model: sonet"), lambda: plain(more="model: gpt-5")),
    (
        "AP113",
        lambda: plain(more="model: sonet"),
        lambda: plain(more="model: sonet", path=".cursor/agents/triage.md"),
    ),
    ("AP113", lambda: in_bundle(more="model: balnced"), lambda: in_bundle(more="model: gpt-balanced-5")),
    (
        "AP114",
        lambda: together((".claude/agents/a.md", agent()), (".claude/agents/old/b.md", agent())),
        lambda: together((".claude/agents/a.md", agent()), (".claude/agents/old/b.md", agent(name="b"))),
    ),
    (
        "AP114",
        lambda: together((".claude/agents/a.md", agent()), (".claude/agents/old/b.md", agent())),
        lambda: together(
            (".claude/agents/a.md", agent()), (".qwen/agents/a.md", agent()), ("sub/.claude/agents/a.md", agent())
        ),
    ),
    ("AP201", lambda: plain("---\nname: triage\n---\nx\n"), lambda: plain("# A page\n")),
    ("AP201", lambda: plain(description='""'), lambda: plain(description='"Reviews logs. Use when asked to."')),
    (
        "AP201",
        lambda: in_bundle("---\nname: triage\n---\nx\n"),
        lambda: in_bundle("---\nname: triage\ndescription: x y\n---\nx\n"),
    ),
    (
        "AP201",
        lambda: plain('name = "triage"\ndeveloper_instructions = "x"', path=".codex/agents/triage.toml"),
        lambda: plain(
            'name = "triage"\ndescription = "Reviews logs when asked."\ndeveloper_instructions = "x"',
            path=".codex/agents/triage.toml",
        ),
    ),
    (
        "AP202",
        lambda: plain(description="A very helpful coding assistant."),
        lambda: plain(description="A very helpful coding assistant for SQL."),
    ),
    ("AP202", lambda: plain(description="Reviews code"), lambda: plain(description="Reviews SQL for locks when asked")),
    ("AP202", lambda: plain(description="Code"), lambda: plain(description="审查数据库迁移")),
    (
        "AP202",
        lambda: plain(description='"TODO: say what it does"'),
        lambda: plain(description='"Todo lists are kept in order here. Use when one grows."'),
    ),
    (
        "AP202",
        lambda: plain(description='"<what this agent does and when to use it>"'),
        lambda: plain(description='"<what this agent does>, and tests. Use when asked."'),
    ),
    ("AP203", lambda: plain(description=f'"{LONG}"'), lambda: plain(description=f'"{LONG[:1024]}"')),
    (
        "AP204",
        lambda: plain(description="Specialist in pipelines and warehouses of the data team"),
        lambda: plain(description="Specialist in pipelines and warehouses. Use for schema changes"),
    ),
    (
        "AP204",
        lambda: plain(description="Reviews the queries of a service for locks and lost data"),
        lambda: plain(description="Reviews the queries of a service proactively"),
    ),
    (
        "AP204",
        lambda: plain(description="Reviews the queries of a service for locks and lost data"),
        lambda: plain(description="Prüft Abfragen eines Dienstes auf Sperren und verlorene Daten"),
    ),
    (
        "AP204",
        lambda: plain(description="Reviews the queries of a service for locks and lost data"),
        lambda: plain(
            description="Reviews the queries of a service for locks",
            path=".opencode/agents/triage.md",
            more="mode: primary",
        ),
    ),
    (
        "AP205",
        lambda: in_bundle(description=r'"Use when a path holds C:\\new"'),
        lambda: in_bundle(description=r'"Use when a path holds C:\\old"'),
    ),
    ("AP301", lambda: in_bundle(more="-"), lambda: in_bundle(more="tools: []")),
    ("AP301", lambda: plain(agent(more="-")), plain),
    (
        "AP302",
        lambda: in_bundle(more="tools: [read, web-search]"),
        lambda: in_bundle(
            "---\nname: triage\ndescription: Use when asked\ntools: [read, web-search]\n---\nSearch the advisories.\n"
        ),
    ),
    (
        "AP302",
        lambda: in_bundle(more='tools: [read, "mcp:tickets/close"]'),
        lambda: in_bundle(body="Look at the tickets.", more='tools: [read, "mcp:tickets/close"]'),
    ),
    (
        "AP302",
        lambda: plain(body="You are kind to the reader.", more="tools: Read, WebSearch"),
        lambda: plain(
            description="Sortiert Vorfälle, wenn ein Alarm kommt",
            body="Du ordnest sie nach Schwere und Dauer.",
            more="tools: Read, WebSearch",
        ),
    ),
    (
        "AP303",
        lambda: in_bundle(body="Run `git diff` first.", more="tools: [read]"),
        lambda: in_bundle(body="Run `git diff` only if the user agrees.", more="tools: [read]"),
    ),
    (
        "AP303",
        lambda: in_bundle(body="Run `git diff` first.", more="tools: [read]"),
        lambda: in_bundle(body="The hook has run `git diff` by then.", more="tools: [read]"),
    ),
    (
        "AP303",
        lambda: in_bundle(body="1. Run `git diff` first.", more="tools: [read]"),
        lambda: in_bundle(body="1. Run `git diff` first.", more='tools: [read, "shell(git diff *)"]'),
    ),
    (
        "AP303",
        lambda: in_bundle(body="Read it. Run git log to see who.", more="tools: [read]"),
        lambda: in_bundle(body="Ask the user to run `git log`.", more="tools: [read]"),
    ),
    (
        "AP303",
        lambda: in_bundle(body="- Run `npm test`", more="tools: [read]"),
        lambda: in_bundle(body="What you do not do:\n\n- Read\n- Run `npm test`", more="tools: [read]"),
    ),
    (
        "AP303",
        lambda: in_bundle(body="- Run `npm test`", more="tools: [read]"),
        lambda: in_bundle(body="```\n- Run `npm test`\n```", more="tools: [read]"),
    ),
    (
        "AP303",
        lambda: in_bundle(body="Save the report to `out/report.md`.", more="tools: [read]"),
        lambda: in_bundle(body="Save the report to `out/report.md`.", more="tools: [read, write]"),
    ),
    (
        "AP303",
        lambda: in_bundle(body="Delegate each part to one agent.", more="tools: [read]"),
        lambda: in_bundle(body="Delegate each part to one agent.", more="tools: [read, delegate]"),
    ),
    (
        "AP303",
        lambda: in_bundle(body="Search the web for it.", more="tools: [read]"),
        lambda: in_bundle(body="Search the web for it.", more='tools: [read, "mcp:search/find"]'),
    ),
    (
        "AP303",
        lambda: plain(body="Use the Bash tool to run the tests.", more="tools: Read"),
        lambda: plain(body="Use the Bash tool to run the tests.", more="tools: Read, Bash"),
    ),
    (
        "AP303",
        lambda: plain(body="1. Then use the `Write` tool to save what you found.", more="tools: Read"),
        lambda: plain(body="Never use the Write tool. Use the right tool.", more="tools: Read"),
    ),
    ("AP304", lambda: plain(more="tools: Read, Wirte"), lambda: plain(more="tools: Read, Write")),
    (
        "AP304",
        lambda: plain(more="tools: Read, run_shell_command"),
        lambda: plain(more="tools: Read, KillShell, MultiEdit, mcp__a__b"),
    ),
    (
        "AP304",
        lambda: plain(more="tools: Read, run_shell_command"),
        lambda: plain(more="tools: Read, run_shell_command", path="agents/triage.md"),
    ),
    (
        "AP305",
        lambda: in_bundle(more="tools: [read]"),
        lambda: in_bundle(body=f"{BODY} Search the web.", more="tools: [read, edit, shell, web-search]"),
    ),
    (
        "AP303",
        lambda: in_bundle(body="Run `git log`. Ask for more.", more="tools: [read]"),
        lambda: in_bundle(body="Run `git log`. Only if nobody minds, that is.", more="tools: [read]"),
    ),
    (
        "AP303",
        lambda: in_bundle(body="Never guess. Run `git log`. Read it.", more="tools: [read]"),
        lambda: in_bundle(body="Read it. Run `git log` unless you know. Tell it.", more="tools: [read]"),
    ),
    (
        "AP306",
        lambda: plain(more="tools: Read\npermissionMode: bypassPermissions"),
        lambda: plain(more="tools: Read\npermissionMode: plan"),
    ),
    (
        "AP306",
        lambda: plain(agent(" ", more="tools: Read\npermissionMode: bypassPermissions")),
        lambda: plain(agent(" ", more="tools: Read\npermissionMode: all")),
    ),
    (
        "AP306",
        lambda: plain(more="tools: Read\nmemory: user"),
        lambda: plain(more="tools: Read, Write\nmemory: user"),
    ),
    (
        "AP306",
        lambda: in_bundle(more="hosts: {claude: {permissionMode: acceptEdits}}"),
        lambda: in_bundle(more="hosts: {claude: {permissionMode: default}}"),
    ),
    (
        "AP305",
        lambda: in_bundle(more="tools: [read]", targets={"cursor": HostSettings()}),
        lambda: in_bundle(more="tools: [read]", targets={"claude": HostSettings()}),
    ),
    (
        "AP305",
        lambda: in_bundle(more="tools: [read]", targets={"cursor": HostSettings()}),
        lambda: in_bundle(more="tools: [read]", targets={"cursor": HostSettings(widening=True)}),
    ),
    (
        "AP401",
        lambda: in_bundle(body="Keep a list with TodoWrite."),
        lambda: in_bundle(body="Keep a list of what is to do."),
    ),
    (
        "AP401",
        lambda: in_bundle(body="Use the Bash tool to look."),
        lambda: in_bundle(body="Use the shell to look. Bash is a shell."),
    ),
    (
        "AP401",
        lambda: in_bundle(body="Call `run_shell_command`."),
        lambda: in_bundle(body="```\nrun_shell_command()\nTodoWrite\n```"),
    ),
    (
        "AP401",
        lambda: in_bundle(body="Ask mcp__tickets__search."),
        lambda: plain(body="Ask mcp__tickets__search. TodoWrite."),
    ),
    (
        "AP402",
        lambda: plain(body="Set ${TARGET} first.", path=".gemini/agents/triage.md", more="tools: [read_file]"),
        lambda: plain(body="Set ${TARGET} first."),
    ),
    ("AP403", lambda: in_bundle(body="word " * 7000), lambda: in_bundle(body="word " * 5900)),
    (
        "AP403",
        lambda: plain(body="word " * 7000, path=".github/agents/triage.agent.md"),
        lambda: plain(body="word " * 7000),
    ),
    ("AP404", lambda: plain(body="word " * 8100), lambda: plain(body="word " * 7900)),
    (
        "AP405",
        lambda: in_bundle(body="Set ${TARGET} first."),
        lambda: in_bundle(body="Set $5 aside, — and “quote” it."),
    ),
    (
        "AP405",
        lambda: in_bundle(body="Set ${TARGET} first.", targets={"gemini": HostSettings()}),
        lambda: in_bundle(body="Set ${TARGET} first.", targets={"claude": HostSettings()}),
    ),
    (
        "AP406",
        lambda: in_bundle(body="# Role\n\nTODO: write the prompt"),
        lambda: in_bundle(body="# Role\n\nTODO lists."),
    ),
    ("AP406", lambda: plain(body="[Your prompt here]"), lambda: plain(body="[Your prompt here]\n\nRead the log.")),
    (
        "AP501",
        lambda: in_bundle(body="Ask the reader agent for it."),
        lambda: in_bundle(body="Ask the calling agent for it."),
    ),
    (
        "AP501",
        lambda: in_bundle(body="Delegate it to the reader subagent."),
        lambda: in_bundle(body="Delegate it to the reader agent type. Ask me to make the reader agent better."),
    ),
    (
        "AP501",
        lambda: in_bundle(body="Hand the rest to the reader agent."),
        lambda: in_bundle(
            body="Hand the rest to the reader agent.", files={"agents/log-reader.md": agent(name="log-reader")}
        ),
    ),
    (
        "AP501",
        lambda: in_bundle(body="Delegate tests to `test-writer`."),
        lambda: in_bundle(body="Call `test-writer` on the file, or use `log-parser`."),
    ),
    (
        "AP501",
        lambda: in_bundle(body="Delegate tests to `test-writer`."),
        lambda: in_bundle(body="Name the file `test-writer`."),
    ),
    ("AP501", lambda: in_bundle(body="Ask the test-writer agent."), lambda: in_bundle(body="Ask the read-only agent.")),
    (
        "AP501",
        lambda: in_bundle(body="Use the `test-writer` agent."),
        lambda: in_bundle(
            body="Use the `test-writer` agent.",
            about='\n[requires]\ntest-writer = "~=1.0"\n',
            required=(frozenset(), frozenset()),
        ),
    ),
    (
        "AP501",
        lambda: in_bundle(
            body="Use the `test-writer` agent.",
            about='\n[requires]\nqa = "~=1.0"\n',
            required=(frozenset(["qa"]), frozenset()),
        ),
        lambda: in_bundle(body="Use the `test-writer` agent.", about='\n[requires]\nqa = "~=1.0"\n'),
    ),
    (
        "AP501",
        lambda: in_bundle(body="Delegate to @test-writer now."),
        lambda: in_bundle(body="Delegate to @acme/test-writer, or @your-agent."),
    ),
    (
        "AP501",
        lambda: in_bundle(body="Delegate it to `test-writer`."),
        lambda: in_bundle(body="Delegate it to `general-purpose`."),
    ),
    (
        "AP502",
        lambda: in_bundle(body="See [it](./docs/a.md)."),
        lambda: in_bundle(body="See [Setup Guide](docs/GUIDES/setup.md), [w](../docs/a.md) and `[v](./docs/b.md)`."),
    ),
    (
        "AP502",
        lambda: in_bundle(body="See [it](skills/log-reading/more/a.md)."),
        lambda: in_bundle(
            body="See [it](../skills/log-reading/SKILL.md).", files={"skills/log-reading/SKILL.md": SKILL.format("x")}
        ),
    ),
    (
        "AP502",
        lambda: in_bundle(body="See [it](../agents/other.md)."),
        lambda: in_bundle(body="```markdown\n```sh\nls\n```\n[it](./a/b.md)\n```\nSee [it](../agents/triage.md)."),
    ),
    (
        "AP502",
        lambda: in_bundle(body="See [it](./docs/a.md)."),
        lambda: in_bundle(body="See [it](https://acme.io/docs/a.md), [x](#a), [y](a.md), [z](../README.md)."),
    ),
    (
        "AP502",
        lambda: in_bundle(body="Follow the `log-reading` skill."),
        lambda: in_bundle(
            body="Follow the `log-reading` skill.", files={"skills/log-reading/SKILL.md": SKILL.format("x")}
        ),
    ),
    (
        "AP502",
        lambda: in_bundle(body="Read `skills/logs/SKILL.md`."),
        lambda: in_bundle(body="Read `src/logs/main.py`."),
    ),
    (
        "AP502",
        lambda: in_bundle(files={"skills/log-reading/SKILL.md": SKILL.format("See [x](references/a.md).")}),
        lambda: in_bundle(
            files={
                "skills/log-reading/SKILL.md": SKILL.format("See [x](references/a.md)."),
                "skills/log-reading/references/a.md": "x",
            }
        ),
    ),
    (
        "AP502",
        lambda: in_bundle(files={"skills/log-reading/SKILL.md": SKILL.format("Run `scripts/a.py`.")}),
        lambda: in_bundle(files={"skills/log-reading/SKILL.md": SKILL.format("Run `src/a.py`.")}),
    ),
    (
        "AP503",
        lambda: in_bundle(more='tools: [read, "mcp:tickets/search"]'),
        lambda: in_bundle(more='tools: [read, "mcp:tickets/search"]', about=SERVER),
    ),
    ("AP504", lambda: in_bundle(about=SERVER), lambda: in_bundle(about=SERVER, more="-")),
    ("AP601", lambda: plain(body="Use AKIA" + "Z3Q9W7E1R5T8Y2U6."), lambda: plain(body="Use AKIA" + "X" * 16)),
    (
        "AP601",
        lambda: in_bundle(files={"README.md": "AKIA" + "Z3Q9W7E1R5T8Y2U6"}),
        lambda: in_bundle(files={"README.md": "AKIA"}),
    ),
    ("AP602", lambda: plain(body="As\u200b written."), lambda: plain(body="👩\u200d💻 می\u200cشود")),
    ("AP602", lambda: in_bundle(files={"README.md": "a\U000e0041"}), lambda: in_bundle(files={"README.md": "a"})),
    (
        "AP701",
        lambda: check_bundle(
            "b", {"bundle.toml": b'[bundle]\nname = "x1"\nversion = "1.0.0"\ndescription = "x"'}, lambda _: None
        )[0],
        in_bundle,
    ),
    (
        "AP702",
        lambda: in_bundle(about='\n[requires]\nsql = ">=1.0"\n'),
        lambda: in_bundle(about='\n[requires]\nsql = ">=1.0,<2"\n'),
    ),
    (
        "AP702",
        lambda: in_bundle(about='\n[requires]\nsql = ""\n'),
        lambda: in_bundle(about='\n[requires]\nsql = "~=1.0"\n'),
    ),
]


@pytest.mark.parametrize(("code", "raising", "alike"), CASES, ids=[f"{n}-{one[0]}" for n, one in enumerate(CASES)])
def test_a_code_is_raised_where_it_should_and_not_where_it_should_not(code: str, raising: Case, alike: Case) -> None:
    assert code in codes(raising())
    assert code not in codes(alike())


def test_every_code_has_a_case_and_says_all_that_is_to_be_said() -> None:
    assert {code for code, _, _ in CASES} == {rule.code for rule in RULES}
    assert len({rule.code for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert all((rule.about, rule.remedy, rule.why, rule.wrong, rule.right)), rule.code
        assert rule.exit_code == (3 if rule.level == "error" else 0), rule.code
        assert not rule.about.endswith(".")
        assert rule.why.endswith(".")


def test_a_bundle_that_is_well_has_no_findings() -> None:
    assert in_bundle() == []
    assert plain() == []


@pytest.mark.parametrize(
    ("findings", "code", "expected"),
    [
        (lambda: plain(description=COLON), "AP102", (3, None)),
        (lambda: in_bundle(more="tools: [Read]"), "AP104", (4, None)),
        (lambda: plain(body="one\n\n  two\u200b"), "AP602", (9, 6)),
        (lambda: in_bundle(body="one\nUse the Bash tool."), "AP401", (8, 9)),
        (lambda: plain(b"---\nname: a1\n" + LATIN), "AP101", (3, 1)),
        (lambda: plain(agent(more="-")), "AP301", (1, None)),
        (lambda: in_bundle(about=SERVER), "AP504", (9, None)),
    ],
)
def test_a_finding_names_its_place(findings: Case, code: str, expected: tuple[int, int | None]) -> None:
    (found,) = (one for one in findings() if one.rule.code == code)
    assert (found.line, found.column) == expected


def test_what_is_a_warning_elsewhere_is_an_error_in_a_bundle_that_could_not_be_published() -> None:
    assert [one.level for one in plain(description=COLON)] == ["warning"]
    assert [one.level for one in in_bundle(description=COLON)] == ["error"]
    assert [one.level for one in plain(name="log-reader")] == ["note"]
    assert [one.level for one in in_bundle(name="log-reader")] == ["error"]


def test_one_fault_does_not_hide_the_others() -> None:
    text = "---\nname: Triage\ndescription: A helpful assistant\ntools: [Read, sing]\nmodell: x\n---\nUse TodoWrite.\n"
    assert codes(in_bundle(text)) == {"AP103", "AP104", "AP107"}
    text = text.replace("modell: x\n", "").replace(", sing", "")
    assert codes(in_bundle(text)) == {"AP103", "AP104", "AP202", "AP401"}


def test_names_that_are_not_canonical_are_told_with_those_that_are() -> None:
    assert told(in_bundle(more='tools: ["Bash(git log:*)", mcp__a__b, LS]'), "AP104") == [
        (4, "Bash(git log:*) is called shell(git log *) here"),
        (4, "mcp__a__b is called mcp:a/b here"),
        (4, "LS is called list here"),
    ]
    assert told(in_bundle(more="tools: [reed]"), "AP107") == [
        (4, "tools: 'reed' is not a tool; did you mean read?"),
    ]


def test_hosts_that_cannot_hold_an_agent_are_told_in_one_finding() -> None:
    ((_, message),) = told(in_bundle(more="tools: [read]"), "AP305")
    assert "not held back by: cursor" in message
    body = "Set it.\n"
    ((_, message),) = told(in_bundle(body=body, more="tools: [read]", name="triage"), "AP305")
    assert "refused by: qwen" in message


def test_what_a_host_makes_of_text_is_told_once_for_all_of_them() -> None:
    found = told(in_bundle(body="Set ${TARGET}, ${OTHER} and $it first."), "AP405")
    assert found == [(7, "is written in another way: ${TARGET} for gemini, qwen; $it for junie")]


def test_what_hosts_make_of_an_agent_is_told_of_those_that_the_project_names() -> None:
    targets = {"claude": HostSettings(), "cursor": HostSettings(), "junie": HostSettings()}
    body = f"{BODY} Set ${{TARGET}} and $it first."
    found = in_bundle(body=body, more="tools: [read]", targets=targets)
    assert told(found, "AP405") == [(7, "is written in another way: $it for junie")]
    assert told(found, "AP305") == [(None, "2 of 3 hosts of the project hold all of it; not held back by: cursor")]
    found = in_bundle(more="tools: [read]", targets={"cursor": HostSettings()})
    assert told(found, "AP305") == [
        (None, "the one host of the project does not hold all of it; not held back by: cursor")
    ]


def test_what_many_bundles_lack_is_told_once() -> None:
    about = b'[bundle]\nname = "x1"\nversion = "1.0.0"\ndescription = "x"\n'
    lacking = [one for name in "cab" for one in check_bundle(name, {"bundle.toml": about}, lambda _: None)[0]]
    other = check_bundle("d", {"bundle.toml": about + b'license = "MIT"\n'}, lambda _: None)[0]
    assert [(one.path, one.message) for one in told_once([*lacking, *other]) if one.rule.code == "AP701"] == [
        ("a/bundle.toml", "leaves out license, authors, keywords, and so do 2 other bundles"),
        ("d/bundle.toml", "leaves out authors, keywords"),
    ]
    assert "so does 1 other bundle" in told_once([one for one in lacking if one.path != "a/bundle.toml"])[-1].message


def test_fences_in_a_page_that_is_shown_are_counted_if_they_come_out_even() -> None:
    page = "```md\n```sh\nls\n```\ninner\n```\nouter"
    assert without_code(page).split() == ["outer"]
    assert without_code(page.replace("```md", "```text")).split() == ["inner"]
    assert without_code("```md\n```sh\nls\n```\nouter").split() == ["outer"]
    assert without_code("a\n~~~\nb\n```\nc").split() == ["a"]
    assert len(without_code(page)) == len(page)


@pytest.mark.parametrize(
    "text",
    [
        "TODO",
        "tbd.",
        "TODO: all",
        "[TBD]",
        "...",
        "<!-- TODO -->"[5:9],
        "Add the prompt here",
        "your prompt",
        "{{ prompt }}",
        "Lorem ipsum dolor sit amet",
    ],
)
def test_a_text_that_stands_in_for_another_is_told_from_one(text: str) -> None:
    assert stands_in(text)
    assert not stands_in(f"You sort incidents, and {text}")
    assert not stands_in(f"{text}\nYou sort incidents.")


def test_a_mark_is_an_error_where_a_bundle_could_not_be_published_with_it() -> None:
    files = {path: f"\ufeff{text}" for path, text in (("agents/triage.md", agent()), ("README.md", "x"))}
    assert [(one.path, one.level) for one in in_bundle(files=files)] == [
        ("b/README.md", "note"),
        ("b/agents/triage.md", "error"),
    ]


def test_what_a_host_would_not_take_is_told_with_what_it_takes() -> None:
    ((_, message),) = told(in_bundle(more="hosts: {claude: {effort: some}}"), "AP108")
    assert message == "hosts.claude.effort is 'some'; one of: low, medium, high, xhigh, max"
    assert told(plain(more="tools: Read\ncolor: mauve"), "AP108") == [(5, "color: Claude Code would not take 'mauve'")]


def test_what_may_be_a_list_of_tools_is_no_text() -> None:
    assert [*find_raw(["tools: Read, Bash: x", "permission: a: b", "name: c: d"])] == [(2, 1, "name", "c: d")]


def test_agents_that_share_a_file_are_told_apart() -> None:
    mode = '{{"slug": "{0}", "name": "{0}", "description": "Reviews code", "roleDefinition": "x", "groups": ["read"]}}'
    text = '{"customModes": [' + ", ".join(map(mode.format, ("ana", "ben"))) + "]}"
    assert [message for _, message in told(plain(text, path=".roomodes"), "AP202")] == [
        "ana: the description says next to nothing: 'Reviews code'",
        "ben: the description says next to nothing: 'Reviews code'",
    ]


def test_an_order_is_told_no_more_than_twice() -> None:
    assert len(told(in_bundle(body="- Run `git diff`\n" * 5, more="tools: [read]"), "AP303")) == 2


def test_a_page_among_agents_is_none_unless_somebody_names_it() -> None:
    assert plain("# Notes\u200b\n", path="agents/notes.md") == []
    assert told(plain("# Notes\n", path="agents/notes.md", named=True), "AP110") == [
        (None, "there is no agent in it, by its header")
    ]


@pytest.mark.parametrize("path", ["LICENSE", "a.txt", "x.json", "x.yaml"])
def test_a_file_that_nothing_tells_a_host_of_is_told_as_one(path: str) -> None:
    (one,) = plain("{}", path=path, named=True)
    assert one.rule.code == "AP110"
    assert one.message.endswith("nothing in it tells which host it is for")


@pytest.mark.parametrize("path", ["triage", "triage.md", "triage.txt"])
def test_a_file_may_be_said_to_be_of_a_host(path: str) -> None:
    text = agent(more="tools: Read, Bahs")
    assert "AP304" in codes(plain(text, path=path, named=True, written_for="claude"))
    assert "AP304" not in codes(plain(text, path=path, named=True, written_for="cursor"))


def test_a_place_tells_more_of_a_form_than_its_host() -> None:
    text = '{"customModes": [{"slug": "ana", "name": "Ana", "roleDefinition": "x", "groups": ["read"]}]}'
    there = form_of(".kilocodemodes")
    assert there
    assert codes(plain(text, path=".kilocodemodes", written_for=there.name)) == {"AP201"}


def test_a_file_of_our_own_form_is_read_under_any_name() -> None:
    assert plain(agent(more="tools: [read, edit, shell]\nhosts: {}"), path="triage.txt", named=True) == []


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("two words", 2),
        ("naïve", 1),
        ("understood", 1),
        ("incidentally", 2),
        ("12345", 2),
        ("a — b", 3),
        ("f(x) == y;", 7),
        ("- a\n- b\n\nc", 7),
        ("слово", 3),
        ("審査", 2),
        ("   ", 0),
    ],
)
def test_tokens_are_estimated_as_the_rule_says(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


def mended(text: str, *, canonical: bool = False, escapes: bool = True) -> tuple[str, tuple[str, ...]]:
    done = mend(text.encode(), canonical=canonical, escapes=escapes)
    return done.data.decode(), done.done


HEADER = "---\n{}\n---\nBody.\n"
MENDED = [
    (f"\ufeff{HEADER}", HEADER, False),
    ("---\r\nname: a1\n---\r\nBody.\n", "---\nname: a1\n---\nBody.\n", False),
    ("---\nname: a1\n---\nB\u200bod\u00ady.\n", "---\nname: a1\n---\nBody.\n", False),
    ("No\u2060 header.\n", "No header.\n", False),
    (HEADER.format(f"name: a1\ndescription: {COLON}\n# kept\ncolor: red"),
     HEADER.format(f'name: a1\ndescription: "{COLON}\\n# kept"\ncolor: red'), False),
    (HEADER.format("description: one: two\n  more\n\ntools: Read"),
     HEADER.format('description: "one: two\\nmore"\n\ntools: Read'), False),
    (HEADER.format(f"description: {COLON}").replace("\n", "\r\n"),
     HEADER.format(f'description: "{COLON}"').replace("\n", "\r\n"), False),
    (HEADER.format("tools: [Read,  Bash]  \nname: a1"), HEADER.format("tools: [read, shell]\nname: a1"), True),
    (HEADER.format("tools:\n  - Read\n  - NotebookRead\n\nname: a1"), HEADER.format("tools: [read]\n\nname: a1"), True),
    (HEADER.format('tools: ["Bash(git log:*)", mcp__a__b]'),
     HEADER.format('tools: ["shell(git log *)", "mcp:a/b"]'), True),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "canonical"), MENDED)
def test_what_is_mended_and_every_other_byte_stays(before: str, after: str, canonical: bool) -> None:
    text, done = mended(before, canonical=canonical)
    assert text == after
    assert len(done) == 1
    assert mended(after, canonical=canonical) == (after, ())


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (HEADER.format("tools: [Re\u200bad]"), True),  # a tool's name is none with it, and would be one without
        (HEADER.format("\u200btools: [Read]\ndescription: a: b"), True),
        (HEADER.format("description: a\u202eb"), False),
        ("x\u202ey\U000e0041\n", False),
        (HEADER.format("tools: [Read, sing]"), True),
        (HEADER.format("tools: [Read] # all"), True),
        (HEADER.format('description: "a\ntools: [Read]\nb"\ntools: [Read]'), True),
        (HEADER.format("tools: [Read]"), False),
        (HEADER.format("tools: [read"), True),
        (HEADER.format("permission: a: b"), False),
        (HEADER.format("description: a: b --- c"), False),
        ("---\ndescription: a: b\n", False),
        (HEADER.format(f"description: {COLON}\ndescription: x"), False),
    ],
)
def test_what_only_a_person_can_mend_stays(text: str, canonical: bool) -> None:
    assert mended(text, canonical=canonical) == (text, ())


def test_bytes_that_are_no_text_stay() -> None:
    assert mend(LATIN, canonical=False).data == LATIN


def test_a_host_that_reads_line_by_line_gets_no_escape_that_it_does_not_know() -> None:
    text = HEADER.format("description: one: two\n  more")
    assert mended(text, escapes=False) == (text, ())
    assert mended(HEADER.format("description: a: b"), escapes=False)[1]


def test_a_step_after_which_the_file_says_something_else_is_taken_back() -> None:
    text = HEADER.format("tools: [Read]")
    done: list[str] = []
    assert _step(text, lambda one: one.replace("Read", "Bash"), "x", done) == text
    assert _step(text, lambda one: one.replace("Body", "Soul"), "x", done) == text
    assert _step(text, lambda one: one.replace("---\n", "", 1), "x", done) == text
    assert done == []


@given(
    st.lists(
        st.one_of(
            st.sampled_from(["name: ", "description: ", "tools: [Read]\n", "color: a: b\n", "\u200b", "\r\n"]), TRICKY
        )
    ),
    st.booleans(),
)
def test_mending_changes_nothing_that_a_file_says(parts: list[str], canonical: bool) -> None:
    text = f"---\n{''.join(parts)}\n---\nBody\u200b.\n"
    after, done = mended(text, canonical=canonical)
    before = _read(text)
    now = _read(after)
    if not canonical or not any(one.startswith("named") for one in done):
        assert now == before
    elif before and now:
        assert {**before[0], "tools": None} == {**now[0], "tools": None}
        assert before[1] == now[1]
    assert mended(after, canonical=canonical)[0] == after
