"""What names look like, wherever they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.hosts import REVISIONS
from agentpkg.requirement import (
    DEFAULT_REGISTRY,
    DEVICES,
    LONGEST_NAME,
    LONGEST_SPECIFIER,
    NAME,
    PORTABLE,
    SHORTEST_NAME,
)
from agentpkg.schemas.words import anything, choice, text, whole, whole_list

if TYPE_CHECKING:
    from agentpkg.schemas.words import Schema


def name(about: str = "") -> Schema:
    """Return the schema of a name of a bundle, agent, skill or registry."""
    return text(
        about,
        pattern=whole(NAME.pattern),
        minLength=SHORTEST_NAME,
        maxLength=LONGEST_NAME,
        **{"not": {"enum": sorted(DEVICES)}},
    )


def bundle_id(about: str = "") -> Schema:
    """Return the schema of a bundle's id: its name, with its registry unless that is the default one."""
    one, length = whole(NAME.pattern)[1:-1], f"[^/]{{{SHORTEST_NAME},{LONGEST_NAME}}}"
    devices = "|".join(sorted(DEVICES))
    registry = f"(?:(?!(?:{DEFAULT_REGISTRY}|{devices})/)(?={length}/){one}/)?"
    return text(about, pattern=f"^{registry}(?={length}$)(?!(?:{devices})$){one}$")


def specifier(about: str) -> Schema:
    """Return the schema of a specifier: PEP 440's signs, each with something behind it."""
    return text(about, pattern=r"^[\s,]*(?:(?:~=|={2,3}|!=|[<>]=?)[^,]+(?:,[\s,]*|$))*$", maxLength=LONGEST_SPECIFIER)


def host() -> Schema:
    """Return the schema of a host's name."""
    return choice("", REVISIONS)


def folder(about: str) -> Schema:
    """Return the schema of a folder below the project."""
    return anything(about, **text(pattern=whole_list(PORTABLE, "/")))
