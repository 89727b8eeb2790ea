"""Hosts that do not exist, made known to agentpkg as a real one is: a module with a `HOST`, and a line in the list."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from agentpkg import hosts
from agentpkg.hosts.base import Host, Models, ToolList, ToolRow

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = (
    ToolRow(gives=("edit", "write"), names=("change",)),
    ToolRow(gives=("read", "glob", "grep", "list"), names=("look",)),
    ToolRow(gives=("shell",), names=("run",)),
)

# A host with a file for every agent.
TOY = Host(
    name="toy",
    title="Toy",
    checked="never",
    sources=(),
    marks=(".toy",),
    agents=".toy/{name}/agent.md",
    user_agents=".config/toy/{name}/agent.md",
    skills=".toy/skills/{name}",
    user_skills=None,
    tools=ToolList(key="toys", rows=ROWS),
    models=Models(accepts=r"toy-\d+", aliases={"strong": "toy-9"}, key="engine"),
    name_keys=("id",),
)
# A host that reads one file, which others write into as well.
SHARED = Host(
    name="shared",
    title="Shared",
    checked="never",
    sources=(),
    marks=(".toymodes",),
    agents=".toymodes#{name}",
    user_agents=".config/toymodes#{name}",
    skills=None,
    user_skills=None,
    form="modes",
    body_key="roleDefinition",
    name_keys=("slug", "name"),
    tools=ToolList(key="groups", rows=ROWS),
    models=None,
)


def make_known(monkeypatch: pytest.MonkeyPatch, *toys: Host, revision: int = 1) -> Iterator[None]:
    """Make hosts known for as long as a test takes."""
    for toy in toys:
        module = ModuleType(f"agentpkg.hosts.{toy.name}")
        module.HOST = toy  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(hosts.REVISIONS, toy.name, revision)
    _forget()
    try:
        yield
    finally:
        _forget()


def _forget() -> None:
    hosts._places.cache_clear()
    hosts._shared_files.cache_clear()
