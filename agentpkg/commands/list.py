"""`agentpkg list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import say_json, say_table, tell
from agentpkg.ops.session import Options, open_session
from agentpkg.terminal import Role

if TYPE_CHECKING:
    from agentpkg.project import Project


@click.command()
@options.as_json
@options.with_project
def command(project: Project, as_json: bool) -> None:
    """List the installed bundles with their agents and hosts."""
    lock = open_session(project, Options()).lock
    hosts: dict[str, set[str]] = {bundle: set() for bundle in lock.bundles}
    for file in lock.files.values():
        hosts.setdefault(file.bundle, set()).update(file.hosts)
    rows = [
        {
            "id": bundle,
            "version": locked.version,
            "wanted": locked.wanted.specifier if locked.wanted else None,
            "path": locked.wanted.path if locked.wanted else None,
            "agents": sorted(locked.grants),
            "hosts": sorted(hosts[bundle]),
            "registry": locked.registry,
        }
        for bundle, locked in sorted(lock.bundles.items())
    ]
    if as_json:
        say_json({"bundles": rows})
    elif not rows:
        tell("no bundle is installed; agentpkg search lists what there is")
    else:
        say_table(
            [
                (
                    str(row["id"]),
                    str(row["version"]),
                    "required" if row["wanted"] is None else str(row["path"] or row["wanted"] or "any"),
                    ", ".join(row["hosts"] or []),
                )
                for row in rows
            ],
            header=("BUNDLE", "VERSION", "WANTED", "HOSTS"),
            roles=(Role.NAME,),
        )
