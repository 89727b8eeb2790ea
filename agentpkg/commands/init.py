"""`agentpkg init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import interactive, say, say_json, tell
from agentpkg.errors import SEE_HOSTS

if TYPE_CHECKING:
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@click.option("--host", "hosts", multiple=True, help="A host that the project uses; may be given several times.")
@options.with_options("dry_run")
@options.as_json
@options.with_project
def command(project: Project, hosts: tuple[str, ...], work: Options, as_json: bool) -> None:
    """Write an agentpkg.toml with the hosts that the project uses."""
    from agentpkg.ops.init import check_no_manifest, init

    check_no_manifest(project)
    chosen = choose_hosts(project, hosts)
    text = init(project, chosen, dry_run=work.dry_run)
    if as_json:
        say_json({"manifest": str(project.root / project.manifest), "hosts": list(chosen), "dry_run": work.dry_run})
    elif work.dry_run:
        say(text.rstrip())
    else:
        say(f"wrote {project.root / project.manifest}")


def choose_hosts(project: Project, given: tuple[str, ...]) -> tuple[str, ...]:
    """Return the hosts for a new manifest: those given, else those seen, confirmed by the person at the terminal."""
    from agentpkg.hosts import get_host
    from agentpkg.ops.init import propose_hosts

    if given:
        return tuple(dict.fromkeys(get_host(name).name for name in given))
    hosts, seen = propose_hosts(project.root)
    if seen:
        tell(f"hosts found in {project.root}: {', '.join(hosts)}")
    else:
        tell(f"no host found in {project.root}; taking {', '.join(hosts)}; {SEE_HOSTS}")
    if interactive():
        answer = click.prompt("Hosts of this project", default=", ".join(hosts), err=True)
        hosts = tuple(dict.fromkeys(get_host(name).name for name in answer.replace(",", " ").split()))
    return hosts
