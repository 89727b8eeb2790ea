"""`agentpkg registry verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import count, say, say_json, warn
from agentpkg.errors import ContentRefused

if TYPE_CHECKING:
    from agentpkg.ops.session import Options

_MOST_TOLD = 50
_MOST_ALIKE = 10


@click.command()
@click.argument("where", metavar="[PATH|URL]", default=".")
@click.option("--subfolder", metavar="FOLDER", default="", help="The folder of the repository that holds the registry.")
@click.option("--since", metavar="COMMIT", help="Take the history up to this commit as it is.")
@options.with_options()
@options.as_json
def command(where: str, subfolder: str, since: str | None, work: Options, as_json: bool) -> None:
    """Check a registry: every version valid and never changed, and what it requires there. For its own CI.

    What is committed is checked, with all of its history; a shallow clone is not enough.
    """
    from agentpkg.ops.verify import verify_registry
    from agentpkg.registry_tables import check_subfolder

    found = verify_registry(where, check_subfolder(subfolder, "--subfolder"), since, work)
    problems = [{"where": one.where, "what": one.what} for one in found.problems]
    if as_json:
        numbers = {"bundles": found.bundles, "versions": found.versions}
        say_json(
            {"commit": found.commit, **numbers, "problems": problems, "alike": [list(pair) for pair in found.alike]}
        )
    else:
        say(
            f"read {count(found.versions, 'version')} of {count(found.bundles, 'bundle')} at commit {found.commit[:12]}"
        )
        for one, other in found.alike[:_MOST_ALIKE]:
            warn(f"the names {one} and {other} look alike")
        if len(found.alike) > _MOST_ALIKE:
            warn(f"and {len(found.alike) - _MOST_ALIKE} more pairs of names")
    if problems:
        more = len(problems) - _MOST_TOLD
        raise ContentRefused(
            f"the registry has {len(problems)} problem{'' if len(problems) == 1 else 's'}",
            details=[
                *(f"{one.where}: {one.what}" for one in found.problems[:_MOST_TOLD]),
                *([f"and {more} more"] if more > 0 else []),
            ],
            hint="a published version is mended by a new one; a change of it is taken back",
            told=as_json,
        )
