"""`agentpkg convert`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import say, say_json

if TYPE_CHECKING:
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@click.argument("paths", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--from", "written_for", metavar="HOST", help="The host that it was written for; detected without it.")
@click.option("--to", metavar="HOST", multiple=True, required=True, help="The host to write it for; may be repeated.")
@click.option("--out", type=click.Path(path_type=Path), help="Write below this folder, where the host looks for it.")
@options.with_options("accept_grants", "fail_on")
@options.as_json
@options.with_project
def command(
    project: Project,
    paths: tuple[Path, ...],
    written_for: str | None,
    to: tuple[str, ...],
    out: Path | None,
    work: Options,
    as_json: bool,
) -> None:
    """Turn agent files of one host into those of another, and tell what was lost on the way.

    What was read and what a host cannot hold is told on standard error; the file goes to standard output, or with --out
    to where the host looks for it. Nothing is installed, and nothing is looked after later.
    """
    from agentpkg.commands.report import rendering_data, show_files
    from agentpkg.ops.preview import convert, files_of
    from agentpkg.review import refuse_losses
    from agentpkg.workshop import add_files

    done = convert(project, paths, written_for, to, work)
    refuse_losses(done.rendered.losses(), work.fail_on, told=False)
    if out is not None:
        add_files(out, files_of(done.rendered))
    if as_json:
        files = {path: data.decode() for path, data in files_of(done.rendered).items()}
        say_json({**rendering_data(done.rendered), "notes": list(done.notes), "files": files})
    elif out is None:
        show_files(done)
    else:
        show_files(done, with_bytes=False)
        for path in files_of(done.rendered):
            say((out / path).as_posix())
