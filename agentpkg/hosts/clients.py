"""A host's client as a program on this machine: what it is called, and how it is asked which agents it loads.

`agentpkg doctor` reads these values. A client is asked only where it answers by itself: without a model, a login or the
network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """How a client is asked which agents it loads.

    `{project}` and `{home}` stand for the scratch folders that it sees, in all texts. `arguments` follow the program.
    `says` are messages for its standard input, one a line, or (`framed`) each after a header with its length. It ends
    by itself, or is ended once its output holds `until`. `home` are files that it finds below its home folder.

    `answer` leads to the names in a JSON document of its output, key by key; `*` is every item of a list. With `keyed`
    they are the keys of the table that stands there, with `pattern` the first groups of its matches in the text that
    does. `log` is a file below the home folder in which it says what it does not load, beside standard error.
    """

    arguments: tuple[str, ...]
    answer: tuple[str, ...]
    says: tuple[str, ...] = ()
    framed: bool = False
    until: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    home: Mapping[str, str] = field(default_factory=dict)
    keyed: bool = False
    pattern: str | None = None
    log: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The program that is called `command` by those who use it. Without a `question` it cannot be asked."""

    command: str
    question: Question | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A setting of a host's own that keeps it from loading agents, where it has the value `off`.

    `file` is JSON below the project and `user_file` below the home folder, None where there is none. `keys` lead to the
    value; `{name}` among them stands for an agent's name.
    """

    file: str | None
    user_file: str | None
    keys: tuple[str, ...]
    off: bool
