"""The record of one command: the bytes that it changed or deleted, so that it can be taken back.

It is one file in the state folder: a seal, a line of JSON, and behind it the old bytes of every file. It is written
before the journal names the change and gets its place before the journal goes, so whoever finishes a change keeps its
record as well. Nobody waits for it to be on the disk: what a power cut tears is found out by the seal.

The seal is a digest by a key that stays with the user of this machine, outside of every project, and it holds for the
project's folder. So a record that came along with a repository is none.
"""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import suppress
from itertools import dropwhile, islice, takewhile
from typing import TYPE_CHECKING

from agentpkg.errors import AgentpkgError
from agentpkg.files import folders_above
from agentpkg.journal import RECORD, STAGED, naming, read_staged
from agentpkg.store import state_folder
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    from agentpkg.project import Project

_FORMAT = 1
_KEY = "undo.key"
_KEY_BYTES = 32
_NO_SEAL = b"-" * 64
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_WORD = re.compile(r"[A-Za-z0-9.][A-Za-z0-9._/~=<>!,@#+-]{0,99}")
_MOST_WORDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What a change comes from.

    `words` are those of the command line, without options. `back` says that the change takes that command back instead,
    and `undoing` that it is one of `undo`, which takes back or brings back. `made` are folders of bundles that the
    command made, from the manifest's folder; they are the author's, and stay.
    """

    words: str
    back: bool = False
    undoing: bool = False
    made: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One file of a change: its bytes before, the SHA-256 of those after (None each for no file).

    `mode` are the permissions of a file that was deleted.
    """

    path: str
    before: bytes | None
    after: str | None
    mode: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A change as it can be taken back: what it comes from, and its files in the order in which they were written.

    `folders` are those that it made for them, None where that was not recorded.
    """

    cause: Cause
    files: tuple[Kept, ...]
    folders: tuple[str, ...] | None = None

    def stays(self, path: str) -> str:
        """Return the nearest folder above a file that was there before the change; empty for that of the project."""
        if self.folders is None:
            return ""
        return next((folder for folder in folders_above(path) if folder not in self.folders), "")


def command_words() -> str:
    """Return the command that this process runs, up to its own first option: what follows may be nobody's business."""
    words = dropwhile(lambda word: word.startswith("-"), sys.argv[1:])
    return " ".join(islice(takewhile(_WORD.fullmatch, words), _MOST_WORDS))


def stage_record(project: Project, record: Record) -> None:
    """Write the record of a change that is about to happen beside what is staged for it.

    Where there can be no key, it has no seal, and nobody takes it for one: it only replaces the one before.
    """
    head = {
        "format": _FORMAT,
        "words": record.cause.words,
        "back": record.cause.back,
        "undoing": record.cause.undoing,
        "made": list(record.cause.made),
        "folders": None if record.folders is None else list(record.folders),
        "files": [
            [kept.path, None if kept.before is None else len(kept.before), kept.after, kept.mode]
            for kept in record.files
        ],
    }
    body = json.dumps(head).encode() + b"\n" + b"".join(kept.before or b"" for kept in record.files)
    key = _read_key() or _make_key()
    place = project.root / project.state / STAGED / RECORD
    with naming(place):
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _NO_LINK | _BINARY, 0o600)
        with open(descriptor, "wb") as file:
            file.write((_seal(key, project.root, body) if key else _NO_SEAL) + b"\n" + body)


def place_record(state: Path) -> None:
    """Let the staged record take the place of the one before, unless an earlier run has done so."""
    with suppress(FileNotFoundError):
        os.replace(state / STAGED / RECORD, state / RECORD)


def has_record(project: Project) -> bool:
    """Say whether there is a record, sound or not."""
    return os.path.lexists(project.root / project.state / RECORD)


def read_record(project: Project) -> Record:
    """Return the record of the last change; raise `AgentpkgError` if there is none, or none that was made here."""
    place = project.root / project.state / RECORD
    content = read_staged(place)
    if content is None:
        raise no_record(project)
    seal, _, body = content.partition(b"\n")
    key = _read_key()
    record = _parse(body) if key and _is_same(seal, _seal(key, project.root, body)) else None
    if record is None:
        raise AgentpkgError(
            f"{place} is damaged, or was not made by you in this folder on this machine; nothing was undone",
            hint="version control has what was there before; the next command that changes something is recorded anew",
        )
    return record


def no_record(project: Project) -> AgentpkgError:
    """Return the error for a project in which nothing can be taken back."""
    return AgentpkgError(
        f"there is nothing to undo in {project.root}",
        hint="undo takes back the last command that changed the project, on the machine that ran it",
    )


def _parse(body: bytes) -> Record | None:
    """Return the record that a sealed text holds, None if another agentpkg wrote it in another form."""
    head, _, rest = body.partition(b"\n")
    match json.loads(head):
        case {"format": 1, "words": str(words), "back": bool(back), "made": [*made], "files": [*rows], **more}:
            files, start = [], 0
            for path, size, after, mode in rows:
                before = None if size is None else rest[start : start + size]
                start += size or 0
                files.append(Kept(path=path, before=before, after=after, mode=mode))
            cause = Cause(words=words, back=back, undoing=more.get("undoing") is True, made=tuple(map(str, made)))
            folders = more.get("folders")
            new = tuple(map(str, folders)) if isinstance(folders, list) else None
            return Record(cause=cause, files=tuple(files), folders=new)
    return None


def _seal(key: bytes, root: Path, body: bytes) -> bytes:
    import hmac

    return hmac.digest(key, os.fsencode(os.path.realpath(root)) + b"\0" + body, "sha256").hex().encode()


def _is_same(seal: bytes, other: bytes) -> bool:
    import hmac

    return hmac.compare_digest(seal, other)


def _read_key() -> bytes | None:
    try:
        key = (state_folder() / _KEY).read_bytes()
    except OSError:
        return None
    return key if len(key) == _KEY_BYTES else None


def _make_key() -> bytes | None:
    """Return a new key, None where it cannot be kept."""
    path = state_folder() / _KEY
    part = path.with_name(f"{_KEY}.{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _NO_LINK | _BINARY, 0o600), "wb") as file:
            file.write(os.urandom(_KEY_BYTES))
        os.replace(part, path)
    return _read_key()
