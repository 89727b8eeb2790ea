"""Import, decided: the agents in files of any host, and the bundles that are made of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.bundle import parse_bundle
from agentpkg.companions import find_companions, skill_folder, skill_page
from agentpkg.errors import ContentRefused, with_hint
from agentpkg.foreign_forms import read_agents
from agentpkg.found import Found, bundle_files, join_same, name_in_turn
from agentpkg.leaks import find_leaks
from agentpkg.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Set

VERSION = "0.1.0"  # of a bundle that was imported: what an agent file says of versions seldom means anything


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file to import: what the user calls it, and its path, with the names of folders above that tell its host.

    `paths` are all files of the folder that is imported, as `path` is, and `read` returns the bytes of one of them, or
    raises `ContentRefused`. `beside` returns those of a file that the source says its prompt stands in, by its path
    from there; None where it may not be read. `named` says that the user named this very file.
    """

    where: str
    path: str
    paths: frozenset[str]
    read: Callable[[str], bytes]
    beside: Callable[[str], bytes | None]
    named: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What files held: agents, why others could not be read (by file), and the files that are pages and no agents."""

    found: tuple[Found, ...]
    refused: tuple[tuple[str, str], ...]
    pages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A bundle as it would be written: its name, its files by path, the agents in it, and advice to its author."""

    name: str
    files: Mapping[str, bytes]
    found: tuple[Found, ...]
    advice: tuple[str, ...]


def take_in(sources: Iterable[Source], written_for: str | None) -> Intake:
    """Return what the files hold. One that cannot be read stands in nobody's way."""
    held: list[tuple[Source, Found, tuple[str, ...]]] = []
    refused: list[tuple[str, str]] = []
    pages = []
    for source in sources:
        try:
            data = source.read(source.path)
            reading = read_agents(source.path, data, source.where, written_for=written_for, beside=source.beside)
        except ContentRefused as error:
            refused.append((source.where, with_hint(error)))
            continue
        if reading.page and source.named:
            refused.append((source.where, "no agent, by its header (start the file with ---, name and description)"))
        elif reading.page:
            pages.append(source.where)
        refused += [(source.where, message) for message in reading.refused]
        held += [
            (
                source,
                Found(
                    path=source.where,
                    host=reading.host,
                    agent=foreign.agent,
                    notes=foreign.notes,
                    servers=foreign.servers,
                ),
                foreign.skills,
            )
            for foreign in reading.agents
        ]
    agents = {source.path for source, _, _ in held}
    rest = {paths: paths - agents for paths in {source.paths for source, _, _ in held}}
    found = tuple(_with_companions(one, source, rest[source.paths], skills) for source, one, skills in held)
    return Intake(found=found, refused=tuple(refused), pages=tuple(pages))


def make_drafts(found: Iterable[Found], bundle: str | None) -> tuple[list[Draft], list[tuple[str, str]]]:
    """Return the bundles that agents make, all in one called `bundle` or (None) each in its own, and what is unfit."""
    named = name_in_turn(join_same(found))
    groups = {bundle: [*named.values()]} if bundle and named else {name: [one] for name, one in named.items()}
    drafts: list[Draft] = []
    refused = []
    for name, group in groups.items():
        try:
            files = bundle_files(name, VERSION, group)
            parse_bundle(files, name)
        except ContentRefused as error:
            refused += [(one.path, with_hint(error)) for one in group]
            continue
        others = frozenset[str]() if bundle else named.keys() - {name}
        advice = [line for one in group for line in _advice(one, others)]
        advice += [f"{leak}; it cannot be published so" for leak in find_leaks(files)]
        drafts.append(Draft(name=name, files=files, found=tuple(group), advice=tuple(advice)))
    return drafts, refused


def _with_companions(found: Found, source: Source, paths: frozenset[str], asked: tuple[str, ...]) -> Found:
    """Return an agent with those of `paths` that its prompt cites, as skills, and with the skills that it asks for."""
    skills: dict[str, bytes] = {}
    notes = list(found.notes)
    own: dict[str, bytes] = {}
    name = f"{found.agent.name[:44].rstrip('-')}-files"
    for one in find_companions(found.agent.body, source.path, paths, asked):
        folder = skill_folder(one.path, paths)
        skill = folder.rstrip("/").rpartition("/")[2] if folder else name
        inner = one.path[len(folder) :] if folder else one.cited
        try:
            data = source.read(one.path)
            _check_fit(f"skills/{skill}/{inner}", data)
        except ContentRefused as error:
            notes.append(f"{found.path}: {one.cited}, which the prompt cites, is left out: {error.message}")
            continue
        if folder:
            skills[f"skills/{skill}/{inner}"] = data.replace(b"\r\n", b"\n")
        else:
            own[inner] = data.replace(b"\r\n", b"\n")
    if own:
        cited = sorted(own)
        notes.append(f"{found.path}: the prompt cites files, which come along in the skill {name}: {', '.join(cited)}")
        skills |= {f"skills/{name}/{path}": data for path, data in own.items()}
        skills[f"skills/{name}/SKILL.md"] = skill_page(found.agent.name, name, cited)
    fit = _fit_skills(skills, found, notes)
    brought = sorted({path.split("/")[1] for path in fit} - {name})
    if brought:
        notes.append(f"{found.path}: skills that it asks for or cites come along: {', '.join(brought)}")
    return replace(found, skills=fit, notes=tuple(notes))


def _check_fit(path: str, data: bytes) -> None:
    """Raise `ContentRefused` for a file of a skill that cannot be part of a bundle."""
    page = {f"skills/{path.split('/')[1]}/SKILL.md": _PAGE.replace(b"probe", path.split("/")[1].encode())}
    parse_bundle({**_PROBE, path: data, **page}, "a bundle")


def _fit_skills(skills: Mapping[str, bytes], found: Found, notes: list[str]) -> dict[str, bytes]:
    """Return the skills without those that no bundle may hold, which are noted."""
    fit: dict[str, bytes] = {}
    for name in sorted({path.split("/")[1] for path in skills}):
        files = {path: data for path, data in skills.items() if path.startswith(f"skills/{name}/")}
        try:
            parse_bundle({**_PROBE, **files}, "bundle")
        except ContentRefused as error:
            notes.append(f"{found.path}: the skill {name}, which the prompt cites, is left out: {error.message}")
        else:
            fit |= files
    return fit


_PROBE = {
    "bundle.toml": b'[bundle]\nname = "probe"\nversion = "0.1.0"\ndescription = "probe"\n',
    "agents/probe.md": b"---\nname: probe\ndescription: probe\n---\nprobe\n",
}
_PAGE = b"---\nname: probe\ndescription: probe\n---\n"


def _advice(one: Found, others: Set[str]) -> list[str]:
    """Return what the author of a bundle may want to do: require agents that the prompt names, declare servers."""
    lines = []
    words = {*re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*", one.agent.body)}
    named = [other for other in sorted(words & others) if _names(one.agent.body, other)]
    if named:
        lines.append(f"{one.agent.name} names {', '.join(named)} in its prompt: consider [requires]")
    declared = {server.name for server in one.servers}
    needed = sorted({tool.server for tool in one.agent.tools or () if tool.server} - declared)
    if needed:
        lines.append(f"{one.agent.name} needs MCP servers that its file does not declare: {', '.join(needed)}")
    return lines


def _names(body: str, name: str) -> bool:
    """Say whether a prompt names an agent: in any way if the name cannot be another word, else as an agent's."""
    word = re.escape(name)
    if "-" in name:
        return bool(re.search(rf"(?<![\w/-]){word}(?![\w/-]|\.\w)", body))
    return bool(re.search(rf"@{word}\b|`{word}`|\b{word} (?:sub)?agent\b", body))
