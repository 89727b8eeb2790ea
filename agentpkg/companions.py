"""Files that a prompt cites, and how they go with its agent: skills as they are, all others in a skill of their own.

Hosts have no place for files that belong to an agent, but they have one for skills; so what is brought along is
declared, seen as a power where it can be run, and removed with the agent.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from agentpkg.emit import quoted
from agentpkg.places import is_agents_folder
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set

_CITED = re.compile(
    r"(?<![\w/.:~@-])(?:\./|\$\{?\w+\}?/)?((?:[\w.@-]+/)*[\w@-][\w.@-]*\.[A-Za-z][A-Za-z0-9]{0,7})(?![\w/])"
)
# What hosts keep their settings, servers, secrets and hooks in.
_SETTINGS = re.compile(
    r"(?:\A|/)(?:settings[^/]*\.json[c5]?|[^/]*mcp[^/]*\.json[c5]?|config\.(?:toml|json|ya?ml)|[^/]*\.local\.[^/]*"
    r"|[^/]*\.env|hooks/.*|hooks\.json|credentials[^/]*)\Z",
    re.IGNORECASE,
)
_SKILL = re.compile(r"(?:\A|/)skills/(?P<name>[^/]+)/")


@dataclass(frozen=True, slots=True)
class Companion:
    """A file that goes with an agent: where it lies, and its path as the agent cites it, from where it was found."""

    path: str
    cited: str


def find_companions(body: str, agent: str, paths: Set[str], skills: Iterable[str] = ()) -> tuple[Companion, ...]:
    """Return those of `paths` that the prompt of the agent in the file `agent` cites, sorted by path.

    They lie in the folder of the agent, or below the folder that holds the folder of agents; a path that begins with a
    dot folder may begin at the top. A skill of which a file is cited comes whole; so do those in a folder `skills`
    there that the agent asks for by name.
    """
    found: dict[str, Companion] = {}
    bases = tuple(_bases(agent))
    for cited in (*(match[1] for match in _CITED.finditer(body)), *(f"skills/{name}/SKILL.md" for name in skills)):
        for base in (*bases, *([""] if cited.startswith(".") else [])):
            path = f"{base}{cited}"
            if (
                path in paths and path != agent and "/" in path and not _SETTINGS.search(path)
            ):  # what lies at the top belongs to the project
                found.setdefault(path, Companion(path, cited))
                break
    for one in list(found.values()):
        folder = skill_folder(one.path, paths)
        if folder:
            found |= {path: Companion(path, path) for path in paths if path.startswith(folder)}
    return tuple(found[path] for path in sorted(found))


def skill_folder(path: str, paths: Set[str]) -> str | None:
    """Return the folder, ending in a slash, of the skill that a file is part of; None if it is part of none."""
    match = _SKILL.search(path)
    folder = path[: match.end()] if match else ""
    return folder if f"{folder}SKILL.md" in paths and folder else None


def skill_page(agent: str, skill: str, cited: list[str]) -> bytes:
    """Return the page of the skill that holds an agent's files."""
    about = f"Files that the prompt of the agent {agent} refers to: {', '.join(cited)}"
    about = about if len(about) <= 1000 else f"{about[:999]}…"
    lines = [f"- {path}" for path in cited]
    return "\n".join(
        [
            "---",
            f"name: {skill}",
            f"description: {quoted(about)}",
            "---",
            f"# Files of {agent}",
            "",
            "The agent's prompt names these files. They lie beside this page, under the same paths:",
            "",
            *lines,
            "",
        ]
    ).encode()


def _bases(agent: str) -> Iterator[str]:
    """Return the folders, ending in a slash, from which an agent's prompt may cite a file: the nearest first."""
    folders = [folder.as_posix() for folder in PurePosixPath(agent).parents]
    top = max((number for number, folder in enumerate(folders) if is_agents_folder(folder)), default=None)
    for folder in folders[: 1 if top is None else top + 2]:
        yield "" if folder == "." else f"{folder}/"
