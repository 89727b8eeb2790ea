"""What a header says of its agent's powers in a place, or in a word, that its host does not read.

A host passes such a key over and gives every tool. Whoever wrote it meant a limit, so the file is refused: a limit is
never lost by a slip, nor by the way from one host to another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused
from agentpkg.foreign_servers import KEYS, server_keys
from agentpkg.foreign_tools import handled_keys, read_tools
from agentpkg.hosts import HOSTS
from agentpkg.restrictions import GIVEN, find_nested, is_limit, says_everything
from agentpkg.text import cut

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentpkg.foreign_tools import Tools
    from agentpkg.header import Header
    from agentpkg.hosts.base import Host


def refuse_strays(header: Mapping[str, Header], host: Host, tools: Tools, where: str) -> None:
    """Raise if a header that gives `tools` at its host holds a limit that is no part of them.

    A key that only looks like one of the host's is refused always, what other hosts or no host reads only where it
    leaves every tool, and the header does not say so.
    """
    handled = handled_keys(host) | {"permissions", "capabilityMode"}
    theirs = {key for _, keys in _controls() for key in keys}
    for key in header.keys() - handled - theirs:
        if is_limit(key):
            raise _refused(f"{where}: {cut(key)!r} is no key that {host.title} reads")
    if tools is not None or any(says_everything(header[key]) for key in handled & header.keys()):
        return
    for other, keys in _controls():
        for key in sorted((keys - handled) & header.keys()):
            if _limits(header, key, other):
                raise _refused(f"{where}: {key} is no key that {host.title} reads")
    for key in sorted(header.keys() - handled):
        nested = find_nested(header[key], server=key in server_keys(host).union(KEYS))
        if nested is not None:
            raise _refused(f"{where}: {cut(nested)!r} within {cut(key)!r} is read by nobody")


def _controls() -> Iterator[tuple[Host, set[str]]]:
    """Return every form of every host with the keys that take powers away there, and only there."""
    for host in HOSTS.values():
        for form in (host, *host.earlier):
            yield form, handled_keys(form) - {*GIVEN}


def _limits(header: Mapping[str, Header], key: str, other: Host) -> bool:
    """Say whether a key would take any power away at another host."""
    try:
        tools = read_tools({**_absent(other), key: header[key]}, other, "", [])
    except ContentRefused:
        return True
    return tools is not None


def _absent(host: Host) -> dict[str, Header]:
    """Return a header that holds nothing back at a host where one without a list would."""
    control = host.tools
    return {getattr(control, "key", ""): ["*"]} if getattr(control, "absent", "") == "no tool" else {}


def _refused(problem: str) -> ContentRefused:
    return ContentRefused(
        f"{problem}, and may be meant to hold the agent back",
        hint="write a list of tools as its host reads it, or say by --from-host whose file this is",
    )
