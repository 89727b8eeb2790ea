"""The trail of a run: what it reads, fetches and takes its time over, for whoever listens.

Nobody listens unless there is a terminal that shows progress, or somebody asked for `--verbose`; else a note is one
comparison. What is noted decides nothing, so that a run that is listened to does what it would do anyway.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

T = TypeVar("T")


class Listener(Protocol):
    """Whoever wants to know what goes on. Steps lie in each other: the one that began last ends first.

    `takes_notes` says whether notes are worth making for it.
    """

    takes_notes: bool

    def note(self, text: str) -> None:
        """Take one thing that was done or found, in a line."""

    def begin(self, what: str, total: int | None) -> None:
        """Take a step that begins, and how many things it has to do where that is known."""

    def advance(self) -> None:
        """Take one thing more that the step has done."""

    def end(self) -> None:
        """Take the end of the step."""


_listeners: list[Listener] = []


def listen(*listeners: Listener) -> None:
    """Let these listen from now on, and nobody else."""
    _listeners[:] = listeners


def heard() -> bool:
    """Say whether anybody takes notes: some of them are work to make."""
    return any(listener.takes_notes for listener in _listeners)


def note(text: str) -> None:
    """Tell one thing that was done or found."""
    for listener in _listeners:
        listener.note(text)


@contextmanager
def step(what: str, total: int | None = None) -> Iterator[Callable[[], None]]:
    """Tell that something takes its time, for as long as the context lasts; gives what to call for each thing done."""
    heard_by = tuple(_listeners)

    def advance() -> None:
        for listener in heard_by:
            listener.advance()

    for listener in heard_by:
        listener.begin(what, total)
    try:
        yield advance
    finally:
        for listener in heard_by:
            listener.end()


def counted(things: Collection[T], what: str) -> Iterator[T]:
    """Return the things one by one, and tell how many of them are done."""
    with step(what, len(things)) as advance:
        for thing in things:
            yield thing
            advance()
