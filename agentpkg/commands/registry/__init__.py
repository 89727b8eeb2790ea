"""`agentpkg registry`: its commands, one module each."""

from __future__ import annotations

import click

from agentpkg.commands.group import LazyGroup

NAMES = ("init", "add", "list", "show", "remove", "verify", "diff", "site", "reset")


@click.group(cls=LazyGroup, package=__name__, names=NAMES)
def command() -> None:
    """Begin registries, make them known to a project, check them, and show them."""
