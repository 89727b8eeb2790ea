"""Writing agent files so that every reader of the format understands the same thing.

Texts are double-quoted on one line, lists are flow lists, tables are indented blocks; TOML prompts are multi-line
strings. Nothing here depends on a library's version, so the same values are the same bytes on every machine.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.hosts.base import Host, Value

# What YAML 1.1 reads as no text (y, no, on, true, null, …) is quoted like everything that is not one plain word.
_PLAIN_KEY = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)\Z)[A-Za-z][A-Za-z0-9_-]*\Z", re.IGNORECASE)
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"})


def agent_file(host: Host, header: Mapping[str, Value], body: str) -> bytes:
    """Return an agent's file in the form that `host` reads."""
    match host.form:
        case "toml":
            return toml(header, host.body_key or "body", body)
        case "modes":
            return mode(header, host.body_key or "body", body)
        case "json" | "settings":
            return json_file(header, host.body_key or "body", body)
        case "markdown":
            return plain_lines(header, body) if host.dialect == "lines" else markdown(header, body)


def markdown(header: Mapping[str, Value], body: str) -> bytes:
    """Return a markdown file with YAML frontmatter."""
    return ("---\n" + "".join(_yaml_lines(header, "")) + "---\n\n" + body).encode()


def plain_lines(header: Mapping[str, Value], body: str) -> bytes:
    """Return a markdown file whose header can be read line by line: no flow lists, and no escapes but two."""
    return ("---\n" + "".join(_plain_lines(header, "")) + "---\n\n" + body).encode()


def toml(header: Mapping[str, Value], body_key: str, body: str) -> bytes:
    """Return a TOML file whose prompt stands under `body_key`."""
    lines = [f"{key} = {_toml_value(value)}\n" for key, value in header.items()]
    return ("".join(lines) + f"{body_key} = {_toml_block(body)}\n").encode()


def json_file(header: Mapping[str, Value], body_key: str, body: str) -> bytes:
    """Return a JSON file whose prompt stands under `body_key`."""
    return (json.dumps({**header, body_key: body}, indent=2, ensure_ascii=False) + "\n").encode()


def mode(header: Mapping[str, Value], body_key: str, body: str) -> bytes:
    """Return an entry of a YAML list, two blanks in, whose prompt is a literal block under `body_key`.

    All else is ASCII: a host may change other characters before it parses the file.
    """
    lines = [re.sub(r"[^\x00-\x7f]", _escape, line) for line in _yaml_lines(header, "    ")]
    block = re.sub(r"(?m)^(?=.)", "      ", body)
    return (f"  - {lines[0][4:]}" + "".join(lines[1:]) + f"    {body_key}: |2\n" + block).encode()


def _escape(match: re.Match[str]) -> str:
    return f"\\U{ord(match[0]):08x}"


def inline_toml(table: Mapping[str, Value]) -> str:
    """Return a table on one line of TOML."""
    return "{ " + ", ".join(f"{toml_key(key)} = {_toml_value(value)}" for key, value in table.items()) + " }"


def toml_key(key: str) -> str:
    """Return a key as TOML takes it."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else quoted(key)


def quoted(text: str) -> str:
    """Return `text` as a double-quoted scalar on one line, valid in YAML and TOML alike."""
    return '"' + text.translate(_ESCAPES) + '"'


def _yaml_lines(table: Mapping[str, Value], indent: str) -> list[str]:
    lines: list[str] = []
    for key, value in table.items():
        name = key if _PLAIN_KEY.match(key) and "---" not in key else _yaml_text(key)
        if isinstance(value, dict):
            lines += [f"{indent}{name}:\n", *_yaml_lines(value, indent + "  ")]
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            lines.append(f"{indent}{name}:\n")
            for item in value:
                inner = _yaml_lines(item, f"{indent}    ") if isinstance(item, dict) else [_yaml_value(item)]
                lines += [f"{indent}  - {inner[0].lstrip()}", *inner[1:]]
        else:
            lines.append(f"{indent}{name}: {_yaml_value(value)}\n")
    return lines


def _plain_lines(table: Mapping[str, Value], indent: str) -> list[str]:
    lines: list[str] = []
    for name, value in table.items():
        key = _plain_item(name)
        if isinstance(value, dict):
            lines += [f"{indent}{key}:\n", *_plain_lines(value, indent + "  ")]
        elif isinstance(value, list):
            lines += [f"{indent}{key}:\n", *(f"{indent}  - {_plain_item(item)}\n" for item in value)]
        else:
            lines.append(f"{indent}{key}: {_plain_text(value) if isinstance(value, str) else _literal(value)}\n")
    return lines


def _plain_item(item: Value) -> str:
    text = str(item)
    return text if _PLAIN_KEY.match(text) else _plain_text(text)


def _plain_text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _yaml_value(value: Value) -> str:
    if isinstance(value, str):
        return _yaml_text(value)
    if isinstance(value, list):
        return "[" + ", ".join(_yaml_value(item) for item in value) + "]"
    return _literal(value)


def _yaml_text(text: str) -> str:
    # Claude Code ends the header at the first `---` that it meets, so none may stand inside a value.
    text = quoted(text)
    return text.replace("--", "-\\u002d") if "---" in text else text


def _toml_value(value: Value) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return "[" + ", ".join(_toml_value(item) for item in value) + "]"
    return inline_toml(value) if isinstance(value, dict) else _literal(value)


def _literal(value: object) -> str:
    if isinstance(value, float):  # never in the exponent form, which YAML 1.1 reads as text
        digits = f"{value:.9f}".rstrip("0")
        return f"{digits}0" if digits.endswith(".") else digits
    return str(value).lower() if isinstance(value, bool) else str(value)


def _toml_block(text: str) -> str:
    if "'''" not in text:
        return f"'''\n{text}'''"
    escaped = text.replace("\\", "\\\\").replace('"""', '""\\"')
    return f'"""\n{escaped}"""'
