"""`docs/json.md` is made from the schemas of what commands print. To write it again after a change that is meant:

python -m tests.unit.test_json_page
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from agentpkg.cli import agentpkg
from agentpkg.schemas import JSON, find_schema
from agentpkg.schemas.documents import DOCUMENTS, ERROR
from tests.support.schemas import check_printed, closed, command_of, validator

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "json.md"
AGAIN = "python -m tests.unit.test_json_page"
KINDS = {
    "string": "text",
    "boolean": "true or false",
    "integer": "number",
    "number": "number",
    "array": "list",
    "object": "table",
    "null": "null",
}
EXAMPLE: dict[str, Any] = {
    "format": 1,
    "dry_run": True,
    "changed": True,
    "bundles": [
        {
            "id": "data-engineer",
            "before": None,
            "after": "1.1.0",
            "grants": {"data-engineer": ["edit", "glob", "grep", "read", "shell", "web-fetch", "write"]},
        }
    ],
    "accepted": [],
    "files": [{"path": ".claude/agents/data-engineer.md", "action": "create"}],
    "renderings": [
        {
            "bundle": "data-engineer",
            "agent": "data-engineer",
            "host": "claude",
            "path": ".claude/agents/data-engineer.md",
            "fidelity": "exact",
            "notes": [],
        }
    ],
    "overlaps": [],
}
INTRO = f"""# JSON

What commands print with `--json`: one document on standard output. This page is made from the [schemas](schemas.md),
which are for programs, and every document that a test makes a command print is held against them. To make it again:
`{AGAIN}`. The schema of what `agentpkg install` prints is printed by `agentpkg schema json/install`.

Every document has `format`, the number 1; it is raised if a field changes its meaning or goes. New fields may come.
Lists come in a stable order. Where a command fails the document is the [error](#error), which is told on standard error
as well:

<!-- new scratch: json -->
```console
$ agentpkg install data-enginer --json 2> messages
{{
  "format": 1,
  "error": {{
    "message": "there is no bundle 'data-enginer' in registry default",
    "details": [],
    "hint": "did you mean data-engineer or senior-data-engineer or data-reviewer?",
    "exit_code": 2
  }}
}}
[exit 2]
```

Where the command's own document says what is wrong, it is printed instead: `sync --check` where the project is not in
sync, `outdated --check` where something is newer, findings of `audit`, `check` and `doctor`, problems of a registry, a
change with conflicts. The exit code tells. Mistakes in options and command names, and bugs, are told as text only.

A change, for one (`agentpkg install data-engineer --dry-run --json`):

```json
{json.dumps(EXAMPLE, indent=2)}
```
"""


def kind(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(kind(one) for one in schema["anyOf"]))
    types = schema.get("type", "string" if isinstance(schema.get("enum", [""])[0], str) else "integer")
    return " or ".join(KINDS[one] for one in ([types] if isinstance(types, str) else types))


def means(schema: dict[str, Any]) -> str:
    about = str(schema.get("description", ""))
    bare = next((one for one in schema.get("anyOf", ()) if "enum" in one), schema)
    words = bare.get("enum", ()) if kind(bare) == "text" else ()
    return " ".join([about, ", ".join(f"`{word}`" for word in words) + "." if words else ""]).strip()


def rows(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, str, str]]:
    """Return field, kind and meaning of everything that a document may hold, each table after its own line."""
    for key, inner in schema.get("properties", {}).items():
        if path or key != "format":
            yield from row(f"{path}.{key}" if path else key, inner)


def row(path: str, schema: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    suffix = ""
    inner = next((one for one in schema.get("anyOf", ()) if kind(one) != "null"), schema)
    while "items" in inner:
        suffix, inner = f"{suffix}[]", inner["items"]
    if isinstance(more := inner.get("additionalProperties"), dict):
        while "items" in more:
            suffix, more = f"{suffix}.*[]", more["items"]
        yield f"{path}{suffix}", kind(schema), means(schema)
        yield from rows(more, f"{path}{suffix}.*")
        return
    yield f"{path}{suffix}", kind(schema), means(schema)
    yield from rows(inner, f"{path}{suffix}")


def table(schema: dict[str, Any]) -> str:
    lines = "".join(f"| `{path}` | {what} | {about} |\n" for path, what, about in rows(schema))
    return f"{schema['description']}\n\n| field | kind | means |\n|---|---|---|\n{lines}".replace("\n\n\n", "\n\n")


def groups() -> dict[Any, list[str]]:
    """Return the commands by the document that they print."""
    found: dict[Any, list[str]] = {}
    for name, make in DOCUMENTS.items():
        found.setdefault(make, []).append(name)
    return found


def page() -> str:
    parts = [INTRO]
    for make, names in groups().items():
        schema = make()
        parts.append(f"## {', '.join(names)}\n")
        parts += [table(one) for one in schema.get("anyOf", [schema])]
    return "\n".join(parts)


def test_the_page_says_what_the_schemas_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), f"if this is meant: {AGAIN}"


def test_the_documents_on_the_page_are_as_promised() -> None:
    shown = re.findall(r"^\{\n.*?^\}$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    error, change = map(json.loads, shown)
    validator(f"{JSON}{ERROR}", strict=True)(error)
    validator(f"{JSON}install", strict=True)(change)


def with_json(group: click.Group, path: str = "") -> Iterator[str]:
    """Return every command that takes `--json`."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from with_json(command, f"{path}{name} ")
        elif command and any("--json" in option.opts for option in command.params):
            yield f"{path}{name}"


def test_something_is_promised_of_just_the_commands_that_print_json() -> None:
    assert sorted(with_json(agentpkg)) == sorted(DOCUMENTS.keys() - {ERROR})


def test_everything_that_is_printed_is_described() -> None:
    for name in DOCUMENTS:
        schema = find_schema(f"{JSON}{name.replace(' ', '-')}")
        for one in schema.get("anyOf", [schema]):
            assert one["description"], name
            assert one["properties"]["format"], name
            assert [(name, path) for path, _, about in rows(one) if not about] == []


def test_what_nobody_promised_is_seen() -> None:
    told = {"format": 1, "kept": [], "changed": [], "dry_run": False}
    check_printed(("keep", "x", "--json"), json.dumps(told))
    with pytest.raises(AssertionError, match=r"keep x --json: data must not contain \{'more'\} properties"):
        check_printed(("keep", "x", "--json"), json.dumps({**told, "more": 1}))
    with pytest.raises(AssertionError, match="must contain"):
        check_printed(("keep", "x", "--json"), json.dumps({"format": 1}))


def test_a_command_of_which_nothing_is_promised_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.schemas.COMMANDS", ("dance",))
    with pytest.raises(AssertionError, match="nothing is promised of what agentpkg dance --json prints: describe it"):
        check_printed(("dance", "--json"), '{"format": 1}')


def test_new_fields_may_come() -> None:
    """What is published leaves room for them; what the tests hold against the commands does not."""
    schema = find_schema("json/list")
    assert "additionalProperties" not in schema
    assert closed(schema)["additionalProperties"] is False


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("install x --json", "install"),
        ("--quiet list", "list"),
        ("registry add x y", "registry add"),
        ("cache", "cache "),
        ("--help", None),
        ("dance", None),
    ],
)
def test_the_command_of_a_line_is_found(line: str, command: str | None) -> None:
    assert command_of(tuple(line.split())) == command


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
