"""Groups whose commands are imported only when they are asked for: `PACKAGE/NAME.py` holds `command`."""

from __future__ import annotations

from importlib import import_module
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

import click

from agentpkg.commands.loud import take_loudness
from agentpkg.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.shell_completion import CompletionItem

# What these are called elsewhere.
_MEANT = {
    "add": "install",
    "get": "install",
    "uninstall": "remove",
    "rm": "remove",
    "upgrade": "update",
    "ls": "list",
    "show": "info",
    "find": "search",
    "lint": "check",
    "help": "--help",
    "version": "--version",
}


class LazyGroup(click.Group):
    """A group of the commands `names`, each in a module of `package`. All of them take `--quiet` and `--verbose`.

    With `sections` the names are those in them, and help shows them so, with what is said of each and without importing
    any.
    """

    def __init__(
        self,
        *args: Any,
        package: str = "",
        names: tuple[str, ...] = (),
        sections: Mapping[str, Mapping[str, str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._package = package
        self._sections = sections or {}
        self._names = names or tuple(name for section in self._sections.values() for name in section)
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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that a word names; for one that names none, say which is meant."""
        name = args[0]
        if name in self._names or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        meant = _MEANT.get(name)
        if meant and (meant in self._names or meant.startswith("-")):
            hint = f"did you mean {ctx.command_path} {meant}?"
        else:
            hint = nearest(name, self._names, f"{ctx.command_path} --help lists them")
        raise UsageError(f"there is no command {name!r}", hint=hint, told=True)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Return the commands and options that begin so."""
        if not self._sections or incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        from click.shell_completion import CompletionItem

        every = {name: told for section in self._sections.values() for name, told in section.items()}
        return [CompletionItem(name, help=told) for name, told in every.items() if name.startswith(incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands into the help text, in their sections if there are any."""
        if not self._sections:
            super().format_commands(ctx, formatter)
        width = max((len(name) for name in self._names), default=0)
        for title, commands in self._sections.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), told) for name, told in commands.items()])
