"""JSON Schemas of the files that people write and of the documents that commands print, made from what parses them.

Names, patterns, limits and known keys come from the modules that read the files; here stands what a key means, which
editors show. A schema is never stricter than its reader (`tests/unit/test_schemas.py`); where a file's reader refuses
what is not known, so does its schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentpkg.schemas.words import Schema

# By the name that a schema is asked for by: the file that it is of.
FILES = {
    "manifest": "agentpkg.toml",
    "lockfile": "agentpkg.lock",
    "bundle": "bundle.toml",
    "agent": "agents/NAME.md",
    "registry": "registry.toml",
    "yanked": "yanked.toml",
}
JSON = "json/"  # in front of the command whose document is asked for


def list_schemas() -> dict[str, str]:
    """Return the name of every schema, with what it is of; those of files come first."""
    from agentpkg.schemas.documents import DOCUMENTS, ERROR

    printed = {f"{JSON}{name.replace(' ', '-')}": f"what agentpkg {name} --json prints" for name in DOCUMENTS}
    return FILES | printed | {f"{JSON}{ERROR}": "what a command prints instead if it fails"}


def find_schema(name: str) -> Schema:
    """Return a schema by its name, or by that of the file that it is of; raise `UsageError` if there is none."""
    known = list_schemas()
    called = {file: key for key, file in FILES.items()}.get(name, name)
    if called not in known:
        raise UsageError(f"there is no schema {name!r}", hint=nearest(name, known, "agentpkg schema lists them"))
    from agentpkg.schemas.words import DRAFT

    schema = _makers()[called]()
    return {"$schema": DRAFT, "title": known[called], **schema}


def _makers() -> dict[str, Callable[[], Schema]]:
    from agentpkg.schemas.agent import agent
    from agentpkg.schemas.bundle import bundle
    from agentpkg.schemas.documents import DOCUMENTS
    from agentpkg.schemas.lockfile import lockfile
    from agentpkg.schemas.manifest import manifest
    from agentpkg.schemas.registry import registry, yanked

    files = dict(zip(FILES, (manifest, lockfile, bundle, agent, registry, yanked), strict=True))
    return files | {f"{JSON}{name.replace(' ', '-')}": make for name, make in DOCUMENTS.items()}
