"""`agentpkg cache verify`."""

from __future__ import annotations

import click

from agentpkg.commands import options
from agentpkg.console import say, say_json


@click.command()
@options.as_json
def command(as_json: bool) -> None:
    """Read everything in the cache, and take away what is damaged; it is had anew when it is needed."""
    from agentpkg.cache import verify_cache

    found = verify_cache()
    if as_json:
        say_json({"mirrors": found.mirrors, "renderings": found.renderings, "damaged": list(found.damaged)})
        return
    for name in found.damaged:
        say(f"{name} was damaged, and is gone")
    say(f"read {found.mirrors} mirrors and {found.renderings} renderings; {len(found.damaged)} damaged")
