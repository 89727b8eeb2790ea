"""What clients and models say to each other, whatever the protocol.

A request is read into an `Asked` as soon as it arrives; no protocol's own shape goes further than its module here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Json: TypeAlias = Any  # what the standard library's parser returns


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request to a model.

    `system` is all that stands above the conversation, `said` what the user's side says in it. `tools` are the tools
    offered, each with its declaration as text; `answers` what calls of them returned, by the call's id.
    """

    path: str
    model: str
    system: str
    said: str
    tools: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of one tool, as a model asks for it."""

    id: str
    name: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What goes back over HTTP."""

    content: bytes
    kind: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One protocol: which requests are in it, how one is read, and how it is answered.

    `write` answers with the calls, or with a word of text if there are none.
    """

    speaks: Callable[[str], bool]
    read: Callable[[str, Json], Asked]
    write: Callable[[Json, Asked, tuple[Call, ...]], Reply]


def dump(value: Json) -> str:
    """Return `value` as JSON text with every character as it is."""
    return json.dumps(value, ensure_ascii=False)


def reply(value: Json) -> Reply:
    """Return `value` as the whole answer."""
    return Reply(content=dump(value).encode())


def events(values: list[Json], *, named: bool = False, end: str = "") -> Reply:
    """Return `values` as a stream of server-sent events, each `named` by its `type`, and `end` as the last one."""
    lines = [(f"event: {value['type']}\n" if named else "") + f"data: {dump(value)}\n\n" for value in values]
    return Reply(content=("".join(lines) + (f"data: {end}\n\n" if end else "")).encode(), kind="text/event-stream")


def text_of(content: Json) -> str:
    """Return the text of a message's content, which is text itself or a list of parts."""
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text") or "" for part in content or () if isinstance(part, dict))
