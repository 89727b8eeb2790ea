"""`agentpkg search`: what comes first, what is near, and what was taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.registry import Registry, agent_text


def about(name: str, description: str, keywords: str = "[]") -> dict[str, str]:
    toml = f'[bundle]\nname = "{name}"\nversion = "1.0.0"\ndescription = "{description}"\nkeywords = {keywords}\n'
    return {"bundle.toml": toml, f"agents/{name}.md": agent_text(name)}


def ids(cli: Cli, *words: str) -> list[str]:
    return [one["id"] for one in cli("search", *words, "--json").json["bundles"]]


@pytest.fixture
def shelf(manifest: Path, registry: Registry) -> Registry:
    registry.publish("aaa", files=about("aaa", "Reviews SQL."))
    registry.publish("keyed", files=about("keyed", "Other.", '["sql"]'))
    registry.publish("my-sql", files=about("my-sql", "Other."))
    registry.publish("sql-tool", files=about("sql-tool", "Other."))
    return registry.publish("sql", files=about("sql", "Other."))


def test_names_come_before_keywords_and_these_before_descriptions(cli: Cli, shelf: Registry) -> None:
    assert ids(cli, "sql") == ["sql", "sql-tool", "my-sql", "keyed", "aaa"]
    assert ids(cli, "tool", "sql") == ["sql-tool"]
    assert ids(cli) == sorted(ids(cli))


def test_a_limit_shows_the_best_and_tells_how_many_are_left(cli: Cli, shelf: Registry) -> None:
    assert ids(cli, "sql", "--limit", "2") == ["sql", "sql-tool"]
    result = cli("search", "sql", "--limit", "1")
    assert result.out == "sql  1.0.0  Other.\n"
    assert result.err == "and 4 more; other words narrow it, --limit 5 shows all\n"
    assert cli("search", "sql", "--limit", "5").err == ""
    cli("search", "--limit", "0", code=2)


def test_a_near_miss_is_told(cli: Cli, shelf: Registry) -> None:
    result = cli("search", "sqltool")
    assert result.out == ""
    assert result.err == "nothing found for sqltool\ndid you mean sql-tool or sql?\n"
    assert "did you mean sql-tool" in cli("search", "sql", "tol").err
    assert cli("search", "zzzz").err == "nothing found for zzzz\n"
    assert "did you mean sql-tool" in cli("install", "sql-tol", code=2).err
    assert "did you mean my-sql" in cli("info", "mysql", code=2).err


def test_bundles_of_which_every_version_was_yanked_come_last_and_say_why(cli: Cli, shelf: Registry) -> None:
    shelf.yank("sql", "1.0.0", "dropped tables")
    assert ids(cli, "sql")[-1] == "sql"
    assert "sql       1.0.0  (yanked: dropped tables) Other." in cli("search").out
    found = {one["id"]: one["yanked"] for one in cli("search", "--json").json["bundles"]}
    assert found == {"aaa": None, "keyed": None, "my-sql": None, "sql": "dropped tables", "sql-tool": None}
    shelf.publish("sql", "1.1.0")
    assert ids(cli, "sql")[0] == "sql"


def test_a_version_that_cannot_be_read_is_not_said_to_be_yanked(cli: Cli, shelf: Registry) -> None:
    shelf.publish("odd", "1.0.0", files={"bundle.toml": "nothing"}).publish("odd", "2.0.0").yank("odd", "2.0.0")
    assert ids(cli, "odd") == []


def test_all_registries_are_searched_and_suggested_from(cli: Cli, shelf: Registry, tmp_path: Path) -> None:
    other = Registry(tmp_path / "other").start().publish("sql").publish("warehouse")
    cli("registry", "add", "acme", other.url)
    assert ids(cli, "sql")[:3] == ["acme/sql", "sql", "sql-tool"]
    assert ids(cli, "acme/sql") == ["acme/sql"]
    assert ids(cli, "acme") == ["acme/sql", "acme/warehouse"]
    assert cli("search", "warehuose").err.endswith("did you mean acme/warehouse?\n")


def test_an_empty_registry_is_told(cli: Cli, manifest: Path) -> None:
    assert cli("search").err == "there is nothing to find\n"
