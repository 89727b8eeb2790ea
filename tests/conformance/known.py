"""What clients are known to do differently, each with the reason.

A complaint that stands here does not fail the suite, and a line here without its complaint does: once a client changes,
the line goes, and what agentpkg says about the host with it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Known:
    """One agent on one host that does not pass one check, and why that is so."""

    host: str
    check: str
    agent: str
    why: str


KNOWN: tuple[Known, ...] = (
    Known(
        host="claude",
        check="description",
        agent="backslash-n",
        why="A backslash before an n in a description becomes a line break, however it is written.",
    ),
    Known(
        host="droid",
        check="accepted",
        agent="model-gemini",
        why="Its vendor's server passes on models of Google in a protocol that the suite does not speak.",
    ),
)
