"""git, through one door.

Everything that agentpkg asks of git goes through `run` or a `Reader`, by GitPython and with an argument list. Nothing
is ever checked out and git never runs inside somebody's repository: registries are fetched into bare mirrors of our
own. The environment is scrubbed of `GIT_*`, transports are limited to https, ssh and file, and what comes from outside
passes an allow-list before it becomes an argument.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
from codecs import BOM_UTF8
from contextlib import contextmanager, suppress
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from threading import Event, Thread, current_thread, main_thread
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
_PIPE = -1  # a new pipe, by the standard library's word for it
_LATE = "it did not end in {} seconds, and was stopped"
_GRACE = 2  # seconds that what is stopped has to tidy up
_WORDS = 6  # lines of what git said that are told
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


def can_ask() -> bool:
    """Say whether there is somebody whom git could ask for a password."""
    return bool(sys.stdin and sys.stdin.isatty())


@contextmanager
def _fenced(*, asking: bool = True) -> Iterator[None]:
    """Run with the environment that git may see: GitPython copies ours, and can add to it but not take away.

    What git starts is looked for where git is. Unless `asking` it asks nobody anything. Raises `UsageError` where there
    is none.
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
        raise UsageError("git is not installed, or not on the PATH", details=details, hint=_INSTALL)


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
        _note(arguments, folder, status, began)
        if status not in allowed:
            _refuse_old(_ask_version())
    printed = output if isinstance(output, bytes) else output.encode()
    if status not in allowed:
        said = error if isinstance(error, str) else bytes(error).decode("utf-8", "backslashreplace")
        said = re.sub(r"(?m)^Timeout: .*$", _LATE.format(seconds), said)
        raise _failure(arguments[0], said, printed)
    return status, printed


def start(folder: Path, *arguments: str) -> Any:
    """Begin one git command in `folder`, a repository of ours; return its process, which reads and writes pipes.

    `end` must end it. Whether what answers is git at all, `check_works` says.
    """
    git = Git(folder)
    git.update_environment(GIT_DIR=str(folder))
    with _fenced():
        try:
            return git.execute(_command(arguments), istream=_PIPE, as_process=True)
        except GitCommandNotFound:
            raise _Missing from None


def end(process: Any) -> None:
    """End what `start` began, and wait until it has ended."""
    with suppress(OSError):  # it has died, and never read what was written last
        process.stdin.close()
    process.kill()
    process.stdout.close()
    process.stderr.close()
    process.proc.wait()


class Apart:
    """A git command that goes on by itself, while others do. It has no terminal, so that two never ask at once."""

    def __init__(self, folder: Path, *arguments: str, settings: Mapping[str, str] | None = None) -> None:
        self._words = arguments
        self._folder = folder
        self._stopped = False
        self._began = monotonic()
        git = Git(folder)
        git.update_environment(GIT_DIR=str(folder))
        with _fenced(asking=False):
            _check_works()
            try:
                command = _command(arguments, settings)
                self._process: Any = git.execute(command, as_process=True, start_new_session=True)
            except GitCommandNotFound:
                raise _Missing from None
        self._said = (b"", b"")
        self._silent = Event()
        Thread(target=self._hear, daemon=True).start()

    def _hear(self) -> None:
        self._said = self._process.communicate()
        self._silent.set()

    def ended(self, within: float) -> bool:
        """Say whether it has ended, or does so `within` seconds. After `SECONDS` in all it is stopped."""
        left = max(0, self._began + SECONDS - monotonic())
        if not self._silent.wait(min(within, left)) and within >= left:
            self.stop()
        return self._stopped or self._silent.is_set()

    def finish(self) -> None:
        """Wait until it has ended; raise `GitFailed` if it failed, or was stopped."""
        while not self.ended(SECONDS):
            pass
        status = self._process.returncode
        _note(self._words, self._folder, status, self._began)
        if status or self._stopped:
            printed, error = self._said
            said = _LATE.format(SECONDS) if self._stopped else error.decode("utf-8", "backslashreplace")
            raise _failure(self._words[0], said, printed)

    def stop(self) -> None:
        """End it, with all that it started, if it has not ended yet; by force, where it takes longer than a moment."""
        self._send(signal.SIGTERM)
        try:
            self._silent.wait(_GRACE)
        finally:
            self._send(signal.SIGKILL)

    def _send(self, sign: signal.Signals) -> None:
        if not self._silent.is_set():
            self._stopped = True
            with suppress(ProcessLookupError, PermissionError):  # it has just ended
                os.killpg(self._process.pid, sign)


class _Ended(BaseException):
    """A signal ends this process."""


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Have a signal that ends this process do so once the context has been left, which is what it does first.

    What runs apart is in a session of its own, which neither a closed terminal nor `timeout` reaches. A signal that
    somebody takes or ignores stays as it is, and so do all where this is not the main thread.
    """

    def leave(number: int, _: object) -> None:
        raise _Ended(number)

    both = (signal.SIGTERM, signal.SIGHUP) if current_thread() is main_thread() else ()
    ours = [one for one in both if signal.getsignal(one) is signal.SIG_DFL]
    came = None
    try:
        for one in ours:
            signal.signal(one, leave)
        yield
    except _Ended as ended:
        came = ended.args[0]
    finally:
        for one in ours:
            signal.signal(one, signal.SIG_DFL)
    if came is not None:
        os.kill(os.getpid(), came)


def _note(words: Sequence[str], folder: Path, status: int, began: float) -> None:
    if heard():
        note(f"git {' '.join(words)} in {folder}: status {status}, {monotonic() - began:.3f} s")


def _command(arguments: Iterable[str], settings: Mapping[str, str] | None = None) -> list[str]:
    own = (word for key, value in (settings or {}).items() for word in ("-c", f"{key}={value}"))
    return ["git", *_OPTIONS, *own, *arguments]


def _failure(command: str, said: str, printed: bytes) -> GitFailed:
    lines = [hide_login(escape(line.strip())) for line in said.splitlines() if line.strip()]
    return GitFailed(
        f"git {command} failed",
        details=[f"git: {line}" for line in lines[-_WORDS:]],
        output=escape(printed.decode("utf-8", "replace")),
    )


class _Run:
    """What is true of the run that goes on in this process: the PATHs on which a git was found that works."""

    works: frozenset[str] = frozenset()


def check_works(*, answered: bool) -> None:
    """Raise `UsageError` unless what answers as git has `answered` as only git does, or at least says its version."""
    with _fenced():
        if answered:
            _Run.works |= {os.environ["PATH"]}
        _check_works()


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
        status, said, error = Git().execute(["git", "version"], with_extended_output=True, with_exceptions=False)
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
