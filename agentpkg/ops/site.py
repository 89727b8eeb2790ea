"""`registry site`: a registry's repository, made into a folder of pages that show what it holds."""

from __future__ import annotations

import shlex
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg import __version__
from agentpkg.exclusive import exclusive
from agentpkg.history import fetched, list_added
from agentpkg.hosts import HOSTS
from agentpkg.ops.pages import Work
from agentpkg.registry import Registry
from agentpkg.site.folder import read_before, staged
from agentpkg.site.pages import check_library
from agentpkg.site.values import SiteInfo
from agentpkg.sources import git_url, registry_name
from agentpkg.store import cache_folder
from agentpkg.trail import counted
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from agentpkg.ops.session import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a site is made of and for: the registry's repository, and addresses that the pages name.

    `base_url` is where the site will stand, empty if nobody said; `registry_url` is what commands that install name
    in the place of `where`.
    """

    where: str
    subfolder: str = ""
    base_url: str = ""
    registry_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A site that was made: how much it shows, and how many bundles' pages stayed as they were.

    `unreadable` are versions that cannot be read, each with its bundle and with why.
    """

    commit: str
    bundles: int
    versions: int
    kept: int
    unreadable: tuple[tuple[str, str, str], ...]


def make_site(asked: Asked, out: Path, options: Options) -> Made:
    """Write the pages of a registry into the folder `out`, in the place of those that an earlier run made there.

    Nothing is written if `out` holds anything else. The same commit gives the same bytes.
    """
    check_library()
    if not (asked.registry_url or ":" in asked.where):
        options.tell(
            "commands on the pages name the registry as it is called, and visitors do not know where that is; "
            "say it with --registry URL"
        )
    out = Path.cwd() / out.expanduser()
    lock = sha256(str(out.resolve()).encode()).hexdigest()[:16]
    prefix = f"{asked.subfolder}/" if asked.subfolder else ""
    with exclusive(cache_folder() / "sites" / f"{lock}.lock", f"the site in {out}"):
        before = read_before(out)
        with options.status(f"reading {asked.where}"), fetched(git_url(asked.where, Path.cwd())) as mirror:
            registry = Registry("default", asked.where, mirror, prefix)
            folder = f"{prefix}bundles"
            trees = {entry.name: entry.id for entry in mirror.tree(f"{registry.commit}:{folder}") or ()}
            titles = {name: host.title for name, host in HOSTS.items()}
            work = Work(registry, trees, list_added(mirror, folder), _site_info(asked, registry), titles)
            with staged(out) as stage:
                kept = sum(work.add(name, stage, before) for name in counted(registry.names(), "making pages"))
                work.add_rest(stage)
    return Made(
        commit=registry.commit,
        bundles=len(work.entries),
        versions=work.versions,
        kept=kept,
        unreadable=tuple(work.unreadable),
    )


def _site_info(asked: Asked, registry: Registry) -> SiteInfo:
    about = registry.about_itself
    url = asked.registry_url or (asked.where if ":" in asked.where else "")
    return SiteInfo(
        title=about.name or registry_name(asked.where),
        description=about.description,
        commit=registry.commit,
        maker=f"agentpkg {__version__}",
        base_url=asked.base_url,
        registry=shlex.quote(url or about.name or "NAME"),
        by_url=bool(url),
    )
