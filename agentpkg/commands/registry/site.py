"""`agentpkg registry site`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import count, say_done, say_json, warn

if TYPE_CHECKING:
    from agentpkg.ops.session import Options

_MOST_TOLD = 10


@click.command()
@click.argument("where", metavar="[PATH|URL]", default=".")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", required=True, help="The folder to write.")
@click.option("--subfolder", metavar="FOLDER", default="", help="The folder of the repository that holds the registry.")
@click.option("--base-url", metavar="URL", default="", help="Where the site will stand; a feed is written, too, then.")
@click.option("--registry", metavar="URL", default="", help="Where commands on the pages install from.")
@options.with_options()
@options.as_json
def command(where: str, out: Path, subfolder: str, base_url: str, registry: str, work: Options, as_json: bool) -> None:
    """Write a catalogue of a registry: pages for any file server, with a search, and a page for each bundle.

    What is committed is shown. A site that was made before is brought up to date, and nothing else is written over.
    """
    from agentpkg.ops.site import Asked, make_site
    from agentpkg.registry_tables import check_subfolder
    from agentpkg.sources import git_url, site_url

    asked = Asked(
        where=where,
        subfolder=check_subfolder(subfolder, "--subfolder"),
        base_url=site_url(base_url) if base_url else "",
        registry_url=git_url(registry, Path.cwd()) if registry else "",
    )
    made = make_site(asked, out, work)
    if as_json:
        unreadable = [{"name": name, "version": version, "why": why} for name, version, why in made.unreadable]
        numbers = {"bundles": made.bundles, "versions": made.versions, "kept": made.kept}
        say_json({"out": str(out), "commit": made.commit, **numbers, "unreadable": unreadable})
        return
    for name, version, why in made.unreadable[:_MOST_TOLD]:
        warn(f"{name} {version} cannot be read: {why}")
    if len(made.unreadable) > _MOST_TOLD:
        warn(f"and {len(made.unreadable) - _MOST_TOLD} more versions")
    kept = f" ({made.kept:,} unchanged)" if made.kept else ""
    say_done(f"wrote pages of {count(made.bundles, 'bundle')}{kept}, with {count(made.versions, 'version')}, to {out}")
