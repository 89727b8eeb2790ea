"""What the commands write and print, held against the schemas that are promised, in every test that runs a command."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import fastjsonschema

from agentpkg.bundle import parse_bundle_file
from agentpkg.cli import COMMANDS
from agentpkg.errors import AgentpkgError
from agentpkg.hosts import HOSTS, REVISIONS
from agentpkg.lockfile import parse_lockfile
from agentpkg.manifest import parse_manifest
from agentpkg.registry_file import parse_registry_file, parse_yanked
from agentpkg.schemas import FILES, JSON, find_schema, list_schemas

BY_FILE = {file: name for name, file in FILES.items() if "/" not in file}
GROUPS = ("registry", "cache")


def closed(schema: Any) -> Any:
    """Return a schema by which a table holds nothing but what is described: so that nothing is printed unpromised."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    described = isinstance(inner.get("properties"), dict) and inner.get("type") == "object"
    return inner | {"additionalProperties": False} if described and "additionalProperties" not in inner else inner


def validator(name: str, *, strict: bool = False) -> Callable[[Any], Any]:
    """Return what raises `JsonSchemaException` for a value that a schema refuses; `strict`: or does not describe."""
    return _validator(name, strict, tuple(REVISIONS))  # some tests bring a host of their own


@cache
def _validator(name: str, strict: bool, _hosts: tuple[str, ...]) -> Callable[[Any], Any]:
    schema = find_schema(name)
    validate: Callable[[Any], Any] = fastjsonschema.compile(
        closed(schema) if strict else schema, use_default=False, detailed_exceptions=False
    )
    return validate


def accepts(name: str, value: object) -> bool:
    try:
        validator(name)(value)
    except fastjsonschema.JsonSchemaException:
        return False
    return True


def command_of(arguments: tuple[str, ...]) -> str | None:
    """Return the command that a command line names, None where it names none."""
    words = iter(arguments)
    for word in words:
        if word in COMMANDS:
            return f"{word} {next(words, '')}" if word in GROUPS else word
        if not word.startswith("-"):
            return None
    return None


def check_printed(arguments: tuple[str, ...], out: str) -> None:
    """Fail unless the document that a command printed with `--json` is what is promised of that command."""
    command = command_of(arguments)
    if command is None or "--json" not in arguments or not out:
        return
    document = json.loads(out)
    if command == "schema" and "$schema" in document:
        return
    name = f"{JSON}{'error' if 'error' in document else command.replace(' ', '-')}"
    assert name in list_schemas(), (
        f"nothing is promised of what agentpkg {command} --json prints: describe it in agentpkg/schemas/, "
        "and name it in DOCUMENTS there"
    )
    try:
        validator(name, strict=True)(document)
    except fastjsonschema.JsonSchemaValueException as error:
        raise AssertionError(
            f"agentpkg {' '.join(arguments)}: {error.message}; what it prints is described in agentpkg/schemas/"
        ) from None


def check_files(*folders: Path) -> None:
    """Fail unless every file below some folders for which there is a schema is as that has it."""
    for folder in folders:
        for path in find_files(folder):
            check_file(path.name, path.read_bytes(), str(path))


def find_files(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git"]
        yield from (Path(place, name) for name in files if name in BY_FILE)


def check_file(name: str, data: bytes, where: str) -> None:
    problem = problem_of(name, data, tuple(REVISIONS))
    assert problem is None, f"{where} is not as agentpkg/schemas has it: {problem}"


@cache
def problem_of(name: str, data: bytes, _hosts: tuple[str, ...]) -> str | None:
    """Return what a schema has against a file that its parser takes; no parser takes what a test broke on purpose."""
    text = data.decode("utf-8", "replace")
    try:
        value = json.loads(text) if name.endswith(".lock") else tomllib.loads(text)
        validator(BY_FILE[name], strict=name.endswith(".lock"))(value)
    except fastjsonschema.JsonSchemaValueException as error:
        return error.message if is_read(name, data) else None
    except ValueError:
        return None
    return None


def is_read(name: str, data: bytes) -> bool:
    readers: Mapping[str, Callable[[], object]] = {
        "agentpkg.toml": lambda: parse_manifest(data.decode(), HOSTS),
        "agentpkg.lock": lambda: parse_lockfile(data.decode()),
        "bundle.toml": lambda: parse_bundle_file(data, name),
        "registry.toml": lambda: parse_registry_file(data, name),
        "yanked.toml": lambda: parse_yanked(data, name),
    }
    try:
        readers[name]()
    except AgentpkgError:
        return False
    return True


def check_draft(files: Mapping[str, bytes | None]) -> None:
    """Fail unless the files that go into a registry are as the schemas have them."""
    for path, data in files.items():
        name = path.rpartition("/")[2]
        if data is not None and name in BY_FILE:
            check_file(name, data, path)
