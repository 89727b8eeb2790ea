"""`agentpkg info`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agentpkg import completing
from agentpkg.commands import options
from agentpkg.console import one_line, say, say_json, say_table
from agentpkg.grants import name_powers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agentpkg.ops.info import AtHost, Outline
    from agentpkg.ops.session import Options
    from agentpkg.project import Project

_FIDELITIES = ("exact", "approximated", "narrowed", "widened", "refused")


@click.command()
@click.argument("requirement", shell_complete=completing.available, metavar="NAME[SPECIFIER]")
@options.with_hosts("Tell what this host makes of it; may be repeated.")
@options.with_options("offline")
@options.as_json
@options.with_project
def command(project: Project, requirement: str, hosts: tuple[str, ...], work: Options, as_json: bool) -> None:
    """Show a bundle: versions, what comes along, what its agents may use and cost, and how well hosts hold them."""
    from agentpkg.ops.info import outline
    from agentpkg.requirement import parse_requirement

    told = outline(project, parse_requirement(requirement), hosts, work)
    if as_json:
        say_json(_data(told))
    else:
        _show(told)


def _show(told: Outline) -> None:
    info, bundle = told.info, told.info.bundle
    say(f"{info.id} {bundle.version}")
    say(bundle.description)
    say()
    say_table(_rows(told))
    for agent in bundle.agents:
        say()
        say(f"agent {agent.name} may use: {name_powers(info.grants[agent.name])}")
        say(f"  {agent.description.splitlines()[0]}")
    _show_hosts(told)
    _show_costs(told)


def _rows(told: Outline) -> Iterator[tuple[str, str]]:
    info, bundle = told.info, told.info.bundle
    behind = f" ({told.newer} is newer)" if told.newer else ""
    yield "installed", f"{info.installed or 'no'}{behind}"
    versions = (one.version + (f" (yanked: {one.yanked})" if one.yanked else "") for one in info.offers)
    yield "versions", ", ".join(versions)
    yield (
        "requires",
        ", ".join(f"{name} {specifier}".rstrip() for name, specifier in bundle.requires.items()) or "nothing",
    )
    if told.unsolved:
        yield "brings", f"nobody can say: {told.unsolved}"
    elif told.brought:
        brought = (
            f"{one.bundle} {one.version}" + (f" ({one.installed} is installed)" if one.installed else "")
            for one in told.brought
        )
        yield "brings", ", ".join(brought)
    yield "skills", ", ".join(skill.name for skill in bundle.skills) or "none"
    yield "licence", bundle.license or "not said"
    yield "authors", ", ".join(bundle.authors) or "not said"
    yield "registry", info.registry


def _show_hosts(told: Outline) -> None:
    """Print how well each host holds the agents, by the worst of them, and then what is lost."""
    from agentpkg.commands.report import say_losses

    worst: dict[str, str] = {}
    for one in told.hosts:
        worst[one.host] = max(worst.get(one.host, one.fidelity), one.fidelity, key=_FIDELITIES.index)
    say()
    say("hosts")
    say_table(
        (f"  {word}", ", ".join(host for host, of in worst.items() if of == word))
        for word in _FIDELITIES
        if word in worst.values()
    )
    refused: dict[tuple[str, str], list[str]] = {}
    for one in told.hosts:
        if one.refused:
            refused.setdefault((one.agent, one.refused), []).append(one.host)
    for (agent, why), hosts in refused.items():
        say(one_line(f"  refused on {', '.join(hosts)}: {agent}: {why}"))
    say_losses([one.placed for one in told.hosts if one.placed and not one.refused], [])


def _show_costs(told: Outline) -> None:
    """Print what agents cost in tokens, from the least to the most of the hosts."""
    say()
    say("tokens (estimated; see agentpkg info --json for each host)")
    rows = [("  agent", "in every session", "in each run")]
    for agent in told.info.bundle.agents:
        costs = [one.cost for one in told.hosts if one.agent == agent.name and one.cost]
        if costs:
            always, started = _span(one.always for one in costs), _span(one.started for one in costs)
            rows.append((f"  {agent.name}", always, started))
    if told.skills:
        rows.append(("  skills", f"{told.skills:,}", "as they are read"))
    say_table(rows)


def _span(numbers: Iterable[int]) -> str:
    every = sorted({*numbers})
    return f"{every[0]:,}" if len(every) == 1 else f"{every[0]:,} to {every[-1]:,}"


def _data(told: Outline) -> dict[str, Any]:
    info, bundle = told.info, told.info.bundle
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
        "newer": told.newer,
        "versions": [{"version": offer.version, "yanked": offer.yanked} for offer in info.offers],
        "brings": [
            {
                "id": one.bundle,
                "version": one.version,
                "installed": one.installed,
                "required_by": list(one.required_by),
            }
            for one in told.brought
        ],
        "unsolved": told.unsolved,
        "hosts": [_host_data(one) for one in told.hosts],
        "tokens": {"skills": told.skills},
    }


def _host_data(one: AtHost) -> dict[str, Any]:
    from agentpkg.commands.report import note_data

    return {
        "host": one.host,
        "agent": one.agent,
        "fidelity": one.fidelity,
        "refused": one.refused,
        "notes": [note_data(note) for note in one.placed.rendering.notes] if one.placed else [],
        "tokens": {"always": one.cost.always, "started": one.cost.started} if one.cost else None,
    }
