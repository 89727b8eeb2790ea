"""`docs/schemas/` is made from what parses the files, and a schema says what the parser says.

To write the schemas again after a change that is meant: python -m tests.unit.test_schemas
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agentpkg.agent import KEYS as AGENT_KEYS
from agentpkg.agent import parse_agent
from agentpkg.bundle import parse_bundle_file
from agentpkg.errors import AgentpkgError, UsageError
from agentpkg.grants import FOREIGN_NAMES, TOOLS
from agentpkg.hostfields import read_own_fields, read_own_text
from agentpkg.hosts import HOSTS
from agentpkg.lockfile import parse_lockfile
from agentpkg.manifest import parse_manifest
from agentpkg.narrowing import check_overrides
from agentpkg.registry_file import parse_registry_file, parse_yanked
from agentpkg.requirement import NAME, PORTABLE, VERSION, check_specifier
from agentpkg.schemas import FILES, find_schema, list_schemas
from agentpkg.schemas.words import table, text, whole, whole_list
from tests.support.schemas import accepts, check_draft, check_files, closed
from tests.unit.builders import a_bundle, an_agent

FOLDER = Path(__file__).parent.parent.parent / "docs" / "schemas"
AGAIN = "python -m tests.unit.test_schemas"


def written() -> dict[str, str]:
    """Return the files of `docs/schemas`, by path."""
    return {
        f"{name}.json": json.dumps(find_schema(name), indent=1, ensure_ascii=False) + "\n" for name in list_schemas()
    }


def test_the_schemas_that_are_kept_are_those_that_the_code_makes() -> None:
    kept = {path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.json")}
    assert kept == written(), f"if this is meant: {AGAIN}"


# One document of each kind that says all that can be said, as its parser reads it.

REGISTRIES: dict[str, Any] = {
    "registries": {
        "default": {"url": "../agents"},
        "acme": {
            "url": "https://git.acme.example/agents.git",
            "subfolder": "/team/agents/",
            "branch": "stable",
            "signers": "keys/signers",
            "revoked": "keys/revoked",
            "signed_after": "0123456789abcdef0123456789abcdef01234567",
            "filter": True,
            "max_file_bytes": 300000,
            "max_bundle_bytes": 2000000,
        },
        "plain": {"url": "git@git.acme.example:agents", "agents": True, "ref": "v1", "subfolder": "x", "filter": False},
    },
}
BUNDLES: dict[str, Any] = {
    "registries": {"acme": {"url": "../acme"}},
    "bundles": {
        "data-engineer": "~=1.2",
        "any-version": "",
        "acme/incidents": {
            "version": ">=2",
            "hosts": ["claude"],
            "agents": ["triage"],
            "as": {"triage": "acme-triage"},
        },
        "local": {"path": "bundles/local"},
        "bare": {},
    },
}
OVERRIDES: dict[str, Any] = {
    "overrides": {
        "data-engineer": {
            "tools": ["read", "shell(git *)", "mcp:context7/*"],
            "model": "fast",
            "description": "Use when data moves.",
            "hosts": {"claude": {"model": "haiku", "color": "cyan", "tools": []}},
            "agents": {
                "triage": {
                    "tools": [],
                    "model": "inherit",
                    "description": "Use when it burns.",
                    "hosts": {"opencode": {"temperature": 0.1, "description": "Use there."}},
                }
            },
        }
    },
}
MODELS: dict[str, Any] = {
    "project": {"hosts": ["claude", "codex"]},
    "models": {"codex": {"strong": "gpt-5.4", "balanced": "inherit", "fast": "gpt-5.4-mini", "opus-4": "gpt-5.4"}},
    "hosts": {"cursor": {"widening": "allow"}, "codex": {"widening": "refuse"}},
}
BUNDLE: dict[str, Any] = {
    "bundle": {
        "name": "data-engineer",
        "version": "1.2.0rc1",
        "description": "Builds pipelines.",
        "license": "MIT",
        "authors": ["The data team"],
        "keywords": ["etl"],
    },
    "requires": {"sql-reviewer": "~=1.0", "any-version": ""},
    "mcp": {
        "context7": {"command": "npx", "args": ["-y", "@upstash/context7-mcp"], "env": ["KEY"]},
        "Far_1.x": {"url": "https://mcp.acme.example/mcp", "headers": {"Authorization": "TOKEN"}},
    },
}
LOCKFILE: dict[str, Any] = {
    "format": 1,
    "project_hosts": ["claude"],
    "bundles": {
        "acme/incidents": {
            "version": "1.2.0",
            "registry": "https://git.acme.example/agents.git",
            "commit": "c0ffee",
            "digest": "sha256:00",
            "requires": {"sql-reviewer": ""},
            "grants": {"triage": ["read"]},
            "limits": {"triage": ["claude.maxTurns<=3"]},
            "losses": {"triage": {"claude": {"tools": "narrowed"}}},
            "overrides": {
                "tools": ["read"],
                "model": "fast",
                "description": "Use when data moves.",
                "hosts": {"claude": {"model": "haiku", "tools": [], "description": "Use it.", "color": "cyan"}},
                "agents": {
                    "triage": {
                        "tools": [],
                        "model": "fast",
                        "description": "Use it.",
                        "hosts": {"tavern": {"x": "y", "model": "m", "tools": ["read"], "description": "Use it."}},
                    }
                },
            },
            "wanted": {
                "version": "~=1.2",
                "hosts": ["claude"],
                "agents": ["triage"],
                "as": {"triage": "acme-triage"},
            },
        },
        "local": {
            "version": "1.0.0",
            "registry": "path::bundles/local",
            "commit": "none",
            "digest": "sha256:01",
            "wanted": {"version": "", "path": "bundles/local"},
        },
    },
    "files": {
        ".claude/agents/acme-triage.md": {
            "bundle": "acme/incidents",
            "item": "agents/triage.md",
            "hosts": ["claude"],
            "sha256": "00",
            "kept": "01",
            "base": "02",
        }
    },
    "hosts": {"claude": {"revision": 1, "models": {"strong": "opus"}, "widening": "allow"}},
}
REGISTRY: dict[str, Any] = {"format": 1, "name": "acme", "description": "For all of Acme."}
YANKED: dict[str, Any] = {"1.0.0": "broken", "1.0.1": "still broken"}
AGENT: dict[str, Any] = {
    "name": "data-engineer",
    "description": "Use when data moves.",
    "tools": ["read", "shell(git log *)", "mcp:context7/get-docs", "mcp:context7/*"],
    "model": "balanced",
    "hosts": {
        "claude": {"color": "cyan", "model": "haiku", "description": "Use there."},
        "opencode": {"temperature": "0.1"},
        "tavern": {"whatever": "it knows"},
    },
}


def as_toml(value: Any) -> str:
    """Return a value as TOML has it on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {as_toml(one)}" for key, one in value.items()) + "}"
    return "[" + ", ".join(map(as_toml, value)) + "]" if isinstance(value, list) else json.dumps(value)


def toml(document: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(key)} = {as_toml(value)}\n" for key, value in document.items())


def parse_whole_manifest(value: dict[str, Any]) -> None:
    """Read a manifest as `sync` does: with its specifiers, and what is set of agents as it is when they are there."""
    manifest = parse_manifest(toml(value), HOSTS)
    for requirement in manifest.requirements.values():
        check_specifier(requirement.specifier, "agentpkg.toml")
    for bundle, overrides in manifest.overrides.items():
        agents = [an_agent(name=one.agent) for one in overrides if one.agent]
        check_overrides(bundle, a_bundle(*agents), overrides, HOSTS)


def parse_whole_agent(header: dict[str, Any]) -> None:
    """Read a header as a bundle's is read, with the fields that hosts know as they are read for rendering."""
    lines = "".join(f"{json.dumps(key)}: {json.dumps(value)}\n" for key, value in header.items())
    agent = parse_agent(f"---\n{lines}---\n\nBe good.\n", "agents/x.md", header.get("name", "x"))
    for name in agent.host_fields.keys() & HOSTS.keys():
        read_own_fields(agent, HOSTS[name])
        for key in ("model", "description"):
            read_own_text(agent, HOSTS[name], key)


# By schema: documents that together say all that can be said, and what reads them.
PARSERS: dict[str, tuple[tuple[dict[str, Any], ...], Callable[[dict[str, Any]], object]]] = {
    "manifest": ((REGISTRIES, BUNDLES, OVERRIDES, MODELS), parse_whole_manifest),
    "bundle": ((BUNDLE,), lambda value: parse_bundle_file(toml(value).encode(), "bundle.toml")),
    "lockfile": ((LOCKFILE,), lambda value: parse_lockfile(json.dumps(value))),
    "registry": ((REGISTRY,), lambda value: parse_registry_file(toml(value).encode(), "registry.toml")),
    "yanked": ((YANKED,), lambda value: parse_yanked(toml(value).encode(), "yanked.toml")),
    "agent": ((AGENT,), parse_whole_agent),
}
EVERY_FILE = pytest.mark.parametrize("name", PARSERS)


def parses(name: str, value: dict[str, Any]) -> bool:
    try:
        PARSERS[name][1](value)
    except AgentpkgError:
        return False
    return True


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the path to every value in a document but the document itself."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*path, key)
        yield from places(one, (*path, key))


def changed(document: dict[str, Any], path: tuple[Any, ...], change: Callable[[Any, Any], object]) -> dict[str, Any]:
    """Return a document with `change` done to the table or list, and the key, that a path leads to."""
    copied = copy.deepcopy(document)
    inner: Any = copied
    for key in path[:-1]:
        inner = inner[key]
    change(inner, path[-1])
    return copied


def to(value: Any) -> Callable[[Any, Any], object]:
    return lambda inner, key: inner.__setitem__(key, value)


def called(name: str) -> Callable[[Any, Any], object]:
    return lambda inner, key: inner.__setitem__(name, inner.pop(key))


def gone(inner: Any, key: Any) -> None:
    del inner[key]


OTHERS: tuple[Any, ...] = (
    " ", "word", "two\nlines", "../out", "con", "$HOME/x", 1, 0, 2**40, True, [], ["word"], [""], {}, {"word": 1},
    {"word": "word"},
)  # fmt: skip


def variants(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return a document bent in one place: every value in turn gone, of another kind, or under an unknown key."""
    for path in places(document):
        told = "/".join(map(str, path))
        yield f"{told} gone", changed(document, path, gone)
        for other in OTHERS:
            yield f"{told} = {other!r}", changed(document, path, to(other))
        if isinstance(path[-1], str):
            for name in ("unheard-of", "Odd Key", "con"):
                yield f"{told} called {name}", changed(document, path, called(name))


# What a parser refuses and a schema does not: it would have to look at another place, or at parts of a word.
BEYOND_SCHEMAS = {
    "registries gone",
    "registries = {}",
    "registries/acme gone",
    "registries/acme called unheard-of",
    "registries/acme/subfolder = '../out'",
    "registries/plain/subfolder = '../out'",
    "bundles/local/path = 'con'",
}


@EVERY_FILE
def test_documents_that_say_all_that_can_be_said_are_read_and_fit(name: str) -> None:
    for document in PARSERS[name][0]:
        assert parses(name, document)
        assert accepts(name, document)


@EVERY_FILE
def test_no_schema_is_stricter_than_its_parser_nor_lets_pass_what_that_refuses(name: str) -> None:
    stricter, laxer = [], set()
    for document in PARSERS[name][0]:
        for told, value in variants(document):
            read, fits = parses(name, value), accepts(name, value)
            if read and not fits:
                stricter.append(told)
            if fits and not read:
                laxer.add(told)
    assert stricter == []
    assert laxer - BEYOND_SCHEMAS == set()


def leaves(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Return every key that a schema knows, as the path to it; names that anything may have are `*`."""
    for key, inner in schema.get("properties", {}).items():
        yield f"{path}{key}"
        yield from leaves(inner, f"{path}{key}/")
    for more in ("additionalProperties", "items"):
        if isinstance(inner := schema.get(more), dict):
            yield from leaves(inner, f"{path}*/")
    for inner in schema.get("anyOf", ()):
        yield from leaves(inner, path)


@EVERY_FILE
def test_the_documents_above_leave_no_key_out(name: str) -> None:
    schema = find_schema(name)
    said = {"/".join(map(str, path)) for document in PARSERS[name][0] for path in places(document)}
    missing = {
        path
        for path in leaves(schema)
        if not any(re.fullmatch(path.replace("*", ".+"), one) for one in said)
        and not any(f"{host}/" in f"{path}/" for host in HOSTS)  # every host is written alike
    }
    assert missing == set()


WORDS = st.text(st.sampled_from("ab09-._/ ~\n\t$A:é#"), max_size=12)


@given(WORDS)
def test_names_and_versions_and_folders_are_those_that_the_parsers_take(word: str) -> None:
    for place, document in (
        (("bundle", "name"), BUNDLE),
        (("bundle", "version"), BUNDLE),
        (("bundle", "license"), BUNDLE),
        (("mcp", "context7", "command"), BUNDLE),
        (("mcp", "Far_1.x", "url"), BUNDLE),
    ):
        value = changed(document, place, to(word))
        assert accepts("bundle", value) or not parses("bundle", value), (place, word)
    for place in (("bundles", "local", "path"), ("bundles", "data-engineer")):
        value = changed(BUNDLES, place, to(word))
        assert accepts("manifest", value) or not parses("manifest", value), (place, word)


def as_yaml(word: str) -> Any:
    """Return what a word without quotes is to an editor, which knows fewer kinds of words than older YAML."""
    return json.loads(word) if re.fullmatch(r"true|false|\d+(\.\d+)?", word) else word


@pytest.mark.parametrize("host", HOSTS)
def test_every_field_of_a_host_fits_as_it_is_read_and_as_an_editor_reads_it(host: str) -> None:
    for field in HOSTS[host].fields:
        for word in (*field.choices, "true", "false", "1", "7", "0.5", "12", "gpt-5", "*", "a b", ""):
            for value, seen in ((word, as_yaml(word)), ([word], [as_yaml(word)])):
                read, as_seen = ({**AGENT, "hosts": {host: {field.name: one}}} for one in (value, seen))
                if field.most is None:  # how large a number is cannot be said of one that is read as text
                    assert accepts("agent", read) == parses("agent", read), (field.name, value)
                assert accepts("agent", as_seen) or not parses("agent", read), (field.name, value)


def test_an_agent_fits_as_an_editor_reads_it() -> None:
    source = "name: a1\ndescription: Use it: never\n".replace(": never", ", never")
    source += "tools: []\nmodel: 4.5\nhosts:\n  opencode: {temperature: 0.1}\n"
    assert accepts("agent", yaml.safe_load(source))


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (NAME.pattern, "data-engineer", "Data"),
        (VERSION, "1.2.0rc1", "1.2"),
        (r"a|b\Z", "b", "c"),
        (r"(?P<x>a)\Z", "a", "b"),
        (r"a\Z|b", "bc", "ac"),
    ],
)
def test_patterns_are_said_in_the_words_of_json_schema(pattern: str, good: str, bad: str) -> None:
    said = whole(pattern)
    assert "\\Z" not in said
    assert "?P<" not in said
    assert re.search(said, good)
    assert not re.search(said, bad)


def test_a_list_of_a_pattern_is_one_or_more() -> None:
    said = whole_list(PORTABLE, "/")
    assert [bool(re.search(said, one)) for one in ("a", "a/b.c", "a//b", "a/", "a./b")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_a_key_that_a_parser_knows_and_nobody_describes_is_told() -> None:
    with pytest.raises(ValueError, match="described are"):
        table("", AGENT_KEYS, {"name": text()})


def words_of_schemas(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key in ("properties", "patternProperties", "$defs"):
                for one in inner.values():
                    yield from words_of_schemas(one)
            elif key != "enum":
                yield from words_of_schemas(inner)
    elif isinstance(value, list):
        for one in value:
            yield from words_of_schemas(one)


# What Taplo and VS Code both understand: of the newest draft, only what was there in draft 7 too.
UNDERSTOOD = {
    "$schema", "title", "description", "type", "enum", "pattern", "properties", "patternProperties", "propertyNames",
    "additionalProperties", "required", "items", "minItems", "uniqueItems", "minLength", "maxLength", "minimum",
    "maximum", "anyOf", "oneOf", "allOf", "not", "if", "then", "else", "$ref", "$defs",
}  # fmt: skip


def test_schemas_are_written_in_words_that_editors_understand() -> None:
    odd = {name: set(words_of_schemas(find_schema(name))) - UNDERSTOOD for name in list_schemas()}
    assert {name: words for name, words in odd.items() if words} == {}


@pytest.mark.parametrize("name", FILES)
def test_editors_have_something_to_show_at_every_key(name: str) -> None:
    def bare(schema: dict[str, Any], path: str) -> Iterator[str]:
        for key, inner in schema.get("properties", {}).items():
            if "description" not in inner and "$ref" not in inner:
                yield f"{path}{key}"
            yield from bare(inner, f"{path}{key}/")

    assert list(bare(find_schema(name), "")) == []


@EVERY_FILE
def test_the_page_of_formats_tells_of_every_key(name: str) -> None:
    page = (FOLDER.parent / "formats.md").read_text(encoding="utf-8")
    told = {word for code in re.findall(r"`[^`]+`|```.*?```", page, re.DOTALL) for word in re.findall(r"[\w-]+", code)}
    keys = {path.rpartition("/")[2] for path in leaves(find_schema(name)) if not set(path.split("/")) & HOSTS.keys()}
    assert keys - told == set()


def test_a_schema_is_found_by_its_name_and_by_its_file() -> None:
    assert find_schema("bundle") == find_schema("bundle.toml")
    with pytest.raises(UsageError, match="there is no schema 'bundel'") as caught:
        find_schema("bundel")
    assert caught.value.hint == "did you mean bundle?"


def test_names_from_other_vocabularies_are_refused_as_tools() -> None:
    for foreign in FOREIGN_NAMES.keys() - set(TOOLS):
        assert not accepts("agent", {**AGENT, "tools": [foreign]}), foreign


def test_a_closed_schema_has_no_room_for_what_is_not_promised() -> None:
    shape = closed({"type": "object", "properties": {"a": {"type": "object", "properties": {}}}, "required": ["a"]})
    assert shape["additionalProperties"] is False
    assert shape["properties"]["a"]["additionalProperties"] is False


def test_a_file_that_a_command_left_behind_and_no_schema_describes_is_seen(tmp_path: Path) -> None:
    (tmp_path / "agentpkg.lock").write_text('{"format": 1, "bundles": {}}')
    check_files(tmp_path)
    (tmp_path / "agentpkg.lock").write_text('{"format": 1, "more": {}}')
    with pytest.raises(AssertionError, match=r"agentpkg\.lock is not as agentpkg/schemas has it: .*more"):
        check_files(tmp_path)


def test_what_only_a_schema_refuses_is_seen_and_what_its_parser_refuses_too_is_a_tests_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_draft({"bundles/aa/1.0.0/bundle.toml": b"[bundle]\nname = 1\n", "README.md": b"", "gone/bundle.toml": None})
    monkeypatch.setattr("tests.support.schemas.is_read", lambda *_: True)
    with pytest.raises(AssertionError, match=r"bundles/aa/2\.0\.0/bundle\.toml is not as"):
        check_draft({"bundles/aa/2.0.0/bundle.toml": b"[bundle]\nname = 2\n"})


if __name__ == "__main__":
    for path, source in written().items():
        (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / path).write_text(source, encoding="utf-8")
    for path in {one.relative_to(FOLDER).as_posix() for one in FOLDER.rglob("*.json")} - written().keys():
        (FOLDER / path).unlink()
