"""`registry.toml` and `yanked.toml`, as schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.registry_file import FORMAT
from agentpkg.schemas.words import ONE_LINE, ONE_LINE_NOT_BLANK, by_key, document, number, text

if TYPE_CHECKING:
    from agentpkg.schemas.words import Schema


def registry() -> Schema:
    """Return the schema of a `registry.toml`. Its reader looks for what it knows, so more may stand in it."""
    return document(
        "registry.toml: what a registry says about itself.",
        optional=("name", "description"),
        format=number("The number of the registry's format.", most=FORMAT),
        name=text("The registry's name, for people.", pattern=ONE_LINE),
        description=text("What the registry is for, on one line.", pattern=ONE_LINE),
    )


def yanked() -> Schema:
    """Return the schema of a `yanked.toml`."""
    reason = text("Why the version must no longer be chosen, on one line.", pattern=ONE_LINE_NOT_BLANK)
    return by_key("yanked.toml: the versions of a bundle that were taken back, each with the reason.", reason)
