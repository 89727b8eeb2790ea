"""`agentpkg convert`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentpkg import completing
from agentpkg.commands import options
from agentpkg.console import say, say_json, tell

if TYPE_CHECKING:
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--from",
    "written_for",
    shell_complete=completing.hosts,
    metavar="HOST",
    help="The host that it was written for; detected without it.",
)
@click.option(
    "--to",
    shell_complete=completing.hosts,
    metavar="HOST",
    multiple=True,
    required=True,
    help="The host to write it for; may be repeated.",
)
@click.option(
    "--out", metavar="FOLDER", type=click.Path(path_type=Path), help="Write below FOLDER, where the host looks for it."
)
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
    from agentpkg.ops.preview import agents_of, convert, files_of, write_files
    from agentpkg.review import refuse_losses

    done = convert(project, paths, written_for, to, work)
    refuse_losses(done.rendered.losses(), work.fail_on, told=False)
    files = files_of(done.rendered)
    if out is not None:
        write_files(out, files)
    if as_json:
        texts = {path: data.decode() for path, data in files.items()}
        say_json({**rendering_data(done.rendered), "notes": list(done.notes), "files": texts})
    elif out is None:
        agents = agents_of(done.rendered)
        show_files(done, agents)
        if len(agents) < len(files):
            tell(f"{len(files) - len(agents)} files of skills go with it, which --out writes too")
    else:
        show_files(done, {})
        for path in files:
            say((out / path).as_posix())
