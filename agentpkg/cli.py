"""The command line: finds a command, runs it, and turns every error into a message and an exit code."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import TextIOWrapper

import click

from agentpkg import __version__, loudness, trail
from agentpkg.commands.group import LazyGroup
from agentpkg.console import insist, say_json_error, tell_error
from agentpkg.errors import AgentpkgError, DiskError

COMMANDS = (
    "init", "install", "sync", "update", "remove", "pin", "unpin", "override", "undo", "lock", "adopt",
    "list", "outdated", "tree", "why",
    "status", "diff", "keep", "audit", "doctor", "search", "info", "render", "hosts",
    "new", "import", "convert", "check", "explain", "schema",
    "publish", "yank", "unyank", "registry", "cache", "ci", "completion",
)  # fmt: skip
_BUG = 70
_INTERRUPTED = 130


@click.group(
    cls=LazyGroup,
    package="agentpkg.commands",
    names=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.version_option(__version__, prog_name="agentpkg")
def agentpkg() -> None:
    """A package manager for coding agents.

    Installs versioned bundles of agents from a git-backed registry, written for every host that a project uses.
    """


def main() -> None:
    """Run the command line and exit."""
    _mend_streams()
    sys.exit(run(sys.argv[1:]))


class _Patient(TextIOWrapper):
    """A stream of which the reader may go away: the rest goes nowhere, and what was begun is done."""

    def write(self, text: str) -> int:
        with suppress(BrokenPipeError):
            return super().write(text)
        self.flush()
        return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            super().flush()


def _mend_streams() -> None:
    """Put nothing in the place of standard streams that are closed, and let no other decide how a command ends."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # the lowest free descriptor, which is opened, is the one that was closed
            setattr(sys, name, TextIOWrapper(open(os.devnull, f"{mode}b", buffering=0)))  # noqa: SIM115 (it stays open)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, TextIOWrapper):
            encoding, at_once, lines = stream.encoding, stream.write_through, stream.line_buffering
            patient = _Patient(
                stream.detach(), encoding, "backslashreplace", line_buffering=lines, write_through=at_once
            )
            setattr(sys, name, patient)  # a terminal that cannot show a letter is no reason to fail either


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code."""
    loudness.begin(arguments)
    try:
        code = _run(arguments)
        trail.note(f"exit code {code}")
    finally:
        loudness.finish()
    return code


def _run(arguments: list[str]) -> int:
    try:
        if "_AGENTPKG_COMPLETE" in os.environ:  # a shell asks what could be typed next
            from agentpkg.shells import answer

            answer()
        agentpkg.main(args=arguments, prog_name="agentpkg", standalone_mode=False)
        sys.stdout.flush()
    except AgentpkgError as error:
        tell_error(error)
        if "--json" in arguments and not error.told:
            say_json_error(error)
        return error.exit_code
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.Abort:
        insist("aborted")
        return _INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except OSError as error:
        what = f"{error.filename or 'the file system'}: {error.strerror or error}"
        tell_error(DiskError(what, hint="make room or fix the permissions, then run the command again"))
        return DiskError.exit_code
    except Exception as error:  # noqa: BLE001 (the last handler: whatever arrives here is a bug, and is logged as one)
        return _bug(error)
    return 0


def _bug(error: Exception) -> int:
    """Write the traceback to a log file, say where, and return the exit code for a bug."""
    import traceback

    from agentpkg.store import cache_folder

    text = "".join(traceback.format_exception(error))
    insist(f"error: this is a bug in agentpkg {__version__}: {type(error).__name__}: {error}")
    try:
        log = cache_folder() / "bug.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(text, encoding="utf-8")
    except OSError:
        insist(text)
    else:
        insist(f"hint: please report it with {log}, and what the command says with --verbose")
    return _BUG
