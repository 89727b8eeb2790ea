"""git, through one door.

Everything that agentpkg asks of git goes through `run` or a `Reader`, by GitPython and with an argument list. Nothing
is ever checked out and git never runs inside somebody's repository: registries are fetched into bare mirrors of our
own. The environment is scrubbed of `GIT_*`, transports are limited to https, ssh and file, and what comes from outside
passes an allow-list before it becomes an argument.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
from codecs import BOM_UTF8
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from agentpkg.credentials import hide_login
from agentpkg.errors import AgentpkgError, ContentRefused, IntegrityError, UsageError
from agentpkg.programs import find, folders_outside, kept_out_of
from agentpkg.text import escape
from agentpkg.trail import heard, note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECONDS = 600
OLDEST = (2, 30)
_WORDS = 6  # lines of what git said that are told
_INSTALL = "install git {}.{} or newer".format(*OLDEST)
_NOWHERE = str(Path(__file__).parent / "nowhere")  # where nothing is
_OBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:+-]*\Z")
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*\Z")
_STREAMED = "1m"
_KEPT = frozenset(["GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_SSL_CAINFO", "GIT_HTTP_PROXY_AUTHMETHOD"])
_ALWAYS = {
    "GIT_ALLOW_PROTOCOL": "https:ssh:file",
    "GIT_PROTOCOL_FROM_USER": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C.UTF-8",  # so that what git says can be told apart
}


class _Missing(Exception):
    """There is no git that may be run."""


@contextmanager
def _fenced() -> Iterator[None]:
    """Run with the environment that git may see: GitPython copies ours, and can add to it but not take away.

    What git starts is looked for where git is. Raises `UsageError` where there is none.
    """
    before, missing = dict(os.environ), False
    try:
        for name in before:
            if name.startswith("GIT_") and name not in _KEPT:
                del os.environ[name]
        os.environ.update(_ALWAYS)
        os.environ["PATH"] = os.pathsep.join(folders_outside(kept_out_of())) or _NOWHERE
        if not (sys.stdin and sys.stdin.isatty()):
            os.environ["GIT_TERMINAL_PROMPT"] = "0"
            os.environ["SSH_ASKPASS"], os.environ["SSH_ASKPASS_REQUIRE"] = "false", "force"  # nobody to ask
        yield
    except _Missing:
        missing = True
    finally:
        os.environ.clear()
        os.environ.update(before)
    if missing:
        _, inside = find("git", kept_out_of())
        details = [f"{inside} lies in the project, and is not run"] if inside else []
        raise UsageError("git is not installed, or not on the PATH", details=details, hint=_INSTALL)


with _fenced():  # to be imported it runs git, and fails where that does; here it finds none, and takes it as it comes
    os.environ["GIT_PYTHON_GIT_EXECUTABLE"], os.environ["GIT_PYTHON_REFRESH"] = _NOWHERE, "quiet"
    import git as gitpython
    from git.exc import GitCommandNotFound

_OPTIONS = (
    "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
    "-c", "fetch.fsckObjects=true", "-c", "fetch.recurseSubmodules=false", "-c", "submodule.recurse=false",
    "-c", "init.defaultRefFormat=files", "-c", "init.defaultObjectFormat=sha1", "-c", "fetch.writeCommitGraph=false",
    "-c", "core.logAllRefUpdates=false", "-c", "protocol.version=2", "-c", "push.followTags=false",
    "-c", "push.recurseSubmodules=no", "-c", "push.gpgSign=false", "-c", "core.quotePath=false",
    "-c", "log.showSignature=false", "-c", "log.diffMerges=separate", "-c", f"core.bigFileThreshold={_STREAMED}",
)  # fmt: skip
# Said to the processes that read as well: what is larger is never held in git's memory as a whole.
_READING = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.bigFileThreshold",
    "GIT_CONFIG_VALUE_0": _STREAMED,
}


class Damaged(IntegrityError):
    """A mirror of ours holds less than it should. It can be fetched again."""


class GitFailed(AgentpkgError):
    """git exited with a status that was not expected; `details` are what it said, `output` is what it printed."""

    def __init__(self, message: str, *, details: list[str], output: str) -> None:
        super().__init__(message, details=details)
        self.output = output


def run(  # noqa: PLR0913 (one door, with a default for all that is rarely said)
    folder: Path,
    *arguments: str,
    bare: bool = False,
    stdin: bytes = b"",
    allowed: tuple[int, ...] = (0,),
    settings: Mapping[str, str] | None = None,
    into: Any = None,
    seconds: int = SECONDS,
) -> tuple[int, bytes]:
    """Run one git command in `folder`, which is a repository of ours if `bare`; return its status and output.

    `settings` are values of git's configuration for this one run. The output goes piece by piece to the `write` of
    `into`, where that is given. After so many `seconds` it is stopped. Raises `GitFailed` for a status not `allowed`.
    """
    git = gitpython.Git(folder)
    if bare:
        git.update_environment(GIT_DIR=str(folder))
    own = [word for key, value in (settings or {}).items() for word in ("-c", f"{key}={value}")]
    with _fenced(), tempfile.TemporaryFile() as source:
        source.write(stdin)
        source.seek(0)
        _check_works()
        began = monotonic()
        try:
            status, output, error = git.execute(
                ["git", *_OPTIONS, *own, *arguments],
                istream=source,
                output_stream=into,
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                kill_after_timeout=seconds if os.name == "posix" else None,
            )
        except GitCommandNotFound:  # it was taken away since
            raise _Missing from None
        if heard():
            note(f"git {' '.join(arguments)} in {folder}: status {status}, {monotonic() - began:.3f} s")
        if status not in allowed:
            _refuse_old(_ask_version())
    if status not in allowed:
        said = error if isinstance(error, str) else bytes(error).decode("utf-8", "backslashreplace")
        said = re.sub(r"(?m)^Timeout: .*$", f"it did not end in {seconds} seconds, and was stopped", said)
        lines = [hide_login(escape(line.strip())) for line in said.splitlines() if line.strip()]
        raise GitFailed(
            f"git {arguments[0]} failed",
            details=[f"git: {line}" for line in lines[-_WORDS:]],
            output=escape((output if isinstance(output, bytes) else output.encode()).decode("utf-8", "replace")),
        )
    return status, output if isinstance(output, bytes) else output.encode()


class _Run:
    """What is true of the run that goes on in this process: the PATHs on which a git was found that works."""

    works: frozenset[str] = frozenset()


def _check_works() -> None:
    """Raise `UsageError` unless there is a git that says its version; what does not may exit with any status."""
    if os.environ["PATH"] not in _Run.works:
        found = _ask_version()
        _Run.works |= {os.environ["PATH"]}
        if heard():
            note(f"git {found}")


def _ask_version() -> str:
    """Return git's version, behind the fence; raise `UsageError` if there is no git, or one that does not work."""
    try:
        status, said, error = gitpython.Git().execute(
            ["git", "version"], with_extended_output=True, with_exceptions=False
        )
    except (GitCommandNotFound, PermissionError):
        raise _Missing from None
    except OSError as refused:  # it is there, and no program
        status, said, error = 1, "", str(refused.strerror)
    found = re.match(r"git version (\S+)", str(said))
    if status or not found:
        lines = [line for line in f"{error}\n{said}".splitlines() if line.strip()]
        raise UsageError(
            "git does not work",
            details=[f"git: {hide_login(escape(line.strip()))}" for line in lines[-_WORDS:]],
            hint=f"see that git version tells its version, or {_INSTALL}",
        )
    return found[1]


def _refuse_old(found: str) -> None:
    """Raise `UsageError` for a git that is too old, which nobody asks before something has failed."""
    numbers = re.match(r"(\d{1,9})\.(\d{1,9})", found)
    if numbers and (int(numbers[1]), int(numbers[2])) < OLDEST:
        raise UsageError(f"git {found} is too old", hint=_INSTALL)


def version() -> str:
    """Return the version of git as it tells it; raise `UsageError` if there is no git, or one that does not work."""
    with _fenced():
        return _ask_version()


def check_ref(name: str) -> str:
    """Return `name` if it is a branch, tag or commit that may be handed to git, or raise `UsageError`."""
    if not _REF.match(name) or ".." in name or name.endswith((".lock", "/", ".")):
        raise UsageError(
            f"{escape(name)!r} is not a branch, tag or commit that agentpkg would hand to git",
            hint="use letters, digits and . _ - / in it",
        )
    return name


class Reader:
    """The `cat-file` processes that read the objects of a repository of ours, each started when it is first needed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._git: Any = None
        self._started: set[str] = set()

    def __del__(self) -> None:
        """End the processes."""
        if self._git is not None:
            self._git.clear_cache()

    def read(self, object_name: str, most: int, called: str = "") -> tuple[str, bytes] | None:
        """Return type and bytes of an object (`<commit>:<path>` or an id), None if there is no such object.

        `called` is its name in messages. Raises `ContentRefused` for one that is larger than `most` bytes, without
        holding it in memory, and `Damaged` for one that cannot be read.
        """
        if not _OBJECT.match(object_name):
            raise ContentRefused(
                f"{escape(object_name)!r} is not a name that may be looked up", hint="name a branch, a tag or a commit"
            )
        stream: Any = None
        try:
            found, kind, size, stream = self._ask("stream_object_data", object_name)
            if size > most:
                while stream.read(1024 * 1024):  # what is left in the pipe would be read at once otherwise
                    pass
                raise ContentRefused(
                    f"{called or object_name} has {size:,} bytes, {most:,} are allowed",
                    hint="a registry of bundles may be allowed more: max_file_bytes in [registries.NAME]",
                )
            data = stream.read(size)
        except (ValueError, OSError) as error:
            if re.search(r" missing\W*\Z", str(error)):
                return None
            data, kind, size, found = b"", "", 1, ""
        kind = kind if isinstance(kind, str) else kind.decode()
        if len(data) != size or object_id(kind, data) != (found if isinstance(found, str) else found.decode()):
            stream = None  # goes before the process that it reads from
            self._git = None  # which may have died of it
            raise damaged(self._path, object_name)
        return kind, data

    def has(self, object_name: str) -> bool:
        """Say whether there is an object of this name or id."""
        try:
            return bool(_OBJECT.match(object_name)) and bool(self._ask("get_object_header", object_name))
        except (ValueError, OSError):
            return False

    def _ask(self, question: str, object_name: str) -> Any:
        """Ask the process for one kind of question, which is started behind the fence."""
        if self._git is None:
            self._git, self._started = gitpython.Git(self._path), set()
            self._git.update_environment(GIT_DIR=str(self._path), **_READING)
        with nullcontext() if question in self._started else _fenced():
            if question not in self._started:
                _check_works()
            self._started.add(question)
            try:
                return getattr(self._git, question)(object_name)
            except GitCommandNotFound:
                raise _Missing from None


def object_id(kind: str, data: bytes) -> str:
    """Return git's id of an object: git itself does not look whether what it reads is what it was asked for."""
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()


def damaged(path: Path, object_name: str) -> Damaged:
    """Return the error for an object of a mirror that is not there any more, or is not what it was."""
    return Damaged(
        f"the mirror {path.name} is damaged: {object_name} cannot be read",
        hint="agentpkg cache verify takes damaged mirrors away, and the next run fetches them again",
    )


def merge_files(ours: bytes, base: bytes, theirs: bytes) -> bytes | None:
    """Return the three-way merge of a file's bytes with LF line endings, None if the changes meet in the same lines.

    A byte order mark that an editor put before `ours` stays there, and changes no line.
    """
    mark = BOM_UTF8 if ours.startswith(BOM_UTF8) else b""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part, content in (("ours", ours.removeprefix(mark)), ("base", base), ("theirs", theirs)):
            (folder / part).write_bytes(content.replace(b"\r\n", b"\n"))
        names = ("ours", "base", "theirs")
        status, merged = run(folder, "merge-file", "--stdout", "--quiet", *names, allowed=tuple(range(256)))
    return mark + merged if status == 0 else None
