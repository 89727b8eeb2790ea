"""Clients of hosts as programs: looked for on the PATH, asked for their version, and asked which agents they load.

A client is never started in a project, where it may find hooks and servers to run, and a program that lies in the
project is never started at all. It gets a scratch folder with copies of agents and a home folder of its own, both gone
afterwards; an environment without anybody's keys, with proxies that lead nowhere; no shell; and a time after which it
is ended, with all that it started. What leaves its group of processes is found by what it was given, on Linux only.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.doctor.answers import find_version
from agentpkg.programs import find, folders_outside
from agentpkg.scratch import Room, put, scratch
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from threading import Event

    from agentpkg.hosts.clients import Question

_VERSION_SECONDS = 15.0
_ANSWER_SECONDS = 45.0
_PAUSE = 0.02  # seconds between two looks at what a client has said so far
_ROUNDS = 20  # of looking for processes that got away
_MOST_SAID = 8 * 1024 * 1024
_KEPT = ("LANG", "LC_ALL", "LC_CTYPE", "PATHEXT", "SYSTEMROOT", "COMSPEC", "WINDIR")
_NOWHERE = "http://127.0.0.1:9"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that may be started.

    `folders` are those of the PATH that it gets, none of which is in the project; `kept` are all other variables that
    it gets of ours. It is ended once `stop` is set.
    """

    place: str
    folders: tuple[str, ...]
    kept: Mapping[str, str]
    stop: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a program said. `late`: it had to be ended, because its time was up or it said far too much."""

    out: str
    err: str
    log: str = ""
    late: bool = False


def find_program(command: str, project: Path | None, stop: Event) -> Program | str | None:
    """Return the program that `command` starts: its path alone where it lies in `project`, None where there is none."""
    place, inside = find(command, project)
    if inside:
        return inside
    tempfile.gettempdir()  # looked for now: clients are started from threads, while others change the environment
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return Program(place=place, folders=folders_outside(project), kept=kept, stop=stop) if place else None


def ask_version(program: Program) -> str | None:
    """Return the version that a program tells of itself, None if it tells none in time."""
    with scratch() as room:
        answer = _run(program, ["--version"], room, {}, seconds=_VERSION_SECONDS)
    return None if answer.late else find_version(answer.out) or find_version(answer.err)


@contextmanager
def asked(
    program: Program, question: Question, files: Mapping[str, bytes], *, user: bool
) -> Iterator[tuple[Answer, Room]]:
    """Give what a client says where these agents stand in a project of its own, or (`user`) below its home folder."""
    with scratch() as room:
        put(room.home if user else room.project, files)
        put(room.home, {path: room.fill(text).encode() for path, text in question.home.items()})
        says = [room.fill(text).encode() for text in question.says]
        said = b"".join(
            b"Content-Length: %d\r\n\r\n%s" % (len(one), one) if question.framed else one + b"\n" for one in says
        )
        more = {name: room.fill(value) for name, value in question.environment.items()}
        arguments = [room.fill(word) for word in question.arguments]
        answer = _run(program, arguments, room, more, said=said, until=question.until, seconds=_ANSWER_SECONDS)
        log = _read(room.home / question.log) if question.log else ""
        yield Answer(out=answer.out, err=answer.err, log=log, late=answer.late), room


def _environment(program: Program, room: Room, more: Mapping[str, str]) -> dict[str, str]:
    """Return all that a client gets to know: where programs are, and folders of its own."""
    home = {
        **dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), str(room.home)),
        **{f"XDG_{kind}_HOME": str(room.home / folder) for kind, folder in _XDG.items()},
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(room.temporary)),
    }
    quiet = {"TERM": "dumb", "NO_COLOR": "1", "CI": "1", **dict.fromkeys(_PROXIES, _NOWHERE)}
    return {**program.kept, "PATH": os.pathsep.join(program.folders), **home, **quiet, **more}


_XDG = {"CONFIG": ".config", "CACHE": ".cache", "DATA": ".local/share", "STATE": ".local/state"}


def _run(  # noqa: PLR0913 (what a client is started with, each of them a part of the fence)
    program: Program,
    arguments: Sequence[str],
    room: Room,
    more: Mapping[str, str],
    *,
    said: bytes = b"",
    until: str | None = None,
    seconds: float,
) -> Answer:
    """Run a program until it ends, has answered, or its time is up. One that cannot be started has said why."""
    out, err, end = room.temporary.with_name("out"), room.temporary.with_name("err"), time.monotonic() + seconds
    with out.open("wb") as to_out, err.open("wb") as to_err:
        try:
            process = subprocess.Popen(  # noqa: S603 (a list, no shell, and behind the fence)
                [program.place, *arguments],
                cwd=room.project,
                env=_environment(program, room, more),
                stdin=subprocess.PIPE if said else subprocess.DEVNULL,
                stdout=to_out,
                stderr=to_err,
                start_new_session=True,
            )
        except OSError as error:
            return Answer(out="", err=f"it cannot be started: {error.strerror}")
        try:
            late = _wait(process, out, said, until, lambda: program.stop.is_set() or time.monotonic() > end)
        finally:
            _end(process, room)
    return Answer(out=_read(out), err=_read(err), late=late)


def _wait(
    process: subprocess.Popen[bytes], out: Path, said: bytes, until: str | None, over: Callable[[], bool]
) -> bool:
    """Say what there is to say, and wait for the end of it; return whether that did not come."""
    if process.stdin:
        with suppress(OSError):  # it ended without having listened
            process.stdin.write(said)
            process.stdin.flush()
    seen = 0
    while process.poll() is None:
        written = out.stat().st_size
        if written > _MOST_SAID or over():
            return True
        if until and written != seen:
            seen = written
            if re.search(until, _read(out)):
                return False
        time.sleep(_PAUSE)
    return False


def _end(process: subprocess.Popen[bytes], room: Room) -> None:
    """End a process, and all that it started."""
    with suppress(OSError):  # it has ended already, with all that it started
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
    for _ in range(_ROUNDS):  # what is ended may have started more in the meantime
        strays = _find_strays(room)
        for stray in strays:
            with suppress(OSError):
                os.kill(stray, signal.SIGKILL)
        if not strays:
            break
    if process.stdin:
        with suppress(OSError):
            process.stdin.close()


def _find_strays(room: Room) -> list[int]:
    """Return the processes that left the group of whoever started them, where the system shows what each was given.

    They are told by the scratch folder, which no other process has in its environment.
    """
    mark, found = str(room.home).encode(), []
    for place in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it has ended, or is somebody else's
            if mark in place.read_bytes():
                found.append(int(place.parent.name))
    return found


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_SAID).decode("utf-8", "replace")
    except OSError:
        return ""
