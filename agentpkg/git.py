"""git, through one door.

Everything that agentpkg asks of git goes through `_run` or a mirror's one `cat-file --batch`, by GitPython and with an
argument list. Nothing is ever checked out and git never runs inside somebody's repository: registries are fetched into
bare mirrors of our own. The environment is scrubbed of `GIT_*`, transports are limited to https, ssh and file, and
urls, branches and object names pass an allow-list before they become arguments.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")  # a missing git is ours to report, in our words

import git as gitpython
from git.exc import GitCommandNotFound

from agentpkg.errors import AgentpkgError, ContentRefused, NetworkError, UsageError
from agentpkg.text import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = "refs/agentpkg/head"
_INCOMING = "refs/agentpkg/incoming"
_SECONDS = 600
_OBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:+-]*\Z")
_COMMIT = re.compile(r"[0-9a-f]{40}\Z")
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*\Z")
_KEPT = frozenset(["GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_SSL_CAINFO", "GIT_HTTP_PROXY_AUTHMETHOD"])
_ALWAYS = {
    "GIT_ALLOW_PROTOCOL": "https:ssh:file",
    "GIT_PROTOCOL_FROM_USER": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
}
_OPTIONS = (
    "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
    "-c", "fetch.fsckObjects=true", "-c", "fetch.recurseSubmodules=false", "-c", "submodule.recurse=false",
    "-c", "init.defaultRefFormat=files", "-c", "init.defaultObjectFormat=sha1", "-c", "fetch.writeCommitGraph=false",
    "-c", "core.logAllRefUpdates=false", "-c", "protocol.version=2",
)  # fmt: skip


@contextmanager
def _fenced() -> Iterator[None]:
    """Run with the environment that git may see: GitPython copies ours, and can add to it but not take away."""
    before = dict(os.environ)
    try:
        for name in before:
            if name.startswith("GIT_") and name not in _KEPT:
                del os.environ[name]
        os.environ.update(_ALWAYS)
        if not sys.stdin.isatty():
            os.environ["GIT_TERMINAL_PROMPT"] = "0"
            os.environ.setdefault("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class _GitFailed(AgentpkgError):
    """git exited with a status that was not expected; `details` are what it said."""


def _run(
    folder: Path, *arguments: str, bare: bool = False, stdin: bytes = b"", allowed: tuple[int, ...] = (0,)
) -> tuple[int, bytes]:
    """Run one git command in `folder`, which is a repository of ours if `bare`; return its status and output."""
    git = gitpython.Git(folder)
    if bare:
        git.update_environment(GIT_DIR=str(folder))
    with _fenced(), tempfile.TemporaryFile() as source:
        source.write(stdin)
        source.seek(0)
        try:
            status, output, error = git.execute(
                ["git", *_OPTIONS, *arguments],
                istream=source,
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                kill_after_timeout=_SECONDS if os.name == "posix" else None,
            )
        except GitCommandNotFound:
            raise UsageError("git is not installed, or not on the PATH", hint="install git 2.30 or newer") from None
    if status not in allowed:
        said = error if isinstance(error, str) else bytes(error).decode("utf-8", "backslashreplace")
        lines = [escape(line.strip()) for line in said.splitlines() if line.strip()]
        raise _GitFailed(f"git {arguments[0]} failed", details=[f"git: {line}" for line in lines[-4:]])
    return status, output if isinstance(output, bytes) else output.encode()


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a tree: its name, its mode as git writes it (`100644`, `40000`, …), and the object's id."""

    name: str
    mode: str
    id: str


class Mirror:
    """A bare repository of ours that holds one registry's history."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._git: Any = None

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
        return (self.path / HEAD).exists() and (self.head is None or self.tree(f"{self.head}:") is None)

    def read(self, object_name: str, most: int) -> tuple[str, bytes] | None:
        """Return type and bytes of an object (`<commit>:<path>` or an id), None if there is no such object.

        Raises `ContentRefused` for one that is larger than `most` bytes, without holding it in memory. All reads share
        one process.
        """
        if not _OBJECT.match(object_name):
            raise ContentRefused(f"{escape(object_name)!r} is not a name that may be looked up")
        starting = self._git is None
        if starting:
            self._git = gitpython.Git(self.path)
            self._git.update_environment(GIT_DIR=str(self.path))
        try:
            with _fenced() if starting else nullcontext():
                _, kind, size, stream = self._git.stream_object_data(object_name)
        except ValueError:
            return None
        if size > most:
            while stream.read(1024 * 1024):  # what is left in the pipe would be read at once otherwise
                pass
            raise ContentRefused(f"{object_name} has {size} bytes, {most} are allowed")
        return (kind if isinstance(kind, str) else kind.decode()), stream.read(size)

    def tree(self, object_name: str) -> tuple[Entry, ...] | None:
        """Return the entries of a folder, None if there is none of that name."""
        found = self.read(object_name, most=64 * 1024 * 1024)
        if found is None or found[0] != "tree":
            return None
        data, entries, place = found[1], [], 0
        while place < len(data):
            end = data.index(b"\0", place)
            mode, _, name = data[place:end].partition(b" ")
            entries.append(
                Entry(name.decode("utf-8", "backslashreplace"), mode.decode(), data[end + 1 : end + 21].hex())
            )
            place = end + 21
        return tuple(entries)

    def fetch(self, url: str, branch: str | None) -> str:
        """Fetch the branch (None: the remote's own choice) into a place of its own; return the commit.

        Nothing reads the fetched commit until `accept` makes it the head. Raises `NetworkError` if there is none.
        """
        if branch is not None and not _BRANCH.match(branch):
            raise UsageError(f"{branch!r} is not a branch name that agentpkg would hand to git")
        if not (self.path / "HEAD").exists():
            self._create()
        source = f"refs/heads/{branch}" if branch else "HEAD"
        options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
        try:
            _run(self.path, "fetch", *options, "--", url, f"+{source}:{_INCOMING}", bare=True)
        except _GitFailed as error:
            raise _network_error(url, error.details) from None
        commit = self._ref(_INCOMING)
        if not commit:
            raise NetworkError(f"{url} has no commit to fetch", hint="is it an empty repository?")
        return commit

    def _create(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        _run(self.path.parent, "init", "--quiet", "--bare", "--template=", "--", str(self.path))

    def changed(self, old: str, new: str, folder: str) -> tuple[str, ...] | None:
        """Return the paths below `folder` in which `new` differs from `old`, None if it does not follow from it."""
        status, _ = _run(self.path, "merge-base", "--is-ancestor", old, new, bare=True, allowed=(0, 1))
        if status == 1:
            return None
        options = ("-r", "-z", "--no-renames", "--name-only")
        _, output = _run(self.path, "diff-tree", *options, old, new, "--", folder, bare=True)
        return tuple(path.decode("utf-8", "backslashreplace") for path in output.split(b"\0") if path)

    def accept(self, commit: str) -> None:
        """Make `commit` the head that everything reads."""
        _run(self.path, "update-ref", HEAD, commit, bare=True)

    def store(self, files: dict[str, bytes], message: str) -> None:
        """Fill a new mirror with one commit of `files`, the same commit on every machine."""
        self._create()
        stream = [
            b"blob\nmark :%d\ndata %d\n%s\n" % (mark, len(data), data) for mark, data in enumerate(files.values(), 1)
        ]
        stream.append(
            b"commit %s\ncommitter agentpkg <agentpkg@localhost> 0 +0000\ndata %d\n%s\n"
            % (HEAD.encode(), len(message.encode()), message.encode())
        )
        stream += [b"M 100644 :%d %s\n" % (mark, path.encode()) for mark, path in enumerate(files, 1)]
        _run(self.path, "fast-import", "--quiet", bare=True, stdin=b"".join(stream))


def merge_files(ours: bytes, base: bytes, theirs: bytes) -> bytes | None:
    """Return the three-way merge of a file's bytes with LF line endings, None if the changes meet in the same lines."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part, content in (("ours", ours), ("base", base), ("theirs", theirs)):
            (folder / part).write_bytes(content.replace(b"\r\n", b"\n"))
        names = ("ours", "base", "theirs")
        status, merged = _run(folder, "merge-file", "--stdout", "--quiet", *names, allowed=tuple(range(256)))
    return merged if status == 0 else None


_HINTS = (
    ("Permission denied|could not read Username|Authentication failed|403", "check your access: git ls-remote URL"),
    ("Could not resolve host", "check the host's name and your network"),
    ("Host key verification failed", "connect to the host once with ssh, to accept its key"),
    ("not found|does not appear to be a git repository|does not exist", "check the url in agentpkg.toml"),
    ("dubious ownership", "the repository belongs to somebody else: git config --global --add safe.directory PATH"),
    ("couldn't find remote ref", "check the branch in agentpkg.toml"),
    ("SSL|TLS|certificate", "check the server's certificate, and your proxy"),
)


def _network_error(url: str, said: tuple[str, ...]) -> NetworkError:
    text = "\n".join(said)
    hint = next((hint for pattern, hint in _HINTS if re.search(pattern, text)), "try git ls-remote with the same url")
    return NetworkError(f"could not fetch {url}", details=said, hint=hint)
