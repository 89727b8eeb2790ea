"""Files that are large or deep, or at which a careless pattern would try everything."""

from __future__ import annotations

import json

MEGABYTE = 1_000_000
CLAUDE, OPENCODE, KIRO = ".claude/agents/x.md", ".opencode/agents/x.md", ".kiro/agents/x.json"


def headed(header: str, body: str = "Body.\n") -> str:
    return f"---\nname: x1\ndescription: d\n{header}\n---\n{body}"


LARGE = [
    (CLAUDE, headed("", "\n" * MEGABYTE)),
    (CLAUDE, headed("", "\n" * MEGABYTE + "x")),
    (CLAUDE, headed("", "@" * MEGABYTE)),
    (CLAUDE, headed("", "tools:" * (MEGABYTE // 6))),
    (CLAUDE, "\n" * MEGABYTE + headed("")),
    (CLAUDE, "---\n" * (MEGABYTE // 4)),
    (CLAUDE, headed("a: b: c", "tools: \n" * (MEGABYTE // 8))),
    (CLAUDE, headed("model: x" + " " * 60_000 + "y")),
    (CLAUDE, headed("description: a: b\n" + "tools " * 10_000)),
    (CLAUDE, headed("disallowedTools: " + "q " * 30_000)),
    (CLAUDE, headed("disallowedTools: [" + ", ".join(f"{'*q' * 90}{one}" for one in range(200)) + "]")),
    (".qwen/agents/x.md", headed("model: qwen" + "1" * 60_000 + " !")),
    (OPENCODE, headed("permission:\n" + "\n".join(f'  "{"*a" * 150}{one}": deny' for one in range(200)))),
    (KIRO, json.dumps({"name": "x1", "description": "d", "prompt": "B", "model": "a-" + "1" * MEGABYTE + "!"})),
    (KIRO, json.dumps({"name": "x1", "description": "d", "prompt": "B", "tools": ["q" * 5000] * 200})),
    (KIRO, '{"a": ' + "[" * MEGABYTE),
    (KIRO, "{" + '"a": {' * (MEGABYTE // 6)),
    ("opencode.json", '{"agent": ' + "/*" * (MEGABYTE // 2)),
    ("opencode.json", '{"agent": 1,' + "/**/" * (MEGABYTE // 4) + "x"),
    ("opencode.json", '"' + '\\"' * (MEGABYTE // 2)),
    (".codex/agents/x.toml", "a = " + "[" * MEGABYTE),
    (".codex/agents/x.toml", "a." * (MEGABYTE // 2) + "a = 1"),
    (".roomodes", "customModes: " + "[" * MEGABYTE),
    (".roomodes", "customModes:\n" + "  - slug: x\n" * (MEGABYTE // 12)),
]
