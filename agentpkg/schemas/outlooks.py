"""The documents of commands that show how bundles stand to each other and to their newer versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.schemas import shared
from agentpkg.schemas.words import choice, document, either, flag, maybe, number, printed, rows, text, texts

if TYPE_CHECKING:
    from agentpkg.schemas.words import Schema


def outdated() -> Schema:
    """Return the schema of how bundles stand to what their registries hold."""
    return printed(
        "How bundles stand to their newer versions.",
        bundles=rows(
            "Those that were named, or all, but for bundles of the project.",
            id=text("The bundle's id."),
            current=maybe(text("The installed version; null if none is.")),
            wanted=maybe(text("What an update would take; null if nobody can say, or nothing asks for the bundle.")),
            latest=maybe(text("The newest version there is; null if every version was yanked or cannot be read.")),
            prerelease=maybe(text("A pre-release that is newer still, where these do not count; null if none is.")),
            outdated=flag("Whether something is newer than the current version, or that was yanked."),
            specifier=maybe(text("What the manifest asks for; null if it does not name the bundle.")),
            required_by=texts("The installed bundles that require it."),
            yanked=maybe(text("Why the current version was yanked; null if it was not.")),
            steps=rows(
                "What each of wanted and latest would bring that is not the current version.",
                version=text("The version."),
                gained=rows(
                    "Powers that nobody has approved.",
                    agent=text("The agent, by its name in this project."),
                    powers=texts("What it would gain."),
                ),
                told=texts("The same and more in words, as an update tells it before it asks."),
                brings=texts("Bundles that it requires and that are not installed."),
                unfit=maybe(text("Why the version cannot be taken; null if it can.")),
            ),
        ),
        local=rows("Bundles of the project, which have one version.", id=text("The id."), path=text("The folder.")),
        unsolved=maybe(text("Why no versions fit what everybody wants; null if some do.")),
    )


def tree() -> Schema:
    """Return the schema of what asks for what."""
    return printed(
        "The installed bundles, and what asks for what; whatever is named or inverted.",
        roots=rows(
            "What the manifest asks for.",
            id=text("The bundle's id."),
            specifier=text("The specifier; empty for any version."),
            path=maybe(text("The folder of a bundle of the project; null for one of a registry.")),
        ),
        bundles=rows(
            "What the lockfile holds.",
            id=text("The bundle's id."),
            version=text("The pin."),
            requires=rows(
                "What it requires.",
                id=text("The bundle's id."),
                specifier=text("The specifier; empty for any version."),
                version=maybe(text("Its version; null if it is not in the lockfile.")),
            ),
            required_by=texts("The bundles that require it."),
        ),
        missing=texts("What is needed and not in the lockfile."),
        unneeded=texts("What is in the lockfile and nothing needs."),
        unsettled=maybe(text("Why the lockfile is not what the manifest asks for; null if it is.")),
    )


def why() -> Schema:
    """Return the schema of why something is in the project."""
    return printed(
        "Why something is in the project.",
        bundles=rows(
            "The bundle that was named, and those that what was named is of.",
            id=text("The bundle's id."),
            version=text("Its version."),
            chains={
                "type": "array",
                "description": "The ways to it from the manifest, shortest first; without --all the shortest alone.",
                "items": rows(
                    "Each bundle on the way.",
                    id=text("The bundle's id."),
                    version=maybe(text("Its version; null if it is not in the lockfile.")),
                    specifier=text("What the one before, or the manifest, asks for; empty for any version."),
                ),
            },
            others=number("How many more ways there are."),
            uncounted=flag("Whether there are more than were counted."),
            files=rows(
                "Its files, or those that were asked about.",
                path=text("Below the project."),
                item=text("What it is of the bundle, agents/NAME.md or skills/NAME/PATH."),
                hosts=texts("The hosts that read it."),
            ),
        ),
    )


def diff() -> Schema:
    """Return the schema of edits, or of two versions of a bundle."""
    return either(
        printed(
            "Your edits of written files.",
            files=rows(
                "Those that differ.",
                path=text("Below the project."),
                mine=maybe(text("The unified diff of your edit; null where the written bytes are known no more.")),
                theirs=maybe(text("The diff from your file to the new version beside it; null if none is.")),
            ),
        ),
        printed(
            "Two versions of a bundle, where one was named.",
            bundle=text("The bundle's id."),
            installed=maybe(text("The version that the lockfile names; null if it names none.")),
            before=maybe(text("The version to compare with; null if there is none.")),
            after=text("The version that is compared."),
            level=maybe(shared.level()),
            reasons=rows("What asks for which step.", level=shared.level(), reason=text("In words.")),
            powers=shared.powers(),
            text=text("A unified diff of the files as they were published."),
            hosts={
                "type": "object",
                "description": "A unified diff of what a host gets, by each host that was named.",
                "additionalProperties": text(),
            },
        ),
    )


def at_hosts() -> Schema:
    """Return the schema of what hosts make of a bundle's agents, in the document of `info`."""
    return rows(
        "What each host makes of each agent.",
        host=text("The host."),
        agent=text("The agent, by the name that its author gave it."),
        fidelity=choice("The worst of its notes, or refused.", [*shared.FIDELITIES, "refused"]),
        refused=maybe(text("Why install would not write it; null if it would.")),
        notes=shared.notes(),
        tokens=maybe(
            document(
                "Estimated; null where the host cannot load the agent.",
                always=number("Of name and description, in every session."),
                started=number("Of the prompt, in each run."),
            )
        ),
    )
