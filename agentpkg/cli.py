"""The command line: finds a command, runs it, and turns every error into a message and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from io import TextIOWrapper

import click

from agentpkg import INTERRUPTED, __version__, loudness, trail
from agentpkg.commands.group import LazyGroup
from agentpkg.console import insist, say_json_error, tell_error
from agentpkg.credentials import hide_login
from agentpkg.errors import AgentpkgError, DiskError

SECTIONS = {
    "Use agents": {
        "init": "begin a project, and propose what fits it",
        "install": "add bundles, and write their agents for every host",
        "sync": "make the files what agentpkg.lock says",
        "update": "take newer versions, merged with your edits",
        "remove": "take bundles out",
        "adopt": "look after agents that are there already",
        "pin": "hold a bundle at its version",
        "unpin": "let it move again",
        "override": "set fields of agents for this project",
        "undo": "take the last change back",
        "lock": "choose versions, and write no agent",
    },
    "See": {
        "status": "how the files stand, and what to do",
        "list": "what is installed",
        "outdated": "what is behind, and what it would gain",
        "tree": "which bundle requires which",
        "why": "why a bundle or a file is here",
        "diff": "your edits, or two versions of a bundle",
        "keep": "accept a file as you edited it",
        "audit": "files and powers that nobody approved",
        "doctor": "what is wrong with machine or project",
        "search": "find bundles",
        "info": "a bundle: versions, powers, hosts, cost",
        "hosts": "hosts, and where they look for agents",
        "render": "the files that hosts would get",
    },
    "Make agents": {
        "new": "begin a bundle",
        "import": "make bundles of agents of any host",
        "convert": "one host's agent as another's",
        "check": "look over agents before others get them",
        "explain": "what a finding of check means",
        "publish": "put a new version into a registry",
        "yank": "take a version back",
        "unyank": "let a version be chosen again",
        "registry": "registries: begin, add, verify, a site of one",
    },
    "Set up": {
        "ci": "a workflow that checks and proposes",
        "completion": "completion for your shell",
        "schema": "schemas of files, for editors",
        "cache": "what is kept on this machine",
    },
}
COMMANDS = tuple(name for section in SECTIONS.values() for name in section)
_BUG = 70


@click.group(
    cls=LazyGroup,
    package="agentpkg.commands",
    sections=SECTIONS,
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
    code = run(sys.argv[1:])
    if code == INTERRUPTED:  # a thread may still wait, for minutes, for a git that is gone
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    gc.freeze()  # nothing is left to be collected, so that Python need not look before it ends
    sys.exit(code)


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
        return INTERRUPTED
    except click.ClickException as error:
        error.message = hide_login(error.message, refs=True)  # type: ignore[misc]  # said to be final, and it is no more
        error.show()
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
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

    text = hide_login("".join(traceback.format_exception(error)), refs=True)
    said = hide_login(f"{type(error).__name__}: {error}", refs=True)
    insist(f"error: this is a bug in agentpkg {__version__}: {said}")
    try:
        log = cache_folder() / "bug.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(text, encoding="utf-8")
    except OSError:
        insist(text)
    else:
        insist(f"hint: please report it with {log}, and what the command says with --verbose")
    return _BUG
