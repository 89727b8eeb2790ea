"""One client's run over the suite."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tests.conformance.client import Client, Observed, Seen
from tests.conformance.pins import Pin
from tests.conformance.room import Room, Server
from tests.conformance.suite import Entry, Suite, servers_of_suite, servers_to_add, variables_of_suite


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a client was given, what it made of it, and how many seconds it took."""

    client: Client
    suite: Suite
    servers: Sequence[Server]
    observed: Observed
    seconds: float = 0

    def taken(self) -> Iterator[tuple[str, Entry, Seen]]:
        """Yield every agent whose file the client took."""
        for name, entry in self.suite.entries.items():
            seen = self.observed.agents.get(name)
            if seen and seen.rejected is None:
                yield name, entry, seen

    def started(self) -> Iterator[tuple[str, Entry, Seen]]:
        """Yield every agent that the client took and, where it can be made to, started."""
        for name, entry, seen in self.taken():
            if seen.stuck is None:
                yield name, entry, seen

    def powers(self) -> Mapping[str, tuple[str, ...]]:
        """Return what every tool name of the client gives, those of MCP servers among them."""
        spell = self.client.spell
        tools = [(server.name, tool) for server in self.servers for tool in server.tools] if spell else []
        spelled = {spell(server, tool): (f"mcp:{server}/{tool}",) for server, tool in tools} if spell else {}
        return {**self.client.powers, **spelled}


def load_client(host: str) -> Client:
    """Return the client of a host."""
    client: Client = import_module(f"tests.conformance.clients.{host}").CLIENT
    return client


def run_trial(pin: Pin, suite: Suite, folder: Path) -> Trial:
    """Put the suite's files into a new project in `folder`, and run the pinned client there."""
    project, home = folder / "project", folder / "home"
    home.mkdir()
    for entry in suite.entries.values():
        for path, content in entry.files.items():
            target = project / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    client = load_client(pin.host)
    room = Room(
        pin=pin,
        project=project,
        home=home,
        agents=tuple(suite.entries),
        servers=servers_to_add(suite),
        environment=variables_of_suite(),
    )
    begun = time.monotonic()
    observed = client.run(room)
    return Trial(
        client=client,
        suite=suite,
        servers=servers_of_suite(),
        observed=observed,
        seconds=time.monotonic() - begun,
    )
