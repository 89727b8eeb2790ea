"""`agentpkg new`."""

from __future__ import annotations

from pathlib import Path

import click

from agentpkg.commands import options
from agentpkg.console import say_done, say_json, tell


@click.command()
@click.argument("name")
@click.option(
    "--to",
    metavar="FOLDER",
    default="bundles",
    type=click.Path(path_type=Path),
    help="Where its folder goes: `bundles`.",
)
@click.option("--description", help="What the agent is for, and when to use it.")
@options.as_json
def command(name: str, to: Path, description: str | None, as_json: bool) -> None:
    """Start a bundle with one agent in it."""
    from agentpkg.ops.new import new

    folder, files = new(name, to, description)
    if as_json:
        say_json({"folder": folder.as_posix(), "files": list(files)})
        return
    for path in files:
        say_done(f"{folder.as_posix()}/{path}")
    path = folder.as_posix()
    tell(f"write the prompt in {path}/agents/{name}.md, then: agentpkg check {path}")
    if not folder.is_absolute() and ".." not in folder.parts:
        tell(f"to use it in this project: agentpkg install {path if '/' in path else f'./{path}'}")
