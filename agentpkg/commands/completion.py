"""`agentpkg completion`."""

from __future__ import annotations

import os
from pathlib import PurePath

import click

from agentpkg.console import say_bytes, say_done, say_json, tell
from agentpkg.errors import UsageError
from agentpkg.shells import SHELLS, script_for


@click.command()
@click.argument("shell", type=click.Choice(SHELLS), required=False)
@click.option("--install", "installs", is_flag=True, help="Put the script where the shell looks for it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
def command(shell: str | None, installs: bool, as_json: bool) -> None:
    """Print what makes a shell complete commands, options, bundles and versions: for your shell, or the one named."""
    from agentpkg.ops.completion import MARK

    shell = shell or _own_shell()
    script = script_for(shell, click.get_current_context().find_root().command, MARK)
    if not installs:
        if as_json:
            say_json({"shell": shell, "script": script, "path": None, "changed": False})
        else:
            say_bytes(script.encode())
        return
    from agentpkg.ops.completion import install

    place, changed = install(shell, script)
    if as_json:
        say_json({"shell": shell, "script": script, "path": str(place.path), "changed": changed})
        return
    say_done(f"{'wrote' if changed else 'up to date:'} {place.path}")
    for line in place.then.splitlines():
        tell(line)
    tell("a shell that starts from now on completes agentpkg")


def _own_shell() -> str:
    name = PurePath(os.environ.get("SHELL", "")).name
    if name not in SHELLS:
        raise UsageError(
            f"there is no completion for the shell {name or '(none in SHELL)'}", hint=f"name one: {', '.join(SHELLS)}"
        )
    return name
