"""`agentpkg.toml`, as a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.hosts import REVISIONS
from agentpkg.limits import LIMITS, MOST_BUNDLE_BYTES, MOST_FILE_BYTES
from agentpkg.manifest import FILE_NAME, HOST_KEYS, KEYS, MODEL_ID, PROJECT_KEYS, REQUIREMENT_KEYS, WIDENING
from agentpkg.registry_tables import COMMIT, FOLDER, REGISTRY_KEYS, REGISTRY_ONLY
from agentpkg.requirement import DEFAULT_REGISTRY, TIERS
from agentpkg.schemas import names, overrides
from agentpkg.schemas.words import (
    NOT_BLANK,
    ONE_LINE_NOT_BLANK,
    choice,
    flag,
    number,
    table,
    tables,
    text,
    texts,
    whole,
    whole_list,
)

if TYPE_CHECKING:
    from agentpkg.schemas.words import Schema

_TIERS = {
    "strong": "The model id for agents that ask for the strong tier; inherit leaves it to the session.",
    "balanced": "The model id for agents that ask for the balanced tier; inherit leaves it to the session.",
    "fast": "The model id for agents that ask for the fast tier; inherit leaves it to the session.",
}


def manifest() -> Schema:
    """Return the schema of a manifest."""
    schema = table(
        f"{FILE_NAME}: what a project asks for.",
        KEYS,
        {
            "project": table(
                "The project itself.",
                PROJECT_KEYS,
                {
                    "hosts": texts(
                        "The hosts to write for; empty only if every bundle has hosts of its own.", names.host()
                    )
                },
            ),
            "registries": tables(
                f"The registries that bundles come from; {DEFAULT_REGISTRY} replaces the one that ships with agentpkg.",
                names.name(),
                _registry(),
            ),
            "bundles": tables(
                "The bundles that the project asks for, by id: name, or registry/name outside the default registry.",
                names.bundle_id(),
                _requirement(),
            ),
            "overrides": overrides.overrides(),
            "models": table("The model ids that a host is given.", REVISIONS, {host: _models() for host in REVISIONS}),
            "hosts": table("The settings of a host.", REVISIONS, {host: _settings() for host in REVISIONS}),
        },
    )
    return {**schema, "$defs": overrides.places()}


def _registry() -> Schema:
    schema = table(
        "A registry of bundles, or a repository of plain agents.",
        REGISTRY_KEYS,
        {
            "url": text(
                "https, ssh (also user@host:path), file://, or a path from here; no password.",
                pattern=ONE_LINE_NOT_BLANK,
            ),
            "subfolder": text(
                "The folder of the repository that holds the registry; its top without it.",
                pattern=f"^/*(?:{whole_list(FOLDER, '/')[1:-1]})?/*$",
            ),
            "branch": text("The branch to read; the remote's own choice without it."),
            "signers": text("A file below the project with the keys that must have signed every change of bundles."),
            "revoked": text("A file below the project with the keys that no longer count."),
            "signed_after": text("The commit up to which no signature is asked for.", pattern=whole(COMMIT)),
            "filter": flag("Whether files are fetched only when they are needed."),
            "agents": flag("Whether this is a repository of plain agents, not of bundles."),
            "ref": text(
                "The branch, tag or commit of a repository of plain agents; the remote's own choice without it."
            ),
            "max_file_bytes": number(
                f"The most bytes of a file in a bundle; {LIMITS.file_bytes} without it.", 1, MOST_FILE_BYTES
            ),
            "max_bundle_bytes": number(
                f"The most bytes of a bundle; {LIMITS.bundle_bytes} without it.", 1, MOST_BUNDLE_BYTES
            ),
        },
        needs=("url",),
    )
    plain = {"properties": {"agents": {"enum": [True]}}, "required": ["agents"]}
    signed = {"anyOf": [{"required": ["revoked"]}, {"required": ["signed_after"]}]}
    return {
        **schema,
        "allOf": [
            {
                "if": plain,
                "then": {"properties": dict.fromkeys(REGISTRY_ONLY, False)},
                "else": {"properties": {"ref": False}},
            },
            {"if": signed, "then": {"required": ["signers"]}},
        ],
    }


def _requirement() -> Schema:
    specifier = "Which versions, as ~=1.2, >=1.2,<3 or ==1.2.0; any without it."
    agents = "Only these agents, by the names that their author gave them; all without it."
    long = table(
        "A bundle, with what is asked of it.",
        REQUIREMENT_KEYS,
        {
            "path": names.folder("The folder of the project that holds the bundle, instead of a registry."),
            "version": names.specifier(specifier),
            "hosts": texts("Only for these hosts; they need not be in project.hosts.", names.host()),
            "agents": texts(agents),
            "as": tables("Other names for agents in this project.", {"type": "string"}, names.name()),
        },
    )
    return {"description": specifier, "anyOf": [names.specifier(specifier), long]}


def _models() -> Schema:
    schema = table(
        "The model ids that the host is given for tiers, or for other ids.",
        TIERS,
        {tier: text(about, pattern=NOT_BLANK) for tier, about in _TIERS.items()},
    )
    other = text("The model id that runs here where an agent asks for this one.", pattern=NOT_BLANK)
    return {**schema, "patternProperties": {MODEL_ID: other}}


def _settings() -> Schema:
    about = "Whether agents are written whose limits this host cannot hold; refuse without it."
    return table("The settings of the host.", HOST_KEYS, {"widening": choice(about, WIDENING)})
