"""The documents of commands that show something of a project or a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.findings import LEVELS
from agentpkg.schemas import outlooks, shared
from agentpkg.schemas.words import by_key, choice, document, either, flag, maybe, number, printed, rows, text, texts

if TYPE_CHECKING:
    from agentpkg.schemas.words import Schema


def list_() -> Schema:
    """Return the schema of the installed bundles."""
    return printed(
        "The installed bundles.",
        bundles=rows(
            "By id.",
            id=text("The bundle's id."),
            version=text("The pin."),
            wanted=maybe(text("The manifest's specifier; null if only another bundle requires it.")),
            path=maybe(text("The folder of a bundle of the project; null for one of a registry.")),
            agents=texts("Its agents, by their names in this project."),
            hosts=texts("The hosts that have them."),
            registry=text("The registry's url as in the manifest, builtin:, or path::FOLDER."),
        ),
    )


def search() -> Schema:
    """Return the schema of what was found."""
    return printed(
        "The bundles that were found.",
        bundles=rows(
            "Best first.",
            id=text("The bundle's id."),
            version=text("Its newest version."),
            description=text("What it is for."),
            keywords=texts("Words that it is found by."),
            yanked=maybe(text("Why that version was yanked, where every version was; null otherwise.")),
        ),
    )


def info() -> Schema:
    """Return the schema of all about one bundle."""
    return printed(
        "All about one version of a bundle.",
        id=text("The bundle's id."),
        version=text("The version that is told of."),
        description=text("As in bundle.toml."),
        license=maybe(text("As in bundle.toml.")),
        authors=texts("As in bundle.toml."),
        keywords=texts("As in bundle.toml."),
        registry=text("The registry's url, builtin:, or path::FOLDER for a bundle of the project."),
        digest=text("The digest of its content."),
        requires=by_key("Specifiers of what it requires, by name."),
        agents=rows(
            "Its agents.",
            name=text("The agent."),
            description=text("When to use it."),
            grants=texts("Its powers, with those that host fields add."),
        ),
        skills=rows("Its skills.", name=text("The skill."), description=text("What it is for.")),
        installed=maybe(text("The version that the lockfile names.")),
        newer=maybe(text("A newer version than the installed one; null if there is none, or none is installed.")),
        versions=rows(
            "All versions, newest first.",
            version=text("The version."),
            yanked=maybe(text("Why it was yanked; null if it was not.")),
        ),
        brings=rows(
            "What it brings along, with what that requires.",
            id=text("The bundle's id."),
            version=text("The version that would come."),
            installed=maybe(text("The version that the lockfile names; null if it names none.")),
            required_by=texts("Those of these bundles that require it."),
        ),
        unsolved=maybe(text("Why what it requires cannot be had; null if it can.")),
        hosts=outlooks.at_hosts(),
        tokens=document("Estimated.", skills=number("Of names and descriptions of its skills, in every session.")),
    )


def audit() -> Schema:
    """Return the schema of an audit."""
    return printed(
        "What does not hold of the project.",
        findings=shared.findings("By file and line."),
        files=number("How many files were looked at."),
        bundles=number("How many bundles were looked at."),
    )


def check() -> Schema:
    """Return the schema of a check."""
    return printed(
        "What is wrong with agents, for their author.",
        findings=shared.findings("By file and line; paths from where you stand."),
        mended=rows("What --fix mended.", path=text("The file."), what=text("What was done.")),
        agents=rows(
            "How long agents are.",
            path=text("The file."),
            agent=text("The agent."),
            tokens={
                "type": "object",
                "description": "Tokens, estimated.",
                "properties": {"description": number("Of the description."), "prompt": number("Of the prompt.")},
                "required": ["description", "prompt"],
            },
        ),
        bundles=number("How many bundles were looked at."),
        files=number("How many files were looked at."),
    )


def _rule() -> dict[str, Schema]:
    return {
        "code": text("The code."),
        "level": choice("How grave it is.", LEVELS),
        "exit_code": number("The exit code that it stands for."),
        "about": text("What it says."),
        "why": text("Why it matters; may be empty."),
        "remedy": text("What to do."),
        "wrong": text("What breaks it; may be empty."),
        "right": text("What does not; may be empty."),
        "mendable": flag("Whether check --fix mends some of it."),
    }


def explain() -> Schema:
    """Return the schema of one rule, or of all."""
    return either(
        printed("One rule.", **_rule()),
        printed("All rules, where none was named.", rules=rows("In the order of their codes.", **_rule())),
    )


def render() -> Schema:
    """Return the schema of renderings that were shown, or with `--all` written."""
    shown = {
        **shared.placed(),
        "notes": texts("What of a file in another format was read in another way."),
        "files": by_key("The content by path; not with --losses."),
    }
    written = {
        "written": rows(
            "The hosts that were written for.",
            host=text("The host."),
            fidelity=choice("How well it holds the agents.", shared.FIDELITIES),
            path=text("The folder."),
        ),
        "refused": by_key("Why a host was not written for, by host."),
    }
    return either(
        printed("What hosts make of agents.", optional=("files",), **shown), printed("With --all.", **written)
    )


def convert() -> Schema:
    """Return the schema of a conversion."""
    return printed(
        "What a host makes of agents of another format.",
        **shared.placed(),
        notes=texts("What was read in another way."),
        files=by_key("The content by path."),
    )


def hosts() -> Schema:
    """Return the schema of all hosts, or of one."""
    every = rows(
        "By name.",
        name=text("The host."),
        title=text("What it is called."),
        configured=flag("Whether the project names it."),
        detected=flag("Whether the project looks as if it used it."),
        agents=text("The path of an agent, with NAME."),
        native=flag("Whether it has agents; false: they are written as skills."),
        checked=text("When, and on which client, the facts were checked."),
    )
    one = {
        "name": text("The host."),
        "title": text("What it is called."),
        "checked": text("When, and on which client, the facts were checked."),
        "sources": texts("Where the facts come from."),
        "paths": by_key("Where it looks."),
        "features": by_key("What it can hold, in words."),
        "tools": by_key(
            "By tool, the names that it is written under; several where it depends on what else the agent holds.",
            texts(),
        ),
        "fields": rows(
            "Fields that only this host knows.",
            name=text("The field."),
            kind=text("text, texts, integer, number or boolean."),
            choices=texts("The only values; none: any."),
            power=flag("Whether it adds power."),
        ),
    }
    return either(printed("All hosts.", hosts=every), printed("One host, where it is named.", **one))


def schema() -> Schema:
    """Return the schema of the list of schemas."""
    return printed(
        "The schemas that there are. With a name, the schema itself is printed, which has a format of its own.",
        schemas=rows("Files first.", name=text("What it is asked for by."), about=text("What it is of.")),
    )
