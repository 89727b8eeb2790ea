"""`agentpkg.lock`, as a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.lockfile import FILE_NAME, FORMAT, ITEM, NO_COMMIT, NO_RENDERING
from agentpkg.requirement import FROM_PATH
from agentpkg.schemas import overrides
from agentpkg.schemas.words import NOT_BLANK, by_key, document, number, text, texts, whole

if TYPE_CHECKING:
    from agentpkg.schemas.words import Schema

_INSIDE = r"^[ -9;-\[\]-~]+$"  # plain letters, without backslash and colon


def lockfile() -> Schema:
    """Return the schema of a lockfile. Its reader looks for what it knows, so more may stand in it."""
    return document(
        f"{FILE_NAME}: what was chosen, and what was written. agentpkg alone writes it.",
        optional=("project_hosts", "bundles", "files", "hosts"),
        format=number("The number of the format.", most=FORMAT),
        project_hosts=texts("The manifest's hosts when this was written."),
        bundles=by_key("The chosen versions, by bundle id.", _bundle()),
        files={
            **by_key("The written files, by path below the project.", _file()),
            "propertyNames": {"pattern": _INSIDE},
        },
        hosts=by_key("What decided the renderings, by host.", _host()),
    )


def _needed(about: str) -> Schema:
    return text(about, pattern=NOT_BLANK)


def _bundle() -> Schema:
    fidelities = by_key("", by_key("", by_key("", _needed("approximated, narrowed or widened."))))
    wanted = {
        "version": text("The specifier."),
        "hosts": texts("Only these hosts."),
        "agents": texts("Only these agents."),
        "as": by_key("Other names of agents.", _needed("")),
        "path": text("The folder of the project that holds the bundle."),
    }
    return document(
        "One chosen version.",
        optional=("requires", "grants", "limits", "losses", "wanted", "overrides"),
        version=_needed("The pin."),
        registry=_needed(f"Where it comes from: the registry's url, or {FROM_PATH}FOLDER for a bundle of the project."),
        commit=text("The commit that the version was first seen in.", pattern=f"^(?:[0-9a-f]+|{NO_COMMIT})$"),
        digest=_needed("The digest of its content: its identity."),
        requires=by_key("The specifiers of what it requires, by bundle id."),
        grants=by_key("The powers that were approved, by agent.", texts()),
        limits=by_key("What fields of hosts hold each agent back by.", texts()),
        losses={**fidelities, "description": "What was not carried exactly, by agent, host and field."},
        overrides=overrides.locked(),
        wanted=document(
            "The manifest's requirement; absent if only another bundle requires it.", optional=wanted, **wanted
        ),
    )


def _file() -> Schema:
    return document(
        "One written file.",
        optional=("hosts", "kept", "base"),
        bundle=_needed("The id of the bundle that it comes from."),
        item=text("The path in the bundle.", pattern=whole(ITEM.pattern)),
        hosts=texts("The hosts that read it."),
        sha256=_needed(f"The digest of the rendering; {NO_RENDERING} for a file that the next sync takes away."),
        kept=text(f"The digest of the edit that was accepted; {NO_RENDERING} where its deletion was."),
        base=text("The digest of the rendering that the file still rests on, where the newest is not in it yet."),
    )


def _host() -> Schema:
    return document(
        "What decided the renderings for a host.",
        optional=("models", "widening"),
        revision=number("The revision of the host's format."),
        models=by_key("The project's model ids.", _needed("")),
        widening=text("allow, where the project allows powers to widen there."),
    )
