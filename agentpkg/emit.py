"""Writing agent files so that every reader of the format understands the same thing.

Texts are double-quoted on one line, lists are flow lists, tables are indented blocks; TOML prompts are multi-line
strings. Nothing here depends on a library's version, so the same values are the same bytes on every machine.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.hosts.base import Value

# What YAML 1.1 reads as no text (y, no, on, true, null, …) is quoted like everything that is not one plain word.
_PLAIN_KEY = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)\Z)[A-Za-z][A-Za-z0-9_-]*\Z", re.IGNORECASE)
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"})


def markdown(header: Mapping[str, Value], body: str) -> bytes:
    """Return a markdown file with YAML frontmatter."""
    return ("---\n" + "".join(_yaml_lines(header, "")) + "---\n\n" + body).encode()


def toml(header: Mapping[str, Value], body_key: str, body: str) -> bytes:
    """Return a TOML file whose prompt stands under `body_key`."""
    lines = [f"{key} = {_toml_value(value)}\n" for key, value in header.items()]
    return ("".join(lines) + f"{body_key} = {_toml_block(body)}\n").encode()


def quoted(text: str) -> str:
    """Return `text` as a double-quoted scalar on one line, valid in YAML and TOML alike."""
    return '"' + text.translate(_ESCAPES) + '"'


def _yaml_lines(table: Mapping[str, Value], indent: str) -> list[str]:
    lines: list[str] = []
    for key, value in table.items():
        name = key if _PLAIN_KEY.match(key) and "---" not in key else _yaml_text(key)
        if isinstance(value, dict):
            lines += [f"{indent}{name}:\n", *_yaml_lines(value, indent + "  ")]
        else:
            lines.append(f"{indent}{name}: {_yaml_value(value)}\n")
    return lines


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
    return _literal(value)


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
