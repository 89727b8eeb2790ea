"""`schema`, and that whatever a command prints and writes in a test is held against its schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentpkg.schemas import FILES, list_schemas
from agentpkg.schemas.documents import DOCUMENTS
from tests.support.cli import Cli
from tests.support.registry import Registry, introduce

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"


@pytest.mark.parametrize("name", [*FILES, "json/error", "json/registry-add"])
def test_a_schema_is_printed_as_it_is_published(cli: Cli, name: str) -> None:
    assert cli("schema", name).json == json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))


def test_a_file_can_be_asked_for_by_its_own_name(cli: Cli) -> None:
    assert cli("schema", "agentpkg.toml").out == cli("schema", "manifest").out


def test_all_schemas_are_listed(cli: Cli) -> None:
    lines = cli("schema").out.splitlines()
    assert [line.split()[0] for line in lines] == [*list_schemas()]
    assert lines[0] == "manifest              agentpkg.toml"
    assert lines[6] == "json/error            what a command prints instead if it fails"
    listed = cli("schema", "--json").json["schemas"]
    assert listed[2] == {"name": "bundle", "about": "bundle.toml"}


def test_a_schema_that_there_is_not_is_told_with_what_is_like_it(cli: Cli) -> None:
    assert cli("schema", "manifets", code=2).err == (
        "error: there is no schema 'manifets'\nhint: did you mean manifest?\n"
    )
    assert "agentpkg schema lists them" in cli("schema", "dance", code=2).err
    assert cli("schema", "dance", "--json", code=2).json["error"]["exit_code"] == 2


def test_no_command_prints_what_nobody_promised(cli: Cli, manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("sync")
    cli("list", "--json")
    fewer = {name: make for name, make in DOCUMENTS.items() if name != "list"}
    monkeypatch.setattr("agentpkg.schemas.documents.DOCUMENTS", fewer)  # deleted, it would come back as the last
    with pytest.raises(AssertionError, match="nothing is promised of what agentpkg list --json prints"):
        cli("list", "--json")


def test_no_command_leaves_behind_what_no_schema_describes(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool")
    cli("install", "tool")
    lock = project / "agentpkg.lock"
    lock.write_text(json.dumps({**json.loads(lock.read_text()), "more": {}}))
    with pytest.raises(AssertionError, match=r"agentpkg\.lock is not as agentpkg/schemas has it"):
        cli("list")


def test_no_command_publishes_what_no_schema_describes(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    introduce()
    seen: list[str] = []
    monkeypatch.setattr("tests.support.schemas.check_file", lambda name, data, where: seen.append(where))
    cli("registry", "init", str(tmp_path / "new.git"))
    assert seen == ["registry.toml"]
