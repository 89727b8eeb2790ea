"""`agentpkg install`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentpkg import completing
from agentpkg.commands import options
from agentpkg.errors import UsageError

if TYPE_CHECKING:
    from agentpkg.ops.session import Options
    from agentpkg.project import Project
    from agentpkg.requirement import Requirement


@click.command()
@click.argument("requirements", shell_complete=completing.available, metavar="[NAME[SPECIFIER]|FOLDER]...", nargs=-1)
@options.with_hosts("Install for this host only; may be repeated.")
@click.option(
    "--registry",
    shell_complete=completing.registries,
    metavar="REGISTRY",
    help="Look in this registry: a name, a git url, or a path; added to agentpkg.toml if new.",
)
@click.option(
    "--from",
    "source",
    metavar="URL[@REF][#FOLDER]",
    help="A repository of plain agents to install from, added to agentpkg.toml; owner/repo is one on GitHub.",
)
@click.option("--only", metavar="AGENT", multiple=True, help="Install only this agent; may be repeated.")
@click.option("-i", "--interactive", "choosing", is_flag=True, help="Choose bundles from a list; words narrow it.")
@click.option("--as", "renames", metavar="OLD=NEW", multiple=True, help="Give an agent another name; may be repeated.")
@options.with_options("dry_run", "frozen", "offline", "accept_grants", "yes", "fail_on")
@options.as_json
@options.with_project
def command(
    project: Project,
    requirements: tuple[str, ...],
    hosts: tuple[str, ...],
    registry: str | None,
    source: str | None,
    only: tuple[str, ...],
    renames: tuple[str, ...],
    choosing: bool,
    work: Options,
    as_json: bool,
) -> None:
    """Install bundles and all that they require; without a name, do what sync does.

    A requirement is a name with an optional version: data-engineer, "data-engineer~=1.2", acme/triage@2.0.0; or a
    folder of the project that holds a bundle: bundles/triage.
    Naming a bundle approves the powers that are then shown of it and of what it requires.
    """
    from agentpkg.commands.init import choose_hosts
    from agentpkg.commands.report import show_change
    from agentpkg.ops.known import start_manifest

    if choosing:
        if source or registry or only or renames:
            raise UsageError("--interactive excludes --registry, --from, --only and --as", hint="choose one of them")
        requirements = _choose(project, requirements, work)
    if not requirements:
        from agentpkg.commands.sync import show_sync

        if source:
            raise UsageError("--from needs the names of agents", hint=f"agentpkg search --from {source} lists them")
        if hosts or registry or only or renames:
            raise UsageError(
                "--host, --registry, --only and --as need the name of a bundle",
                hint="agentpkg search lists what there is",
            )
        show_sync(project, work, as_json=as_json)
        return
    from agentpkg.ops.install import Wish, install

    if registry and source:
        raise UsageError("--registry and --from exclude each other", hint="choose one of them")
    if registry and any(sign in registry for sign in "/\\."):
        registry = options.from_project(registry, project)
    wish = Wish(
        requirements=_parse(project, requirements, hosts, only, renames),
        registry=registry,
        agents=options.agents_source(source, project) if source else None,
    )
    text = "" if project.has_manifest else start_manifest(project, choose_hosts(project, hosts))
    show_change(options.with_approval(lambda work: install(project, wish, work, text), work), as_json=as_json)


def install_named(project: Project, names: tuple[str, ...], work: Options, text: str) -> None:
    """Install the bundles with these ids, and show it; `text` is what a project without a manifest starts from."""
    from agentpkg.commands.report import show_change
    from agentpkg.ops.install import Wish, install

    wish = Wish(requirements=_parse(project, names, (), (), ()))
    start = "" if project.has_manifest else text
    show_change(options.with_approval(lambda work: install(project, wish, work, start), work), as_json=False)


def _choose(project: Project, words: tuple[str, ...], work: Options) -> tuple[str, ...]:
    """Return what the person at the terminal chooses of the bundles that words find, and that are not installed."""
    from agentpkg.console import interactive
    from agentpkg.lockfile import Lockfile, parse_lockfile
    from agentpkg.ops.search import search
    from agentpkg.picker import Choice, pick

    if not interactive():
        raise UsageError("--interactive needs a terminal", hint="name the bundles; agentpkg search lists them")
    text = project.read_lock_text()
    have = (Lockfile() if text is None else parse_lockfile(text)).bundles
    found = [one for one in search(options.registries_for(project, work), words) if one.id not in have]
    if not found:
        told = " ".join(words) or "this project"
        raise UsageError(f"nothing to choose for {told}", hint="agentpkg search lists all there is")
    chosen = pick(
        "Bundles to install", [Choice(name=one.id, about=f"{one.version}  {one.description}") for one in found]
    )
    if not chosen:
        raise click.Abort
    return chosen


def _parse(
    project: Project, texts: tuple[str, ...], hosts: tuple[str, ...], only: tuple[str, ...], renames: tuple[str, ...]
) -> tuple[Requirement, ...]:
    from agentpkg.hosts import get_host
    from agentpkg.ops.install import find_local
    from agentpkg.requirement import check_name, parse_requirement
    from agentpkg.values import replace

    asked = [
        find_local(project, one, options.below(project, one)) if _is_folder(project, one) else parse_requirement(one)
        for one in texts
    ]
    if len({one.id for one in asked}) < len(asked):
        raise UsageError("one bundle is asked for twice", hint="name it once, with all that is wanted of it")
    if (only or renames) and len(texts) != 1:
        raise UsageError("--only and --as go with one bundle at a time", hint="run the command once for each")
    pairs = {}
    for rename in renames:
        old, equals, new = rename.partition("=")
        if not equals:
            raise UsageError(f"--as {rename!r} is not OLD=NEW", hint="write it as --as triage=our-triage")
        pairs[old] = check_name(new, "--as")
    return tuple(
        replace(
            one,
            hosts=tuple(sorted({get_host(host).name for host in hosts})) if hosts else None,
            agents=only or None,
            renames=pairs,
        )
        for one in asked
    )


def _is_folder(project: Project, text: str) -> bool:
    """Say whether an argument names the folder of a bundle, and not a bundle of a registry."""
    if text.startswith((".", "/")) or ("/" in text and Path(text, "bundle.toml").is_file()):
        return True
    from agentpkg.ops.known import known_sources
    from agentpkg.requirement import DEFAULT_REGISTRY, NAME, PORTABLE

    parts = text.split("/")
    if len(parts) == 1 or not all(re.match(PORTABLE, part) for part in parts):
        return False
    is_id = len(parts) == 2 and all(NAME.match(part) and len(part) > 1 for part in parts)
    known = parts[0] == DEFAULT_REGISTRY or parts[0] in known_sources(project)
    return not known and (not is_id or Path(parts[0]).is_dir())
