"""The errors that agentpkg raises on purpose, and the exit code that each stands for.

An error says what is wrong and where (`message`), more of it line by line (`details`), and what to do next (`hint`).
`told` says that the command's JSON document, of which there is one a run, tells of it already.
Anything else that reaches the command line is a bug and exits 70.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.credentials import hide_login

if TYPE_CHECKING:
    from collections.abc import Iterable


SEE_HOSTS = "agentpkg hosts lists those that there are"
SEE_RIGHTS = "make it readable, then run the command again"


class AgentpkgError(Exception):
    """A failure that was foreseen. Exit code 1 unless a subclass says otherwise.

    What it says can be shown to others: names and passwords in URLs are left out.
    """

    exit_code = 1

    def __init__(
        self, message: str, *, hint: str | None = None, details: Iterable[str] = (), told: bool = False
    ) -> None:
        self.message = hide_login(message, refs=True)
        super().__init__(self.message)
        self.hint = hide_login(hint, refs=True) if hint else hint
        self.details = tuple(hide_login(detail, refs=True) for detail in details)
        self.told = told


def with_hint(error: AgentpkgError) -> str:
    """Return what an error says, and what to do next, as a line of a longer report."""
    return error.message + (f" ({error.hint})" if error.hint else "")


def nearest(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return the hint for a name that is not known: the known ones most like it, or `otherwise` if none is."""
    from difflib import get_close_matches

    near = get_close_matches(name, tuple(known), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(near)}?" if near else otherwise


class UsageError(AgentpkgError):
    """The command line, or a file that the user writes, asks for something that cannot be."""

    exit_code = 2


class ContentRefused(AgentpkgError):
    """A bundle, or a rendering of it, is not fit to be written into a project."""

    exit_code = 3


class ApprovalNeeded(AgentpkgError):
    """Powers would grow, and nobody has said yes."""

    exit_code = 4


class IntegrityError(AgentpkgError):
    """Something that must never change has changed, or does not match its digest."""

    exit_code = 5


class EditConflict(AgentpkgError):
    """A file holds somebody's bytes, and agentpkg leaves them alone."""

    exit_code = 6


class Busy(AgentpkgError):
    """Another agentpkg works on the same project or mirror."""

    exit_code = 7


class NetworkError(AgentpkgError):
    """A registry could not be reached."""

    exit_code = 8


class DiskError(AgentpkgError):
    """The file system said no."""

    exit_code = 9
