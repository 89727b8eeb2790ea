"""What a file grants, read naively by other code than the one that is tried: PyYAML, `tomllib`, `json`, and a table.

It knows few hosts and no repairs. Where it can read a file, nothing may be granted beyond what it says; where it
cannot, a limit that the eye can see (`seen_limit`) must not be lost.
"""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from fnmatch import fnmatchcase
from typing import Any

import yaml

from agentpkg.grants import Grants
from tests.fuzz.seeds import PROMPT

EVERY = Grants(frozenset(["*"]))
NO_TOOL = Grants(frozenset())
# Every name of every host here, in lower case, and what it gives. What is not here gives nothing.
NAMES = {
    "read": "read glob grep list", "read_file": "read", "read_files": "read", "view": "read list", "readfile": "read",
    "fs_read": "read glob grep list", "view_file": "read", "open_files": "read", "notebookread": "read",
    "read/readfile": "read", "expand_code_chunks": "read", "file_editor": "read list write edit notebook-edit",
    "write": "write edit notebook-edit", "write_file": "write", "create": "write", "createfile": "write",
    "fs_write": "write edit notebook-edit", "save-file": "write", "write_to_file": "write", "edit/createfile": "write",
    "create_file": "write", "edit": "edit write notebook-edit", "multiedit": "edit", "replace": "edit",
    "editor": "edit write notebook-edit", "editfiles": "edit", "edit/editfiles": "edit", "str_replace": "edit",
    "str-replace-editor": "edit notebook-edit", "apply_patch": "edit write notebook-edit", "applypatch": "edit",
    "replace_file_content": "edit", "multi_replace_file_content": "edit", "find_and_replace_code": "edit",
    "notebookedit": "notebook-edit", "notebook_edit": "notebook-edit", "notebook-edit": "notebook-edit",
    "glob": "glob list", "find": "glob", "find_by_name": "glob", "search/filesearch": "glob",
    "expand_folder": "list glob",
    "grep": "grep", "search": "glob grep", "grep_search": "grep", "grep-search": "grep", "search_codebase": "grep",
    "codebase": "glob grep", "search/codebase": "glob grep", "search/textsearch": "grep", "search_file_content": "grep",
    "list": "list glob", "ls": "list", "list_dir": "list", "list_directory": "list", "listdirectory": "list",
    "bash": "shell", "shell": "shell", "execute": "shell", "exec": "shell", "terminal": "shell", "command": "shell",
    "run_shell_command": "shell", "run_commands": "shell", "run_command": "shell", "execute_bash": "shell",
    "launch-process": "shell", "runcommands": "shell", "execute/runinterminal": "shell", "powershell": "shell",
    "createdirectory": "shell(mkdir *)", "webfetch": "web-fetch", "web-fetch": "web-fetch", "web_fetch": "web-fetch",
    "fetch": "web-fetch", "fetchurl": "web-fetch", "web/fetch": "web-fetch", "fetch_web_content": "web-fetch",
    "read_url_content": "web-fetch", "web": "web-fetch web-search", "websearch": "web-search",
    "web-search": "web-search", "web_search": "web-search", "google_web_search": "web-search",
    "search_web": "web-search",
    "task": "delegate", "agent": "delegate", "delegate": "delegate", "subagent": "delegate", "custom-agent": "delegate",
    "run_subagent": "delegate", "invoke_subagent": "delegate", "read-only": "read glob grep list", "skill": "read",
}  # fmt: skip
LISTS = ("tools", "allowed-tools", "allowedTools", "allowed_tools", "enabled_tools")
TAKEN = ("disallowedTools", "disallowed-tools", "disallowed_tools", "disabledTools", "disabled_tools")
READ_ONLY = "read glob grep list web-fetch web-search"
BEFORE = "settings"  # in the place of a key: what the settings around an agent say
# What each host calls a tool in its rules.
RULED = {
    "read": "read", "edit": "edit", "write": "edit", "notebook-edit": "edit", "glob": "glob", "grep": "grep",
    "list": "list", "shell": "bash", "web-fetch": "webfetch", "web-search": "websearch", "delegate": "task",
}  # fmt: skip
_LIMITS = {
    "tools", "allowedtools", "enabledtools", "disallowedtools", "disabledtools", "permission", "readonly",
    "sandboxmode",
}  # fmt: skip
_CYRILLIC = str.maketrans("\u043e\u0455\u04cf\u0435\u0430\u0440", "osleap")


class _Once(yaml.SafeLoader):
    """PyYAML's own safe loader, which takes no key twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        keys = [one.value for one, _ in node.value if one.tag != "tag:yaml.org,2002:merge"]
        if len({str(key) for key in keys}) < len(keys):
            raise yaml.YAMLError("a key stands there twice")
        return super().construct_mapping(node, deep)


def read_plainly(path: str, data: bytes) -> dict[str, Any] | None:
    """Return the table of keys that a file holds to any reader of its form, None where there is no such reading."""
    try:
        text = data.decode().replace("\r\n", "\n")
        if path.endswith(".toml"):
            table: Any = tomllib.loads(text)
        elif path.endswith(".json"):
            table = json.loads(text, object_pairs_hook=_once)
            table = _of_settings(table) if path == "opencode.json" else table
        elif path.endswith("modes"):
            table = yaml.load(text, Loader=_Once)
        else:
            lines = text.split("\n")
            table = yaml.load("\n".join(lines[1 : lines.index("---", 1)]), Loader=_Once) if lines[0] == "---" else None
    except (ValueError, yaml.YAMLError, RecursionError, TypeError, OverflowError, AttributeError):
        return None  # dates and keys that cannot be hashed among them
    return table if isinstance(table, dict) else None


def granted(host: str, path: str, table: dict[str, Any]) -> Grants | None:
    """Return what a table of keys grants at its host, None if it is not one agent's."""
    if path.endswith("modes"):
        modes = table.get("customModes")
        mode = modes[0] if isinstance(modes, list) and len(modes) == 1 else None
        return _groups(mode) if isinstance(mode, dict) else None
    if host in ("opencode", "kilo"):
        return EVERY if not isinstance(table.get("tools"), list | str) else _listed(table, "tools")
    if host == "cursor" and str(table.get("readonly")).lower() in ("true", "1"):
        return _of(READ_ONLY.split())
    if host == "codex" and table.get("sandbox_mode") == "read-only":
        return _of(READ_ONLY.split())
    if host == "codex" and isinstance(table.get("features"), dict) and table["features"].get("shell_tool") is False:
        return _of({*" ".join(NAMES.values()).split()} - {"shell", "shell(mkdir", "*)"})
    tools = table.get("tools")
    if (
        host in ("codex", "goose", "deepagents")
        and isinstance(tools, dict)
        and tools
        and all(one is True for one in tools.values())
    ):
        return EVERY  # a table of settings
    own = {"devin": "allowed-tools", "vibe": "enabled_tools"}.get(host, "tools")
    if own not in table and (path.endswith(".json") or host == "openhands"):
        return NO_TOOL
    key = next((key for key in (own, *LISTS) if key in table), None)
    servers = table.get("mcpServers") if host in ("junie", "grok", "trae") else None
    more = [f"mcp:{one}/*" for one in servers] if isinstance(servers, list) else []
    return _listed(table, key).with_powers(more)


def allows(table: dict[str, Any], tool: str, scope: str | None) -> bool:
    """Say whether the rules of a table allow a tool: by the last rule that matches, and if none does."""
    name = RULED.get(tool.partition("(")[0], tool.replace("mcp:", "").replace("/", "_"))
    inputs = [scope.replace("*", "x")] if scope else ["git log", "rm x", "a/b.py"]
    tables = (table.get(BEFORE, {}), table)
    on = True
    for one in tables:
        switches = one.get("tools")
        for key, value in switches.items() if isinstance(switches, dict) else ():
            pattern = "edit" if key in ("write", "patch", "multiedit") else str(key)
            on = value is True if fnmatchcase(name, pattern) else on
    return on and all(_ruled([one.get("permission", {}) for one in tables], name, text) for text in inputs)


def _ruled(tables: list[Any], name: str, text: str) -> bool:
    allowed = True
    for rules in tables:
        for key, rule in rules.items() if isinstance(rules, dict) else [("*", rules)]:
            for scope, action in rule.items() if isinstance(rule, dict) else [("*", rule)]:
                if fnmatchcase(name, str(key)) and fnmatchcase(text, str(scope)):
                    allowed = action == "allow"
    return allowed


def _of_settings(table: Any) -> Any:
    """Return the one agent of settings, with the settings as the rules that come before its own."""
    agents = table.get("agent") if isinstance(table, dict) else None
    agent = next(iter(agents.values())) if isinstance(agents, dict) and len(agents) == 1 else None
    return {**agent, BEFORE: table} if isinstance(agent, dict) else None


def seen_limit(text: str) -> str | None:
    """Return the line above the prompt by which, to any eye, the agent is held back; None if there is none."""
    head = text.partition(PROMPT)[0]
    for line in head.splitlines():
        plain = unicodedata.normalize("NFKC", line).strip().translate(_CYRILLIC).lower()
        if plain.startswith(("#", "//")) or "\\x" in plain or "\u00a0#" in line or re.search(r"\w---+\w", plain):
            continue
        match = re.match(r"(?:[?-] +|!!str +|&\w+ +)*[\"']?([a-z][\w -]*?)[\"']?\s*[:=]\s*(\S.*|$)", plain)
        key = re.sub(r"[\W_]", "", match[1]) if match else ""
        if line[:1].isspace() and match and not re.match(r"\s|$|[\[{\"']", plain[match.start(2) - 1 :]):
            continue  # a word within a text that goes on
        if match and key in _LIMITS and not _is_no_limit(key, match[2], head):
            return line
    return None


def _is_no_limit(key: str, value: str, head: str) -> bool:
    """Say whether a key with this value on its line holds nothing back."""
    if key in ("disallowedtools", "disabledtools"):
        return value.startswith("#") or re.sub(r"\W", "", value) in ("", "null")
    if key == "tools" and value.startswith("{}"):
        return True  # switches, of which none is off
    if key == "readonly":
        return not re.search(r"\b(true|yes|on|1)\b", value)
    return key == "permission" and not re.search("deny|ask", head)


def says_every(text: str) -> bool:
    """Say whether a text above its prompt holds the word for every tool, or allows something whole."""
    return bool(re.search(r"(?<![\w/(.])[\"'`]?\*[\"'`]?(?![\w*)/])", text.partition(PROMPT)[0]))


def _listed(table: dict[str, Any], key: str | None) -> Grants:
    given = EVERY if key is None else _of(_named(table[key]))
    taken = {one for name in TAKEN if name in table for one in _named(table[name])}
    if given == EVERY and "shell" in taken:
        return _of({*" ".join(NAMES.values()).split()} - {"shell"})
    return given if given == EVERY else Grants(given.powers - {one for one in taken if "(" not in one})


def _named(value: Any) -> list[str]:
    """Return what names give, one by one; `*` is everything."""
    if isinstance(value, str):
        text = value.strip()
        items = re.findall(r"(?:[^\s,(]|\([^)]*\)?)+", text[1:-1] if text[:1] == "[" else text)
    else:
        items = [one.strip() for one in value if isinstance(one, str)] if isinstance(value, list) else []
    powers: list[str] = []
    for item in items:
        name, bracket, rest = item.strip("\"'").partition("(")
        scope = re.sub(r":\*\Z", " *", rest.removesuffix(")").strip())
        powers += [f"{one}({scope})" if bracket else one for one in NAMES.get(name.strip().lower(), "").split()]
        if name == "*":
            powers.append("*")
        whole = re.sub(r"\A(mcp__|@)", "", item.strip("\"'"))
        powers.append(f"mcp:{whole}/*")
        pattern = r"\A(?:mcp__|mcp_|mcp:|@)?([\w.-]+?)(?:__|/|_|\Z)([\w.*-]*)\Z"
        for server, tool in re.findall(pattern, item.strip("\"'"), re.ASCII):
            powers += [
                f"mcp:{server}/{tool or '*'}",
                f"mcp:{tool}/{server}",
                *([f"mcp:{server}/*"] if tool in ("", "*") else []),
            ]
    return powers


def _of(powers: Any) -> Grants:
    return EVERY if "*" in powers else Grants(frozenset(powers))


def _groups(mode: dict[str, Any]) -> Grants:
    groups = mode.get("groups")
    whole = [one for one in groups if isinstance(one, str)] if isinstance(groups, list) else groups
    powers = _named(whole if isinstance(whole, list | str) else [])
    for group in groups if isinstance(groups, list) else []:
        if isinstance(group, list) and not any(isinstance(one, dict) and one.get("fileRegex") for one in group):
            powers += _named([one for one in group[:1] if isinstance(one, str)])
    if "mcp" in (whole or []):
        powers += [f"mcp:{one}/*" for one in mode.get("allowedMcpServers") or []]
    return _of({*powers, "delegate"})


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands there twice")
    return dict(pairs)
