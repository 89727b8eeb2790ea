"""git, through one door.

Everything that agentpkg asks of git goes through `run` or `start`, by GitPython and with an argument list. Nothing
is ever checked out and git never runs inside somebody's repository: registries are fetched into bare mirrors of our
own. The environment is scrubbed of `GIT_*`, transports are limited to https, ssh and file, and what comes from outside
passes an allow-list before it becomes an argument.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from codecs import BOM_UTF8
from contextlib import contextmanager, suppress
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from agentpkg.credentials import hide_login
from agentpkg.errors import AgentpkgError, UsageError
from agentpkg.programs import find, folders_outside, kept_out_of
from agentpkg.text import escape
from agentpkg.trail import heard, note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

SECONDS = 600
OLDEST = (2, 30)
_PIECE = 64 * 1024
_PIPE = -1  # a new pipe, by the standard library's word for it
LATE = "it did not end in {} seconds, and was stopped"
_MOST_TOLD = 6  # lines of what git said
_INSTALL = "install git {}.{} or newer".format(*OLDEST)
_NOWHERE = str(Path(__file__).parent / "nowhere")  # where nothing is
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*\Z")
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


class NoGit(UsageError):
    """There is no git here that can be used."""


def can_ask() -> bool:
    """Say whether there is somebody whom git could ask for a password."""
    return bool(sys.stdin and sys.stdin.isatty())


@contextmanager
def _fenced(*, asking: bool = True) -> Iterator[None]:
    """Run with the environment that git may see: GitPython copies ours, and can add to it but not take away.

    What git starts is looked for where git is. Unless `asking` it asks nobody anything. Raises `NoGit` where there is
    none.
    """
    before, missing = dict(os.environ), False
    try:
        for name in before:
            if name.startswith("GIT_") and name not in _KEPT:
                del os.environ[name]
        os.environ.update(_ALWAYS)
        os.environ["PATH"] = os.pathsep.join(folders_outside(kept_out_of())) or _NOWHERE
        if not (asking and can_ask()):
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
        raise NoGit("git is not installed, or not on the PATH", details=details, hint=_INSTALL)


@contextmanager
def _past_the_front(*libraries: str) -> Iterator[None]:
    """Import modules of libraries without what the libraries bring along as a whole.

    The empty ones that stand for the libraries meanwhile go again, so that one can be imported as a whole afterwards.
    """
    empty = {name: spec for name in libraries if name not in sys.modules and (spec := find_spec(name))}
    sys.modules.update({name: module_from_spec(spec) for name, spec in empty.items()})
    try:
        yield
    finally:
        for name in empty:
            del sys.modules[name]


with _fenced():  # GitPython as a whole is slow, and runs git to be imported; here that finds none
    os.environ["GIT_PYTHON_GIT_EXECUTABLE"], os.environ["GIT_PYTHON_REFRESH"] = _NOWHERE, "quiet"
    try:
        with _past_the_front("git", "gitdb"):
            from git.cmd import Git
            from git.exc import GitCommandNotFound
    except (ImportError, AttributeError):  # another one, of which the parts need the whole
        from git.cmd import Git
        from git.exc import GitCommandNotFound

# What is larger than the last of them says is never held in git's memory as a whole.
_OPTIONS = (
    "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
    "-c", "fetch.fsckObjects=true", "-c", "fetch.recurseSubmodules=false", "-c", "submodule.recurse=false",
    "-c", "init.defaultRefFormat=files", "-c", "init.defaultObjectFormat=sha1", "-c", "fetch.writeCommitGraph=false",
    "-c", "core.logAllRefUpdates=false", "-c", "protocol.version=2", "-c", "push.followTags=false",
    "-c", "push.recurseSubmodules=no", "-c", "push.gpgSign=false", "-c", "core.quotePath=false",
    "-c", "log.showSignature=false", "-c", "log.diffMerges=separate", "-c", "core.bigFileThreshold=1m",
)  # fmt: skip


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
    asking: bool = True,
) -> tuple[int, bytes]:
    """Run one git command in `folder`, which is a repository of ours if `bare`; return its status and output.

    `settings` are values of git's configuration for this one run. The output goes piece by piece to the `write` of
    `into`, where that is given. After so many `seconds` it is stopped. Unless `asking` it asks nobody anything. Raises
    `GitFailed` for a status not `allowed`.
    """
    git = Git(folder)
    if bare:
        git.update_environment(GIT_DIR=str(folder))
    with _fenced(asking=asking), tempfile.TemporaryFile() as source:
        source.write(stdin)
        source.seek(0)
        _check_works()
        began = monotonic()
        try:
            status, output, error = git.execute(
                _command(arguments, settings),
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
        note_run(arguments, folder, status, began)
        if status not in allowed:
            _refuse_old(_ask_version())
    printed = output if isinstance(output, bytes) else output.encode()
    if status not in allowed:
        said = error if isinstance(error, str) else bytes(error).decode("utf-8", "backslashreplace")
        said = re.sub(r"(?m)^Timeout: .*$", LATE.format(seconds), said)
        raise failure(arguments[0], said, printed)
    return status, printed


def start(folder: Path, *arguments: str, settings: Mapping[str, str] | None = None, apart: bool = False) -> Any:
    """Begin one git command in `folder`, a repository of ours; return its process, which reads and writes pipes.

    `end` ends it; whether what answers is git at all, `check_works` says. What is `apart` ends by itself, reads
    nothing, has a session of its own, and so no terminal, and must be a git that works.
    """
    git = Git(folder)
    git.update_environment(GIT_DIR=str(folder))
    with _fenced(asking=not apart):
        if apart:
            _check_works()
        try:
            process = git.execute(
                _command(arguments, settings),
                istream=None if apart else _PIPE,
                as_process=True,
                start_new_session=apart,
            )
        except GitCommandNotFound:
            raise _Missing from None
    if not apart:  # nobody asks what it says beside its answers, and a full pipe would have it wait forever
        Thread(target=_let_go_by, args=(process.stderr,), daemon=True).start()
    return process


def _let_go_by(stream: Any) -> None:
    with suppress(OSError, ValueError):  # closed
        while stream.read(_PIECE):
            pass


def end(process: Any) -> None:
    """End what `start` began, and wait until it has ended."""
    with suppress(OSError):  # it has died, and never read what was written last
        process.stdin.close()
    process.kill()
    process.stdout.close()
    process.stderr.close()
    process.proc.wait()


def note_run(words: Sequence[str], folder: Path, status: int, began: float) -> None:
    """Note, for those who listen, that a command which `began` then has ended."""
    if heard():
        note(f"git {' '.join(words)} in {folder}: status {status}, {monotonic() - began:.3f} s")


def _command(arguments: Iterable[str], settings: Mapping[str, str] | None = None) -> list[str]:
    own = (word for key, value in (settings or {}).items() for word in ("-c", f"{key}={value}"))
    return ["git", *_OPTIONS, *own, *arguments]


def failure(command: str, said: str, printed: bytes) -> GitFailed:
    """Return the error for a command of which git said and printed this."""
    lines = [hide_login(escape(line.strip())) for line in said.splitlines() if line.strip()]
    return GitFailed(
        f"git {command} failed",
        details=[f"git: {line}" for line in lines[-_MOST_TOLD:]],
        output=escape(printed.decode("utf-8", "replace")),
    )


class _Run:
    """What is true of the run that goes on in this process: the PATHs on which a git was found that works."""

    works: frozenset[str] = frozenset()


def check_works(*, answered: bool) -> None:
    """Raise `NoGit` unless what answers as git has `answered` as only git does, or at least says its version."""
    with _fenced():
        if answered:
            _Run.works |= {os.environ["PATH"]}
        _check_works()


def _check_works() -> None:
    """Raise `NoGit` unless there is a git that says its version; what does not may exit with any status."""
    if os.environ["PATH"] not in _Run.works:
        found = _ask_version()
        _Run.works |= {os.environ["PATH"]}
        if heard():
            note(f"git {found}")


def _ask_version() -> str:
    """Return git's version, behind the fence; raise `NoGit` if there is no git, or one that does not work."""
    try:
        status, said, error = Git().execute(["git", "version"], with_extended_output=True, with_exceptions=False)
    except (GitCommandNotFound, PermissionError):
        raise _Missing from None
    except OSError as refused:  # it is there, and no program
        status, said, error = 1, "", str(refused.strerror)
    found = re.match(r"git version (\S+)", str(said))
    if status or not found:
        lines = [line for line in f"{error}\n{said}".splitlines() if line.strip()]
        raise NoGit(
            "git does not work",
            details=[f"git: {hide_login(escape(line.strip()))}" for line in lines[-_MOST_TOLD:]],
            hint=f"see that git version tells its version, or {_INSTALL}",
        )
    return found[1]


def _refuse_old(found: str) -> None:
    """Raise `NoGit` for a git that is too old, which nobody asks before something has failed."""
    numbers = re.match(r"(\d{1,9})\.(\d{1,9})", found)
    if numbers and (int(numbers[1]), int(numbers[2])) < OLDEST:
        raise NoGit(f"git {found} is too old", hint=_INSTALL)


def version() -> str:
    """Return the version of git as it tells it; raise `NoGit` if there is no git, or one that does not work."""
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
