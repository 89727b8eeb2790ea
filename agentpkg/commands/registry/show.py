"""`agentpkg registry show`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg import completing
from agentpkg.commands import options
from agentpkg.console import say, say_json, say_table

if TYPE_CHECKING:
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@click.argument("name", shell_complete=completing.registries, default="default")
@options.with_options("offline")
@options.as_json
@options.with_project
def command(project: Project, name: str, work: Options, as_json: bool) -> None:
    """Show one registry: what it says about itself, its bundles, and where it stands."""
    registry = options.registries_for(project, work).get(name)
    newest = registry.newest()
    about = registry.about_itself
    if as_json:
        rows = [{"name": one.name, "version": one.version, "description": one.description} for one in newest.values()]
        data = {"name": name, "url": registry.url, "commit": registry.commit, "title": about.name}
        say_json({**data, "description": about.description, "bundles": rows})
        return
    say(f"{name}: {about.name or registry.url}")
    if about.description:
        say(about.description)
    say()
    say_table([("url", registry.url), ("commit", registry.commit), ("bundles", str(len(newest)))])
    say()
    say_table([one.name, one.version, one.description] for one in newest.values())
