"""How large a bundle may be is for the project to say, registry by registry."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentpkg.errors import UsageError
from agentpkg.hosts import HOSTS
from agentpkg.manifest import parse_manifest
from agentpkg.registry_tables import with_registry
from tests.support.cli import Cli
from tests.support.registry import Registry, agent_text, introduce, make_bare, write_bundle
from tests.support.tree import contents

LARGE = {"agents/tool.md": agent_text("tool", body="x" * 300_000)}


def allow(manifest: Path, registry: str, **most: int) -> None:
    lines = "".join(f"{key} = {number}\n" for key, number in most.items())
    manifest.write_text(manifest.read_text().replace(f'url = "{registry}"\n', f'url = "{registry}"\n{lines}'))


def test_a_larger_file_is_taken_where_the_manifest_allows_it(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", files=LARGE)
    before = contents(project)
    assert "agents/tool.md has 300," in cli("install", "tool", code=3).err
    assert contents(project) == before
    allow(manifest, registry.url, max_file_bytes=400_000)
    cli("install", "tool")
    assert cli("sync").out == "nothing to do\n"


def test_so_is_a_larger_bundle(cli: Cli, manifest: Path, registry: Registry) -> None:
    skill = {"skills/sql/SKILL.md": "---\nname: sql\ndescription: About SQL.\n---\n\nRead it.\n"}
    pages = {f"skills/sql/{number}.md": "x" * 200_000 for number in range(6)}
    registry.publish("tool", files={"agents/tool.md": agent_text("tool"), **skill, **pages})
    assert "tool 1.0.0: larger than 1,048,576 bytes" in cli("install", "tool", code=3).err
    allow(manifest, registry.url, max_bundle_bytes=2_000_000)
    cli("install", "tool")


def test_and_published(cli: Cli, project: Path, manifest: Path, registry: Registry, tmp_path: Path) -> None:
    introduce()
    bare = str(make_bare(registry, tmp_path / "bare.git"))
    manifest.write_text(manifest.read_text().replace(registry.url, bare))
    folder = write_bundle(tmp_path / "tool", "tool", files=LARGE)
    assert "larger than 262,144 bytes" in cli("publish", str(folder), code=3).err
    allow(manifest, bare, max_file_bytes=400_000)
    cli("publish", str(folder))
    cli("install", "tool")
    write_bundle(folder, "tool", "1.0.1", files={"agents/tool.md": agent_text("tool", body="y" * 300_000)})
    cli("publish", str(folder))


@pytest.mark.parametrize("number", ["0", "-1", "67108865", '"1 MiB"'])
def test_a_limit_is_a_number_of_bytes_that_memory_holds(number: str) -> None:
    with pytest.raises(UsageError, match="max_bundle_bytes"):
        parse_manifest(f'[registries.acme]\nurl = "https://a.example/b"\nmax_bundle_bytes = {number}\n', HOSTS)


def test_an_edit_of_the_manifest_keeps_limits() -> None:
    text = '[registries.acme]\nurl = "https://a.example/b"\nmax_file_bytes = 400000\nmax_bundle_bytes = 2000000\n'
    source = parse_manifest(text, HOSTS).registries["acme"]
    assert with_registry("", "acme", source) == text
