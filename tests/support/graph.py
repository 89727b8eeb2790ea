"""A project with bundles that require each other: installed once a process, and laid down as often as it is needed."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import pytest

from agentpkg.cli import run
from tests.support.registry import Registry, agent_text
from tests.support.tree import contents

BASE = {
    "agents/base.md": agent_text("base"),
    "agents/second.md": agent_text("second"),
    "skills/sql/SKILL.md": "---\nname: sql\ndescription: SQL.\n---\n\nUse it.\n",
    "skills/sql/more.md": "More.\n",
}


def publish_graph(registry: Registry) -> None:
    """Publish top, which requires mid and base, mid, which requires base, and base, with two agents and a skill."""
    registry.publish("base", files=BASE).publish("mid", requires={"base": "~=1.0"})
    registry.publish("top", requires={"mid": "", "base": ""})


@cache
def _installed(*bundles: str) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AGENTPKG_CACHE_DIR", f"{folder}/cache")
        patch.setenv("HOME", folder)
        registry = Registry(Path(folder) / "registry").start()
        publish_graph(registry)
        project = Path(folder) / "project"
        project.mkdir()
        manifest = f'[project]\nhosts = ["claude"]\n\n[registries.default]\nurl = "{registry.url}"\n\n[bundles]\n'
        (project / "agentpkg.toml").write_text(manifest)
        assert run(["install", *bundles, "-C", str(project)]) == 0
        return dict(contents(project))


def lay_down_graph(project: Path, *bundles: str) -> Path:
    """Make a project that has these of the bundles, from a registry that is gone; return its manifest."""
    for path, data in _installed(*bundles).items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_bytes(data)
    return project / "agentpkg.toml"
