"""The files of a new bundle: one agent that an author can start from, and that `check` has nothing against."""

from __future__ import annotations

from agentpkg.agent import Agent
from agentpkg.canonical import write_agent
from agentpkg.emit import quoted
from agentpkg.grants import Tool

VERSION = "0.1.0"
_BODY = """\
You answer questions about {title} in this repository: you look into the code, and report what you find.

1. Search the code for what the task names, and read the files that matter whole.
2. Tell what is there, with file and line, before you say what you think of it.
3. Where something is unclear, say so; do not guess.

End with a short list of findings, the gravest first.
"""


def scaffold(name: str, description: str | None) -> dict[str, bytes]:
    """Return the files of a bundle called `name` with one agent of that name, which may read and search."""
    title = name.replace("-", " ")
    about = description or f"Use when a question about {title} comes up and somebody should look into the code first."
    agent = Agent(
        name=name,
        description=about,
        body=_BODY.format(title=title),
        tools=(Tool("read"), Tool("glob"), Tool("grep")),
        host_fields={},
        bodies={},
    )
    toml = [
        "[bundle]",
        f"name = {quoted(name)}",
        f"version = {quoted(VERSION)}",
        f"description = {quoted(' '.join(about.split()))}",
        'license = "MIT"',
        f"keywords = [{', '.join(map(quoted, name.split('-')))}]",
        "",
        "[requires]",
        "",
    ]
    return {"bundle.toml": "\n".join(toml).encode(), f"agents/{name}.md": write_agent(agent).encode()}
