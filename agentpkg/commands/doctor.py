"""`agentpkg doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import count, one_line, say, say_json
from agentpkg.errors import AgentpkgError
from agentpkg.terminal import Role, Styled

if TYPE_CHECKING:
    from agentpkg.doctor import Diagnosis
    from agentpkg.ops.session import Options
    from agentpkg.project import Project

_ROLES = {"ok": Role.ADDED, "note": Role.DIM, "warning": Role.WARNING, "problem": Role.ERROR}


@click.command()
@click.option("--no-clients", is_flag=True, help="Start no client of a host.")
@click.option("--quick", is_flag=True, help="Start no client, ask no registry and do not read the cache.")
@options.with_options("offline")
@options.as_json
@options.with_project
def command(project: Project, work: Options, as_json: bool, no_clients: bool, quick: bool) -> None:
    """Look at this machine, the registries, the hosts and the project, and say what to do about what is not well."""
    from agentpkg.doctor import is_well
    from agentpkg.ops.doctor import Looks, doctor

    looks = Looks(network=not (quick or work.offline), clients=not (quick or no_clients), cache=not quick)
    found = doctor(project, work, looks)
    well = is_well(found)
    if as_json:
        from dataclasses import asdict

        say_json({"well": well, "findings": [asdict(one) for one in found]})
    else:
        _show(found)
    if not well:
        problems = sum(one.level == "problem" for one in found)
        raise AgentpkgError(f"{count(problems, 'problem')} to solve", told=as_json)


def _show(found: tuple[Diagnosis, ...]) -> None:
    group = None
    for one in found:
        if one.group != group:
            group = one.group
            say(Styled(group, Role.NAME))
        place = f"{one.where}: " if one.where else ""
        say("  ", Styled(f"{one.level:<8}", _ROLES[one.level]), one_line(f"{place}{one.what}"))
        if one.remedy:
            say(" " * 10, Styled("->", Role.HINT), one_line(f" {one.remedy}"))
