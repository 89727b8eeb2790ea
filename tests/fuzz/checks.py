"""What must hold of every file, whatever it holds: one function that tries it, and says what does not."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from agentpkg.agent import parse_agent
from agentpkg.bundle import parse_bundle
from agentpkg.canonical import write_agent
from agentpkg.errors import ContentRefused
from agentpkg.foreign import Foreign
from agentpkg.foreign_forms import Reading, read_agents
from agentpkg.found import Found
from agentpkg.grants import Grants
from agentpkg.header import read_header
from agentpkg.importing import make_drafts
from tests.fuzz import oracle
from tests.fuzz.seeds import SECRET

SECONDS = 8.0  # of processor time, for any file of a megabyte, on a slow machine
_WINDOW = 80  # more of a value than a note shows


@dataclass(slots=True)
class Counts:
    """How often what happened."""

    of: Counter[str] = field(default_factory=Counter)


def try_file(path: str, data: bytes, host: str | None, counts: Counts) -> None:
    """Read a file, and raise `AssertionError`, naming the promise, if it is read as it must not be."""
    began = time.process_time()
    reading = _read(path, data, host)
    assert time.process_time() - began < SECONDS, "takes too long"
    assert reading == _read(path, data, host), "is read in another way each time"
    counts.of["files"] += 1
    if isinstance(reading, str):
        counts.of["files refused"] += 1
        told = SECRET in reading and "holds U+" not in reading and "byte 0x" not in reading  # these show their place
        assert not told or not _is_value(data.decode(errors="replace")), f"a message tells a secret: {reading}"
        return
    text = data.decode(errors="replace")
    for agent in reading.agents:
        counts.of["files read"] += 1
        counts.of["files with a limit"] += agent.agent.tools is not None
        _check_notes(agent, text)
        _check_limits(agent, text, path)
        _check_against_others(agent, path, data, reading.host, counts)
    _check_drafts(reading, path, text)


def _is_value(text: str) -> bool:
    """Say whether the secret still stands where a server's environment has its values."""
    return bool(re.search(rf"SOIL_KEY[\"']?\s*[:=]\s*[\"']?{SECRET}", text))


def _read(path: str, data: bytes, host: str | None) -> Reading | str:
    try:
        return read_agents(path, data, "x.md", written_for=host)
    except ContentRefused as error:
        return error.message


def _check_notes(found: Foreign, text: str) -> None:
    for note in found.notes:
        assert SECRET not in note or not _is_value(text), f"a note tells a secret: {note}"
        windows = (note[at : at + _WINDOW] for at in range(0, max(0, len(note) - _WINDOW), 7))
        assert not any(one in text for one in windows), f"a note tells too much: {note}"


def _check_limits(found: Foreign, text: str, path: str) -> None:
    """A limit that anybody can see leaves less than every tool."""
    if found.agent.tools is not None or not path.endswith((".md", ".yaml")):
        return
    limit = oracle.seen_limit(text)
    assert limit is None or oracle.says_every(text) or _allows_all(text), f"a limit is lost: {limit!r}"


def _allows_all(text: str) -> bool:
    """Say whether a table takes nothing away: it holds rules, and all that they say is `allow` or `true`."""
    table = oracle.read_plainly("x.md", text.encode()) or {}
    values = [table.get("permission"), table.get("tools")]
    leaves = [leaf for value in values if isinstance(value, dict) for leaf in value.values()]
    own = [value for value in values if value not in (None, "allow") and not isinstance(value, dict)]
    said = any(value is not None for value in values)
    return said and not own and all(leaf in ("allow", True) or leaf == {} for leaf in leaves)


def _check_against_others(found: Foreign, path: str, data: bytes, host: str, counts: Counts) -> None:
    """Where any reader of its form can read a file, it grants no more than it says to that reader, and says as much."""
    table = oracle.read_plainly(path, data)
    if table is None:
        return
    counts.of["files read twice"] += 1
    held = oracle.granted(host, path, table)
    if held is not None:
        beyond = Grants.of(found.agent.tools).beyond(held)
        assert not beyond, f"grants more than it says: {beyond}"
    if host in ("opencode", "kilo") and not path.endswith("modes"):
        for tool in found.agent.tools or ():
            loose = tool.name in oracle.RULED and not oracle.allows(table, tool.name, tool.scope)
            assert not loose, f"grants more than its rules: {tool}"
    description = table.get("description")
    if isinstance(description, str) and not path.endswith("modes"):
        whole = description.replace("\\n", "\n").strip()
        if _is_strict(path, data):
            assert found.agent.description == whole, "the description is another"
        elif whole.isprintable():
            assert _letters(whole) in _letters(found.agent.description), "the description is cut"


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _is_strict(path: str, data: bytes) -> bool:
    if path.endswith((".toml", ".json")):
        return True
    try:
        read_header(data.decode().replace("\r\n", "\n"), "x.md")
    except ContentRefused:
        return False
    return True


def _check_drafts(reading: Reading, path: str, text: str) -> None:
    """What was read can be written, read again, and made a bundle."""
    found = []
    for one in reading.agents:
        written = write_agent(one.agent)
        assert parse_agent(written, "x.md", one.agent.name) == one.agent, "is written as another agent"
        where = PurePosixPath(path).name or "x"
        found.append(Found(path=where, host=reading.host, agent=one.agent, notes=one.notes, servers=one.servers))
    drafts, _ = make_drafts(found, None)
    for draft in drafts:
        bundle = parse_bundle(draft.files, draft.name)
        assert [agent.description for agent in bundle.agents] == [one.agent.description for one in draft.found]
        told = SECRET in "".join(one.agent.body + one.agent.description for one in draft.found) or not _is_value(text)
        assert told or SECRET.encode() not in b"".join(draft.files.values()), "a bundle holds a secret"
