"""What is new in a registry: the versions that came last."""

from __future__ import annotations

from itertools import islice
from time import gmtime, strftime
from typing import TYPE_CHECKING

from packaging.version import Version

from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentpkg.site.values import Added, Entry

_MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One version that came: its bundle, when (RFC 3339, in UTC), and what the bundle says about itself."""

    name: str
    version: str
    time: str
    description: str


def list_news(
    added: Mapping[str, Mapping[str, Added]], entries: Mapping[str, Entry], is_offered: Callable[[str, str], bool]
) -> tuple[News, ...]:
    """Return the newest of the versions that are offered, the newest first; `added` are all, by bundle and version."""
    every = ((name, version, one.time) for name, versions in added.items() for version, one in versions.items())
    newest = sorted(every, key=lambda one: Version(one[1]), reverse=True)
    newest.sort(key=lambda one: (-one[2], one[0]))
    offered = (one for one in newest if is_offered(one[0], one[1]))
    return tuple(
        News(
            name=name,
            version=version,
            time=strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(time)),
            description=entries[name].description,
        )
        for name, version, time in islice(offered, _MOST)
    )
