"""`agentpkg render`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentpkg import completing
from agentpkg.commands import options
from agentpkg.console import say, say_json, say_table, tell
from agentpkg.errors import UsageError

if TYPE_CHECKING:
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@click.argument("source", shell_complete=completing.available, metavar="NAME[SPECIFIER]|FOLDER|FILE")
@options.with_hosts("Print the files that this host gets; may be repeated.")
@click.option("--losses", is_flag=True, help="Show how well hosts hold it, and no file, also with --host.")
@click.option(
    "--all", "all_hosts", is_flag=True, help="Write what every host would get, with --out; nothing is written over."
)
@click.option("--out", metavar="FOLDER", type=click.Path(path_type=Path), help="Where --all writes, in FOLDER/HOST.")
@options.with_options("offline", "fail_on")
@options.as_json
@options.with_project
def command(
    project: Project,
    source: str,
    hosts: tuple[str, ...],
    losses: bool,
    all_hosts: bool,
    out: Path | None,
    work: Options,
    as_json: bool,
) -> None:
    """Show what a bundle or an agent file becomes at each host, and what is lost on the way; nothing is installed.

    The bundle is one of a registry, or a folder that holds a bundle.toml; the file may be in any host's format. Without
    --host it is shown how the project's hosts would hold it.
    """
    from agentpkg.commands.report import rendering_data, say_losses, show_files
    from agentpkg.ops.preview import files_of, preview
    from agentpkg.review import refuse_losses

    if all_hosts != (out is not None) or (all_hosts and (hosts or losses)):
        raise UsageError(
            "--all and --out go together, and without --host and --losses",
            hint="agentpkg render SOURCE --all --out FOLDER",
        )
    if out is not None:
        _write_all(project, source, out, work, as_json=as_json)
        return
    done = preview(project, source, hosts, work)
    rendered = done.rendered
    if as_json:
        files = {path: target.content.decode() for path, target in rendered.targets.items()}
        say_json({**rendering_data(rendered), "notes": list(done.notes), **({} if losses else {"files": files})})
    elif hosts and not losses:
        show_files(done, files_of(rendered))
    else:
        for one in rendered.placed:
            say(f"{one.rendering.fidelity.word:13} {one.rendering.host:12} {one.path}")
        say_losses(rendered.placed, rendered.overlaps)
        for note in done.notes:
            tell(note)
    refuse_losses(rendered.losses(), work.fail_on, told=as_json)


def _write_all(project: Project, source: str, out: Path, work: Options, *, as_json: bool) -> None:
    from agentpkg.ops.preview import files_of, preview_all, write_files
    from agentpkg.review import refuse_losses

    rendered, refused = preview_all(project, source, work)
    write_files(out, {f"{host}/{path}": data for host, one in rendered.items() for path, data in files_of(one).items()})
    rows = [
        (host, placed.rendering.fidelity.word, f"{out.as_posix()}/{host}/{placed.path.partition('#')[0]}")
        for host, one in rendered.items()
        for placed in one.placed
    ]
    if as_json:
        written = [{"host": host, "fidelity": fidelity, "path": path} for host, fidelity, path in rows]
        say_json({"written": written, "refused": refused})
    else:
        say_table([*rows, *((host, "refused", why) for host, why in refused.items())])
    for one in rendered.values():
        refuse_losses(one.losses(), work.fail_on, told=as_json)
