"""One run of the fuzzer: every seed bent many times, each time tried."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from agentpkg.hosts import HOSTS
from tests.fuzz.checks import Counts, try_file
from tests.fuzz.mutations import bend, spoil

_NATIVE = [name for name, host in HOSTS.items() if host.native]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A file to start from."""

    path: str
    text: str


def sweep(starts: Iterable[tuple[str, Start]], rounds: int, counts: Counts) -> None:
    """Try each file as it is, and bent `rounds` times; raise `AssertionError` with the first that breaks a promise.

    Each start has a name, from which all chance comes, so that one that fails can be tried again. Some files are read
    for another host than their own, and some have bytes that are no text.
    """
    for name, start in starts:
        for number in range(rounds + 1):
            random = Random(f"{name} {number}")
            text = bend(random, start.text) if number else start.text
            data = text.encode(errors="surrogatepass")
            if number % 16 == 15:
                data = spoil(random, data)
            host = random.choice(_NATIVE) if number % 8 == 7 else None
            try:
                try_file(start.path, data, host, counts)
            except AssertionError as error:
                shown = data.decode(errors="backslashreplace")
                error.add_note(f"{name} {number}, read for {host or 'whom its path tells'}:\n{shown[:2000]}")
                raise
