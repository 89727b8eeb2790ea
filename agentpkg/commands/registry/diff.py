"""`agentpkg registry diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import say, say_json
from agentpkg.errors import ContentRefused

if TYPE_CHECKING:
    from agentpkg.ops.session import Options


@click.command()
@click.argument("span", metavar="BASE..HEAD")
@click.option(
    "--at", "where", metavar="PATH|URL", default=".", help="The registry's repository; this folder without it."
)
@click.option("--subfolder", metavar="FOLDER", default="", help="The folder of the repository that holds the registry.")
@options.with_options()
@options.as_json
def command(span: str, where: str, subfolder: str, work: Options, as_json: bool) -> None:
    """Show what a pull request adds to a registry, as markdown for a comment: text and powers of each new version."""
    from agentpkg.ops.verify import compare_commits
    from agentpkg.proposal import as_markdown
    from agentpkg.registry_tables import check_subfolder

    found = compare_commits(where, check_subfolder(subfolder, "--subfolder"), span, work)
    if as_json:
        added = [
            {
                "name": bundle.name,
                "version": bundle.version,
                "before": comparison.before,
                "level": comparison.level.word,
                "powers": [options.powers_data(one) for one in comparison.powers],
                "text": comparison.text,
            }
            for bundle, comparison in found.added
        ]
        problems = [{"where": one.where, "what": one.what} for one in found.problems]
        say_json({"added": added, "rewrites": list(found.rewrites), "yanks": list(found.yanks), "problems": problems})
    else:
        say(as_markdown(found.added, found.rewrites, found.yanks).rstrip("\n"))
    if found.rewrites or found.problems:
        raise ContentRefused(
            "this must not become part of the registry",
            details=[*(f"{path} is published already" for path in found.rewrites)]
            + [f"{one.where}: {one.what}" for one in found.problems],
            told=as_json,
            hint="raise the version instead of changing one that is published",
        )
