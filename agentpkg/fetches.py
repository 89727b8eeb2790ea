"""Several registries that are fetched at the same time."""

from __future__ import annotations

import itertools
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from agentpkg.apart import ended_in_order
from agentpkg.errors import AgentpkgError, Busy, NetworkError
from agentpkg.git import can_ask
from agentpkg.objects import Damaged
from agentpkg.values import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from agentpkg.mirror import Fetching, Mirror
    from agentpkg.remote import Remote

_TURN = 0.01  # seconds that each of several fetches is waited for
_MOST_AT_ONCE = 6  # of them; a server of ssh turns some away where more than ten knock at the same time


def fetch_together(remotes: Sequence[Remote]) -> dict[str, Mirror | AgentpkgError]:
    """Fetch several registries at the same time, and accept each once it is there; return mirrors, or what went wrong.

    No more go on together than one server will take. Left out, to be fetched alone, is what somebody works on, be it
    the second of two that share a ledger; what is damaged; where it must be asked first what a ref means; and what
    could not be had without asking somebody, where there is somebody to ask. So nothing is waited for with a lock in
    hand but the fetch that it is for. Once something went wrong with one, those after it are stopped, and left out too.
    """
    fetched: dict[str, Mirror | AgentpkgError] = {}
    begun: dict[str, tuple[Mirror, Fetching, ExitStack]] = {}
    told: dict[str, list[str]] = {one.name: [] for one in remotes}
    with ended_in_order(), ExitStack() as held:
        held.callback(_pass_on, remotes, told)
        waiting = [replace(one, tell=told[one.name].append) for one in remotes if not one.source.ref]
        while not _is_over(remotes, fetched, {*begun, *(one.name for one in waiting)}):
            while waiting and len(begun) < _MOST_AT_ONCE:
                remote = waiting.pop(0)
                with _kept(fetched, remote.name), ExitStack() as own:
                    mirror = own.enter_context(remote.locked(patient=False))
                    fetching = own.enter_context(remote.fetch_apart(mirror))
                    begun[remote.name] = (mirror, fetching, held.enter_context(own.pop_all()))
            for name, (mirror, fetching, own) in list(begun.items()):
                if fetching.ended(_TURN):
                    del begun[name]
                    with own, _kept(fetched, name):
                        fetching.finish()
                        fetched[name] = mirror
    return fetched


def _is_over(
    remotes: Iterable[Remote], fetched: Mapping[str, Mirror | AgentpkgError], going_on: Collection[str]
) -> bool:
    """Say whether all have ended, or all up to one that went wrong: one by one, nobody would come to the rest."""
    ended = itertools.takewhile(lambda one: one.name not in going_on, remotes)
    return not going_on or any(isinstance(fetched.get(one.name), AgentpkgError) for one in ended)


def _pass_on(remotes: Iterable[Remote], told: Mapping[str, Iterable[str]]) -> None:
    """Tell what there is to warn of, in the order of the registries and not in that in which they came."""
    for remote in remotes:
        for warning in told[remote.name]:
            remote.tell(warning)


@contextmanager
def _kept(errors: dict[str, Mirror | AgentpkgError], name: str) -> Iterator[None]:
    """Keep an error that would be the same if a registry was fetched alone, at once."""
    try:
        yield
    except (Busy, Damaged):
        pass
    except AgentpkgError as error:
        if not (isinstance(error, NetworkError) and can_ask()):
            errors[name] = error
