"""Whose agent a file is: by the paths that hosts read, else by what it holds; and which files are none."""

from __future__ import annotations

import re
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from agentpkg.hosts import FALLBACK, HOSTS
from agentpkg.hosts.base import PermissionMap, ToolList
from agentpkg.repair import KNOWN_KEYS, split_names
from agentpkg.tolerant import is_nothing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from agentpkg.header import Header
    from agentpkg.hosts.base import Host
    from agentpkg.tolerant import Tolerant

# Names of files, without endings and in lower case, that stand beside agents and are none.
_PAGES = re.compile(
    r"_.*|\..*|readme([._-][a-z]{2}([_-][a-z]+)?)?|changelog|contributing|licen[cs]e|notice|code[_-]of[_-]conduct|"
    r"authors|agents|claud[e]|gemin[i]|skill|index|overview|catalogu?e?|template|agent[_-]template|template[_-]agent",
    re.IGNORECASE,
)
_SHOUTED = re.compile(r"README|CHANGELOG|CONTRIBUTING|LICEN[CS]E|TEMPLATE|INDEX")
# Folders that hold the agents of a repository that is made for sharing them.
_AGENTS = frozenset(["agents", "agent", "subagents"])


def form_of(path: str) -> Host | None:
    """Return the form whose agents stand where `path` does, in a project at any depth; None if no host's do.

    A form is a host, or one of the `earlier` ones that it has.
    """
    return next((form for form, _, reader in _readings() if reader.search(path)), None) if _is_placed(path) else None


def host_of(path: str, hosts: Mapping[str, Host] = HOSTS) -> str | None:
    """Return the name of the host among `hosts` whose agents stand where `path` does; None if no host's do."""
    form = form_of(path)
    return form.name if form and form.name in hosts else None


def forms_of(host: Host) -> tuple[Host, ...]:
    """Return the forms in which a host's agents are read, today's first."""
    return (host, *host.earlier)


def choose_files(paths: Iterable[str], *, every: bool = False) -> tuple[str, ...]:
    """Return those of `paths` that may be agents, sorted.

    They are those in the folders of hosts and in folders called `agents`; if there is none, and with `every`, all
    markdown files that are no pages too.
    """
    found = sorted(path for path in paths if is_agent_file(path))
    placed = [path for path in found if form_of(path) or _AGENTS & {*path.split("/")[:-1]}]
    return tuple(found if every or not placed else placed)


def is_agents_folder(folder: str) -> bool:
    """Say whether a folder is one that holds agents, by its name."""
    return folder.rpartition("/")[2] in _AGENTS or form_of(f"{folder}/a.md") is not None


def guess_host(header: Mapping[str, Header], hosts: Mapping[str, Host] = HOSTS) -> str:
    """Return the host for which an agent's header was most likely written, where its path tells nothing.

    A table of tools or permissions is a host's that reads tables. Else the host wins that knows most of its keys, has a
    tool by one of its names, and an alias by that of its model; the first of several.
    """
    readable = [host for host in hosts.values() if host.native and host.form == "markdown"]
    tables = [host for host in readable if isinstance(host.tools, PermissionMap) and _has_table(header, host.tools)]
    scores = {host.name: _score(header, host) for host in tables or readable}
    best = max(scores, key=lambda name: scores[name], default=FALLBACK)
    return best if tables or scores.get(best) else FALLBACK


def guess_form(form: str, keys: Iterable[str]) -> Host | None:
    """Return the form of this kind (`toml`, `json`, `modes`) that has its prompt under one of a table's keys."""
    held = {*keys}
    return next((one for one in _forms() if one.form == form and one.body_key in held), None)


def is_agent_file(path: str) -> bool:
    """Say whether a file at `path` may hold an agent, by its name alone."""
    found = _readers(path)
    if any("#" in template or "{name}" not in PurePosixPath(template).name for template in found):
        return True
    stem = stem_of(path)
    return bool((found or path.endswith(".md")) and not _PAGES.fullmatch(stem) and not _SHOUTED.match(stem))


def is_page(tolerant: Tolerant, *, placed: bool = False) -> bool:
    """Say whether a file is a page and no agent: it has no header, or one that says nothing of an agent.

    What is `placed` where some host looks for agents is one as soon as it has a header.
    """
    header = tolerant.header
    if not header or not is_nothing(header.get("description", "")):
        return not header
    return not placed and KNOWN_KEYS.isdisjoint(header.keys() - {"description", "version", "category", "tags"})


def stem_of(path: str) -> str:
    """Return the name that a file's path gives an agent: the file's own, or its folder's where all are called alike."""
    one = PurePosixPath(path)
    if any("{name}" not in PurePosixPath(template).name for template in _readers(path) if "#" not in template):
        return one.parent.name
    for template in _readers(path):
        stem = one.name.removesuffix(template.partition("{name}")[2])
        if stem != one.name:
            return stem.removesuffix(".agent")
    return one.name.rpartition(".")[0].removesuffix(".agent") or one.name


def _forms() -> Iterator[Host]:
    """Return all forms of hosts with agents, those of today first."""
    native = [host for host in HOSTS.values() if host.native]
    yield from native
    yield from (form for host in native for form in host.earlier)


def _readers(path: str) -> list[str]:
    """Return the templates of hosts with agents that `path` fits."""
    return [template for _, template, reader in _readings() if reader.search(path)] if _is_placed(path) else []


@cache
def _readings() -> tuple[tuple[Host, str, re.Pattern[str]], ...]:
    """Return every form with every template of paths that hold its agents, and the pattern that it stands for."""
    return tuple(
        (form, template, _reader(template))
        for form in _forms()
        for template in (form.agents, form.user_agents, *form.also_agents)
    )


@cache
def _anywhere() -> re.Pattern[str]:
    """Return the pattern of all paths together: most files are nobody's, and need no look at every host."""
    return re.compile("|".join(sorted({reader.pattern for _, _, reader in _readings()})))


def _is_placed(path: str) -> bool:
    return _anywhere().search(path) is not None


def _reader(template: str) -> re.Pattern[str]:
    """Return the pattern of paths that a template stands for; hosts read folders below their own as well."""
    file, shared, _ = template.partition("#")
    if shared:
        return re.compile(rf"(?:\A|/){re.escape(file)}\Z")
    before, _, after = template.partition("{name}")
    below = "" if "/" in after else "(?:[^/]+/)*"
    return re.compile(rf"(?:\A|/){re.escape(before)}{below}[^/]+{re.escape(after)}\Z")


def _has_table(header: Mapping[str, Header], control: PermissionMap) -> bool:
    keys = [key for key in (control.key, control.switches) if key]
    return any(isinstance(header.get(key), dict) for key in keys)


def _score(header: Mapping[str, Header], host: Host) -> int:
    """Return how much of a header is in the host's own words."""
    control = host.tools
    keys = {spec.name for spec in host.fields} | {host.servers.key if host.servers else "", *host.fixed}
    keys |= host.other_keys
    keys |= {getattr(control, "key", ""), host.models.key if host.models else ""}
    score = len(header.keys() & (keys - {""}))
    if isinstance(control, ToolList) and control.key in header:
        own = {name for row in control.rows for name in row.names}
        score += not own.isdisjoint(_names(header[control.key]))
    model = header.get(host.models.key, "") if host.models else ""
    return score + bool(host.models and model in host.models.aliases.values())


def _names(value: Header) -> list[str]:
    if isinstance(value, list):
        return [item for item in value if isinstance(item, str)]
    try:
        return split_names(value) if isinstance(value, str) else []
    except ValueError:
        return []
