"""`agentpkg import`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentpkg import completing
from agentpkg.commands import options
from agentpkg.console import count, one_line, say, say_json, say_table, says_what_was_done, tell
from agentpkg.errors import ContentRefused, EditConflict, UsageError

if TYPE_CHECKING:
    from agentpkg.ops.import_ import Imported


@click.command(name="import")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--to", metavar="FOLDER", default="bundles", type=click.Path(path_type=Path), help="Where bundles go: `bundles`."
)
@click.option("--bundle", metavar="NAME", help="Put all agents into one bundle of this name.")
@click.option("--each", is_flag=True, help="Make a bundle for each agent, as without --bundle.")
@click.option(
    "--from-host",
    "host",
    shell_complete=completing.hosts,
    metavar="HOST",
    help="The host that the files were written for; detected without.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be made and write nothing.")
@options.as_json
def command(
    paths: tuple[Path, ...], to: Path, bundle: str | None, each: bool, host: str | None, dry_run: bool, as_json: bool
) -> None:
    """Make bundles of agents in any host's format: files, or folders that hold some.

    What was read in another way than it stands, dropped or renamed is told, with file and line. A file that cannot be
    read is named, and the others are imported all the same.
    """
    from agentpkg.ops.import_ import import_agents

    if bundle and each:
        raise UsageError("--bundle and --each exclude each other", hint="choose one of them")
    done = import_agents(paths, to, bundle=bundle, written_for=host, dry_run=dry_run)
    if as_json:
        say_json(_data(done, dry_run=dry_run))
    elif says_what_was_done(dry_run=dry_run):
        _show(done, dry_run=dry_run)
    _raise(done, wrote=bool(done.made) and not dry_run, told=as_json)


def _show(done: Imported, *, dry_run: bool) -> None:
    for made in done.made:
        for one in made.draft.found:
            if one.notes or made.draft.advice:
                say(f"{one.agent.name}, from {one_line(one.path)}:")
            for note in one.notes:
                say(f"  {one_line(note.removeprefix(f'{one.path}: '))}")
        for line in made.draft.advice:
            say(f"  advice: {one_line(line)}")
    verb = "would be " if dry_run else ""
    rows = [
        (one.path, one.host, f"{verb}{'written' if made.new else 'there already'}: {made.folder.as_posix()}")
        for made in done.made
        for one in made.draft.found
    ]
    rows += [(file, "-", f"not read: {why.removeprefix(f'{file}: ')}") for file, why in done.refused]
    rows += [(folder, "-", f"not written: {why}") for folder, why in done.conflicts]
    rows += [(file, "-", "no agent, by its header") for file in done.pages]
    say_table([("FILE", "HOST", "RESULT"), *sorted([one_line(cell) for cell in row] for row in rows)])
    agents = count(sum(len(made.draft.found) for made in done.made), "agent")
    bundles, refused = count(len(done.made), "bundle"), count(len(done.refused), "file")
    say(f"{agents} in {bundles}; {refused} not read")
    if done.made and not dry_run:
        folder = done.made[0].folder.as_posix()
        tell(f"next: agentpkg check {folder}, then agentpkg publish {folder}, or agentpkg install {folder}")


def _raise(done: Imported, *, wrote: bool, told: bool) -> None:
    if done.conflicts:
        raise EditConflict(
            f"{count(len(done.conflicts), 'bundle')} would have been written over something else, and was not",
            hint="name another folder with --to, or move away what is there",
            told=told,
        )
    if done.refused:
        raise ContentRefused(
            f"{count(len(done.refused), 'agent')} could not be read" + ("; the others are imported" if wrote else ""),
            hint="mend what is named above, and import those files again",
            told=told,
        )


def _data(done: Imported, *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "bundles": [
            {
                "name": made.draft.name,
                "folder": made.folder.as_posix(),
                "new": made.new,
                "files": sorted(made.draft.files),
                "advice": list(made.draft.advice),
                "agents": [
                    {
                        "file": one.path,
                        "host": one.host,
                        "name": one.agent.name,
                        "tools": None if one.agent.tools is None else [str(tool) for tool in one.agent.tools],
                        "model": one.agent.model,
                        "notes": list(one.notes),
                    }
                    for one in made.draft.found
                ],
            }
            for made in done.made
        ],
        "refused": [{"file": file, "reason": why} for file, why in done.refused],
        "conflicts": [{"folder": folder, "reason": why} for folder, why in done.conflicts],
        "pages": list(done.pages),
    }
