"""Data that the pages' scripts load: each file is one call of a function of ours with a JSON text.

Scripts and not JSON, because a page that was opened as a file may load those, and nothing else.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agentpkg.compare import compare_bundles
from agentpkg.hostfields import grants_everywhere
from agentpkg.site.powers import TRAITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from agentpkg.bundle import Bundle
    from agentpkg.site.values import BundlePage, Edition, Entry

PART = 2_000
_MOST_SETS = 40


def as_script(kind: str, data: Any) -> bytes:
    """Return the script that hands `data` to the page. No character of it is beyond ASCII."""
    return f"catalogue.take({json.dumps(kind)},{json.dumps(data, separators=(',', ':'))});\n".encode()


def index_parts(entries: Sequence[Entry], hosts: Sequence[str]) -> Iterator[bytes]:
    """Yield the search index in parts of at most `PART` bundles; sets of hosts and traits are numbers, bit by bit."""
    places = {host: place for place, host in enumerate(hosts)}
    traits = {key: place for place, key in enumerate(TRAITS)}
    for start in range(0, max(len(entries), 1), PART):
        rows = [
            [
                one.name,
                one.version,
                one.description,
                list(one.keywords),
                [agent for agent in one.agents if agent != one.name],
                sum(1 << places[host] for host in one.hosts),
                sum(1 << traits[key] for key in one.traits),
                one.powers,
                int(one.gone),
            ]
            for one in entries[start : start + PART]
        ]
        yield as_script("index", rows)


def compare_data(editions: Sequence[Edition]) -> bytes:
    """Return all versions that can be read, as texts and powers: what any two of them differ in can be told of that.

    A text that several versions have is there once. Which powers are gained from one set of them to another is told
    for every two sets; beyond so many sets, for neighbours alone.
    """
    texts: dict[str, int] = {}
    sets: dict[str, int] = {}
    first: list[Bundle] = []
    versions = []
    for one in editions:
        if one.bundle is None:
            continue
        files = {
            path: texts.setdefault(data.decode("utf-8", "replace").replace("\r\n", "\n"), len(texts))
            for path, data in sorted(one.files.items())
        }
        key = json.dumps({agent: list(held) for agent, held in grants_everywhere(one.bundle).items()})
        if key not in sets:
            sets[key] = len(first)
            first.append(one.bundle)
        versions.append({"version": one.version, "files": files, "powers": sets[key]})
    return as_script("versions", {"texts": list(texts), "versions": versions, "changes": _changes(first)})


def _changes(bundles: Sequence[Bundle]) -> dict[str, list[list[Any]]]:
    changes = {}
    for one, before in enumerate(bundles):
        for other, after in enumerate(bundles):
            if one != other and (len(bundles) <= _MOST_SETS or abs(one - other) == 1):
                changes[f"{one}>{other}"] = _change(before, after)
    return changes


def _change(before: Bundle, after: Bundle) -> list[list[Any]]:
    powers = compare_bundles((before, {}), after, {}).powers
    gone = sorted({agent.name for agent in before.agents} - {agent.name for agent in after.agents})
    rows: list[list[Any]] = [[one.agent, list(one.gained), list(one.lost)] for one in powers if one.gained or one.lost]
    return rows + [[name, [], None] for name in gone]


def preview_data(page: BundlePage) -> bytes:
    """Return the files of every host. Where an agent's prompt stands in one as it is, it is told once for all."""
    bodies = [prompt.text for agent in page.agents for prompt in agent.prompts]
    files = {
        host.name: [[path, _parts(text, bodies)] for path, text in sorted(host.files.items())]
        for host in page.hosts
        if host.files
    }
    return as_script("preview", {"bodies": bodies, "files": files})


def _parts(text: str, bodies: Iterable[str]) -> list[str | int]:
    """Return a text as what stands before a prompt, the prompt's number, and what stands after it."""
    found = [(len(body), number) for number, body in enumerate(bodies) if body in text]
    if not found:
        return [text]
    length, number = max(found, key=lambda one: (one[0], -one[1]))
    start = text.index(list(bodies)[number])
    return [text[:start], number, text[start + length :]]
