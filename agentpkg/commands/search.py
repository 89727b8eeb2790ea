"""`agentpkg search`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import count, say_json, say_table, tell

if TYPE_CHECKING:
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@click.argument("words", metavar="[WORD]...", nargs=-1)
@click.option("--from", "source", metavar="URL[@REF][#FOLDER]", help="Look in a repository of plain agents instead.")
@options.with_options("offline")
@options.as_json
@options.with_project
def command(project: Project, words: tuple[str, ...], source: str | None, work: Options, as_json: bool) -> None:
    """List bundles whose name, description or keywords hold every word; without a word, all."""
    from agentpkg.ops.inspect import search, search_agents

    if source:
        found, passed = search_agents(options.agents_source(source, project), project.root, words, work)
        if passed:
            tell(f"{count(len(passed), 'file')} there held no agent, or could not be read as one:")
        for why in passed:
            tell(f"  {why}")
    else:
        found = search(options.registries_for(project, work), words)
    if as_json:
        rows = [
            {"id": one.id, "version": one.version, "description": one.description, "keywords": list(one.keywords)}
            for one in found
        ]
        say_json({"bundles": rows})
    elif not found:
        tell(f"nothing found for {' '.join(words)}")
    else:
        say_table([one.id, one.version, one.description] for one in found)
