"""`--quiet` and `--verbose`, which every command takes, before its name and after it."""

from __future__ import annotations

import click

from agentpkg.errors import UsageError
from agentpkg.loudness import Loudness, choose, chosen

_OPTIONS = {
    Loudness.QUIET: ("-q", "Say nothing but errors, and what was asked for."),
    Loudness.VERBOSE: ("-v", "Tell what is done, and how long it takes."),
}


def _choose(context: click.Context, parameter: click.Parameter, given: bool) -> None:  # noqa: ARG001 (Click's signature)
    if given:
        wanted = Loudness(parameter.name)
        if chosen() not in (Loudness.NORMAL, wanted):
            raise UsageError("--quiet and --verbose exclude each other", hint="choose one of them")
        choose(wanted)


def take_loudness(command: click.Command) -> None:
    """Let a command take both options, unless it does."""
    if not any(parameter.name == Loudness.QUIET.value for parameter in command.params):
        command.params += [
            click.Option(
                [short, f"--{loudness.value}"],
                is_flag=True, is_eager=True, expose_value=False, callback=_choose, help=text,
            )
            for loudness, (short, text) in _OPTIONS.items()
        ]  # fmt: skip
