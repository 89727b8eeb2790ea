"""The documents of commands that look after a project and the machine it stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.doctor import LEVELS
from agentpkg.schemas import changes, shared
from agentpkg.schemas.words import anything, choice, either, flag, maybe, number, printed, rows, text, texts

if TYPE_CHECKING:
    from agentpkg.schemas.words import Schema


def override() -> Schema:
    """Return the schema of a change of overrides, or without an option of what they change."""
    value = {"anyOf": [text(), texts(), {"type": "null"}]}
    return either(
        changes.change(),
        printed(
            "The overrides for a bundle, without an option.",
            bundle=text("The bundle's id."),
            overrides=anything("The tables of the manifest, with all values of fields as text.", type="object"),
            effects=rows(
                "What they change.",
                agent=text("The agent, by the name that its author gave it."),
                host=text("The host."),
                key=text("tools, model, description, or a field that the host knows."),
                before=anything("Its value without the overrides; null where nothing is said: of tools, all.", **value),
                after=anything("Its value with them; null where nothing is said.", **value),
            ),
        ),
    )


def doctor() -> Schema:
    """Return the schema of what is and what is not well."""
    return printed(
        "What is and what is not well. With problems, this is printed in the place of the error.",
        well=flag("Whether there is no problem."),
        findings=rows(
            "By group.",
            group=text("What was looked at."),
            code=text("A stable name of what was found."),
            level=choice("How grave it is.", LEVELS),
            what=text("What was found."),
            where=maybe(text("A file below the project, a folder, or a name; null where it is of no place.")),
            remedy=maybe(text("What to do; null where nothing has to be done.")),
        ),
    )


def ci() -> Schema:
    """Return the schema of a workflow that is written."""
    return printed(
        "A workflow for the code host.",
        path=text("Below the project."),
        changed=flag("Whether it is (or would be) new; false: it was there just so."),
        dry_run=shared.dry_run(),
    )


def completion() -> Schema:
    """Return the schema of what makes a shell complete."""
    return printed(
        "What makes a shell complete commands.",
        shell=text("The shell."),  # nosec B604 (the name of a key)
        script=text("The script."),
        path=maybe(text("Where it was put; null without --install.")),
        changed=flag("Whether anything was written."),
    )


def registry_site() -> Schema:
    """Return the schema of a catalogue that is written."""
    return printed(
        "A catalogue of a registry.",
        out=text("The folder."),
        commit=text("The commit that is shown."),
        bundles=number("How many bundles."),
        versions=number("How many versions."),
        kept=number("How many bundles' pages stayed as they were."),
        unreadable=rows(
            "Versions that cannot be read.",
            name=text("The bundle."),
            version=text("The version."),
            why=text("Why."),
        ),
    )
