"""`agentpkg registry add`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import count, say_done, say_json

if TYPE_CHECKING:
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@click.argument("name")
@click.argument("url", metavar="URL|PATH")
@click.option("--subfolder", metavar="FOLDER", default="", help="The folder of the repository that holds the registry.")
@click.option("--branch", metavar="NAME", help="The branch to read; the repository's own choice without it.")
@click.option("--signers", metavar="FILE", help="A file of the keys that must have signed every change of bundles.")
@click.option("--revoked", metavar="FILE", help="A file of keys that no longer count.")
@click.option("--signed-after", metavar="COMMIT", help="The commit after which signatures are asked for.")
@click.option("--filter", "filtered", is_flag=True, help="Fetch files only when they are needed, for large registries.")
@options.with_options("offline", "dry_run")
@options.as_json
@options.with_project
def command(
    project: Project,
    name: str,
    url: str,
    subfolder: str,
    branch: str | None,
    signers: str | None,
    revoked: str | None,
    signed_after: str | None,
    filtered: bool,
    work: Options,
    as_json: bool,
) -> None:
    """Make a registry known to the project by a name, or with --global to all your projects.

    The name `default` replaces the registry that ships with agentpkg.
    """
    from agentpkg.ops.registry import add_registry
    from agentpkg.registry_tables import RegistrySource, check_subfolder

    source = RegistrySource(
        url=options.from_project(url, project),
        subfolder=check_subfolder(subfolder, "--subfolder"),
        branch=branch,
        signers=signers,
        revoked=revoked,
        signed_after=signed_after,
        filtered=filtered,
    )
    opened = add_registry(project, name, source, work)
    bundles = len(opened.names()) if opened else None
    if as_json:
        say_json({"name": name, "url": source.url, "commit": opened.commit if opened else None, "bundles": bundles})
    else:
        verb = "would be added" if work.dry_run else "added"
        many = "" if bundles is None else f": {count(bundles, 'bundle')}"
        say_done(f"registry {name} {verb}{many}", dry_run=work.dry_run)
