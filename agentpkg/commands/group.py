"""Groups whose commands are imported only when they are asked for: `PACKAGE/NAME.py` holds `command`."""

from __future__ import annotations

from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from agentpkg.commands.loud import take_loudness


class LazyGroup(click.Group):
    """A group of the commands `names`, each in a module of `package`. All of them take `--quiet` and `--verbose`."""

    def __init__(self, *args: Any, package: str = "", names: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._package = package
        self._names = names
        take_loudness(self)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (Click's signature)
        """Return the names in the order in which help shows them."""
        return list(self._names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return one command, imported now; None if there is none of that name."""
        if cmd_name not in self._names:
            return None
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = import_module(f"{self._package}.{module}").command
        take_loudness(command)
        return command
