"""The suite's own agents: each is hard in one way that real agents are."""

from __future__ import annotations

import json
from collections.abc import Iterator

from agentpkg.bundle import Bundle, parse_bundle
from agentpkg.grants import TOOLS

_BUNDLE = """\
[bundle]
name = "hard-cases"
version = "1.0.0"
description = "Agents that are hard to carry"
license = "Apache-2.0"

[mcp.shelf]
command = "replaced-by-the-suite"
env = ["SHELF_KEY"]

[mcp.garden]
command = "replaced-by-the-suite"

[mcp.workshop]
command = "replaced-by-the-suite"
env = ["WORKSHOP_KEY"]

[mcp.almanac]
url = "https://replaced.example/by-the-suite"
headers = { Authorization = "ALMANAC_KEY" }
"""

_PLAIN_BODY = "You are asked to look at one thing, and to say what it is.\n\nSay it in one sentence.\n"

# Which tools an agent lists, by its name.
_TOOLS: dict[str, list[str] | None] = {
    "every-tool": [*TOOLS, "mcp:ledger/*"],
    "absent-tools": None,
    "empty-tools": [],
    "reader": ["read", "glob", "grep", "list"],
    "reader-alone": ["read"],
    "finder": ["glob", "grep"],
    "writer": ["read", "write"],
    "editor": ["edit"],
    "runner": ["shell"],
    "walker": ["list"],
    "notebook-keeper": ["notebook-edit"],
    "web-reader": ["web-fetch"],
    "web-searcher": ["web-search"],
    "web-worker": ["web-fetch", "web-search", "read"],
    "helmsman": ["delegate", "read"],
    "helmsman-alone": ["delegate"],
    "list-keeper": ["todo", "read"],
    "skilled": ["skill", "read"],
    "asker": ["ask", "read"],
    "asker-alone": ["ask"],
    "list-keeper-alone": ["todo"],
    "scoped-runner": ["read", "shell(git log *)", "shell(git diff *)"],
    "scoped-alone": ["shell(git log *)"],
    "scoped-reader": ["read(docs/*)"],
    "scoped-writer": ["read", "edit(docs/**)", "write(docs/**)"],
    "scoped-helmsman": ["read", "delegate(reader)"],
    "scoped-and-whole": ["shell", "shell(git log *)"],
    "ledger-reader": ["read", "mcp:ledger/read-entry"],
    "ledger-keeper": ["mcp:ledger/*"],
    "missing-server": ["read", "mcp:nowhere/anything", "mcp:absent/*"],
    "shelf-finder": ["read", "mcp:shelf/find-book"],
    "shelf-keeper": ["read", "mcp:shelf/*"],
    "gardener": ["read", "mcp:garden/water-bed"],
    "smith": ["read", "mcp:workshop/*"],
    "almanac-reader": ["mcp:almanac/*", "read"],
}
_MODELS = {
    "model-strong": "strong",
    "model-balanced": "balanced",
    "model-fast": "fast",
    "model-inherit": "inherit",
    "model-claude": "claude-opus-4-8",
    "model-claude-dot": "claude-sonnet-4.6",
    "model-gpt": "gpt-5.4",
    "model-gemini": "gemini-3.1-pro-preview",
    "model-mapped": "house-model-7",
}
_SENTENCES = (
    'Use when a "shelf" has to be put in order: by author, by colon: and by the rest.',
    "<example>\nContext: The reader's list is long.\nuser: \"Where is it?\"\nassistant: 'I will look.'\n</example>",
    "--- three dashes, and --- three more; # a hash, #and one without a space",
    "A path like C:\\table\\docs and a pattern like \\d+\\s*: [a-z]{2,} & *star* | pipe > more % at @ tick `",
    "Keys: {a: 1}, [b, c], !tag, &anchor, *alias, ~, null, true, 0o17, 1e3, 2026-11-21",
    "\u4e66\u67b6, B\u00fccherregal, \u0623\u0631\u0641\u0641, emoji \U0001f4da\U0001f9d1\u200d\U0001f3eb and \u00a7",
)
_TEMPLATES = (
    "{% for row in rows %}{{ row.name | upper }}{# no comment #}{% endfor %}\n\n"
    "$HOME, $(pwd), `date`, %PATH%, {env:HOME}, {file:./notes.md}, @notes.md, !date, $ARGUMENTS, $1, {{args}}\n"
)
_VARIABLES = (
    "Write to ${HOME}/notes and ask for ${query}, never for ${today} or ${task_prompt}.\nKeep ${HOME:-/tmp} as it is.\n"
)
_FENCES = "Above.\n\n---\nname: not-a-header\n---\n\nBelow, and a list:\n\n- one\n- two\n\n---\n"
_QUOTES = "'''three single''' and \"\"\"three double\"\"\"\nA backslash \\ and \\n and \\\\ and \\u0041, and '\"'\"'.\n"
_BODIES = {
    "body-templates": _TEMPLATES,
    "body-variables": _VARIABLES,
    "body-fences": _FENCES,
    "body-quotes": _QUOTES,
    "body-indented": "    indented = True\n\ttabbed\n\nlast line   \n",
    "body-markup": "<agent_instructions>\n</agent_instructions>\n<!-- note -->\n& &amp; <b>bold</b>\n\n# Heading #\n",
    "body-long": "".join(f"{line:05}. Shelve the book that is next, and say its number.\n" for line in range(1100)),
}


def _long_description() -> str:
    text = "\n\n".join(_SENTENCES)
    while len(text) < 5000:
        text += f"\n\n{len(text)}. {_SENTENCES[len(text) % len(_SENTENCES)]}"
    return text


def _agent(
    name: str,
    *,
    description: str | None = None,
    tools: list[str] | None = None,
    model: str | None = None,
    body: str = _PLAIN_BODY,
) -> tuple[str, bytes]:
    lines = [f"name: {name}", f"description: {_scalar(description or f'The agent {name}. Use when asked for it.')}"]
    lines += [] if tools is None else [f"tools: [{', '.join(_scalar(tool) for tool in tools)}]"]
    lines += [] if model is None else [f"model: {_scalar(model)}"]
    return f"agents/{name}.md", ("---\n" + "\n".join(lines) + "\n---\n\n" + body).encode()


def _scalar(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _files() -> Iterator[tuple[str, bytes]]:
    yield "bundle.toml", _BUNDLE.encode()
    for name, tools in _TOOLS.items():
        yield _agent(name, tools=tools)
    for name, model in _MODELS.items():
        yield _agent(name, tools=["read"], model=model)
    for name, body in _BODIES.items():
        yield _agent(name, tools=["read"], body=body)
    yield _agent("long-description", tools=["read"], description=_long_description())
    yield _agent(
        "backslash-n", tools=["read"], description="Knows paths like C:\\notes and patterns like \\n+ and \\\\n."
    )
    yield _agent("left-hand", tools=["read", "delegate"], body="Start right-hand when the book is on its side.\n")
    yield _agent("right-hand", tools=["read", "delegate"], body="Start left-hand when the book is on its side.\n")


def hard_cases() -> Bundle:
    """Return the bundle of all these agents."""
    return parse_bundle(dict(_files()), "hard-cases")
