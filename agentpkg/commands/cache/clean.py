"""`agentpkg cache clean`."""

from __future__ import annotations

import click

from agentpkg.commands import options
from agentpkg.console import say_done, say_json


@click.command()
@options.as_json
def command(as_json: bool) -> None:
    """Throw the cache away. What was seen of registries stays, and holds them to it when they are fetched again."""
    from agentpkg.cache import clean_cache

    was = clean_cache()
    freed = sum(was.mirrors.values()) + was.rendering_bytes
    if as_json:
        say_json({"folder": str(was.folder), "mirrors": len(was.mirrors), "renderings": was.renderings, "bytes": freed})
    else:
        say_done(f"threw away {len(was.mirrors)} mirrors and {was.renderings} renderings, {freed:,} bytes")
