"""Parts that the documents of several commands have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.findings import LEVELS
from agentpkg.losses import Fidelity
from agentpkg.schemas.words import by_key, choice, flag, maybe, number, rows, text, texts
from agentpkg.semver import Level

if TYPE_CHECKING:
    from agentpkg.schemas.words import Schema

FIDELITIES = tuple(fidelity.word for fidelity in Fidelity)


def dry_run() -> Schema:
    """Return the schema of the word on `--dry-run`."""
    return flag("Whether --dry-run was given, so that nothing was written.")


def grants() -> Schema:
    """Return the schema of powers by agent."""
    return by_key("Powers by agent, * being every tool.", texts())


def notes() -> Schema:
    """Return the schema of what a host could not carry of an agent."""
    return rows(
        "What was not carried exactly.",
        field=text("The field: tools, model, mcp, body, description, skills, …"),
        fidelity=choice("How well the field is held.", FIDELITIES),
        detail=text("In words."),
    )


def placed() -> dict[str, Schema]:
    """Return the schemas of what every host makes of every agent."""
    fidelity = choice("How well the field is held.", FIDELITIES)
    return {
        "renderings": rows(
            "One for each agent and host, also if its file did not change.",
            bundle=text("The bundle's id."),
            agent=text("The agent, by its name in this project."),
            host=text("The host."),
            path=text("Where the rendering goes."),
            fidelity=choice("The worst of its notes.", FIDELITIES),
            notes=notes(),
        ),
        "overlaps": rows(
            "Hosts that load another host's copy.",
            bundle=text("The bundle's id."),
            agent=text("The agent."),
            host=text("The host that loads it."),
            field=text("overlap"),
            fidelity=fidelity,
            detail=text("In words."),
        ),
    }


def findings(about: str) -> Schema:
    """Return the schema of a list of findings."""
    return rows(
        about,
        code=text("The rule that is broken; agentpkg explain CODE tells more."),
        level=choice("How grave it is.", LEVELS),
        path=maybe(text("The file, null where it is of no file.")),
        line=maybe(number("The line, from 1; null where it is not known.")),
        column=maybe(number("The column, from 1; null where it is not known.")),
        message=text("What was found."),
        remedy=text("What to do."),
    )


def powers() -> Schema:
    """Return the schema of what agents gained and lost."""
    return rows(
        "Powers of each agent, before and after.",
        agent=text("The agent."),
        held=texts("All that it holds now."),
        gained=texts("Those that it did not hold before."),
        lost=texts("Those that it holds no more."),
    )


def level() -> Schema:
    """Return the schema of a step of versions."""
    return choice("The step of the version that the change asks for.", [level.word for level in Level])


def problems() -> Schema:
    """Return the schema of the problems of a registry."""
    return rows("What is wrong.", where=text("Where."), what=text("What, in words."))
