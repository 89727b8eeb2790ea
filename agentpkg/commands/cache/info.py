"""`agentpkg cache info`."""

from __future__ import annotations

import click

from agentpkg.commands import options
from agentpkg.console import say, say_json


@click.command()
@options.as_json
def command(as_json: bool) -> None:
    """Show where the cache is, and how much lies in it."""
    from agentpkg.cache import inspect_cache

    info = inspect_cache()
    if as_json:
        renderings = {"number": info.renderings, "bytes": info.rendering_bytes}
        folders = {"folder": str(info.folder), "state": str(info.state)}
        say_json({**folders, "mirrors": info.mirrors, "renderings": renderings})
        return
    say(f"cache: {info.folder}")
    say(f"state: {info.state}")
    say(f"{len(info.mirrors)} mirrors of registries, {sum(info.mirrors.values()):,} bytes")
    say(f"{info.renderings} renderings, {info.rendering_bytes:,} bytes")
