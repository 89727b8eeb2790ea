"""`agentpkg schema`."""

from __future__ import annotations

import click

from agentpkg.commands import options
from agentpkg.console import say_document, say_json, say_table


@click.command()
@click.argument("name", metavar="[NAME]", required=False)
@options.as_json
def command(name: str | None, as_json: bool) -> None:
    """Print a JSON Schema for editors: of a file such as agentpkg.toml, or of what a command prints with --json.

    Without a NAME all are listed.
    """
    from agentpkg import schemas

    if name is not None:
        say_document(schemas.find_schema(name))
    elif as_json:
        say_json({"schemas": [{"name": known, "about": about} for known, about in schemas.list_schemas().items()]})
    else:
        say_table(schemas.list_schemas().items())
