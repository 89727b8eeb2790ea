"""A bare repository of ours that holds one registry's history: fetched, read and compared, and never checked out."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agentpkg.apart import Apart
from agentpkg.errors import NetworkError, UsageError
from agentpkg.git import SECONDS, GitFailed, run
from agentpkg.journal import disk_errors, write_synced
from agentpkg.limits import LIMITS
from agentpkg.objects import Damaged, Object, Reader, damaged
from agentpkg.trees import Entry, TreeDiff, parse_tree
from agentpkg.unreachable import network_error, refuse_disk, writing
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

HEAD = "refs/agentpkg/head"
_INCOMING = "refs/agentpkg/incoming"
_COMMIT = re.compile(r"[0-9a-f]{40}\Z")
_MOST_TREE = 64 * 1024 * 1024
_MOST_AHEAD = 64 * 1024 * 1024  # bytes
_ALL_AT_ONCE = 200
_ALL_OR_NOTHING = re.compile("not support (shallow|--depth)")
_MOST_TAGS = 10  # of tags of tags
_FETCH = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """A fetch that goes on by itself: whether it has `ended`, or does so within some seconds, and what comes of it."""

    ended: Callable[[float], bool]
    finish: Callable[[], str]


class Mirror:
    """A bare repository of ours that holds one registry's history.

    With `filtered` only commits and trees are fetched, and files when `need` asks for them: from the URL in `origin`,
    or not at all where that is None. `title` is what messages call it.
    """

    def __init__(self, path: Path, *, filtered: bool = False, origin: str | None = None, title: str = "") -> None:
        self.path = path
        self.title = title or f"the mirror {path.name}"
        self.filtered = filtered
        self.origin = origin
        self._reader = Reader(path)
        self._ahead: dict[str, Object] = {}
        self._ahead_bytes = 0

    @property
    def head(self) -> str | None:
        """The id of the newest commit that was accepted, None for a mirror that holds nothing yet."""
        return self._ref(HEAD)

    def _ref(self, name: str) -> str | None:
        try:
            commit = (self.path / name).read_text().strip()
        except (OSError, UnicodeDecodeError):
            return None
        return commit if _COMMIT.match(commit) else None

    @property
    def damaged(self) -> bool:
        """Whether there is a head, but it names no commit, or one that is gone."""
        head = self.head
        try:
            return self.tree(f"{head}:") is None if head else (self.path / HEAD).exists()
        except Damaged:
            return True

    def read(self, object_name: str, most: int, called: str = "") -> tuple[str, bytes] | None:
        """Return type and bytes of an object (`<commit>:<path>` or an id), None if there is no such object.

        `called` is its name in messages. Raises `ContentRefused` for one that is larger than `most` bytes, `Damaged`
        for one that cannot be read.
        """
        held = self._take(object_name)
        if held and held.data is not None and held.size <= most:
            return held.kind, held.data
        return self._reader.read(object_name, most, called)

    def read_ahead(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Read many objects together that are asked for one by one soon; return those that are held for that.

        What is not there, what is too large for any bundle, and what would be too much to hold is left to be read then.
        """
        wanted = dict.fromkeys(ids)
        missing = [one for one in wanted if one not in self._ahead]
        for start in range(0, len(missing), _ALL_AT_ONCE):
            if self._ahead_bytes > _MOST_AHEAD:
                break
            found = self._reader.read_many(missing[start : start + _ALL_AT_ONCE], LIMITS.file_bytes)
            new = {one: held for one, held in found.items() if held and held.data is not None}
            self._ahead |= new
            self._ahead_bytes += sum(held.size for held in new.values())
        return {one: held.data for one in wanted if (held := self._ahead.get(one)) and held.data is not None}

    def _take(self, name: str) -> Object | None:
        """Return an object that was read ahead, and hold it no longer."""
        held = self._ahead.pop(name, None)
        self._ahead_bytes -= held.size if held else 0
        return held

    def has(self, object_name: str) -> bool:
        """Say whether there is an object of this name or id."""
        return not self._reader.missing([object_name])

    def tree(self, object_name: str) -> tuple[Entry, ...] | None:
        """Return the entries of a folder, None if there is none of that name; `Damaged` if only its tree is gone."""
        found = self.read(object_name, most=_MOST_TREE)
        if found is None:
            self._check_absent(object_name)
        return parse_tree(found[1]) if found and found[0] == "tree" else None

    def _check_absent(self, object_name: str) -> None:
        """Raise `Damaged` for a folder that git does not find although the folder above names it."""
        commit, _, path = object_name.partition(":")
        if not path:
            raise damaged(self.path, object_name)
        entries = self.tree(f"{commit}:")
        for name in path.strip("/").split("/"):
            folder = next((one.id for one in entries or () if one.name == name and one.is_folder), None)
            entries = self.tree(folder) if folder else None

    def trees(self, ids: Iterable[str]) -> dict[str, tuple[Entry, ...]]:
        """Return the entries of many folders by the ids of their trees, read together."""
        return {one: parse_tree(data) for one, data in self.read_many(ids, "tree").items()}

    def read_many(self, ids: Iterable[str], kind: str = "blob") -> dict[str, bytes]:
        """Return the bytes of many objects of one kind by their ids, read together; raise `Damaged` if one is gone.

        A file that is too large for any bundle is left out, and not read.
        """
        most = LIMITS.file_bytes if kind == "blob" else _MOST_TREE
        wanted = list(dict.fromkeys(ids))
        ahead = {one: held for one in wanted if (held := self._take(one))}
        there = {}
        for one, found in (ahead | self._reader.read_many([one for one in wanted if one not in ahead], most)).items():
            if found is None or (found.id, found.kind) != (one, kind):
                raise damaged(self.path, one)
            if found.data is not None:
                there[one] = found.data
        return there

    def fetch(self, url: str, ref: str, *, newest: bool = False) -> str:
        """Fetch `ref` (`HEAD`, a full ref name, or a commit) into a place of its own; return the commit.

        With `newest` that commit alone is fetched, and nothing of its history until `complete` is asked for that; a
        server that cannot do so sends all. Nothing reads the fetched commit until `accept` makes it the head. Raises
        `NetworkError` if there is none.
        """
        return self._end_fetch(url, ref, lambda: self._fetch(url, *self._begin_fetch(url, ref, newest=newest)))

    @contextmanager
    def fetch_apart(self, url: str, ref: str, *, newest: bool = False) -> Iterator[Fetching]:
        """Begin a `fetch` that goes on by itself, as long as the context lasts, and asks nobody anything."""
        words = self._begin_fetch(url, ref, newest=newest)
        process = Apart(self.path, "fetch", *words, settings=self._partial(url))
        try:
            yield Fetching(ended=process.ended, finish=lambda: self._end_fetch(url, ref, process.finish, asking=False))
        finally:
            process.stop()

    def _begin_fetch(self, url: str, ref: str, *, newest: bool = False) -> list[str]:
        self.create()
        (self.path / _INCOMING).unlink(missing_ok=True)  # git may say yes to a shallow clone, and fetch nothing
        options = [*_FETCH, *(["--filter=blob:none"] if self.filtered else []), *(["--depth=1"] if newest else [])]
        return [*options, "--", "origin" if self.filtered else url, f"+{ref}:{_INCOMING}"]

    def _end_fetch(self, url: str, ref: str, fetch: Callable[[], None], *, asking: bool = True) -> str:
        try:
            try:
                fetch()
            except GitFailed as error:
                if not any(_ALL_OR_NOTHING.search(line) for line in error.details):
                    raise
                self._fetch(url, *self._begin_fetch(url, ref), asking=asking)
        except GitFailed as error:
            refuse_disk(error, self.path)
            raise network_error("fetch", url, error.details) from None
        commit = self._peeled(self._ref(_INCOMING))
        if not commit:
            raise NetworkError(
                f"{url} has no commit to fetch",
                hint="it may be empty, or a shallow clone, which git fetch --unshallow makes whole",
            )
        return commit

    def _peeled(self, name: str | None) -> str | None:
        """Return the commit that an object is, or that a tag stands for; None if that is no commit."""
        for _ in range(_MOST_TAGS):
            found = self.read(name, _MOST_TREE) if name else None
            if found is None or found[0] != "tag":
                return name if found and found[0] == "commit" else None
            tagged = re.match(rb"object ([0-9a-f]{40})\n", found[1])
            name = tagged[1].decode() if tagged else None
        return None

    @property
    def whole(self) -> bool:
        """Whether the history of what was fetched is here, and not only what was the newest commit once."""
        return not (self.path / "shallow").exists()

    def complete(self, url: str, ref: str) -> None:
        """Have the whole history of what was fetched here, of which `ref` is now the newest commit."""
        if self.whole:
            return
        if self.origin is None:
            raise NetworkError(
                f"the history of {self.title} has not been fetched yet", hint="run again without --offline"
            )
        words = self._begin_fetch(url, ref)
        self._end_fetch(url, ref, lambda: self._fetch(url, "--unshallow", *words))
        if not self.whole:
            raise NetworkError(
                f"{url} does not have the whole history of what was fetched of it",
                hint="if it is a shallow clone, git fetch --unshallow makes it whole; else run agentpkg cache clean",
            )

    def _fetch(self, url: str, *words: str, stdin: bytes = b"", asking: bool = True) -> None:
        settings = self._partial(url, asked=bool(stdin))
        run(self.path, "fetch", *words, bare=True, stdin=stdin, settings=settings, asking=asking)

    def _partial(self, url: str, *, asked: bool = False) -> dict[str, str] | None:
        """Return what makes a remote a partial one: said for one run alone, so that no read ever fetches."""
        return (
            {
                "remote.origin.url": url,
                "remote.origin.promisor": "true",
                "remote.origin.partialclonefilter": "blob:none",
                "fetch.negotiationAlgorithm": "noop" if asked else "default",
            }
            if self.filtered
            else None
        )

    def need(self, ids: Iterable[str]) -> None:
        """Have these objects here: of a filtered mirror, fetch those that are missing, together."""
        missing = self._reader.missing(ids) if self.filtered else ()
        if not missing:
            return
        if self.origin is None:
            raise NetworkError(
                f"{len(missing)} of the files that are needed of {self.title} have not been fetched yet",
                hint="run again without --offline",
            )
        try:
            self._fetch(self.origin, *_FETCH, "--filter=blob:none", "--stdin", "origin", stdin=_lines(missing))
        except GitFailed as error:
            refuse_disk(error, self.path)
            raise network_error("fetch files of", self.origin, error.details) from None

    def commit_of(self, name: str) -> str | None:
        """Return the commit that a ref or an abbreviated id of this repository stands for, None if there is none."""
        status, output = run(
            self.path, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}",
            bare=True, allowed=(0, 1, 128),
        )  # fmt: skip
        return output.decode().strip() if status == 0 else None

    def create(self) -> None:
        """Make the repository, unless it is there."""
        if not (self.path / "HEAD").exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with writing(self.path):
                run(self.path.parent, "init", "--quiet", "--bare", "--template=", "--", str(self.path))

    def follows(self, new: str, old: str) -> bool:
        """Say whether the commit `old` is part of the history of `new`."""
        if self.read(old, _MOST_TREE) is None:
            return False
        status, _ = run(self.path, "merge-base", "--is-ancestor", old, new, bare=True, allowed=(0, 1))
        return status == 0

    def fork_of(self, one: str, other: str) -> str:
        """Return the newest commit that is part of the history of both; raise `UsageError` if there is none."""
        status, output = run(self.path, "merge-base", one, other, bare=True, allowed=(0, 1))
        if status == 1:
            raise UsageError(
                f"{one[:12]} and {other[:12]} have no history in common", hint="compare two commits of one branch"
            )
        return output.decode().strip()

    def changed(self, old: str, new: str, folder: str) -> tuple[str, ...]:
        """Return the paths below `folder`, the folder of a registry's bundles, in which the commits differ.

        The path of a version's folder, or of one in it, that only one of them has ends with a slash, and stands for
        all that is in it: nothing else of it is read.
        """
        found = TreeDiff(self.tree)
        return tuple(found.changed(f"{old}:{folder}", f"{new}:{folder}", f"{folder}/", levels=1))

    def root(self, commit: str) -> str | None:
        """Return the first commit of a history, the smallest id where there are several; None if it is not here."""
        if not self.whole:
            return None
        _, output = run(self.path, "rev-list", "--max-parents=0", commit, bare=True)
        return min(output.decode().split())

    def accept(self, commit: str) -> None:
        """Make `commit` the head that everything reads."""
        place = self.path / HEAD
        part = place.with_suffix(".lock")  # as git calls it, so that what is left of it is known for what it is
        with disk_errors(str(place)):
            write_synced(part, f"{commit}\n".encode())
            os.replace(part, place)

    def store(self, files: dict[str, bytes], message: str) -> None:
        """Fill a new mirror with one commit of `files`, the same commit on every machine."""
        self.create()
        stream = [
            b"blob\nmark :%d\ndata %d\n%s\n" % (mark, len(data), data) for mark, data in enumerate(files.values(), 1)
        ]
        stream.append(
            b"commit %s\ncommitter agentpkg <agentpkg@localhost> 0 +0000\ndata %d\n%s\n"
            % (HEAD.encode(), len(message.encode()), message.encode())
        )
        stream += [b"M 100644 :%d %s\n" % (mark, path.encode()) for mark, path in enumerate(files, 1)]
        with writing(self.path):
            run(self.path, "fast-import", "--quiet", bare=True, stdin=b"".join(stream))


def _lines(ids: Iterable[str]) -> bytes:
    return "".join(f"{one}\n" for one in ids).encode()


def list_remote(url: str, *patterns: str, folder: Path, seconds: int = SECONDS) -> dict[str, str]:
    """Return what the refs of a remote stand for, by name; `HEAD` may stand for a branch (`ref: refs/heads/…`)."""
    try:
        _, output = run(folder, "ls-remote", "--quiet", "--symref", "--", url, *patterns, seconds=seconds)
    except GitFailed as error:
        raise network_error("reach", url, error.details) from None
    refs: dict[str, str] = {}
    for line in output.decode("utf-8", "backslashreplace").splitlines():
        value, _, name = line.partition("\t")
        refs.setdefault(name, value)
    return refs


def branch_of(url: str, branch: str | None, *, folder: Path) -> str:
    """Return the full name of the branch that a remote's registry is on: `branch`, or the remote's own choice."""
    if branch:
        return f"refs/heads/{branch}"
    found = list_remote(url, "HEAD", folder=folder).get("HEAD", "")
    if not found.startswith("ref: refs/heads/"):
        raise UsageError(f"{url} does not say which branch is its own", hint="set branch for the registry")
    return found.removeprefix("ref: ")
