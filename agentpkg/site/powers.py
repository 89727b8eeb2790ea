"""Powers in plain words: what each means, what a bundle's agents cannot do, and the whole in a few words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.grants import EVERYTHING
from agentpkg.site.values import Power

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentpkg.grants import Grants

_WORDS = {
    EVERYTHING: "holds every tool that the host gives",
    "read": "reads files",
    "write": "writes files",
    "edit": "changes files",
    "notebook-edit": "changes notebooks",
    "glob": "finds files by name",
    "grep": "searches in files",
    "list": "lists folders",
    "shell": "runs any command",
    "web-fetch": "reads pages of the web",
    "web-search": "searches the web",
    "delegate": "gives work to other agents",
}
_SOME = ("write", "edit", "notebook-edit", "web-fetch", "web-search", "delegate")
_READS = frozenset(["read", "glob", "grep", "list"])
TRAITS = {
    "no-shell": "No shell",
    "read-only": "Read-only",
    "no-network": "No network",
    "no-servers": "No MCP servers",
}


def tell_power(power: str) -> Power:
    """Return a power as a page shows it."""
    name, bracket, scope = power.partition("(")
    if name == "shell" and bracket:
        return Power(name=power, words=f"runs commands that match {scope.removesuffix(')')}", reach="some")
    if name in _WORDS:
        reach = "far" if name in (EVERYTHING, "shell") else "some" if name in _SOME else "near"
        limit = f", within {scope.removesuffix(')')}" if bracket else ""
        return Power(name="every tool" if name == EVERYTHING else power, words=_WORDS[name] + limit, reach=reach)
    if power.startswith("mcp:"):
        server, _, tool = power[4:].partition("/")
        what = "every tool" if tool == "*" else f"the tool {tool}"
        return Power(name=power, words=f"calls {what} of the MCP server {server}", reach="some")
    if power.startswith("mcp-server:"):
        server, _, target = power[11:].partition(" ")
        return Power(name=f"mcp-server:{server}", words=f"brings an MCP server: {target}", reach="far")
    if power.startswith("skill:"):
        skill, _, path = power[6:].partition("/")
        words = f"brings {path} in the skill {skill}, which may be run" if path else f"brings the skill {skill}"
        return Power(name=power, words=words, reach="far" if path else "near")
    host, _, field = power.partition(".")
    return Power(name=power, words=f"is set for {host}: {field}", reach="far")


def _has_shell(grants: Grants) -> bool:
    return any(power == EVERYTHING or power.partition("(")[0] == "shell" for power in grants)


def _has_servers(grants: Grants) -> bool:
    return EVERYTHING in grants.powers or any(power.startswith(("mcp:", "mcp-server:")) for power in grants)


def _has_network(grants: Grants) -> bool:
    reached = any(power.partition("(")[0] in ("web-fetch", "web-search") for power in grants)
    return reached or _has_shell(grants) or _has_servers(grants)


def _only_reads(grants: Grants) -> bool:
    """Say whether agents can look at files and do nothing else; a skill's text is something to look at, too."""
    return all(power.partition("(")[0] in _READS or re.fullmatch(r"skill:[^/]+", power) for power in grants)


def traits_of(agents: Iterable[Grants]) -> tuple[str, ...]:
    """Return what holds for every one of a bundle's agents, by the keys of `TRAITS`."""
    held = tuple(agents)
    found = {
        "no-shell": not any(map(_has_shell, held)),
        "read-only": all(map(_only_reads, held)),
        "no-network": not any(map(_has_network, held)),
        "no-servers": not any(map(_has_servers, held)),
    }
    return tuple(key for key in TRAITS if found[key])


_SOME_COMMANDS = "some commands"
# What a power is counted as where there is room for a few words only, the most far-reaching first.
_KINDS = (
    ("every tool", re.compile(r"\*\Z")),
    ("any command", re.compile(r"shell\Z")),
    (_SOME_COMMANDS, re.compile(r"shell\(")),
    ("MCP servers", re.compile(r"mcp(-server)?:")),
    ("scripts", re.compile(r"skill:[^/]+/")),
    ("host settings", re.compile(r"[\w-]+\.\w")),
    ("changes files", re.compile(r"(write|edit|notebook-edit)\b")),
    ("web", re.compile(r"web-")),
    ("delegates", re.compile(r"delegate\b")),
)


def sum_up(agents: Iterable[Grants]) -> str:
    """Return in a few words what a bundle's agents can do together, the most far-reaching first."""
    powers = {power for grants in agents for power in grants}
    if EVERYTHING in powers:
        return _KINDS[0][0]
    said = [kind for kind, pattern in _KINDS if any(pattern.match(power) for power in powers)]
    if "shell" in powers and _SOME_COMMANDS in said:
        said.remove(_SOME_COMMANDS)
    return ", ".join(said) or ("read-only" if powers else "no powers")
