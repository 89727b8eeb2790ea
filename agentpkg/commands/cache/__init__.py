"""`agentpkg cache`: its commands, one module each."""

from __future__ import annotations

import click

from agentpkg.commands.group import LazyGroup

NAMES = ("info", "verify", "clean")


@click.group(cls=LazyGroup, package=__name__, names=NAMES)
def command() -> None:
    """Look at what this machine keeps of registries and renderings, check it, and throw it away."""
