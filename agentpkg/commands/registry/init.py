"""`agentpkg registry init`."""

from __future__ import annotations

import click

from agentpkg.commands import options
from agentpkg.console import say_done, say_json


@click.command()
@click.argument("where", metavar="PATH|URL")
@click.option("--name", metavar="NAME", help="The registry's name; the last word of the path without it.")
@click.option("--description", default="Bundles of agents.", show_default=True, help="What the registry is for.")
@click.option("--subfolder", metavar="FOLDER", default="", help="The folder of the repository to make the registry.")
@click.option("--branch", metavar="NAME", help="The branch to begin it on.")
@options.signing
@options.as_json
def command(
    where: str, name: str | None, description: str, subfolder: str, branch: str | None, sign: bool | None, as_json: bool
) -> None:
    """Begin a registry.

    At a path where there is nothing yet, a bare git repository is made. In a repository that exists, at a path or a
    url, registry.toml is added to its branch.
    """
    from agentpkg.ops.registry import start_registry
    from agentpkg.registry_tables import RegistrySource, check_subfolder
    from agentpkg.sources import registry_name

    source = RegistrySource(url=where, subfolder=check_subfolder(subfolder, "--subfolder"), branch=branch)
    started = start_registry(where, name or registry_name(where), description, source, sign=sign)
    if as_json:
        say_json({"url": started.url, "commit": started.commit})
    else:
        say_done(f"began a registry at {where} (commit {started.commit[:12]})")
        say_done("agentpkg registry add NAME URL makes it known to a project, agentpkg publish fills it")
