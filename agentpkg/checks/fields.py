"""What stands in the header of a host's own file: keys and models that are nearly known, and fields that add power."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from agentpkg.findings import Finding, Rule
from agentpkg.foreign_servers import server_keys
from agentpkg.foreign_tools import handled_keys
from agentpkg.hosts import HOSTS
from agentpkg.repair import KNOWN_KEYS
from agentpkg.requirement import TIERS
from agentpkg.text import cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agentpkg.checks.subject import Subject
    from agentpkg.hosts.base import Host, HostField

NEAR_KEY = Rule(
    code="AP112", level="warning",
    about="a key of the header is spelled nearly like one that the host knows",
    remedy="spell it as the host does",
    why="Hosts pass over a key that they do not know without a word. A tool list under such a key holds nothing back.",
    wrong="tool: Read, Grep",
    right="tools: Read, Grep",
)  # fmt: skip
NEAR_MODEL = Rule(
    code="AP113", level="warning",
    about="the model is spelled nearly like one that the host knows",
    remedy="spell it as the host does",
    why="The host takes another model, or does not start the agent.",
    wrong="model: sonet",
    right="model: sonnet",
)  # fmt: skip
LIFTS = Rule(
    code="AP306", level="warning",
    about="a field lifts questions that the host asks, or gives powers beside the tool list",
    remedy="take it out, unless the agent cannot work without it",
    why="Whoever runs the agent is no longer asked, or gives more than the tool list says.",
    wrong="tools: Read, Bash\npermissionMode: bypassPermissions",
    right="tools: Read, Bash",
)  # fmt: skip
RULES = (NEAR_KEY, NEAR_MODEL)
_SHORTEST = 4
_LONG = 6  # characters from which on one wrong letter makes no other word
_CHANGES = frozenset(["shell", "edit", "write"])


def check_keys(subject: Subject) -> Iterator[Finding]:
    """Find keys of a host's own file that are nearly known ones."""
    host = subject.host
    if not host or subject.variant or not subject.header:
        return
    own = _own_keys(host)
    known = own | KNOWN_KEYS | handled_keys(host) | server_keys(host)
    for key in subject.header:
        if key in known or len(key) < _SHORTEST:
            continue
        meant = sorted(one for one in own - subject.header.keys() if len(one) >= _SHORTEST and _is_slip(key, one))
        if meant:
            message = f"{host.title} knows no key {cut(key)}; did you mean {' or '.join(meant)}?"
            yield subject.at_key(NEAR_KEY, key, message)


def _own_keys(host: Host) -> set[str]:
    """Return the keys that the host itself knows."""
    keys = {spec.name for spec in host.fields} | {*host.name_keys, "name", *host.description_keys, "description"}
    keys |= {*host.other_keys, *host.fixed, *getattr(host.tools, "beside", {})}
    keys |= {getattr(host.tools, one, None) or "" for one in ("key", "switches", "servers")}
    keys |= {host.models.key if host.models else "", host.servers.key if host.servers else ""}
    return keys - {""}


def _is_slip(given: str, meant: str) -> bool:
    """Say whether a word is another with one letter too many, too few, wrong or in the wrong place, or other joints."""
    if _folded(given) == _folded(meant):
        return True
    short, long = sorted((given, meant), key=len)
    start = next((place for place, one in enumerate(short) if one != long[place]), len(short))
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    swapped = short[:start] + short[start : start + 2][::-1] + short[start + 2 :]
    return swapped == long or (len(short) >= _LONG and short[start + 1 :] == long[start + 1 :])


def _folded(key: str) -> str:
    return re.sub(r"[-_]", "", key).lower()


def check_model(subject: Subject) -> Iterator[Finding]:
    """Find a model that is nearly an alias of one that the host takes, or in a bundle nearly a tier."""
    if subject.agent is None or subject.variant:
        return
    host = subject.host
    if host:
        value = subject.header.get(host.models.key) if host.models else None
        given, known = value if isinstance(value, str) and subject.agent.model is None else None, [*_aliases(host)]
    else:
        given, known = subject.agent.model, [*TIERS, "inherit"]
    if given is None or given.lower() in known:
        return
    meant = get_close_matches(given.lower(), known, 1, 0.8)
    if meant:
        what = f"{host.title} takes no model {cut(given)}" if host else f"{cut(given)} is no tier of models"
        key = host.models.key if host and host.models else "model"
        yield subject.at_key(NEAR_MODEL, key, f"{what}; did you mean {meant[0]}?")


def _aliases(host: Host) -> Iterable[str]:
    """Return the short names of models that a host takes: its own, and those of others that it understands as well."""
    if host.models is None:
        return
    yield from {"inherit", *host.models.aliases.values()}
    for other in HOSTS.values():
        for alias in other.models.aliases.values() if other.models else ():
            if host.models.accepts and re.fullmatch(host.models.accepts, alias):
                yield alias


def check_power(subject: Subject) -> Iterator[Finding]:
    """Find fields of a host's own that lift questions or give powers, and a value that does."""
    if subject.variant:
        return
    agent = subject.agent
    for host in (subject.host,) if subject.host else HOSTS.values():
        held = agent.host_fields.get(host.name, {}) if agent else subject.header
        for spec in host.fields:
            value = held.get(spec.name)
            if isinstance(value, str) and value.strip() and _adds(spec, value, subject):
                key = spec.name if subject.host else "hosts"
                yield subject.at_key(
                    LIFTS, key, f"{spec.name} is {cut(value)}: {host.title} then asks less, or gives more"
                )


def _adds(spec: HostField, value: str, subject: Subject) -> bool:
    """Say whether a value of a field gives more than its agent has.

    A field without any harmless value is no mode, and gives tools: nothing to an agent that may change files anyhow.
    """
    if not spec.power or value in spec.harmless or (spec.choices and value not in spec.choices):
        return False
    tools = subject.agent.tools if subject.agent else None
    return bool(spec.harmless) or (tools is not None and _CHANGES.isdisjoint(tool.name for tool in tools))


CHECKS = (check_keys, check_model, check_power)
