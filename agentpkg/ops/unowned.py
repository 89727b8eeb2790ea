"""Agent files in a project that no lockfile has: found where hosts look for agents, and read."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from agentpkg.adoption import AgentFile, Left, place_of, why_no_name
from agentpkg.errors import ContentRefused, UsageError
from agentpkg.files import file_of, is_entry
from agentpkg.foreign_forms import read_agents
from agentpkg.found import Found
from agentpkg.hosts import HOSTS, is_shared
from agentpkg.joining import named_by_file
from agentpkg.places import form_of, stem_of
from agentpkg.project import read_files
from agentpkg.shared import read_entries, write_entries
from agentpkg.survey import find_agent_files
from agentpkg.workshop import read_beside

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentpkg.ops.session import Session


def find_unowned(session: Session, asked: tuple[str, ...]) -> tuple[list[AgentFile], list[Left]]:
    """Return the agents that no lock has, and the files that are none of those which agentpkg would write.

    `asked` are files and folders below the project, or entries of shared files; none stand for all there are. Raises
    `UsageError` for one that is not there, or in which no host reads an agent.
    """
    root, user = session.project.root, session.project.user
    paths = find_agent_files(root, user=user)
    for one in asked:
        if not os.path.lexists(root / file_of(one)):
            raise UsageError(
                f"there is no {file_of(one)} in {root}", hint="name files and folders that are there, or none for all"
            )
        if not any(is_in(path, file_of(one)) for path in paths):
            raise UsageError(
                f"no host reads an agent in {one}", hint="agentpkg import makes bundles of agents that lie elsewhere"
            )
    found: list[AgentFile] = []
    left: list[Left] = []
    for path, content, odd in _every(session, [path for path in paths if not (asked and _is_beside(path, asked))]):
        if path in session.lock.files or (asked and not any(is_in(path, one) for one in asked)):
            continue
        place = place_of(path, HOSTS, user=user)
        why = odd or (why_no_name(place[1]) if place else _misplaced(path, user=user))
        if place is None or why:
            left.append(Left(path=path, why=why or ""))
        else:
            found.append(AgentFile.of(path, place, content))
    return found, left


def is_in(path: str, asked: str) -> bool:
    """Say whether a file or an entry is the one that was asked for, or lies in it."""
    return asked in (".", path) or path.startswith((f"{asked}/", f"{asked}#"))


def _is_beside(path: str, asked: Iterable[str]) -> bool:
    return not any(is_in(path, file_of(one)) for one in asked)


def _every(session: Session, paths: list[str]) -> Iterable[tuple[str, bytes, str | None]]:
    """Return every file with its bytes, or why it is no plain one; in the place of a shared file its entries."""
    disk = read_files(session.project.root, paths)
    for path, file in disk.items():
        if not is_shared(path) or file.odd:
            yield path, file.content, file.odd
            continue
        try:
            entries = read_entries(file.content)
        except ValueError as error:
            yield path, b"", f"it cannot be shared with others: {error}"
        else:
            yield from ((f"{path}#{name}", content, None) for name, content in entries.items())


def _misplaced(path: str, *, user: bool) -> str:
    """Return why a file is left that a host reads where agentpkg writes none."""
    form = form_of(path)
    if form is None:
        return "no host reads it"
    template = HOSTS[form.name].user_agents if user else HOSTS[form.name].agents
    if form.form != HOSTS[form.name].form:
        return f"agentpkg does not write that form; agentpkg convert {path} --to {form.name} --out . writes its own"
    return f"agentpkg writes it to {template.format(name=stem_of(path))}: move it there, and adopt it then"


def read_unowned(session: Session, files: Iterable[AgentFile]) -> tuple[dict[str, Found], list[Left]]:
    """Return the agents in these files by path, each under the name of its file, and those that cannot be read."""
    found: dict[str, Found] = {}
    left = []
    for file in files:
        try:
            one = _read(session, file)
        except ContentRefused as error:
            hint = f": {error.hint}" if error.hint else ""
            left.append(Left(path=file.path, why=f"{error.message.removeprefix(f'{file.path}: ')}{hint}"))
            continue
        if one:
            found[file.path] = one
        else:
            left.append(Left(path=file.path, why="no agent, by its header", harmless=True))
    return found, left


def _read(session: Session, file: AgentFile) -> Found | None:
    """Return the agent in a file, None for a page; raise `ContentRefused` for what cannot be read."""
    beside = partial(read_beside, session.project.root, file_of(file.path))
    data = file.content
    if is_entry(file.path):
        data = write_entries(None, {file.name: data}) or b""
    reading = read_agents(file_of(file.path), data, file.path, written_for=file.host, beside=beside)
    if reading.page:
        return None
    if not reading.agents:
        raise ContentRefused("; ".join(reading.refused))
    one = reading.agents[0]
    agent = Found(path=file.path, host=file.host, agent=one.agent, notes=one.notes, servers=one.servers)
    return named_by_file(agent, file.name)
