"""How each host holds a bundle, as the bundle's page shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.errors import with_hint
from agentpkg.grants import name_powers
from agentpkg.losses import Fidelity
from agentpkg.site.values import HostView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.errors import ContentRefused
    from agentpkg.hosts.base import Host
    from agentpkg.targets import Rendered


def view_host(host: Host, rendered: Rendered, files: Mapping[str, bytes]) -> HostView:
    """Return what a host makes of a bundle; `files` are those that it would read the agents from."""
    placed = [one.rendering for one in rendered.placed]
    worst = max((one.fidelity for one in placed), default=Fidelity.EXACT)
    return HostView(
        name=host.name,
        title=host.title,
        state=worst.word,
        notes=tuple((one.agent, note.field, note.fidelity.word, note.detail) for one in placed for note in one.notes),
        gained=tuple((one.agent, name_powers(one.gained)) for one in placed if one.gained),
        files={path: data.decode() for path, data in files.items()},
    )


def view_refusal(host: Host, error: ContentRefused) -> HostView:
    """Return the view of a host that cannot take a bundle at all."""
    return HostView(name=host.name, title=host.title, state="refused", why=with_hint(error), files={})
