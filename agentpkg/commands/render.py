"""`agentpkg render`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import say, say_json

if TYPE_CHECKING:
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@click.argument("bundle", metavar="NAME[SPECIFIER]|FOLDER")
@click.option("--host", "hosts", multiple=True, help="Render for this host; the project's hosts without it.")
@click.option("--bytes", "with_bytes", is_flag=True, help="Print the files as they would be written.")
@options.with_options("offline", "fail_on")
@options.as_json
@options.with_project
def command(
    project: Project, bundle: str, hosts: tuple[str, ...], with_bytes: bool, work: Options, as_json: bool
) -> None:
    """Show what a bundle becomes at each host, and what is lost on the way; nothing is written.

    The bundle is one of a registry, or a folder that holds a bundle.toml.
    """
    from agentpkg.commands.report import rendering_data, say_losses
    from agentpkg.ops.preview import preview
    from agentpkg.review import refuse_losses

    rendered = preview(project, bundle, hosts, work)
    if as_json:
        files = {path: target.content.decode() for path, target in rendered.targets.items()}
        say_json({**rendering_data(rendered), **({"files": files} if with_bytes else {})})
    elif with_bytes:
        for path, target in rendered.targets.items():
            say(f"==> {path} <==")
            say(target.content.decode().removesuffix("\n"))
    else:
        for one in rendered.placed:
            say(f"{one.rendering.fidelity.word:13} {one.rendering.host:12} {one.path}")
        say_losses(rendered.placed, rendered.overlaps)
    refuse_losses(rendered.losses(), work.fail_on, told=as_json)
