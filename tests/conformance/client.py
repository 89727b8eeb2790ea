"""What a client is to the suite: how it is run, what it can show, and what its own tool names mean.

Every module in `tests.conformance.clients` holds one `Client`. `run` starts the real client in a `Room` and returns
what it made of every agent there. All judgement is elsewhere, the same for all: a module decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tests.conformance.room import Room

Aspect = Literal["description", "tools", "model", "body"]
EVERY_ASPECT: frozenset[Aspect] = frozenset(["description", "tools", "model", "body"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a client makes of one agent; None is what it does not show.

    `tools` are the names that the client resolved, `NAME(SCOPE)` where it holds a tool to a scope. `model` and `system`
    are what it sent when the agent was started. `rejected` says why it did not take the file, `stuck` why it took the
    file and could not start the agent.
    """

    description: str | None = None
    tools: tuple[str, ...] | None = None
    model: str | None = None
    system: str | None = None
    rejected: str | None = None
    stuck: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What a client made of a project: every agent by name, or why the client did not start at all."""

    agents: Mapping[str, Seen] = field(default_factory=dict)
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """What a client sends for a model: patterns for the `session`'s own and by alias, and what it strips from an id.

    `key` is where a file names its model.
    """

    session: str
    key: str = "model"
    aliases: Mapping[str, str] = field(default_factory=dict)
    strips: str = r"(?!)"

    def sends(self, model: str) -> str:
        """Return a pattern for what is sent for a model that a file names."""
        return self.aliases.get(model) or re.escape(re.sub(self.strips, "", model))


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One client.

    `sees` are the aspects that it shows of every agent that it takes. `powers` maps each of its own tool names to the
    canonical tools that it gives: `*` for what no list can hold, none for a tool without power. A name that is not
    there fails the suite. `expects` are the names that an agent has whose list holds a canonical tool; a tool that the
    client offers nobody in the suite's circumstances is left out. `spell` names a tool of an MCP server, from the
    server's name and the tool's; None, where the client does not show them.
    """

    host: str
    run: Callable[[Room], Observed]
    sees: frozenset[Aspect]
    powers: Mapping[str, tuple[str, ...]]
    expects: Mapping[str, tuple[str, ...]]
    models: Models | None = None
    spell: Callable[[str, str], str] | None = None
