"""Agent files as people write them for every host, from which the fuzzer starts.

Every one that holds its agent back says so by one key. No prompt mentions such a key, and `PROMPT` begins each, so that
a reader of a bent file knows where the header ends.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

PROMPT = "You look after the orchard."
SECRET = "pear-blossom-hunter2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """One file: its host, path and text, and (`limited`) whether its author holds the agent back."""

    host: str
    path: str
    text: str
    limited: bool = True

    @property
    def id(self) -> str:
        return f"{self.path} {len(self.text)}"


def _file(header: str, *, body: str = "", close: str = "---", opening: str = "---") -> str:
    return f"{opening}\n{header.strip(chr(10))}\n{close}\n{PROMPT}\n{body}"


def _markdown(host: str, path: str, *headers: str, limited: bool = True) -> list[Seed]:
    """Return seeds with these headers, each with a name and a description unless it has its own."""
    seeds = []
    for header in headers:
        about = "" if "description:" in header else 'name: orchard-keeper\ndescription: "Use when trees are ill"\n'
        seeds.append(Seed(host=host, path=path, text=_file(about + header), limited=limited))
    return seeds


def _json(host: str, path: str, **table: object) -> Seed:
    whole = {"name": "orchard-keeper", "description": "Use when trees are ill", "prompt": PROMPT, **table}
    return Seed(host=host, path=path, text=json.dumps(whole, indent=2) + "\n")


def _toml(host: str, path: str, prompt: str, rest: str, *, limited: bool = True) -> Seed:
    text = f'name = "orchard-keeper"\ndescription = "Use when trees are ill"\n{rest}\n'
    top, table, tables = text.partition("\n[")
    return Seed(
        host=host, path=path, text=f'{top}\n{prompt} = """\n{PROMPT}\nPrune.\n"""\n{table[1:]}{tables}', limited=limited
    )


def _settings(rules: dict[str, object], own: dict[str, object]) -> Seed:
    agent = {"description": "Use when trees are ill", "prompt": PROMPT, **own}
    text = json.dumps({**rules, "agent": {"orchard-keeper": agent}}, indent=2)
    return Seed(host="opencode", path="opencode.json", text=text + "\n")


def _modes(path: str, *lines: str) -> Seed:
    head = ["  - slug: orchard-keeper", "    name: Orchard", "    description: Use when trees are ill"]
    body = ["    roleDefinition: >-", f"      {PROMPT}"]
    return Seed(
        host="kilo" if "kilo" in path else "zoo", path=path, text="\n".join(["customModes:", *head, *lines, *body, ""])
    )


_CLAUDE = _markdown(
    "claude",
    ".claude/agents/orchard-keeper.md",
    "tools: Read, Grep, Glob",
    "tools: Read Grep",
    "tools: [Read, Edit, WebFetch]",
    "model: sonnet\ntools:\n  - Read\n  - Grep\ncolor: green",
    "tools:\n- Read\n- mcp__soil__probe\nmodel: opus",
    "tools: Bash(git log:*), Read",
    "tools: []",
    'tools: ""',
    "tools: Read, Bash\ndisallowedTools: Bash",
    "disallowedTools: Bash, Write, Edit",
    "disallowedTools: Bash Write, Edit",
    "disallowedTools:\n  - Bash\n  - Write",
    "disallowedTools: [Write, 'mcp__soil__dig']\nmaxTurns: 4",
    "allowedTools: [Read, Glob]",
    "allowed-tools: Read, Glob",
    "name: orchard-keeper\ndescription: Use it when: leaves curl # or fall\ntools: Read, Grep\nmodel: haiku",
    "name: orchard-keeper\ndescription: Use it. Examples: <example>Context: a leaf curls.\nuser: 'Look at it'\n"
    "assistant: 'I will ask the keeper'\n</example>\ntools: Read\ncolor: teal",
    "name: orchard-keeper\ndescription: |\n  Use it when leaves curl.\n\n  And when they fall: early.\ntools: Read\n",
    "name: orchard-keeper\ndescription: >-\n  Use it when\n  leaves curl\nmodel: inherit\ntools: [Read]",
    'name: orchard-keeper\ndescription: "Say \\"ill\\".\\nThen stop."\ntools: "Read, LS"',
    "name: orchard-keeper\ndescription: 'it''s the keeper'\ntools: 'Read'\nskills: [pruning, grafting]",
    "name: orchard-keeper\ndescription: *bold* words\ntools: Read, Task, TodoWrite",
    "name: Orchard Keeper (2)\ndescription: Über Bäume – 🌳\ntools: Read\nversion: 1.2.0\ntags: [a, b]",
    f"tools: Read\nmcpServers:\n  - soil:\n      command: soil-server\n      env: {{SOIL_KEY: {SECRET}}}\n  - rain",
    f"tools: Read\nmcpServers:\n  - soil:\n      command: soil\n      env: [SOIL_KEY={SECRET}]\nhooks: {{Stop: []}}",
    "tools: Read\npermissionMode: plan\nmemory: project\nisolation: worktree\nbackground: true",
)
_OTHERS = [
    *_markdown(
        "copilot",
        ".github/agents/orchard-keeper.agent.md",
        "tools: ['read', 'search', 'soil/probe']",
        "tools: [codebase, 'edit/editFiles', 'web/fetch']\nmodel: Claude Sonnet 4.5 (copilot)",
        f"tools: [read]\nmcp-servers:\n  soil:\n    type: local\n    command: soil\n    tools: ['*']\n"
        f"    env: {{SOIL_KEY: {SECRET}}}",
    ),
    *_markdown("copilot", ".github/chatmodes/orchard-keeper.chatmode.md", "tools: [search]\nmodel: [gpt-5.4, gpt-5]"),
    *_markdown("cursor", ".cursor/agents/orchard-keeper.md", "readonly: true", "readonly: true\nis_background: yes"),
    *_markdown(
        "opencode",
        ".opencode/agents/orchard-keeper.md",
        "mode: subagent\npermission:\n  edit: deny\n  bash: ask",
        'permission:\n  "*": deny\n  read: allow\n  bash:\n    "*": deny\n    "git log*": allow',
        "tools:\n  write: false\n  bash: false",
        'tools: {"*": false, read: true, grep: true}\ntemperature: 0.2',
        'tools: {"*": false, read: true, bash: true}\npermission: {bash: deny}',
        "permission: deny",
        'permission: {"*": deny, "soil_*": allow, "soil_dig": deny}',
        "permission: {edit: deny, webfetch: deny}\nmodel: anthropic/claude-sonnet-5",
    ),
    *_markdown("kilo", ".kilo/agents/orchard-keeper.md", 'permission: {"*": deny, read: allow}\ndisplayName: Keeper'),
    *_markdown(
        "gemini",
        ".gemini/agents/orchard-keeper.md",
        "tools:\n  - read_file\n  - grep_search\n  - mcp_soil_probe\nmax_turns: 8",
        f"tools: [read_file]\nmcp_servers: {{soil: {{command: soil, env: {{SOIL_KEY: {SECRET}}}}}}}",
    ),
    *_markdown("kiro", ".kiro/agents/orchard-keeper.md", "tools: [read, '@soil/probe', '@rain']"),
    *_markdown("junie", ".junie/agents/orchard-keeper.md", "tools: [Read, Grep]\nmcpServers: [soil]"),
    *_markdown("cline", ".cline/agents/orchard-keeper.yaml", "tools: read_files, search_codebase\nmodelId: acme/one"),
    *_markdown("devin", ".devin/agents/orchard-keeper/AGENT.md", "allowed-tools:\n  - read\n  - grep\nmax-nesting: 1"),
    *_markdown("droid", ".factory/droids/orchard-keeper.md", "tools: read-only", 'tools: ["Read", "LS", "Execute"]'),
    *_markdown("grok", ".grok/agents/orchard-keeper.md", "tools: [Read, Glob]\nmcpServers: [soil]\neffort: low"),
    *_markdown("qwen", ".qwen/agents/orchard-keeper.md", "tools:\n  - read_file\n  - todo_write\napprovalMode: plan"),
    *_markdown("kimi", ".kimi-code/agents/orchard-keeper.md", "tools: [Read]\ndisallowedTools: [Bash]\nsubagents: [a]"),
    *_markdown(
        "auggie",
        ".augment/agents/orchard-keeper.md",
        "tools: [view, launch-process, read-process]",
        "disabled_tools: [launch-process, save-file]",
    ),
    *_markdown("antigravity", ".agents/agents/orchard-keeper/agent.md", "tools: [view_file, list_dir]\nhidden: false"),
    *_markdown("openhands", ".openhands/agents/orchard-keeper.md", "tools: [task_tracker]", "max_iteration_per_run: 9"),
    *_markdown("trae", ".trae/agents/orchard-keeper.md", "tools: Read, Grep\nmcpServers: [soil]"),
    *_markdown("codebuddy", ".codebuddy/agents/orchard-keeper.md", "tools: Read, MultiEdit"),
    *_markdown("rovo", ".rovodev/subagents/orchard-keeper.md", "tools: [open_files, grep]"),
    *_markdown("goose", ".goose/agents/orchard-keeper.md", "tools: [Read]\nmodel: claude-sonnet-4"),
    _json("kiro", ".kiro/agents/orchard-keeper.json", tools=["fs_read", "@soil/probe"], allowedTools=["fs_read"]),
    _json("kiro", ".kiro/agents/orchard-keeper.json", resources=["file://README.md"]),
    _json(
        "kiro",
        ".amazonq/cli-agents/orchard-keeper.json",
        tools=["read"],
        mcpServers={"soil": {"command": "soil", "args": ["-v"], "env": {"SOIL_KEY": SECRET}, "timeout": 60}},
    ),
    _toml("codex", ".codex/agents/orchard-keeper.toml", "developer_instructions", 'sandbox_mode = "read-only"'),
    _toml(
        "codex",
        ".codex/agents/orchard-keeper.toml",
        "developer_instructions",
        f'model = "gpt-5.4"\nsandbox_mode = "read-only"\n[mcp_servers.soil]\ncommand = "soil"\n'
        f'env = {{ SOIL_KEY = "{SECRET}" }}',
    ),
    _toml("codex", ".codex/agents/orchard-keeper.toml", "developer_instructions", "[features]\nshell_tool = false"),
    _toml("vibe", ".vibe/agents/orchard-keeper.toml", "instructions", 'enabled_tools = ["read_file", "skill"]'),
    _toml("vibe", ".vibe/agents/orchard-keeper.toml", "instructions", 'disabled_tools = ["bash", "write_file"]'),
    _settings({}, {"permission": {"edit": "deny", "bash": {"*": "deny", "git log*": "allow"}}}),
    _settings({"permission": {"bash": "deny"}}, {"permission": {"bash": {"git log*": "allow"}}}),
    _settings({"tools": {"write": False}, "permission": "allow"}, {"tools": {"bash": False}, "mode": "subagent"}),
    _settings({"permission": {"bash": {"rm *": "deny"}}}, {"permission": {"bash": {"git *": "allow"}}}),
    _modes(".roomodes", "    groups: [read, command]"),
    _modes(".roomodes", "    groups:", "      - read", "      - [edit, {fileRegex: '[.]md$', description: Words}]"),
    _modes(".roomodes", "    whenToUse: Trees", "    groups: [read, mcp]", "    allowedMcpServers: [soil]"),
    _modes(".kilocodemodes", "    groups:", "      - read"),
]
_FREE = [
    *_markdown("claude", ".claude/agents/orchard-keeper.md", "model: sonnet\ncolor: green", limited=False),
    *_markdown("claude", ".claude/agents/orchard-keeper.md", "tools: *", limited=False),
    *_markdown("opencode", ".opencode/agents/orchard-keeper.md", "permission: {edit: allow}", limited=False),
    *_markdown("cursor", ".cursor/agents/orchard-keeper.md", "readonly: false", limited=False),
    _toml("codex", ".codex/agents/orchard-keeper.toml", "developer_instructions", "", limited=False),
]
# Fences and indents that a strict reader does not take.
_ODD = [
    Seed(host="claude", path=".claude/agents/orchard-keeper.md", text=text)
    for text in (
        _file("description: Use it\ntools: Read", close="-----"),
        _file("description: Use it\ntools: Read", close="..."),
        _file("description: Use it\ntools: Read", opening="--- "),
        "\n\n" + _file("description: Use it\ntools: Read"),
        "\n".join(f"    {line}" for line in _file("description: Use it\ntools: Read").split("\n")),
        _file("description: Use it\ntools: Read").replace("\n", "\r\n"),
        "\ufeff" + _file("description: Use it\ntools: Read"),
        _file("{name: orchard-keeper, description: Use it, tools: [Read]}"),
        _file('"name": orchard-keeper\n"description": Use it\n"tools": Read'),
    )
]
SEEDS = (*_CLAUDE, *_OTHERS, *_FREE, *_ODD)
