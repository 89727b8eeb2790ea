"""Overrides: what a project sets of agents that it takes from others, in the tables `[overrides.BUNDLE]`.

They stand in the manifest, so updates do not touch them, and in the lockfile as they were rendered. Here they are read
and written; `agentpkg.narrowing` puts them into agents.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from agentpkg.errors import SEE_HOSTS, UsageError, nearest
from agentpkg.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping

    from agentpkg.fields import Fields
    from agentpkg.grants import Tool
    from agentpkg.header import Header

TEXTS = ("model", "description")  # what may be set for all hosts, beside the tools
BELOW_BUNDLE = ("tools", *TEXTS, "hosts", "agents")
BELOW_AGENT = ("tools", *TEXTS, "hosts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What is set at one place: for one agent or all of a bundle (None), on one host or all (None).

    `agent` is the name that its author gave it. `tools` takes the place of the list, None leaves it. `values` are
    `model`, `description` and, on one host, fields of that host.
    """

    agent: str | None = None
    host: str | None = None
    tools: tuple[Tool, ...] | None = None
    values: Mapping[str, Header] = field(default_factory=dict)

    @property
    def path(self) -> tuple[str, ...]:
        """The keys that lead to the place, below the bundle's."""
        return (
            *(("agents", self.agent) if self.agent is not None else ()),
            *(("hosts", self.host) if self.host is not None else ()),
        )


def in_order(overrides: Iterable[Override], agent: str, host: str) -> list[Override]:
    """Return those that hold for an agent on a host, the narrowest place last: of two that set one key it counts.

    For one agent on one host is narrower than for one agent, that than for one host, that than for the bundle.
    """
    mine = (one for one in overrides if one.agent in (None, agent) and one.host in (None, host))
    return sorted(mine, key=lambda one: (one.agent is not None, one.host is not None))


def tools_at(overrides: Iterable[Override], agent: str, host: str) -> tuple[Tool, ...] | None:
    """Return the tools that are set for an agent, by its author's name, on a host; None where none are."""
    tools = [one.tools for one in in_order(overrides, agent, host) if one.tools is not None]
    return tools[-1] if tools else None


def place_name(bundle: str, path: Iterable[str] = ()) -> str:
    """Return a place as its header stands in the manifest."""
    return f"[overrides.{'.'.join(_key(part) for part in (bundle, *path))}]"


def _key(text: str) -> str:
    return text if text and "/" not in text else f'"{text}"'


def read_overrides(fields: Fields, known_hosts: Collection[str] | None = None) -> tuple[Override, ...]:
    """Return the overrides in a bundle's table; raise the table's error naming a key that is wrong.

    A place without a key is none. Where `known_hosts` is None, any name may be a host's, as in a newer lockfile.
    """
    places = [_read(fields, BELOW_BUNDLE, None, None), *_read_hosts(fields, None, known_hosts)]
    for agent, table in fields.table("agents").tables():
        places += [_read(table, BELOW_AGENT, agent, None), *_read_hosts(table, agent, known_hosts)]
    set_there = [one for one in places if one.values or one.tools is not None]
    return tuple(sorted(set_there, key=lambda one: (one.agent or "", one.host or "")))


def _read_hosts(fields: Fields, agent: str | None, known: Collection[str] | None) -> Iterator[Override]:
    for host, table in fields.table("hosts").tables():
        if known is not None and host not in known:
            raise table.error(f"{table.where}: unknown host {host!r}", nearest(host, known, SEE_HOSTS))
        yield _read(table, None, agent, host)


def _read(fields: Fields, known: tuple[str, ...] | None, agent: str | None, host: str | None) -> Override:
    """Return what one table sets; where `known` is None, every key may be a field of the host."""
    values: dict[str, Header] = {}
    for key in fields:
        if known is not None and key not in known:
            known_here = f"known here: {', '.join(known)}"
            raise fields.error(f"{fields.where}: unknown key {key!r}", nearest(key, known, known_here))
        if key in TEXTS:
            values[key] = fields.text(key)
        elif key not in BELOW_BUNDLE:
            values[key] = _value(fields, key)
        elif known is None and key != "tools":
            raise fields.error(f"{fields.where}: {key} cannot stand in the table of a host", hint="put it one table up")
    return Override(agent=agent, host=host, tools=_tools(fields), values=values)


def _value(fields: Fields, key: str) -> Header:
    """Return a host's own field as an agent's header would hold it: texts, and lists of them."""
    value = fields.raw(key)
    if isinstance(value, list):
        return [_scalar(fields, f"{key}[{position}]", item) for position, item in enumerate(value)]
    return _scalar(fields, key, value)


def _scalar(fields: Fields, key: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise fields.error(
            f"{fields.where}: {key} is no text, number, true or false, nor a list of such", hint="write it in quotes"
        )
    return str(value)


def _tools(fields: Fields) -> tuple[Tool, ...] | None:
    names = fields.texts_or_none("tools")
    if names is None:
        return None
    from agentpkg.grants import TOOLS, parse_tool

    tools = []
    for name in names:
        try:
            tools.append(parse_tool(name))
        except ValueError as error:
            hint = nearest(name, TOOLS, "tools: " + ", ".join(TOOLS))
            raise fields.error(f"{fields.where}: tools: {error}", hint) from None
    if len(set(tools)) < len(tools):
        raise fields.error(f"{fields.where}: tools names one tool twice", hint="take one of them out")
    return tuple(tools)


def overrides_data(overrides: Iterable[Override]) -> dict[str, Any]:
    """Return overrides as the tables that `read_overrides` reads."""
    data: dict[str, Any] = {}
    for one in overrides:
        table = data
        for step in one.path:
            table = table.setdefault(step, {})
        table.update(one.values)
        if one.tools is not None:
            table["tools"] = [str(tool) for tool in one.tools]
    return data


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A change of one place of a bundle's overrides: keys to set, keys to take out, or (`clear`) all of it.

    `path` is as in `Override`.
    """

    bundle: str
    path: tuple[str, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    clear: bool = False


def with_edit(text: str, edit: Edit) -> str:
    """Return the manifest's text with one place edited; tables that become empty go."""
    import tomllib

    import tomlkit

    from agentpkg.registry_tables import dump_edited

    document = tomlkit.parse(text)
    wanted = tomllib.loads(text)
    keys = ("overrides", edit.bundle, *edit.path)
    _edit(document, keys, edit)
    _edit(wanted, keys, edit)
    edited = dump_edited(document, text)
    if tomllib.loads(edited) != wanted:  # not all forms that TOML has can be edited in place
        raise UsageError(
            f"{place_name(edit.bundle, edit.path)} cannot be edited as it is written",
            hint="write it as a table of that name, or edit agentpkg.toml by hand and run agentpkg sync",
        )
    commented = _with_comments(edited, text)
    return commented if tomllib.loads(commented) == wanted else edited


def _with_comments(edited: str, before: str) -> str:
    """Return an edited text with the comments that stood right above a table before, and went with the one above it."""
    above, block = dict[str, str](), ""
    for line in before.splitlines(keepends=True):
        if line.startswith("["):
            above[line] = block
        block = block + line if line.startswith("#") else ""
    text = ""
    for line in edited.splitlines(keepends=True):
        lost = above.get(line, "")
        text += line if text.endswith(lost) else lost + line
    return text


def _edit(table: MutableMapping[str, Any], keys: tuple[str, ...], edit: Edit) -> None:
    """Edit the table that `keys` lead to; those on the way are made where something is set, and go where they empty."""
    if not keys:
        for key in edit.unset:
            table.pop(key, None)
        for key, value in edit.values.items():
            table[key] = deepcopy(value)
        return
    first, *rest = keys
    if edit.clear and not rest:
        table.pop(first, None)
    if first not in table and not edit.values:
        return
    if first not in table:
        table[first] = _new_table(table)
    _edit(table[first], tuple(rest), edit)
    if not table[first]:
        del table[first]


def _new_table(within: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return an empty table of the kind that goes into `within`: of plain values, or of a text that is edited."""
    import tomlkit
    from tomlkit.items import InlineTable

    if type(within) is dict:
        return {}
    return tomlkit.inline_table() if isinstance(within, InlineTable) else tomlkit.table()
