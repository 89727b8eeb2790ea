"""The ledger: what this machine has seen of one registry, so that nothing seen can change unnoticed.

A file of lines that only grows, in the folder for state and not in the cache, so that a mirror that is lost or fetched
anew is still held to what was seen before. Its lines:

    root COMMIT                     the first commit of the history, where that was fetched
    seen NAME VERSION TREE          a version, and git's id of its content
    signed COMMIT POLICY            all up to this commit carries signatures that the policy (a digest) asks for
    tip COMMIT                      the newest commit that was accepted; all above belongs to it
"""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agentpkg.errors import SEE_RIGHTS, DiskError, IntegrityError
from agentpkg.journal import write_synced
from agentpkg.sources import git_url
from agentpkg.store import state_folder
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from agentpkg.registry_tables import RegistrySource

_START = "agentpkg ledger 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a ledger holds: `seen` maps bundle and version to the id of its tree. `root` is None if it was not seen."""

    root: str | None
    tip: str
    seen: Mapping[tuple[str, str], str]
    signed: tuple[str, str] | None


class Ledger:
    """The ledger of one registry, in the file `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def tip(self) -> str | None:
        """The newest commit that was accepted, None if nothing was yet."""
        return self._last("tip", 1)

    @property
    def signed(self) -> tuple[str, str] | None:
        """The newest commit up to which signatures were checked, and the policy that they were checked by."""
        found = self._last("signed", 2)
        return (found.split()[0], found.split()[1]) if found else None

    def _last(self, word: str, values: int) -> str | None:
        """Return the values of the last line of one kind, without reading the lines before it."""
        data = self._read()
        if not data:
            return None
        start = data.rfind(f"\n{word} ".encode())
        if start < 0:
            return None
        line = data[start + 1 : data.index(b"\n", start + 1)].decode("ascii", "replace")
        words = line.split()[1:]
        if len(words) != values:
            raise self._unreadable(line)
        return " ".join(words)

    def read(self) -> Record | None:
        """Return all that the ledger holds, None if there is none yet. Raises `IntegrityError` if it is damaged."""
        data = self._read()
        if not data:
            return None
        root, tip, signed = None, "", None
        seen: dict[tuple[str, str], str] = {}
        for line in data.decode("ascii", "replace").splitlines()[1:]:
            match line.split(" "):
                case ["seen", name, version, tree]:
                    seen[name, version] = tree
                case ["tip", commit]:
                    tip = commit
                case ["root", commit]:
                    root = commit
                case ["signed", commit, policy]:
                    signed = (commit, policy)
                case _:
                    raise self._unreadable(line)
        return Record(root=root, tip=tip, seen=seen, signed=signed)

    def _read(self) -> bytes:
        """Return the whole lines. A last line that was cut short by a crash belongs to nothing that was accepted."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise DiskError(f"cannot read {self.path}: {error.strerror}", hint=SEE_RIGHTS) from None
        if not data.startswith(_START.encode() + b"\n"):  # not even an empty file: `begin` writes all at once
            raise self._unreadable(data[:60].decode("ascii", "replace"))
        return data[: data.rfind(b"\n") + 1]

    def _unreadable(self, line: str) -> IntegrityError:
        return IntegrityError(
            f"{self.path} is damaged: {line[:80]!r}",
            hint="it remembers what was seen of a registry; agentpkg registry reset NAME --to COMMIT begins it anew",
        )

    def begin(self, root: str | None, seen: Mapping[tuple[str, str], str], tip: str) -> None:
        """Begin the ledger, or begin it anew: all at once, in the place of what was there."""
        text = "\n".join([_START, *([f"root {root}"] if root else []), *_seen(seen), f"tip {tip}", ""])
        part = self.path.with_suffix(".part")
        with self._disk_errors():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_synced(part, text.encode())
            os.replace(part, self.path)

    def add(self, seen: Mapping[tuple[str, str], str], tip: str) -> None:
        """Add versions and the commit in which they were seen."""
        self._append([*_seen(seen), f"tip {tip}"])

    def add_signed(self, commit: str, policy: str) -> None:
        """Note that signatures were checked up to `commit` by the policy with this digest."""
        self._append([f"signed {commit} {policy}"])

    def _append(self, lines: Iterable[str]) -> None:
        whole = len(self._read())
        with self._disk_errors(), self.path.open("r+b") as file:
            file.truncate(whole)
            file.seek(whole)
            file.write("".join(f"{line}\n" for line in lines).encode())
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def _disk_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DiskError(
                f"cannot write {self.path}: {error.strerror}",
                hint="make room or fix the permissions; AGENTPKG_STATE_DIR names another folder",
            ) from error


def source_key(source: RegistrySource, root: Path) -> str:
    """Return what a registry is known by on this machine: by URL, branch and folder, with its paths below `root`."""
    parts = [git_url(source.url, root), source.branch or "", source.subfolder]
    parts += [f"agents {source.ref}"] if source.ref is not None else []
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def ledger_path(key: str) -> Path:
    """Return the file of the ledger of the registry that is known by this key."""
    return state_folder() / "ledgers" / f"{key}.txt"


def _seen(seen: Mapping[tuple[str, str], str]) -> list[str]:
    return [f"seen {name} {version} {tree}" for (name, version), tree in sorted(seen.items())]
