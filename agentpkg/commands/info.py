"""`agentpkg info`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agentpkg.commands import options
from agentpkg.console import say, say_json, say_table
from agentpkg.grants import name_powers

if TYPE_CHECKING:
    from agentpkg.ops.inspect import Info
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@click.argument("requirement", metavar="NAME[SPECIFIER]")
@options.with_options("offline")
@options.as_json
@options.with_project
def command(project: Project, requirement: str, work: Options, as_json: bool) -> None:
    """Show a bundle: its versions, what it requires, and what its agents may use."""
    from dataclasses import replace

    from agentpkg.ops.inspect import get_info, installed_version
    from agentpkg.requirement import parse_requirement

    asked = parse_requirement(requirement)
    registries = options.registries_for(project, work)
    info = get_info(registries, asked, registries.of(asked.id).url)
    info = replace(info, installed=installed_version(project, info.id))
    if as_json:
        say_json(_data(info))
    else:
        _show(info)


def _data(info: Info) -> dict[str, Any]:
    bundle = info.bundle
    return {
        "id": info.id,
        "version": bundle.version,
        "description": bundle.description,
        "license": bundle.license,
        "authors": list(bundle.authors),
        "keywords": list(bundle.keywords),
        "registry": info.registry,
        "digest": bundle.digest,
        "requires": dict(bundle.requires),
        "agents": [
            {"name": agent.name, "description": agent.description, "grants": list(info.grants[agent.name])}
            for agent in bundle.agents
        ],
        "skills": [{"name": skill.name, "description": skill.description} for skill in bundle.skills],
        "installed": info.installed,
        "versions": [{"version": offer.version, "yanked": offer.yanked} for offer in info.offers],
    }


def _show(info: Info) -> None:
    bundle = info.bundle
    say(f"{info.id} {bundle.version}")
    say(bundle.description)
    say()
    newest = next((one.version for one in info.offers if not (one.yanked or one.unfit)), None)
    behind = f" ({newest} is newer)" if info.installed and newest not in (None, info.installed) else ""
    rows = [
        ("installed", f"{info.installed or 'no'}{behind}"),
        (
            "versions",
            ", ".join(one.version + (f" (yanked: {one.yanked})" if one.yanked else "") for one in info.offers),
        ),
        ("requires", ", ".join(f"{name} {specifier}" for name, specifier in bundle.requires.items()) or "nothing"),
        ("skills", ", ".join(skill.name for skill in bundle.skills) or "none"),
        ("licence", bundle.license or "not said"),
        ("authors", ", ".join(bundle.authors) or "not said"),
        ("registry", info.registry),
    ]
    say_table(rows)
    for agent in bundle.agents:
        say()
        say(f"agent {agent.name} may use: {name_powers(info.grants[agent.name])}")
        say(f"  {agent.description.splitlines()[0]}")
